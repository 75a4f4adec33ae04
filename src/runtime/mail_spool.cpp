#include "runtime/mail_spool.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fmt/format.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

#include "notify/hooks.hpp"
#include "runtime/clock.hpp"
#include "runtime/files.hpp"

namespace runtime {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view first_line = "standfast-mail 1";
constexpr std::size_t longest_file = 1u << 20;

core::Error nonsense() { return {0, "this is no mail that waits"}; }

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

}  // namespace

std::string mail_file_text(const StoredMail& mail) {
  std::string text = fmt::format("{}\nlane: {}\ncreated: {}\nfrom: {}\n", first_line, mail.lane,
                                 mail.created.time_since_epoch().count(), mail.from);
  for (const auto& to : mail.to) text += fmt::format("to: {}\n", to);
  return text + "\n" + mail.message;
}

core::Result<StoredMail> parse_mail_file(std::string_view text) {
  if (take_line(text) != first_line) return std::unexpected(nonsense());
  StoredMail mail;
  while (true) {
    if (text.empty()) return std::unexpected(nonsense());
    const std::string_view line = take_line(text);
    if (line.empty()) break;
    const auto colon = line.find(": ");
    if (colon == std::string_view::npos) return std::unexpected(nonsense());
    const std::string_view key = line.substr(0, colon);
    const std::string_view value = line.substr(colon + 2);
    if (key == "lane") mail.lane = value;
    if (key == "from") mail.from = value;
    if (key == "to") mail.to.emplace_back(value);
    if (key == "created") {
      std::int64_t microseconds = 0;
      if (std::from_chars(value.data(), value.data() + value.size(), microseconds).ec != std::errc{})
        return std::unexpected(nonsense());
      mail.created = core::WallTime{std::chrono::microseconds(microseconds)};
    }
  }
  mail.message = text;
  if (mail.lane.empty() || mail.to.empty() || mail.message.empty()) return std::unexpected(nonsense());
  return mail;
}

core::Result<> MailSpool::make_directory() const {
  std::error_code error;
  fs::create_directories(fs::path(directory_).parent_path(), error);
  if (error) return std::unexpected(file_error("make", directory_, error.value()));
  if (::mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST)
    return std::unexpected(file_error("make", directory_, errno));
  return {};
}

core::Result<std::string> MailSpool::save(const StoredMail& mail) {
  if (auto made = make_directory(); !made) return std::unexpected(made.error());
  // Names sort by age, and no two lives of ours give the same.
  const std::string name = fmt::format("{:020}-{}-{:06}.mail", wall_now().time_since_epoch().count(),
                                       ::getpid(), ++count_ % 1000000);
  if (auto written = write_file(directory_ + "/" + name, mail_file_text(mail)); !written)
    return std::unexpected(written.error());
  return name;
}

void MailSpool::remove(const std::string& name) const { ::unlink((directory_ + "/" + name).c_str()); }

std::vector<std::pair<std::string, StoredMail>> MailSpool::load(std::vector<std::string>& damaged) const {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(directory_, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() == ".mail") names.push_back(entry->path().filename());
  }
  std::ranges::sort(names);
  std::vector<std::pair<std::string, StoredMail>> mails;
  for (const auto& name : names) {
    const std::string path = directory_ + "/" + name;
    const auto text = read_text_file(path, longest_file);
    auto mail = text ? parse_mail_file(*text) : std::unexpected(text.error());
    if (mail) {
      mails.emplace_back(name, std::move(*mail));
    } else {
      ::rename(path.c_str(), (path + ".bad").c_str());
      damaged.push_back(path);
    }
  }
  return mails;
}

core::Result<> MailSpool::save_states(const std::map<std::string, notify::HookState>& states) const {
  if (auto made = make_directory(); !made) return made;
  std::string text;
  for (const auto& [subject, state] : states)
    text += fmt::format("{} {}\n", notify::hook_word(state), subject);
  return write_file(directory_ + "/states", text);
}

std::map<std::string, notify::HookState> MailSpool::load_states() const {
  using notify::HookState;
  std::map<std::string, HookState> states;
  const auto text = read_text_file(directory_ + "/states", longest_file);
  if (!text) return states;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    const auto blank = line.find(' ');
    if (blank == std::string_view::npos) continue;
    for (const HookState state :
         {HookState::master, HookState::backup, HookState::fault, HookState::stop, HookState::deleted}) {
      if (line.substr(0, blank) == notify::hook_word(state))
        states[std::string(line.substr(blank + 1))] = state;
    }
  }
  return states;
}

}  // namespace runtime
