// Lines that wait for a named pipe with room. Nothing is lost while they fit the bound; past it only the newest state of each
// subject is kept, so that a reader who comes back late still ends with the truth. Knows no pipe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

namespace notify {

class FifoBacklog {
 public:
  explicit FifoBacklog(std::size_t limit_octets = std::size_t{1} << 20)
      : limit_(limit_octets), bound_(limit_octets) {}

  /// `is_state`: not merely a priority or a remark. Returns how many lines were given up to make room.
  std::size_t add(std::string subject, std::string line, bool is_state);
  bool empty() const { return lines_.empty(); }
  std::size_t size() const { return lines_.size(); }
  /// The oldest line, which leaves the backlog.
  std::string take();

 private:
  struct Line {
    std::string subject, text;
    bool is_state = false;
  };
  std::size_t compact();

  std::deque<Line> lines_;
  std::size_t octets_ = 0;
  std::size_t limit_;
  std::size_t bound_;  // grows when there are more subjects than fit the limit
};

}  // namespace notify
