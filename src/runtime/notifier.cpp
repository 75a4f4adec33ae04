#include "runtime/notifier.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <optional>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <vector>

#include "core/overload.hpp"
#include "runtime/channel.hpp"
#include "runtime/clock.hpp"
#include "runtime/fifo_writer.hpp"
#include "runtime/files.hpp"
#include "runtime/mailer.hpp"
#include "runtime/messages.hpp"
#include "runtime/owner_runner.hpp"
#include "runtime/webhook_sender.hpp"

namespace runtime {

namespace {

namespace asio = boost::asio;
using Level = engine::action::Notice::Level;

constexpr std::size_t datagram_limit = 64u << 10;
constexpr auto reader_time = std::chrono::seconds(1);  // to read the last lines, at the end
constexpr auto last_words = std::chrono::milliseconds(500);
constexpr auto end_check = std::chrono::milliseconds(20);

class Notifier {
 public:
  explicit Notifier(NotifierConfig config)
      : config_(std::move(config)),
        events_(io_, notifier_events_fd),
        patience_(io_),
        channel_(
            io_, notifier_channel_fd, [this](ToNotifier message) { receive(std::move(message)); },
            [this](const std::optional<core::Error>&) { lose_supervisor(); }) {
    events_.non_blocking(true);
    adopt();
    await_event();
    channel_.send(from_notifier::Ready{});
  }

  int run() {
    io_.run();
    return 0;
  }

 private:
  void say(Level level, std::string text) { channel_.send(from_notifier::Said{level, std::move(text)}); }

  void receive(ToNotifier message) {
    std::visit(core::Overload{
                   [&](to_notifier::Reconfigure& changed) {
                     config_ = std::move(changed.config);
                     adopt();
                     if (config_.states_on_reload) repeat_states();
                   },
                   [&](to_notifier::Stop&) { finish(); },
               },
               message);
  }

  // What is configured as before feels nothing.
  void adopt() {
    adopt_fifos();
    adopt_owners();
    adopt_mail();
    adopt_webhooks();
  }

  void adopt_fifos() {
    for (auto& fifo : fifos_) {
      if (std::ranges::find(config_.fifos, fifo->task()) == config_.fifos.end()) fifo->give_up();
    }
    std::erase_if(fifos_, [&](const auto& fifo) {
      return std::ranges::find(config_.fifos, fifo->task()) == config_.fifos.end();
    });
    for (const FifoTask& task : config_.fifos) {
      if (std::ranges::any_of(fifos_, [&](const auto& fifo) { return fifo->task() == task; })) continue;
      const bool ours = std::ranges::find(config_.fifos_made, task.fifo.path) != config_.fifos_made.end();
      fifos_.push_back(std::make_unique<FifoWriter>(
          io_, task, ours,
          FifoWriter::Observer{
              [this](Level level, std::string text) { say(level, std::move(text)); },
              [this](std::string path) { channel_.send(from_notifier::FifoMade{std::move(path)}); }}));
    }
  }

  void adopt_owners() {
    std::map<std::string, std::unique_ptr<OwnerRunner>> kept;
    for (const OwnerTask& task : config_.owners) {
      const std::string key = notify::subject_key(task.subject);
      auto& runner = kept[key];
      if (auto known = owners_.extract(key)) {
        runner = std::move(known.mapped());
        if (runner->task().config != task.config) runner->reconfigure(task.config);
        continue;
      }
      runner = std::make_unique<OwnerRunner>(
          io_, task, [this](Level level, std::string text) { say(level, std::move(text)); });
      if (const auto now = states_.find(key); now != states_.end()) runner->hear(now->second);
    }
    owners_ = std::move(kept);
  }

  void adopt_mail() {
    if (config_.mail.recipients.empty()) return mailer_.reset();
    if (mailer_) return mailer_->reconfigure(config_);
    mailer_ = std::make_unique<Mailer>(
        io_, config_, [this](Level level, std::string text) { say(level, std::move(text)); });
  }

  void adopt_webhooks() {
    if (config_.webhooks.empty()) return webhooks_.clear();
    if (!curl_) {
      if (auto curl = CurlLoop::open(io_)) {
        curl_ = std::move(*curl);
      } else {
        say(Level::error, fmt::format("no webhook can be told: {}", curl.error().message));
      }
    }
    // One that was changed goes on under its new settings with what happens from now on.
    std::vector<std::unique_ptr<WebhookSender>> kept;
    for (const auto& config : config_.webhooks) {
      const auto known = std::ranges::find_if(
          webhooks_, [&](const auto& webhook) { return webhook && webhook->config() == config; });
      kept.push_back(known != webhooks_.end()
                         ? std::move(*known)
                         : std::make_unique<WebhookSender>(
                               io_, curl_.get(), config, config_.node,
                               [this](Level level, std::string text) { say(level, std::move(text)); }));
    }
    for (auto& old : webhooks_) {
      if (old) retired_webhooks_.push_back(std::move(old));
    }
    webhooks_ = std::move(kept);
  }

