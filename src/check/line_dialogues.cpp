#include "check/line_dialogues.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace check {

namespace {

constexpr std::size_t most_of_a_line = 2048;
constexpr std::uint32_t most_lines = 200;

std::unexpected<ProbeError> bad(std::string detail) {
  return std::unexpected(ProbeError{Stage::verdict, std::move(detail)});
}

Reply refuse(std::string detail) { return {{}, bad(std::move(detail))}; }

// Of what a server sent, a little, printable.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, 60)) out += c >= 0x20 && c < 0x7f ? c : '?';
  return out + (text.size() > 60 ? "…'" : "'");
}

}  // namespace

Reply SmtpDialogue::receive(std::string_view octets) {
  while (!octets.empty()) {
    const std::size_t newline = octets.find('\n');
    const std::string_view text = octets.substr(0, newline);
    if (line_.size() + text.size() > most_of_a_line)
      return refuse(fmt::format("a line of its reply is longer than {} octets", most_of_a_line));
    line_.append(text);
    if (newline == octets.npos) return {};
    octets.remove_prefix(newline + 1);
    if (line_.ends_with('\r')) line_.pop_back();
    Reply reply = line_ended();
    line_.clear();
    // What a server says before it was asked is dropped: the next reply is the next line.
    if (reply.verdict || !reply.send.empty()) return reply;
  }
  return {};
}

Reply SmtpDialogue::line_ended() {
  if (++lines_ > most_lines) return refuse("its reply has lines without end");
  const std::string_view wanted = phase_ == Phase::banner ? "220" : "250";
  const bool last = line_.size() < 4 || line_[3] != '-';
  if (phase_ == Phase::quit) return last ? Reply{{}, Answer{"greets with 250", {}, {}}} : Reply{};
  if (!line_.starts_with(wanted) || (line_.size() > 3 && line_[3] != ' ' && line_[3] != '-')) {
    return refuse(fmt::format("its {} is {}, expected {}",
                              phase_ == Phase::banner ? "banner" : "reply to HELO", quoted(line_), wanted));
  }
  if (!last) return {};
  if (phase_ == Phase::banner) {
    phase_ = Phase::helo;
    return {fmt::format("HELO {}\r\n", helo_name_), {}};
  }
  phase_ = Phase::quit;
  return {"QUIT\r\n", {}};
}

ProbeResult SmtpDialogue::closed() const {
  if (phase_ == Phase::quit) return Answer{"greets with 250", {}, {}};
  return bad(fmt::format("it closes the connection {}",
                         phase_ == Phase::banner ? "without a banner" : "after HELO"));
}

std::string SmtpDialogue::progress() const {
  switch (phase_) {
    case Phase::banner:
      return "no banner came";
    case Phase::helo:
      return "HELO was not answered";
    case Phase::quit:
      break;
  }
  return "QUIT was not answered";
}

std::string RedisDialogue::start() {
  phase_ = password_.empty() ? Phase::ping : Phase::auth;
  return command();
}

std::string RedisDialogue::command() {
  switch (phase_) {
    case Phase::auth:
      return user_.empty() ? resp_command({"AUTH", password_}) : resp_command({"AUTH", user_, password_});
    case Phase::ping:
      return resp_command({"PING"});
    case Phase::role:
      break;
  }
  return resp_command({"ROLE"});
}

Reply RedisDialogue::receive(std::string_view octets) {
  while (!octets.empty()) {
    auto taken = reader_.take(octets);
    if (!taken) return refuse(fmt::format("its reply is wrong: {}", taken.error()));
    octets.remove_prefix(taken->octets);
    if (taken->value) return answered(*taken->value);  // nothing may follow: one question at a time
  }
  return {};
}

Reply RedisDialogue::answered(const RespReader::Value& value) {
  using Kind = RespReader::Value::Kind;
  constexpr std::string_view names[] = {"AUTH", "PING", "ROLE"};
  const std::string_view asked = names[std::to_underlying(phase_)];
  if (value.kind == Kind::error)
    return refuse(fmt::format("{} is answered with {}", asked, quoted(value.text)));
  switch (phase_) {
    case Phase::auth:
      if (value.kind != Kind::text || value.text != "OK") return refuse("AUTH is not answered with OK");
      phase_ = Phase::ping;
      return {command(), {}};
    case Phase::ping:
      if (value.kind != Kind::text || value.text != "PONG")
        return refuse(fmt::format("PING is answered with {}", quoted(value.text)));
      if (role_.empty()) return {{}, Answer{"PONG", {}, {}}};
      phase_ = Phase::role;
      return {command(), {}};
    case Phase::role:
      break;
  }
  if (value.kind != Kind::list) return refuse("ROLE is not answered with a list");
  if (value.text != role_)
    return refuse(fmt::format("its role is {}, expected {}", quoted(value.text), role_));
  return {{}, Answer{fmt::format("PONG, role {}", role_), {}, {}}};
}

ProbeResult RedisDialogue::closed() const {
  return bad(fmt::format("it closes the connection: {}", progress()));
}

std::string RedisDialogue::progress() const {
  constexpr std::string_view names[] = {"AUTH", "PING", "ROLE"};
  return fmt::format("{} was not answered", names[std::to_underlying(phase_)]);
}

}  // namespace check
