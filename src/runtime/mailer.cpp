#include "runtime/mailer.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include "core/overload.hpp"
#include "notify/mail_text.hpp"
#include "runtime/clock.hpp"
#include "runtime/secret.hpp"

namespace runtime {

namespace {

using Level = engine::action::Notice::Level;
using notify::Outcome;

constexpr auto states_pause = std::chrono::seconds(1);

notify::DeliveryConfig delivery_config(const notify::MailConfig& mail) {
  notify::DeliveryConfig config;
  config.retry = std::chrono::seconds(10);
  config.longest_retry = std::chrono::minutes(10);
  config.lifetime = mail.lifetime;
  config.capacity = 1000;
  config.parallel = 2;
  return config;
}

std::string user_name() {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found);
  return found == nullptr ? "root" : found->pw_name;
}

core::WallTime wall_of(core::Time when) {
  return wall_now() - std::chrono::duration_cast<std::chrono::microseconds>(now() - when);
}

}  // namespace

Mailer::Mailer(boost::asio::io_context& io, const NotifierConfig& config, Say say)
    : io_(io),
      say_(std::move(say)),
      spool_(config.state_directory + "/mail"),
      pacing_(config.mail.rate_count, config.mail.rate_period),
      delivery_(delivery_config(config.mail)),
      timer_(io),
      states_timer_(io) {
  adopt(config);
  auto curl = CurlLoop::open(io);
  if (curl) {
    curl_ = std::move(*curl);
  } else {
    say_(Level::error, fmt::format("no mail can be sent: {}", curl.error().message));
  }
  resume();
  arm();
}

void Mailer::adopt(const NotifierConfig& config) {
  config_ = config.mail;
  node_ = config.node;
  host_name_ = config.host_name;
  if (config_.from.empty()) config_.from = user_name() + "@" + host_name_;
  if (config_.helo_name.empty()) config_.helo_name = host_name_;
}

void Mailer::reconfigure(const NotifierConfig& config) {
  adopt(config);
  pacing_.set_limits(config_.rate_count, config_.rate_period);
  deliver(notify::delivery_event::Reconfigured{delivery_config(config_)});
  arm();
}

void Mailer::resume() {
  pacing_.resume(spool_.load_states());
  std::vector<std::string> damaged;
  auto mails = spool_.load(damaged);
  for (const auto& path : damaged)
    say_(Level::warning, fmt::format("{} is no mail of ours; put aside as {}.bad", path, path));
  if (!mails.empty()) say_(Level::info, fmt::format("{} mails wait from before", mails.size()));
  for (auto& [name, mail] : mails) queue(std::move(mail), std::move(name));
}

void Mailer::hear(const notify::Event& event) {
  if (event.what != notify::Event::What::state || !event.alert) return;
  if (event.state == notify::HookState::fault && !config_.faults) return;
  if (const auto mail = pacing_.handle(now(), event)) write(*mail);
  save_states();
  arm();
}

void Mailer::write(const notify::MailPacing::Mail& mail) {
  std::vector<notify::DatedEvent> events;
  for (const auto& event : mail.events) events.push_back({event, wall_of(event.when)});
  const auto letter = events.size() == 1 && mail.more == 0 ? notify::alert_letter(events.front(), node_)
                                                           : notify::summary_letter(events, mail.more, node_);
  StoredMail stored;
  stored.lane = notify::subject_key(mail.events.back().subject);
  stored.created = wall_now();
  stored.from = notify::mail_address(config_.from);
  for (const auto& to : config_.recipients) stored.to.push_back(notify::mail_address(to));
  const std::string id = fmt::format("{}.{}.{}@{}", stored.created.time_since_epoch().count(), ::getpid(),
                                     last_item_ + 1, host_name_);
  stored.message = notify::mail_message({config_.from, config_.recipients, id, events.back().when}, letter);
  auto file = spool_.save(stored);
  if (!file) disk_trouble(file.error());
  queue(std::move(stored), file.value_or(std::string()));
}

void Mailer::queue(StoredMail mail, std::string file) {
  const std::uint64_t item = ++last_item_;
  const auto age = std::max<core::Duration>(wall_now() - mail.created, core::Duration::zero());
  const std::string lane = mail.lane;
  waiting_.emplace(item, Waiting{std::move(mail), std::move(file)});
  deliver(notify::delivery_event::Queued{item, lane, now() - age});
}

