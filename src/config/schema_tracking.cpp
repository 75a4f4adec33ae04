// The schema of what routers depend on and move with: sync groups, scripts, files, processes, interfaces, and the pace of
// announcements.
#include <fmt/format.h>

#include "config/schema_areas.hpp"
#include "config/schema_builder.hpp"
#include "config/schema_notify.hpp"
#include "config/schema_shared.hpp"
#include "config/value.hpp"

namespace config {

namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""us;
using H = notify::Hooks;
using S = SyncGroupDraft;

template <class Member>
auto hook(Member member) {
  return in(&SyncGroup::hooks, member);
}

template <class Member>
auto script(Member member) {
  return in(&Script::config, member);
}

template <class T>
auto members_of(LastingText path) {
  return words_of(path, text("the name of a vrrp_instance"), [](T& group, std::string name, Words& words) {
    group.member_words.emplace_back(std::move(name), words.last());
  });
}

constexpr Period timer = seconds(1us, 3600s, 6);

void read_process(ProcessDraft& process, Words& words) {
  const auto all = texts("the name of a process").read(words);
  if (!all) return;
  process.process = all->front();
  process.parameters.assign(all->begin() + 1, all->end());
}

void read_match(ProcessDraft& process, Words& words) {
  Choice how = choice<track::ParameterMatch>(
      {{"initial", track::ParameterMatch::initial}, {"partial", track::ParameterMatch::partial}});
  how.bare = static_cast<std::int64_t>(track::ParameterMatch::exact);
  if (const auto match = how.read(words)) process.match_word = static_cast<track::ParameterMatch>(*match);
}

// [VALUE] [overwrite], in this order.
void read_init_file(track::FileConfig& file, Words& words) {
  track::FileConfig::Init init;
  if (!words.empty() && words.peek()->text != "overwrite") {
    const auto value = number(-most_i32 - 1, most_i32).read(words);
    if (!value) return;
    init.value = static_cast<std::int32_t>(*value);
    if (init.value < -254 || init.value > 254) {
      words.warn(words.last(), "out-of-range",
                 fmt::format("{} is outside -254..254 and kept all the same", init.value));
    }
  }
  init.overwrite = words.take_if("overwrite");
  file.init = init;
}

void read_tracked_name(ReferenceDraft& line, Words& words) {
  line.name = words.take();
  line.reference.name = line.name.text;
}

void read_tracked_interface(ReferenceDraft& line, Words& words) {
  const auto name = interface_name().read(words);
  if (!name) return;
  line.name = words.last();
  line.reference.name = *name;
}

// IFNAME DOWN [UP].
void read_delay(track::InterfaceDelay& line, Words& words) {
  const Period time = seconds(0s, 255s, 6);
  const auto interface = interface_name().read(words);
  const auto down = interface ? time.read(words) : std::nullopt;
  if (!down) return;
  line.interface = *interface;
  line.down = *down;
  if (words.empty()) return;
  if (const auto up = time.read(words)) line.up = *up;
}

// clang-format off: one entry reads as one row of a table
Block track_block(LastingText path, track::Kind kind);

}  // namespace

