// One page, judged: status, then digest, then regex, as what the server sends comes in.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "check/config.hpp"
#include "check/http_response.hpp"
#include "check/pattern.hpp"
#include "check/probe_result.hpp"
#include "net/digest.hpp"

namespace check {

class HttpDialogue {
 public:
  /// `url` outlives it. `pattern`: of url.regex, compiled; null without one.
  HttpDialogue(const Url& url, std::shared_ptr<const Pattern> pattern);

  /// The verdict, once there is one; call no more then.
  std::optional<ProbeResult> receive(std::string_view octets);
  /// The server closed the connection.
  ProbeResult closed();

  const HttpResponse& response() const { return response_; }
  /// For the deadline: "while waiting for the head", "after 100 octets of the body".
  std::string progress() const;

 private:
  std::optional<ProbeResult> judge_status();
  ProbeResult judge();

  const Url& url_;
  HttpResponse response_;
  std::optional<net::Md5Sum> sum_;
  std::optional<PatternSearch> search_;
  bool status_judged_ = false;
};

/// "200-299", "200-299, 404": what is accepted.
std::string describe(const std::vector<StatusRange>& ranges);
bool accepts(const std::vector<StatusRange>& ranges, std::uint16_t status);

}  // namespace check
