// One virtual router (RFC 3768 and RFC 9568, section 6.4): who is master, for how long silence is believed, when to send.
// Decides; never sends, sleeps, logs or knows what an interface is: its faults and its source address are told to it, packets
// come in decoded and checked (advert.hpp). FAULT is RFC 9568's Initialize with reasons that will pass.
//
// Three things are unlike keepalived, on purpose. A packet that was refused changes no timer. A master that was not run for so
// long that the others must have taken over listens before it sends again. A second master that is gone makes the remaining
// one announce its addresses and run its hooks again, and who gives way says so with one last advert, or the other would
// never learn that there were two.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/time.hpp"
#include "vrrp/announcement_plan.hpp"
#include "vrrp/config.hpp"
#include "vrrp/state.hpp"

namespace vrrp {

namespace event {

/// The router begins. Until `hold_until` (the startup delay) it neither listens nor becomes master.
struct Started {
  core::Time hold_until{};
  bool beside_master = false;  // the other half of its vrrp_instance is master: so is this one, at once
};
/// The router goes on where another process, last alive `away` ago, had it.
struct Resumed {
  Snapshot previous;
  core::Duration away{};
};
/// All faults there are now. May come before Started.
struct FaultsChanged {
  std::vector<Fault> faults;
};
/// Where our adverts come from. May come before Started.
struct SourceChanged {
  std::optional<net::IpAddress> source;
};
/// What trackers add to the configured priority now, one part each. May come before Started. The owner of the addresses keeps
/// its 255 whatever they say.
struct PriorityChanged {
  std::vector<PriorityPart> parts;
};
/// Every member of the sync group wants to be master, or is.
struct GroupTakesOver {};
/// Another member of the sync group is no longer master.
struct GroupYields {
  std::string member;
};
/// Another member of the sync group heard a lower master: the neighbours of this one may be confused too.
struct GroupHeardLowerPriority {};
/// An advert that passed every check.
struct AdvertReceived {
  net::IpAddress source;
  std::uint8_t priority = 0;
  core::Duration interval{};
};
/// What a reload may change without a restart of the router.
struct Reconfigured {
  Config config;
  bool addresses_added = false;
};
struct Stopped {
  Reason reason = Reason::stopped;
  bool withdraw = true;  // false: leave the addresses where they are and do not resign
};

}  // namespace event

using Event =
    std::variant<event::Started, event::Resumed, event::FaultsChanged, event::SourceChanged,
                 event::PriorityChanged, event::GroupTakesOver, event::GroupYields,
                 event::GroupHeardLowerPriority, event::AdvertReceived, event::Reconfigured, event::Stopped>;

namespace action {

struct SendAdvert {
  std::uint8_t priority = 0;
  core::Duration interval{};  // to be told, version 3; 0 = the configured one
  friend bool operator==(const SendAdvert&, const SendAdvert&) = default;
};
/// Whatever is missing of them.
struct InstallAddresses {
  friend bool operator==(const InstallAddresses&, const InstallAddresses&) = default;
};
struct WithdrawAddresses {
  friend bool operator==(const WithdrawAddresses&, const WithdrawAddresses&) = default;
};
struct Announce {
  AnnouncementPlan::Rounds rounds;
  friend bool operator==(const Announce&, const Announce&) = default;
};
/// Tell the neighbours where our own source address is: unicast peers may have forgotten while we were away.
struct AnnounceSource {
  friend bool operator==(const AnnounceSource&, const AnnounceSource&) = default;
};
struct ReportTransition {
  Transition transition;
  friend bool operator==(const ReportTransition&, const ReportTransition&) = default;
};
/// A master heard somebody of lower priority: there is a hook for that.
struct ReportLowerPriority {
  friend bool operator==(const ReportLowerPriority&, const ReportLowerPriority&) = default;
};
/// The effective priority is another one.
struct ReportPriority {
  std::uint8_t before = 0;
  std::uint8_t now = 0;
  friend bool operator==(const ReportPriority&, const ReportPriority&) = default;
};
/// For the operator to read once. Already rate limited.
struct Notice {
  enum class Level : std::uint8_t { info, warning, error };
  Level level = Level::info;
  std::string_view id;
  std::string text;
  friend bool operator==(const Notice&, const Notice&) = default;
};

}  // namespace action

using Action = std::variant<action::SendAdvert, action::InstallAddresses, action::WithdrawAddresses,
                            action::Announce, action::AnnounceSource, action::ReportTransition,
                            action::ReportLowerPriority, action::ReportPriority, action::Notice>;
using Actions = std::vector<Action>;

class Instance {
 public:
  explicit Instance(Config config);

