#include "lvs/table_audit.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "core/overload.hpp"

namespace lvs {

namespace {

using net::ipvs::ServiceKey;
namespace command = net::ipvs::command;

bool serves(const Table& table, const ServiceKey& key) {
  const auto found = table.find(key);
  return found != table.end() &&
         std::ranges::any_of(found->second.destinations, [](const Destination& d) { return d.weight > 0; });
}

// The service whose ability to serve a command may take away.
const ServiceKey* touched(const Command& change) {
  return std::visit(core::Overload{
                        [](const command::EditDestination& c) -> const ServiceKey* { return &c.service; },
                        [](const command::RemoveDestination& c) -> const ServiceKey* { return &c.service; },
                        [](const command::RemoveService& c) -> const ServiceKey* { return &c.key; },
                        [](const auto&) -> const ServiceKey* { return nullptr; },
                    },
                    change);
}

bool has_somebody(const Fit& fit, const ServiceKey& key) {
  const auto found = fit.find(key);
  return found != fit.end() && !found->second.empty();
}

}  // namespace

std::optional<std::string> audit(Table& table, const Commands& commands, const Fit& fit) {
  for (const Command& change : commands) {
    const ServiceKey* const key = touched(change);
    const bool served = key != nullptr && serves(table, *key);
    if (!apply(table, change))
      return fmt::format("the kernel would refuse to {}", net::ipvs::to_string(change));
    if (served && !serves(table, *key) && has_somebody(fit, *key)) {
      return fmt::format("'{}' left service {} with nobody while {} could serve",
                         net::ipvs::to_string(change), to_string(*key), to_string(fit.at(*key).front()));
    }
  }
  for (const auto& [key, servers] : fit) {
    if (!servers.empty() && !serves(table, key))
      return fmt::format("service {} has nobody while {} could serve", to_string(key),
                         to_string(servers.front()));
  }
  return std::nullopt;
}

}  // namespace lvs