namespace {

Block sync_group_block() {
  Block group = make_block<S>("vrrp_sync_group", "Instances that change state together.", {
      {"group", members_of<S>("vrrp_sync_group/group"),
       "Instances belonging to the sync group.", {first_wins}},
      {"track_interface", track_lines<S>("vrrp_sync_group/track_interface", track::Kind::interface),
       "Interfaces followed for every member.", {adds}},
      {"track_script", track_lines<S>("vrrp_sync_group/track_script", track::Kind::script),
       "vrrp_scripts followed for every member.", {adds}},
      {"track_file", track_lines<S>("vrrp_sync_group/track_file", track::Kind::file),
       "track_files followed for every member.", {adds}},
      {"track_process", track_lines<S>("vrrp_sync_group/track_process", track::Kind::process),
       "vrrp_track_processes followed for every member.", {adds}},
      {"track_bfd", track_lines<S>("vrrp_sync_group/track_bfd", track::Kind::bfd),
       "bfd_instances followed for every member.", {adds}},
      {"notify_backup", command(), hook(&H::backup),
       "Command run when the group becomes BACKUP.",
       {by_default("none"), inherits("user from script_user"), first_wins}},
      {"notify_master", command(), hook(&H::master),
       "Command run when the group becomes MASTER.",
       {by_default("none"), inherits("user from script_user"), first_wins}},
      {"notify_fault", command(), hook(&H::fault),
       "Command run when the group enters FAULT.",
       {by_default("none"), inherits("user from script_user"), first_wins}},
      {"notify_stop", command(), hook(&H::stop),
       "Command run when VRRP shuts down.",
       {by_default("none"), inherits("user from script_user"), first_wins}},
      {"notify", command(), hook(&H::any),
       "Command run on any change, after the specific one.",
       {by_default("none"), inherits("user from script_user"), first_wins}},
      {"smtp_alert", flag(), hook(&H::smtp_alert),
       "Mail on group state change.",
       {syntax("[on|off]"), by_default("off"), inherits("smtp_alert_vrrp <- smtp_alert (global)")}},
      {"global_tracking", flag(), &S::tracking_weight,
       "Old way to allow differing weights in the group.",
       {by_default("off"), old_name_of("sync_group_tracking_weight")}},
      {"sync_group_tracking_weight", flag(), &S::tracking_weight,
       "Let members keep non-zero tracking weights.",
       {by_default("off"), same_as("global_tracking (deprecated)")}},
      {"notify_priority_changes", flag(), hook(&H::priority_changes),
       "Write members' priority changes to FIFOs.",
       {syntax("[on|off]"), by_default("off"), inherits("vrrp_notify_priority_changes (global)")}},
  });
  append(group, owner_entries<S>());
  return group;
}

Block track_script_block(std::string_view owner) {
  if (owner == "vrrp_sync_group") {
    return make_block<ReferenceDraft>("vrrp_sync_group/track_script", "Scripts the group depends on.", {
        {"<NAME>", reads(read_tracked_name), "Name of the vrrp_script.", {syntax("first word of the line")}},
        {"weight", weight(253), [](ReferenceDraft& line, track::Weight value) { line.reference.weight = value; },
         "Priority change.", {by_default("weight of the vrrp_script"), inherits("vrrp_script")}},
    });
  }
  return make_block<ReferenceDraft>("vrrp_instance/track_script", "Scripts the router depends on.", {
      {"<NAME>", reads(read_tracked_name), "Name of the vrrp_script.", {syntax("first word of the line")}},
      {"weight", weight(253), [](ReferenceDraft& line, track::Weight value) { line.reference.weight = value; },
       "Priority change.",
       {by_default("weight of the vrrp_script"), inherits("vrrp_script"),
        example("track_script { chk_haproxy weight -50 }")}},
  });
}

Block track_block(LastingText path, track::Kind kind) {
  const bool wide = kind == track::Kind::file || kind == track::Kind::process;
  const LastingText what = kind == track::Kind::file      ? "Name of the track_file."
                                : kind == track::Kind::process ? "Name of the vrrp_track_process."
                                                               : "Name of the bfd_instance.";
  return make_block<ReferenceDraft>(path, "What the state or the priority depends on.", {
      {"<NAME>", reads(read_tracked_name), what, {syntax("first word of the line")}},
      {"weight", weight(wide ? 254 : 253), [](ReferenceDraft& line, track::Weight value) { line.reference.weight = value; },
       "Priority change. 0 means fault when it fails.", {by_default("the object's own weight"), inherits("the object")}},
  });
}

Block track_interface_block(LastingText path) {
  return make_block<ReferenceDraft>(path, "Interfaces besides its own that the router depends on.", {
      {"<NAME>", reads(read_tracked_interface), "Name of the interface.", {syntax("first word of the line")}},
      {"weight", weight(253), [](ReferenceDraft& line, track::Weight value) { line.reference.weight = value; },
       "Priority change.", {by_default("0")}},
  });
}

}  // namespace

