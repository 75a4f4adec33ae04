// The checks of the balancer engine: each once, with the servers it is for. Keeps the deadlines of all and tells whose health
// changed; what that means for services is the director's. Not for anybody outside of this folder.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "check/checker.hpp"
#include "engine/balancer.hpp"
#include "engine/deadlines.hpp"

namespace engine {

class Checks {
 public:
  /// What came of an event beside actions: these servers' health is another one.
  using Changed = std::vector<CheckedServer>;

  explicit Checks(std::uint64_t seed) : seed_(seed) {}

  /// What a configuration wants checked of one service.
  struct Wanted {
    lvs::ServiceId service;
    std::vector<net::ipvs::Endpoint> servers;
    std::vector<ServerTasks> tasks;  // of the server of the same index
  };
  /// Takes the tasks out of the configuration.
  static std::vector<Wanted> wanted_of(BalancerConfig& config);

  /// These checks and no others. A check that was there before keeps its history, also with another timing.
  void configure(core::Time now, std::vector<Wanted> wanted, BalancerActions& out, Changed& changed);
  /// Before configure(): histories to go on with.
  void remember(std::vector<CheckSnapshot> previous);

  void finished(core::Time now, const event::ProbeFinished& finished, BalancerActions& out, Changed& changed);
  void file_changed(core::Time now, const std::string& file, std::int64_t value, BalancerActions& out,
                    Changed& changed);
  void bfd_changed(core::Time now, const std::string& session, bool up, BalancerActions& out,
                   Changed& changed);
  /// The checks of this service may rest; those it shares with others that do not go on.
  void suspend(core::Time now, const lvs::ServiceId& service, bool suspended, BalancerActions& out,
               Changed& changed);

  void handle_timeout(core::Time now, BalancerActions& out, Changed& changed);
  std::optional<core::Time> next_timeout() const { return deadlines_.earliest(); }

  /// What its checks say together.
  lvs::Health health(const CheckedServer& server) const;
  std::vector<CheckSnapshot> snapshot() const;

 private:
  /// A check, once, and the servers it is for.
  struct Wish {
    core::Shared<CheckTask> task;
    std::size_t hash = 0;  // of the task
    std::vector<CheckedServer> servers;
  };

  struct Slot {
    core::Shared<CheckTask> task;
    std::size_t hash = 0;  // of the task
    check::Checker machine;
    std::vector<CheckedServer> servers;
    bool resting = false;
  };

  /// A server, in its slot, and one of the checks it has.
  struct ServerCheck {
    const CheckedServer* server = nullptr;
    CheckId check = 0;
  };

  static std::vector<Wish> wishes_of(std::vector<Wanted> wanted);
  std::vector<Wish> without_those_kept(std::vector<Wish> wishes, std::vector<bool>& kept);
  CheckId take_id();
  void retime(core::Time now, CheckId id, Wish&& wish, BalancerActions& out, Changed& changed);
  void add(core::Time now, CheckId id, Wish&& wish, BalancerActions& out, Changed& changed);
  void remove(CheckId id, BalancerActions& out);
  void find_servers();
  std::span<const ServerCheck> checks_of(const CheckedServer& server) const;
  /// Of servers that are not simply well.
  std::map<CheckedServer, lvs::Health> unusual_health() const;
  void compare_health(const std::map<CheckedServer, lvs::Health>& before, Changed& changed) const;
  void tell(core::Time now, CheckId id, const check::Event& event, BalancerActions& out, Changed& changed);
  void take(CheckId id, check::Actions&& actions, BalancerActions& out, Changed& changed);
  void rest_or_resume(core::Time now, CheckId id, BalancerActions& out, Changed& changed);
  static std::string name_of(const Slot& slot);

  std::uint64_t seed_;
  std::uint64_t added_ = 0;
  std::vector<std::optional<Slot>> slots_;  // by CheckId
  std::vector<CheckId> free_;
  std::vector<ServerCheck> by_server_;  // sorted by both; made anew by configure()
  std::set<lvs::ServiceId> suspended_;
  std::map<std::string, std::int64_t, std::less<>> files_;  // what was heard of them
  std::map<std::string, bool, std::less<>> sessions_;
  std::unordered_multimap<std::size_t, CheckSnapshot> remembered_;  // hash of the task
  Deadlines deadlines_;
  bool started_ = false;
  bool resumes_ = false;  // what others believe of servers is from another process
};

}  // namespace engine
