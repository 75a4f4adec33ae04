// SSL_GET against real TLS servers with certificates made here.
#include "runtime/probe/tls.hpp"

#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "runtime/probe/host.hpp"
#include "runtime/probe/servers_for_test.hpp"

namespace runtime {
namespace {

using namespace std::chrono_literals;
using namespace testing_servers;
using testing::HasSubstr;

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;

Key new_key() { return Key(EVP_EC_gen("P-256")); }

void extend(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

/// Signed by `issuer`, or by itself; `names` as in "DNS:www.example.com"; empty: an authority.
Certificate sign(EVP_PKEY* key, const char* subject, X509* issuer, EVP_PKEY* issuer_key,
                 const std::string& names, long days) {
  Certificate certificate(X509_new());
  X509* const raw = certificate.get();
  static long serial = 1;
  X509_set_version(raw, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(raw), serial++);
  X509_gmtime_adj(X509_getm_notBefore(raw), -30L * 24 * 3600);
  X509_gmtime_adj(X509_getm_notAfter(raw), days * 24 * 3600 + 3600);
  X509_set_pubkey(raw, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(raw), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(subject), -1, -1, 0);
  X509_set_issuer_name(raw, X509_get_subject_name(issuer != nullptr ? issuer : raw));
  extend(raw, issuer != nullptr ? issuer : raw, NID_basic_constraints,
         names.empty() ? "critical,CA:TRUE" : "CA:FALSE");
  if (!names.empty()) extend(raw, issuer != nullptr ? issuer : raw, NID_subject_alt_name, names.c_str());
  X509_sign(raw, issuer_key, EVP_sha256());
  return certificate;
}

struct Authority {
  Authority() : key(new_key()), certificate(sign(key.get(), "authority", nullptr, key.get(), {}, 365)) {
    static int count = 0;
    file = testing::TempDir() + "standfast-authority-" + std::to_string(::getpid()) + "-" +
           std::to_string(++count) + ".pem";
    std::FILE* const out = std::fopen(file.c_str(), "w");
    PEM_write_X509(out, certificate.get());
    std::fclose(out);
  }
  ~Authority() { std::filesystem::remove(file); }

  Key key;
  Certificate certificate;
  std::string file;
};

/// How a TLS server greets.
struct Greeting {
  std::string names = "DNS:www.example.com,IP:127.0.0.1";
  long days = 100;
  int highest_version = 0;
};

class TlsServer {
 public:
  explicit TlsServer(const Authority& authority, const Greeting& greeting = {})
      : key_(new_key()),
        certificate_(sign(key_.get(), "server", authority.certificate.get(), authority.key.get(),
                          greeting.names, greeting.days)),
        context_(SSL_CTX_new(TLS_server_method()), SslFree{}),
        server_([this](int fd, const std::atomic<bool>& stop, std::string& request) {
          serve(fd, stop, request);
        }) {
    SSL_CTX_use_certificate(context_.get(), certificate_.get());
    SSL_CTX_use_PrivateKey(context_.get(), key_.get());
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_security_level(context_.get(), 0);
    if (greeting.highest_version != 0)
      SSL_CTX_set_max_proto_version(context_.get(), greeting.highest_version);
  }

  std::uint16_t port() const { return server_.port(); }
  /// "HOST GET / …": the name asked for in the handshake, and the request.
  std::string last_request() { return server_.last_request(); }
  int resumed() const { return resumed_; }

 private:
  void serve(int fd, const std::atomic<bool>& stop, std::string& request) {
    const std::unique_ptr<SSL, SslFree> ssl(SSL_new(context_.get()));
    SSL_set_fd(ssl.get(), fd);
    if (SSL_accept(ssl.get()) != 1) return;
    if (SSL_session_reused(ssl.get()) == 1) ++resumed_;
    std::string text(4096, '\0');
    const int size = SSL_read(ssl.get(), text.data(), static_cast<int>(text.size()));
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    const char* name = SSL_get_servername(ssl.get(), TLSEXT_NAMETYPE_host_name);
    request = (name != nullptr ? std::string(name) : std::string("-")) + " " + text;
    const std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    SSL_write(ssl.get(), answer.data(), static_cast<int>(answer.size()));
    ::shutdown(fd, SHUT_WR);
    await_close(fd, stop);
  }

  Key key_;
  Certificate certificate_;
  SslContext context_;
  std::atomic<int> resumed_ = 0;
  Server server_;
};

struct Question : check::Config {
  check::Target target;
};

struct Asker {
  check::ProbeResult ask(const Question& config) {
    std::optional<check::ProbeResult> result;
    done = [&result](check::ProbeResult&& value) { result = std::move(value); };
    io.restart();
    host.start(1, std::make_shared<const check::Config>(config), config.target, 0);
    while (!result && io.run_one_for(10s) != 0) {
    }
    return result.value_or(std::unexpected(check::ProbeError{check::Stage::setup, "no result came"}));
  }
  std::string words(const Question& config) {
    const auto result = ask(config);
    if (!result) return check::to_string(result.error());
    return result->warning.empty() ? result->detail : result->warning;
  }

  boost::asio::io_context io{1};
  std::function<void(check::ProbeResult&&)> done;
  ProbeHost host{
      io, [this](ProbeId, check::ProbeResult&& result) { done(std::move(result)); }, {}, nullptr, 1};
};

Question over_tls(std::uint16_t port) {
  Question config;
  check::Http http;
  http.tls = true;
  http.urls.emplace_back().path = "/";
  config.probe = http;
  config.target.address = net::IpAddress::v4(127, 0, 0, 1);
  config.target.port = port;
  config.timing.connect_timeout = 2s;
  return config;
}

check::Http& http_of(Question& config) { return *check::http_of(config.probe); }

Question verified(std::uint16_t port, const Authority& authority, std::string host = {}) {
  Question config = over_tls(port);
  http_of(config).verify = {true, authority.file, {}};
  http_of(config).urls[0].virtual_host = std::move(host);
  return config;
}

TEST(TlsProbe, AsksForNoCertificateThatIsNotWanted) {
  const Authority authority;
  TlsServer server(authority, {.names = "DNS:elsewhere.example", .days = -5});
  EXPECT_EQ(Asker().words(over_tls(server.port())), "HTTP status 200");
  EXPECT_THAT(server.last_request(), testing::StartsWith("- GET / HTTP/1.0\r\n"));
}

TEST(TlsProbe, NamesTheServerItWants) {
  const Authority authority;
  TlsServer server(authority);
  Question config = over_tls(server.port());
  http_of(config).sni = true;
  http_of(config).urls[0].virtual_host = "www.example.com:8443";
  EXPECT_EQ(Asker().words(config), "HTTP status 200");
  EXPECT_THAT(server.last_request(), testing::StartsWith("www.example.com GET"));
}

TEST(TlsProbe, VerifiesNameAuthorityAndTime) {
  const Authority authority, stranger;
  TlsServer server(authority);
  EXPECT_EQ(Asker().words(verified(server.port(), authority, "www.example.com")), "HTTP status 200");
  EXPECT_EQ(Asker().words(verified(server.port(), authority)), "HTTP status 200") << "by address";
  EXPECT_EQ(Asker().words(verified(server.port(), authority, "other.example.com")),
            "TLS: the certificate is refused: hostname mismatch");
  TlsServer late(authority, {.days = -5});
  EXPECT_EQ(Asker().words(verified(late.port(), authority)),
            "TLS: the certificate is refused: certificate has expired");
}

TEST(TlsProbe, AnotherAuthorityWillNotDo) {
  const Authority authority;
  TlsServer server(authority);
  Question config = verified(server.port(), authority);
  http_of(config).verify.ca_file.clear();  // those of the system
  EXPECT_THAT(Asker().words(config),
              HasSubstr("the certificate is refused: unable to get local issuer certificate"));
  http_of(config).verify.ca_file = "/nowhere/ca.pem";
  EXPECT_THAT(Asker().words(config), HasSubstr("not asked: authorities /nowhere/ca.pem: "));
}

TEST(TlsProbe, WarnsOfACertificateThatEndsSoon) {
  const Authority authority;
  TlsServer server(authority, {.days = 6});
  Question config = over_tls(server.port());
  http_of(config).verify.expiry_warning = 14 * 24h;
  EXPECT_EQ(Asker().words(config), "the certificate ends in 6 days");
  http_of(config).verify.expiry_warning = 5 * 24h;
  EXPECT_EQ(Asker().words(config), "HTTP status 200");
}

TEST(TlsProbe, ResumesItsSessionUnlessTheCertificateMatters) {
  const Authority authority;
  TlsServer server(authority);
  Asker asker;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(asker.words(over_tls(server.port())), "HTTP status 200");
  EXPECT_EQ(server.resumed(), 2);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(asker.words(verified(server.port(), authority)), "HTTP status 200");
  EXPECT_EQ(server.resumed(), 2);
}

TEST(TlsProbe, AnOldVersionIsRefusedWithTheAlertsWords) {
  const Authority authority;
  TlsServer server(authority, {.highest_version = TLS1_1_VERSION});
  EXPECT_THAT(Asker().words(over_tls(server.port())),
              testing::AllOf(HasSubstr("TLS: "), HasSubstr("protocol version")));
}

TEST(TlsProbe, AServerThatIsNoneOrHangsUpIsNamed) {
  Server plain(says("HTTP/1.1 400 Bad Request\r\n\r\n"));
  EXPECT_EQ(Asker().words(over_tls(plain.port())), "TLS: wrong version number");
  Server hangs_up(says(""));
  EXPECT_EQ(Asker().words(over_tls(hangs_up.port())), "TLS: it closes the connection during the handshake");
  Server silent(says_nothing());
  Question config = over_tls(silent.port());
  config.timing.connect_timeout = 200ms;
  EXPECT_EQ(Asker().words(config), "not done within 0.2 s: the TLS handshake was not complete");
}

}  // namespace
}  // namespace runtime
