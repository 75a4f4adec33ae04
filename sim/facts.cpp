#include "sim/facts.hpp"

#include <fmt/format.h>

#include "core/overload.hpp"

namespace sim {

namespace {

std::string words(const notify::Command& command) {
  std::string out;
  for (const auto& word : command.argv) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::string join(const std::vector<std::string>& parts) {
  std::string out;
  for (const auto& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

std::string text_of(const fact::Reported& report) {
  const vrrp::Transition& t = report.transition;
  return fmt::format("#{} {} {} -> {} ({}{}{})", report.sequence, report.instance, vrrp::state_word(t.from),
                     vrrp::state_word(t.to), vrrp::reason_id(t.reason), t.detail.empty() ? "" : ": ",
                     t.detail);
}

std::string text_of(const fact::AddressesWritten& written) {
  std::string out = written.added ? "writes" : "erases";
  for (const auto& address : written.addresses) out += " " + address.address.to_string();
  return out;
}

std::string text_of(const fact::StatesSeen& seen) {
  std::string out = "states";
  for (const auto& each : seen.states)
    out += fmt::format(" {}={}", each.instance, vrrp::state_word(each.state));
  return out;
}

}  // namespace

std::string describe(const Fact& fact) {
  return std::visit(
      core::Overload{
          [](const fact::Disturbed& f) { return "disturbed: " + f.what; },
          [](const fact::Impaired& f) { return "impaired: " + f.what; },
          [](const fact::Repaired& f) { return "repaired: " + f.what; },
          [](const fact::Available& f) {
            return fmt::format("{} {}", f.instance, f.available ? "can serve" : "cannot serve");
          },
          [](const fact::WorkerStarted& f) {
            return std::string(f.resumed ? "worker resumes" : "worker starts");
          },
          [](const fact::WorkerEnded&) { return std::string("worker is gone"); },
          [](const fact::PowerLost&) { return std::string("loses power"); },
          [](const fact::Continued& f) {
            return fmt::format("runs again after {} ms",
                               std::chrono::duration_cast<std::chrono::milliseconds>(f.slept).count());
          },
          [](const fact::AddressTaken& f) { return f.address.to_string() + " removed by somebody else"; },
          [](const fact::RouteTaken& f) { return f.text + " removed by somebody else"; },
          [](const fact::RouteThere& f) { return "has " + f.text; },
          [](const fact::RouteGone& f) { return "has no longer " + f.text; },
          [](const fact::Reloaded& f) {
            return fmt::format("reload, changed: {}; {} actions{}",
                               f.touched.empty() ? "nothing" : join(f.touched), f.answer.size(),
                               f.schedule_kept ? "" : ", another deadline");
          },
          [](const fact::AddressOwned& f) { return "owns " + f.address.to_string(); },
          [](const fact::AddressLost& f) { return "no longer owns " + f.address.to_string(); },
          [](const fact::AdvertSent& f) {
            return fmt::format("{} advert vrid {} priority {}", f.instance, f.vrid, f.priority);
          },
          [](const fact::Announced& f) { return "announces " + f.address.to_string(); },
          [](const fact::CacheUpdated& f) {
            return fmt::format("cache: {} is at host {}", f.address.to_string(), f.owner.value);
          },
          [](const fact::AddressesWritten& f) { return text_of(f); },
          [](const fact::Reported& f) { return text_of(f); },
          [](const fact::GroupReported& f) {
            return fmt::format("#{} group {} {} -> {}", f.sequence, f.group,
                               vrrp::state_word(f.transition.from), vrrp::state_word(f.transition.to));
          },
          [](const fact::Noticed& f) { return fmt::format("notice {}: {}", f.id, f.text); },
          [](const fact::HooksQueued& f) {
            return fmt::format("queues {} hooks for {}", f.commands.size(), f.queue);
          },
          [](const fact::HookStarted& f) {
            return fmt::format("hook {} #{}: {}", f.queue, f.number, words(f.command));
          },
          [](const fact::HookFinished& f) { return fmt::format("hook {} #{} ended", f.queue, f.number); },
          [](const fact::TimeoutHandled&) { return std::string("timeout"); },
          [](const fact::StatesSeen& f) { return text_of(f); },
      },
      fact);
}

}  // namespace sim
