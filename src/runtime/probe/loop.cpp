#include "runtime/probe/loop.hpp"

#include <algorithm>

#include "runtime/clock.hpp"

namespace runtime {

ProbeLoop::~ProbeLoop() {
  if (set_ready_) set_ready_->release();
}

ProbeLoop::Place ProbeLoop::enter(ProbeWaiter& waiter) {
  if (free_.empty()) {
    free_.push_back(static_cast<Place>(seats_.size()));
    seats_.emplace_back();
  }
  const Place place = free_.back();
  free_.pop_back();
  seats_[place].waiter = &waiter;
  return place;
}

void ProbeLoop::leave(Place place) {
  deadlines_.clear(place);
  Seat& seat = seats_[place];
  seat.waiter = nullptr;
  ++seat.generation;
  free_.push_back(place);
}

std::uint64_t ProbeLoop::tag_of(Place place) const {
  return static_cast<std::uint64_t>(seats_[place].generation) << 32 | place;
}

core::Result<> ProbeLoop::open_set() {
  auto set = EpollSet::open();
  if (!set) return std::unexpected(set.error());
  boost::system::error_code unassigned;
  set_ready_.emplace(io_);
  set_ready_->assign(set->fd(), unassigned);
  if (unassigned) {
    set_ready_.reset();
    return std::unexpected(core::Error{unassigned.value(), "cannot watch sockets: " + unassigned.message()});
  }
  set_ = std::move(*set);
  await_sockets();
  return {};
}

core::Result<> ProbeLoop::watch(Place place, int fd, Interest interest) {
  if (!set_) {
    if (auto opened = open_set(); !opened) return opened;
  }
  return set_->add(fd, tag_of(place), EpollSet::Mode::level, interest);
}

void ProbeLoop::change_interest(Place place, int fd, Interest interest) {
  set_->change(fd, tag_of(place), interest);
}

void ProbeLoop::await_sockets() {
  set_ready_->async_wait(boost::asio::posix::descriptor_base::wait_read,
                         [weak = weak_from_this()](const boost::system::error_code& error) {
                           const auto self = weak.lock();
                           if (!error && self) self->hear_sockets();
                         });
}

void ProbeLoop::hear_sockets() {
  for (const std::uint64_t tag : set_->ready()) {
    const auto place = static_cast<Place>(tag);
    // Who came before it may have ended this one.
    if (tag == tag_of(place) && seats_[place].waiter != nullptr) seats_[place].waiter->socket_ready();
  }
  await_sockets();
}

void ProbeLoop::set_deadline(Place place, core::Time deadline, core::Duration slack) {
  deadlines_.set(place, deadline, slack);
  await_time();
}

// Most checks are over long before their deadline: the timer stays where it is and finds nothing due.
void ProbeLoop::await_time() {
  const auto next = deadlines_.earliest();
  if (!next || (armed_ && *armed_ <= *next)) return;
  armed_ = next;
  timer_.expires_after(std::max(*next - now(), core::Duration::zero()));
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self) self->time_came();
  });
}

void ProbeLoop::time_came() {
  armed_.reset();
  const core::Time time = now();
  while (const auto place = deadlines_.pop_due(time)) seats_[*place].waiter->deadline_came();
  await_time();
}

}  // namespace runtime
