#include "sim/generate.hpp"

#include <algorithm>
#include <array>

namespace sim {

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

notify::Command command(const std::string& word) {
  notify::Command out;
  out.argv = {word};
  return out;
}

template <std::size_t N>
core::Duration pick(core::Random& random, const std::array<core::Duration, N>& from) {
  return from[static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(N) - 1))];
}

// What all members of one virtual router share.
struct Shape {
  SegmentId segment;
  net::Family family = net::Family::v4;
  vrrp::Version version = vrrp::Version::v3;
  std::uint8_t vrid = 1;
  core::Duration interval{};
  bool unicast = false;
  bool equal_priorities = false;
  bool mixed_intervals = false;
  std::uint32_t addresses = 1;
  std::uint32_t excluded = 0;
  std::uint32_t down_timer_adverts = 3;
  std::uint32_t owner = 99;  // the node with priority 255
};

Shape generate_shape(core::Random& random, bool slow, std::uint32_t segments, std::uint32_t nodes,
                     std::uint8_t vrid) {
  Shape shape;
  shape.segment = SegmentId{static_cast<std::uint32_t>(random.between(0, segments - 1))};
  shape.vrid = vrid;
  shape.family = random.chance(30) ? net::Family::v6 : net::Family::v4;
  shape.version =
      slow && shape.family == net::Family::v4 && random.chance(60) ? vrrp::Version::v2 : vrrp::Version::v3;
  shape.interval =
      slow ? pick<4>(random, {200ms, 500ms, 1s, 2s}) : pick<5>(random, {10ms, 20ms, 30ms, 50ms, 100ms});
  if (shape.version == vrrp::Version::v2) shape.interval = random.chance(70) ? 1s : 2s;
  shape.unicast = random.chance(40);
  shape.equal_priorities = random.chance(15);
  shape.mixed_intervals = shape.version == vrrp::Version::v3 && random.chance(25);
  shape.addresses = static_cast<std::uint32_t>(random.between(1, 3));
  shape.excluded = random.chance(25) ? 1 : 0;
  if (random.chance(20)) shape.down_timer_adverts = static_cast<std::uint32_t>(random.between(2, 5));
  if (random.chance(15)) shape.owner = static_cast<std::uint32_t>(random.between(0, nodes - 1));
  return shape;
}

void sign(vrrp::Config& config) {
  vrrp::SignatureConfig signature;
  signature.keys = {{1, std::string(32, 'k')}};
  signature.active_key = 1;
  config.signature = std::move(signature);
}

engine::InstanceConfig generate_instance(core::Random& random, const Shape& shape, std::uint32_t node,
                                         std::uint32_t nodes) {
  auto instance = make_instance("VI_" + std::to_string(shape.vrid), shape.segment, shape.family, shape.vrid,
                                shape.version);
  vrrp::Config& config = instance.vrrp;
  config.advert_interval = shape.mixed_intervals ? shape.interval * random.between(1, 3) : shape.interval;
  config.down_timer_adverts = shape.down_timer_adverts;
  config.priority = static_cast<std::uint8_t>(shape.equal_priorities ? 100 : random.between(1, 254));
  if (node == shape.owner) config.priority = 255;
  config.state_backup_written = random.chance(10);
  if (!config.owner() && random.chance(25)) config.preempt = false;
  if (config.preempt && random.chance(15)) config.preempt_delay = shape.interval * random.between(1, 6);
  if (random.chance(15)) config.higher_prio_send_advert = true;
  if (random.chance(10)) config.announcements.master_refresh = shape.interval * 5;
  if (random.chance(10)) config.announcements.master_delay = {};
  if (shape.version == vrrp::Version::v2 && shape.family == net::Family::v4 && shape.vrid % 2 == 0) {
    config.auth_type = vrrp::AuthType::pass;
    config.auth_pass = "s3cret";
  }
  if (shape.vrid == 2 && config.auth_type == vrrp::AuthType::none) sign(config);
  if (shape.vrid == 3) config.accept = false;
  for (std::uint32_t line = 0; line < shape.addresses + shape.excluded; ++line) {
    add_address(instance, virtual_address(shape.family, shape.segment, shape.vrid, line),
                line >= shape.addresses);
  }
  if (shape.vrid % 2 == 1) add_routes(instance);
  if (shape.unicast) make_unicast(instance, shape.segment, node, nodes);
  return instance;
}

}  // namespace

