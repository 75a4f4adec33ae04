// A balancer engine with all around it made up: a kernel's table, servers of whom the truth is known, a clock. Everything the engine
// wants is done as its host would do it, and the audit looks on.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "engine/balancer.hpp"
#include "sim/balancing/audit.hpp"
#include "sim/event_queue.hpp"

namespace sim::balancing {

class World {
 public:
  World(engine::BalancerConfig config, std::uint64_t seed, Audit& audit, std::size_t tail);

  // ---- what is done to it
  void start();
  void run_for(core::Duration time);
  /// The truth of what answers at an address and port; `slow`: a dead one says nothing until the deadline.
  void set_alive(const Endpoint& target, bool alive, bool slow);
  void reload(engine::BalancerConfig config);
  void order(const engine::CheckedServer& server, std::optional<std::uint32_t> weight);
  /// The worker is gone, and back after that time with the last snapshot it left.
  void kill(core::Duration away);
  void stop();
  /// Percent of the commands that the plane refuses.
  void refuse(int percent);
  void fail_listings(bool fail);
  /// This machine has nothing left to make checks with.
  void exhaust(bool exhausted);
  /// Somebody else's hand in the table.
  void meddle(const std::string& words, const std::function<void(lvs::Table&)>& edit);
  void add_foreign(const ServiceKey& key, const lvs::Entry& entry);

  // ---- what is seen of it
  core::Time now() const { return queue_.now(); }
  std::uint64_t steps() const { return queue_.steps(); }
  const engine::BalancerConfig& config() const { return config_; }
  const lvs::Table& table() const { return table_; }
  const Truths& truths() const { return truths_; }
  const Orders& orders() const { return orders_; }
  const lvs::Table& foreign() const { return foreign_; }
  bool stopped() const { return stopped_; }
  /// Empties what was done to the table since the last call.
  net::ipvs::Commands commands() { return std::exchange(commands_, {}); }
  /// What happened last, one a line.
  std::string tail() const;

 private:
  void begin();
  void configured();
  void deliver(engine::BalancerEvent event);
  void perform(engine::BalancerActions&& actions);
  void program(net::ipvs::Commands&& commands);
  void hear_of_refusals();
  void list(std::uint64_t generation);
  net::ipvs::Listing listing();
  void probe(const engine::action::StartProbe& probe);
  void arm();
  void note(const std::string& text);
  /// Nothing but deaths is wrong from then on.
  void disturbed(core::Duration until_over = {});
  void look();
  /// Something that is to happen while this worker lives.
  void later(core::Duration delay, std::function<void()> what);

  EventQueue queue_;
  core::Random random_;
  Audit& audit_;
  engine::BalancerConfig config_;
  std::optional<engine::Balancer> balancer_;
  std::uint64_t worker_ = 0;  // which of them it is
  bool knows_the_table_ = false;
  std::optional<engine::BalancerSnapshot> snapshot_;
  std::map<engine::CheckId, core::Shared<engine::CheckTask>> tasks_;
  std::map<engine::CheckId, std::uint64_t> running_;  // the probe under way
  std::optional<core::Time> armed_;
  std::uint64_t timeouts_now_ = 0;  // at this instant
  core::Time last_timeout_{};

  lvs::Table table_, foreign_;
  net::ipvs::Commands commands_;
  net::ipvs::Commands refused_;  // the balancer has not heard of it yet
  Truths truths_;
  std::map<Endpoint, bool> slow_;
  Orders orders_;
  int refused_percent_ = 0;
  bool listings_fail_ = false;
  bool exhausted_ = false;
  bool stopping_ = false;
  bool stopped_ = false;
  bool worth_a_snapshot_ = false;
  core::Time calm_since_{};
  core::Time table_ours_since_{};  // nobody but the balancer has changed it since, nor refused to

  std::size_t tail_size_;
  std::deque<std::string> tail_;
};

}  // namespace sim::balancing
