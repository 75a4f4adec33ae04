#include "runtime/curl_loop.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <curl/curl.h>
#include <fmt/format.h>
#include <map>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string_view>
#include <utility>

#include "runtime/library.hpp"

namespace runtime {

namespace {

namespace asio = boost::asio;
using notify::Outcome;

// The functions of the library, by the names they have there.
struct Curl {
  decltype(&curl_global_init) global_init;
  decltype(&curl_easy_init) easy_init;
  decltype(&curl_easy_setopt) setopt;
  decltype(&curl_easy_getinfo) getinfo;
  decltype(&curl_easy_cleanup) easy_cleanup;
  decltype(&curl_easy_strerror) easy_strerror;
  decltype(&curl_slist_append) slist_append;
  decltype(&curl_slist_free_all) slist_free_all;
  decltype(&curl_multi_init) multi_init;
  decltype(&curl_multi_setopt) multi_setopt;
  decltype(&curl_multi_add_handle) add_handle;
  decltype(&curl_multi_remove_handle) remove_handle;
  decltype(&curl_multi_socket_action) socket_action;
  decltype(&curl_multi_info_read) info_read;
  decltype(&curl_multi_cleanup) multi_cleanup;
};

core::Result<Curl> load_curl() {
  auto library = Library::load("libcurl.so.4");
  if (!library) return std::unexpected(library.error());
  Curl curl{};
  library->find("curl_global_init", curl.global_init)
      .find("curl_easy_init", curl.easy_init)
      .find("curl_easy_setopt", curl.setopt)
      .find("curl_easy_getinfo", curl.getinfo)
      .find("curl_easy_cleanup", curl.easy_cleanup)
      .find("curl_easy_strerror", curl.easy_strerror)
      .find("curl_slist_append", curl.slist_append)
      .find("curl_slist_free_all", curl.slist_free_all)
      .find("curl_multi_init", curl.multi_init)
      .find("curl_multi_setopt", curl.multi_setopt)
      .find("curl_multi_add_handle", curl.add_handle)
      .find("curl_multi_remove_handle", curl.remove_handle)
      .find("curl_multi_socket_action", curl.socket_action)
      .find("curl_multi_info_read", curl.info_read)
      .find("curl_multi_cleanup", curl.multi_cleanup);
  if (auto complete = library->complete(); !complete) return std::unexpected(complete.error());
  if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
    return std::unexpected(core::Error{0, "libcurl.so.4 cannot be used"});
  return curl;
}

long milliseconds(core::Duration duration) {
  return static_cast<long>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

// One transfer under way. libcurl keeps pointers into it.
struct Running {
  Transfer transfer;
  CurlLoop::OnDone done;
  CURL* easy = nullptr;
  curl_slist* list = nullptr;  // recipients, or headers
  std::size_t read = 0;        // of the message
  std::string verb;            // of the last SMTP command
  long refusal = 0;            // the last answer of 400 or more, and what it was to
  std::string refusal_text, refused_verb;
};

std::size_t read_message(char* into, std::size_t size, std::size_t count, void* user) {
  auto& running = *static_cast<Running*>(user);
  const std::string& message = std::get<MailTransfer>(running.transfer).message;
  const std::size_t length = std::min(size * count, message.size() - running.read);
  message.copy(into, length, running.read);
  running.read += length;
  return length;
}

std::size_t ignore_body(char*, std::size_t size, std::size_t count, void*) { return size * count; }

// Overhears the SMTP dialogue, of which libcurl tells only the end. Passwords are not kept: only the first word of a command is.
int overhear(CURL*, curl_infotype type, char* data, std::size_t size, void* user) {
  auto& running = *static_cast<Running*>(user);
  std::string_view line(data, size);
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (type == CURLINFO_HEADER_OUT) {
    running.verb = std::string(line.substr(0, line.find_first_of(" :")));
  } else if (type == CURLINFO_HEADER_IN && line.size() >= 3 && (line[0] == '4' || line[0] == '5')) {
    running.refusal = (line[0] - '0') * 100;
    running.refusal_text = std::string(line.substr(0, 200));
    running.refused_verb = running.verb;
  }
  return 0;
}

std::string mail_url(const MailTransfer& mail) {
  const bool v6 = mail.host.find(':') != std::string::npos;
  const std::string host = v6 ? "[" + mail.host + "]" : mail.host;
  const bool plain = std::ranges::all_of(mail.helo, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '-';
  });
  return fmt::format("{}://{}:{}/{}", mail.tls == notify::MailTls::implicit ? "smtps" : "smtp", host,
                     mail.port, plain ? mail.helo : "localhost");
}

}  // namespace

class CurlLoop::Implementation {
 public:
  Implementation(asio::io_context& io, const Curl& curl) : io_(io), curl_(curl), timer_(io) {
    multi_ = curl_.multi_init();
    curl_.multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &socket_wanted);
    curl_.multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_.multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &timer_wanted);
    curl_.multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  }

  ~Implementation() {
    for (auto& [easy, running] : running_) {
      curl_.remove_handle(multi_, easy);
      curl_.easy_cleanup(easy);
      curl_.slist_free_all(running->list);
    }
    curl_.multi_cleanup(multi_);
    for (auto& [socket, watch] : watches_) {
      watch->wanted = 0;
      watch->descriptor.release();
    }
  }

  Implementation(const Implementation&) = delete;
  Implementation& operator=(const Implementation&) = delete;

  void start(Transfer transfer, OnDone done) {
    auto running = std::make_unique<Running>();
    running->transfer = std::move(transfer);
    running->done = std::move(done);
    running->easy = curl_.easy_init();
    if (auto* mail = std::get_if<MailTransfer>(&running->transfer)) prepare(*running, *mail);
    if (auto* post = std::get_if<PostTransfer>(&running->transfer)) prepare(*running, *post);
    CURL* easy = running->easy;
    running_.emplace(easy, std::move(running));
    curl_.add_handle(multi_, easy);
  }

 private:
  // One socket of libcurl's. It lives until libcurl lets go of it; handlers may come later still.
  struct Watch {
    explicit Watch(asio::io_context& io, curl_socket_t socket) : descriptor(io, socket) {}
    asio::posix::stream_descriptor descriptor;
    int wanted = 0;
    bool reading = false, writing = false;
  };

  void prepare_common(Running& running, bool verify, const std::string& ca_file) {
    CURL* easy = running.easy;
    curl_.setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_.setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // a silent name server must not hold us up
    curl_.setopt(easy, CURLOPT_WRITEFUNCTION, &ignore_body);
    curl_.setopt(easy, CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L);
    curl_.setopt(easy, CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
    if (!ca_file.empty()) curl_.setopt(easy, CURLOPT_CAINFO, ca_file.c_str());
    curl_.setopt(easy, CURLOPT_PROXY, "");  // whatever the environment says
  }

  void prepare(Running& running, const MailTransfer& mail) {
    CURL* easy = running.easy;
    prepare_common(running, mail.verify, mail.ca_file);
    curl_.setopt(easy, CURLOPT_URL, mail_url(mail).c_str());
    curl_.setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_.setopt(easy, CURLOPT_USE_SSL,
                 static_cast<long>(mail.tls == notify::MailTls::none ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    if (!mail.user.empty()) {
      curl_.setopt(easy, CURLOPT_USERNAME, mail.user.c_str());
      curl_.setopt(easy, CURLOPT_PASSWORD, mail.password.c_str());
    }
    curl_.setopt(easy, CURLOPT_MAIL_FROM, ("<" + mail.from + ">").c_str());
    for (const auto& to : mail.to) running.list = curl_.slist_append(running.list, ("<" + to + ">").c_str());
    curl_.setopt(easy, CURLOPT_MAIL_RCPT, running.list);
    curl_.setopt(easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);  // the others shall have it all the same
    curl_.setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_.setopt(easy, CURLOPT_READFUNCTION, &read_message);
    curl_.setopt(easy, CURLOPT_READDATA, &running);
    curl_.setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_.setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(mail.patience));
    curl_.setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, std::max(1L, milliseconds(mail.patience) / 1000));
    curl_.setopt(easy, CURLOPT_TIMEOUT_MS, 4 * milliseconds(mail.patience));
    curl_.setopt(easy, CURLOPT_VERBOSE, 1L);
    curl_.setopt(easy, CURLOPT_DEBUGFUNCTION, &overhear);
    curl_.setopt(easy, CURLOPT_DEBUGDATA, &running);
  }

  void prepare(Running& running, const PostTransfer& post) {
    CURL* easy = running.easy;
    prepare_common(running, post.verify, post.ca_file);
    curl_.setopt(easy, CURLOPT_URL, post.url.c_str());
    curl_.setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_.setopt(easy, CURLOPT_POST, 1L);
    curl_.setopt(easy, CURLOPT_POSTFIELDS, post.body.c_str());
    curl_.setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(post.body.size()));
    for (const auto& header : post.headers) running.list = curl_.slist_append(running.list, header.c_str());
    running.list = curl_.slist_append(running.list, "Expect:");
    curl_.setopt(easy, CURLOPT_HTTPHEADER, running.list);
    curl_.setopt(easy, CURLOPT_USERAGENT, "standfast");
    curl_.setopt(easy, CURLOPT_TIMEOUT_MS, milliseconds(post.timeout));
  }

  static int socket_wanted(CURL*, curl_socket_t socket, int what, void* self, void*) {
    static_cast<Implementation*>(self)->watch(socket, what);
    return 0;
  }

  static int timer_wanted(CURLM*, long timeout, void* self) {
    static_cast<Implementation*>(self)->arm(timeout);
    return 0;
  }

  void watch(curl_socket_t socket, int what) {
    if (what == CURL_POLL_REMOVE) {
      if (auto gone = watches_.extract(socket)) {
        gone.mapped()->wanted = 0;
        gone.mapped()->descriptor.release();
      }
      return;
    }
    auto& watch = watches_[socket];
    if (!watch) watch = std::make_shared<Watch>(io_, socket);
    watch->wanted = what;
    await(watch);
  }

  void await(const std::shared_ptr<Watch>& watch) {
    if ((watch->wanted & CURL_POLL_IN) != 0 && !std::exchange(watch->reading, true))
      await(watch, asio::posix::descriptor_base::wait_read, CURL_CSELECT_IN);
    if ((watch->wanted & CURL_POLL_OUT) != 0 && !std::exchange(watch->writing, true))
      await(watch, asio::posix::descriptor_base::wait_write, CURL_CSELECT_OUT);
  }

  void await(const std::shared_ptr<Watch>& watch, asio::posix::descriptor_base::wait_type what, int bit) {
    const curl_socket_t socket = watch->descriptor.native_handle();
    watch->descriptor.async_wait(what, [this, watch, socket, bit](const boost::system::error_code& error) {
      (bit == CURL_CSELECT_IN ? watch->reading : watch->writing) = false;
      const int poll = bit == CURL_CSELECT_IN ? CURL_POLL_IN : CURL_POLL_OUT;
      if (error || (watch->wanted & poll) == 0) return;
      act(socket, bit);
      if (watch->wanted != 0) await(watch);
    });
  }

  void arm(long timeout) {
    timer_.cancel();
    if (timeout < 0) return;
    timer_.expires_after(std::chrono::milliseconds(timeout));
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) act(CURL_SOCKET_TIMEOUT, 0);
    });
  }

  void act(curl_socket_t socket, int bits) {
    int still_running = 0;
    curl_.socket_action(multi_, socket, bits, &still_running);
    int left = 0;
    while (const CURLMsg* message = curl_.info_read(multi_, &left)) {
      if (message->msg == CURLMSG_DONE) finish(message->easy_handle, message->data.result);
    }
  }

  void finish(CURL* easy, CURLcode code) {
    auto found = running_.extract(easy);
    if (!found) return;
    const Running& running = *found.mapped();
    long status = 0;
    curl_.getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    TransferResult result = std::holds_alternative<MailTransfer>(running.transfer)
                                ? mail_result(running, code)
                                : post_result(code, status);
    curl_.remove_handle(multi_, easy);
    curl_.easy_cleanup(easy);
    curl_.slist_free_all(running.list);
    running.done(result);
  }

  // An answer to the mail itself is about the mail; whatever else went wrong is about the server.
  TransferResult mail_result(const Running& running, CURLcode code) const {
    TransferResult result;
    if (code == CURLE_OK) {
      if (running.refusal != 0 && running.refused_verb == "RCPT")
        result.error = fmt::format("a recipient was refused: {}", running.refusal_text);
      return result;
    }
    const auto of_the_mail = {std::string_view("MAIL"), std::string_view("RCPT"), std::string_view("DATA")};
    const bool about_mail =
        running.refusal != 0 && std::ranges::find(of_the_mail, running.refused_verb) != std::end(of_the_mail);
    result.outcome = !about_mail              ? Outcome::unreachable
                     : running.refusal == 400 ? Outcome::deferred
                                              : Outcome::refused;
    result.error = curl_.easy_strerror(code);
    if (running.refusal != 0) result.error += fmt::format("; the server said: {}", running.refusal_text);
    return result;
  }

  TransferResult post_result(CURLcode code, long status) const {
    if (code != CURLE_OK) return {Outcome::unreachable, curl_.easy_strerror(code)};
    if (status >= 200 && status < 300) return {};
    const bool later = status == 408 || status == 429 || status >= 500;
    return {later ? Outcome::unreachable : Outcome::refused, fmt::format("HTTP status {}", status)};
  }

  asio::io_context& io_;
  Curl curl_;
  asio::steady_timer timer_;
  CURLM* multi_ = nullptr;
  std::map<CURL*, std::unique_ptr<Running>> running_;
  std::map<curl_socket_t, std::shared_ptr<Watch>> watches_;
};

