#include "runtime/probe/fetch.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <fmt/format.h>
#include <string_view>

#include "check/http_response.hpp"
#include "net/digest.hpp"
#include "runtime/probe/probes.hpp"

namespace runtime {

namespace asio = boost::asio;

namespace {

/// Looks over the probe's shoulder.
class Reader {
 public:
  explicit Reader(std::size_t keep) : keep_(keep) {}

  // What is wrong with the response the probe itself says.
  void see(std::string_view octets) {
    while (!octets.empty() && !response_.complete()) {
      const bool in_head = !response_.head_complete();
      const auto taken = response_.take(octets);
      if (!taken) return;
      if (in_head) page_.head.append(octets.substr(0, taken->octets));
      octets.remove_prefix(taken->octets);
      sum_.add(
          {reinterpret_cast<const std::uint8_t*>(taken->body.data()), taken->body.size()});  // NOLINT: octets
      page_.body.append(taken->body.substr(0, keep_ - std::min(keep_, page_.body.size())));
    }
  }

  FetchedPage finish() {
    for (const std::uint8_t octet : sum_.finish()) page_.digest += fmt::format("{:02x}", octet);
    page_.status = response_.status();
    return std::move(page_);
  }

 private:
  std::size_t keep_;
  check::HttpResponse response_;
  net::Md5Sum sum_;
  FetchedPage page_;
};

}  // namespace

core::Result<FetchedPage> fetch_page(const check::Config& config, const check::Target& target,
                                     std::size_t keep) {
  auto wanted = std::make_shared<check::Config>(config);
  auto& http = *check::http_of(wanted->probe);
  http.urls.at(0).statuses = {{100, 999}};
  asio::io_context io{1};
  PageTools tools;
  Reader reader(keep);
  tools.watch = [&reader](std::string_view octets) { reader.see(octets); };
  if (http.tls) {
    auto context = TlsContexts({}).context(http.verify);
    if (!context) return std::unexpected(context.error());
    tools.context = std::move(*context);
  }
  auto attempt = std::make_shared<Attempt>(std::make_shared<ProbeLoop>(io), wanted, target, 0U);
  check::ProbeResult result = check::Answer{};
  asio::co_spawn(io, probe_http(attempt, std::move(tools)),
                 [&io, &result, attempt](const std::exception_ptr& thrown, check::ProbeResult value) {
                   attempt->finish();
                   io.stop();
                   if (thrown) std::rethrow_exception(thrown);
                   result = std::move(value);
                 });
  io.run();
  if (!result) return std::unexpected(core::Error{0, check::to_string(result.error())});
  return reader.finish();
}

}  // namespace runtime
