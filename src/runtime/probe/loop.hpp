// The sockets and deadlines of all checks under way, for the price of one socket and one timer of Asio's: an epoll set that lies
// in Asio's own, and a heap of deadlines. A check then costs the system calls of its connection and hardly any other.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "engine/deadlines.hpp"
#include "runtime/epoll_set.hpp"

namespace runtime {

/// Who waits for a socket, or for its deadline.
class ProbeWaiter {
 public:
  virtual ~ProbeWaiter() = default;
  virtual void socket_ready() = 0;
  virtual void deadline_came() = 0;
};

/// Calls waiters from the io_context, never from within a call of theirs. It keeps the io_context busy once it was used.
class ProbeLoop : public std::enable_shared_from_this<ProbeLoop> {
 public:
  using Place = engine::Deadlines::Machine;
  using Interest = EpollSet::Interest;

  explicit ProbeLoop(boost::asio::io_context& io) : io_(io), timer_(io) {}
  ~ProbeLoop();
  ProbeLoop(const ProbeLoop&) = delete;
  ProbeLoop& operator=(const ProbeLoop&) = delete;

  boost::asio::io_context& io() { return io_; }

  Place enter(ProbeWaiter& waiter);
  /// Its deadline is gone; its socket leaves the set when it is closed, which comes before this.
  void leave(Place place);

  /// Reports it as long as it is ready.
  core::Result<> watch(Place place, int fd, Interest interest);
  void change_interest(Place place, int fd, Interest interest);
  void set_deadline(Place place, core::Time deadline, core::Duration slack);

 private:
  struct Seat {
    ProbeWaiter* waiter = nullptr;
    std::uint32_t generation = 0;  // of those who sat here
  };

  std::uint64_t tag_of(Place place) const;
  core::Result<> open_set();
  void await_sockets();
  void hear_sockets();
  void await_time();
  void time_came();

  boost::asio::io_context& io_;
  std::optional<EpollSet> set_;
  std::optional<boost::asio::posix::stream_descriptor> set_ready_;
  boost::asio::steady_timer timer_;
  std::optional<core::Time> armed_;
  engine::Deadlines deadlines_;
  std::vector<Seat> seats_;
  std::vector<Place> free_;
};

}  // namespace runtime
