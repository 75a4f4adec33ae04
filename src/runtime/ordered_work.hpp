// What must happen in the order it was decided, but not at once: addresses, routes, rules, announcement frames, scripts, news. A script of a new
// master must find its addresses in place, and an address removed and added again must end up there. Adverts do not wait
// here. Works in slices, so that two thousand addresses never make an advert late.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "engine/failover.hpp"
#include "runtime/firewall_io.hpp"
#include "runtime/frame_socket.hpp"
#include "runtime/link_maker.hpp"
#include "runtime/netlink_io.hpp"

namespace runtime {

/// Whoever does the work; the real one is below, tests have their own.
class WorkTools {
 public:
  virtual ~WorkTools() = default;
  virtual core::Time now() const = 0;
  virtual core::Result<NetlinkCommands::Applied> apply(std::span<const KernelChange> changes) = 0;
  virtual FrameSocket::Sent send(std::span<const engine::action::SendFrame* const> frames) = 0;
  virtual core::Result<> change(const FirewallChange& firewall) = 0;
  virtual void run(engine::action::RunHooks&& hooks) = 0;
  virtual core::Result<> change(const LinkChange& link) = 0;
  virtual void tell(engine::action::Tell&& news) = 0;
};

class OrderedWork {
 public:
  void add(engine::action::AddAddresses&& action);
  void add(engine::action::RemoveAddresses&& action);
  void add(engine::action::AddRoutes&& action);
  void add(engine::action::RemoveRoutes&& action);
  void add(engine::action::AddRules&& action);
  void add(engine::action::RemoveRules&& action);
  void add(LinkChange&& change) { queue_.emplace_back(std::make_unique<LinkChange>(std::move(change))); }
  void add(FirewallChange&& change) {
    queue_.emplace_back(std::make_unique<FirewallChange>(std::move(change)));
  }
  void add(engine::action::SendFrame&& action);
  void add(engine::action::RunHooks&& action);
  void add(engine::action::Tell&& action);

  bool empty() const { return size() == 0; }
  std::size_t size() const { return queue_.size() - done_; }

  struct Outcome {
    std::vector<engine::event::InstallFailed> not_added;
    std::vector<engine::event::RouteRefused> routes_refused;
    std::vector<engine::event::RuleRefused> rules_refused;
    std::vector<engine::event::LinkRefused> links_refused;
    std::optional<core::Error> firewall_refused;  // to be made
    bool firewall_touched = false;                // a change did not fit what is there
    std::vector<core::Error> problems;            // an address not removed, a frame not sent: for the log
    bool answers_lost = false;                    // some of not_added may be missing
  };
  /// Works until `until`, or the end, or something is full. One piece is done in any case, so it may take a little longer:
  /// pieces are cut to about 2 ms by what the last ones took.
  Outcome work(WorkTools& tools, core::Time until);
  /// When to go on; empty when there is nothing to do.
  std::optional<core::Time> next_time(core::Time now) const;

 private:
  using Kind = KernelChange::Kind;
  // Thousands of addresses and frames wait here at a takeover; what is large and rare travels by pointer.
  using Item = std::variant<KernelChange, std::unique_ptr<LinkChange>, std::unique_ptr<FirewallChange>,
                            engine::action::SendFrame, engine::action::RunHooks,
                            std::unique_ptr<engine::action::Tell>>;

  template <class Object>
  void add_each(Kind kind, std::vector<Object>&& objects);
  void change_link(WorkTools& tools, Outcome& outcome);
  void change_firewall(WorkTools& tools, Outcome& outcome);
  void change_kernel(WorkTools& tools, Outcome& outcome);
  void send_frames(WorkTools& tools, Outcome& outcome);
  Item& front() { return queue_[done_]; }
  std::span<const Item> waiting() const { return std::span(queue_).subspan(done_); }
  void pop(std::size_t count = 1);

  // One block, given back as one: a deque's would lie scattered among what stays.
  std::vector<Item> queue_;
  std::size_t done_ = 0;  // of queue_
  std::vector<KernelChange> piece_;
  core::Duration cost_ = std::chrono::microseconds{500};  // of one change, as measured: 10 µs to 3 ms
  std::optional<core::Time> full_since_;
  std::optional<core::Time> blocked_until_;
};

}  // namespace runtime
