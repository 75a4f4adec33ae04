#include "runtime/watched_processes.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>
// After the C library's socket headers.
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/filter.h>
#include <linux/netlink.h>

#include "runtime/clock.hpp"
#include "runtime/fd.hpp"
#include "runtime/process.hpp"
#include "runtime/watcher.hpp"

namespace runtime {

namespace asio = boost::asio;

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr core::Duration answer_patience = 500ms;
constexpr core::Duration listing_period = 1s;  // without the connector
constexpr core::Duration relisting_gap = 200ms;
constexpr core::Duration least_gap = 5ms;  // between two reports
constexpr core::Duration overrun_notice_gap = 10s;
constexpr int pids_a_slice = 256;
constexpr int messages_a_turn = 1024;
constexpr int event_buffer = 4 << 20;
constexpr std::size_t event_offset = NLMSG_HDRLEN + sizeof(cn_msg);

std::string read_text(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text(4096, '\0');
  const ssize_t size = file ? ::read(file.get(), text.data(), text.size()) : -1;
  text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return text;
}

std::vector<std::string> split_at_zeros(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\0', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

// Only what may change a count passes: 10,000 short processes a second make 40,000 messages otherwise.
void filter_events(int fd) {
  const auto what = static_cast<std::uint32_t>(event_offset + offsetof(proc_event, what));
  const auto wire = [](std::uint32_t value) {
    return __builtin_bswap32(value);
  };  // the filter loads big-endian
  std::array<sock_filter, 8> program{{
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, what},
      {BPF_JMP | BPF_JEQ | BPF_K, 5, 0, wire(proc_event::PROC_EVENT_NONE)},
      {BPF_JMP | BPF_JEQ | BPF_K, 4, 0, wire(proc_event::PROC_EVENT_FORK)},
      {BPF_JMP | BPF_JEQ | BPF_K, 3, 0, wire(proc_event::PROC_EVENT_EXEC)},
      {BPF_JMP | BPF_JEQ | BPF_K, 2, 0, wire(proc_event::PROC_EVENT_COMM)},
      {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, wire(proc_event::PROC_EVENT_EXIT)},
      {BPF_RET | BPF_K, 0, 0, 0},
      {BPF_RET | BPF_K, 0, 0, 0xffffffff},
  }};
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
               sizeof filter);  // without it there is merely more to read
}

// The kernel speaks in the first network namespace alone; a socket stays in the one where it was made.
int open_connector() {
  const Fd ours(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  const Fd first(::open("/proc/1/ns/net", O_RDONLY | O_CLOEXEC));
  const bool moved = ours && (::setns(watcher_home_namespace_fd, CLONE_NEWNET) == 0 ||
                              (first && ::setns(first.get(), CLONE_NEWNET) == 0));
  const int fd = ::socket(PF_NETLINK, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_CONNECTOR);
  if (moved && ::setns(ours.get(), CLONE_NEWNET) != 0)
    std::abort();  // in the wrong namespace nothing would be right
  return fd;
}

bool ask_to_listen(int fd) {
  std::array<std::uint8_t, NLMSG_LENGTH(sizeof(cn_msg) + sizeof(proc_cn_mcast_op))> request{};
  nlmsghdr header{};
  header.nlmsg_len = static_cast<std::uint32_t>(request.size());
  header.nlmsg_type = NLMSG_DONE;
  header.nlmsg_pid = static_cast<std::uint32_t>(::getpid());
  cn_msg message{};
  message.id.idx = CN_IDX_PROC;
  message.id.val = CN_VAL_PROC;
  message.len = sizeof(proc_cn_mcast_op);
  const proc_cn_mcast_op wish = PROC_CN_MCAST_LISTEN;
  std::memcpy(request.data(), &header, sizeof header);
  std::memcpy(request.data() + NLMSG_HDRLEN, &message, sizeof message);
  std::memcpy(request.data() + event_offset, &wish, sizeof wish);
  return ::send(fd, request.data(), request.size(), 0) >= 0;
}

}  // namespace