  Actions handle(core::Time now, const Event& event);
  Actions handle_timeout(core::Time now);  // early or repeated calls do nothing
  std::optional<core::Time> next_timeout() const;
  Snapshot snapshot() const;
  /// Nothing happened but that we run again: a master that slept too long goes to backup. Every other door looks first, too;
  /// this one is for who wants to speak in the name of a master by itself.
  Actions wake(core::Time now);

  const Config& config() const { return config_; }
  State state() const { return state_; }
  std::uint8_t priority() const { return priority_; }  // effective
  /// A backup whose timer ran out and whose sync group does not let it be master yet.
  bool wants_master() const { return wants_master_; }
  const std::optional<net::IpAddress>& source() const { return source_; }
  const std::optional<net::IpAddress>& master() const { return master_; }
  const std::vector<Fault>& faults() const { return faults_; }
  const std::vector<PriorityPart>& parts() const { return parts_; }  // of trackers
  const Transition& last() const { return last_; }
  core::Duration advert_interval() const { return interval_; }
  /// A peer uses the old checksum for unicast: so must we from now on.
  bool old_unicast_checksum() const { return old_unicast_checksum_; }
  void learn_old_unicast_checksum() { old_unicast_checksum_ = true; }
  /// With AH one counter serves both ways: what we send is above all that was sent or accepted.
  std::uint32_t ah_sequence() const { return ah_sequence_; }
  void learn_ah_sequence(std::uint32_t accepted) { ah_sequence_ = accepted; }
  std::uint32_t next_ah_sequence();
  /// With auth_hmac: what was sent and heard.
  const SignatureMemory& signatures() const { return signatures_; }
  void learn_signature(const net::IpAddress& sender, SignatureNumber accepted);
  SignatureNumber next_signature(core::WallTime wall);
  /// Whether a received packet matters at all now; if not it is not even counted by cause. A master that slept too long
  /// listens: what it hears is what it must know first.
  bool listens(core::Time now) const;
  Counters& counters() { return counters_; }
  /// True the first time since the state or the master changed: each kind of remark is made once.
  bool first_remark(std::string_view id);

 private:
  void on(core::Time now, const event::Started& started, Actions& out);
  void on(core::Time now, const event::Resumed& resumed, Actions& out);
  void on(core::Time now, const event::FaultsChanged& changed, Actions& out);
  void on(core::Time now, const event::SourceChanged& changed, Actions& out);
  void on(core::Time now, const event::PriorityChanged& changed, Actions& out);
  void on(core::Time now, const event::GroupTakesOver& group, Actions& out);
  void on(core::Time now, const event::GroupYields& group, Actions& out);
  void on(core::Time now, const event::GroupHeardLowerPriority& group, Actions& out);
  void on(core::Time now, const event::AdvertReceived& advert, Actions& out);
  void on(core::Time now, const event::Reconfigured& reconfigured, Actions& out);
  void on(core::Time now, const event::Stopped& stopped, Actions& out);

