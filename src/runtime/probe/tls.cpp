#include "runtime/probe/tls.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <signal.h>

#include "runtime/probe/openssl.hpp"

namespace runtime {

namespace asio = boost::asio;
using check::ProbeError;
using check::Stage;

void SslFree::operator()(SSL_CTX* context) const { openssl().SSL_CTX_free(context); }
void SslFree::operator()(SSL* ssl) const { openssl().SSL_free(ssl); }
void SslFree::operator()(SSL_SESSION* session) const { openssl().SSL_SESSION_free(session); }

namespace {

core::Error tls_error(std::string_view what) {
  return {0, fmt::format("{}: {}", what, TlsConnection::last_words())};
}

int give_password(char* into, int room, int, void* password) {
  const auto& text = *static_cast<const std::string*>(password);
  const int size = std::min(room, static_cast<int>(text.size()));
  std::memcpy(into, text.data(), static_cast<std::size_t>(size));
  return size;
}

// Where a connection keeps what the server gives it to resume from.
int session_slot() {
  static const int slot =
      openssl().CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL, 0, nullptr, nullptr, nullptr, nullptr);
  return slot;
}

int keep_session(SSL* ssl, SSL_SESSION* session) {
  auto* place = static_cast<SslSession*>(openssl().SSL_get_ex_data(ssl, session_slot()));
  if (place == nullptr) return 0;
  place->reset(session);
  return 1;  // ours now
}

// "www.example.com:8443" and "[2001:db8::1]:443" without the port.
std::string name_without_port(std::string_view host) {
  if (host.starts_with('[')) return std::string(host.substr(1, host.find(']') - 1));
  const std::size_t colon = host.find(':');
  return std::string(colon == host.rfind(':') ? host.substr(0, colon) : host);
}

}  // namespace

std::string TlsConnection::last_words() {
  const unsigned long code = openssl().ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : openssl().ERR_reason_error_string(code);
  std::string words = reason != nullptr ? reason
                      : code != 0       ? fmt::format("error {:x}", code)
                                        : std::string("unknown error");
  if (ERR_SYSTEM_ERROR(code)) words = std::strerror(ERR_GET_REASON(code));
  openssl().ERR_clear_error();
  return words;
}

TlsContexts::TlsContexts(check::TlsConfig own) : own_(std::move(own)) { ::signal(SIGPIPE, SIG_IGN); }

void TlsContexts::reload(check::TlsConfig own) {
  own_ = std::move(own);
  contexts_.clear();
}

core::Result<SslContext> TlsContexts::context(const check::TlsVerify& verify) {
  const std::pair key{verify.on, verify.ca_file};
  if (const auto found = contexts_.find(key); found != contexts_.end()) return found->second;
  auto made = make(verify);
  if (!made) return std::unexpected(made.error());
  return contexts_.emplace(key, std::move(*made)).first->second;
}

core::Result<SslContext> TlsContexts::make(const check::TlsVerify& verify) const {
  if (auto loaded = load_openssl(); !loaded)
    return std::unexpected(core::Error{0, "TLS cannot be used: " + loaded.error().message});
  SslContext context(openssl().SSL_CTX_new(openssl().TLS_client_method()), SslFree{});
  if (!context) return std::unexpected(tls_error("TLS cannot be used"));
  SSL_CTX* const raw = context.get();
  openssl().SSL_CTX_ctrl(raw, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, nullptr);
  // Servers that end the connection without close_notify are many; the framing of HTTP shows what is missing.
  openssl().SSL_CTX_set_options(raw, SSL_OP_IGNORE_UNEXPECTED_EOF);
  openssl().SSL_CTX_ctrl(
      raw, SSL_CTRL_MODE,
      SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS,
      nullptr);
  openssl().SSL_CTX_ctrl(raw, SSL_CTRL_SET_SESS_CACHE_MODE,
                         SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL, nullptr);
  openssl().SSL_CTX_sess_set_new_cb(raw, keep_session);
  if (!own_.certificate_file.empty() &&
      openssl().SSL_CTX_use_certificate_chain_file(raw, own_.certificate_file.c_str()) != 1)
    return std::unexpected(tls_error("certificate " + own_.certificate_file));
  if (!own_.key_file.empty()) {
    std::string password = own_.password;
    openssl().SSL_CTX_set_default_passwd_cb(raw, give_password);
    openssl().SSL_CTX_set_default_passwd_cb_userdata(raw, &password);
    const int read = openssl().SSL_CTX_use_PrivateKey_file(raw, own_.key_file.c_str(), SSL_FILETYPE_PEM);
    openssl().SSL_CTX_set_default_passwd_cb_userdata(raw, nullptr);
    if (read != 1) return std::unexpected(tls_error("key " + own_.key_file));
  }
  if (!verify.on) return context;
  const std::string& authorities = verify.ca_file.empty() ? own_.ca_file : verify.ca_file;
  if (authorities.empty()) {
    openssl().SSL_CTX_set_default_verify_paths(raw);
  } else if (openssl().SSL_CTX_load_verify_locations(raw, authorities.c_str(), nullptr) != 1) {
    return std::unexpected(tls_error("authorities " + authorities));
  }
  openssl().SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
  return context;
}

