#include "runtime/probe/host.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <deque>
#include <exception>
#include <fmt/format.h>
#include <map>
#include <unordered_map>
#include <utility>

#include "core/archive.hpp"
#include "core/overload.hpp"
#include "core/random.hpp"
#include "runtime/probe/probes.hpp"
#include "runtime/probe/tls.hpp"

namespace runtime {

namespace asio = boost::asio;
using check::ProbeError;
using check::ProbeResult;
using check::Stage;

namespace {

constexpr auto until_kill = std::chrono::seconds(2);

/// A MISC_CHECK under way elsewhere.
struct ScriptRun {
  explicit ScriptRun(asio::io_context& io) : timer(io) {}

  std::shared_ptr<const check::Config> config;
  asio::steady_timer timer;
  std::uint8_t signals = 0;  // sent: 0 none, 1 SIGTERM, 2 SIGKILL
  bool wanted = true;
};

}  // namespace

ProbeResult judge_script(const track::ScriptEnd& end, bool dynamic) {
  const auto bad = [](std::string detail) {
    return std::unexpected(ProbeError{Stage::script, std::move(detail)});
  };
  if (!end.error.empty()) return bad(end.error);
  if (end.signal != 0) return bad(fmt::format("ended by signal {}", end.signal));
  const std::string words = fmt::format("exit {}", end.exit_status);
  if (end.exit_status == 0) return check::Answer{words, {}, {}};
  if (!dynamic || end.exit_status == 1) return bad(words);
  return check::Answer{words, static_cast<std::uint32_t>(end.exit_status - 2), {}};
}

struct ProbeHost::Implementation : std::enable_shared_from_this<Implementation> {
  Implementation(asio::io_context& context, Done on_done, check::TlsConfig own, ProbeScripts* runner,
                 std::uint64_t seed)
      : io(context),
        loop(std::make_shared<ProbeLoop>(context)),
        done(std::move(on_done)),
        contexts(std::move(own)),
        scripts(runner),
        random(seed) {}

  void start(ProbeId id, std::shared_ptr<const check::Config> config, const check::Target& target,
             std::uint32_t part) {
    cancel(id);
    if (std::holds_alternative<check::Misc>(config->probe)) return start_script(id, std::move(config));
    auto attempt = std::make_shared<Attempt>(loop, std::move(config), target, part);
    running.insert_or_assign(id, attempt);
    auto probing = probe(id, attempt);
    if (!probing) return finish(id, attempt, std::unexpected(probing.error()));
    asio::co_spawn(
        io, std::move(*probing),
        [self = shared_from_this(), id, attempt](const std::exception_ptr& thrown, ProbeResult result) {
          if (thrown) result = std::unexpected(ProbeError{Stage::setup, words_of(thrown)});
          self->finish(id, attempt, std::move(result));
        });
  }

  // A probe that throws is a bug of ours, and still a result: the checker must not wait for ever.
  static std::string words_of(const std::exception_ptr& thrown) {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      return fmt::format("the check itself failed: {}", error.what());
    } catch (...) {
      return "the check itself failed";
    }
  }

  std::expected<Probing, ProbeError> probe(ProbeId id, const AttemptPtr& attempt) {
    using Made = std::expected<Probing, ProbeError>;
    const auto number = [this] { return static_cast<std::uint16_t>(random.next()); };
    return std::visit(
        core::Overload{[&](const check::Tcp&) -> Made { return probe_tcp(attempt); },
                       [&](const core::Boxed<check::Http>& http) -> Made { return page(id, attempt, *http); },
                       [&](const check::Smtp&) -> Made { return probe_smtp(attempt); },
                       [&](const check::Redis&) -> Made { return probe_redis(attempt); },
                       [&](const check::Udp&) -> Made { return probe_udp(attempt); },
                       [&](const check::Dns&) -> Made { return probe_dns(attempt, number()); },
                       [&](const check::Ping&) -> Made { return probe_ping(attempt, number()); },
                       [&](const auto&) -> Made {
                         return std::unexpected(ProbeError{Stage::setup, "this check asks nobody"});
                       }},
        attempt->config().probe);
  }

  std::expected<Probing, ProbeError> page(ProbeId id, const AttemptPtr& attempt, const check::Http& http) {
    if (attempt->part() >= http.urls.size())
      return std::unexpected(ProbeError{Stage::setup, "there is no such page"});
    PageTools tools;
    if (const auto& regex = http.urls[attempt->part()].regex) {
      const auto pattern = pattern_of(*regex);
      if (!pattern) return std::unexpected(ProbeError{Stage::setup, pattern.error()});
      tools.pattern = *pattern;
    }
    if (http.tls) {
      const auto context = contexts.context(http.verify);
      if (!context) return std::unexpected(ProbeError{Stage::setup, context.error().message});
      tools.context = *context;
      auto& session = sessions[id];
      if (!session) session = std::make_shared<SslSession>();
      tools.session = session;
    }
    return probe_http(attempt, std::move(tools));
  }

  std::expected<std::shared_ptr<const check::Pattern>, std::string> pattern_of(const check::Regex& regex) {
    const core::Bytes key = core::to_bytes(regex);
    if (const auto known = patterns.find(key); known != patterns.end()) return known->second;
    auto compiled = check::Pattern::compile(regex);
    if (compiled) patterns.emplace(key, *compiled);
    return compiled;
  }

