#include "app/reload_schedule.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <ctime>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "runtime/clock.hpp"
#include "runtime/files.hpp"

namespace app {

namespace {

constexpr std::chrono::seconds between_looks{1};
constexpr std::size_t longest_file = 4096;

// As many numbers as there are, with the separators between them; nothing else.
template <std::size_t Count>
std::optional<std::array<int, Count>> numbers(std::string_view text, std::string_view separators) {
  std::array<int, Count> found{};
  for (std::size_t i = 0; i < Count; ++i) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), found[i]);
    if (error != std::errc{} || end == text.data() || found[i] < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (i < separators.size()) {
      if (text.empty() || text.front() != separators[i]) return std::nullopt;
      text.remove_prefix(1);
    }
  }
  return text.empty() ? std::optional(found) : std::nullopt;
}

std::time_t time_of(std::tm broken_down, bool utc) {
  broken_down.tm_isdst = -1;
  return utc ? ::timegm(&broken_down) : std::mktime(&broken_down);
}

core::WallTime wall(std::time_t seconds) { return core::WallTime(std::chrono::seconds(seconds)); }

std::string_view first_line(std::string_view text) {
  text = text.substr(0, text.find_first_of("\r\n"));
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<ReloadTime> parse_reload_time(std::string_view line, core::WallTime now) {
  line = first_line(line);
  const bool utc = !line.empty() && line.back() == 'Z';
  if (utc) line.remove_suffix(1);
  std::tm when{};
  const auto set_time = [&](int hour, int minute, int second) {
    when.tm_hour = hour;
    when.tm_min = minute;
    when.tm_sec = second;
    return hour < 24 && minute < 60 && second < 60;
  };
  if (const auto dated = numbers<6>(line, "-- ::")) {
    const auto& [year, month, day, hour, minute, second] = *dated;
    if (month < 1 || month > 12 || day < 1 || day > 31 || !set_time(hour, minute, second))
      return std::nullopt;
    when.tm_year = year < 100 ? year + 100 : year - 1900;
    when.tm_mon = month - 1;
    when.tm_mday = day;
    const std::tm written = when;
    const std::time_t seconds = time_of(when, utc);
    const std::time_t day_only = time_of(written, true);
    std::tm normal{};
    ::gmtime_r(&day_only, &normal);
    if (normal.tm_mday != day) return std::nullopt;  // the 31st of a month of 30 days
    return ReloadTime{wall(seconds), true};
  }
  const auto daily = numbers<3>(line, "::");
  if (!daily) return std::nullopt;
  const auto today = static_cast<std::time_t>(
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
  (utc ? ::gmtime_r : ::localtime_r)(&today, &when);
  if (!set_time((*daily)[0], (*daily)[1], (*daily)[2])) return std::nullopt;
  if (wall(time_of(when, utc)) <= now) ++when.tm_mday;
  return ReloadTime{wall(time_of(when, utc)), false};
}

ReloadSchedule::ReloadSchedule(boost::asio::io_context& io, Observer observer)
    : timer_(io), observer_(std::move(observer)) {}

void ReloadSchedule::configure(const config::ReloadSettings& settings) {
  repeat_ = settings.repeat;
  if (settings.time_file == path_) return;
  path_ = settings.time_file;
  seen_.clear();
  next_.reset();
  timer_.cancel();
  if (path_.empty()) return;
  look();
  wait();
}

void ReloadSchedule::wait() {
  timer_.expires_after(between_looks);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    look();
    serve(runtime::wall_now());
    wait();
  });
}

void ReloadSchedule::look() {
  struct stat found{};
  const std::string seen = ::stat(path_.c_str(), &found) == 0
                               ? fmt::format("{}:{}:{}.{}", found.st_ino, found.st_size, found.st_mtim.tv_sec,
                                             found.st_mtim.tv_nsec)
                               : std::string();
  if (std::exchange(seen_, seen) == seen) return;
  if (std::exchange(next_, std::nullopt) && seen.empty())
    observer_.information(fmt::format("{} is gone: no reload is planned", path_));
  if (!seen.empty()) read();
}

void ReloadSchedule::read() {
  const core::WallTime now = runtime::wall_now();
  const auto text = runtime::read_text_file(path_, longest_file);
  if (!text) return observer_.problem(text.error().message);
  next_ = parse_reload_time(*text, now);
  if (!next_) {
    return observer_.problem(fmt::format(
        "{} has no time in its first line: HH:MM:SS or YYYY-MM-DD HH:MM:SS, with Z behind it for UTC",
        path_));
  }
  if (next_->when <= now) {
    next_.reset();
    return observer_.problem(fmt::format("the time in {} lies in the past: no reload is planned", path_));
  }
  const auto seconds = std::chrono::system_clock::to_time_t(next_->when);
  observer_.information(fmt::format("a reload is planned for {:%F %T}", fmt::localtime(seconds)));
}

void ReloadSchedule::serve(core::WallTime now) {
  if (!next_ || now < next_->when) return;
  const bool again = repeat_ && !next_->has_date;
  next_.reset();
  if (again) {
    seen_.clear();  // read anew: the next such time is tomorrow
  } else if (::unlink(path_.c_str()) != 0) {
    observer_.problem(fmt::format("{} cannot be removed; what it says was done", path_));
  } else {
    seen_.clear();
  }
  observer_.due();
}

}  // namespace app
