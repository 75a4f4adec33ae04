#include "app/notifier_config.hpp"

#include <algorithm>
#include <cstdlib>

namespace app {
namespace {

using runtime::Listener;

void add_fifo(std::vector<runtime::FifoTask>& fifos, const char* keyword,
              const config::FifoSettings& settings, bool routers, bool services) {
  if (settings.fifo) fifos.push_back({keyword, *settings.fifo, settings.script, routers, services});
}

template <class Subjects, class Name>
void add_owners(std::vector<runtime::OwnerTask>& owners, notify::Subject::Kind kind, const Subjects& subjects,
                const Name& name) {
  for (const auto& subject : subjects) {
    if (subject.hooks.owner) owners.push_back({{kind, name(subject), 0}, *subject.hooks.owner});
  }
}

bool anybody_wants_mail(const config::Model& model) {
  const auto wants = [](const auto& subject) { return subject.hooks.smtp_alert.value_or(false); };
  const auto servers_want = [](const config::VirtualServer& service) {
    return service.config.smtp_alert ||
           std::ranges::any_of(service.servers, [](const auto& server) { return server.config.smtp_alert; });
  };
  return std::ranges::any_of(model.instances, wants) || std::ranges::any_of(model.sync_groups, wants) ||
         std::ranges::any_of(model.virtual_servers, servers_want);
}

}  // namespace

NotifierConfigs notifier_configs(const config::Model& model, const std::string& host_name,
                                 const std::string& state_directory) {
  using Kind = notify::Subject::Kind;
  const config::Globals& globals = model.globals;
  NotifierConfigs configs;
  for (std::size_t i = 0; i < configs.size(); ++i) {
    configs[i].role = static_cast<Listener>(i);
    configs[i].node = globals.router_id.empty() ? host_name : globals.router_id;
    configs[i].host_name = host_name;
    configs[i].farewell = globals.daemon.child_wait_time;
  }
  auto& [pipes, mail, webhooks] = configs;
  add_fifo(pipes.fifos, "notify_fifo", globals.fifo, true, true);
  add_fifo(pipes.fifos, "vrrp_notify_fifo", globals.vrrp_fifo, true, false);
  add_fifo(pipes.fifos, "lvs_notify_fifo", globals.lvs_fifo, false, true);
  pipes.states_on_reload = globals.fifo_states_on_reload && !pipes.fifos.empty();
  add_owners(pipes.owners, Kind::instance, model.instances,
             [](const config::Instance& instance) { return instance.vrrp.name; });
  add_owners(pipes.owners, Kind::group, model.sync_groups,
             [](const config::SyncGroup& group) { return group.name; });
  if (!globals.mail.server.empty() && anybody_wants_mail(model)) mail.mail = globals.mail;
  mail.state_directory = state_directory;
  webhooks.webhooks = globals.webhooks;
  return configs;
}

std::uint8_t listeners(const NotifierConfigs& configs) {
  unsigned bits = 0;
  for (const auto& config : configs) {
    if (config.has_work()) bits |= runtime::bit(config.role);
  }
  return static_cast<std::uint8_t>(bits);
}

std::string state_directory(const std::string& suffix) {
  const char* given = std::getenv("STATE_DIRECTORY");  // NOLINT: one thread
  const std::string base = given != nullptr && *given == '/' ? given : "/var/lib/standfast";
  return base.substr(0, base.find(':')) + (suffix.empty() ? "" : "/" + suffix.substr(1));
}

}  // namespace app
