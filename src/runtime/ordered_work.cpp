#include "runtime/ordered_work.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <memory>

#include "core/overload.hpp"

namespace runtime {

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""us;

constexpr core::Duration piece_time = 2ms;
constexpr std::size_t largest_piece =
    128;  // their answers fit the socket's buffer even if every one is refused
constexpr core::Duration full_pause = 2ms;
constexpr core::Duration full_patience = 250ms;  // then the frame is given up: there are repeats of it
// Going on needs a short sleep: a real-time process that never sleeps is ended by its limit.
constexpr core::Duration breath = 50us;

}  // namespace

void OrderedWork::add(engine::action::AddAddresses&& action) {
  for (auto& address : action.addresses) queue_.emplace_back(KernelChange{Kind::add, std::move(address)});
}

void OrderedWork::add(engine::action::RemoveAddresses&& action) {
  for (auto& address : action.addresses) queue_.emplace_back(KernelChange{Kind::remove, std::move(address)});
}

void OrderedWork::add(engine::action::AddRoutes&& action) { add_each(Kind::add, std::move(action.routes)); }
void OrderedWork::add(engine::action::RemoveRoutes&& action) {
  add_each(Kind::remove, std::move(action.routes));
}
void OrderedWork::add(engine::action::AddRules&& action) { add_each(Kind::add, std::move(action.rules)); }
void OrderedWork::add(engine::action::RemoveRules&& action) {
  add_each(Kind::remove, std::move(action.rules));
}

template <class Object>
void OrderedWork::add_each(Kind kind, std::vector<Object>&& objects) {
  for (Object& object : objects)
    queue_.emplace_back(KernelChange{kind, std::make_shared<const Object>(std::move(object))});
}

void OrderedWork::add(engine::action::SendFrame&& action) { queue_.emplace_back(std::move(action)); }
void OrderedWork::add(engine::action::RunHooks&& action) { queue_.emplace_back(std::move(action)); }
void OrderedWork::add(engine::action::Tell&& action) {
  queue_.emplace_back(std::make_unique<engine::action::Tell>(std::move(action)));
}

void OrderedWork::pop(std::size_t count) {
  done_ += count;
  if (empty()) {
    queue_ = std::vector<Item>();
    done_ = 0;
  } else if (done_ > size()) {
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(done_));
    done_ = 0;
  }
}

OrderedWork::Outcome OrderedWork::work(WorkTools& tools, core::Time until) {
  Outcome outcome;
  if (blocked_until_ && tools.now() < *blocked_until_) return outcome;
  blocked_until_.reset();
  while (!empty() && !blocked_until_) {
    if (std::holds_alternative<KernelChange>(front())) {
      change_kernel(tools, outcome);
    } else if (std::holds_alternative<std::unique_ptr<LinkChange>>(front())) {
      change_link(tools, outcome);
    } else if (std::holds_alternative<std::unique_ptr<FirewallChange>>(front())) {
      change_firewall(tools, outcome);
    } else if (std::holds_alternative<engine::action::SendFrame>(front())) {
      send_frames(tools, outcome);
    } else {
      if (auto* hooks = std::get_if<engine::action::RunHooks>(&front())) tools.run(std::move(*hooks));
      if (auto* news = std::get_if<std::unique_ptr<engine::action::Tell>>(&front()))
        tools.tell(std::move(**news));
      pop();
    }
    if (tools.now() >= until) break;
  }
  return outcome;
}

void OrderedWork::change_link(WorkTools& tools, Outcome& outcome) {
  const LinkChange change = std::move(*std::get<std::unique_ptr<LinkChange>>(front()));
  pop();
  const auto changed = tools.change(change);
  if (changed) return;
  if (const auto* unwanted = std::get_if<engine::action::RemoveLink>(&change)) {
    outcome.problems.push_back({changed.error().code, fmt::format("cannot remove interface {}: {}",
                                                                  unwanted->name, changed.error().message)});
  } else if (const auto* down = std::get_if<engine::action::RaiseLink>(&change)) {
    outcome.links_refused.push_back({down->name, changed.error()});
  } else {
    outcome.links_refused.push_back(
        {std::get<engine::action::CreateLink>(change).link.name, changed.error()});
  }
}

