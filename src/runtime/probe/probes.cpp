#include "runtime/probe/probes.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

#include "check/datagrams.hpp"
#include "check/http_dialogue.hpp"
#include "check/http_request.hpp"
#include "check/line_dialogues.hpp"
#include "runtime/probe/stream.hpp"
#include "runtime/secret.hpp"

namespace runtime {

namespace asio = boost::asio;
using check::ProbeError;
using check::ProbeResult;
using check::Stage;

namespace {

std::unexpected<ProbeError> failed(Stage stage, std::string detail) {
  return std::unexpected(ProbeError{stage, std::move(detail)});
}

core::Result<std::string> authorization(const check::Credentials& who) {
  if (!who.token.empty()) {
    auto token = read_secret(who.token);
    return token ? core::Result<std::string>("Bearer " + *token) : token;
  }
  if (who.user.empty()) return std::string();
  auto password = read_secret(who.password);
  if (!password) return password;
  return check::basic_authorization(who.user, *password);
}

core::Result<std::unique_ptr<TlsConnection>> tls_over(Attempt& attempt, const check::Http& http,
                                                      const check::Url& url, const PageTools& tools) {
  return TlsConnection::open(tools.context.get(), attempt.fd(), http, url, attempt.target(),
                             tools.session.get());
}

/// A dialogue in lines, to its end; `say` is sent first.
template <class Dialogue>
Probing converse(AttemptPtr attempt, std::shared_ptr<Dialogue> dialogue, std::string say) {
  auto refused = co_await connect(attempt);
  if (refused) co_return std::unexpected(std::move(*refused));
  ProbeStream stream(attempt);
  while (true) {
    if (!say.empty()) {
      auto broken = co_await stream.send(std::exchange(say, {}));
      if (broken) co_return std::unexpected(std::move(*broken));
    }
    const auto received = co_await stream.receive();
    if (!received && received.error().stage == Stage::deadline)
      co_return std::unexpected(attempt->why_over(dialogue->progress()));
    if (!received) co_return std::unexpected(received.error());
    if (received->empty()) co_return dialogue->closed();
    check::Reply reply = dialogue->receive(*received);
    if (reply.verdict) co_return std::move(*reply.verdict);
    say = std::move(reply.send);
  }
}

/// One datagram of what was received, or an errno.
std::expected<std::span<const std::uint8_t>, int> receive_datagram(int fd) {
  static std::array<std::uint8_t, 64 * 1024> buffer;  // probes run in one thread
  const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), 0);
  if (size < 0) return std::unexpected(errno);
  return std::span<const std::uint8_t>(buffer.data(), static_cast<std::size_t>(size));
}

Failure send_datagram(Attempt& attempt, const std::vector<std::uint8_t>& octets) {
  const auto connected = attempt.start_connecting();
  if (!connected) return connected.error();
  if (::send(attempt.fd(), octets.data(), octets.size(), MSG_NOSIGNAL) < 0)
    return Attempt::error_of(errno == ENOBUFS ? Stage::setup : Stage::send, errno);
  return std::nullopt;
}

/// Sends once, then shows `judge` what comes until it is content; it gets the deadline's result from `silence`.
template <class Judge, class Silence>
Probing exchange_datagrams(AttemptPtr attempt, std::vector<std::uint8_t> octets, Judge judge,
                           Silence silence) {
  if (auto refused = send_datagram(*attempt, octets)) co_return std::unexpected(std::move(*refused));
  while (true) {
    const bool go_on = co_await attempt->ready(Attempt::Wait::read);
    if (!go_on) co_return silence(*attempt);
    for (int i = 0; i < 16; ++i) {
      const auto datagram = receive_datagram(attempt->fd());
      if (!datagram && (datagram.error() == EAGAIN || datagram.error() == EINTR)) break;
      if (!datagram) co_return std::unexpected(Attempt::error_of(Stage::receive, datagram.error()));
      if (std::optional<ProbeResult> verdict = judge(*datagram)) co_return std::move(*verdict);
    }
  }
}

ProbeResult no_answer(const Attempt& attempt) { return std::unexpected(attempt.why_over("no answer")); }

}  // namespace

Probing probe_tcp(AttemptPtr attempt) {
  auto refused = co_await connect(attempt);
  if (refused) co_return std::unexpected(std::move(*refused));
  co_return check::Answer{"connected", {}, {}};
}

