// How the health of a server is found out, as plain values: one timing for every kind of checker, and what each kind asks. Where is
// beside it: thousands of servers have the same Config, and a Target each.
// What to run for a MISC_CHECK is not here; the answers are judged elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/boxed.hpp"
#include "core/rare.hpp"
#include "core/time.hpp"
#include "net/ip_address.hpp"

namespace check {

using std::chrono_literals::operator""s;

struct Timing {
  core::Duration delay_loop = 60s;
  core::Duration delay_before_retry = 1s;
  core::Duration warmup = 60s;  // the first check waits a random part of it
  core::Duration connect_timeout = 5s;
  core::Duration check_timeout{};  // for all of a check; 0: as long as connect_timeout
  std::optional<core::Duration>
      delay_unconfirmed;    // between checks while the last result contradicts the verdict
  std::uint32_t retry = 1;  // further attempts before a live server counts as down
  std::uint32_t rise = 1;   // successes in a row (HTTP: whole passes) that bring it back

  friend bool operator==(const Timing&, const Timing&) = default;
};

/// Our end of the connection, as far as the kernel does not choose it.
struct LocalEnd {
  std::optional<net::IpAddress> address = {};
  std::uint16_t port = 0;
  std::string interface = {};
  std::uint32_t mark = 0;

  friend bool operator==(const LocalEnd&, const LocalEnd&) = default;
};

/// Where to connect, and from where.
struct Target {
  net::IpAddress address;
  std::uint16_t port = 0;
  core::Rare<LocalEnd> from;

  friend bool operator==(const Target&, const Target&) = default;
};

struct Tcp {
  friend bool operator==(const Tcp&, const Tcp&) = default;
};
struct Ping {
  friend bool operator==(const Ping&, const Ping&) = default;
};
struct Smtp {
  std::string helo_name = "smtpchecker.keepalived.org";
  friend bool operator==(const Smtp&, const Smtp&) = default;
};
/// One octet of an expected UDP reply; bits that are 0 in `mask` do not matter.
struct MaskedOctet {
  std::uint8_t value = 0;
  std::uint8_t mask = 0xff;
  friend bool operator==(const MaskedOctet&, const MaskedOctet&) = default;
};
struct Udp {
  std::vector<std::uint8_t> payload;  // empty: some text
  bool require_reply = false;
  std::vector<MaskedOctet> reply;
  std::uint16_t min_reply_length = 0;
  std::uint16_t max_reply_length = 255;
  friend bool operator==(const Udp&, const Udp&) = default;
};
struct Dns {
  std::uint16_t type = 6;  // SOA
  std::string name = ".";
  friend bool operator==(const Dns&, const Dns&) = default;
};
struct Misc {
  core::Duration timeout{};  // 0: as long as delay_loop
  bool dynamic = false;      // the exit status sets the weight
  friend bool operator==(const Misc&, const Misc&) = default;
};
struct File {
  std::string track_file;
  std::optional<std::int64_t> weight;  // factor of the number read; empty: the track_file's
  bool reverse = false;
  friend bool operator==(const File&, const File&) = default;
};
struct Bfd {
  std::string session;
  friend bool operator==(const Bfd&, const Bfd&) = default;
};

enum class HttpProtocol : std::uint8_t { v1_0, v1_0_close, v1_1 };

struct StatusRange {
  std::uint16_t low = 200;
  std::uint16_t high = 299;
  friend bool operator==(const StatusRange&, const StatusRange&) = default;
};

struct Regex {
  std::string pattern;
  bool no_match = false;  // fail when it matches
  std::vector<std::string> options;
  std::uint64_t min_offset = 0;
  std::optional<std::uint64_t> max_offset;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> stack;  // octets: start, most
  friend bool operator==(const Regex&, const Regex&) = default;
};

struct Header {
  std::string name, value;
  friend bool operator==(const Header&, const Header&) = default;
};

struct Url {
  std::string path;
  std::string method = "GET";
  std::string body;  // sent with the request
  std::vector<Header> headers;
  std::string digest;                 // MD5, 32 lower-case hexadecimal digits; empty = any body
  std::vector<StatusRange> statuses;  // empty = 200..299
  std::string virtual_host;
  std::optional<Regex> regex;
  bool tls_compliant = false;
  friend bool operator==(const Url&, const Url&) = default;
};

/// Who asks. Passwords and tokens as written: the text itself, file:PATH or credential:NAME.
struct Credentials {
  std::string user, password;  // basic
  std::string token;           // bearer
  friend bool operator==(const Credentials&, const Credentials&) = default;
};

/// What is asked of a server's certificate.
struct TlsVerify {
  bool on = false;
  std::string ca_file;              // empty: the SSL block's, then the system's
  core::Duration expiry_warning{};  // 0: never; also without `on`
  friend bool operator==(const TlsVerify&, const TlsVerify&) = default;
};

struct Http {
  bool tls = false;
  std::string virtual_host;
  HttpProtocol protocol = HttpProtocol::v1_0;
  bool sni = false;
  std::string sni_name;
  bool fast_recovery = false;
  bool tls_compliant = false;
  TlsVerify verify;
  std::vector<Header> headers;
  Credentials credentials;
  std::vector<Url> urls;
  friend bool operator==(const Http&, const Http&) = default;
};

enum class RedisRole : std::uint8_t { any, master, replica };

struct Redis {
  std::string user, password;  // as Credentials
  RedisRole role = RedisRole::any;
  friend bool operator==(const Redis&, const Redis&) = default;
};

// Http is four times as large as any other.
using Probe = std::variant<Tcp, core::Boxed<Http>, Smtp, Dns, Udp, Ping, Misc, File, Bfd, Redis>;

/// As in the configuration file: "HTTP_GET".
std::string_view keyword(const Probe& probe);
/// What HTTP_GET and SSL_GET ask; null if it is another kind.
const Http* http_of(const Probe& probe);
Http* http_of(Probe& probe);

struct Config {
  Probe probe;
  Timing timing;
  bool alpha = false;
  bool log_all_failures = false;

  /// How long one check may take in all.
  core::Duration limit() const;
  /// Pages asked for in turn, one a check; 1 but for HTTP.
  std::size_t parts() const;

  friend bool operator==(const Config&, const Config&) = default;
};

/// The `SSL` block.
struct TlsConfig {
  std::string password, ca_file, certificate_file, key_file;

  friend bool operator==(const TlsConfig&, const TlsConfig&) = default;
};

}  // namespace check

/// So that those which are equal can be found, and be one.
template <>
struct std::hash<check::Config> {
  std::size_t operator()(const check::Config& config) const;
};