void OrderedWork::change_firewall(WorkTools& tools, Outcome& outcome) {
  const FirewallChange change = std::move(*std::get<std::unique_ptr<FirewallChange>>(front()));
  pop();
  const auto changed = tools.change(change);
  if (changed) return;
  if (std::holds_alternative<engine::action::BuildFirewall>(change)) {
    outcome.firewall_refused = changed.error();
  } else if (std::holds_alternative<engine::action::ChangeFirewall>(change)) {
    outcome.firewall_touched = true;
  } else {
    outcome.problems.push_back(
        {changed.error().code,
         fmt::format("cannot remove the nftables table {}: {}",
                     std::get<engine::action::RemoveFirewall>(change).table, changed.error().message)});
  }
}

void OrderedWork::change_kernel(WorkTools& tools, Outcome& outcome) {
  const auto affordable = static_cast<std::size_t>(piece_time / std::max<core::Duration>(cost_, 1us));
  const std::size_t limit = std::clamp<std::size_t>(affordable, 1, largest_piece);
  piece_.clear();
  for (const Item& item : waiting()) {
    const auto* change = std::get_if<KernelChange>(&item);
    if (change == nullptr || piece_.size() == limit) break;
    piece_.push_back(*change);
  }
  const core::Time start = tools.now();
  const auto applied = tools.apply(piece_);
  const core::Time end = tools.now();
  if (!applied) {
    // No memory, most likely; nothing was done. Said each time: an address that is late matters.
    outcome.problems.push_back(applied.error());
    blocked_until_ = end + full_patience;
    return;
  }
  cost_ = (cost_ + (end - start) / static_cast<std::int64_t>(piece_.size())) / 2;
  for (const auto& refusal : applied->refusals) {
    KernelChange& change = piece_[refusal.index];
    if (change.kind == Kind::remove) {
      outcome.problems.push_back(
          {refusal.error.code, fmt::format("cannot remove {}: {}", change.text(), refusal.error.message)});
      continue;
    }
    std::visit(core::Overload{
                   [&](net::InterfaceAddress& address) {
                     outcome.not_added.push_back({std::move(address), refusal.error});
                   },
                   [&](const std::shared_ptr<const net::KernelRoute>& route) {
                     outcome.routes_refused.push_back({*route, refusal.error});
                   },
                   [&](const std::shared_ptr<const net::Rule>& rule) {
                     outcome.rules_refused.push_back({*rule, refusal.error});
                   },
               },
               change.object);
  }
  outcome.answers_lost = outcome.answers_lost || applied->answers_lost;
  pop(piece_.size());
}

void OrderedWork::send_frames(WorkTools& tools, Outcome& outcome) {
  std::array<const engine::action::SendFrame*, FrameSocket::batch_limit> frames{};
  std::size_t count = 0;
  for (const Item& item : waiting()) {
    const auto* frame = std::get_if<engine::action::SendFrame>(&item);
    if (frame == nullptr || count == frames.size()) break;
    frames[count++] = frame;
  }
  FrameSocket::Sent sent = tools.send(std::span{frames}.first(count));
  if (sent.full) {
    const core::Time now = tools.now();
    if (!full_since_) full_since_ = now;
    if (now - *full_since_ < full_patience) {
      blocked_until_ = now + full_pause;
      return;
    }
    sent.count = 1;
    sent.refused =
        core::Error{0, fmt::format("the queue of interface {} stays full: an announcement is given up",
                                   frames[0]->interface.value)};
  }
  full_since_.reset();
  if (sent.refused) outcome.problems.push_back(*sent.refused);
  pop(sent.count);
}

std::optional<core::Time> OrderedWork::next_time(core::Time now) const {
  if (empty()) return std::nullopt;
  return std::max(now + breath, blocked_until_.value_or(now));
}

}  // namespace runtime
