// The schema of global_defs: daemon-wide settings and the defaults that instances and servers take.
#include <fmt/format.h>

#include "config/drafts.hpp"
#include "config/schema_areas.hpp"
#include "config/schema_builder.hpp"
#include "config/schema_notify.hpp"
#include "config/value.hpp"

namespace config {

namespace {

using G = Globals;
using D = DaemonSettings;
using P = ProcessSettings;
using A = vrrp::AnnouncementConfig;
using V = VrrpDefaults;
using M = notify::MailConfig;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""us;

template <class Member>
auto announce(Member member) {
  return [member](G& globals) -> auto& { return globals.vrrp.announcements.*member; };
}

constexpr Text process_title = text("a process name").up_to(15).cut();
constexpr Number nice_value = number(-20, 19);
const Number realtime = number(1, 99).clamped();
constexpr Period realtime_limit = microseconds(2us, std::chrono::microseconds(most_u32));

auto limit_of(P G::* process) {
  return [process](G& globals, core::Duration limit) {
    (globals.*process).realtime_limit_us = static_cast<std::uint32_t>(limit / 1us);
  };
}

/// CPU numbers; one bad one makes the whole list useless.
struct CpuList {
  std::optional<std::vector<std::uint32_t>> read(Words& words) const {
    std::vector<std::uint32_t> cpus;
    if (words.empty() && words.need("one or more CPU numbers") == nullptr) return std::nullopt;
    while (!words.empty()) {
      const auto cpu = number(0, 65535).read(words);
      if (!cpu) {
        words.drop_rest();
        return std::nullopt;
      }
      cpus.push_back(static_cast<std::uint32_t>(*cpu));
    }
    return cpus;
  }
  void describe(Keyword& keyword) const { keyword.syntax = "<CPU>..."; }
};

/// PATH [USER [GROUP]].
struct FifoValue {
  std::optional<notify::Fifo> read(Words& words) const {
    const Word* path = words.need("the path of a named pipe");
    if (path == nullptr) return std::nullopt;
    Account owner = default_account(words.interpreter());
    if (!words.empty()) {
      const Word& user = words.take();
      const Word* group = words.empty() ? nullptr : &words.take();
      const auto resolved = resolve_account(words, user, group);
      if (!resolved) return std::nullopt;
      owner = *resolved;
    }
    return notify::Fifo{std::string(path->text), owner.uid, owner.gid};
  }
  void describe(Keyword& keyword) const { keyword.syntax = "<PATH> [<USER> [<GROUP>]]"; }
};

void read_smtp_server(G& globals, Words& words) {
  const Word* host = words.need("a mail server");
  if (host == nullptr) return;
  globals.mail.server = host->text;
  globals.mail.port = 0;  // what smtp_tls makes usual
  if (words.empty()) return;
  if (const auto given = port().read(words)) globals.mail.port = *given;
}

void read_iptables(G& globals, Words& words) {
  globals.firewall.iptables_written = true;
  if (words.empty()) return;
  const Word& first = *words.peek();
  const Text chain = text("the name of a chain").up_to(27);
  const auto input = chain.read(words);
  if (!input) return;
  const auto output = words.empty() ? std::optional<std::string>(std::string()) : chain.read(words);
  if (!output) return;
  if (*input == *output) {
    words.refuse(first, "bad-value", "incoming and outgoing packets need different chains");
    return;
  }
  words.note(
      first, "no-effect",
      "the chains of 'vrrp_iptables' are left alone: an nftables table of our own drops what comes to an "
      "address that accepts nothing",
      "without chains it means: install no rules");
  globals.firewall.input_chain = *input;
  globals.firewall.output_chain = *output;
}

void read_ipsets(G& globals, Words& words) {
  globals.firewall.no_ipsets = words.empty();
  const Text set = text("the name of a set").up_to(30);
  while (!words.empty() && globals.firewall.ipset_names.size() < 6) {
    const Word& word = *words.peek();
    const auto name = set.read(words);
    if (!name) return;
    for (const std::string& other : globals.firewall.ipset_names) {
      if (other == *name) {
        words.refuse(word, "bad-value",
                     fmt::format("the sets must all differ, '{}' is there already", *name));
        return;
      }
    }
    globals.firewall.ipset_names.push_back(*name);
  }
}

void read_timeouts(G& globals, Words& words) {
  if (words.empty() && words.need("tcp, tcpfin or udp and a time") == nullptr) return;
  words.interpreter().read_options(schema().at("global_defs/lvs_timeouts"), words, &globals.lvs_timeouts);
}

void read_sync_daemon(G& globals, Words& words) {
  const Block& options = schema().at("global_defs/lvs_sync_daemon");
  lvs::SyncDaemon daemon;
  const auto interface = interface_name().read(words);
  if (!interface) return;
  daemon.interface = *interface;
  // The old form: instance and id as bare words.
  if (!words.empty() && options.find(words.peek()->text) == nullptr) {
    daemon.instance = words.take().text;
    if (!words.empty() && options.find(words.peek()->text) == nullptr) {
      const Word& word = *words.peek();
      if (const auto id = number(0, 255).read(words)) {
        daemon.id = static_cast<std::uint8_t>(*id);
        words.note(word, "deprecated", "a bare id is the old form", fmt::format("write: id {}", *id));
      }
    }
  }
  words.interpreter().read_options(options, words, &daemon);
  if (!words.failed()) globals.lvs_sync_daemon = daemon;
}

void read_receive_policy(G& globals, Words& words) {
  if (words.empty() && words.need("MTU, ADVERT or a number of octets") == nullptr) return;
  Choice policy = choice<ReceiveBufferPolicy>(
      {{"MTU", ReceiveBufferPolicy::mtu}, {"ADVERT", ReceiveBufferPolicy::advert}});
  policy.any_case = true;
  if (parse_unsigned(words.peek()->text)) {
    if (const auto octets = number(0, most_u32).read(words))
      globals.vrrp.receive_buffer = static_cast<std::uint32_t>(*octets);
  } else if (const auto word = policy.read(words)) {
    globals.vrrp.receive_buffer_policy = static_cast<ReceiveBufferPolicy>(*word);
    words.note(
        words.last(), "no-effect",
        "a buffer policy has no effect: a socket has the buffer that the system gives, which is larger",
        "write a number of octets if it must be another one");
  }
}

void read_garp_extra_if(G& globals, Words& words) {
  A& announcements = globals.vrrp.announcements;
  bool given = false;
  while (!words.empty()) {
    if (words.take_if("all")) {
      announcements.extra_interfaces_all = true;
    } else if (const auto every = seconds(1s, 86400s, 0).read(words)) {
      announcements.extra_interfaces_every = *every;
      given = true;
    } else {
      return;
    }
  }
  if (!given) words.need("a number of seconds");
}

void read_dynamic_interfaces(G& globals, Words& words) {
  globals.dynamic_interfaces = true;
  if (words.empty()) return;
  if (const auto on = parse_bool(words.peek()->text)) {
    globals.dynamic_interfaces = *on;
    words.take();
    return;
  }
  if (choice<int>({{"allow_if_changes", 1}}).read(words)) globals.dynamic_interfaces_may_change = true;
}

// Sums of I{R,W,X}{USR,GRP,OTH} and IRWX{U,G,O}, or a number as C writes it.
std::optional<std::uint32_t> permission_bit(std::string_view name) {
  if (name.starts_with("S_")) name.remove_prefix(2);
  constexpr std::pair<std::string_view, std::uint32_t> bits[] = {
      {"IRUSR", 0400}, {"IWUSR", 0200}, {"IXUSR", 0100}, {"IRGRP", 0040}, {"IWGRP", 0020}, {"IXGRP", 0010},
      {"IROTH", 0004}, {"IWOTH", 0002}, {"IXOTH", 0001}, {"IRWXU", 0700}, {"IRWXG", 0070}, {"IRWXO", 0007}};
  for (const auto& [bit, value] : bits) {
    if (bit == name) return value;
  }
  return std::nullopt;
}

void read_umask(G& globals, Words& words) {
  const Word* first = words.need("a mask such as 0177");
  if (first == nullptr) return;
  std::string all(first->text);
  bool separated = first->text.ends_with('|');
  while (!words.empty()) {
    const Word& word = words.take();
    if (!separated && !word.text.starts_with('|')) {
      words.refuse(word, "bad-value", "two permission bits need a | between them");
      return;
    }
    all += word.text;
    separated = word.text.ends_with('|');
  }
  std::uint32_t mask = 0;
  if (const auto value = parse_unsigned(all, true)) {
    mask = static_cast<std::uint32_t>(std::min<std::uint64_t>(*value, 01000));
  } else {
    for (std::string_view rest = all; !rest.empty();) {
      const std::size_t bar = rest.find('|');
      const auto bit = permission_bit(rest.substr(0, bar));
      if (!bit) {
        words.refuse(*first, "bad-value", fmt::format("'{}' is no permission bit", rest.substr(0, bar)),
                     "write a number such as 0177, or bits such as IWGRP|IRWXO");
        return;
      }
      mask |= *bit;
      rest.remove_prefix(bar == rest.npos ? rest.size() : bar + 1);
    }
  }
  if (mask > 0777) {
    words.refuse(*first, "out-of-range", fmt::format("{} is outside 0..0777", all));
    return;
  }
  globals.daemon.file_mode_mask = mask;
}

// Read, acted on and complained of by the reader of files (includes.cpp).
void read_include_check(G&, Words& words) { words.drop_rest(); }

void set_all_process_names(G& globals, bool on) {
  globals.vrrp_process.name = on ? "keepalived_vrrp" : "";
  globals.checker_process.name = on ? "keepalived_lvs" : "";
  globals.bfd_process.name = on ? "keepalived_bfd" : "";
}

}  // namespace

// clang-format off: one entry reads as one row of a table
static Block process_entries() {
  return make_block<G>("global_defs", "Daemon-wide settings, and defaults for instances and servers.", {
      {"process_names", flag(), set_all_process_names,
       "Give children the names keepalived_vrrp, keepalived_lvs and keepalived_bfd.",
       {by_default("names unset (all processes show as keepalived)")}},
      {"process_name", process_title, in(&G::supervisor, &P::name),
       "Parent process title.", {by_default("unset")}},
      {"vrrp_process_name", process_title, in(&G::vrrp_process, &P::name),
       "VRRP child title.", {by_default("unset")}},
      {"checker_process_name", process_title, in(&G::checker_process, &P::name),
       "Checker child title.", {by_default("unset"), same_as("lvs_process_name (deprecated)")}},
      {"lvs_process_name", process_title, in(&G::checker_process, &P::name),
       "Old spelling of checker_process_name.", {by_default("unset"), old_name_of("checker_process_name")}},
      {"bfd_process_name", process_title, in(&G::bfd_process, &P::name),
       "BFD child title.", {by_default("unset")}},
      {"max_auto_priority", number(-1, 99).or_bare(99), &G::max_auto_priority,
       "Ceiling for automatic realtime priority increases.", {by_default("0 (off, notice logged at start)")}},
      {"min_auto_priority_delay", microseconds(1us, 10000000us), &G::min_auto_priority_delay,
       "Lateness that triggers an automatic priority increase.", {by_default("1000000")}},
      {"vrrp_priority", nice_value, in(&G::vrrp_process, &P::nice),
       "Nice level of VRRP child.", {unit("nice value"), by_default("0")}},
      {"vrrp_no_swap", flag(), in(&G::vrrp_process, &P::no_swap),
       "Lock VRRP child in memory.", {by_default("off")}},
      {"vrrp_rt_priority", realtime, in(&G::vrrp_process, &P::realtime_priority),
       "Run VRRP child under SCHED_RR.", {by_default("0 (normal scheduling)")}},
      {"vrrp_cpu_affinity", CpuList{}, in(&G::vrrp_process, &P::cpu_affinity),
       "Pin VRRP child to listed CPUs.",
       {unit("cpu number"), range("0..online cpus-1"), by_default("unset")}},
      {"vrrp_rlimit_rttime", realtime_limit, limit_of(&G::vrrp_process),
       "RLIMIT_RTTIME of VRRP child under realtime scheduling.",
       {unit("microseconds"), by_default("10000"), same_as("vrrp_rlimit_rtime (deprecated)")}},
      {"vrrp_rlimit_rtime", realtime_limit, limit_of(&G::vrrp_process),
       "Old spelling of vrrp_rlimit_rttime.",
       {unit("microseconds"), by_default("10000"), old_name_of("vrrp_rlimit_rttime")}},
      {"checker_priority", nice_value, in(&G::checker_process, &P::nice),
       "Nice level of checker child.", {unit("nice value"), by_default("0")}},
      {"checker_no_swap", flag(), in(&G::checker_process, &P::no_swap),
       "Lock checker child in memory.", {by_default("off")}},
      {"checker_rt_priority", realtime, in(&G::checker_process, &P::realtime_priority),
       "Run checker child under SCHED_RR.", {by_default("0 (normal scheduling)")}},
      {"checker_cpu_affinity", CpuList{}, in(&G::checker_process, &P::cpu_affinity),
       "Pin checker child to listed CPUs.",
       {unit("cpu number"), range("0..online cpus-1"), by_default("unset")}},
      {"checker_rlimit_rttime", realtime_limit, limit_of(&G::checker_process),
       "RLIMIT_RTTIME of checker child under realtime scheduling.",
       {unit("microseconds"), by_default("10000"), same_as("checker_rlimit_rtime (deprecated)")}},
      {"checker_rlimit_rtime", realtime_limit, limit_of(&G::checker_process),
       "Old spelling of checker_rlimit_rttime.",
       {unit("microseconds"), by_default("10000"), old_name_of("checker_rlimit_rttime")}},
      {"bfd_priority", nice_value, in(&G::bfd_process, &P::nice),
       "Nice level of BFD child.", {unit("nice value"), by_default("0")}},
      {"bfd_no_swap", flag(), in(&G::bfd_process, &P::no_swap),
       "Lock BFD child in memory.", {by_default("off")}},
      {"bfd_rt_priority", realtime, in(&G::bfd_process, &P::realtime_priority),
       "Run BFD child under SCHED_RR.", {by_default("0 (normal scheduling)")}},
      {"bfd_cpu_affinity", CpuList{}, in(&G::bfd_process, &P::cpu_affinity),
       "Pin BFD child to listed CPUs.", {unit("cpu number"), range("0..online cpus-1"), by_default("unset")}},
      {"bfd_rlimit_rttime", realtime_limit, limit_of(&G::bfd_process),
       "RLIMIT_RTTIME of BFD child under realtime scheduling.",
       {unit("microseconds"), by_default("10000"), same_as("bfd_rlimit_rtime (deprecated)")}},
      {"bfd_rlimit_rtime", realtime_limit, limit_of(&G::bfd_process),
       "Old spelling of bfd_rlimit_rttime.",
       {unit("microseconds"), by_default("10000"), old_name_of("bfd_rlimit_rttime")}},
      {"vrrp_netlink_cmd_rcv_bufs", number(0, most_u32), in(&G::vrrp_netlink, &NetlinkBuffers::command),
       "Receive buffer of VRRP netlink command socket.", {unit("bytes"), by_default("0 (kernel default)")}},
      {"vrrp_netlink_cmd_rcv_bufs_force", flag(), in(&G::vrrp_netlink, &NetlinkBuffers::command_force),
       "Use SO_RCVBUFFORCE for it.", {syntax("[on|off]"), by_default("off")}},
      {"vrrp_netlink_monitor_rcv_bufs", number(0, most_u32), in(&G::vrrp_netlink, &NetlinkBuffers::monitor),
       "Receive buffer of VRRP netlink monitor socket.", {unit("bytes"), by_default("0 (kernel default)")}},
      {"vrrp_netlink_monitor_rcv_bufs_force", flag(), in(&G::vrrp_netlink, &NetlinkBuffers::monitor_force),
       "Use SO_RCVBUFFORCE for it.", {syntax("[on|off]"), by_default("off")}},
      {"process_monitor_rcv_bufs", number(0, most_u32), &G::process_monitor_buffer,
       "Receive buffer of the process event socket.", {unit("bytes"), by_default("0 (kernel default)")}},
      {"process_monitor_rcv_bufs_force", flag(), &G::process_monitor_buffer_force,
       "Use SO_RCVBUFFORCE for it.", {syntax("[on|off]"), by_default("off")}},
      {"lvs_netlink_cmd_rcv_bufs", number(0, most_u32), in(&G::checker_netlink, &NetlinkBuffers::command),
       "Receive buffer of checker netlink command socket.",
       {unit("bytes"), by_default("0 (kernel default)")}},
      {"lvs_netlink_cmd_rcv_bufs_force", flag(), in(&G::checker_netlink, &NetlinkBuffers::command_force),
       "Use SO_RCVBUFFORCE for it.", {syntax("[on|off]"), by_default("off")}},
      {"lvs_netlink_monitor_rcv_bufs", number(0, most_u32), in(&G::checker_netlink, &NetlinkBuffers::monitor),
       "Receive buffer of checker netlink monitor socket.",
       {unit("bytes"), by_default("0 (kernel default)")}},
      {"lvs_netlink_monitor_rcv_bufs_force", flag(), in(&G::checker_netlink, &NetlinkBuffers::monitor_force),
       "Use SO_RCVBUFFORCE for it.", {syntax("[on|off]"), by_default("off")}},
      {"umask", reads(read_umask),
       "File creation mask of the daemon.",
       {syntax("<NUMBER> | <BIT>[|<BIT>]..."), range("0..0777"), by_default("0177"),
        inherits("-u/--umask option wins")}},
      {"random_seed", number(0, most_u32), in(&G::daemon, &D::random_seed),
       "Meant to make ${_RANDOM} repeatable.", {by_default("time of day"), reload_no}},
      {"reload_check_config", text("a file for the diagnostics").or_nothing(), [](G& globals, std::string log) {
         globals.reload.check_first = true;
         globals.reload.check_log = std::move(log);
       },
       "Test new configuration in a child before reloading.",
       {syntax("[<LOGFILE>]"), by_default("off; bare = /dev/null")}},
      {"reload_time_file", text("a path").absolute(), in(&G::reload, &ReloadSettings::time_file),
       "Watched file holding a time for an automatic reload.",
       {syntax("<PATH>"), range("absolute path"), by_default("none")}},
      {"reload_repeat", flag(), in(&G::reload, &ReloadSettings::repeat),
       "Keep reload_time_file and reload daily when no date given.", {by_default("off")}},
      {"reload_file", text("a path").or_nothing(), [](G& globals, std::string path) {
         globals.reload.mark_file = true;
         globals.reload.mark_file_path = std::move(path);
       },
       "File present, emptied, while configuration is being read.",
       {syntax("[<PATH>]"), range("absolute path"),
        by_default("off; bare = keepalived.reload in pid directory")}},
      {"include_check", reads(read_include_check),
       "Which include problems count as errors.",
       {syntax("[[+|-]read|match|wildcard_match|brace_match]..."), by_default("no checks; -e = all")}},
      {"config_save_dir", text("a directory"), in(&G::daemon, &D::save_directory),
       "Debug: keep copies of configuration and state around reloads.",
       {syntax("<DIR>"), by_default("none")}},
      {"tmp_config_directory", text("a directory"), &G::tmp_config_directory,
       "Where the consolidated configuration copy lives.",
       {syntax("<DIR>"), by_default("memory file, else unnamed file in /run"), first_wins, reload_no}},
      {"data_use_instance", flag(), in(&G::daemon, &D::data_use_instance),
       "Put namespace and instance into .data dump names.", {syntax("[on|off]"), by_default("off")}},
      {"json_version", number(1, 2), in(&G::daemon, &D::json_version),
       "Layout of the JSON dump.", {by_default("1")}},
      {"iproute_usr_dir", text("a directory"), &G::iproute_usr_directory,
       "Where distribution rt_* name files live.",
       {syntax("<DIR>"), by_default("build-time value, usually /usr/share/iproute2"), early}},
      {"iproute_etc_dir", text("a directory"), &G::iproute_etc_directory,
       "Where local rt_* name files live.", {syntax("<DIR>"), by_default("/etc/iproute2"), early}},
      {"state_dump_file", text("a path"), in(&G::daemon, &D::state_dump_file),
       "Template path for SIGUSR1 dumps.",
       {syntax("<PATH>"), by_default("$TMPDIR or /tmp, keepalived.data"),
        same_as("state_file_location (in old manuals only, never accepted)")}},
      {"stats_dump_file", text("a path"), in(&G::daemon, &D::stats_dump_file),
       "Intended path for SIGUSR2 dump.",
       {syntax("<PATH>"), by_default("$TMPDIR or /tmp, keepalived.stats"),
        same_as("stats_file_location (in old manuals only, never accepted)")}},
      {"json_dump_file", text("a path"), in(&G::daemon, &D::json_dump_file),
       "Intended path for JSON dump.",
       {syntax("<PATH>"), by_default("$TMPDIR or /tmp, keepalived.json"),
        same_as("json_file_location (in old manuals only, never accepted)")}},
  });
}

static Rows<G> script_and_mail_entries() {
  return {
      {"use_symlink_paths", flag(), &G::use_symlink_paths,
       "Keep symbolic links in script paths instead of resolving them.",
       {syntax("[on|off]"), by_default("off"), early}},
      {"set_supplementary_groups", flag(), &G::set_supplementary_groups,
       "Scripts get their user's extra groups by default.", {syntax("[on|off]"), by_default("off"), early}},
      {"router_id", text("a name for this machine"), &G::router_id,
       "Machine label used in mail and logs.", {syntax("<STRING>"), by_default("local host name")}},
      {"notification_email_from", text("a mail address"), in(&G::mail, &M::from),
       "Sender address for alert mail.", {syntax("<EMAIL>"), by_default("<user>@<local host name>")}},
      {"smtp_server", reads(read_smtp_server),
       "Mail relay for alerts.",
       {syntax("<HOST|IPADDR> [<PORT>]"), range("port 1..65535"), by_default("unset (no mail); port 25, 587 with starttls, 465 with implicit")}},
      {"smtp_helo_name", text("a name"), in(&G::mail, &M::helo_name),
       "Name given in SMTP HELO.", {syntax("<STRING>"), by_default("local host name")}},
      {"smtp_connect_timeout", seconds(1s, 4294s, 0).zero_is(1s), in(&G::mail, &M::connect_timeout),
       "SMTP connection time limit.", {by_default("30")}},
      {"notification_email", words_of("global_defs/notification_email", text("a mail address"), [](G& globals, std::string who) {
         globals.mail.recipients.push_back(std::move(who));
       }),
       "Recipients of alert mail.", {syntax("{ <EMAIL>... }"), by_default("none"), adds}},
      {"smtp_alert", flag(), in(&G::mail, &M::alert),
       "Default for every smtp_alert setting.", {syntax("[on|off]"), by_default("unset")}},
      {"smtp_alert_vrrp", flag(), in(&G::mail, &M::alert_vrrp),
       "Default smtp_alert for instances and sync groups.",
       {syntax("[on|off]"), by_default("unset"), inherits("smtp_alert")}},
      {"smtp_alert_checker", flag(), in(&G::mail, &M::alert_checker),
       "Default smtp_alert for virtual and real servers.",
       {syntax("[on|off]"), by_default("unset"), inherits("smtp_alert")}},
      {"no_email_faults", negated_flag(), in(&G::mail, &M::faults),
       "Suppress alert mail for FAULT transitions.", {by_default("off (mail is sent)")}},
      {"no_checker_emails", negated_flag(), in(&G::mail, &M::checkers),
       "Mail only when a real server changes, not each checker.", {syntax("[on|off]"), by_default("off")}},
      {"startup_script", command(), in(&G::daemon, &D::startup_script),
       "Command run once before children start.",
       {by_default("none"), inherits("user from script_user"), reload_no, first_wins}},
      {"startup_script_timeout", seconds(1s, 1000s, 0), in(&G::daemon, &D::startup_script_timeout),
       "Limit on startup_script before it is killed.", {by_default("10"), reload_no}},
      {"shutdown_script", command(), in(&G::daemon, &D::shutdown_script),
       "Command run once after all children ended.",
       {by_default("none"), inherits("user from script_user"), first_wins}},
      {"shutdown_script_timeout", seconds(1s, 1000s, 0), in(&G::daemon, &D::shutdown_script_timeout),
       "Limit on shutdown_script before it is killed.", {by_default("10")}},
      {"notify_fifo", FifoValue{}, in(&G::fifo, &FifoSettings::fifo),
       "Named pipe receiving all state change lines.",
       {by_default("none"), inherits("user from script_user"), first_wins}},
      {"notify_fifo_script", command(), in(&G::fifo, &FifoSettings::script),
       "Reader started for notify_fifo.",
       {by_default("none"), inherits("user from script_user"), first_wins}},
      {"vrrp_notify_fifo", FifoValue{}, in(&G::vrrp_fifo, &FifoSettings::fifo),
       "Named pipe receiving VRRP state change lines.",
       {by_default("none"), inherits("user from script_user"), first_wins}},
      {"vrrp_notify_fifo_script", command(), in(&G::vrrp_fifo, &FifoSettings::script),
       "Reader started for vrrp_notify_fifo.",
       {by_default("none"), inherits("user from script_user"), first_wins}},
      {"fifo_write_vrrp_states_on_reload", flag(), &G::fifo_states_on_reload,
       "Repeat current VRRP states on the FIFOs after reload.", {by_default("off")}},
      {"lvs_notify_fifo", FifoValue{}, in(&G::lvs_fifo, &FifoSettings::fifo),
       "Named pipe receiving virtual/real server change lines.",
       {by_default("none"), inherits("user from script_user"), first_wins}},
      {"lvs_notify_fifo_script", command(), in(&G::lvs_fifo, &FifoSettings::script),
       "Reader started for lvs_notify_fifo.", {by_default("none"), inherits("user from script_user")}},
      {"script_user", account(), &G::script_user,
       "Default account for every script.",
       {by_default("keepalived_script if it exists, else the daemon's own user"), early}},
      {"enable_script_security", flag(), &G::script_security,
       "Refuse root scripts with a non-root-writable path; require keepalived_script user.",
       {by_default("off"), reload_partly, early}},
      {"checker_log_all_failures", flag(), &G::checker_log_all_failures,
       "Log each failed check, not only state changes.", {syntax("[on|off]"), by_default("off")}},
      {"rs_init_notifies", flag(), &G::real_server_initial_notifies,
       "Run notify for real servers that are up at start.", {syntax("[on|off]"), by_default("off")}},
  };
}

static Rows<G> vrrp_entries() {
  const Number count = number(1, most_u32).zero_is(1);
  return {
      {"dynamic_interfaces", reads(read_dynamic_interfaces),
       "Allow interfaces that do not exist yet.", {syntax("[allow_if_changes]"), by_default("off"), early}},
      {"default_interface", interface_name(), &G::default_interface,
       "Interface for static addresses without dev.", {by_default("eth0")}},
      {"disable_local_igmp", flag(), &G::disable_local_igmp,
       "Turn off kernel IGMP reports for 224.0.0.0/24.", {by_default("off"), reload_no}},
      {"v3_checksum_as_v2", flag(), in(&G::vrrp, &V::v3_checksum_as_v2),
       "VRRPv3/IPv4 checksum without pseudo-header, default for instances.", {by_default("off")}},
      {"vrrp_mcast_group4", address(Address::Want::multicast_v4), in(&G::vrrp, &V::multicast_group_v4),
       "Multicast destination for IPv4 adverts.", {by_default("224.0.0.18")}},
      {"vrrp_mcast_group6", address(Address::Want::multicast_v6), in(&G::vrrp, &V::multicast_group_v6),
       "Multicast destination for IPv6 adverts.", {by_default("ff02::12")}},
      {"vrrp_garp_master_delay", seconds(0s, 4294s, 0), announce(&A::master_delay),
       "Pause before second GARP/NA burst after becoming master.", {by_default("5")}},
      {"vrrp_garp_master_repeat", count, announce(&A::master_repeat),
       "GARP/NA packets per burst after becoming master.", {unit("packets"), by_default("5")}},
      {"vrrp_garp_master_refresh", seconds(0s, std::chrono::seconds(most_u32), 0), announce(&A::master_refresh),
       "Period of repeated GARP/NA while master.", {by_default("0 (off)")}},
      {"vrrp_garp_master_refresh_repeat", count, announce(&A::master_refresh_repeat),
       "GARP/NA packets per periodic refresh.", {unit("packets"), by_default("1")}},
      {"vrrp_garp_lower_prio_delay", seconds(0s, 4294s, 0), announce(&A::lower_prio_delay),
       "Pause before second burst after a lower-priority advert.",
       {by_default("vrrp_garp_master_delay"), inherits("vrrp_garp_master_delay")}},
      {"vrrp_garp_lower_prio_repeat", number(0, most_i32), announce(&A::lower_prio_repeat),
       "GARP/NA packets sent when master hears lower priority.",
       {unit("packets"), by_default("vrrp_garp_master_repeat"), inherits("vrrp_garp_master_repeat")}},
      {"vrrp_down_timer_adverts", number(1, 100), in(&G::vrrp, &V::down_timer_adverts),
       "Adverts missed before master is declared down.", {unit("adverts"), by_default("3")}},
      {"vrrp_garp_interval", seconds(1us, most_timer, 6).zero_means_off(), in(&G::vrrp, &V::garp_interval),
       "Gap between GARP packets per interface.", {by_default("0 (no spacing)")}},
      {"vrrp_gna_interval", seconds(1us, most_timer, 6).zero_means_off(), in(&G::vrrp, &V::gna_interval),
       "Gap between unsolicited NA packets per interface.", {by_default("0 (no spacing)")}},
      {"vrrp_min_garp", flag(), in(&G::vrrp, &V::min_garp),
       "Send one GARP/NA only, with no second burst or refresh.", {syntax("[on|off]"), by_default("off")}},
      {"vrrp_garp_extra_if", reads(read_garp_extra_if),
       "Periodic GARP/NA on VIP interfaces other than the instance's.",
       {syntax("[all] <SECS>"), unit("seconds"), range("1..86400"), by_default("0 (off)"),
        same_as("vrrp_vmac_garp_intvl (deprecated)")}},
      {"vrrp_vmac_garp_intvl", reads(read_garp_extra_if),
       "Old spelling of vrrp_garp_extra_if.",
       {syntax("[all] <SECS>"), unit("seconds"), range("1..86400"), by_default("0 (off)"),
        old_name_of("vrrp_garp_extra_if")}},
      {"vrrp_lower_prio_no_advert", flag(), in(&G::vrrp, &V::lower_prio_no_advert),
       "Master stays silent when hearing a lower-priority advert.", {syntax("[on|off]"), by_default("off")}},
      {"vrrp_higher_prio_send_advert", flag(), in(&G::vrrp, &V::higher_prio_send_advert),
       "Master sends one more advert before yielding to higher priority.",
       {syntax("[on|off]"), by_default("off")}},
      {"vrrp_version", number(2, 3), in(&G::vrrp, &V::version),
       "Default VRRP protocol version.", {by_default("2 (IPv6 instances use 3)")}},
      {"vrrp_check_unicast_src", flag(), in(&G::vrrp, &V::check_unicast_source),
       "Drop unicast adverts from senders outside unicast_peer.", {by_default("off")}},
      {"vrrp_skip_check_adv_addr", flag(), in(&G::vrrp, &V::skip_check_advert_addresses),
       "Skip address comparison when advert comes from same master.",
       {syntax("[on|off]"), by_default("off")}},
      {"vrrp_strict", flag(), in(&G::vrrp, &V::strict),
       "Enforce RFC behaviour, default for instances.", {syntax("[on|off]"), by_default("off")}},
      {"vrrp_notify_priority_changes", flag(), in(&G::vrrp, &V::notify_priority_changes),
       "Write priority changes to FIFOs, default for instances.", {syntax("[on|off]"), by_default("off")}},
      {"vrrp_rx_bufs_policy", reads(read_receive_policy),
       "How VRRP receive buffers are sized.",
       {syntax("MTU | ADVERT | <BYTES>"), unit("bytes"), range("0..4294967295"),
        by_default("unset (system default)")}},
      {"vrrp_rx_bufs_multiplier", number(1, most_u32), in(&G::vrrp, &V::receive_buffer_multiplier),
       "Packets of room per instance for MTU/ADVERT policy.", {by_default("3")}},
      {"vrrp_startup_delay", seconds(1ms, most_timer, 6), &G::startup_delay,
       "Hold back VRRP instances after daemon start.", {by_default("0"), reload_partly}},
      {"vrrp_delay_after_boot", seconds(1ms, most_timer, 6), &G::delay_after_boot,
       "Hold back VRRP instances until host uptime reaches this.", {by_default("0"), reload_partly}},
      {"log_unknown_vrids", flag(), &G::log_unknown_vrids,
       "Log received adverts whose VRID no local instance uses.", {by_default("off")}},
      {"vrrp_owner_ignore_adverts", flag(), in(&G::vrrp, &V::owner_ignore_adverts),
       "Priority 255 instances ignore received adverts, default for instances.",
       {syntax("[on|off]"), by_default("off")}},
      {"vmac_prefix", text("a prefix of interface names").up_to(15), in(&G::vrrp, &V::vmac_prefix),
       "Start of generated VMAC names.", {syntax("<STRING>"), by_default("vrrp"), first_wins}},
      {"vmac_addr_prefix", text("a prefix of interface names").up_to(15), in(&G::vrrp, &V::vmac_address_prefix),
       "Start of generated names for per-address VMACs.",
       {syntax("<STRING>"), by_default("vmac_prefix"), inherits("vmac_prefix"), first_wins}},
  };
}

static Rows<G> firewall_and_lvs_entries() {
  using F = FirewallSettings;
  const auto table = [](std::string_view bare) {
    return [bare](std::optional<std::string>& field, std::string name) { field = name.empty() ? std::string(bare) : name; };
  };
  return {
      {"vrrp_iptables", reads(read_iptables),
       "Accepted for old files: addresses that accept nothing are dropped by a table of nftables; without chains strict mode drops nothing.",
       {syntax("[<IN-CHAIN> [<OUT-CHAIN>]]"), range("chain name up to 27 characters"),
        by_default("off; bare = INPUT OUTPUT"), first_wins, reload_partly}},
      {"vrrp_ipsets", reads(read_ipsets),
       "ipset names used with vrrp_iptables.",
       {syntax("[<V4> [<V6> [<V6-IF> [<IGMP> [<MLD> [<ND>]]]]]]"), range("set name up to 30 characters"),
        by_default("on with default names when vrrp_iptables is set"), reload_partly}},
      {"nftables", text("the name of a table").up_to(30).or_nothing(), [table](G& globals, std::string name) {
         table("keepalived")(globals.firewall.nftables_table, std::move(name));
       },
       "Name of the nftables table that drops packets to addresses that accept nothing; `standfast` where nothing is written.",
       {syntax("[<TABLE>]"), by_default("off; bare = keepalived"), first_wins, reload_no}},
      {"nftables_priority", number(-most_i32 - 1, most_i32), in(&G::firewall, &F::nftables_priority),
       "Base-chain priority in the VRRP nft table.", {by_default("-1"), reload_partly}},
      {"nftables_ifindex", flag(), in(&G::firewall, &F::nftables_by_index),
       "Key link-local sets by ifindex rather than name.", {by_default("off"), reload_partly}},
      {"nftables_ipvs", text("the name of a table").up_to(30).or_nothing(), [table](G& globals, std::string name) {
         table("keepalived_ipvs")(globals.firewall.nftables_ipvs_table, std::move(name));
       },
       "Give each virtual server group one automatic fwmark via nft.",
       {syntax("[<TABLE>]"), by_default("off; bare = keepalived_ipvs"), first_wins, reload_no}},
      {"nftables_ipvs_priority", number(-most_i32 - 1, most_i32), in(&G::firewall, &F::nftables_ipvs_priority),
       "Base-chain priority in the IPVS nft table.", {by_default("-1"), reload_partly}},
      {"nftables_ipvs_start_fwmark", number(1, most_u32), in(&G::firewall, &F::nftables_ipvs_start_mark),
       "First automatic fwmark.", {by_default("1000"), reload_partly}},
      {"nftables_counters", flag(), in(&G::firewall, &F::nftables_counters),
       "Add packet counters to the nft rules.", {by_default("off"), reload_partly}},
      {"lvs_timeouts", reads(read_timeouts),
       "IPVS connection table timeouts.",
       {syntax("[tcp <SECS>] [tcpfin <SECS>] [udp <SECS>]"), unit("seconds"), range("0..2678400 each"),
        by_default("kernel values left alone")}},
      {"lvs_data_plane",
       choice<lvs::DataPlaneChoice>({{"auto", lvs::DataPlaneChoice::automatic},
                                     {"ipvs", lvs::DataPlaneChoice::ipvs},
                                     {"nftables", lvs::DataPlaneChoice::nftables}}),
       &G::data_plane,
       "What in the kernel carries connections to servers; auto takes IPVS where the kernel has it, else nftables.",
       {by_default("auto")}},
      {"lvs_flush", flag(), &G::lvs_flush, "Wipe IPVS tables at start.", {by_default("off"), reload_no}},
      {"lvs_flush_on_stop", reads([](G& globals, Words& words) {
         globals.lvs_flush_on_stop = lvs::FlushOnStop::everything;
         if (!words.empty() && choice<int>({{"VS", 1}}).read(words)) globals.lvs_flush_on_stop = lvs::FlushOnStop::own_services;
       }),
       "Fast IPVS clean-up on exit.",
       {syntax("[VS]"), by_default("off"), same_as("lvs_flush_onstop (deprecated)")}},
      {"lvs_flush_onstop", reads([](G& globals, Words& words) {
         globals.lvs_flush_on_stop = lvs::FlushOnStop::everything;
         if (!words.empty() && choice<int>({{"VS", 1}}).read(words)) globals.lvs_flush_on_stop = lvs::FlushOnStop::own_services;
       }),
       "Old spelling of lvs_flush_on_stop.",
       {syntax("[VS]"), by_default("off"), old_name_of("lvs_flush_on_stop")}},
      {"lvs_sync_daemon", reads(read_sync_daemon),
       "Run the kernel IPVS connection sync daemon.",
       {syntax("<IFNAME> [[inst] <INSTANCE>] [id <N>] [maxlen <N>] [port <N>] [ttl <N>] [group <IPADDR>]"),
        range("see option rows"), by_default("off"), first_wins}},
  };
}

static Rows<G> management_entries() {
  using S = SnmpSettings;
  return {
      {"snmp_socket", text("a socket").up_to(4095), in(&G::snmp, &S::socket),
       "AgentX socket of the SNMP master agent.",
       {syntax("<SOCKET>"), by_default("-A option, else unix:/var/agentx/master"), reload_partly,
        first_wins}},
      {"enable_traps", flag(), in(&G::snmp, &S::traps),
       "Send SNMP notifications.", {by_default("off"), reload_partly}},
      {"enable_snmp_vrrp", flag(), in(&G::snmp, &S::vrrp),
       "Serve VRRP part of the keepalived MIB.",
       {by_default("off; on with -x"), same_as("enable_snmp_keepalived (deprecated)"), reload_partly}},
      {"enable_snmp_keepalived", flag(), in(&G::snmp, &S::vrrp),
       "Old spelling of enable_snmp_vrrp.",
       {by_default("off; on with -x"), old_name_of("enable_snmp_vrrp"), reload_partly}},
      {"enable_snmp_rfc", flag(), [](G& globals, bool on) { globals.snmp.rfc_v2 = globals.snmp.rfc_v3 = on; },
       "Serve both RFC 2787 and RFC 6527 MIBs.", {by_default("off; on with -x"), reload_partly}},
      {"enable_snmp_rfcv2", flag(), in(&G::snmp, &S::rfc_v2),
       "Serve RFC 2787 MIB.", {by_default("off; on with -x"), reload_partly}},
      {"enable_snmp_rfcv3", flag(), in(&G::snmp, &S::rfc_v3),
       "Serve RFC 6527 MIB.", {by_default("off; on with -x"), reload_partly}},
      {"enable_snmp_checker", flag(), in(&G::snmp, &S::checker),
       "Serve checker part of the keepalived MIB.", {by_default("off; on with -x"), reload_partly}},
      {"snmp_vs_stats_update_interval", seconds(1ms, 30s, 6), in(&G::snmp, &S::virtual_server_interval),
       "Age after which virtual server counters are re-read for SNMP.", {by_default("5")}},
      {"snmp_rs_stats_update_interval", seconds(1ms, 30s, 6), in(&G::snmp, &S::real_server_interval),
       "Same for real server counters.",
       {by_default("snmp_vs_stats_update_interval"), inherits("snmp_vs_stats_update_interval")}},
      {"enable_dbus", flag(), in(&G::dbus, &DbusSettings::enabled),
       "Offer the D-Bus interface.", {by_default("off")}},
      {"dbus_service_name", text("a bus name"), in(&G::dbus, &DbusSettings::service_name),
       "Bus name to own.", {syntax("<NAME>"), by_default("org.keepalived.Vrrp1"), reload_partly}},
      {"dbus_no_interface_name", text("a name"), in(&G::dbus, &DbusSettings::no_interface_name),
       "Path element for instances without an interface.",
       {syntax("<NAME>"), by_default("none (the literal word)"), reload_partly}},
  };
}

// clang-format on

std::vector<Block> global_blocks() {
  using T = lvs::Timeouts;
  using S = lvs::SyncDaemon;
  std::vector<Block> blocks;
  Block defs = process_entries();
  for (auto* area : {script_and_mail_entries, vrrp_entries, firewall_and_lvs_entries, management_entries}) {
    append(defs, area());
  }
  append(defs, notify_entries());
  blocks.push_back(std::move(defs));
  blocks.push_back(webhook_block());
  // clang-format off
  blocks.push_back(explained_block("global_defs/notification_email", "Who gets alert mail.", {
      {"<EMAIL>", explained, "Recipient.", {syntax("one or more words per line")}},
  }));
  blocks.push_back(make_block<T>("global_defs/lvs_timeouts", "Timeouts of the IPVS connection table.", {
      {"tcp", number(0, 2678400), &T::tcp,
       "Established TCP timeout.", {unit("seconds"), by_default("unchanged")}},
      {"tcpfin", number(0, 2678400), &T::tcp_fin,
       "TCP after FIN timeout.", {unit("seconds"), by_default("unchanged")}},
      {"udp", number(0, 2678400), &T::udp, "UDP timeout.", {unit("seconds"), by_default("unchanged")}},
  }));
  blocks.push_back(make_block<S>("global_defs/lvs_sync_daemon", "Words of an lvs_sync_daemon line.", {
      {"<IFNAME>", explained,
       "Interface the sync traffic uses.", {syntax("first word"), range("1..15 characters")}},
      {"inst", text("the name of a vrrp_instance"), &S::instance,
       "Instance whose state picks master or backup daemon.", {syntax("<INSTANCE>"), by_default("none")}},
      {"id", number(0, 255), &S::id, "Sync id.", {by_default("VRID of inst, else 0")}},
      {"maxlen", number(1, 65507), &S::max_length,
       "Largest sync packet.", {unit("bytes"), by_default("kernel")}},
      {"port", number(1, 65535), &S::port, "UDP port.", {by_default("kernel (8848)")}},
      {"ttl", number(1, 255), &S::ttl, "Multicast TTL.", {by_default("kernel")}},
      {"group", address(Address::Want::multicast), &S::group,
       "Multicast group.", {by_default("kernel (224.0.0.81)")}},
  }));
  // clang-format on
  return blocks;
}

}  // namespace config
