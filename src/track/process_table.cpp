#include "track/process_table.hpp"

#include <algorithm>
#include <utility>

namespace track {

namespace {

constexpr std::size_t kernel_name_size = 15;

std::string_view kernel_name(std::string_view name) { return name.substr(0, kernel_name_size); }

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// "/usr/sbin/haproxy" written means that very path; "haproxy" any file of that name.
bool same_program(const std::string& wanted, const std::string& found) {
  return wanted == found || (wanted.find('/') == std::string::npos && wanted == file_name(found));
}

bool parameters_match(const ProcessConfig& config, const std::vector<std::string>& words) {
  const auto& wanted = config.parameters;
  const std::size_t given = words.size() - 1;
  switch (config.match) {
    case ParameterMatch::none:
      return true;
    case ParameterMatch::exact:
      return given == wanted.size() && std::equal(wanted.begin(), wanted.end(), words.begin() + 1);
    case ParameterMatch::initial:
      return given >= wanted.size() && std::equal(wanted.begin(), wanted.end(), words.begin() + 1);
    case ParameterMatch::partial:
      if (wanted.empty()) return true;
      return given >= wanted.size() && std::equal(wanted.begin(), wanted.end() - 1, words.begin() + 1) &&
             words[wanted.size()].starts_with(wanted.back());
  }
  return false;
}

}  // namespace

void ProcessTable::configure(std::vector<ProcessConfig> trackers) {
  trackers_.clear();
  known_.clear();
  unseen_.clear();
  listing_ = false;
  needs_words_ = false;
  for (ProcessConfig& config : trackers) {
    needs_words_ = needs_words_ || config.full_command || config.match != ParameterMatch::none;
    trackers_.push_back({std::move(config), 0, false});
  }
}

bool ProcessTable::wants(std::string_view name) const {
  if (needs_words_) return true;
  return std::ranges::any_of(trackers_, [&](const Tracker& tracker) {
    return kernel_name(file_name(tracker.config.process)) == name;
  });
}

bool ProcessTable::matches(const ProcessConfig& config, const ProcessWords& process) {
  const bool by_words = config.full_command || config.match != ParameterMatch::none;
  if (!by_words) return kernel_name(file_name(config.process)) == process.name;
  if (process.words.empty()) return false;
  return same_program(config.process, process.words.front()) && parameters_match(config, process.words);
}

void ProcessTable::seen(Pid pid, const ProcessWords& process) {
  unseen_.erase(pid);
  std::vector<std::uint32_t> ours;
  for (std::uint32_t i = 0; i < trackers_.size(); ++i) {
    if (matches(trackers_[i].config, process)) ours.push_back(i);
  }
  const auto known = known_.find(pid);
  if (known != known_.end() && known->second == ours) return;
  ended(pid);
  if (!ours.empty()) add(pid, std::move(ours));
}

void ProcessTable::forked(Pid parent, Pid child) {
  const auto known = known_.find(parent);
  if (known == known_.end() || known_.contains(child)) return;
  add(child, std::vector<std::uint32_t>(known->second));
}

void ProcessTable::add(Pid pid, std::vector<std::uint32_t> trackers) {
  for (const std::uint32_t index : trackers) {
    ++trackers_[index].count;
    trackers_[index].changed = true;
  }
  known_[pid] = std::move(trackers);
}

void ProcessTable::ended(Pid pid) {
  const auto known = known_.find(pid);
  if (known == known_.end()) return;
  for (const std::uint32_t index : known->second) {
    --trackers_[index].count;
    trackers_[index].changed = true;
  }
  known_.erase(known);
}

void ProcessTable::began_listing() {
  listing_ = true;
  unseen_.clear();
  for (const auto& [pid, trackers] : known_) unseen_.insert(pid);
}

void ProcessTable::ended_listing() {
  if (!std::exchange(listing_, false)) return;
  for (const Pid pid : std::exchange(unseen_, {})) ended(pid);
  for (Tracker& tracker : trackers_) tracker.changed = true;
}

std::vector<ProcessTable::Pid> ProcessTable::pids() const {
  std::vector<Pid> all;
  all.reserve(known_.size());
  for (const auto& [pid, trackers] : known_) all.push_back(pid);
  return all;
}

std::vector<ProcessTable::Count> ProcessTable::take_changes() {
  std::vector<Count> changes;
  if (listing_) return changes;  // half a listing is no news
  for (Tracker& tracker : trackers_) {
    if (std::exchange(tracker.changed, false)) changes.push_back({tracker.config.name, tracker.count});
  }
  return changes;
}

}  // namespace track
