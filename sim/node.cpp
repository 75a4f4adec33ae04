#include "sim/node.hpp"

#include <algorithm>
#include <utility>

#include "core/check.hpp"
#include "core/overload.hpp"
#include "sim/neighbour.hpp"
#include "track/effect.hpp"

namespace sim {

namespace {

constexpr std::size_t receive_buffer_packets = 64;
constexpr std::size_t ipv4_header_size = 20;

std::vector<net::IpAddress> addresses_of(const engine::InstanceConfig& instance) {
  std::vector<net::IpAddress> out;
  for (const auto& line : instance.vrrp.addresses) out.push_back(line.address.address.address);
  for (const auto& line : instance.vrrp.excluded_addresses) out.push_back(line.address.address.address);
  return out;
}

const engine::InstanceConfig* find(const engine::FailoverConfig& config, const std::string& name) {
  const auto found =
      std::ranges::find_if(config.instances, [&](const auto& each) { return each.vrrp.name == name; });
  return found == config.instances.end() ? nullptr : &*found;
}

fact::Reloaded difference(const engine::FailoverConfig& old, const engine::FailoverConfig& changed) {
  fact::Reloaded out;
  const bool all = old.pacing != changed.pacing || old.router_id != changed.router_id;
  const auto touch = [&](const engine::InstanceConfig& instance) {
    if (std::ranges::find(out.touched, instance.vrrp.name) == out.touched.end())
      out.touched.push_back(instance.vrrp.name);
    for (const auto& address : addresses_of(instance)) out.touched_addresses.push_back(address);
    for (const auto& route : instance.routes) out.touched_routes.push_back(net::to_string(route));
    for (const auto& rule : instance.rules) out.touched_routes.push_back(net::to_string(rule));
  };
  for (const auto& before : old.instances) {
    const auto* after = find(changed, before.vrrp.name);
    if (all || after == nullptr || *after != before) touch(before);
  }
  for (const auto& after : changed.instances) {
    const auto* before = find(old, after.vrrp.name);
    if (all || before == nullptr || *before != after) touch(after);
  }
  // What concerns one member of a sync group concerns all of them.
  for (const auto& group : old.groups) {
    const bool concerned = std::ranges::any_of(group.members, [&](const std::string& member) {
      return std::ranges::find(out.touched, member) != out.touched.end();
    });
    for (const std::string& member : group.members) {
      if (const auto* sibling = find(old, member); concerned && sibling != nullptr) touch(*sibling);
    }
  }
  return out;
}

}  // namespace

Node::Node(HostId id, const Plan& plan, std::uint64_t seed, EventQueue& queue, Network& network,
           Recorder& recorder)
    : id_(id),
      name_(plan.nodes[id.value].name),
      config_(plan.nodes[id.value].config),
      interfaces_(plan.nodes[id.value].interfaces),
      echo_min_(plan.echo_min),
      echo_max_(plan.echo_max),
      lateness_(plan.timer_lateness),
      random_(seed),
      queue_(queue),
      network_(network),
      recorder_(recorder),
      kernel_(id, interfaces_),
      hooks_(queue, core::Random(random_.next()), plan.hook_time_max,
             [this](Fact fact) { record(std::move(fact)); }),
      watcher_(queue, core::Random(random_.next()),
               [this](const engine::Event& event) { give_work([this, event] { handle(event); }); }) {}

std::optional<engine::FailoverSnapshot> Node::snapshot() const {
  return worker_ ? std::optional(worker_->snapshot(queue_.now())) : std::nullopt;
}

// --- the machine and its processes ------------------------------------------------------------------------------------------

void Node::start() {
  powered_ = true;
  if (worker_) return;
  left_behind_.reset();
  states_.clear();
  worker_config_ = config_;
  worker_.emplace(worker_config_, random_.next());
  ++life_;
  record(fact::WorkerStarted{false});
  publish();
  list_kernel();
}

void Node::power_off() {
  if (!powered_) return;
  powered_ = false;
  paused_since_.reset();
  worker_gone();
  left_behind_.reset();
  hooks_.power_off();
  watcher_.power_off();
  record(fact::PowerLost{});
  kernel_.reboot();
  publish();
}

void Node::kill_worker() {
  if (!worker_) return;
  left_behind_ = worker_->snapshot(last_alive_);
  paused_since_.reset();
  worker_gone();
  publish();
}

void Node::resume_worker() {
  if (worker_ || !powered_) return;
  if (!left_behind_) return start();
  worker_.emplace(worker_config_, random_.next(), *left_behind_, last_alive_);
  left_behind_.reset();
  ++life_;
  record(fact::WorkerStarted{true});
  publish();
  list_kernel();
  queue_.after(2 * echo_max_, [this, life = life_] {
    if (life != life_) return;
    give_work([this, config = config_] {
      if (config != worker_config_) reconfigure(config);
    });
  });
}

void Node::stop() {
  give_work([this] { handle(engine::event::StopRequested{}); });
}

void Node::set_clock(core::Duration step) {
  wall_at_boot_ += step;
  if (worker_) give_work([this] { handle(engine::event::WallClockSet{wall_at_boot_}); });
}

void Node::pause() {
  if (worker_ && !paused_since_) paused_since_ = queue_.now();
}

void Node::proceed() {
  if (!paused_since_) return;
  const core::Duration slept = queue_.now() - *paused_since_;
  paused_since_.reset();
  record(fact::Continued{slept});
  packets_waiting_ = 0;
  std::deque<Work> waiting = std::exchange(inbox_, {});
  // A loop that wakes up may look at its timers first or at its sockets first.
  const std::uint64_t life = life_;
  if (random_.chance(50)) expire();
  for (const Work& work : waiting) {
    if (life == life_) work();
  }
  if (worker_) expire();
}

void Node::reload(engine::FailoverConfig config) {
  config_ = std::move(config);
  give_work([this, config = config_] { reconfigure(config); });
  publish();
}

void Node::reconfigure(const engine::FailoverConfig& config) {
  fact::Reloaded reloaded = difference(worker_config_, config);
  worker_config_ = config;
  const auto before = worker_->next_timeout();
  const bool due = before && *before <= queue_.now();
  step([&](engine::Failover& engine) {
    reloaded.answer = engine.handle(queue_.now(), engine::event::Reconfigured{config});
    reloaded.schedule_kept = due || engine.next_timeout() == before;
    record(reloaded);
    return reloaded.answer;
  });
}

void Node::worker_gone() {
  if (!worker_) return;
  worker_.reset();
  ++life_;
  ++netlink_;
  ++alarm_;
  armed_.reset();
  inbox_.clear();
  packets_waiting_ = 0;
  listening_.clear();
  stopped_ = false;
  record(fact::WorkerEnded{});
}

// --- the worker's loop ------------------------------------------------------------------------------------------------------

void Node::give_work(Work work, bool packet) {
  if (!worker_) return;
  if (!paused_since_) return work();
  if (packet && ++packets_waiting_ > receive_buffer_packets) return;  // the socket's buffer is full
  inbox_.push_back(std::move(work));
}

void Node::step(const std::function<engine::Actions(engine::Failover&)>& call) {
  // A failed effect is told at once, in the middle of what is being performed: the outer call's view comes back after it.
  auto outer = std::exchange(states_before_, states_);
  const engine::Actions actions = call(*worker_);
  last_alive_ = queue_.now();
  bool changed = false;
  for (const auto& action : actions) {
    if (const auto* report = std::get_if<engine::action::ReportTransition>(&action)) {
      states_[report->instance] = report->transition.to;
      changed = true;
    }
  }
  perform(actions);
  states_before_ = std::move(outer);
  if (changed) observe_states();
  if (stopped_) worker_gone();
  publish();
  arm();
}

void Node::handle(const engine::Event& event) {
  step([&](engine::Failover& engine) { return engine.handle(queue_.now(), event); });
}

void Node::expire() {
  if (!worker_) return;
  step([&](engine::Failover& engine) {
    const core::Time now = queue_.now();
    const auto due = engine.next_timeout();
    engine::Actions actions = engine.handle_timeout(now);
    record(fact::TimeoutHandled{engine.next_timeout(), !due || *due > now, actions.size()});
    return actions;
  });
  if (worker_ && random_.chance(2)) prod();
}

// Early and repeated calls must do nothing: the engine may not rely on being woken only when it asked for it.
void Node::prod() {
  step([&](engine::Failover& engine) {
    const core::Time now = queue_.now();
    const auto due = engine.next_timeout();
    engine::Actions actions = engine.handle_timeout(now);
    record(fact::TimeoutHandled{engine.next_timeout(), !due || *due > now, actions.size()});
    return actions;
  });
}

void Node::arm() {
  const auto next = worker_ ? worker_->next_timeout() : std::nullopt;
  if (next == armed_) return;
  armed_ = next;
  const std::uint64_t alarm = ++alarm_;
  if (!next) return;
  const core::Duration late{random_.between(0, lateness_.count())};
  queue_.at(std::max(*next, queue_.now()) + late, [this, alarm] {
    if (alarm != alarm_ || paused_since_) return;
    armed_.reset();
    expire();
  });
}

void Node::list_kernel() {
  ++netlink_;
  const std::uint64_t socket = netlink_;
  queue_.after(echo_delay(), [this, socket] {
    if (socket != netlink_) return;
    last_echo_ = std::max(last_echo_, queue_.now());
    give_work([this, listed = kernel_.list()] {
      handle(engine::event::WallClockSet{wall_at_boot_});
      handle(listed);
    });
  });
}

void Node::observe_states(bool at_rest) {
  if (!worker_) return;
  fact::StatesSeen seen{.states = {}, .at_rest = at_rest};
  for (const auto& instance : worker_->snapshot(queue_.now()).instances) {
    seen.states.push_back({instance.name, instance.state, instance.addresses_installed});
  }
  record(std::move(seen));
}

// --- actions ----------------------------------------------------------------------------------------------------------------

void Node::perform(const engine::Actions& actions) {
  for (const auto& action : actions) std::visit([&](const auto& each) { on(each); }, action);
}

void Node::on(const engine::action::SendPacket& action) {
  const auto route =
      action.interface.value != 0 ? std::optional(action.interface) : kernel_.route_to(action.destination);
  const net::Interface* out = route ? kernel_.interface(*route) : nullptr;
  if (out == nullptr || !out->usable()) {
    give_work([this, name = action.instance] {
      handle(engine::event::SendFailed{name, {errno_network_down, "the interface is down"}});
    });
    return;
  }
  const std::span<const std::uint8_t> bytes = action.packet;
  const auto advert = action.destination.is_v4() && action.protocol == 112 && bytes.size() > ipv4_header_size
                          ? bytes.subspan(ipv4_header_size)
                          : bytes;
  if (advert.size() >= 3) {
    record(fact::AdvertSent{
        action.instance, advert[1], advert[2],
        states_before_.contains(action.instance) ? states_before_[action.instance] : vrrp::State::initialize,
        state_of(action.instance)});
  }
  network_.send(
      id_, *kernel_.segment_of(out->index),
      IpPacket{action.source, action.destination, action.hop_limit, action.protocol, action.packet});
}

void Node::on(const engine::action::SendFrame& action) {
  const net::Interface* out = kernel_.interface(action.interface);
  if (out == nullptr || !out->usable()) return;
  const SegmentId segment = *kernel_.segment_of(out->index);
  if (const auto said = read_announcement(action.frame)) record(fact::Announced{segment, said->address});
  network_.send(id_, segment, EthernetFrame{action.frame});
}

void Node::on(const engine::action::BuildFirewall& action) {
  firewall_.emplace(action.blocked.begin(), action.blocked.end());
}

void Node::on(const engine::action::ChangeFirewall& action) {
  const bool fits = firewall_ && std::ranges::all_of(action.removed, [&](const net::BlockedAddress& each) {
                      return firewall_->contains(each);
                    });
  if (!fits) {
    give_work([this] { handle(engine::event::FirewallTouched{}); });
    return;
  }
  for (const auto& each : action.removed) firewall_->erase(each);
  firewall_->insert(action.added.begin(), action.added.end());
}

// What accepts no packets is in the packet filter before it is an address of the machine.
void Node::check_blocked(const std::vector<net::InterfaceAddress>& addresses) const {
  const auto silent = [](const engine::InstanceConfig& each) {
    return !each.vrrp.accept && !each.vrrp.owner();
  };
  for (const auto& instance : worker_config_.instances) {
    if (!silent(instance) || state_of(instance.vrrp.name) != vrrp::State::master) continue;
    for (const auto& address : instance.vrrp.addresses) {
      const net::IpAddress& ip = address.address.address.address;
      const bool added =
          std::ranges::any_of(addresses, [&](const auto& each) { return each.address.address == ip; });
      SF_CHECK(!added || (firewall_ && std::ranges::any_of(*firewall_, [&](const net::BlockedAddress& each) {
                            return each.address == ip;
                          })));
    }
  }
}

void Node::on(const engine::action::AddAddresses& action) {
  check_blocked(action.addresses);
  record(fact::AddressesWritten{true, action.addresses});
  for (const auto& address : action.addresses) {
    if (auto done = kernel_.add_address(address)) {
      echo(*done);
    } else if (done.error().code != errno_exists) {
      queue_.after(echo_min_, [this, life = life_, address, error = done.error()] {
        if (life == life_)
          give_work([this, address, error] { handle(engine::event::InstallFailed{address, error}); });
      });
    }
  }
}

void Node::on(const engine::action::RemoveAddresses& action) {
  record(fact::AddressesWritten{false, action.addresses});
  for (const auto& address : action.addresses) echo(kernel_.remove_address(address));
}

template <class Object, class Refused, class Add>
void Node::add_each(const std::vector<Object>& objects, Add add) {
  for (const Object& object : objects) {
    if (auto done = add(object)) {
      echo(*done);
    } else {
      queue_.after(echo_min_, [this, life = life_, object, error = done.error()] {
        if (life == life_) give_work([this, object, error] { handle(Refused{object, error}); });
      });
    }
  }
}

void Node::on(const engine::action::AddRoutes& action) {
  add_each<net::KernelRoute, engine::event::RouteRefused>(
      action.routes, [&](const auto& route) { return kernel_.add_route(route); });
}

void Node::on(const engine::action::RemoveRoutes& action) {
  for (const auto& route : action.routes) echo(kernel_.remove_route(route));
}

void Node::on(const engine::action::AddRules& action) {
  add_each<net::Rule, engine::event::RuleRefused>(action.rules,
                                                  [&](const auto& rule) { return kernel_.add_rule(rule); });
}

void Node::on(const engine::action::RemoveRules& action) {
  for (const auto& rule : action.rules) echo(kernel_.remove_rule(rule));
}

void Node::on(const engine::action::ReportTransition& action) {
  record(fact::Reported{action.sequence, action.instance, action.transition});
}

// --- the kernel's side ------------------------------------------------------------------------------------------------------

void Node::take_address(const net::IpAddress& address) {
  const auto events = kernel_.remove_everywhere(address);
  for (const auto& event : events) {
    const auto& removed = std::get<engine::event::AddressRemoved>(event).address;
    if (const auto segment = kernel_.segment_of(removed.interface))
      record(fact::AddressTaken{*segment, address});
  }
  apply(events);
}

void Node::take_route() {
  const auto events = kernel_.remove_some_route();
  for (const auto& event : events)
    record(fact::RouteTaken{net::to_string(std::get<engine::event::RouteRemoved>(event).route.route)});
  apply(events);
}

void Node::take_rule() {
  const auto events = kernel_.remove_some_rule();
  for (const auto& event : events)
    record(fact::RouteTaken{net::to_string(std::get<engine::event::RuleRemoved>(event).rule)});
  apply(events);
}

// Routes and rules by their words: what is there now and was not, and the other way round.
void Node::publish_routes() {
  std::set<std::string> now;
  if (powered_) {
    for (const auto& route : kernel_.routes()) now.insert(net::to_string(route.route));
    for (const auto& rule : kernel_.rules()) now.insert(net::to_string(rule));
  }
  for (const auto& text : routes_seen_) {
    if (!now.contains(text)) record(fact::RouteGone{text});
  }
  for (const auto& text : now) {
    if (!routes_seen_.contains(text)) record(fact::RouteThere{text});
  }
  routes_seen_ = std::move(now);
}

void Node::give_address(const net::InterfaceAddress& address) {
  if (auto done = kernel_.add_address(address)) apply(*done);
}

void Node::refuse_addresses(std::optional<int> error) {
  if (kernel_.refusal && !error) {
    refused_until_ = queue_.now() + refusal_patience;
    queue_.at(refused_until_, [this] { publish(); });
  }
  kernel_.refusal = error;
  publish();
}

void Node::overrun() {
  if (worker_) list_kernel();
}

void Node::apply(const Kernel::Events& events) {
  echo(events);
  publish();
}

void Node::echo(const Kernel::Events& events) {
  for (const auto& event : events) {
    const core::Time arrival = std::max(last_echo_, queue_.now() + echo_delay());
    last_echo_ = arrival;
    queue_.at(arrival, [this, event, socket = netlink_] {
      if (socket == netlink_) give_work([this, event] { handle(event); });
    });
  }
}

core::Duration Node::echo_delay() {
  return core::Duration{random_.between(echo_min_.count(), echo_max_.count())};
}

void Node::receive(SegmentId segment, const Load& load) {
  const auto* packet = std::get_if<IpPacket>(&load);
  const auto index = powered_ ? kernel_.index_on(segment) : std::nullopt;
  if (packet == nullptr || !index || !kernel_.interface(*index)->usable() || !hears(*index, *packet)) return;
  give_work([this, index = *index, packet = *packet] { deliver(index, packet); }, true);
}

bool Node::hears(net::InterfaceIndex interface, const IpPacket& packet) const {
  const net::IpAddress& to = packet.destination;
  return std::ranges::any_of(listening_, [&](const auto& socket) {
    if (socket.family != to.family) return false;
    if (to.is_multicast()) {
      return socket.interface == interface && std::ranges::find(socket.groups, to) != socket.groups.end();
    }
    return (socket.interface == interface || socket.interface.value == 0) && kernel_.holds(interface, to);
  });
}

void Node::deliver(net::InterfaceIndex interface, const IpPacket& packet) {
  const std::span<const std::uint8_t> bytes = packet.bytes;
  const bool v4 = packet.destination.is_v4();
  const std::size_t header = v4 ? std::min(bytes.size(), ipv4_header_size) : 0;
  engine::event::PacketReceived received;
  received.interface = interface;
  received.source = packet.source;
  received.destination = packet.destination;
  received.hop_limit = v4 && bytes.size() > 8 ? bytes[8] : packet.hop_limit;
  received.protocol = packet.protocol;
  received.ipv4_header = bytes.first(header);
  received.payload = bytes.subspan(header);
  handle(received);
}

void Node::publish() {
  for (const auto& interface : interfaces_) {
    std::set<net::IpAddress> now;
    if (powered_) {
      for (const auto& address : kernel_.answered(interface.segment)) now.insert(address);
      for (const auto& own : interface.addresses) now.erase(own.address);
    }
    auto& before = owned_[interface.segment];
    for (const auto& address : before) {
      if (!now.contains(address)) record(fact::AddressLost{interface.segment, address});
    }
    for (const auto& address : now) {
      if (!before.contains(address)) record(fact::AddressOwned{interface.segment, address});
    }
    before = std::move(now);
  }
  publish_routes();
  for (const auto& instance : config_.instances) available_.try_emplace(instance.vrrp.name, false);
  for (auto& [instance, known] : available_) {
    const bool now = available(instance);
    if (now == known) continue;
    known = now;
    record(fact::Available{instance, now});
  }
}

bool Node::available(const std::string& instance) const {
  const auto* config = find(config_, instance);
  if (config == nullptr || !powered_ || !worker_ || kernel_.refusal || queue_.now() < refused_until_)
    return false;
  for (const auto& group : config_.groups) {
    if (std::ranges::find(group.members, instance) == group.members.end()) continue;
    return std::ranges::all_of(group.members, [&](const std::string& member) {
      const auto* sibling = find(config_, member);
      return sibling == nullptr || available_alone(*sibling);
    });
  }
  return available_alone(*config);
}

bool Node::available_alone(const engine::InstanceConfig& config) const {
  const auto usable = [&](const std::string& name) {
    const net::Interface* on = kernel_.interface(name);
    return on != nullptr && on->usable();
  };
  if (!config.vrrp.interface.empty() && !usable(config.vrrp.interface)) return false;
  return std::ranges::all_of(config.trackers, [&](const engine::TrackerUse& use) {
    if (use.kind != track::Kind::interface) return watcher_.sound(config_, use);
    return !track::effect_of(usable(use.name), use.weight).fault;
  });
}

vrrp::State Node::state_of(const std::string& instance) const {
  const auto found = states_.find(instance);
  return found == states_.end() ? vrrp::State::initialize : found->second;
}

}  // namespace sim
