// One BFD session in asynchronous mode (RFC 5880, section 6): whether packets go both ways between us and one neighbour, how
// often each side sends, and how long silence is believed. Decides; never sends, sleeps or logs. Packets come in decoded,
// checked (packet.hpp) and found to be for this session. No demand mode of our own, no echo, no authentication.
//
// What others are told (`reachable`) is not quite the state: a neighbour that takes its session down on purpose says nothing
// about the path (RFC 5882, section 3.2), and neither does a worker of ours that died.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bfd/config.hpp"
#include "bfd/packet.hpp"
#include "core/random.hpp"
#include "core/time.hpp"

namespace bfd {

enum class Reason : std::uint8_t {
  none,
  started,
  neighbour_heard,       // down → init
  established,           // → up
  neighbour_silent,      // → down: the detection time ran out
  neighbour_down,        // → down: the neighbour does not hear us
  neighbour_admin_down,  // → down: by its operator's will
  not_back_in_time,      // a new worker did not get the session up again soon enough
  resumed,
  stopped,
};

struct Change {
  State from = State::admin_down;
  State to = State::admin_down;
  Reason reason = Reason::none;
  core::Time when{};
  bool reachable = false;  // what the trackers are to believe
  Diagnostic neighbour_diagnostic = Diagnostic::none;
  core::Duration detection{};  // how long silence was believed

  friend bool operator==(const Change&, const Change&) = default;
};

struct Counters {
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_received = 0;
  std::uint64_t came_up = 0;
  std::uint64_t went_down = 0;
  std::uint64_t send_errors = 0;
  ReceiveErrorCounts receive_errors{};

  friend bool operator==(const Counters&, const Counters&) = default;
};

struct Snapshot {
  std::string name;
  net::IpAddress neighbour;
  std::optional<net::IpAddress> source;
  bool multihop = false;
  bool passive = false;
  State state = State::admin_down;
  State remote_state = State::down;
  bool reachable = false;
  Diagnostic diagnostic = Diagnostic::none;
  Diagnostic remote_diagnostic = Diagnostic::none;
  std::uint32_t discriminator = 0;
  std::uint32_t remote_discriminator = 0;
  std::uint8_t multiplier = 0;
  std::uint8_t remote_multiplier = 0;
  core::Duration desired_min_tx{};  // as we say it now
  core::Duration required_min_rx{};
  core::Duration remote_min_tx{};
  core::Duration remote_min_rx{};
  core::Duration transmit_interval{};  // agreed, before jitter; 0 = we do not send
  core::Duration detection_time{};     // of ours; 0 = nothing was heard yet
  bool polling = false;
  Change last;
  Counters counters;

  friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

namespace event {
struct Started {};
/// Goes on where another process, last alive `away` ago, had it.
struct Resumed {
  Snapshot previous;
  core::Duration away{};
};
struct PacketReceived {
  Packet packet;
};
/// The neighbour, our source and the port stay what they are.
struct Reconfigured {
  Config config;
};
struct Stopped {};
}  // namespace event

using Event =
    std::variant<event::Started, event::Resumed, event::PacketReceived, event::Reconfigured, event::Stopped>;

namespace action {
struct SendPacket {
  Packet packet;
  friend bool operator==(const SendPacket&, const SendPacket&) = default;
};
struct ReportChange {
  Change change;
  friend bool operator==(const ReportChange&, const ReportChange&) = default;
};
}  // namespace action

using Action = std::variant<action::SendPacket, action::ReportChange>;
using Actions = std::vector<Action>;

class Session {
 public:
  /// `discriminator` is unique among the sessions of this machine and not 0; `seed` feeds the jitter.
  Session(Config config, std::uint32_t discriminator, std::uint64_t seed);

  Actions handle(core::Time now, const Event& event);
  Actions handle_timeout(core::Time now);  // early or repeated calls do nothing
  std::optional<core::Time> next_timeout() const;
  Snapshot snapshot() const;

  const Config& config() const { return config_; }
  State state() const { return state_; }
  bool reachable() const { return reachable_; }
  std::uint32_t discriminator() const { return discriminator_; }
  Counters& counters() { return counters_; }
  /// The last check before PacketReceived: is the packet fit for this session?
  std::optional<ReceiveError> refuses(const Packet& packet, std::uint8_t hop_limit) const;
  /// How late a packet may leave without exceeding the agreed interval: the least jitter leaves that much.
  core::Duration slack() const { return interval_ / least_jitter_part; }
  /// TTL or hop limit of what we send.
  std::uint8_t hop_limit() const { return hop_limit_of(config_); }
  static std::uint8_t hop_limit_of(const Config& config);

 private:
  static constexpr int least_jitter_part = 50;  // 2 %

  void on(core::Time now, const event::Started& started, Actions& out);
  void on(core::Time now, const event::Resumed& resumed, Actions& out);
  void on(core::Time now, const event::PacketReceived& received, Actions& out);
  void on(core::Time now, const event::Reconfigured& reconfigured, Actions& out);
  void on(core::Time now, const event::Stopped& stopped, Actions& out);

  void follow_neighbour(core::Time now, State told, Actions& out);
  void detection_over(core::Time now, Actions& out);
  void forget_neighbour();

  /// The only writer of state_ (but for a resumed state).
  void enter(core::Time now, State next, Reason reason, Actions& out);
  void report(core::Time now, State from, Reason reason, Actions& out);
  void want_timers(core::Duration min_tx, core::Duration min_rx);
  void end_poll();
  void send(core::Time now, bool final, Actions& out);
  void schedule(core::Time now);
  bool transmits() const;
  core::Duration agreed_interval() const;
  core::Duration detection_time() const;
  core::Duration jittered(core::Duration interval);

  Config config_;
  core::Random random_;
  std::uint32_t discriminator_ = 0;
  State state_ = State::admin_down;
  Diagnostic diagnostic_ = Diagnostic::none;
  bool reachable_ = false;
  Change last_;

  // What we say, and, while a Poll sequence has not told the neighbour yet, what we still go by.
  core::Duration desired_min_tx_{}, effective_min_tx_{};
  core::Duration required_min_rx_{}, effective_min_rx_{};
  bool polling_ = false;

  // What the neighbour says.
  State remote_state_ = State::down;
  Diagnostic remote_diagnostic_ = Diagnostic::none;
  std::uint32_t remote_discriminator_ = 0;
  std::uint8_t remote_multiplier_ = 0;  // 0: nothing was heard
  core::Duration remote_min_tx_{};
  core::Duration remote_min_rx_{};
  bool remote_demand_ = false;

  core::Duration interval_{};  // that transmit_at_ was reckoned with
  std::optional<core::Time> last_sent_;
  std::optional<core::Time> transmit_at_;
  std::optional<core::Time> detect_at_;
  std::optional<core::Time> trusted_until_;  // reachable since before our worker died
  bool forgiven_ = false;                    // we woke up late once since the last packet
  Counters counters_;
};

/// A short sentence for people, a stable identifier for programs.
std::string_view reason_text(Reason reason);
std::string_view reason_id(Reason reason);

}  // namespace bfd