Probing probe_http(AttemptPtr attempt, PageTools tools) {
  const auto& http = *check::http_of(attempt->config().probe);
  const check::Url& url = http.urls.at(attempt->part());
  const auto who = authorization(http.credentials);
  if (!who) co_return failed(Stage::setup, who.error().message);
  auto refused = co_await connect(attempt);
  if (refused) co_return std::unexpected(std::move(*refused));
  ProbeStream stream(attempt);
  std::string warning;
  if (tools.context != nullptr) {
    auto tls = tls_over(*attempt, http, url, tools);
    if (!tls) co_return failed(Stage::tls, tls.error().message);
    stream.use(std::move(*tls));
    auto broken = co_await stream.tls()->shake_hands(attempt);
    if (broken) co_return std::unexpected(std::move(*broken));
    warning = stream.tls()->expiry_warning(http.verify.expiry_warning);
  }
  std::string request = check::http_request(http, url, attempt->target(), *who);
  auto broken = co_await stream.send(std::move(request));
  // A server that answers before it has heard it all, and hangs up: what it said still counts.
  if (broken && broken->stage != Stage::send) co_return std::unexpected(std::move(*broken));
  check::HttpDialogue dialogue(url, tools.pattern);
  std::optional<ProbeResult> verdict;
  while (!verdict) {
    const auto received = co_await stream.receive();
    if (!received && received.error().stage == Stage::deadline)
      co_return std::unexpected(attempt->why_over(dialogue.progress()));
    if (!received) co_return std::unexpected(received.error());
    if (tools.watch) tools.watch(*received);
    if (received->empty()) {
      verdict = dialogue.closed();
    } else {
      verdict = dialogue.receive(*received);
    }
  }
  if (stream.tls() != nullptr && (http.tls_compliant || url.tls_compliant)) stream.tls()->say_goodbye();
  if (verdict->has_value()) (*verdict)->warning = std::move(warning);
  co_return std::move(*verdict);
}

Probing probe_smtp(AttemptPtr attempt) {
  const auto& smtp = std::get<check::Smtp>(attempt->config().probe);
  return converse(attempt, std::make_shared<check::SmtpDialogue>(smtp.helo_name), {});
}

Probing probe_redis(AttemptPtr attempt) {
  const auto& redis = std::get<check::Redis>(attempt->config().probe);
  const auto user = read_secret(redis.user), password = read_secret(redis.password);
  for (const auto* secret : {&user, &password}) {
    if (!*secret) co_return failed(Stage::setup, secret->error().message);
  }
  const std::string_view role = redis.role == check::RedisRole::master    ? "master"
                                : redis.role == check::RedisRole::replica ? "slave"
                                                                          : "";
  auto dialogue = std::make_shared<check::RedisDialogue>(*user, *password, std::string(role));
  std::string first = dialogue->start();
  auto result = co_await converse(attempt, dialogue, std::move(first));
  co_return result;
}

Probing probe_udp(AttemptPtr attempt) {
  const auto& udp = std::get<check::Udp>(attempt->config().probe);
  if (auto refused = attempt->open(SOCK_DGRAM, IPPROTO_UDP)) co_return std::unexpected(std::move(*refused));
  const auto judge = [&udp](check::Octets octets) { return std::optional(check::judge_udp(octets, udp)); };
  const auto silence = [&udp](const Attempt& over) -> ProbeResult {
    if (udp.require_reply) return no_answer(over);
    return check::Answer{"nobody complains", {}, {}};
  };
  auto result = co_await exchange_datagrams(attempt, check::udp_payload(udp), judge, silence);
  co_return result;
}

Probing probe_dns(AttemptPtr attempt, std::uint16_t id) {
  const auto& dns = std::get<check::Dns>(attempt->config().probe);
  if (auto refused = attempt->open(SOCK_DGRAM, IPPROTO_UDP)) co_return std::unexpected(std::move(*refused));
  const auto judge = [&dns, id](check::Octets octets) { return check::judge_dns(octets, dns, id); };
  auto result = co_await exchange_datagrams(attempt, check::dns_query(dns, id), judge, no_answer);
  co_return result;
}

Probing probe_ping(AttemptPtr attempt, std::uint16_t id) {
  constexpr std::uint16_t sequence = 1;
  const net::Family family = attempt->target().address.family;
  const int protocol =
      family == net::Family::v4 ? static_cast<int>(IPPROTO_ICMP) : static_cast<int>(IPPROTO_ICMPV6);
  // Without privilege where net.ipv4.ping_group_range allows it, else with CAP_NET_RAW.
  auto refused = attempt->open(SOCK_DGRAM, protocol);
  const bool raw = refused.has_value() && attempt->fd() < 0;
  if (raw) refused = attempt->open(SOCK_RAW, protocol);
  if (refused && raw && attempt->fd() < 0) {
    refused->detail += ": it takes CAP_NET_RAW, or our group in net.ipv4.ping_group_range";
  }
  if (refused) co_return std::unexpected(std::move(*refused));
  const std::optional<std::uint16_t> expected = raw ? std::optional(id) : std::nullopt;
  const auto judge = [=](check::Octets packet) -> std::optional<ProbeResult> {
    // A raw socket of IPv4 shows the IP header.
    if (raw && family == net::Family::v4) {
      const std::size_t header = packet.empty() ? 0U : (packet.front() & 0x0fU) * 4U;
      if (packet.size() < header) return std::nullopt;
      packet = packet.subspan(header);
    }
    return check::judge_echo(packet, family, expected, sequence);
  };
  auto result =
      co_await exchange_datagrams(attempt, check::echo_request(family, id, sequence), judge, no_answer);
  co_return result;
}

}  // namespace runtime
