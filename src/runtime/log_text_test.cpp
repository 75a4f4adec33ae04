#include "runtime/log_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runtime {
namespace {

using testing::EndsWith;
using testing::Eq;
using testing::HasSubstr;
using testing::StartsWith;

engine::action::ReportTransition report(vrrp::State from, vrrp::State to, vrrp::Reason reason) {
  engine::action::ReportTransition out;
  out.sequence = 7;
  out.instance = "VI_1";
  out.transition.from = from;
  out.transition.to = to;
  out.transition.reason = reason;
  out.transition.priority = 150;
  return out;
}

TEST(TransitionLine, BeginsAsItAlwaysDidAndGoesOnForPrograms) {
  auto master = report(vrrp::State::backup, vrrp::State::master, vrrp::Reason::master_silent);
  master.transition.peer = net::IpAddress::v4(10, 0, 0, 2);
  master.transition.peer_priority = 200;
  EXPECT_EQ(transition_line(master),
            "(VI_1) Entering MASTER STATE event=transition sequence=7 instance=VI_1 from=backup to=master "
            "reason=master_silent priority=150 peer=10.0.0.2 peer_priority=200");
}

TEST(TransitionLine, MarksTheFirstBackup) {
  EXPECT_THAT(transition_line(report(vrrp::State::initialize, vrrp::State::backup, vrrp::Reason::started)),
              StartsWith("(VI_1) Entering BACKUP STATE (init) "));
  EXPECT_THAT(transition_line(report(vrrp::State::fault, vrrp::State::backup, vrrp::Reason::fault_cleared)),
              StartsWith("(VI_1) Entering BACKUP STATE event="));
}

TEST(TransitionLine, SaysThatAMasterResigned) {
  EXPECT_THAT(transition_line(report(vrrp::State::master, vrrp::State::initialize, vrrp::Reason::stopped)),
              HasSubstr("sent 0 priority"));
}

TEST(TransitionLine, QuotesDetail) {
  auto fault = report(vrrp::State::master, vrrp::State::fault, vrrp::Reason::fault);
  fault.transition.detail = "interface eth0 is \"down\"";
  EXPECT_THAT(transition_line(fault), EndsWith(R"(detail="interface eth0 is \"down\"")"));
}

TEST(LogText, CannotBeMadeToStartALineOfItsOwn) {
  EXPECT_EQ(printable("a\nb\x1b[31m"), "a\\x0ab\\x1b[31m");
  EXPECT_THAT(notice_line({.level = {}, .instance = "V\n1", .id = "x", .text = "t\n"}),
              Eq("(V\\x0a1) t\\x0a event=x instance=\"V\\x0a1\""));
}

}  // namespace
}  // namespace runtime
