// One webhook: events go out as JSON by POST, signed if there is a secret, in order for each subject, tried again until they
// arrive or are too old. What waits is not kept on disk. Lives in a notifier process.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <string>

#include "notify/delivery.hpp"
#include "runtime/curl_loop.hpp"
#include "runtime/messages.hpp"

namespace runtime {

class WebhookSender {
 public:
  using Say = std::function<void(engine::action::Notice::Level, std::string)>;

  /// `curl` outlives it; null: it could not be loaded.
  WebhookSender(boost::asio::io_context& io, CurlLoop* curl, notify::WebhookConfig config, std::string node,
                Say say);
  WebhookSender(const WebhookSender&) = delete;
  WebhookSender& operator=(const WebhookSender&) = delete;

  const notify::WebhookConfig& config() const { return config_; }
  void hear(const notify::Event& event);
  bool at_rest() const;

 private:
  void perform(const notify::DeliveryActions& actions);
  void attempt(std::uint64_t item);
  void attempted(std::uint64_t item, const TransferResult& result);
  void forget(const notify::delivery_action::Forget& forgotten);
  void arm();

  boost::asio::io_context& io_;
  CurlLoop* curl_;
  notify::WebhookConfig config_;
  std::string node_;
  Say say_;
  notify::Delivery delivery_;
  std::map<std::uint64_t, std::string> bodies_;
  std::uint64_t last_item_ = 0;
  boost::asio::steady_timer timer_;
  bool trouble_said_ = false;
  bool loss_said_ = false;
};

}  // namespace runtime
