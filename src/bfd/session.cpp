#include "bfd/session.hpp"

#include <algorithm>
#include <utility>

namespace bfd {

using core::Duration;
using core::Time;

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""us;
using std::chrono_literals::operator""s;

// bfd.RemoteMinRxInterval before anything is heard (RFC 5880, section 6.8.1).
constexpr Duration unknown_min_rx = 1us;
// RFC 5880, section 6.8.3: a session that is not up sends no faster than this.
constexpr Duration least_idle = 1s;
// How many slow packets a new worker has to get a session up again that was up before it.
constexpr int slow_packets_trusted = 3;
// A wake-up this part of the detection time late, or more, is our own pause and not the neighbour's silence.
constexpr int late_part = 8;

}  // namespace

Session::Session(Config config, std::uint32_t discriminator, std::uint64_t seed)
    : config_(std::move(config)),
      random_(seed),
      discriminator_(discriminator),
      remote_min_rx_(unknown_min_rx) {
  want_timers(std::max(config_.idle_tx, least_idle), config_.min_rx);
}

std::uint8_t Session::hop_limit_of(const Config& config) {
  constexpr std::uint8_t v4 = 255, v6 = 64;
  return config.hop_limit.value_or(config.neighbour.is_v4() ? v4 : v6);
}

Actions Session::handle(Time now, const Event& event) {
  Actions out;
  std::visit([&](const auto& happened) { on(now, happened, out); }, event);
  return out;
}

Actions Session::handle_timeout(Time now) {
  Actions out;
  if (detect_at_ && now >= *detect_at_) detection_over(now, out);
  if (trusted_until_ && now >= *trusted_until_) {
    trusted_until_.reset();
    reachable_ = false;
    report(now, state_, Reason::not_back_in_time, out);
  }
  if (transmit_at_ && now >= *transmit_at_) {
    send(now, false, out);
    schedule(now);
  }
  return out;
}

std::optional<Time> Session::next_timeout() const {
  std::optional<Time> next = transmit_at_;
  for (const auto& other : {detect_at_, trusted_until_}) {
    if (other && (!next || *other < *next)) next = other;
  }
  return next;
}

std::optional<ReceiveError> Session::refuses(const Packet& packet, std::uint8_t hop_limit) const {
  constexpr int any_number = 255;
  const bool hops_matter = config_.max_hops >= 0 && config_.max_hops != any_number;
  if (hops_matter && hop_limit < this->hop_limit() - config_.max_hops) return ReceiveError::hop_limit;
  if (packet.authentication) return ReceiveError::authentication;
  if (state_ == State::admin_down) return ReceiveError::admin_down;
  return std::nullopt;
}

void Session::on(Time now, const event::Started&, Actions& out) {
  enter(now, State::down, Reason::started, out);
}

// The neighbour has noticed nothing if our packets were missing for less than its detection time. If it has, the session comes
// up anew, and until that had its chance our own accident is no reason to call the neighbour unreachable.
void Session::on(Time now, const event::Resumed& resumed, Actions& out) {
  const Snapshot& was = resumed.previous;
  counters_ = was.counters;
  discriminator_ = was.discriminator;
  last_ = was.last;
  reachable_ = was.reachable;
  if (was.state == State::admin_down) return on(now, event::Started{}, out);
  const Duration its_patience = was.multiplier * std::max(was.desired_min_tx, was.remote_min_rx);
  if (was.state == State::up && resumed.away < its_patience) {
    state_ = was.state;
    diagnostic_ = was.diagnostic;
    remote_state_ = was.remote_state;
    remote_diagnostic_ = was.remote_diagnostic;
    remote_discriminator_ = was.remote_discriminator;
    remote_multiplier_ = was.remote_multiplier;
    remote_min_tx_ = was.remote_min_tx;
    remote_min_rx_ = was.remote_min_rx;
    desired_min_tx_ = effective_min_tx_ = was.desired_min_tx;
    required_min_rx_ = effective_min_rx_ = was.required_min_rx;
    polling_ = was.polling;
    want_timers(config_.min_tx, config_.min_rx);
    detect_at_ = now + detection_time();
    report(now, state_, Reason::resumed, out);
    send(now, false, out);
    return schedule(now);
  }
  if (reachable_) trusted_until_ = now + slow_packets_trusted * std::max(config_.idle_tx, least_idle);
  enter(now, State::down, Reason::resumed, out);
}

// RFC 5880, section 6.8.6, from where the packet is accepted.
void Session::on(Time now, const event::PacketReceived& received, Actions& out) {
  const Packet& packet = received.packet;
  ++counters_.packets_received;
  remote_discriminator_ = packet.my_discriminator;
  remote_state_ = packet.state;
  remote_diagnostic_ = packet.diagnostic;
  remote_demand_ = packet.demand;
  remote_min_rx_ = packet.required_min_rx;
  remote_min_tx_ = packet.desired_min_tx;
  remote_multiplier_ = packet.multiplier;
  forgiven_ = false;
  if (polling_ && packet.final) end_poll();
  follow_neighbour(now, packet.state, out);
  if (packet.poll) send(now, true, out);
  detect_at_ = now + detection_time();
  schedule(now);
}

