// Which of this machine's processes the trackers count. It is told of processes that run a program, change it, or end, and of
// complete listings; matching is by name (the kernel's, 15 octets) or by command line. What nobody tracks is forgotten at
// once, so ten thousand short processes a second cost a comparison each and no memory.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "track/config.hpp"

namespace track {

struct ProcessWords {
  std::string name;  // /proc/PID/comm
  std::vector<std::string>
      words;  // /proc/PID/cmdline; empty where no tracker asks for it, and for kernel threads
};

class ProcessTable {
 public:
  using Pid = std::uint32_t;

  /// Forgets everything: list again.
  void configure(std::vector<ProcessConfig> trackers);
  /// Whether a process of that name may be one of ours. The kernel's name can be another one than the program's: trackers of
  /// a full command want to see every command line.
  bool wants(std::string_view name) const;
  bool needs_words() const { return needs_words_; }

  void seen(Pid pid, const ProcessWords& process);
  /// The child is what its parent is until it runs another program.
  void forked(Pid parent, Pid child);
  void ended(Pid pid);
  void began_listing();  // what is not seen until ended_listing() is gone
  void ended_listing();
  bool counts(Pid pid) const { return known_.contains(pid); }
  /// Pids that are counted.
  std::vector<Pid> pids() const;

  struct Count {
    std::string tracker;
    std::uint32_t count = 0;
  };
  /// Of trackers whose count has changed since the last call; after configure() and ended_listing() of all.
  std::vector<Count> take_changes();

 private:
  struct Tracker {
    ProcessConfig config;
    std::uint32_t count = 0;
    bool changed = false;
  };
  static bool matches(const ProcessConfig& config, const ProcessWords& process);
  void add(Pid pid, std::vector<std::uint32_t> trackers);

  std::vector<Tracker> trackers_;
  bool needs_words_ = false;
  std::unordered_map<Pid, std::vector<std::uint32_t>> known_;  // trackers that count it
  bool listing_ = false;
  std::set<Pid> unseen_;
};

}  // namespace track
