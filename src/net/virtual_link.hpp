// An interface of our own on top of another one: the macvlan that carries a virtual MAC address (RFC 9568, section 7.3), or an
// ipvlan. As a plain value: what the configuration wants, and what the kernel is asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "net/interface.hpp"

namespace net {

/// The alias of every link we make begins so: who finds one later knows that it may take it or remove it.
inline constexpr const char* link_alias = "standfast";

struct VirtualLink {
  enum class Kind : std::uint8_t { macvlan, ipvlan };
  enum class Isolation : std::uint8_t { bridge, private_, vepa };  // of an ipvlan; our macvlans are private

  Kind kind = Kind::macvlan;
  std::string name;
  std::string parent;             // by name; sits on the parent's own parent if that is such a link itself
  std::optional<MacAddress> mac;  // macvlan
  Isolation isolation = Isolation::bridge;
  std::optional<std::uint32_t> group;  // empty = the parent's
  std::string alias = link_alias;
  bool v4 = true;  // families of the addresses it is for
  bool v6 = false;
  bool notify_parent = false;  // `netlink_notify_msg`

  friend bool operator==(const VirtualLink&, const VirtualLink&) = default;
};

}  // namespace net
