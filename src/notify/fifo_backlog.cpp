#include "notify/fifo_backlog.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace notify {

std::size_t FifoBacklog::add(std::string subject, std::string line, bool is_state) {
  octets_ += line.size();
  lines_.push_back({std::move(subject), std::move(line), is_state});
  return octets_ > bound_ ? compact() : 0;
}

std::string FifoBacklog::take() {
  std::string line = std::move(lines_.front().text);
  lines_.pop_front();
  octets_ -= line.size();
  if (lines_.empty()) bound_ = limit_;
  return line;
}

std::size_t FifoBacklog::compact() {
  std::unordered_set<std::string_view> seen;
  std::deque<Line> kept;
  for (auto line = lines_.rbegin(); line != lines_.rend(); ++line) {
    if (line->is_state && seen.insert(line->subject).second) kept.push_front(*line);
  }
  const std::size_t dropped = lines_.size() - kept.size();
  lines_ = std::move(kept);
  octets_ = 0;
  for (const Line& line : lines_) octets_ += line.text.size();
  bound_ = std::max(limit_, 2 * octets_);
  return dropped;
}

}  // namespace notify
