// One coroutine for each way of asking a server once. Each takes its parameters by value, keeps the attempt alive, and returns
// exactly one result; whoever cancels the attempt gets one too, and throws it away.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "check/pattern.hpp"
#include "check/probe_result.hpp"
#include "runtime/probe/attempt.hpp"
#include "runtime/probe/tls.hpp"

namespace runtime {

using AttemptPtr = std::shared_ptr<Attempt>;
using Probing = boost::asio::awaitable<check::ProbeResult>;

/// A connection, and nothing more.
Probing probe_tcp(AttemptPtr attempt);

/// What a page needs beyond its configuration.
struct PageTools {
  SslContext context;                   // null: no TLS
  std::shared_ptr<SslSession> session;  // to resume from, and to keep one in
  std::shared_ptr<const check::Pattern> pattern;
  std::function<void(std::string_view)> watch;  // sees what is received; may be empty
};
/// `url` is the attempt's part.
Probing probe_http(AttemptPtr attempt, PageTools tools);

Probing probe_smtp(AttemptPtr attempt);
Probing probe_redis(AttemptPtr attempt);
Probing probe_udp(AttemptPtr attempt);
Probing probe_dns(AttemptPtr attempt, std::uint16_t id);
Probing probe_ping(AttemptPtr attempt, std::uint16_t id);

}  // namespace runtime
