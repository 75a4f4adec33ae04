// The interfaces that routers want made for them (`use_vmac`, `use_ipvlan`), and which of them are there as they should be. One that
// was left by a predecessor is taken over, one that looks different is made anew, one that somebody removes or switches off is put
// right again, no more often than ten times a second. Decides; the engine asks the kernel.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "engine/interface_table.hpp"
#include "engine/presence.hpp"
#include "net/virtual_link.hpp"

namespace engine {

class VirtualLinks {
 public:
  using Owner = std::uint32_t;

  struct Wish {
    enum class What : std::uint8_t { create, raise, remove };
    What what = What::create;
    net::VirtualLink link;
    net::InterfaceIndex parent;  // to create
    std::uint32_t group = 0;
    std::uint32_t parent_group = 0;
    net::InterfaceIndex vrf;
    net::InterfaceIndex index;  // to raise or remove
  };

  void assign(Owner owner, const std::vector<net::VirtualLink>& links);
  void drop(Owner owner) { assign(owner, {}); }

  /// What is to be done now; repeated calls ask for nothing twice.
  std::vector<Wish> reconcile(const InterfaceTable& interfaces, core::Time now);
  /// The kernel refused to make or to raise it.
  void refused(const std::string& name, std::string why, core::Time now);
  /// What was asked for met an interface that is gone: the news of that is on its way, and then it may be asked for at once; or it
  /// came before, and then it is asked for soon.
  void missed(const std::string& name, core::Time now);
  /// Everything of ours, at the end.
  std::vector<Wish> remove_all(const InterfaceTable& interfaces) const;

  bool makes(const std::string& interface) const { return links_.contains(interface); }
  /// A link, or what one sits on.
  bool concerns(const std::string& interface) const { return places_.contains(interface); }
  /// On its way: asked for, neither there nor refused.
  bool pending(Owner owner) const;
  /// Why the owner lacks a link.
  std::optional<std::string> missing(Owner owner) const;
  std::optional<core::Time> next_due() const { return due_; }

 private:
  struct Held : Presence {
    net::VirtualLink link;
    std::set<Owner> owners;
    core::Duration patience{};
    std::optional<core::Time> not_before;
    std::string refusal;  // the last word of the kernel; empty = none
  };

  void look_at(Held& held, const InterfaceTable& interfaces, core::Time now, std::vector<Wish>& wishes);
  bool may_ask(Held& held, core::Time now);

  std::map<std::string, Held> links_;  // by name
  std::set<std::string> places_;       // names of links and of parents
  std::set<std::string> retired_;      // nobody wants them any more
  std::optional<core::Time> due_;
};

}  // namespace engine
