#include "app/running_configuration.hpp"

#include <utility>

#include "core/check.hpp"

namespace app {

RunningConfiguration::RunningConfiguration(config::Loaded&& loaded)
    : globals_(loaded.model.globals),
      files_(std::move(loaded.files)),
      routers_(loaded.model.instances.size()),
      bfd_sessions_(loaded.model.bfd_sessions.size()),
      services_(loaded.model.virtual_servers.size()),
      packed_(core::to_bytes(loaded.model)) {
  packed_.shrink_to_fit();
  loaded = {};
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

config::Model RunningConfiguration::model() const {
  auto model = core::from_bytes<config::Model>(packed_);
  SF_CHECK(model.has_value());
  return std::move(*model);
}

}  // namespace app
