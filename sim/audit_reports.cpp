#include <deque>
#include <optional>
#include <set>

#include "sim/audit.hpp"

namespace sim {

namespace {

// The generic script is told INSTANCE, the name, the state's word and the priority as its last four arguments.
std::optional<std::pair<std::string, std::string>> told(const notify::Command& command) {
  const auto& words = command.argv;
  if (words.size() < 5 || words[words.size() - 4] != "INSTANCE") return std::nullopt;
  return std::pair{words[words.size() - 3], words[words.size() - 2]};
}

class Reports : public Auditor {
 public:
  explicit Reports(const Layout& layout) : Auditor("S3 reports", layout) {}

 private:
  struct Queue {
    std::deque<notify::Command> waiting;
    bool running = false;
  };
  struct NodeBook {
    std::uint64_t last_sequence = 0;
    std::map<std::string, vrrp::State> states;
    std::map<std::string, Queue> queues;
    std::map<std::string, std::string> last_told;
  };

  void watch(const Observation& observation) override {
    NodeBook& book = books_[observation.host];
    const auto say = [&](const std::string& text) {
      complain(observation.when, node_name(observation.host) + " " + text);
    };
    if (const auto* started = std::get_if<fact::WorkerStarted>(&observation.fact);
        started != nullptr && !started->resumed) {
      book.last_sequence = 0;
      book.states.clear();
    }
    if (std::holds_alternative<fact::PowerLost>(observation.fact)) book = {};
    if (const auto* report = std::get_if<fact::Reported>(&observation.fact)) on_report(book, *report, say);
    if (const auto* report = std::get_if<fact::GroupReported>(&observation.fact)) {
      on_sequence(book, report->sequence, say);
    }
    if (const auto* seen = std::get_if<fact::StatesSeen>(&observation.fact)) on_states(book, *seen, say);
    if (const auto* queued = std::get_if<fact::HooksQueued>(&observation.fact)) {
      auto& waiting = book.queues[queued->queue].waiting;
      waiting.insert(waiting.end(), queued->commands.begin(), queued->commands.end());
    }
    if (const auto* started = std::get_if<fact::HookStarted>(&observation.fact)) on_hook(book, *started, say);
    if (const auto* finished = std::get_if<fact::HookFinished>(&observation.fact)) {
      book.queues[finished->queue].running = false;
    }
  }

  template <class Say>
  static void on_sequence(NodeBook& book, std::uint64_t sequence, const Say& say) {
    if (book.last_sequence != 0 && sequence != book.last_sequence + 1) {
      say("reported #" + std::to_string(sequence) + " after #" + std::to_string(book.last_sequence));
    }
    book.last_sequence = sequence;
  }

  template <class Say>
  static void on_report(NodeBook& book, const fact::Reported& report, const Say& say) {
    on_sequence(book, report.sequence, say);
    const auto before = book.states.find(report.instance);
    if (before != book.states.end() && before->second != report.transition.from) {
      say(report.instance + " reports leaving a state it was not in");
    }
    book.states[report.instance] = report.transition.to;
  }

  template <class Say>
  static void on_states(const NodeBook& book, const fact::StatesSeen& seen, const Say& say) {
    for (const auto& each : seen.states) {
      const auto reported = book.states.find(each.instance);
      const vrrp::State last = reported == book.states.end() ? vrrp::State::initialize : reported->second;
      if (last != each.state) say(each.instance + " is in another state than it reported last");
      const auto hook = book.last_told.find(each.instance);
      const auto queue = book.queues.find(each.instance);
      const bool idle =
          queue == book.queues.end() || (queue->second.waiting.empty() && !queue->second.running);
      if (seen.at_rest && idle && hook != book.last_told.end() &&
          hook->second != vrrp::state_word(each.state)) {
        say(each.instance + ": the scripts were last told " + hook->second);
      }
    }
  }

  template <class Say>
  static void on_hook(NodeBook& book, const fact::HookStarted& started, const Say& say) {
    Queue& queue = book.queues[started.queue];
    if (queue.running) say(started.queue + ": two hooks at once");
    queue.running = true;
    if (queue.waiting.empty() || queue.waiting.front() != started.command) {
      say(started.queue + ": a hook out of order");
    } else {
      queue.waiting.pop_front();
    }
    if (const auto words = told(started.command)) book.last_told[words->first] = words->second;
  }

  std::map<HostId, NodeBook> books_;
};

}  // namespace

std::unique_ptr<Auditor> audit_reports(const Layout& layout) { return std::make_unique<Reports>(layout); }

}  // namespace sim
