#include "app/running_configuration.hpp"

#include <utility>

#include "core/check.hpp"

namespace app {

RunningConfiguration::RunningConfiguration(config::Loaded&& loaded)
    : globals_(loaded.model.globals),
      files_(std::move(loaded.files)),
      routers_(loaded.model.instances.size()),
      bfd_sessions_(loaded.model.bfd_sessions.size()),
      packed_(core::to_bytes(loaded.model)) {
  packed_.shrink_to_fit();
  loaded = {};
}

std::string RunningConfiguration::counted_routers() const {
  std::string text = std::to_string(routers_) + (routers_ == 1 ? " virtual router" : " virtual routers");
  if (bfd_sessions_ != 0)
    text += ", " + std::to_string(bfd_sessions_) + (bfd_sessions_ == 1 ? " BFD session" : " BFD sessions");
  return text;
}

config::Model RunningConfiguration::model() const {
  auto model = core::from_bytes<config::Model>(packed_);
  SF_CHECK(model.has_value());
  return std::move(*model);
}

}  // namespace app
