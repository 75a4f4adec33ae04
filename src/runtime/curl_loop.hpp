// Transfers by libcurl (SMTP, HTTP) in an Asio loop. The library is loaded when the first CurlLoop is opened. Nothing here
// blocks, with one exception: at the end of an SMTP session libcurl waits for the answer to QUIT, up to Mail::patience.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "notify/delivery.hpp"
#include "notify/mail_config.hpp"

namespace runtime {

struct MailTransfer {
  std::string host;
  std::uint16_t port = 25;
  std::string helo;
  notify::MailTls tls = notify::MailTls::none;
  bool verify = true;
  std::string ca_file, user, password;
  core::Duration patience{};  // for the connection, and for each answer
  std::string from;
  std::vector<std::string> to;
  std::string message;
};

struct PostTransfer {
  std::string url;
  bool verify = true;
  std::string ca_file;
  core::Duration timeout{};
  std::vector<std::string> headers;
  std::string body;
};

using Transfer = std::variant<MailTransfer, PostTransfer>;

struct TransferResult {
  notify::Outcome outcome = notify::Outcome::delivered;
  std::string error;  // also with `delivered`: a recipient that was refused
};

class CurlLoop {
 public:
  using OnDone = std::function<void(const TransferResult&)>;

  static core::Result<std::unique_ptr<CurlLoop>> open(boost::asio::io_context& io);
  ~CurlLoop();  // what is under way is dropped
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  /// `done` is called later, from the io_context.
  void start(Transfer transfer, OnDone done);

 private:
  class Implementation;
  explicit CurlLoop(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

/// "sha256=HEX" of the body under the key.
core::Result<std::string> body_signature(const std::string& key, const std::string& body);

}  // namespace runtime
