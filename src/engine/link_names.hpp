// From what the configuration says of virtual interfaces to links with names and MAC addresses, and to routers whose addresses
// are on them. Names are given in the order of the file, so the same file gives the same names.
#pragma once

#include <set>
#include <string>

#include "config/model.hpp"
#include "engine/config.hpp"

namespace engine {

class LinkNames {
 public:
  explicit LinkNames(const config::Model& model);

  /// Gives the router its links; an ipvlan's own address becomes a static one.
  void equip(const config::Instance& configured, InstanceConfig& router, StaticEntries& statics);

 private:
  std::string choose(const std::string& wanted, const std::string& prefix, const vrrp::Config& router);

  std::string prefix_, address_prefix_;
  std::string alias_;
  std::set<std::string> taken_;
};

}  // namespace engine
