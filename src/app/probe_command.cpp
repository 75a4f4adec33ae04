#include "app/probe_command.hpp"

#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <fmt/format.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "config/load.hpp"
#include "config/render.hpp"
#include "core/overload.hpp"
#include "runtime/host_world.hpp"
#include "runtime/probe/host.hpp"
#include "runtime/watched_scripts.hpp"

namespace app {
namespace {

namespace asio = boost::asio;

// Enough to be quick, few enough for any limit of open files.
constexpr std::size_t most_at_once = 256;

/// A checker of the configuration, or one page of it.
struct Question {
  const config::Checker* checker = nullptr;
  std::uint32_t part = 0;
  std::string name;  // "[10.0.0.1]:80 HTTP_GET /status"
};

std::string name_of(const config::Checker& checker, const config::RealServer& server, std::uint32_t part) {
  const auto& endpoint = server.config.endpoint;
  std::string name = fmt::format("[{}]:{} {}", endpoint.address.to_string(), endpoint.port,
                                 check::keyword(checker.config->probe));
  if (const auto* http = check::http_of(checker.config->probe))
    name += fmt::format(" {}", http->urls.at(part).path);
  return name;
}

bool asks(const check::Probe& probe) {
  return !std::holds_alternative<check::File>(probe) && !std::holds_alternative<check::Bfd>(probe);
}

std::vector<Question> questions_of(const config::Model& model) {
  std::vector<Question> questions;
  for (const auto& service : model.virtual_servers) {
    for (const auto& server : service.servers) {
      for (const auto& checker : server.checkers) {
        if (!asks(checker.config->probe)) continue;
        for (std::uint32_t part = 0; part < checker.config->parts(); ++part)
          questions.push_back({&checker, part, name_of(checker, server, part)});
      }
    }
  }
  return questions;
}

class Asker : public runtime::ProbeScripts {
 public:
  Asker(const config::Model& model, bool only_bad) : questions_(questions_of(model)), only_bad_(only_bad) {
    std::vector<engine::TrackedScript> commands;
    for (std::size_t id = 0; id < questions_.size(); ++id) {
      const auto& command = questions_[id].checker->command;
      if (!command) continue;
      engine::TrackedScript& script = commands.emplace_back();
      script.config.name = fmt::format_int(id).str();
      script.command = *command;
    }
    scripts_.watch(commands);
    host_.emplace(
        io_, [this](runtime::ProbeId id, check::ProbeResult&& result) { answered(id, result); }, model.tls,
        this, static_cast<std::uint64_t>(::getpid()));
  }

  bool run() {
    while (next_ < questions_.size() && next_ < most_at_once) ask_next();
    while (left_ > 0 && io_.run_one() != 0) {
    }
    return all_well_;
  }

 private:
  void ask_next() {
    const std::size_t id = next_++;
    const Question& question = questions_[id];
    host_->start(id, question.checker->config.pointer(), question.checker->target, question.part);
  }

  void answered(runtime::ProbeId id, const check::ProbeResult& result) {
    --left_;
    const std::string& name = questions_[id].name;
    if (!result) {
      all_well_ = false;
      fmt::print("{}: FAILED: {}\n", name, check::to_string(result.error()));
    } else if (!result->warning.empty()) {
      fmt::print("{}: WARNING: {}\n", name, result->warning);
    } else if (!only_bad_) {
      fmt::print("{}: {}\n", name, result->detail);
    }
    std::fflush(stdout);
    if (next_ < questions_.size()) ask_next();
  }

  void run(runtime::ProbeId id) override { scripts_.run(fmt::format_int(id).str()); }
  void end(runtime::ProbeId id, bool kill) override { scripts_.end(fmt::format_int(id).str(), kill); }

  void hear(runtime::FromWatcher&& message) {
    const auto* finished = std::get_if<engine::event::ScriptFinished>(&message);
    if (finished != nullptr) host_->script_ended(std::stoull(finished->script), finished->end);
  }

  std::vector<Question> questions_;
  bool only_bad_;
  asio::io_context io_{1};
  runtime::WatchedScripts scripts_{io_, [this](runtime::FromWatcher&& message) { hear(std::move(message)); }};
  std::optional<runtime::ProbeHost> host_;
  std::size_t next_ = 0;
  std::size_t left_ = questions_.size();
  bool all_well_ = true;
};

}  // namespace

int probe_servers(const ProbeRequest& request) {
  config::LoadOptions load;
  load.file = request.file;
  load.read.config_id = request.config_id;
  const runtime::HostWorld world;
  const auto loaded = config::load(load, world);
  if (!loaded.diagnostics.usable()) {
    fmt::print(stderr, "{}",
               config::render_text(loaded.diagnostics, {.colour = ::isatty(STDERR_FILENO) == 1}));
    return 2;
  }
  return Asker(loaded.model, request.only_bad).run() ? 0 : 1;
}

}  // namespace app
