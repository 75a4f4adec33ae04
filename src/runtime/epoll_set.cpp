#include "runtime/epoll_set.hpp"

#include "core/check.hpp"
#include "runtime/system_error.hpp"

namespace runtime {

namespace {

epoll_event event_of(std::uint64_t tag, EpollSet::Mode mode, EpollSet::Interest interest) {
  epoll_event event{};
  event.events = interest == EpollSet::Interest::read ? EPOLLIN : EPOLLOUT;
  if (mode == EpollSet::Mode::once) event.events |= EPOLLONESHOT;
  event.data.u64 = tag;
  return event;
}

}  // namespace

core::Result<EpollSet> EpollSet::open() {
  Fd fd{::epoll_create1(EPOLL_CLOEXEC)};
  if (!fd) return std::unexpected(last_error("cannot make an epoll descriptor"));
  return EpollSet{std::move(fd)};
}

core::Result<> EpollSet::add(int fd, std::uint64_t tag, Mode mode, Interest interest) {
  epoll_event event = event_of(tag, mode, interest);
  if (::epoll_ctl(fd_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return std::unexpected(last_error("cannot watch a descriptor"));
  }
  return {};
}

void EpollSet::rearm_once(int fd, std::uint64_t tag) {
  epoll_event event = event_of(tag, Mode::once, Interest::read);
  SF_CHECK(::epoll_ctl(fd_.get(), EPOLL_CTL_MOD, fd, &event) == 0);
}

void EpollSet::change(int fd, std::uint64_t tag, Interest interest) {
  epoll_event event = event_of(tag, Mode::level, interest);
  SF_CHECK(::epoll_ctl(fd_.get(), EPOLL_CTL_MOD, fd, &event) == 0);
}

void EpollSet::remove(int fd) { ::epoll_ctl(fd_.get(), EPOLL_CTL_DEL, fd, nullptr); }

std::span<const std::uint64_t> EpollSet::ready() {
  const int count = ::epoll_wait(fd_.get(), events_.data(), static_cast<int>(events_.size()), 0);
  tags_.clear();
  for (int i = 0; i < count; ++i) {
    const std::uint64_t tag = events_[static_cast<std::size_t>(i)].data.u64;  // a copy: epoll_event is packed
    tags_.push_back(tag);
  }
  return tags_;
}

}  // namespace runtime