  void hear_as_backup(core::Time now, const event::AdvertReceived& advert);
  void hear_as_master(core::Time now, const event::AdvertReceived& advert, Actions& out);
  void hear_resignation(core::Time now, const event::AdvertReceived& advert, Actions& out);
  void hear_lower_priority(core::Time now, const event::AdvertReceived& advert, Actions& out);
  void hear_other_owner(core::Time now, const event::AdvertReceived& advert, Actions& out);
  void yield(core::Time now, const event::AdvertReceived& advert, Reason reason, Actions& out);
  void note_second_master(core::Time now, const event::AdvertReceived& advert, Actions& out);
  void reannounce(core::Time now, Actions& out);
  bool may_answer(core::Time now);

  void begin(core::Time now, bool beside_master, Actions& out);
  void set_priority(core::Time now, Actions& out);
  void want_master(core::Time now);
  void take_over(core::Time now, Actions& out);
  void send_scheduled(core::Time now, Actions& out);
  bool fell_behind(core::Time now) const;
  bool overslept(core::Time now) const;
  void listen_again_if_paused(core::Time now, Actions& out);

  /// The only writer of state_ (but for a resumed state, which is no transition).
  void enter(core::Time now, State next, Transition why, Actions& out);
  void leave_master(Reason reason, Actions& out);
  /// `interval` is what it says; 0 = ours.
  void advertise(core::Time now, Actions& out, core::Duration interval = {});
  void resign(Actions& out);
  void announce(AnnouncementPlan::Rounds rounds, Actions& out);
  void report(core::Time now, State from, Transition why, Actions& out);
  template <class Text>  // called only if it is to be said
  void remark(action::Notice::Level level, std::string_view id, Actions& out, const Text& text);
  void follow(core::Time now, const event::AdvertReceived& advert);
  void forget_master();
  void forget_second_master();

  bool can_send() const;
  bool expects_handover(core::Time now, const event::AdvertReceived& advert);
  /// What a master that we replace may still have to say is here by then.
  core::Duration handover_time() const { return interval_ / 4; }
  core::Duration skew() const;
  core::Duration master_down() const;
  core::Duration patience_of_others() const;
  /// How long a member of a sync group waits for the others before it asks again.
  core::Duration group_patience() const;
  std::string fault_list() const;

  Config config_;
  core::Duration interval_{};  // ours, as the wire carries it
  State state_ = State::initialize;
  Transition last_;
  std::vector<Fault> faults_;
  std::optional<net::IpAddress> source_;
  core::Time hold_until_{};
  std::vector<PriorityPart> parts_;  // of trackers
  std::uint8_t priority_ = 0;

  // What a backup knows.
  std::optional<net::IpAddress> master_;
  std::uint8_t master_priority_ = 0;
  core::Duration master_interval_{};  // RFC 9568's Active_Adver_Interval: learnt in version 3
  std::optional<core::Time> heard_;   // any advert with a priority above 0
  bool resigned_ = false;             // the last word of the master was priority 0
  bool woke_late_ = false;            // listening once more after a sleep in which the timer ran out
  bool wants_master_ = false;
  std::optional<core::Time> preempt_after_;  // preempt_delay runs until then

  // What a master knows.
  std::optional<core::Time> last_sent_;
  std::optional<core::Time> last_answer_;
  std::optional<core::Time> handover_until_;  // adverts of whom we replaced are no second master yet
  std::optional<net::IpAddress> replaced_;    // who that is; empty until heard
  std::optional<core::Time> second_master_until_;
  std::optional<net::IpAddress> second_master_;
  std::uint8_t second_master_priority_ = 0;
  std::optional<core::Time> reannounced_;
  std::optional<core::Time> other_owner_since_, other_owner_heard_;

  std::optional<core::Time> deadline_;  // next advert as master, takeover as backup
  AnnouncementPlan plan_;
  Counters counters_;
  bool old_unicast_checksum_ = false;
  std::uint32_t ah_sequence_ = 0;
  SignatureMemory signatures_;
  bool leaves_no_trace_ = false;  // stopped without resigning: whoever comes after us finds the addresses
  std::vector<std::string_view> remarks_;  // ids are literals
  std::optional<core::Time> remarks_cleared_;
};

}  // namespace vrrp
