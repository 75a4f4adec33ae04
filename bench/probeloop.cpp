// What our own checks cost: a check::Checker for each server and the probes of runtime/, as the balancer uses them, against the
// server of checkloop.
//
//   probeloop tcp|http PORT PER_SECOND SECONDS  prints microseconds of CPU a check
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <queue>
#include <string_view>
#include <sys/resource.h>
#include <utility>
#include <vector>

#include "check/checker.hpp"
#include "runtime/clock.hpp"
#include "runtime/probe/host.hpp"

namespace {

namespace asio = boost::asio;

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// So many servers, each checked once a second, looked after in a turn of a millisecond.
class Load {
 public:
  Load(const check::Config& config, const check::Target& target, std::size_t servers, long seconds)
      : config_(std::make_shared<const check::Config>(config)),
        target_(target),
        most_(static_cast<long>(servers) * seconds) {
    for (std::size_t i = 0; i < servers; ++i) {
      checkers_.emplace_back(config_, i);
      perform(i, checkers_.back().handle(runtime::now(), check::event::Started{}));
    }
    tick();
  }

  int run() {
    const double before = cpu_seconds();
    while (done_ + failed_ < most_ && io_.run_one() != 0) {
    }
    std::printf("%.2f us a check, %ld done, %ld failed\n",
                (cpu_seconds() - before) * 1e6 / static_cast<double>(done_ + failed_), done_, failed_);
    return failed_ == 0 ? 0 : 1;
  }

 private:
  void tick() {
    timer_.expires_after(std::chrono::milliseconds(1));
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      const core::Time now = runtime::now();
      while (!due_.empty() && due_.top().first <= now) {
        const std::size_t server = due_.top().second;
        due_.pop();
        perform(server, checkers_[server].handle_timeout(now));
      }
      tick();
    });
  }

  void perform(std::size_t server, const check::Actions& actions) {
    if (const auto next = checkers_[server].next_timeout()) due_.emplace(*next, server);
    for (const auto& action : actions) {
      const auto* start = std::get_if<check::action::StartProbe>(&action);
      if (start == nullptr) continue;
      runs_.resize(checkers_.size());
      runs_[server] = start->run;
      host_.start(server, config_, target_, start->part);
    }
  }

  void finished(runtime::ProbeId server, check::ProbeResult&& result) {
    ++(result ? done_ : failed_);
    perform(server, checkers_[server].handle(runtime::now(),
                                             check::event::ProbeFinished{runs_[server], std::move(result)}));
  }

  std::shared_ptr<const check::Config> config_;
  check::Target target_;
  long most_;
  asio::io_context io_{1};
  asio::steady_timer timer_{io_};
  runtime::ProbeHost host_{
      io_,
      [this](runtime::ProbeId id, check::ProbeResult&& result) { finished(id, std::move(result)); },
      {},
      nullptr,
      1};
  std::vector<check::Checker> checkers_;
  std::vector<std::uint64_t> runs_;
  using Due = std::pair<core::Time, std::size_t>;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  long done_ = 0;
  long failed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (argc != 5 || (what != "tcp" && what != "http")) {
    std::fprintf(stderr, "usage: probeloop tcp|http PORT PER_SECOND SECONDS\n");
    return 2;
  }
  check::Config config;
  if (what == "http") {
    check::Http http;
    http.urls.emplace_back().path = "/";
    config.probe = http;
  }
  check::Target target;
  target.address = net::IpAddress::v4(127, 0, 0, 1);
  target.port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  config.timing.delay_loop = config.timing.warmup = std::chrono::seconds(1);
  return Load(config, target, static_cast<std::size_t>(std::atol(argv[3])), std::atol(argv[4])).run();
}