std::vector<Block> tracking_blocks() {
  std::vector<Block> blocks;
  blocks.push_back(sync_group_block());
  blocks.push_back(explained_block("vrrp_sync_group/group", "The members.", {
      {"<INSTANCE>", explained, "vrrp_instance name.", {syntax("one or more words per line")}},
  }));
  for (const char* owner : {"vrrp_sync_group", "vrrp_instance"}) {
    blocks.push_back(track_interface_block(keep(fmt::format("{}/track_interface", owner))));
    blocks.push_back(track_script_block(owner));
    blocks.push_back(track_block(keep(fmt::format("{}/track_file", owner)), track::Kind::file));
    blocks.push_back(track_block(keep(fmt::format("{}/track_process", owner)), track::Kind::process));
    blocks.push_back(track_block(keep(fmt::format("{}/track_bfd", owner)), track::Kind::bfd));
  }
  blocks.push_back(make_block<TrackGroupDraft>("track_group", "Instances that follow static addresses, routes and rules.", {
      {"group", members_of<TrackGroupDraft>("track_group/group"),
       "Instances belonging to the track group.", {first_wins}},
  }));
  blocks.push_back(explained_block("track_group/group", "The members.", {
      {"<INSTANCE>", explained, "vrrp_instance name.", {syntax("one or more words per line")}},
  }));
  using P = GarpGroup;
  blocks.push_back(make_block<P>("garp_group", "How fast announcements may follow each other on some interfaces.", {
      {"garp_interval", seconds(0s, most_timer, 6), &P::garp_interval,
       "Gap between GARP packets on these interfaces.", {by_default("unset")}},
      {"gna_interval", seconds(0s, most_timer, 6), &P::gna_interval,
       "Gap between NA packets on these interfaces.", {by_default("unset")}},
      {"interface", interface_name(), [](P& group, std::string name) { group.interfaces.push_back(std::move(name)); },
       "Single interface the gaps apply to."},
      {"interfaces", words_of("garp_group/interfaces", interface_name(), [](P& group, std::string name) { group.interfaces.push_back(std::move(name)); }),
       "Interfaces sharing one pacing budget.", {syntax("{ <IFNAME>... }")}},
  }));
  blocks.push_back(explained_block("garp_group/interfaces", "Interfaces that share the pace.", {
      {"<IFNAME>", explained, "Interface name.", {syntax("one or more words per line")}},
  }));
  using C = ScriptDraft;
  using T = track::ScriptConfig;
  blocks.push_back(make_block<C>("vrrp_script", "A command that is run again and again and tells whether something works.", {
      {"script", bare_command(), &C::written,
       "Command to run.",
       {by_default("none, mandatory"), example("script \"/usr/local/bin/check_web --quick\"")}},
      {"interval", seconds(1ms, 4294s, 3).zero_is(1s), script(&T::interval),
       "Time between runs.", {by_default("1")}},
      {"timeout", seconds(1ms, 4294s, 3).zero_is(1s), &C::timeout,
       "Run time after which the script counts as failed.", {by_default("interval"), inherits("interval")}},
      {"weight", weight(253), script(&T::weight), "Default priority change for trackers.", {by_default("0")}},
      {"rise", number(1, most_i32).else_assume(1), script(&T::rise),
       "Successes in a row needed to be up.", {unit("runs"), by_default("1")}},
      {"fall", number(1, most_i32).else_assume(1), script(&T::fall),
       "Failures in a row needed to be down.", {unit("runs"), by_default("1")}},
      {"user", account(), [](C& draft, Account who, Words& words) {
         words.interpreter().set_block_account(who);
         draft.account = std::move(who);
       },
       "Account running the script.", {by_default("script_user"), inherits("script_user (global)"), early}},
      {"init_fail", flag(), script(&T::init_fail),
       "Meant to assume failure until the first result.", {by_default("off"), reload_no}},
  }));
  using Q = ProcessDraft;
  blocks.push_back(make_block<Q>("vrrp_track_process", "Processes that must run, or must not.", {
      {"process", reads(read_process),
       "Process name and optional parameters.",
       {syntax("<NAME> [<PARAM>...]"), by_default("none, mandatory"), first_wins}},
      {"param_match", reads(read_match),
       "How parameters are compared.",
       {syntax("[initial|partial]"), by_default("exact when process has parameters, else none")}},
      {"weight", weight(254), &Q::weight, "Default priority change for trackers.", {by_default("0")}},
      {"quorum", number(1, 65535), &Q::quorum,
       "Fewest processes for success.", {unit("processes"), by_default("1")}},
      {"quorum_max", number(0, 65535), &Q::quorum_max,
       "Most processes for success.", {unit("processes"), by_default("unlimited")}},
      {"delay", timer, [](Q& process, core::Duration time) { process.fork_delay = process.terminate_delay = time; },
       "Sets both fork_delay and terminate_delay.", {unit("seconds, 6 decimals"), by_default("0")}},
      {"terminate_delay", timer, &Q::terminate_delay,
       "Wait after losing quorum before reporting down.",
       {unit("seconds, 6 decimals"), by_default("0"), inherits("delay")}},
      {"fork_delay", timer, &Q::fork_delay,
       "Wait after gaining quorum before reporting up.",
       {unit("seconds, 6 decimals"), by_default("0"), inherits("delay")}},
      {"full_command", flag(), &Q::full_command,
       "Compare the full command line, not the name.", {by_default("off")}},
  }));
  using F = track::FileConfig;
  blocks.push_back(make_block<F>("track_file", "A file with a number in it.", {
      {"file", text("a path"), &F::path,
       "File to watch.", {syntax("<PATH>"), by_default("none, mandatory"), first_wins}},
      {"weight", weight(254), &F::weight, "Factor applied to the value read.", {by_default("1")}},
      {"init_file", reads(read_init_file),
       "Create the file at start.",
       {syntax("[<VALUE>] [overwrite]"), range("integer; outside -254..254 with a warning"),
        by_default("off; value 0"), reload_no}},
  }));
  blocks.push_back(make_block<F>("vrrp_track_file", "Old name of track_file.", {
      {"file", text("a path"), &F::path,
       "File to watch.", {syntax("<PATH>"), by_default("none, mandatory"), first_wins}},
      {"weight", weight(254), &F::weight, "Factor applied to the value read.", {by_default("1")}},
      {"init_file", reads(read_init_file),
       "Create the file at start.",
       {syntax("[<VALUE>] [overwrite]"), range("integer"), by_default("off; value 0"), reload_no}},
  }));
  using D = track::InterfaceDelay;
  blocks.push_back(make_block<D>("interface_up_down_delays", "How long an interface must stay up or down before it counts.", {
      {"<IFNAME>", reads(read_delay),
       "Debounce times for one interface.",
       {syntax("<IFNAME> <DOWN> [<UP>]"), unit("seconds, 6 decimals"), range("0..255 each"),
        by_default("0; UP omitted = 0")}},
  }));
  using L = track::PolledInterface;
  blocks.push_back(make_block<L>("linkbeat_interfaces", "Interfaces whose link is asked for instead of waited for.", {
      {"<IFNAME>", interface_name(), &L::interface, "Interface to poll."},
      {"MII", reads([](L& line, Words&) { line.method = track::PollMethod::mii; }),
       "Preferred polling method.",
       {syntax("MII|ETHTOOL|IOCTL"), by_default("MII, then ETHTOOL, then IOCTL as supported"),
        same_as("ETHTOOL, IOCTL")}},
  }));
  blocks.back().add_alias("ETHTOOL", [](Words&, void* line) { static_cast<L*>(line)->method = track::PollMethod::ethtool; });
  blocks.back().add_alias("IOCTL", [](Words&, void* line) { static_cast<L*>(line)->method = track::PollMethod::ioctl; });
  return blocks;
}
// clang-format on

}  // namespace config
