#include "notify/webhook_text.hpp"

#include <gtest/gtest.h>

namespace notify {
namespace {

TEST(WebhookText, SaysWhoWhatWhenAndWhy) {
  Event event;
  event.sequence = 12;
  event.subject = {Subject::Kind::instance, "VI_1", 150};
  event.state = HookState::master;
  event.previous = "BACKUP";
  event.reason = "master_silent";
  event.reason_text = "the master fell silent";
  const core::WallTime when{std::chrono::milliseconds(1795368673250)};
  EXPECT_EQ(
      webhook_body(event, when, "lb1"),
      R"({"version": 1, "node": "lb1", "sequence": 12, "time": "2026-11-22T17:31:13.250Z", )"
      R"("kind": "instance", "name": "VI_1", "state": "MASTER", "previous": "BACKUP", "priority": 150, )"
      R"("reason": "master_silent", "text": "the master fell silent", "repeated": false})");
}

TEST(WebhookText, OfAGroupHasNoPriority) {
  Event event;
  event.subject = {Subject::Kind::group, "G", 0};
  EXPECT_EQ(webhook_body(event, {}, "n").find("priority"), std::string::npos);
}

TEST(JsonString, EscapesWhatWouldEndIt) { EXPECT_EQ(json_string("a\"b\\c\nd"), R"("a\"b\\c\u000ad")"); }

TEST(JsonString, KeepsUtf8AndReplacesTheRest) {
  EXPECT_EQ(json_string("转"), "\"转\"");
  EXPECT_EQ(json_string("a\xff\xc3"), "\"a\xef\xbf\xbd\xef\xbf\xbd\"");
  EXPECT_EQ(json_string("\xed\xa0\x80").size(), 2U + 3U * 3U);
}

}  // namespace
}  // namespace notify