void Session::follow_neighbour(Time now, State told, Actions& out) {
  if (told == State::admin_down) {
    if (state_ != State::down) enter(now, State::down, Reason::neighbour_admin_down, out);
    return;
  }
  switch (state_) {
    case State::down:
      if (told == State::down) enter(now, State::init, Reason::neighbour_heard, out);
      if (told == State::init) enter(now, State::up, Reason::established, out);
      return;
    case State::init:
      if (told != State::down) enter(now, State::up, Reason::established, out);
      return;
    case State::up:
      if (told == State::down) enter(now, State::down, Reason::neighbour_down, out);
      return;
    case State::admin_down:
      return;
  }
}

void Session::on(Time now, const event::Reconfigured& reconfigured, Actions& out) {
  const bool waits = !transmits();
  const std::uint8_t multiplier = config_.multiplier;
  config_ = reconfigured.config;
  if (state_ == State::admin_down) return;
  want_timers(state_ == State::up ? config_.min_tx : std::max(config_.idle_tx, least_idle), config_.min_rx);
  if (detect_at_) detect_at_ = std::max(*detect_at_, now + detection_time());
  // A shorter multiplier must reach the neighbour, and an active session speaks at once.
  if (transmits() && (waits || polling_ || multiplier != config_.multiplier)) send(now, false, out);
  schedule(now);
}

void Session::on(Time now, const event::Stopped&, Actions& out) {
  if (state_ == State::admin_down) return;
  enter(now, State::admin_down, Reason::stopped, out);
  transmit_at_.reset();
  detect_at_.reset();
  trusted_until_.reset();
}

void Session::detection_over(Time now, Actions& out) {
  // Who was not run cannot say that nothing came: it may be waiting in the socket.
  if (!forgiven_ && now - *detect_at_ > detection_time() / late_part) {
    forgiven_ = true;
    detect_at_ = now + std::max(effective_min_rx_, remote_min_tx_);
    return;
  }
  detect_at_.reset();
  if (state_ != State::down) enter(now, State::down, Reason::neighbour_silent, out);
  forget_neighbour();
  schedule(now);
}

// RFC 5880, section 6.8.1: after a detection time of silence its discriminator is not known any more.
void Session::forget_neighbour() {
  remote_state_ = State::down;
  remote_discriminator_ = 0;
  remote_multiplier_ = 0;
  remote_min_tx_ = {};
  remote_min_rx_ = unknown_min_rx;
  remote_demand_ = false;
}

void Session::enter(Time now, State next, Reason reason, Actions& out) {
  const State before = std::exchange(state_, next);
  switch (reason) {
    case Reason::neighbour_silent:
      diagnostic_ = Diagnostic::detection_time_expired;
      break;
    case Reason::neighbour_down:
    case Reason::neighbour_admin_down:
      diagnostic_ = Diagnostic::neighbour_signalled_down;
      break;
    case Reason::stopped:
      diagnostic_ = Diagnostic::administratively_down;
      break;
    default:
      break;
  }
  if (next == State::up) {
    diagnostic_ = Diagnostic::none;
    reachable_ = true;
    trusted_until_.reset();
    ++counters_.came_up;
    want_timers(config_.min_tx, config_.min_rx);
  } else {
    if (before == State::up) {
      ++counters_.went_down;
      if (reason == Reason::neighbour_silent || reason == Reason::neighbour_down) reachable_ = false;
    }
    polling_ = false;
    want_timers(std::max(config_.idle_tx, least_idle), config_.min_rx);
  }
  report(now, before, reason, out);
  const bool last_word = next == State::admin_down && (remote_discriminator_ != 0 || !config_.passive);
  if (transmits() || last_word) send(now, false, out);
  schedule(now);
}

void Session::report(Time now, State from, Reason reason, Actions& out) {
  last_ = {from, state_, reason, now, reachable_, remote_diagnostic_, detection_time()};
  out.emplace_back(action::ReportChange{last_});
}

// RFC 5880, section 6.8.3. While up, a change is announced by a Poll sequence: sending slower, and giving up sooner, wait until
// the neighbour has confirmed.
void Session::want_timers(Duration min_tx, Duration min_rx) {
  if (state_ == State::up && (min_tx != desired_min_tx_ || min_rx != required_min_rx_)) polling_ = true;
  desired_min_tx_ = min_tx;
  required_min_rx_ = min_rx;
  effective_min_tx_ = state_ == State::up ? std::min(effective_min_tx_, min_tx) : min_tx;
  effective_min_rx_ = state_ == State::up ? std::max(effective_min_rx_, min_rx) : min_rx;
}

