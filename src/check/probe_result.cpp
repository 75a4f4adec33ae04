#include "check/probe_result.hpp"

#include <fmt/format.h>
#include <string_view>

namespace check {

namespace {

std::string_view name_of(Stage stage) {
  switch (stage) {
    case Stage::local:
    case Stage::setup:
      return "not asked";
    case Stage::connect:
      return "connect";
    case Stage::tls:
      return "TLS";
    case Stage::send:
      return "send";
    case Stage::receive:
      return "receive";
    case Stage::verdict:
    case Stage::deadline:
    case Stage::script:
      break;
  }
  return {};
}

}  // namespace

std::string to_string(const ProbeError& error) {
  const std::string_view name = name_of(error.stage);
  return name.empty() ? error.detail : fmt::format("{}: {}", name, error.detail);
}

}  // namespace check
