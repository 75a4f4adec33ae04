#include "runtime/log.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fmt/chrono.h>
#include <poll.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "runtime/log_text.hpp"

namespace runtime {
namespace {

using spdlog::details::log_msg;
using spdlog::details::null_mutex;

constexpr std::size_t line_limit = 8000;  // what a syslog daemon takes in one datagram; longer lines are cut

int syslog_priority(spdlog::level::level_enum level) {
  if (level >= spdlog::level::err) return LOG_ERR;
  if (level == spdlog::level::warn) return LOG_WARNING;
  if (level == spdlog::level::info) return LOG_INFO;
  return LOG_DEBUG;
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      break;
  }
  return spdlog::level::err;
}

struct Identity {
  std::string ident;
  std::int32_t pid = 0;
  std::uint64_t dropped = 0;     // since the start
  std::uint64_t unreported = 0;  // of these, not yet said
};

// A sink that may refuse a line rather than wait; says how many it lost once it has room again.
class LossySink : public spdlog::sinks::base_sink<null_mutex> {
 public:
  explicit LossySink(std::shared_ptr<Identity> identity) : identity_(std::move(identity)) {}

 protected:
  virtual bool put(spdlog::level::level_enum level, std::string_view text) = 0;

  void sink_it_(const log_msg& message) final {
    const std::string_view text{message.payload.data(), std::min(message.payload.size(), line_limit)};
    if (!put(message.level, text)) {
      ++lost_;
      ++identity_->dropped;
    } else if (lost_ > 0 &&
               put(spdlog::level::warn, fmt::format("{} log lines were lost: nobody took them", lost_))) {
      lost_ = 0;
    }
  }
  void flush_() override {}

  std::shared_ptr<Identity> identity_;

 private:
  std::uint64_t lost_ = 0;
};

class SyslogSink final : public LossySink {
 public:
  SyslogSink(std::shared_ptr<Identity> identity, int facility)
      : LossySink(std::move(identity)), facility_(facility) {}
  ~SyslogSink() override { disconnect(); }
  SyslogSink(const SyslogSink&) = delete;
  SyslogSink& operator=(const SyslogSink&) = delete;

 private:
  bool put(spdlog::level::level_enum level, std::string_view text) override {
    std::array<char, 32> stamp{};
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    ::localtime_r(&now, &local);
    std::strftime(stamp.data(), stamp.size(), "%b %e %H:%M:%S", &local);
    const std::string datagram = fmt::format("<{}>{} {}[{}]: {}", facility_ | syslog_priority(level),
                                             stamp.data(), identity_->ident, identity_->pid, text);
    // A syslog daemon that was restarted has a new socket: connect once more. A full one is not waited for.
    for (int attempt = 0; attempt < 2; ++attempt) {
      if (fd_ < 0 && !connect()) return false;
      if (::send(fd_, datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return true;
      if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) return false;
      disconnect();
    }
    return false;
  }

  bool connect() {
    fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd_ < 0) return false;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, "/dev/log");
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
      return true;  // NOLINT
    disconnect();
    return false;
  }

  void disconnect() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  int facility_;
  int fd_ = -1;
};

// True when stderr is the journal's stream: it wants a priority in front and writes the time itself.
bool stderr_is_the_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status{};
  return stream != nullptr && ::fstat(STDERR_FILENO, &status) == 0 &&
         fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

class ConsoleSink final : public LossySink {
 public:
  explicit ConsoleSink(std::shared_ptr<Identity> identity) : LossySink(std::move(identity)) {}

