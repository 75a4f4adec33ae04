// Keeps announcement frames apart: at least `gap` between two frames of one kind on one interface or group of
// interfaces
// (`garp_interval`, `gna_interval`, `garp_group`). One Pacer is one such queue; who owns it says which frames
// go in. It drains in order, never makes up for lost time with a burst, and forgets the frames of a router
// that is no longer master.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "core/time.hpp"

namespace vrrp {

/// `Item` is whatever stands for a frame: its bytes or a ticket.
template <class Item>
class Pacer {
 public:
  using Owner = std::uint32_t;  // the router a frame speaks for
  using Items = std::vector<Item>;

  /// A gap of zero lets everything pass at once.
  explicit Pacer(core::Duration gap = {}) : gap_(gap) {}

  /// A frame wants to go out. What may go out now is returned, in order: this frame, or nothing.
  Items handle(core::Time now, Owner owner, Item item) {
    waiting_.emplace_back(owner, std::move(item));
    return release(now);
  }
  Items handle_timeout(core::Time now) { return release(now); }  // early or repeated calls do nothing
  std::optional<core::Time> next_timeout() const {
    return waiting_.empty() ? std::nullopt : std::optional(not_before_);
  }

  /// The owner lost mastership: what it still has here would be a lie.
  void drop(Owner owner) {
    std::erase_if(waiting_, [&](const auto& entry) { return entry.first == owner; });
  }
  /// After a reload. A shorter gap also counts for the frame that is waiting now.
  void set_gap(core::Duration gap) {
    if (sent_before_) not_before_ += gap - gap_;
    gap_ = gap;
  }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  Items release(core::Time now) {
    Items out;
    while (!waiting_.empty() && (gap_ <= core::Duration::zero() || !sent_before_ || now >= not_before_)) {
      out.push_back(std::move(waiting_.front().second));
      waiting_.pop_front();
      sent_before_ = true;
      not_before_ =
          now + gap_;  // from the real time of sending: a late wake-up does not shorten the next gap
    }
    return out;
  }

  core::Duration gap_;
  std::deque<std::pair<Owner, Item>> waiting_;
  bool sent_before_ = false;
  core::Time not_before_{};  // means something once a frame was sent
};

}  // namespace vrrp
