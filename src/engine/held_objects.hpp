// Routes or rules that somebody here wants in the kernel, and what has become of each. Owners are routers, and the configuration
// itself for what is static. The same object wanted by two owners is one object: it stays while one of them wants it. Decides
// what is to be added and removed; asks nobody, says nothing. held_routes.hpp has the two kinds.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <ranges>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engine/interface_table.hpp"
#include "engine/presence.hpp"

namespace engine {

/// `Kind` names the configured object, what the kernel is asked for, and how to tell one from another.
template <class Kind>
class HeldObjects {
 public:
  using Object = typename Kind::Object;
  using Asked = typename Kind::Asked;
  using Owner = std::uint32_t;

  struct Held : Presence {
    std::uint64_t number = 0;  // in order of appearance
    Object object;
    std::optional<Asked>
        asked;        // empty: an interface it names does not exist now, or is none of the kind it should be
    bool up = false;  // the interfaces it names can carry something
    std::vector<Owner> owners;
    std::set<Owner> wanting;
    std::optional<core::Time> due;  // when it is to be put back, or tried again
    core::Duration patience{};      // grows with every refusal
    bool refused = false;           // the last word of the kernel
    std::string refusal;
  };

  /// What the owner has from now on. Returns what nobody wants any more; what the owner wants and is new, install() gives.
  std::vector<Asked> assign(Owner owner, const std::vector<Object>& objects, const InterfaceTable& interfaces,
                            core::Time now) {
    std::vector<Held*> before = std::exchange(lists_[owner], {});
    std::vector<Held*>& list = lists_[owner];
    const bool wants = wanting_.contains(owner);
    std::unordered_set<const Held*> kept;
    for (const Object& object : objects) {
      Held& held = find_or_make(object, interfaces);
      if (!kept.insert(&held).second) continue;  // written twice
      list.push_back(&held);
      if (std::ranges::find(held.owners, owner) == held.owners.end()) held.owners.push_back(owner);
    }
    std::vector<Asked> unwanted;
    for (Held* held : before | std::views::reverse) {
      if (kept.contains(held)) continue;
      if (wants) give_up(*held, owner, now, unwanted);
      std::erase(held->owners, owner);
      if (held->owners.empty()) forget(*held);
    }
    if (list.empty()) {
      lists_.erase(owner);
      wanting_.erase(owner);
    }
    return unwanted;
  }

  /// The owner wants all of its own; returns what is to be added now.
  std::vector<Asked> install(Owner owner, core::Time now) {
    std::vector<Asked> missing;
    wanting_.insert(owner);
    for (Held* held : list_of(owner)) {
      held->wanting.insert(owner);
      held->wanted = true;
      if (held->asked && held->up && held->ask(now)) missing.push_back(*held->asked);
    }
    return missing;
  }

  /// The owner wants nothing; returns what is to be removed, in the reverse order.
  std::vector<Asked> withdraw(Owner owner, core::Time now) {
    std::vector<Asked> unwanted;
    wanting_.erase(owner);
    for (Held* held : list_of(owner) | std::views::reverse) give_up(*held, owner, now, unwanted);
    return unwanted;
  }

  void seen(const Asked& there) {
    for_each_like(there, [](Held& held) {
      held.seen();
      held.due.reset();
      held.refused = false;
      held.patience = {};
    });
  }

  /// The kernel has it no longer. Returns what somebody else took away from us; it is to be put back.
  std::vector<const Held*> gone(const Asked& lost, core::Time now) {
    std::vector<const Held*> ours;
    for_each_like(lost, [&](Held& held) {
      if (!held.Presence::gone(now) || !held.wanted || !Kind::tracked(held.object)) return;
      make_due(held, held.restorable_at(now));
      if (held.up) ours.push_back(&held);
    });
    return ours;
  }

