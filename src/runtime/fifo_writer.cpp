#include "runtime/fifo_writer.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notify/hooks.hpp"
#include "runtime/clock.hpp"

namespace runtime {

namespace {

using Level = engine::action::Notice::Level;
using boost::asio::posix::descriptor_base;

constexpr auto open_retry = std::chrono::seconds(5);
constexpr auto reader_first_pause = std::chrono::seconds(1);
constexpr auto reader_longest_pause = std::chrono::seconds(60);
constexpr auto look_whether_read = std::chrono::milliseconds(20);

std::string why(int code) { return std::strerror(code); }

}  // namespace

FifoWriter::FifoWriter(boost::asio::io_context& io, FifoTask task, bool ours, Observer observer)
    : io_(io),
      task_(std::move(task)),
      observer_(std::move(observer)),
      ours_(ours),
      retry_(io),
      reader_pause_(io),
      emptying_(io),
      reader_(io) {
  if (!open()) retry_later();
}

FifoWriter::~FifoWriter() { close(); }

void FifoWriter::write(const notify::Event& event) {
  if (finishing_ && !pipe_) return;
  const bool state = event.what == notify::Event::What::state;
  const std::size_t dropped =
      backlog_.add(notify::subject_key(event.subject), notify::fifo_line(event), state);
  if (dropped != 0 && !std::exchange(overflow_said_, true)) {
    observer_.say(Level::warning,
                  fmt::format("{} {}: nobody reads it; more than 1 MiB waits, so from now on only the newest "
                              "state of each router and group is kept for it",
                              task_.keyword, task_.fifo.path));
  }
  if (pipe_ && !still_in_place()) {
    observer_.say(Level::warning, fmt::format("{} {} was removed or replaced; making it anew", task_.keyword,
                                              task_.fifo.path));
    close();
    ours_ = false;
  }
  if (!pipe_ && !open()) return retry_later();
  flush();
}

core::Result<> FifoWriter::make() {
  const std::string& path = task_.fifo.path;
  if (::mkfifo(path.c_str(), 0644) != 0) {
    const int code = errno;
    if (code == EEXIST) return {};
    const std::string hint = code == ENOENT ? " (its directory does not exist: make it)" : "";
    return std::unexpected(core::Error{code, fmt::format("cannot be made: {}{}", why(code), hint)});
  }
  ours_ = true;
  observer_.made(path);
  if (::lchown(path.c_str(), task_.fifo.uid, task_.fifo.gid) != 0)
    return std::unexpected(core::Error{errno, fmt::format("cannot be given to its user: {}", why(errno))});
  return {};
}

core::Result<> FifoWriter::check() const {
  struct stat status{};
  if (::fstat(pipe_.get(), &status) != 0) return std::unexpected(core::Error{errno, why(errno)});
  if (!S_ISFIFO(status.st_mode))
    return std::unexpected(
        core::Error{EINVAL, "is there and is no named pipe: remove it or write another path"});
  if (status.st_uid != ::geteuid() && status.st_uid != task_.fifo.uid) {
    return std::unexpected(
        core::Error{EPERM, fmt::format("is there and belongs to user {}, who is neither ours nor the one "
                                       "configured: remove it or write its user after the path",
                                       status.st_uid)});
  }
  return {};
}

bool FifoWriter::open() {
  auto made = make();
  if (made) {
    pipe_ = Fd(::open(task_.fifo.path.c_str(), O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
    if (pipe_) {
      made = check();
    } else {
      const std::string text = errno == ELOOP ? "is a symbolic link, which is not followed" : why(errno);
      made = std::unexpected(core::Error{errno, fmt::format("cannot be opened: {}", text)});
    }
  }
  if (!made) {
    pipe_.reset();
    complain(made.error().message);
    return false;
  }
  complaint_.clear();
  room_ = std::make_unique<boost::asio::posix::stream_descriptor>(io_, pipe_.get());
  start_reader();
  return true;
}

bool FifoWriter::still_in_place() const {
  struct stat there{};
  struct stat open{};
  return ::lstat(task_.fifo.path.c_str(), &there) == 0 && ::fstat(pipe_.get(), &open) == 0 &&
         there.st_ino == open.st_ino && there.st_dev == open.st_dev;
}

void FifoWriter::flush() {
  while (pipe_ && !waiting_) {
    if (offset_ == line_.size()) {
      if (backlog_.empty()) {
        overflow_said_ = false;
        return;
      }
      line_ = backlog_.take();
      offset_ = 0;
    }
    const ssize_t wrote = ::write(pipe_.get(), line_.data() + offset_, line_.size() - offset_);
    if (wrote >= 0) {
      offset_ += static_cast<std::size_t>(wrote);
    } else if (errno == EAGAIN) {
      await_room();
    } else if (errno != EINTR) {
      complain(fmt::format("cannot be written to: {}", why(errno)));
      close();
      retry_later();
    }
  }
}

void FifoWriter::await_room() {
  waiting_ = true;
  room_->async_wait(descriptor_base::wait_write, [this](const boost::system::error_code& error) {
    if (error) return;
    waiting_ = false;
    flush();
  });
}

void FifoWriter::retry_later() {
  if (finishing_) return;
  retry_.expires_after(open_retry);
  retry_.async_wait([this](const boost::system::error_code& error) {
    if (error || pipe_) return;
    if (!open()) return retry_later();
    flush();
  });
}

// The same trouble is said once, until it is another or over.
void FifoWriter::complain(const std::string& text) {
  if (text == complaint_) return;
  complaint_ = text;
  observer_.say(Level::error, fmt::format("{} {} {}; it is tried again every 5 s, and what it should hear is "
                                          "kept meanwhile",
                                          task_.keyword, task_.fifo.path, text));
}

void FifoWriter::start_reader() {
  if (!task_.script || finishing_ || reader_.running()) return;
  reader_started_ = now();
  const auto started = reader_.start(notify::with_arguments(*task_.script, {task_.fifo.path}), {},
                                     [this](const WatchedScript::Ended& ended) { reader_ended(ended); });
  if (!started) reader_ended({false, started.error().message});
}

void FifoWriter::reader_ended(const WatchedScript::Ended& ended) {
  if (finishing_ || !pipe_) return;
  if (now() - reader_started_ > reader_longest_pause) reader_delay_ = {};
  if (reader_delay_ == core::Duration::zero()) {
    observer_.say(Level::warning, fmt::format("{}_script, which reads {}, {}; it is started again",
                                              task_.keyword, task_.fifo.path, ended.how));
  }
  reader_delay_ = std::clamp<core::Duration>(2 * reader_delay_, reader_first_pause, reader_longest_pause);
  reader_pause_.expires_after(reader_delay_);
  reader_pause_.async_wait([this](const boost::system::error_code& error) {
    if (!error) start_reader();
  });
}

void FifoWriter::finish() {
  if (finishing_) return;
  finishing_ = true;
  retry_.cancel();
  reader_pause_.cancel();
  close_when_read();
}

// The pipe has no other writer: closing it shows its reader the end, once what it holds has been read.
void FifoWriter::close_when_read() {
  if (!pipe_) return;
  int unread = 0;
  const bool written = backlog_.empty() && offset_ == line_.size();
  if (written && ::ioctl(pipe_.get(), FIONREAD, &unread) == 0 && unread == 0) return close();
  emptying_.expires_after(look_whether_read);
  emptying_.async_wait([this](const boost::system::error_code& error) {
    if (!error) close_when_read();
  });
}

void FifoWriter::end_reader() {
  close();
  reader_.stop();
}

void FifoWriter::give_up() {
  finishing_ = true;
  end_reader();
}

void FifoWriter::close() {
  if (!pipe_) return;
  if (ours_ && still_in_place()) ::unlink(task_.fifo.path.c_str());
  room_->release();
  room_.reset();
  waiting_ = false;
  if (offset_ != line_.size()) offset_ = 0;  // the next pipe gets the whole line
  pipe_.reset();
}

}  // namespace runtime
