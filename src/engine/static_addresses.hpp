// Addresses that are there whatever the routers' states (`static_ipaddress`), and what has become of each in the kernel. The
// virtual ones are HeldAddresses' business.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/config.hpp"
#include "engine/interface_table.hpp"
#include "engine/presence.hpp"

namespace engine {

class StaticAddresses {
 public:
  struct Held : Presence {
    net::InterfaceAddress address;  // interface 0: its interface does not exist now
    std::string interface;
    std::string track_group;
    bool track = true;
    bool up = false;
    core::Duration patience{};
    bool refused = false;
    std::string refusal;
  };

  /// Returns what is configured no longer, to be removed.
  std::vector<net::InterfaceAddress> assign(const std::vector<StaticAddress>& configured,
                                            const InterfaceTable& interfaces, core::Time now);
  /// Looks the interfaces up again. After a listing what we were told before counts no longer.
  void look_again(const InterfaceTable& interfaces, bool listed);
  /// What is missing, if its interface can have it.
  std::vector<net::InterfaceAddress> install(core::Time now);
  /// All of them, in the reverse order.
  std::vector<net::InterfaceAddress> withdraw();

  bool wants(const AddressKey& key) const { return by_key_.contains(key); }
  void seen(const AddressKey& key);
  /// True if somebody else removed it.
  bool gone(const AddressKey& key, core::Time now);
  /// The one the kernel refused; it is tried again later.
  const Held* refused(const AddressKey& key, const std::string& why, core::Time now);

  std::optional<core::Time> next_due() const { return due_; }
  std::vector<net::InterfaceAddress> restore(core::Time now);
  const std::vector<Held>& all() const { return held_; }

 private:
  Held* find(const AddressKey& key);
  void make_due(core::Time when) { due_ = due_ ? std::min(*due_, when) : when; }
  void index();

  std::vector<Held> held_;
  std::unordered_map<AddressKey, std::size_t> by_key_;
  std::optional<core::Time> due_;
};

}  // namespace engine
