// What names instances: sync groups and track groups; and the pace of announcements on groups of interfaces.
#include <algorithm>
#include <fmt/format.h>
#include <unordered_map>
#include <unordered_set>

#include "config/build.hpp"
#include "config/schema_notify.hpp"
#include "config/tracker_weights.hpp"

namespace config {

namespace {

std::vector<std::string> known_members(Build& build, const std::vector<std::pair<std::string, Word>>& words) {
  std::vector<std::string> members;
  std::unordered_set<std::string> seen;
  for (const auto& [name, word] : words) {
    if (!build.instances.has(name)) {
      unknown_reference(build.interpreter, word, "vrrp_instance", build.instances);
    } else if (!seen.insert(name).second) {
      build.interpreter.refuse("repeated-name", word, fmt::format("'{}' is a member already", name), {},
                               "it is ignored");
    } else {
      members.push_back(name);
    }
  }
  return members;
}

// Members that are worth different things would not move together.
void remark_weights(Build& build, const Word& group, const SyncGroup& draft) {
  for (const Instance& instance : build.model.instances) {
    if (std::ranges::find(draft.members, instance.vrrp.name) == draft.members.end()) continue;
    for (const track::Reference& reference : instance.trackers) {
      const track::Weight weight = weight_of(build.model, reference);
      if (weight.points == 0) continue;
      const auto left = weight_in_group(reference.kind, weight);
      build.interpreter.report(
          Severity::warning, "weight-in-group", group,
          fmt::format("{} is a member: its weight {} for '{}' does not count, {}", instance.vrrp.name,
                      weight.points, reference.name, left ? "a failure is a fault" : "which is not tracked"),
          "to let members have weights, write sync_group_tracking_weight in the group");
    }
  }
}

void read_sync_group(Build& build, const Statement& statement) {
  Interpreter& in = build.interpreter;
  const auto name = block_name(in, statement);
  SyncGroupDraft draft;
  draft.hooks.smtp_alert =
      in.globals().mail.alert_vrrp ? in.globals().mail.alert_vrrp : in.globals().mail.alert;
  const Given given = in.read_block(schema().at("vrrp_sync_group"), statement.children(), &draft);
  finish_owner(in, draft.hooks, given);
  if (!name || !build.groups.add(in, *name, "vrrp_sync_group")) return;
  draft.name = name->text;
  draft.members = known_members(build, draft.member_words);
  std::erase_if(draft.members, [&](const std::string& member) {
    const Word* word = nullptr;
    for (const auto& [written, place] : draft.member_words) {
      if (written == member) word = &place;
    }
    const auto [other, fresh] = build.member_of_group.emplace(member, *word);
    if (fresh) return false;
    in.report(Finding{in.refusal(),
                      "repeated-name",
                      word->place,
                      word->text.size(),
                      fmt::format("'{}' is a member of another group already{}", member,
                                  in.lenient() ? "; it is ignored" : ""),
                      {},
                      Finding::Related{other->second.place, member.size(), "there"}});
    return true;
  });
  if (draft.members.empty()) {
    in.refuse("missing-keyword", *name, fmt::format("vrrp_sync_group {} has no members", name->text),
              "write: group { INSTANCE ... }", "the group is left out");
    return;
  }
  if (draft.members.size() == 1 && draft.member_words.size() == 1) {
    in.report(Severity::note, "lonely-member", draft.member_words.front().second,
              "a sync group of one instance does nothing");
  }
  draft.trackers = resolve_trackers(build, draft.tracker_lines, {});
  if (!draft.tracking_weight) remark_weights(build, *name, draft);
  build.model.sync_groups.push_back(draft);
}

void read_track_group(Build& build, const Statement& statement) {
  Interpreter& in = build.interpreter;
  const auto name = block_name(in, statement);
  TrackGroupDraft draft;
  in.read_block(schema().at("track_group"), statement.children(), &draft);
  if (!name || !build.track_groups.add(in, *name, "track_group")) return;
  draft.name = name->text;
  draft.members = known_members(build, draft.member_words);
  if (draft.members.empty()) {
    in.refuse("missing-keyword", *name, fmt::format("track_group {} has no members", name->text),
              "write: group { INSTANCE ... }", "the group is left out");
    return;
  }
  build.model.track_groups.push_back(draft);
}

void read_pace(Build& build, const Statement& statement, std::unordered_set<std::string>& grouped) {
  Interpreter& in = build.interpreter;
  if (!statement.arguments().empty()) {
    in.refuse("surplus-argument", statement.arguments().front(), "a garp_group has no name", {},
              "it is ignored");
  }
  GarpGroup group;
  const Given given = in.read_block(schema().at("garp_group"), statement.children(), &group);
  const Word* where =
      given.find("interfaces") != nullptr ? given.find("interfaces") : given.find("interface");
  std::erase_if(group.interfaces, [&](const std::string& interface) {
    if (grouped.insert(interface).second) return false;
    in.refuse("repeated-name", *where, fmt::format("interface '{}' is in a garp_group already", interface),
              {}, "it is ignored");
    return true;
  });
  if (!group.garp_interval && !group.gna_interval) {
    in.refuse("missing-keyword", statement.keyword,
              "this garp_group has neither garp_interval nor gna_interval", {}, "the group is left out");
  } else if (group.interfaces.empty()) {
    in.refuse("missing-keyword", statement.keyword, "this garp_group names no interface", {},
              "the group is left out");
  } else {
    build.model.garp_groups.push_back(group);
  }
}

// A member that does not say whether its priority is told does as its group, and then as the global setting says.
void inherit_priority_changes(Build& build) {
  const auto unsaid = [](auto& subject, bool inherited) {
    if (!subject.hooks.priority_changes) subject.hooks.priority_changes = inherited;
  };
  const bool everywhere = build.interpreter.globals().vrrp.notify_priority_changes;
  std::unordered_map<std::string_view, bool> of_member;
  for (SyncGroup& group : build.model.sync_groups) {
    unsaid(group, everywhere);
    for (const std::string& member : group.members) of_member.emplace(member, *group.hooks.priority_changes);
  }
  for (Instance& instance : build.model.instances) {
    const auto group = of_member.find(instance.vrrp.name);
    unsaid(instance, group == of_member.end() ? everywhere : group->second);
  }
}

}  // namespace

void read_groups(Build& build) {
  for (const Statement* statement : build.root.sync_groups) read_sync_group(build, *statement);
  inherit_priority_changes(build);
  for (const Statement* statement : build.root.track_groups) read_track_group(build, *statement);
  std::unordered_set<std::string> grouped;
  for (const Statement* statement : build.root.garp_groups) read_pace(build, *statement, grouped);
}

}  // namespace config
