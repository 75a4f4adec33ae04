// What each notifier has to do, from the configuration. Pure.
#pragma once

#include <array>
#include <string>

#include "config/model.hpp"
#include "runtime/messages.hpp"

namespace app {

using NotifierConfigs = std::array<runtime::NotifierConfig, runtime::listener_count>;

/// `state_directory` is where mail waits.
NotifierConfigs notifier_configs(const config::Model& model, const std::string& host_name,
                                 const std::string& state_directory);

/// Bits of those that have work.
std::uint8_t listeners(const NotifierConfigs& configs);

/// $STATE_DIRECTORY of a service manager, or below /var/lib; of a daemon with a name (daemon_files.hpp: ident_suffix) its own.
std::string state_directory(const std::string& suffix);

}  // namespace app
