// vrrp_strict: what a router may not do when it is held to the letter of the RFCs (RFC 3768, RFC 9568), rule by rule, each with
// a word on what that means for the operator.
#include <fmt/format.h>

#include "config/build.hpp"

namespace config {

namespace {

class StrictRules {
 public:
  StrictRules(Build& build, InstanceDraft& draft)
      : in_(build.interpreter), draft_(draft), router_(draft.vrrp) {}

  void apply() {
    require_matching_state();
    forbid_unicast();
    hold_timers();
    hold_answers();
    hold_virtual_interface();
    if (router_.signature && router_.signature->mode != vrrp::SignatureMode::enforce) {
      warn("auth_hmac", "strict mode: unsigned adverts are refused (mode enforce)");
      router_.signature->mode = vrrp::SignatureMode::enforce;
    }
    decide_accept();
  }

 private:
  const Word& at(std::string_view keyword) const {
    const Word* word = draft_.given.find(keyword);
    return word != nullptr ? *word : draft_.name;
  }
  void warn(std::string_view keyword, std::string message, std::string hint = {}) {
    in_.report(Severity::warning, "strict-mode", at(keyword), std::move(message), std::move(hint));
  }

  void require_matching_state() {
    const bool master = draft_.state_master.value_or(false);
    if (master && !router_.owner()) {
      warn("state",
           fmt::format("strict mode: only priority 255 starts as MASTER; this router has priority {} and "
                       "starts as BACKUP",
                       router_.priority),
           "write state BACKUP: the highest priority becomes master all the same");
      router_.start_as_master = false;
    } else if (draft_.state_master == false && router_.owner()) {
      warn("state", "strict mode: priority 255 starts as MASTER");
      router_.start_as_master = true;
      router_.state_backup_written = false;
    }
  }

  void forbid_unicast() {
    if (!draft_.given.has("unicast_peer")) return;
    in_.refuse("strict-mode", at("unicast_peer"), "strict mode: VRRP knows multicast only",
               "write strict_mode off in this vrrp_instance", "unicast is used all the same");
  }

  void hold_timers() {
    if (router_.down_timer_adverts != 3) {
      warn("down_timer_adverts",
           "strict mode: three missed adverts mean that the master is down; 'down_timer_adverts' is ignored");
      router_.down_timer_adverts = 3;
    }
    if (draft_.no_virtual_addresses) warn("no_virtual_ipaddress", "strict mode: a router needs an address");
  }

  void hold_answers() {
    if (draft_.given.has("lower_prio_no_advert") && !router_.lower_prio_no_advert) {
      warn("lower_prio_no_advert", "strict mode: a lower priority is not answered; 'off' is ignored");
    }
    router_.lower_prio_no_advert = true;
    if (router_.higher_prio_send_advert) {
      warn("higher_prio_send_advert",
           "strict mode: a higher priority is not answered; 'higher_prio_send_advert' is ignored");
      router_.higher_prio_send_advert = false;
    }
    vrrp::AnnouncementConfig& announcements = router_.announcements;
    if (draft_.given.has("garp_lower_prio_repeat") && announcements.lower_prio_repeat != 0) {
      warn("garp_lower_prio_repeat",
           "strict mode: nothing is announced on a lower priority; 'garp_lower_prio_repeat' is ignored");
    }
    if (draft_.given.has("garp_lower_prio_delay") && announcements.lower_prio_delay != core::Duration{}) {
      warn("garp_lower_prio_delay",
           "strict mode: nothing is announced on a lower priority; 'garp_lower_prio_delay' is ignored");
    }
    announcements.lower_prio_repeat = 0;
    announcements.lower_prio_delay = {};
    if (!router_.owner()) return;
    if (draft_.owner_ignore_written == false) {
      warn("owner_ignore_adverts", "strict mode: the owner ignores adverts; 'off' is ignored");
    }
    router_.owner_ignore_adverts = true;
  }

  void hold_virtual_interface() {
    VirtualInterface& link = draft_.virtual_interface;
    if (link.mac) {
      warn("use_vmac", "strict mode: the virtual MAC address is the RFC's; the one written is ignored");
      link.mac.reset();
      link.mac_lacks_vrid = false;
    }
    if (link.transmit_on_base) {
      warn("vmac_xmit_base",
           "strict mode: adverts leave with the virtual MAC address; 'vmac_xmit_base' is ignored");
      link.transmit_on_base = false;
    }
  }

  // Whoever is not the owner must not answer on the addresses (RFC 3768, section 6.4.3), unless Accept_Mode says so (RFC 9568).
  // An address that moves but answers nothing is hardly ever what is wanted, so it has to be asked for.
  void decide_accept() {
    if (router_.owner() || draft_.accept_written == false) return;
    const FirewallSettings& firewall = in_.globals().firewall;
    const bool no_drop_rules = firewall.iptables_written && firewall.input_chain.empty();
    if (no_drop_rules) return;
    const bool v2 = router_.version == vrrp::Version::v2;
    if (draft_.accept_written && !v2) return;
    in_.refuse(
        "answers-nothing", draft_.accept_written ? at("accept") : draft_.name,
        draft_.accept_written
            ? "strict mode: version 2 lets only priority 255 accept packets to the addresses; they would "
              "answer nothing"
            : "strict mode: while this router is master its addresses would answer nothing, not even ping",
        v2 ? "switch vrrp_strict off, or write no_accept if that is meant"
           : "write accept, or no_accept if that is meant",
        "no_accept is assumed");
    draft_.accept_written = false;
  }

  Interpreter& in_;
  InstanceDraft& draft_;
  vrrp::Config& router_;
};

}  // namespace

void apply_strict_mode(Build& build, InstanceDraft& draft) {
  if (draft.vrrp.strict) StrictRules(build, draft).apply();
}

}  // namespace config
