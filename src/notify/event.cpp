#include "notify/event.hpp"

#include <fmt/format.h>
#include <utility>

namespace notify {

namespace {

// A master that hears lower priorities says so in a word of its own; a priority that changed is a suffix to the state's.
std::string fifo_word(const Event& event) {
  switch (event.what) {
    case Event::What::priority:
      return fmt::format("{}_PRIORITY", hook_word(event.state));
    case Event::What::lower_priority_heard:
      return "MASTER_RX_LOWER_PRI";
    case Event::What::state:
      break;
  }
  return std::string(hook_word(event.state));
}

}  // namespace

std::string_view kind_word(Subject::Kind kind) {
  switch (kind) {
    case Subject::Kind::instance:
      return "INSTANCE";
    case Subject::Kind::group:
      return "GROUP";
    case Subject::Kind::virtual_server:
      return "VS";
    case Subject::Kind::real_server:
      return "RS";
  }
  std::unreachable();
}

bool is_server(const Subject& subject) {
  return subject.kind == Subject::Kind::virtual_server || subject.kind == Subject::Kind::real_server;
}

std::string subject_key(const Subject& subject) {
  const bool behind = subject.kind == Subject::Kind::real_server;
  return fmt::format("{} {}{}{}", kind_word(subject.kind), subject.name, behind ? " " : "", subject.service);
}

std::string fifo_line(const Event& event) {
  if (is_server(event.subject)) return fmt::format("{} {}\n", subject_key(event.subject), fifo_word(event));
  const bool group = event.subject.kind == Subject::Kind::group;
  return fmt::format("{} \"{}\" {} {}\n", kind_word(event.subject.kind), event.subject.name, fifo_word(event),
                     group ? 0 : event.subject.priority);
}

EventNumbers::Numbered EventNumbers::number(const Event& event) {
  const bool news = event.what == Event::What::state && !event.repeated;
  if (!any_) {
    any_ = true;
    last_ = event.sequence;
    return {last_, 0};
  }
  if (!news) return {last_, 0};
  if (event.sequence + offset_ <= last_) offset_ = last_ + 1 - event.sequence;
  const std::uint64_t number = event.sequence + offset_;
  const Numbered result{number, number - last_ - 1};
  last_ = number;
  return result;
}

}  // namespace notify
