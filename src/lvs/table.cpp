#include "lvs/table.hpp"

#include <algorithm>
#include <utility>

#include "core/overload.hpp"

namespace lvs {

using net::ipvs::ServiceKey;
namespace command = net::ipvs::command;

namespace {

template <class Destinations>
auto find(Destinations& destinations, const Endpoint& endpoint) {
  return std::ranges::find(destinations, endpoint, &Destination::endpoint);
}

using ByEndpoint = std::vector<const Destination*>;

ByEndpoint sorted(const Entry& entry) {
  ByEndpoint result;
  result.reserve(entry.destinations.size());
  for (const Destination& destination : entry.destinations) result.push_back(&destination);
  std::ranges::sort(result, {}, [](const Destination* d) { return d->endpoint; });
  return result;
}

const Destination* find(const ByEndpoint& destinations, const Endpoint& endpoint) {
  const auto found =
      std::ranges::lower_bound(destinations, endpoint, {}, [](const Destination* d) { return d->endpoint; });
  return found != destinations.end() && (*found)->endpoint == endpoint ? *found : nullptr;
}

// The kernel calls a server that is this machine local, and forgets how it was to be reached.
bool is_as_wanted(const Destination& actual, const Destination& wanted) {
  if (actual.forwarding.method != net::ipvs::Method::local) return actual == wanted;
  Destination local = wanted;
  local.forwarding = actual.forwarding;
  return actual == local;
}

}  // namespace

Table table_of(const net::ipvs::Listing& listing) {
  Table table;
  for (const auto& service : listing) {
    Entry& entry = table[service.key];
    entry.settings = service.settings;
    entry.destinations.clear();
    for (const auto& listed : service.destinations) entry.destinations.push_back(listed.destination);
  }
  return table;
}

net::ipvs::Listing listing_of(const Table& table) {
  net::ipvs::Listing listing;
  listing.reserve(table.size());
  for (const auto& [key, entry] : table) {
    auto& service = listing.emplace_back();
    service.key = key;
    service.settings = entry.settings;
    for (const Destination& destination : entry.destinations)
      service.destinations.emplace_back().destination = destination;
  }
  return listing;
}

Command Step::of(const ServiceKey& key) const {
  switch (kind) {
    case Kind::add_service:
      return command::AddService{key, entry->settings};
    case Kind::edit_service:
      return command::EditService{key, entry->settings};
    case Kind::add_destination:
      return command::AddDestination{key, *destination};
    case Kind::edit_destination:
      return command::EditDestination{key, *destination};
    case Kind::remove_destination:
      return command::RemoveDestination{key, destination->endpoint};
    case Kind::remove_service:
      return command::RemoveService{key};
  }
  std::unreachable();
}

std::vector<Step> steps(const Entry* wanted, const Entry* actual) {
  using Kind = Step::Kind;
  std::vector<Step> out;
  if (wanted == nullptr) {
    if (actual != nullptr) out.push_back({Kind::remove_service, nullptr, nullptr});
    return out;
  }
  if (actual != nullptr && *wanted == *actual) return out;
  static const Entry nothing;
  const Entry& before = actual != nullptr ? *actual : nothing;
  if (actual == nullptr) out.push_back({Kind::add_service, wanted, nullptr});
  if (actual != nullptr && wanted->settings != before.settings)
    out.push_back({Kind::edit_service, wanted, nullptr});

  // Who can serve comes before who goes: additions, then edits that give a weight, then those that take it, then removals.
  const ByEndpoint had = sorted(before);
  const ByEndpoint keeps = sorted(*wanted);
  std::vector<Step> giving, taking;
  for (const Destination& destination : wanted->destinations) {
    const Destination* old = find(had, destination.endpoint);
    if (old == nullptr) {
      out.push_back({Kind::add_destination, nullptr, &destination});
    } else if (!is_as_wanted(*old, destination)) {
      (destination.weight > 0 ? giving : taking).push_back({Kind::edit_destination, nullptr, &destination});
    }
  }
  out.insert(out.end(), giving.begin(), giving.end());
  out.insert(out.end(), taking.begin(), taking.end());
  for (const Destination& destination : before.destinations) {
    if (find(keeps, destination.endpoint) == nullptr)
      out.push_back({Kind::remove_destination, nullptr, &destination});
  }
  return out;
}

Commands diff(const TableView& wanted, const Table& actual, const std::set<ServiceKey>& ours,
              Foreign foreign) {
  Commands out;
  if (actual.empty()) {
    std::size_t all = 0;
    for (const auto& [key, entry] : wanted) all += 1 + entry->destinations.size();
    out.reserve(all);
  }
  for (const auto& [key, entry] : actual) {
    if (!wanted.contains(key) && (foreign == Foreign::remove || ours.contains(key)))
      out.emplace_back(command::RemoveService{key});
  }
  for (const auto& [key, entry] : wanted) {
    const auto found = actual.find(key);
    for (const Step& step : steps(entry, found == actual.end() ? nullptr : &found->second))
      out.push_back(step.of(key));
  }
  return out;
}

bool apply(Table& table, const Command& change) {
  const auto entry = [&](const ServiceKey& key) {
    const auto found = table.find(key);
    return found == table.end() ? nullptr : &found->second;
  };
  return std::visit(
      core::Overload{
          [&](const command::AddService& c) {
            return table.try_emplace(c.key, Entry{*c.settings, {}}).second;
          },
          [&](const command::EditService& c) {
            Entry* const at = entry(c.key);
            if (at != nullptr) at->settings = *c.settings;
            return at != nullptr;
          },
          [&](const command::RemoveService& c) { return table.erase(c.key) == 1; },
          [&](const command::AddDestination& c) {
            Entry* const at = entry(c.service);
            if (at == nullptr || find(at->destinations, c.destination.endpoint) != at->destinations.end())
              return false;
            at->destinations.push_back(c.destination);
            return true;
          },
          [&](const command::EditDestination& c) {
            Entry* const at = entry(c.service);
            if (at == nullptr) return false;
            const auto found = find(at->destinations, c.destination.endpoint);
            if (found == at->destinations.end()) return false;
            *found = c.destination;
            return true;
          },
          [&](const command::RemoveDestination& c) {
            Entry* const at = entry(c.service);
            return at != nullptr && std::erase_if(at->destinations, [&](const Destination& destination) {
                                      return destination.endpoint == c.endpoint;
                                    }) == 1;
          },
          [&](const command::Flush&) {
            table.clear();
            return true;
          },
          [](const auto&) { return true; },  // timeouts and daemons stand beside the table
      },
      change);
}

}  // namespace lvs