 private:
  bool put(spdlog::level::level_enum level, std::string_view text) override {
    std::string line;
    if (journal_) {
      line = fmt::format("<{}>{}\n", syslog_priority(level), text);
    } else {
      timespec now{};
      ::clock_gettime(CLOCK_REALTIME, &now);
      std::tm local{};
      ::localtime_r(&now.tv_sec, &local);
      const auto name = spdlog::level::to_string_view(level);
      line = fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03} {}[{}] {}: {}\n", local, now.tv_nsec / 1'000'000,
                         identity_->ident, identity_->pid, std::string_view{name.data(), name.size()}, text);
    }
    return put_now(line);
  }

  // A socket is told not to wait. A pipe or terminal that polls as writable takes 4 KiB at once.
  static bool put_now(std::string_view line) {
    if (::send(STDERR_FILENO, line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return true;
    if (errno != ENOTSOCK) return false;
    while (!line.empty()) {
      pollfd ready{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
      if (::poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0) return false;
      const ssize_t wrote = ::write(STDERR_FILENO, line.data(), std::min<std::size_t>(line.size(), 4096));
      if (wrote <= 0) return false;
      line.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return true;
  }

  bool journal_ = stderr_is_the_journal();
};

}  // namespace

struct Log::Sinks {
  std::shared_ptr<Identity> identity;
  std::unique_ptr<spdlog::logger> logger;
};

Log::Log(const LogSettings& settings, std::string_view ident, bool with_file, std::int32_t pid)
    : sinks_(std::make_unique<Sinks>()) {
  sinks_->identity = std::make_shared<Identity>();
  sinks_->identity->ident = std::string(ident) + settings.suffix;
  sinks_->identity->pid = pid == 0 ? ::getpid() : pid;
  auto& identity = sinks_->identity;

  std::vector<spdlog::sink_ptr> sinks;
  if (settings.console) sinks.push_back(std::make_shared<ConsoleSink>(identity));
  if (settings.syslog) sinks.push_back(std::make_shared<SyslogSink>(identity, settings.facility));
  std::string refused;
  if (with_file && !settings.file.empty()) {
    try {
      auto file = std::make_shared<spdlog::sinks::basic_file_sink_st>(settings.file);
      file->set_pattern(fmt::format("%Y-%m-%d %H:%M:%S.%e {}[{}] %l: %v", identity->ident, identity->pid));
      sinks.push_back(std::move(file));
    } catch (const spdlog::spdlog_ex& error) {
      refused = error.what();
    }
  }
  sinks_->logger = std::make_unique<spdlog::logger>(std::string(ident), sinks.begin(), sinks.end());
  sinks_->logger->set_level(settings.detail ? spdlog::level::debug : spdlog::level::info);
  // A full disk must not end us, nor print through the library's own channels.
  sinks_->logger->set_error_handler([identity](const std::string&) { ++identity->dropped; });
  if (settings.flush) sinks_->logger->flush_on(spdlog::level::trace);
  if (!refused.empty()) error("the log file cannot be opened: {}", refused);
}

Log::~Log() = default;
Log::Log(Log&&) noexcept = default;
Log& Log::operator=(Log&&) noexcept = default;

void Log::write(LogLevel level, std::string_view line) {
  sinks_->logger->log(spdlog_level(level), spdlog::string_view_t{line.data(), line.size()});
}

void Log::bfd(const engine::action::ReportBfdChange& report) { write(LogLevel::info, bfd_line(report)); }

void Log::transition(const engine::action::ReportTransition& report) {
  write(LogLevel::info, transition_line(report));
}

void Log::transition(const engine::action::ReportGroupTransition& report) {
  write(LogLevel::info, transition_line(report));
}

// A server that goes is what somebody wants to know at night.
void Log::server(const lvs::ServerChange& change) {
  write(change.up || change.reason == lvs::Reason::stopped ? LogLevel::info : LogLevel::warning,
        server_line(change));
}

void Log::quorum(const lvs::QuorumChange& change) {
  write(change.up || change.reason == lvs::Reason::stopped ? LogLevel::info : LogLevel::warning,
        quorum_line(change));
}

void Log::notice(const engine::action::Notice& notice) {
  using Level = engine::action::Notice::Level;
  const LogLevel level = notice.level == Level::error     ? LogLevel::error
                         : notice.level == Level::warning ? LogLevel::warning
                                                          : LogLevel::info;
  write(level, notice_line(notice));
}

bool Log::enabled(LogLevel level) const { return sinks_->logger->should_log(spdlog_level(level)); }
void Log::set_pid(std::int32_t pid) { sinks_->identity->pid = pid; }
void Log::flush() { sinks_->logger->flush(); }
std::uint64_t Log::dropped() const { return sinks_->identity->dropped; }

}  // namespace runtime
