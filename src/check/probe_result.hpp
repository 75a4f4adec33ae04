// What asking a server once gave: an answer, or where it went wrong and how. Values that whoever asks returns exactly once.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

namespace check {

/// How far a check came. `local`: this machine has no descriptor, port or memory left to ask with, which says nothing of the server.
enum class Stage : std::uint8_t { local, setup, connect, tls, send, receive, verdict, deadline, script };

struct ProbeError {
  Stage stage = Stage::verdict;
  std::string detail;  // "HTTP status 503, expected 200-299"

  friend bool operator==(const ProbeError&, const ProbeError&) = default;
};

struct Answer {
  std::string detail;                   // "HTTP status 200"
  std::optional<std::uint32_t> weight;  // what the server wants to weigh from now on
  std::string warning;                  // well, but somebody should know: a certificate that ends soon

  friend bool operator==(const Answer&, const Answer&) = default;
};

using ProbeResult = std::expected<Answer, ProbeError>;

/// "connect: Connection refused"; of a verdict its words alone.
std::string to_string(const ProbeError& error);

}  // namespace check