void Session::end_poll() {
  polling_ = false;
  effective_min_tx_ = desired_min_tx_;
  effective_min_rx_ = required_min_rx_;
}

void Session::send(Time now, bool final, Actions& out) {
  Packet packet;
  packet.diagnostic = diagnostic_;
  packet.state = state_;
  packet.poll = polling_ && !final;
  packet.final = final;
  packet.multiplier = config_.multiplier;
  packet.my_discriminator = discriminator_;
  packet.your_discriminator = remote_discriminator_;
  packet.desired_min_tx = desired_min_tx_;
  packet.required_min_rx = required_min_rx_;
  if (!final) last_sent_ = now;
  ++counters_.packets_sent;
  out.emplace_back(action::SendPacket{packet});
}

// After anything that may have changed whether and how often we send.
void Session::schedule(Time now) {
  if (!transmits()) {
    transmit_at_.reset();
    interval_ = {};
    return;
  }
  const Duration interval = agreed_interval();
  const bool sent_since = transmit_at_ && last_sent_ && *last_sent_ == now;
  if (transmit_at_ && interval == interval_ && !sent_since) return;
  interval_ = interval;
  transmit_at_ = last_sent_ ? std::max(now, *last_sent_ + jittered(interval)) : now;
}

// RFC 5880, section 6.8.7.
bool Session::transmits() const {
  if (state_ == State::admin_down) return false;
  if (config_.passive && remote_discriminator_ == 0) return false;
  if (remote_min_rx_ == Duration{}) return false;
  return !(remote_demand_ && state_ == State::up && remote_state_ == State::up && !polling_);
}

Duration Session::agreed_interval() const { return std::max(effective_min_tx_, remote_min_rx_); }

// RFC 5880, section 6.8.4. The neighbour sends no faster than we can receive, whatever it would like.
Duration Session::detection_time() const {
  return remote_multiplier_ * std::max(effective_min_rx_, remote_min_tx_);
}

// RFC 5880, section 6.8.7: up to a quarter shorter, and at least a tenth if a single lost packet ends the session.
Duration Session::jittered(Duration interval) {
  const Duration most = interval * 3 / 4;
  const Duration least =
      config_.multiplier == 1 ? interval * 9 / 10 : interval - interval / least_jitter_part;
  return Duration{random_.between(most.count(), least.count())};
}

Snapshot Session::snapshot() const {
  Snapshot shown;
  shown.name = config_.name;
  shown.neighbour = config_.neighbour;
  shown.source = config_.source;
  shown.multihop = config_.multihop;
  shown.passive = config_.passive;
  shown.state = state_;
  shown.remote_state = remote_state_;
  shown.reachable = reachable_;
  shown.diagnostic = diagnostic_;
  shown.remote_diagnostic = remote_diagnostic_;
  shown.discriminator = discriminator_;
  shown.remote_discriminator = remote_discriminator_;
  shown.multiplier = config_.multiplier;
  shown.remote_multiplier = remote_multiplier_;
  shown.desired_min_tx = desired_min_tx_;
  shown.required_min_rx = required_min_rx_;
  shown.remote_min_tx = remote_min_tx_;
  shown.remote_min_rx = remote_min_rx_;
  shown.transmit_interval = transmits() ? agreed_interval() : Duration{};
  shown.detection_time = detection_time();
  shown.polling = polling_;
  shown.last = last_;
  shown.counters = counters_;
  return shown;
}

std::string_view reason_text(Reason reason) {
  switch (reason) {
    case Reason::none:
      return "no reason";
    case Reason::started:
      return "just started";
    case Reason::neighbour_heard:
      return "the neighbour is heard";
    case Reason::established:
      return "packets go both ways";
    case Reason::neighbour_silent:
      return "the neighbour fell silent";
    case Reason::neighbour_down:
      return "the neighbour signalled that it is down";
    case Reason::neighbour_admin_down:
      return "the neighbour was taken down by its operator";
    case Reason::not_back_in_time:
      return "it did not come up again after our worker was restarted";
    case Reason::resumed:
      return "a new worker goes on as the one before it";
    case Reason::stopped:
      return "stopped";
  }
  std::unreachable();
}

std::string_view reason_id(Reason reason) {
  switch (reason) {
    case Reason::none:
      return "none";
    case Reason::started:
      return "started";
    case Reason::neighbour_heard:
      return "neighbour_heard";
    case Reason::established:
      return "established";
    case Reason::neighbour_silent:
      return "neighbour_silent";
    case Reason::neighbour_down:
      return "neighbour_down";
    case Reason::neighbour_admin_down:
      return "neighbour_admin_down";
    case Reason::not_back_in_time:
      return "not_back_in_time";
    case Reason::resumed:
      return "resumed";
    case Reason::stopped:
      return "stopped";
  }
  std::unreachable();
}

}  // namespace bfd