  /// Something else took the place of what had the same key.
  std::vector<const Held*> displaced(const Asked& by, core::Time now) {
    std::vector<const Held*> ours;
    for (auto [entry, end] = index_.equal_range(Kind::key(by)); entry != end; ++entry) {
      Held& held = *entry->second;
      if (!held.asked || !held.present || Kind::like(*held.asked, by)) continue;
      if (!Kind::same_place(*held.asked, by)) continue;
      held.present = false;
      if (!held.wanted || !Kind::tracked(held.object)) continue;
      make_due(held, held.restorable_at(now));
      ours.push_back(&held);
    }
    return ours;
  }

  /// The kernel's answer to what we asked it to add. Returns those that are missing now.
  std::vector<const Held*> refused(const Asked& asked, std::string why, bool of_interface, core::Time now) {
    using std::chrono_literals::operator""s;
    std::vector<const Held*> missing;
    for_each_like(asked, [&](Held& held) {
      if (held.present || !held.wanted) return;
      held.adding = false;
      held.echoes_expected = 0;
      held.patience = std::clamp<core::Duration>(held.patience * 2, 1s, 10s);
      make_due(held, now + held.patience);
      if (of_interface) return;  // what we hear of the interface next says more
      held.refused = true;
      held.refusal = why;
      missing.push_back(&held);
    });
    return missing;
  }

  /// An interface came, went or changed. The kernel drops IPv4 routes of an interface that goes down without a word.
  void interface_touched(const std::string& name, const InterfaceTable& interfaces, core::Time now) {
    for (auto [entry, end] = by_interface_.equal_range(name); entry != end; ++entry)
      look_again(*entry->second, interfaces, now);
    const net::Interface* touched = interfaces.find(name);
    if (touched == nullptr || !touched->usable()) return;
    for (Held* held : placeless_) {
      if (held->wanted) doubt(*held, now);
    }
  }

  /// An address came to this machine: what depends on it may be missing although nobody said so.
  void address_added(const net::IpAddress& address, core::Time now) {
    for (auto [entry, end] = by_source_.equal_range(address); entry != end; ++entry) {
      if (entry->second->wanted) doubt(*entry->second, now);
    }
  }

  /// Everything the kernel has of ours, after the start or after lost messages. Returns how many of each owner were missing.
  std::map<Owner, std::size_t> listed(const std::vector<Asked>& there, const InterfaceTable& interfaces,
                                      core::Time now) {
    for (auto& [number, held] : all_) look_again(held, interfaces, now);
    std::set<const Held*> found;
    for (const Asked& one : there) for_each_like(one, [&](Held& match) { found.insert(&match); });
    std::map<Owner, std::size_t> lost;
    for (auto& [number, held] : all_) {
      if (!Kind::listed(held.object)) continue;
      const bool missing = held.relisted(found.contains(&held));
      if (!held.wanted || held.present || !Kind::tracked(held.object)) continue;
      make_due(held, now);
      if (missing) {
        for (const Owner owner : held.wanting) ++lost[owner];
      }
    }
    return lost;
  }

  /// What is there and wanted by nobody: left over by somebody before us, or by lost messages.
  std::vector<Asked> left_over(core::Time now) {
    std::vector<Asked> unwanted;
    for (auto& [number, held] : all_ | std::views::reverse) {
      if (held.wanted || !held.present || !held.asked) continue;
      held.expect_removal(now);
      unwanted.push_back(*held.asked);
    }
    return unwanted;
  }

  std::optional<core::Time> next_due() const { return next_; }
  /// Who wants something that is due.
  std::set<Owner> owners_due(core::Time now) const {
    std::set<Owner> owners;
    if (!next_ || now < *next_) return owners;
    for (const auto& [number, held] : all_) {
      if (held.due && now >= *held.due) owners.insert(held.wanting.begin(), held.wanting.end());
    }
    return owners;
  }
  std::vector<Asked> restore(core::Time now) {
    std::vector<Asked> missing;
    if (!next_ || now < *next_) return missing;
    next_.reset();
    for (auto& [number, held] : all_) {
      if (!held.due) continue;
      if (now < *held.due) {
        make_due(held, *held.due);
        continue;
      }
      held.due.reset();
      if (!held.wanted || !held.asked || !held.up || !held.ask(now)) continue;
      held.restored = now;
      missing.push_back(*held.asked);
    }
    return missing;
  }