  void finish(ProbeId id, const AttemptPtr& attempt, ProbeResult result) {
    attempt->finish();
    const auto found = running.find(id);
    if (found == running.end() || found->second != attempt) return;  // cancelled
    running.erase(found);
    deliver(id, std::move(result));
  }

  // Later, so that nobody is called back from within start().
  void deliver(ProbeId id, ProbeResult result) {
    finished.emplace_back(id, std::move(result));
    if (!posted) post_deliveries();
  }

  void post_deliveries() {
    posted = true;
    asio::post(io, [self = shared_from_this()] {
      self->posted = false;
      // Who hears of one may cancel another, or start one that is finished at once.
      for (std::size_t most = self->finished.size(); most > 0 && !self->finished.empty(); --most) {
        auto [id, result] = std::move(self->finished.front());
        self->finished.pop_front();
        if (!self->closed) self->done(id, std::move(result));
      }
      if (!self->finished.empty() && !self->posted) self->post_deliveries();
    });
  }

  void cancel(ProbeId id) {
    if (const auto found = running.find(id); found != running.end()) {
      const AttemptPtr attempt = std::move(found->second);
      running.erase(found);
      attempt->cancel();
    }
    if (const auto script = script_runs.find(id); script != script_runs.end() && script->second->wanted) {
      script->second->wanted = false;
      end_script(id);
    }
    std::erase_if(finished, [id](const auto& each) { return each.first == id; });
  }

  void start_script(ProbeId id, std::shared_ptr<const check::Config> config) {
    if (scripts == nullptr)
      return deliver(id, std::unexpected(ProbeError{Stage::local, "there is nobody to run scripts"}));
    auto& run = script_runs[id];
    if (run) {  // the one that nobody wants any more is still ending
      return deliver(id, std::unexpected(ProbeError{Stage::local, "the script still runs"}));
    }
    run = std::make_unique<ScriptRun>(io);
    run->config = std::move(config);
    arm(id, *run, run->config->limit());
    scripts->run(id);
  }

  void arm(ProbeId id, ScriptRun& run, core::Duration limit) {
    run.timer.expires_after(limit);
    run.timer.async_wait([weak = weak_from_this(), id](const boost::system::error_code& error) {
      const auto self = weak.lock();
      if (!error && self) self->end_script(id);
    });
  }

  void end_script(ProbeId id) {
    const auto found = script_runs.find(id);
    if (found == script_runs.end()) return;
    ScriptRun& run = *found->second;
    scripts->end(id, run.signals != 0);
    if (run.signals < 2) ++run.signals;
    arm(id, run, until_kill);
  }

  void script_ended(ProbeId id, const track::ScriptEnd& end) {
    const auto found = script_runs.find(id);
    if (found == script_runs.end()) return;
    const std::unique_ptr<ScriptRun> run = std::move(found->second);
    script_runs.erase(found);
    if (!run->wanted) return;
    const bool overran = run->signals != 0 && end.signal != 0;
    if (!overran) return deliver(id, judge_script(end, std::get<check::Misc>(run->config->probe).dynamic));
    const double limit = std::chrono::duration<double>(run->config->limit()).count();
    deliver(id, std::unexpected(ProbeError{Stage::deadline,
                                           fmt::format("the script did not end within {} s{}", limit,
                                                       run->signals > 1 ? " and ignored SIGTERM" : "")}));
  }

  asio::io_context& io;
  std::shared_ptr<ProbeLoop> loop;
  Done done;
  TlsContexts contexts;
  ProbeScripts* scripts;
  core::Random random;
  std::unordered_map<ProbeId, AttemptPtr> running;
  std::unordered_map<ProbeId, std::unique_ptr<ScriptRun>> script_runs;
  std::unordered_map<ProbeId, std::shared_ptr<SslSession>> sessions;
  std::map<core::Bytes, std::shared_ptr<const check::Pattern>> patterns;
  std::deque<std::pair<ProbeId, ProbeResult>> finished;  // results on their way to done
  bool posted = false;
  bool closed = false;
};

ProbeHost::ProbeHost(asio::io_context& io, Done done, check::TlsConfig tls, ProbeScripts* scripts,
                     std::uint64_t seed)
    : self_(std::make_shared<Implementation>(io, std::move(done), std::move(tls), scripts, seed)) {}

ProbeHost::~ProbeHost() {
  self_->closed = true;
  while (!self_->running.empty()) self_->cancel(self_->running.begin()->first);
  self_->scripts = nullptr;
  self_->script_runs.clear();
}

void ProbeHost::start(ProbeId id, std::shared_ptr<const check::Config> config, const check::Target& target,
                      std::uint32_t part) {
  self_->start(id, std::move(config), target, part);
}
void ProbeHost::cancel(ProbeId id) { self_->cancel(id); }
void ProbeHost::forget(ProbeId id) {
  self_->cancel(id);
  self_->sessions.erase(id);
}
void ProbeHost::script_ended(ProbeId id, const track::ScriptEnd& end) { self_->script_ended(id, end); }
void ProbeHost::reload(check::TlsConfig tls) {
  self_->contexts.reload(std::move(tls));
  self_->patterns.clear();
}
std::size_t ProbeHost::running() const { return self_->running.size() + self_->script_runs.size(); }

}  // namespace runtime
