// Which addresses of ours accept no packets (Accept_Mode of RFC 9568, section 6.1): those of masters that are not the owner and were
// told `no_accept`. Keeps the packet filter's table as it must be: made when somebody needs it, put back when somebody else
// touched it, gone with the last who needs it. Neighbour discovery and ARP are not its business: the table lets them through.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/time.hpp"
#include "engine/failover.hpp"
#include "net/firewall.hpp"

namespace engine {

class Firewall {
 public:
  using Owner = std::uint32_t;

  /// The first time it says nothing before begin(). `needed`: some router may come to need the table.
  void configure(core::Time now, const net::FirewallTable& table, bool needed, Actions& out);
  /// The kernel is known. `left_behind` is the table of the worker before this one; empty = none.
  void begin(core::Time now, const std::string& left_behind, Actions& out);

  /// What this owner wants blocked from now on; asked for before the addresses are installed.
  void block(Owner owner, std::vector<net::BlockedAddress> addresses, Actions& out);
  /// After the addresses are gone.
  void unblock(Owner owner, Actions& out) { block(owner, {}, out); }

  /// Somebody else changed our table.
  void touched(core::Time now, Actions& out);
  void refused(core::Time now, const core::Error& error, Actions& out);
  void stop(Actions& out);

  void handle_timeout(core::Time now, Actions& out);
  std::optional<core::Time> next_timeout() const { return build_at_; }
  /// The name of the table that is there; empty = none.
  std::string table() const { return built_ ? table_.name : std::string(); }

 private:
  void build(core::Time now, Actions& out);
  void remove(Actions& out);

  net::FirewallTable table_;
  bool needed_ = false;
  bool begun_ = false;
  bool built_ = false;
  std::unordered_map<Owner, std::vector<net::BlockedAddress>> by_owner_;
  std::map<net::BlockedAddress, std::uint32_t> blocked_;  // how many want it
  std::optional<core::Time> build_at_;
  std::optional<core::Time> built_when_;
  std::optional<core::Time> touched_said_;
  std::string refusal_said_;
};

}  // namespace engine