  const std::vector<Held*>& list_of(Owner owner) const {
    static const std::vector<Held*> none;
    const auto found = lists_.find(owner);
    return found == lists_.end() ? none : found->second;
  }

 private:
  Held& find_or_make(const Object& object, const InterfaceTable& interfaces) {
    for (auto [entry, end] = index_.equal_range(Kind::key_of(object)); entry != end; ++entry) {
      if (Kind::same_object(entry->second->object, object)) {
        // A route tracked by one owner is tracked.
        if (Kind::tracked(object)) entry->second->object = object;
        return *entry->second;
      }
    }
    Held& held = all_[next_number_];
    held.number = next_number_++;
    held.object = object;
    held.asked = Kind::resolve(object, interfaces);
    held.up = Kind::up(object, interfaces);
    index_.emplace(Kind::key_of(object), &held);
    for (const std::string& name : Kind::interfaces(object)) by_interface_.emplace(name, &held);
    if (Kind::interfaces(object).empty() && Kind::needs_interface(object)) placeless_.insert(&held);
    if (const auto source = Kind::source(object)) by_source_.emplace(*source, &held);
    return held;
  }

  void forget(Held& held) {
    const auto leave = [&](auto& index, const auto& key) {
      auto [entry, end] = index.equal_range(key);
      while (entry != end) entry = entry->second == &held ? index.erase(entry) : std::next(entry);
    };
    leave(index_, Kind::key_of(held.object));
    for (const std::string& name : Kind::interfaces(held.object)) leave(by_interface_, name);
    if (const auto source = Kind::source(held.object)) leave(by_source_, *source);
    placeless_.erase(&held);
    all_.erase(held.number);
  }

  void give_up(Held& held, Owner owner, core::Time now, std::vector<Asked>& unwanted) {
    held.wanting.erase(owner);
    if (!held.wanting.empty()) return;
    const bool there = held.wanted || held.present;
    held.wanted = false;
    held.due.reset();
    held.refused = false;
    if (!there || !held.asked) return;
    held.expect_removal(now);
    unwanted.push_back(*held.asked);
  }

  void look_again(Held& held, const InterfaceTable& interfaces, core::Time now) {
    auto asked = Kind::resolve(held.object, interfaces);
    const bool was_up = std::exchange(held.up, Kind::up(held.object, interfaces));
    const bool moved = asked != held.asked;
    held.asked = std::move(asked);
    if (!moved && was_up == held.up) return;
    if (moved || Kind::dropped_in_silence(held.object)) {
      held.present = held.adding = false;
      held.echoes_expected = 0;
    }
    if (held.wanted && held.asked && held.up && !held.present) make_due(held, now);
  }

  void doubt(Held& held, core::Time now) {
    held.present = held.adding = false;
    make_due(held, now);
  }

  void make_due(Held& held, core::Time when) {
    held.due = held.due ? std::min(*held.due, when) : when;
    next_ = next_ ? std::min(*next_, *held.due) : *held.due;
  }

  template <class Visit>
  void for_each_like(const Asked& there, Visit visit) {
    for (auto [entry, end] = index_.equal_range(Kind::key(there)); entry != end; ++entry) {
      if (entry->second->asked && Kind::like(*entry->second->asked, there)) visit(*entry->second);
    }
  }

  std::map<std::uint64_t, Held> all_;
  std::uint64_t next_number_ = 0;
  std::unordered_multimap<std::size_t, Held*> index_;
  std::unordered_multimap<std::string, Held*> by_interface_;
  std::unordered_multimap<net::IpAddress, Held*> by_source_;
  std::set<Held*> placeless_;  // the kernel chose the interface
  std::unordered_map<Owner, std::vector<Held*>> lists_;
  std::set<Owner> wanting_;
  std::optional<core::Time> next_;
};

}  // namespace engine