  void await_event() {
    events_.async_wait(asio::posix::descriptor_base::wait_read,
                       [this](const boost::system::error_code& error) {
                         if (!error) receive_events();
                       });
  }

  void receive_events() {
    core::Bytes datagram(datagram_limit);
    while (true) {
      const ssize_t size = ::recv(events_.native_handle(), datagram.data(), datagram.size(), MSG_DONTWAIT);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return await_event();
      if (size <= 0) return;
      auto event = core::from_bytes<notify::Event>({datagram.data(), static_cast<std::size_t>(size)});
      if (event) hear(std::move(*event));
    }
  }

  void hear(notify::Event event) {
    const std::string key = notify::subject_key(event.subject);
    if (event.repeated) {
      const auto known = states_.find(key);
      if (known != states_.end() && known->second.state == event.state) return;
    }
    const auto [number, missing] = numbers_[notify::is_server(event.subject) ? 1 : 0].number(event);
    event.sequence = number;
    if (missing != 0) say(Level::error, fmt::format("{} events were lost before number {}", missing, number));
    if (event.what == notify::Event::What::state) {
      if (event.gone) {
        states_.erase(key);
      } else {
        states_[key] = event;
      }
    }
    if (const auto owner = owners_.find(key); owner != owners_.end()) owner->second->hear(event);
    write_to_fifos(event);
    for (auto& webhook : webhooks_) webhook->hear(event);
    if (mailer_) mailer_->hear(event);
  }

  void repeat_states() {
    for (const auto& [key, event] : states_) {
      if (!notify::is_server(event.subject)) write_to_fifos(event);
    }
  }

  void write_to_fifos(const notify::Event& event) {
    const bool of_services = notify::is_server(event.subject);
    for (auto& fifo : fifos_) {
      if (of_services ? fifo->task().services : fifo->task().routers) fifo->write(event);
    }
  }

  // The worker has noticed too: what it says on its way down is still to come.
  void lose_supervisor() {
    patience_.expires_after(last_words);
    patience_.async_wait([this](const boost::system::error_code& error) {
      if (!error) finish();
    });
  }

  // What still waits in the socket comes first: the last word of every router is among it.
  void finish() {
    if (finish_at_) return;
    finish_at_ = now() + config_.farewell;
    readers_until_ = now() + reader_time;
    events_.cancel();
    receive_events();
    for (auto& fifo : fifos_) fifo->finish();
    if (mailer_) mailer_->finish();
    check_end();
  }

  void check_end() {
    const core::Time time = now();
    if (time >= readers_until_) {
      for (auto& fifo : fifos_) fifo->end_reader();
    }
    const bool fifos_done = std::ranges::all_of(fifos_, [](const auto& fifo) { return fifo->finished(); });
    const bool owners_done =
        std::ranges::all_of(owners_, [](const auto& owner) { return owner.second->at_rest(); });
    const bool webhooks_done =
        std::ranges::all_of(webhooks_, [](const auto& webhook) { return webhook->at_rest(); });
    const bool mail_done = !mailer_ || mailer_->at_rest();
    if ((fifos_done && owners_done && webhooks_done && mail_done) || time >= *finish_at_) return end();
    patience_.expires_after(end_check);
    patience_.async_wait([this](const boost::system::error_code& error) {
      if (!error) check_end();
    });
  }

  void end() {
    fifos_.clear();
    owners_.clear();
    io_.stop();
  }

  NotifierConfig config_;
  asio::io_context io_{1};
  asio::posix::stream_descriptor events_;
  asio::steady_timer patience_;
  Channel<ToNotifier, FromNotifier> channel_;
  notify::EventNumbers numbers_[2];              // of routers and groups, of servers
  std::map<std::string, notify::Event> states_;  // the last of each subject that lives
  std::vector<std::unique_ptr<FifoWriter>> fifos_;
  std::map<std::string, std::unique_ptr<OwnerRunner>> owners_;
  std::unique_ptr<Mailer> mailer_;
  std::unique_ptr<CurlLoop> curl_;  // outlives its webhooks
  std::vector<std::unique_ptr<WebhookSender>> webhooks_;
  std::vector<std::unique_ptr<WebhookSender>>
      retired_webhooks_;  // a reload dropped them; what was under way may still answer
  std::optional<core::Time> finish_at_;
  core::Time readers_until_{};
};

const char* process_name(Listener role) {
  switch (role) {
    case Listener::pipes:
      return "standfast-fifo";
    case Listener::mail:
      return "standfast-mail";
    case Listener::webhooks:
      break;
  }
  return "standfast-hook";
}

}  // namespace

int run_notifier() {
  // Our end comes from the supervisor, after the workers have said their last word, also when a service manager signals everybody.
  for (const int ignored : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE}) ::signal(ignored, SIG_IGN);
  const auto bytes = read_memory(notifier_config_fd);
  if (!bytes) return 1;
  auto config = core::from_bytes<NotifierConfig>(*bytes);
  if (!config) return 1;
  ::prctl(PR_SET_NAME, process_name(config->role));
  return Notifier(std::move(*config)).run();
}

}  // namespace runtime
