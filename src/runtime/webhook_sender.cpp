#include "runtime/webhook_sender.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <utility>

#include "core/overload.hpp"
#include "notify/webhook_text.hpp"
#include "runtime/clock.hpp"
#include "runtime/secret.hpp"

namespace runtime {

namespace {

using Level = engine::action::Notice::Level;
using notify::Outcome;

notify::DeliveryConfig delivery_config(const notify::WebhookConfig& webhook) {
  notify::DeliveryConfig config;
  config.retry = webhook.retry;
  config.longest_retry = std::chrono::minutes(1);
  config.lifetime = webhook.lifetime;
  config.capacity = 10'000;
  config.parallel = 4;
  return config;
}

}  // namespace

WebhookSender::WebhookSender(boost::asio::io_context& io, CurlLoop* curl, notify::WebhookConfig config,
                             std::string node, Say say)
    : io_(io),
      curl_(curl),
      config_(std::move(config)),
      node_(std::move(node)),
      say_(std::move(say)),
      delivery_(delivery_config(config_)),
      timer_(io) {}

void WebhookSender::hear(const notify::Event& event) {
  if (event.what != notify::Event::What::state) return;
  const core::Time time = now();
  const auto when = wall_now() - std::chrono::duration_cast<std::chrono::microseconds>(time - event.when);
  const std::uint64_t item = ++last_item_;
  bodies_.emplace(item, notify::webhook_body(event, when, node_));
  perform(
      delivery_.handle(time, notify::delivery_event::Queued{item, notify::subject_key(event.subject), time}));
  arm();
}

void WebhookSender::perform(const notify::DeliveryActions& actions) {
  for (const auto& wish : actions) {
    std::visit(core::Overload{
                   [&](const notify::delivery_action::Attempt& one) { attempt(one.item); },
                   [&](const notify::delivery_action::Forget& one) { forget(one); },
               },
               wish);
  }
}

void WebhookSender::attempt(std::uint64_t item) {
  PostTransfer post;
  post.url = config_.url;
  post.verify = config_.verify;
  post.ca_file = config_.ca_file;
  post.timeout = config_.timeout;
  post.body = bodies_.at(item);
  post.headers = {"Content-Type: application/json"};
  std::string trouble = curl_ == nullptr ? "libcurl is missing" : "";
  if (!config_.secret.empty()) {
    const auto secret = read_secret(config_.secret);
    const auto signature = secret ? body_signature(*secret, post.body) : std::unexpected(secret.error());
    if (signature) {
      post.headers.push_back("X-Standfast-Signature: " + *signature);
    } else {
      trouble = "secret: " + signature.error().message;
    }
  }
  if (trouble.empty()) {
    curl_->start(std::move(post), [this, item](const TransferResult& result) { attempted(item, result); });
  } else {
    boost::asio::post(io_, [this, item, trouble] { attempted(item, {Outcome::unreachable, trouble}); });
  }
}

void WebhookSender::attempted(std::uint64_t item, const TransferResult& result) {
  if (result.outcome == Outcome::delivered) {
    if (std::exchange(trouble_said_, false))
      say_(Level::info, fmt::format("notify_webhook {} answers again", config_.url));
  } else if (!std::exchange(trouble_said_, true)) {
    say_(Level::error, fmt::format("notify_webhook {}: {}; {}", config_.url, result.error,
                                   result.outcome == Outcome::refused ? "the event is given up"
                                                                      : "events wait and are tried again"));
  }
  perform(delivery_.handle(now(), notify::delivery_event::Attempted{item, result.outcome}));
  arm();
}

void WebhookSender::forget(const notify::delivery_action::Forget& forgotten) {
  using Why = notify::delivery_action::Forget::Why;
  bodies_.erase(forgotten.item);
  if (forgotten.why != Why::too_old && forgotten.why != Why::no_room) {
    loss_said_ = loss_said_ && forgotten.why != Why::delivered;
    return;
  }
  if (!std::exchange(loss_said_, true)) {
    say_(Level::error,
         fmt::format("notify_webhook {}: events that waited are given up, {}", config_.url,
                     forgotten.why == Why::too_old ? "they are too old" : "there are too many"));
  }
}

bool WebhookSender::at_rest() const {
  const auto state = delivery_.snapshot();
  return state.under_way == 0 && (state.waiting == 0 || state.failures != 0);
}

void WebhookSender::arm() {
  const auto due = delivery_.next_timeout();
  if (!due) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::max(*due - now(), core::Duration::zero()));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    perform(delivery_.handle_timeout(now()));
    arm();
  });
}

}  // namespace runtime
