// Dialogues in lines: SMTP (RFC 5321) and Redis (RESP). What the server sent goes in; what to send next, or the verdict, comes out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "check/probe_result.hpp"
#include "check/resp.hpp"

namespace check {

/// What follows from what was received: nothing yet, more to send, or the end; a verdict may come with something to send.
struct Reply {
  std::string send;
  std::optional<ProbeResult> verdict;

  friend bool operator==(const Reply&, const Reply&) = default;
};

/// 220, HELO, 250, QUIT. Replies of several lines are understood.
class SmtpDialogue {
 public:
  explicit SmtpDialogue(std::string helo_name) : helo_name_(std::move(helo_name)) {}

  Reply receive(std::string_view octets);
  ProbeResult closed() const;
  std::string progress() const;

 private:
  enum class Phase : std::uint8_t { banner, helo, quit };
  Reply line_ended();

  std::string helo_name_;
  Phase phase_ = Phase::banner;
  std::string line_;
  std::uint32_t lines_ = 0;
};

/// AUTH if there is a password, PING, and ROLE if one is wanted.
class RedisDialogue {
 public:
  RedisDialogue(std::string user, std::string password, std::string role)
      : user_(std::move(user)), password_(std::move(password)), role_(std::move(role)) {}

  /// What to send first.
  std::string start();
  Reply receive(std::string_view octets);
  ProbeResult closed() const;
  std::string progress() const;

 private:
  enum class Phase : std::uint8_t { auth, ping, role };
  Reply answered(const RespReader::Value& value);
  std::string command();

  std::string user_, password_, role_;
  Phase phase_ = Phase::ping;
  RespReader reader_;
};

}  // namespace check