core::Result<std::unique_ptr<TlsConnection>> TlsConnection::open(SSL_CTX* context, int fd,
                                                                 const check::Http& http,
                                                                 const check::Url& url,
                                                                 const check::Target& target,
                                                                 SslSession* session) {
  openssl().ERR_clear_error();
  SSL* const ssl = openssl().SSL_new(context);
  if (ssl == nullptr) return std::unexpected(tls_error("TLS cannot be used"));
  std::unique_ptr<TlsConnection> connection(new TlsConnection(ssl));
  if (openssl().SSL_set_fd(ssl, fd) != 1) return std::unexpected(tls_error("TLS cannot use the socket"));
  openssl().SSL_set_connect_state(ssl);
  const std::string name = name_without_port(http.sni_name.empty() ? url.virtual_host : http.sni_name);
  const bool address = net::IpAddress::parse(name).has_value();
  if ((http.sni || http.verify.on) && !name.empty() && !address) {
    openssl().SSL_ctrl(
        ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
        const_cast<char*>(name.c_str()));  // NOLINT: it copies the name; the macro for this casts the old way
  }
  if (http.verify.on) {
    X509_VERIFY_PARAM* const wanted = openssl().SSL_get0_param(ssl);
    const std::string ip = name.empty() ? target.address.to_string() : name;
    if (name.empty() || address) {
      openssl().X509_VERIFY_PARAM_set1_ip_asc(wanted, ip.c_str());
    } else {
      openssl().X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
      openssl().SSL_set1_host(ssl, name.c_str());
    }
  }
  // A resumed session shows no certificate. Where one is to be looked at, there is a new handshake every time.
  if (session == nullptr || http.verify.on || http.verify.expiry_warning > core::Duration::zero())
    return connection;
  openssl().SSL_set_ex_data(ssl, session_slot(), session);
  if (*session) openssl().SSL_set_session(ssl, session->get());
  return connection;
}

// Without this OpenSSL would take the missing close_notify for a reason not to resume the session.
TlsConnection::~TlsConnection() {
  openssl().SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

TlsConnection::Moved TlsConnection::outcome_of(int result) {
  switch (openssl().SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_NONE:
      return {Moved::Outcome::moved, static_cast<std::size_t>(result)};
    case SSL_ERROR_WANT_READ:
      return {Moved::Outcome::wait_read, 0};
    case SSL_ERROR_WANT_WRITE:
      return {Moved::Outcome::wait_write, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {Moved::Outcome::closed, 0};
    default:
      return {Moved::Outcome::failed, 0};
  }
}

TlsConnection::Moved TlsConnection::read(std::span<char> into) {
  openssl().ERR_clear_error();
  return outcome_of(openssl().SSL_read(ssl_.get(), into.data(), static_cast<int>(into.size())));
}

TlsConnection::Moved TlsConnection::write(std::string_view text) {
  openssl().ERR_clear_error();
  return outcome_of(openssl().SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())));
}

asio::awaitable<Failure> TlsConnection::shake_hands(std::shared_ptr<Attempt> attempt) {
  using Outcome = Moved::Outcome;
  while (true) {
    openssl().ERR_clear_error();
    errno = 0;
    const int code = openssl().SSL_do_handshake(ssl_.get());
    if (code == 1) co_return std::nullopt;
    const Outcome outcome = outcome_of(code).outcome;
    if (outcome != Outcome::wait_read && outcome != Outcome::wait_write)
      co_return ProbeError{Stage::tls, handshake_words(outcome)};
    const auto wait = outcome == Outcome::wait_read ? Attempt::Wait::read : Attempt::Wait::write;
    const bool go_on = co_await attempt->ready(wait);
    if (!go_on) co_return attempt->why_over("the TLS handshake was not complete");
  }
}

std::string TlsConnection::handshake_words(Moved::Outcome outcome) const {
  if (const long verdict = openssl().SSL_get_verify_result(ssl_.get());
      verdict != X509_V_OK && openssl().SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE) {
    openssl().ERR_clear_error();
    return fmt::format("the certificate is refused: {}", openssl().X509_verify_cert_error_string(verdict));
  }
  if (outcome == Moved::Outcome::closed || (openssl().ERR_peek_error() == 0 && errno == 0))
    return "it closes the connection during the handshake";
  if (openssl().ERR_peek_error() == 0) return std::strerror(errno);
  return last_words();
}

void TlsConnection::say_goodbye() {
  openssl().ERR_clear_error();
  openssl().SSL_shutdown(ssl_.get());
}

std::string TlsConnection::expiry_warning(core::Duration within) const {
  if (within <= core::Duration::zero()) return {};
  const X509* const certificate = openssl().SSL_get0_peer_certificate(ssl_.get());
  if (certificate == nullptr) return {};
  int days = 0;
  int seconds = 0;
  if (openssl().ASN1_TIME_diff(&days, &seconds, nullptr, openssl().X509_get0_notAfter(certificate)) != 1)
    return {};
  if (days < 0 || seconds < 0) return fmt::format("the certificate ended {} days ago", -days);
  if (std::chrono::hours(24) * days >= within) return {};
  return fmt::format("the certificate ends in {} days", days);
}

}  // namespace runtime
