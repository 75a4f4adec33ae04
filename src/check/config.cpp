#include "check/config.hpp"

#include <algorithm>

#include "core/archive.hpp"
#include "core/overload.hpp"

namespace check {

std::string_view keyword(const Probe& probe) {
  return std::visit(core::Overload{[](const Tcp&) -> std::string_view { return "TCP_CHECK"; },
                                   [](const core::Boxed<Http>& http) -> std::string_view {
                                     return http->tls ? "SSL_GET" : "HTTP_GET";
                                   },
                                   [](const Smtp&) -> std::string_view { return "SMTP_CHECK"; },
                                   [](const Dns&) -> std::string_view { return "DNS_CHECK"; },
                                   [](const Udp&) -> std::string_view { return "UDP_CHECK"; },
                                   [](const Ping&) -> std::string_view { return "PING_CHECK"; },
                                   [](const Misc&) -> std::string_view { return "MISC_CHECK"; },
                                   [](const File&) -> std::string_view { return "FILE_CHECK"; },
                                   [](const Bfd&) -> std::string_view { return "BFD_CHECK"; },
                                   [](const Redis&) -> std::string_view { return "REDIS_CHECK"; }},
                    probe);
}

const Http* http_of(const Probe& probe) {
  const auto* http = std::get_if<core::Boxed<Http>>(&probe);
  return http != nullptr ? &**http : nullptr;
}

Http* http_of(Probe& probe) {
  auto* http = std::get_if<core::Boxed<Http>>(&probe);
  return http != nullptr ? &**http : nullptr;
}

core::Duration Config::limit() const {
  if (const auto* script = std::get_if<Misc>(&probe); script != nullptr) {
    return script->timeout > core::Duration::zero() ? script->timeout : timing.delay_loop;
  }
  return timing.check_timeout > core::Duration::zero() ? timing.check_timeout : timing.connect_timeout;
}

std::size_t Config::parts() const {
  const auto* http = http_of(probe);
  return http != nullptr ? std::max<std::size_t>(http->urls.size(), 1) : 1;
}

}  // namespace check

std::size_t std::hash<check::Config>::operator()(const check::Config& config) const {
  const core::Bytes bytes = core::to_bytes(config);
  return std::hash<std::string_view>{}(
      {reinterpret_cast<const char*>(bytes.data()), bytes.size()});  // NOLINT: bytes as characters
}