WatchedProcesses::WatchedProcesses(asio::io_context& io, Say say)
    : io_(io), say_(std::move(say)), connector_(io), answer_(io), listing_later_(io), reporting_(io) {}

WatchedProcesses::~WatchedProcesses() = default;

void WatchedProcesses::watch(const engine::TrackersConfig& trackers) {
  table_.configure(trackers.processes);
  followed_.clear();
  wanted_ = !trackers.processes.empty();
  if (!wanted_) return disconnect();
  if (!connector_.is_open()) connect(trackers);
  list();
}

void WatchedProcesses::connect(const engine::TrackersConfig& trackers) {
  const int fd = open_connector();
  if (fd < 0) return go_without(std::strerror(errno));
  connector_.assign(fd);
  const bool written = trackers.process_event_buffer != 0;
  const int octets =
      written ? static_cast<int>(std::min<std::uint32_t>(trackers.process_event_buffer, INT32_MAX / 2))
              : event_buffer;
  const bool force = !written || trackers.process_event_buffer_force;
  if (!force || ::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof octets) != 0)
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
  filter_events(fd);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = CN_IDX_PROC;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || !ask_to_listen(fd)) {
    const int code = errno;
    connector_.close();
    return go_without(std::strerror(code));
  }
  // Where it does not let us it may simply not answer.
  answer_.expires_after(answer_patience);
  answer_.async_wait([this](const boost::system::error_code& error) {
    if (error || connected_) return;
    connector_.close();
    go_without("it does not answer here");
  });
  await_events();
}

void WatchedProcesses::disconnect() {
  connector_.close();
  connected_ = false;
  answer_.cancel();
  listing_later_.cancel();
  listing_.reset();
}

void WatchedProcesses::go_without(std::string_view why) {
  if (without_ != why) {
    without_ = why;
    notice(false,
           fmt::format(
               "the kernel's process events cannot be had ({}): processes are listed every second instead",
               why));
  }
  follow();
  list_later(listing_period);
}

void WatchedProcesses::await_events() {
  connector_.async_wait(asio::posix::descriptor_base::wait_read,
                        [this](const boost::system::error_code& error) {
                          if (error) return;
                          hear();
                          if (connector_.is_open()) await_events();
                        });
}

void WatchedProcesses::hear() {
  alignas(nlmsghdr) std::array<std::uint8_t, 1024> buffer;
  for (int count = 0; count < messages_a_turn; ++count) {
    sockaddr_nl from{};
    socklen_t length = sizeof from;
    const ssize_t size = ::recvfrom(connector_.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT,
                                    reinterpret_cast<sockaddr*>(&from), &length);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == ENOBUFS) {
      const core::Time time = now();
      if (!last_overrun_notice_ || time - *last_overrun_notice_ >= overrun_notice_gap) {
        last_overrun_notice_ = time;
        notice(true,
               "the kernel had more process events than our socket could hold: processes are listed anew");
      }
      list_later(relisting_gap);
      continue;
    }
    if (size < 0) break;
    if (from.nl_pid != 0 || static_cast<std::size_t>(size) < event_offset)
      continue;  // only the kernel is believed
    take(buffer.data() + event_offset, static_cast<std::size_t>(size) - event_offset);
    if (!connector_.is_open()) return;
  }
  report();
}