core::Result<std::unique_ptr<CurlLoop>> CurlLoop::open(asio::io_context& io) {
  const auto curl = load_curl();
  if (!curl) return std::unexpected(curl.error());
  return std::unique_ptr<CurlLoop>(  // NOLINT: the constructor is private
      new CurlLoop(std::make_unique<Implementation>(io, *curl)));
}

CurlLoop::CurlLoop(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
CurlLoop::~CurlLoop() = default;

void CurlLoop::start(Transfer transfer, OnDone done) {
  implementation_->start(std::move(transfer), std::move(done));
}

core::Result<std::string> body_signature(const std::string& key, const std::string& body) {
  auto library = Library::load("libcrypto.so.3");
  if (!library) return std::unexpected(library.error());
  decltype(&HMAC) hmac = nullptr;
  decltype(&EVP_sha256) sha256 = nullptr;
  if (auto complete = library->find("HMAC", hmac).find("EVP_sha256", sha256).complete(); !complete)
    return std::unexpected(complete.error());
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const auto* octets = reinterpret_cast<const unsigned char*>(body.data());  // NOLINT: characters as octets
  if (hmac(sha256(), key.data(), static_cast<int>(key.size()), octets, body.size(), digest.data(), &size) ==
      nullptr)
    return std::unexpected(core::Error{0, "HMAC-SHA256 failed"});
  std::string text = "sha256=";
  for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", digest.at(i));
  return text;
}

}  // namespace runtime
