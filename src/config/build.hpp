// The steps from a tree to a model, each in a file of its own: they share what has been read so far and the names in it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/drafts.hpp"
#include "config/interpreter.hpp"
#include "config/model.hpp"

namespace config {

/// NameIndex of one kind and where each was given.
class NameIndex {
 public:
  /// False, and said so, when the name is there already.
  bool add(Interpreter& interpreter, const Word& word, std::string_view kind);
  bool has(std::string_view name) const { return words_.contains(std::string(name)); }
  std::string closest_to(std::string_view name) const;

 private:
  std::unordered_map<std::string, Word> words_;
};

/// Of checks that are alike but for their server there is one configuration.
class CheckConfigs {
 public:
  core::Shared<check::Config> shared(const check::Config& config);

 private:
  std::optional<core::Shared<check::Config>> last_;  // servers beside each other are checked alike
  std::unordered_multimap<std::size_t, core::Shared<check::Config>> by_hash_;
};

struct Build {
  Build(Interpreter& in, Model& into) : interpreter(in), model(into) { root.globals = &in.globals(); }

  Interpreter& interpreter;
  Model& model;
  RootDraft root;
  NameIndex instances, groups, scripts, files, processes, sessions, track_groups, service_groups;
  std::unordered_map<std::string, Word> member_of_group;  // instance → where a sync group names it
  CheckConfigs checks;
};

/// The one word after the keyword of a named block; complains if it is missing or not alone.
std::optional<Word> block_name(Interpreter& interpreter, const Statement& statement);

/// Says that `name` is not known as a `kind`, with the nearest name that is.
void unknown_reference(Interpreter& interpreter, const Word& name, std::string_view kind,
                       const NameIndex& names);

/// The trackers of `lines` that can be kept.
std::vector<track::Reference> resolve_trackers(Build& build, const std::vector<ReferenceDraft>& lines,
                                               std::string_view own_interface);

/// An address line as it will be used, or nothing if it was refused.
vrrp::VirtualAddress finish_address(const AddressDraft& line);

void read_globals(Build& build);
void read_trackers(Build& build);  // scripts, files, processes, BFD sessions, interfaces
void read_instances(Build& build);
void read_groups(Build& build);          // sync groups, track groups, pacing
void read_static_entries(Build& build);  // addresses, routes, rules
void read_virtual_servers(Build& build);

/// What vrrp_strict demands of an instance that is otherwise complete.
void apply_strict_mode(Build& build, InstanceDraft& draft);

}  // namespace config
