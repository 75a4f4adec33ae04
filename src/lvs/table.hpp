// The wanted table, the actual one, and the fewest commands from one to the other, in an order in which no service that can serve
// ever has nobody to serve: servers are added before others are removed, and what differs is edited in place.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "net/ipvs.hpp"

namespace lvs {

using net::ipvs::Command;
using net::ipvs::Commands;
using net::ipvs::Destination;
using net::ipvs::Endpoint;

/// One service as it is wanted, or as it is believed to be.
struct Entry {
  net::ipvs::ServiceSettings settings;
  std::vector<Destination> destinations;  // each endpoint once

  friend bool operator==(const Entry&, const Entry&) = default;
};

using Table = std::map<net::ipvs::ServiceKey, Entry>;

/// Who could serve: by service key, the endpoints that are fit or stand in for those that are not.
using Fit = std::map<net::ipvs::ServiceKey, std::vector<Endpoint>>;

Table table_of(const net::ipvs::Listing& listing);
/// The other way round, with nobody connected.
net::ipvs::Listing listing_of(const Table& table);

/// One step of a change that is the same for every service key of a group.
struct Step {
  enum class Kind : std::uint8_t {
    add_service,
    edit_service,
    add_destination,
    edit_destination,
    remove_destination,
    remove_service
  };
  Kind kind = Kind::add_service;
  const Entry* entry = nullptr;              // of add_service and edit_service
  const Destination* destination = nullptr;  // of the next three

  Command of(const net::ipvs::ServiceKey& key) const;
};

/// From `actual` to `wanted`; either may be null for "no such service". The steps point into both.
std::vector<Step> steps(const Entry* wanted, const Entry* actual);

/// A table whose entries lie elsewhere.
using TableView = std::map<net::ipvs::ServiceKey, const Entry*>;

/// What else is done to a table beside making our entries right.
enum class Foreign : std::uint8_t { keep, remove };

/// Services of `actual` that are not wanted are removed if they are `ours` (we made them once) or foreign ones are to go.
Commands diff(const TableView& wanted, const Table& actual, const std::set<net::ipvs::ServiceKey>& ours = {},
              Foreign foreign = Foreign::keep);

/// Does to `table` what a data plane would do. False if that would be refused: no such service, or already there.
bool apply(Table& table, const Command& command);

}  // namespace lvs
