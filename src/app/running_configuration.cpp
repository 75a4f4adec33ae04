#include "app/running_configuration.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/check.hpp"

namespace app {

namespace {

// MISC_CHECK runs scripts and FILE_CHECK reads files; who has neither needs no process for it.
bool needs_watcher(const config::Model& model) {
  const auto watched = [](const config::Checker& checker) {
    return checker.command.has_value() || std::holds_alternative<check::File>(checker.config->probe);
  };
  return std::ranges::any_of(model.virtual_servers, [&](const config::VirtualServer& service) {
    return std::ranges::any_of(service.servers, [&](const config::RealServer& server) {
      return std::ranges::any_of(server.checkers, watched);
    });
  });
}

}  // namespace

RunningConfiguration::RunningConfiguration(config::Loaded&& loaded)
    : globals_(loaded.model.globals),
      files_(std::move(loaded.files)),
      routers_(loaded.model.instances.size()),
      bfd_sessions_(loaded.model.bfd_sessions.size()),
      services_(loaded.model.virtual_servers.size()),
      watched_checks_(needs_watcher(loaded.model)),
      model_(std::make_shared<const config::Model>(std::move(loaded.model))) {
  loaded = {};
}

void RunningConfiguration::pack() {
  if (!model_) return;
  packed_ = core::to_bytes(*model_);
  packed_.shrink_to_fit();
  model_.reset();
}

std::string RunningConfiguration::counted() const {
  std::string text;
  const auto count = [&text](std::size_t number, const char* what) {
    if (!text.empty()) text += ", ";
    text += std::to_string(number) + " " + what + (number == 1 ? "" : "s");
  };
  if (routers_ != 0 || (bfd_sessions_ == 0 && services_ == 0)) count(routers_, "virtual router");
  if (bfd_sessions_ != 0) count(bfd_sessions_, "BFD session");
  if (services_ != 0) count(services_, "virtual server");
  return text;
}

std::shared_ptr<const config::Model> RunningConfiguration::model() const {
  if (model_) return model_;
  auto model = core::from_bytes<config::Model>(packed_);
  SF_CHECK(model.has_value());
  return std::make_shared<const config::Model>(std::move(*model));
}

}  // namespace app
