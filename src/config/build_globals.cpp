// global_defs: read whatever else wants to inherit from it, and resolve what its settings take from each other.
#include <algorithm>
#include <fmt/format.h>

#include "config/build.hpp"
#include "config/schema_values.hpp"

namespace config {

namespace {

struct GlobalsRead {
  std::vector<Given> blocks;
  bool has(std::string_view keyword) const {
    return std::ranges::any_of(blocks, [&](const Given& given) { return given.has(keyword); });
  }
  const Word* find(std::string_view keyword) const {
    for (const Given& given : blocks) {
      if (const Word* word = given.find(keyword)) return word;
    }
    return nullptr;
  }
};

void inherit_announcements(Globals& globals, const GlobalsRead& given) {
  vrrp::AnnouncementConfig& announcements = globals.vrrp.announcements;
  if (globals.vrrp.min_garp) {
    if (!given.has("vrrp_garp_master_repeat")) announcements.master_repeat = 1;
    if (!given.has("vrrp_garp_master_delay")) announcements.master_delay = {};
  }
  if (!given.has("vrrp_garp_lower_prio_delay")) announcements.lower_prio_delay = announcements.master_delay;
  if (!given.has("vrrp_garp_lower_prio_repeat"))
    announcements.lower_prio_repeat = announcements.master_repeat;
}

void check_announcement_pace(Build& build, const GlobalsRead& given) {
  using std::chrono_literals::operator""s;
  const VrrpDefaults& vrrp = build.interpreter.globals().vrrp;
  const std::pair<std::string_view, core::Duration> paces[] = {{"vrrp_garp_interval", vrrp.garp_interval},
                                                               {"vrrp_gna_interval", vrrp.gna_interval}};
  for (const auto& [keyword, gap] : paces) {
    const Word* word = given.find(keyword);
    if (word == nullptr || gap < 1s) continue;
    build.interpreter.report(
        Severity::note, "slow-announcements", *word,
        "a second or more between announcements makes a takeover of many addresses slow");
  }
}

void check_multicast_group(Build& build, const GlobalsRead& given) {
  const net::IpAddress& group = build.interpreter.globals().vrrp.multicast_group_v6;
  if (group.is_v6() && group.octets[1] % 16 == 2) return;
  if (const Word* word = given.find("vrrp_mcast_group6")) {
    build.interpreter.report(Severity::warning, "bad-address", *word,
                             "this group is not link-local: routers may forward adverts");
  }
}

void check_fifos(Build& build, const GlobalsRead& given) {
  Globals& globals = build.interpreter.globals();
  const std::pair<std::string_view, FifoSettings*> others[] = {{"vrrp_notify_fifo", &globals.vrrp_fifo},
                                                               {"lvs_notify_fifo", &globals.lvs_fifo}};
  for (const auto& [keyword, settings] : others) {
    if (!globals.fifo.fifo || !settings->fifo || settings->fifo->path != globals.fifo.fifo->path) continue;
    if (const Word* word = given.find(keyword)) {
      build.interpreter.refuse("repeated-value", *word,
                               fmt::format("'{}' and 'notify_fifo' name the same pipe", keyword), {},
                               "this one is ignored");
    }
    settings->fifo.reset();
  }
}

// The usual port of each kind of connection; and a password goes over none that anybody can listen to, unless that is written.
void finish_mail(Build& build, const GlobalsRead& given) {
  using notify::MailTls;
  notify::MailConfig& mail = build.interpreter.globals().mail;
  const bool chosen = given.has("smtp_tls");
  if (!chosen && !mail.user.empty()) mail.tls = mail.port == 465 ? MailTls::implicit : MailTls::starttls;
  if (!chosen && mail.user.empty() && mail.port == 465) mail.tls = MailTls::implicit;
  if (mail.port == 0) mail.port = mail.tls == MailTls::none ? 25 : mail.tls == MailTls::starttls ? 587 : 465;
  const auto complain = [&](Severity severity, std::string_view at, std::string text, std::string hint) {
    if (const Word* word = given.find(at))
      build.interpreter.report(severity, "mail", *word, std::move(text), std::move(hint));
  };
  if (chosen && mail.tls == MailTls::none && !mail.user.empty())
    complain(Severity::warning, "smtp_tls",
             "the password of smtp_user goes over the network for everybody to read",
             "write: smtp_tls starttls");
  if (!mail.user.empty() && mail.password.empty())
    complain(Severity::error, "smtp_user", "smtp_user needs a password",
             "write for example: smtp_password file:/etc/standfast/smtp.password");
  if (mail.user.empty() && !mail.password.empty())
    complain(Severity::warning, "smtp_password", "without smtp_user the password is not used",
             "write: smtp_user NAME");
  if (!mail.verify && mail.tls != MailTls::none)
    complain(Severity::warning, "smtp_verify",
             "anybody on the way to the mail server can pretend to be it and read the mails",
             "write: smtp_ca_file PATH, with the authority of the server's certificate");
  const bool alerts = given.has("smtp_alert") || given.has("smtp_alert_vrrp");
  if (!mail.server.empty() && mail.recipients.empty())
    complain(Severity::warning, "smtp_server", "there is a mail server but nobody to write to",
             "write: notification_email { someone@example.net }");
  if (mail.server.empty() && !mail.recipients.empty() && alerts)
    complain(Severity::warning, "notification_email", "there are people to write to but no mail server",
             "write: smtp_server 127.0.0.1");
}

}  // namespace

void read_globals(Build& build) {
  using Pass = Interpreter::Pass;
  const Block& block = schema().at("global_defs");
  Globals& globals = build.interpreter.globals();
  for (const Pass pass : {Pass::early, Pass::late}) {
    GlobalsRead given;
    for (const Statement* statement : build.root.global_defs) {
      if (pass == Pass::late && !statement->arguments().empty()) {
        build.interpreter.refuse("surplus-argument", statement->arguments().front(),
                                 "global_defs has no name", {}, "it is ignored");
      }
      given.blocks.push_back(build.interpreter.read_block(block, statement->children(), &globals, pass));
    }
    if (pass == Pass::early) continue;
    inherit_announcements(globals, given);
    check_announcement_pace(build, given);
    check_multicast_group(build, given);
    check_fifos(build, given);
    finish_mail(build, given);
    if (!given.has("snmp_rs_stats_update_interval")) {
      globals.snmp.real_server_interval = globals.snmp.virtual_server_interval;
    }
    if (globals.vrrp.vmac_address_prefix.empty()) globals.vrrp.vmac_address_prefix = globals.vrrp.vmac_prefix;
  }
  DaemonSettings& daemon = globals.daemon;
  if (!daemon.instance.empty() || !daemon.net_namespace.empty()) daemon.use_pid_directory = true;
  if (globals.router_id.empty()) globals.router_id = build.interpreter.world().host_name();
}

}  // namespace config
