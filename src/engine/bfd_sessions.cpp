#include "engine/bfd_sessions.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "core/overload.hpp"

namespace engine {

using core::Time;
using Level = action::Notice::Level;

namespace {

// A session with another neighbour, source or port is another session.
bool same_session(const bfd::Config& a, const bfd::Config& b) {
  return a.neighbour == b.neighbour && a.source == b.source && a.multihop == b.multihop;
}

bool same_session(const bfd::Snapshot& a, const bfd::Config& b) {
  return a.neighbour == b.neighbour && a.source == b.source && a.multihop == b.multihop;
}

void notice(Level level, std::string id, std::string text, Actions& out) {
  out.emplace_back(action::Notice{level, {}, std::move(id), std::move(text)});
}

}  // namespace

void BfdSessions::resume(const FailoverSnapshot& previous, Time last_alive) {
  last_alive_ = last_alive;
  receive_errors_ = previous.bfd_receive_errors;
  for (const bfd::Snapshot& session : previous.bfd_sessions) previous_.emplace(session.name, session);
}

void BfdSessions::configure(Time now, const std::vector<bfd::Config>& sessions, Actions& out) {
  std::unordered_map<std::string_view, const bfd::Config*> next;
  for (const bfd::Config& config : sessions) next.emplace(config.name, &config);
  std::vector<Number> freed;
  for (const Number number : order_) {
    const bfd::Config& old = entries_[number]->session.config();
    const auto found = next.find(old.name);
    if (found != next.end() && same_session(old, *found->second)) continue;
    retire(now, number, out);
    freed.push_back(number);
  }
  std::vector<Number> order, added;
  for (const bfd::Config& config : sessions) {
    const auto known = by_name_.find(config.name);
    if (known == by_name_.end()) {
      added.push_back(add(config));
      order.push_back(added.back());
      continue;
    }
    order.push_back(known->second);
    Entry& entry = *entries_[known->second];
    if (entry.session.config() == config) continue;
    perform(known->second, entry.session.handle(now, bfd::event::Reconfigured{config}), out);
    settle(known->second);
  }
  order_ = std::move(order);
  unused_.insert(unused_.end(), freed.begin(), freed.end());
  if (!begun_) return;
  open(out);
  for (const Number number : added) start(now, number, out);
}

void BfdSessions::begin(Time now, Actions& out) {
  if (std::exchange(begun_, true)) return;
  open(out);
  for (const Number number : order_) start(now, number, out);
  previous_.clear();
}

void BfdSessions::stop(Time now, Actions& out) {
  for (const Number number : order_)
    perform(number, entries_[number]->session.handle(now, bfd::event::Stopped{}), out);
}

BfdSessions::Number BfdSessions::add(const bfd::Config& config) {
  auto number = static_cast<Number>(entries_.size());
  if (unused_.empty()) {
    entries_.emplace_back();
  } else {
    number = unused_.back();
    unused_.pop_back();
  }
  const std::uint32_t discriminator = new_discriminator();
  entries_[number] = std::make_unique<Entry>(bfd::Session{config, discriminator, random_.next()});
  by_name_.emplace(config.name, number);
  by_discriminator_.emplace(discriminator, number);
  by_place_.emplace(Place{config.neighbour, config.multihop}, number);
  return number;
}

void BfdSessions::start(Time now, Number number, Actions& out) {
  Entry& entry = *entries_[number];
  const auto before = previous_.find(entry.session.config().name);
  if (before != previous_.end() && same_session(before->second, entry.session.config())) {
    bfd::Snapshot snapshot = before->second;
    keep_discriminator(number, snapshot);
    perform(number, entry.session.handle(now, bfd::event::Resumed{std::move(snapshot), now - last_alive_}),
            out);
  } else {
    perform(number, entry.session.handle(now, bfd::event::Started{}), out);
  }
  tell(entry);
  settle(number);
}

void BfdSessions::retire(Time now, Number number, Actions& out) {
  Entry& entry = *entries_[number];
  perform(number, entry.session.handle(now, bfd::event::Stopped{}), out);
  const bfd::Config& config = entry.session.config();
  deadlines_.clear(number);
  by_name_.erase(config.name);
  by_discriminator_.erase(entry.session.discriminator());
  auto [place, end] = by_place_.equal_range({config.neighbour, config.multihop});
  while (place != end) place = place->second == number ? by_place_.erase(place) : std::next(place);
  entries_[number].reset();
}

void BfdSessions::open(Actions& out) {
  std::vector<action::OpenBfdSessions::Endpoint> wanted;
  wanted.reserve(order_.size());
  for (const Number number : order_) {
    const bfd::Config& config = entries_[number]->session.config();
    wanted.push_back(
        {number, config.source, config.neighbour, bfd::Session::hop_limit_of(config), config.multihop});
  }
  if (wanted == opened_) return;
  opened_ = wanted;
  out.emplace_back(action::OpenBfdSessions{std::move(wanted)});
}

void BfdSessions::perform(Number number, const bfd::Actions& actions, Actions& out) {
  if (actions.empty()) return;
  Entry& entry = *entries_[number];
  for (const bfd::Action& action : actions) {
    std::visit(core::Overload{
                   [&](const bfd::action::SendPacket& send) {
                     out.emplace_back(action::SendBfdPacket{number, bfd::encode(send.packet)});
                   },
                   [&](const bfd::action::ReportChange& reported) {
                     if (reported.change.to == bfd::State::up) {
                       entry.noticed.reset();
                       entry.send_error_noticed = 0;
                     }
                     out.emplace_back(action::ReportBfdChange{entry.session.config().name, reported.change});
                   },
               },
               action);
  }
  if (entry.session.state() != bfd::State::admin_down) tell(entry);
}

void BfdSessions::tell(Entry& entry) {
  if (entry.told == entry.session.reachable()) return;
  entry.told = entry.session.reachable();
  news_.push_back({entry.session.config().name, *entry.told});
}

void BfdSessions::settle(Number number) {
  const bfd::Session& session = entries_[number]->session;
  deadlines_.update(number, session.next_timeout(), session.slack());
}

void BfdSessions::receive(Time now, const event::BfdPacketReceived& received, Actions& out) {
  const auto packet = bfd::decode(received.payload);
  if (!packet) return refuse(packet.error(), nullptr, received, out);
  const auto number = addressee(received, packet->your_discriminator);
  if (!number) return refuse(bfd::ReceiveError::unknown_session, nullptr, received, out);
  Entry& entry = *entries_[*number];
  const bfd::Config& config = entry.session.config();
  if (received.source != config.neighbour || received.multihop != config.multihop)
    return refuse(bfd::ReceiveError::wrong_source, &entry, received, out);
  if (const auto error = entry.session.refuses(*packet, received.hop_limit))
    return refuse(*error, &entry, received, out);
  perform(*number, entry.session.handle(now, bfd::event::PacketReceived{*packet}), out);
  settle(*number);
}

std::optional<BfdSessions::Number> BfdSessions::addressee(const event::BfdPacketReceived& received,
                                                          std::uint32_t discriminator) const {
  if (discriminator != 0) {
    const auto found = by_discriminator_.find(discriminator);
    return found == by_discriminator_.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<Number> anywhere;
  const auto [first, last] = by_place_.equal_range({received.source, received.multihop});
  for (auto place = first; place != last; ++place) {
    const auto& source = entries_[place->second]->session.config().source;
    if (source == received.destination) return place->second;
    if (!source) anywhere = place->second;
  }
  return anywhere;
}

void BfdSessions::refuse(bfd::ReceiveError error, Entry* entry, const event::BfdPacketReceived& received,
                         Actions& out) {
  const auto place = static_cast<std::size_t>(error);
  ++(entry == nullptr ? receive_errors_ : entry->session.counters().receive_errors)[place];
  auto& noticed = entry == nullptr ? noticed_ : entry->noticed;
  if (error == bfd::ReceiveError::admin_down || noticed.test(place)) return;
  noticed.set(place);
  const std::string whose =
      entry == nullptr ? "" : fmt::format(" for session {}", entry->session.config().name);
  notice(Level::warning, fmt::format("bfd_{}", bfd::receive_error_id(error)),
         fmt::format("a BFD packet from {}{} is ignored: {}", received.source.to_string(), whose,
                     bfd::receive_error_text(error)),
         out);
}

void BfdSessions::send_failed(const event::BfdSendFailed& failed, Actions& out) {
  if (failed.session >= entries_.size() || entries_[failed.session] == nullptr) return;
  Entry& entry = *entries_[failed.session];
  ++entry.session.counters().send_errors;
  if (entry.send_error_noticed == failed.error.code) return;
  entry.send_error_noticed = failed.error.code;
  notice(Level::warning, "bfd_send_failed",
         fmt::format("BFD session {} cannot send: {}", entry.session.config().name, failed.error.message),
         out);
}

void BfdSessions::handle_timeout(Time now, Actions& out) {
  while (const auto number = deadlines_.pop_due(now)) {
    perform(*number, entries_[*number]->session.handle_timeout(now), out);
    settle(*number);
  }
}

void BfdSessions::describe(FailoverSnapshot& shown) const {
  shown.bfd_sessions.reserve(order_.size());
  for (const Number number : order_) shown.bfd_sessions.push_back(entries_[number]->session.snapshot());
  shown.bfd_receive_errors = receive_errors_;
}

void BfdSessions::clear_counters() {
  for (const Number number : order_) entries_[number]->session.counters() = {};
  receive_errors_ = {};
  noticed_.reset();
}

// A neighbour that goes on with the session names the discriminator it knows.
void BfdSessions::keep_discriminator(Number number, bfd::Snapshot& previous) {
  const std::uint32_t fresh = entries_[number]->session.discriminator();
  if (previous.discriminator == 0 || by_discriminator_.contains(previous.discriminator)) {
    previous.discriminator = fresh;
    return;
  }
  by_discriminator_.erase(fresh);
  by_discriminator_.emplace(previous.discriminator, number);
}

std::uint32_t BfdSessions::new_discriminator() {
  for (;;) {
    const auto candidate = static_cast<std::uint32_t>(random_.next() >> 32);
    if (candidate != 0 && !by_discriminator_.contains(candidate)) return candidate;
  }
}

}  // namespace engine
