// TLS of checks, with OpenSSL directly on the non-blocking socket: contexts that are made once for each way of verifying, a
// session kept for each check that may resume it, and what a server's certificate is worth.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <openssl/ssl.h>
#include <span>
#include <string>

#include "check/config.hpp"
#include "core/result.hpp"
#include "runtime/probe/attempt.hpp"

namespace runtime {

struct SslFree {
  void operator()(SSL_CTX* context) const;
  void operator()(SSL* ssl) const;
  void operator()(SSL_SESSION* session) const;
};
using SslContext = std::shared_ptr<SSL_CTX>;
using SslSession = std::unique_ptr<SSL_SESSION, SslFree>;

class TlsContexts {
 public:
  /// From here on this process ignores SIGPIPE: OpenSSL writes to connections that a server may have closed.
  explicit TlsContexts(check::TlsConfig own);

  /// TLS 1.2 or later, with our certificate if there is one. An error is told again and again: the files may be mended.
  core::Result<SslContext> context(const check::TlsVerify& verify);
  /// Every context is made anew when it is needed next.
  void reload(check::TlsConfig own);

 private:
  core::Result<SslContext> make(const check::TlsVerify& verify) const;

  check::TlsConfig own_;
  std::map<std::pair<bool, std::string>, SslContext> contexts_;  // by verification and authorities
};

/// A connection of one check. Its coroutines keep the attempt alive, the caller keeps this.
class TlsConnection {
 public:
  /// `session`: offered to the server, and replaced by what it gives.
  static core::Result<std::unique_ptr<TlsConnection>> open(SSL_CTX* context, int fd, const check::Http& http,
                                                           const check::Url& url, const check::Target& target,
                                                           SslSession* session);

  ~TlsConnection();
  TlsConnection(const TlsConnection&) = delete;
  TlsConnection& operator=(const TlsConnection&) = delete;

  boost::asio::awaitable<Failure> shake_hands(std::shared_ptr<Attempt> attempt);
  /// What one call of SSL_read or SSL_write gave: octets, or what to wait for.
  struct Moved {
    enum class Outcome : std::uint8_t { moved, wait_read, wait_write, closed, failed };
    Outcome outcome = Outcome::moved;
    std::size_t octets = 0;
  };
  Moved read(std::span<char> into);
  Moved write(std::string_view text);
  static std::string last_words();
  /// close_notify, for servers that insist.
  void say_goodbye();
  /// "the certificate ends in 6 days"; empty if that is far away.
  std::string expiry_warning(core::Duration within) const;

 private:
  explicit TlsConnection(SSL* ssl) : ssl_(ssl) {}
  Moved outcome_of(int result);
  std::string handshake_words(Moved::Outcome outcome) const;

  std::unique_ptr<SSL, SslFree> ssl_;
};

}  // namespace runtime