net::IpAddress own_address(net::Family family, SegmentId segment, std::uint32_t node) {
  const auto host = static_cast<std::uint8_t>(node + 1);
  const auto third = static_cast<std::uint8_t>(segment.value);
  if (family == net::Family::v4) return net::IpAddress::v4(10, 9, third, host);
  net::IpAddress out = net::IpAddress::any(net::Family::v6);
  out.octets[0] = 0xfe;
  out.octets[1] = 0x80;
  out.octets[14] = third;
  out.octets[15] = host;
  return out;
}

net::IpAddress virtual_address(net::Family family, SegmentId segment, std::uint8_t vrid, std::uint32_t line) {
  const auto third = static_cast<std::uint8_t>(segment.value);
  const auto number = static_cast<std::uint8_t>(100 + line);
  if (family == net::Family::v4)
    return net::IpAddress::v4(10, static_cast<std::uint8_t>(10 + third), vrid, number);
  net::IpAddress out = net::IpAddress::any(net::Family::v6);
  out.octets[0] = 0xfd;
  out.octets[13] = third;
  out.octets[14] = vrid;
  out.octets[15] = number;
  return out;
}

InterfacePlan make_interface(SegmentId segment, std::uint32_t node) {
  InterfacePlan out{.name = "eth" + std::to_string(segment.value), .segment = segment};
  out.addresses.push_back({own_address(net::Family::v4, segment, node), 24});
  out.addresses.push_back({own_address(net::Family::v6, segment, node), 64});
  return out;
}

engine::InstanceConfig make_instance(const std::string& name, SegmentId segment, net::Family family,
                                     std::uint8_t vrid, vrrp::Version version) {
  engine::InstanceConfig out;
  out.vrrp.name = name;
  out.vrrp.interface = "eth" + std::to_string(segment.value);
  out.vrrp.family = family;
  out.vrrp.vrid = vrid;
  out.vrrp.version = version;
  out.vrrp.multicast_group = *net::IpAddress::parse(family == net::Family::v4 ? "224.0.0.18" : "ff02::12");
  out.hooks.master = command("notify_master");
  out.hooks.backup = command("notify_backup");
  out.hooks.fault = command("notify_fault");
  out.hooks.stop = command("notify_stop");
  out.hooks.any = command("notify");
  return out;
}

void add_address(engine::InstanceConfig& instance, const net::IpAddress& address, bool excluded) {
  vrrp::VirtualAddress line;
  line.address.address = {address, static_cast<std::uint8_t>(address.bits())};
  (excluded ? instance.vrrp.excluded_addresses : instance.vrrp.addresses).push_back(line);
}

void add_routes(engine::InstanceConfig& instance) {
  const vrrp::Config& config = instance.vrrp;
  for (std::uint8_t number = 1; number <= 2; ++number) {
    net::Route route;
    route.family = config.family;
    route.interface = config.interface;
    const bool v4 = config.family == net::Family::v4;
    route.destination = {v4 ? net::IpAddress::v4(10, static_cast<std::uint8_t>(100 + number), config.vrid, 0)
                            : virtual_address(config.family, SegmentId{200}, config.vrid, number),
                         static_cast<std::uint8_t>(v4 ? 24 : 128)};
    instance.routes.push_back(route);
  }
  net::Rule rule;
  rule.family = config.family;
  rule.from = instance.routes.front().destination;
  rule.action = net::RuleAction::table;
  rule.table = config.vrid;
  rule.preference = 1000 + config.vrid;
  instance.rules.push_back(rule);
}

void make_unicast(engine::InstanceConfig& instance, SegmentId segment, std::uint32_t node,
                  std::uint32_t nodes) {
  instance.vrrp.unicast = true;
  for (std::uint32_t other = 0; other < nodes; ++other) {
    vrrp::UnicastPeer peer;
    peer.address = own_address(instance.vrrp.family, segment, other);
    if (other != node) instance.vrrp.peers.push_back(peer);
  }
}

