#include "engine/virtual_links.hpp"

#include <algorithm>
#include <utility>

namespace engine {

using core::Time;
using std::chrono_literals::operator""s;

namespace {

constexpr core::Duration after_a_miss = std::chrono::milliseconds(10);  // doubles up to longest_patience
constexpr core::Duration longest_patience = 10s;

bool is_virtual(const net::Interface& interface) {
  return interface.kind == "macvlan" || interface.kind == "ipvlan";
}

// What a link named `parent` really sits on: a macvlan on a macvlan is one on what is below.
const net::Interface* lower(const net::VirtualLink& link, const InterfaceTable& interfaces) {
  const net::Interface* parent = interfaces.find(link.parent);
  if (parent != nullptr && is_virtual(*parent) && parent->parent.value != 0)
    return interfaces.find(parent->parent);
  return parent;
}

bool as_wanted(const net::VirtualLink& link, const net::Interface& found, const net::Interface& parent) {
  const bool macvlan = link.kind == net::VirtualLink::Kind::macvlan;
  return found.kind == (macvlan ? "macvlan" : "ipvlan") && found.parent == parent.index &&
         (!macvlan || found.mac == link.mac);
}

bool made_by_us(const net::Interface& interface) {
  return is_virtual(interface) && interface.alias == net::link_alias;
}

VirtualLinks::Wish removal(const net::Interface& interface) {
  VirtualLinks::Wish wish;
  wish.what = VirtualLinks::Wish::What::remove;
  wish.link.name = interface.name;
  wish.index = interface.index;
  return wish;
}

}  // namespace

void VirtualLinks::assign(Owner owner, const std::vector<net::VirtualLink>& wanted) {
  if (wanted.empty() && links_.empty()) return;
  for (auto& [name, held] : links_) held.owners.erase(owner);
  for (const net::VirtualLink& link : wanted) {
    Held& held = links_[link.name];
    held.owners.insert(owner);
    retired_.erase(link.name);
    if (held.link == link) continue;
    held.link = link;
    held.refusal.clear();
    held.not_before.reset();
  }
  std::erase_if(links_, [&](const auto& entry) {
    if (entry.second.owners.empty()) retired_.insert(entry.first);
    return entry.second.owners.empty();
  });
  places_.clear();
  for (const auto& [name, held] : links_) places_.insert({name, held.link.parent});
}

std::vector<VirtualLinks::Wish> VirtualLinks::reconcile(const InterfaceTable& interfaces, Time now) {
  std::vector<Wish> wishes;
  due_.reset();
  for (const std::string& name : std::exchange(retired_, {})) {
    const net::Interface* found = interfaces.find(name);
    if (found != nullptr && made_by_us(*found)) wishes.push_back(removal(*found));
  }
  for (auto& [name, held] : links_) look_at(held, interfaces, now, wishes);
  return wishes;
}

void VirtualLinks::look_at(Held& held, const InterfaceTable& interfaces, Time now,
                           std::vector<Wish>& wishes) {
  const net::Interface* parent = lower(held.link, interfaces);
  const net::Interface* found = interfaces.find(held.link.name);
  if (parent == nullptr) {  // the kernel takes a link away with its parent
    held.present = held.adding = false;
    return;
  }
  Wish wish;
  wish.link = held.link;
  if (found == nullptr) {
    if (std::exchange(held.present, false)) held.adding = false;
    if (!may_ask(held, now)) return;
    wish.parent = parent->index;
    wish.group = held.link.group.value_or(parent->group);
    wish.parent_group = parent->group;
    const net::Interface* master = interfaces.find(parent->master);
    if (master != nullptr && master->vrf_table != 0) wish.vrf = master->index;
  } else if (!as_wanted(held.link, *found, *parent)) {
    held.present = false;
    if (!is_virtual(*found)) {
      held.refusal = "there is another interface of that name";
      return;
    }
    if (!may_ask(held, now)) return;
    held.adding = false;  // it is asked for when this one is gone
    held.restored.reset();
    wish = removal(*found);
  } else if (!found->admin_up) {
    held.present = false;
    if (!may_ask(held, now)) return;
    wish.what = Wish::What::raise;
    wish.index = found->index;
  } else {
    held.seen();
    held.refusal.clear();
    held.patience = {};
    return;
  }
  wishes.push_back(std::move(wish));
}

// At most ten times a second, and after a refusal less often.
bool VirtualLinks::may_ask(Held& held, Time now) {
  const Time earliest = std::max(held.restorable_at(now), held.not_before.value_or(now));
  if (held.adding && now - held.added < Presence::echo_patience) return false;
  if (now < earliest) {
    due_ = due_ ? std::min(*due_, earliest) : earliest;
    return false;
  }
  held.adding = true;
  held.added = now;
  held.restored = now;
  held.not_before.reset();
  return true;
}

void VirtualLinks::refused(const std::string& name, std::string why, Time now) {
  const auto found = links_.find(name);
  if (found == links_.end()) return;
  Held& held = found->second;
  held.adding = false;
  held.patience = std::clamp<core::Duration>(held.patience * 2, 1s, longest_patience);
  held.not_before = now + held.patience;
  due_ = due_ ? std::min(*due_, *held.not_before) : *held.not_before;
  held.refusal = std::move(why);
}

void VirtualLinks::missed(const std::string& name, Time now) {
  const auto found = links_.find(name);
  if (found == links_.end()) return;
  Held& held = found->second;
  held.adding = false;
  held.restored.reset();
  held.patience = std::clamp(held.patience * 2, after_a_miss, longest_patience);
  const Time soon = now + held.patience;
  due_ = due_ ? std::min(*due_, soon) : soon;
}

std::vector<VirtualLinks::Wish> VirtualLinks::remove_all(const InterfaceTable& interfaces) const {
  std::vector<Wish> wishes;
  for (const auto& [name, held] : links_) {
    const net::Interface* found = interfaces.find(name);
    if (found != nullptr && made_by_us(*found)) wishes.push_back(removal(*found));
  }
  return wishes;
}

bool VirtualLinks::pending(Owner owner) const {
  return std::ranges::any_of(
      links_, [&](const auto& entry) { return entry.second.owners.contains(owner) && entry.second.adding; });
}

std::optional<std::string> VirtualLinks::missing(Owner owner) const {
  for (const auto& [name, held] : links_) {
    if (held.owners.contains(owner) && !held.refusal.empty()) return name + " (" + held.refusal + ")";
  }
  return std::nullopt;
}

}  // namespace engine
