#include "control/bfd_view.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace control {
namespace {

using Json = nlohmann::ordered_json;

double milliseconds(core::Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

Json errors_json(const bfd::ReceiveErrorCounts& counts) {
  Json out = Json::object();
  for (std::size_t i = 0; i < counts.size(); ++i)
    out[std::string(bfd::receive_error_id(static_cast<bfd::ReceiveError>(i)))] = counts[i];
  return out;
}

Json session_json(const bfd::Snapshot& session, const Moment& moment) {
  return {
      {"name", session.name},
      {"neighbour", session.neighbour.to_string()},
      {"source", session.source ? Json(session.source->to_string()) : Json()},
      {"multihop", session.multihop},
      {"passive", session.passive},
      {"state", bfd::state_id(session.state)},
      {"reachable", session.reachable},
      {"diagnostic", bfd::diagnostic_text(session.diagnostic)},
      {"last_change",
       {{"from", bfd::state_id(session.last.from)},
        {"to", bfd::state_id(session.last.to)},
        {"at", iso_time(moment.wall_of(session.last.when))},
        {"age_seconds", seconds(moment.now - session.last.when)},
        {"reason",
         {{"id", bfd::reason_id(session.last.reason)}, {"text", bfd::reason_text(session.last.reason)}}}}},
      {"discriminator", session.discriminator},
      {"multiplier", session.multiplier},
      {"desired_min_tx_ms", milliseconds(session.desired_min_tx)},
      {"required_min_rx_ms", milliseconds(session.required_min_rx)},
      {"transmit_interval_ms", milliseconds(session.transmit_interval)},
      {"detection_time_ms", milliseconds(session.detection_time)},
      {"polling", session.polling},
      {"remote",
       {{"state", bfd::state_id(session.remote_state)},
        {"diagnostic", bfd::diagnostic_text(session.remote_diagnostic)},
        {"discriminator", session.remote_discriminator},
        {"multiplier", session.remote_multiplier},
        {"desired_min_tx_ms", milliseconds(session.remote_min_tx)},
        {"required_min_rx_ms", milliseconds(session.remote_min_rx)}}},
      {"counters",
       {{"packets_sent", session.counters.packets_sent},
        {"packets_received", session.counters.packets_received},
        {"came_up", session.counters.came_up},
        {"went_down", session.counters.went_down},
        {"send_errors", session.counters.send_errors},
        {"receive_errors", errors_json(session.counters.receive_errors)}}}};
}

}  // namespace

Json bfd_json(const engine::FailoverSnapshot& snapshot, const Moment& moment) {
  Json sessions = Json::array();
  for (const auto& session : snapshot.bfd_sessions) sessions.push_back(session_json(session, moment));
  return {{"receive_errors", errors_json(snapshot.bfd_receive_errors)}, {"sessions", std::move(sessions)}};
}

std::string bfd_text(const engine::FailoverSnapshot& snapshot, const Moment& moment) {
  std::string out;
  if (snapshot.bfd_sessions.empty()) return out;
  const auto line = std::back_inserter(out);
  std::size_t width = 6;
  for (const auto& session : snapshot.bfd_sessions) width = std::max(width, session.name.size());
  fmt::format_to(line, "\n{:<{}}  {:<10}  {:<14}  {:>10}  {:>10}  {}\n", "BFD", width, "STATE", "SINCE",
                 "EVERY", "DETECTION", "NEIGHBOUR");
  for (const auto& session : snapshot.bfd_sessions) {
    const auto time = [](core::Duration duration) {
      return duration == core::Duration{} ? std::string("-") : age_text(duration);
    };
    fmt::format_to(line, "{:<{}}  {:<10}  {:<14}  {:>10}  {:>10}  {}\n", session.name, width,
                   bfd::state_word(session.state), age_text(moment.now - session.last.when),
                   time(session.transmit_interval), time(session.detection_time),
                   session.neighbour.to_string());
    fmt::format_to(line, "{:<{}}  why: {}\n", "", width, bfd::reason_text(session.last.reason));
  }
  return out;
}

std::string legacy_bfd_data(const engine::FailoverSnapshot& snapshot, const Moment& moment) {
  std::string out = "------< BFD Topology >------\n";
  const auto put = [&](std::string_view key, const auto& value) {
    fmt::format_to(std::back_inserter(out), "   {} = {}\n", key, value);
  };
  const auto interval = [](core::Duration duration) {
    return fmt::format("{:.3f} ms", milliseconds(duration));
  };
  for (const auto& session : snapshot.bfd_sessions) {
    fmt::format_to(std::back_inserter(out), " BFD Instance = {}\n", session.name);
    put("Neighbor IP", session.neighbour.to_string());
    if (session.source) put("Source IP", session.source->to_string());
    put("Multihop", session.multihop ? "yes" : "no");
    put("Passive", session.passive ? "yes" : "no");
    put("State", bfd::state_word(session.state));
    put("Remote state", bfd::state_word(session.remote_state));
    put("Last change", fmt::format("{:.6f}", seconds(moment.wall_of(session.last.when).time_since_epoch())));
    put("Diagnostic", bfd::diagnostic_text(session.diagnostic));
    put("Remote diagnostic", bfd::diagnostic_text(session.remote_diagnostic));
    put("Local discriminator", fmt::format("{:#x}", session.discriminator));
    put("Remote discriminator", fmt::format("{:#x}", session.remote_discriminator));
    put("Min tx", interval(session.desired_min_tx));
    put("Min rx", interval(session.required_min_rx));
    put("Multiplier", static_cast<int>(session.multiplier));
    put("Remote min tx", interval(session.remote_min_tx));
    put("Remote min rx", interval(session.remote_min_rx));
    put("Remote multiplier", static_cast<int>(session.remote_multiplier));
    put("Transmit interval", interval(session.transmit_interval));
    put("Detection time", interval(session.detection_time));
    put("Packets sent", session.counters.packets_sent);
    put("Packets received", session.counters.packets_received);
  }
  return out;
}

}  // namespace control
