#include "notify/mail_pacing.hpp"

#include <utility>

namespace notify {

using core::Time;

void MailPacing::forget_old(Subject& subject, Time now) const {
  while (!subject.sent.empty() && now - subject.sent.front() >= period_) subject.sent.pop_front();
}

std::optional<MailPacing::Mail> MailPacing::handle(Time now, const Event& event) {
  const std::string key = subject_key(event.subject);
  const auto mailed = mailed_.find(key);
  if (mailed != mailed_.end() && mailed->second == event.state) return std::nullopt;
  // Told again after a loss, and nothing is known of before: no news to anybody.
  if (mailed == mailed_.end() && event.repeated) {
    mailed_.emplace(key, event.state);
    return std::nullopt;
  }
  mailed_[key] = event.state;
  Subject& subject = subjects_[key];
  forget_old(subject, now);
  if (!subject.due && subject.sent.size() < count_) {
    subject.sent.push_back(now);
    return Mail{{event}, 0};
  }
  if (!subject.due) subject.due = now + period_;
  subject.held.events.push_back(event);
  if (subject.held.events.size() > most_held) {
    subject.held.events.erase(subject.held.events.begin());
    ++subject.held.more;
  }
  return std::nullopt;
}

std::vector<MailPacing::Mail> MailPacing::handle_timeout(Time now) {
  std::vector<Mail> mails;
  for (auto entry = subjects_.begin(); entry != subjects_.end();) {
    Subject& subject = entry->second;
    forget_old(subject, now);
    if (subject.due && now >= *subject.due) {
      mails.push_back(std::exchange(subject.held, {}));
      subject.due.reset();
      subject.sent.push_back(now);
    }
    entry = subject.sent.empty() && !subject.due ? subjects_.erase(entry) : std::next(entry);
  }
  return mails;
}

std::optional<Time> MailPacing::next_timeout() const {
  std::optional<Time> next;
  for (const auto& [key, subject] : subjects_) {
    if (subject.due && (!next || *subject.due < *next)) next = subject.due;
  }
  return next;
}

std::vector<MailPacing::Mail> MailPacing::flush() {
  std::vector<Mail> mails;
  for (auto& [key, subject] : subjects_) {
    if (subject.due) mails.push_back(std::exchange(subject.held, {}));
    subject.due.reset();
  }
  return mails;
}

void MailPacing::set_limits(std::uint32_t count, core::Duration period) {
  count_ = count;
  period_ = period;
}

}  // namespace notify