void Mailer::deliver(const notify::DeliveryEvent& event) { perform(delivery_.handle(now(), event)); }

void Mailer::perform(const notify::DeliveryActions& actions) {
  for (const auto& wish : actions) {
    std::visit(core::Overload{
                   [&](const notify::delivery_action::Attempt& one) { attempt(one.item); },
                   [&](const notify::delivery_action::Forget& one) { forget(one); },
               },
               wish);
  }
}

void Mailer::attempt(std::uint64_t item) {
  const auto failed = [this, item](std::string why) {
    boost::asio::post(io_,
                      [this, item, why = std::move(why)] { attempted(item, {Outcome::unreachable, why}); });
  };
  if (!curl_) return failed("libcurl is missing");
  const auto password = read_secret(config_.password);
  if (!password) return failed("smtp_password: " + password.error().message);
  const StoredMail& mail = waiting_.at(item).mail;
  MailTransfer transfer;
  transfer.host = config_.server;
  transfer.port = config_.port;
  transfer.helo = config_.helo_name;
  transfer.tls = config_.tls;
  transfer.verify = config_.verify;
  transfer.ca_file = config_.ca_file;
  transfer.user = config_.user;
  transfer.password = *password;
  transfer.patience = config_.connect_timeout;
  transfer.from = mail.from;
  transfer.to = mail.to;
  transfer.message = mail.message;
  curl_->start(std::move(transfer), [this, item](const TransferResult& result) { attempted(item, result); });
}

void Mailer::attempted(std::uint64_t item, const TransferResult& result) {
  if (result.outcome == Outcome::delivered) {
    if (!result.error.empty()) say_(Level::warning, "mail: " + result.error);
    if (std::exchange(trouble_said_, false)) say_(Level::info, "mail is delivered again");
  } else if (result.outcome == Outcome::refused) {
    say_(Level::error, fmt::format("a mail is refused and given up: {}", result.error));
  } else if (!std::exchange(trouble_said_, true)) {
    say_(Level::error, fmt::format("mail cannot be delivered to {} port {}: {}; it waits and is tried again",
                                   config_.server, config_.port, result.error));
  }
  deliver(notify::delivery_event::Attempted{item, result.outcome});
  arm();
}

void Mailer::forget(const notify::delivery_action::Forget& forgotten) {
  using Why = notify::delivery_action::Forget::Why;
  const auto waiting = waiting_.extract(forgotten.item);
  if (!waiting) return;
  if (!waiting.mapped().file.empty()) spool_.remove(waiting.mapped().file);
  if (forgotten.why == Why::too_old)
    say_(Level::error, fmt::format("a mail about {} is too old and given up", waiting.mapped().mail.lane));
  if (forgotten.why == Why::no_room)
    say_(Level::error,
         fmt::format("too many mails wait: the oldest, about {}, is given up", waiting.mapped().mail.lane));
}

// Not for every change of a thousand routers: what a crash within a second loses is a mail too many or too few.
void Mailer::save_states() {
  if (std::exchange(states_changed_, true)) return;
  states_timer_.expires_after(states_pause);
  states_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    states_changed_ = false;
    if (const auto saved = spool_.save_states(pacing_.snapshot()); !saved) disk_trouble(saved.error());
  });
}

void Mailer::disk_trouble(const core::Error& error) {
  if (std::exchange(disk_said_, true)) return;
  say_(Level::warning,
       fmt::format("mail that waits cannot be kept on disk, and would not survive a restart: {}",
                   error.message));
}

void Mailer::finish() {
  for (const auto& mail : pacing_.flush()) write(mail);
  if (states_changed_) {
    if (const auto saved = spool_.save_states(pacing_.snapshot()); !saved) disk_trouble(saved.error());
  }
}

bool Mailer::at_rest() const {
  const auto state = delivery_.snapshot();
  return state.under_way == 0 && (state.waiting == 0 || state.failures != 0);
}

void Mailer::arm() {
  const auto held = pacing_.next_timeout();
  const auto retry = delivery_.next_timeout();
  if (!held && !retry) {
    timer_.cancel();
    return;
  }
  const core::Time due = held && retry ? std::min(*held, *retry) : held ? *held : *retry;
  timer_.expires_after(std::max(due - now(), core::Duration::zero()));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    for (const auto& mail : pacing_.handle_timeout(now())) write(mail);
    perform(delivery_.handle_timeout(now()));
    arm();
  });
}

}  // namespace runtime