namespace {

// What a node depends on beside its links: a script of each kind, a file, a process, a session; the same on every node.
void generate_trackers(core::Random& random, Plan& plan) {
  const auto& shapes = plan.nodes.front().config.instances;
  const vrrp::Config first = shapes.front().vrrp;
  const bool alike =
      std::ranges::all_of(shapes, [&](const auto& each) { return each.vrrp.version == first.version; });
  const bool group = random.chance(50) && shapes.size() > 1 && alike;
  const bool fault = random.chance(60);
  const std::int32_t weight = fault ? 0 : static_cast<std::int32_t>(random.between(-60, 60));
  const auto rise = static_cast<std::uint32_t>(random.between(1, 3));
  const auto fall = static_cast<std::uint32_t>(random.between(1, 3));
  const core::Duration interval = std::chrono::milliseconds(random.between(50, 500));
  const auto kind = static_cast<track::Kind>(random.between(1, 4));
  for (NodePlan& node : plan.nodes) {
    auto& trackers = node.config.trackers;
    const engine::TrackerUse use{kind, "t", {weight, false}};
    engine::TrackedScript script;
    script.config.name = "t";
    script.config.interval = script.config.timeout = interval;
    script.config.rise = rise;
    script.config.fall = fall;
    script.command = command("check");
    if (kind == track::Kind::script) trackers.scripts = {script};
    if (kind == track::Kind::file) trackers.files = {{"t", "/t", use.weight, {}}};
    if (kind == track::Kind::process) {
      track::ProcessConfig process;
      process.name = process.process = "t";
      trackers.processes = {process};
    }
    if (kind == track::Kind::bfd) trackers.bfd_sessions = {"t"};
    node.config.instances.front().trackers = {use};
    if (!group) continue;
    engine::GroupConfig together;
    together.name = "G";
    for (auto& instance : node.config.instances) {
      together.members.push_back(instance.vrrp.name);
      instance.vrrp.in_sync_group = true;
      // Members are worth the same, or two nodes could each be better in one network and never settle.
      instance.vrrp.priority = node.config.instances.front().vrrp.priority;
      instance.vrrp.preempt = node.config.instances.front().vrrp.preempt;
      instance.vrrp.preempt_delay = node.config.instances.front().vrrp.preempt_delay;
      instance.vrrp.state_backup_written = node.config.instances.front().vrrp.state_backup_written;
      // The slowest of them would set the pace of all, and the others' bounds would not hold.
      instance.vrrp.advert_interval = first.advert_interval;
      instance.vrrp.down_timer_adverts = first.down_timer_adverts;
      instance.trackers = {use};
    }
    node.config.groups = {together};
  }
}

}  // namespace

Plan generate_plan(core::Random& random, std::uint32_t nodes) {
  Plan plan;
  const auto drawn = static_cast<std::uint32_t>(random.chance(60) ? 2 : random.between(3, 4));
  if (nodes == 0) nodes = drawn;
  plan.segments = random.chance(25) ? 2 : 1;
  plan.neighbours = static_cast<std::uint32_t>(random.between(1, 2));
  const bool slow = random.chance(50);

  std::vector<Shape> shapes;
  const auto routers = static_cast<std::uint8_t>(random.between(1, 3));
  for (std::uint8_t vrid = 1; vrid <= routers; ++vrid) {
    shapes.push_back(generate_shape(random, slow, plan.segments, nodes, vrid));
  }
  const core::Duration shortest = std::ranges::min(shapes, {}, &Shape::interval).interval;
  const bool startup_delay = random.chance(10);
  for (std::uint32_t index = 0; index < nodes; ++index) {
    NodePlan node{.name = std::string(1, static_cast<char>('a' + index)), .config = {}, .interfaces = {}};
    for (std::uint32_t segment = 0; segment < plan.segments; ++segment) {
      node.interfaces.push_back(make_interface(SegmentId{segment}, index));
    }
    for (const Shape& shape : shapes)
      node.config.instances.push_back(generate_instance(random, shape, index, nodes));
    if (startup_delay) node.config.startup_delay = shortest * 3;
    plan.nodes.push_back(std::move(node));
  }
  if (random.chance(40)) generate_trackers(random, plan);
  plan.wire.delay_min = 20us;
  plan.wire.delay_max = std::min<core::Duration>(shortest / 20, 2ms);
  plan.echo_max = std::min<core::Duration>(shortest / 20, 2ms);
  plan.echo_min = plan.echo_max / 10;
  plan.timer_lateness = std::min<core::Duration>(shortest / 50, 1ms);
  plan.hook_time_max = shortest;
  return plan;
}

}  // namespace sim