void WatchedProcesses::take(const std::uint8_t* data, std::size_t size) {
  proc_event event{};
  std::memcpy(&event, data, std::min(size, sizeof event));
  switch (event.what) {
    case proc_event::PROC_EVENT_NONE:
      if (connected_) return;  // somebody else's answer
      if (event.event_data.ack.err != 0) {
        connector_.close();
        return go_without(std::strerror(static_cast<int>(event.event_data.ack.err)));
      }
      connected_ = true;
      answer_.cancel();
      listing_later_.cancel();
      return;
    case proc_event::PROC_EVENT_FORK: {
      const auto& fork = event.event_data.fork;
      if (fork.child_pid == fork.child_tgid)
        table_.forked(static_cast<Pid>(fork.parent_tgid), static_cast<Pid>(fork.child_tgid));
      return;
    }
    case proc_event::PROC_EVENT_EXEC:
      return look_at(static_cast<Pid>(event.event_data.exec.process_tgid));
    case proc_event::PROC_EVENT_COMM:
      if (event.event_data.comm.process_pid == event.event_data.comm.process_tgid)
        look_at(static_cast<Pid>(event.event_data.comm.process_tgid));
      return;
    case proc_event::PROC_EVENT_EXIT:
      if (event.event_data.exit.process_pid == event.event_data.exit.process_tgid)
        table_.ended(static_cast<Pid>(event.event_data.exit.process_tgid));
      return;
    default:
      return;
  }
}

void WatchedProcesses::look_at(Pid pid) {
  const std::string directory = fmt::format("/proc/{}/", pid);
  track::ProcessWords process;
  process.name = read_text(directory + "comm");
  if (process.name.empty()) return table_.ended(pid);
  if (process.name.back() == '\n') process.name.pop_back();
  if (table_.needs_words()) process.words = split_at_zeros(read_text(directory + "cmdline"));
  if (table_.wants(process.name) || table_.counts(pid)) table_.seen(pid, process);
}

void WatchedProcesses::list() {
  listing_.reset(::opendir("/proc"));
  if (!listing_) return list_later(listing_period);
  table_.began_listing();
  list_slice();
}

// Between slices events are heard: one that ends while we list is not counted.
void WatchedProcesses::list_slice() {
  for (int count = 0; count < pids_a_slice; ++count) {
    const dirent* entry = ::readdir(listing_.get());
    if (entry == nullptr) {
      listing_.reset();
      table_.ended_listing();
      follow();
      report();
      if (!connected_ && !connector_.is_open()) list_later(listing_period);
      return;
    }
    const std::string_view name(entry->d_name);
    Pid pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error == std::errc{} && end == name.data() + name.size()) look_at(pid);
  }
  asio::post(io_, [this] {
    if (listing_) list_slice();
  });
}

void WatchedProcesses::list_later(core::Duration delay) {
  listing_later_.expires_after(delay);
  listing_later_.async_wait([this](const boost::system::error_code& error) {
    if (!error && wanted_ && !listing_) list();
  });
}

void WatchedProcesses::follow() {
  if (connector_.is_open()) return;
  for (auto known = followed_.begin(); known != followed_.end();) {
    known = table_.counts(known->first) ? std::next(known) : followed_.erase(known);
  }
  for (const Pid pid : table_.pids()) {
    if (followed_.contains(pid)) continue;
    auto pidfd = open_pidfd(static_cast<pid_t>(pid));
    if (!pidfd) continue;  // gone; the next listing knows
    auto descriptor = std::make_unique<asio::posix::stream_descriptor>(io_, pidfd->release());
    descriptor->async_wait(asio::posix::descriptor_base::wait_read,
                           [this, pid](const boost::system::error_code& error) {
                             if (error) return;
                             followed_.erase(pid);
                             table_.ended(pid);
                             report();
                           });
    followed_.emplace(pid, std::move(descriptor));
  }
}

void WatchedProcesses::report() {
  const core::Time time = now();
  if (last_report_ && time - *last_report_ < least_gap) {
    if (std::exchange(report_waits_, true)) return;
    reporting_.expires_after(least_gap - (time - *last_report_));
    reporting_.async_wait([this](const boost::system::error_code& error) {
      report_waits_ = false;
      if (!error) report();
    });
    return;
  }
  for (auto& change : table_.take_changes()) {
    last_report_ = time;
    say_(engine::event::ProcessesCounted{std::move(change.tracker), change.count});
  }
}

void WatchedProcesses::notice(bool warning, std::string text) {
  using Level = engine::action::Notice::Level;
  say_(engine::action::Notice{warning ? Level::warning : Level::info, {}, "process_events", std::move(text)});
}

}  // namespace runtime
