#include "runtime/ipvs_plane.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/stat.h>

#include "core/overload.hpp"
#include "runtime/system_error.hpp"

namespace runtime {

using net::ipvs::Command;
using net::ipvs::ListedService;
using net::ipvs::Listing;
using net::ipvs::ServiceKey;
namespace command = net::ipvs::command;
namespace wire = netlink::ipvs;

namespace {

constexpr std::uint32_t receive_octets = 4 << 20;  // room for a refusal of every command of a slice
constexpr std::size_t commands_in_a_slice =
    500;  // what fits a socket's send buffer, and beyond what more would gain

bool is_not_there(int code) { return code == ENOENT || code == ESRCH; }

// In another namespace while it lives.
class NamespaceVisit {
 public:
  static core::Result<NamespaceVisit> to(const std::string& name) {
    NamespaceVisit visit;
    const std::string path = name.empty() ? "/proc/1/ns/net" : "/run/netns/" + name;
    visit.home_ = Fd{::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)};
    const Fd there{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!visit.home_ || !there)
      return std::unexpected(last_error(fmt::format("net_namespace_ipvs: cannot open {}", path)));
    if (::setns(there.get(), CLONE_NEWNET) != 0)
      return std::unexpected(
          last_error(fmt::format("net_namespace_ipvs: cannot enter {}", path), "CAP_SYS_ADMIN"));
    return visit;
  }
  NamespaceVisit(NamespaceVisit&&) = default;
  NamespaceVisit& operator=(NamespaceVisit&&) = default;
  ~NamespaceVisit() {
    // That this worked on the way there says that it works on the way back.
    if (home_ && ::setns(home_.get(), CLONE_NEWNET) != 0) std::abort();
  }

 private:
  NamespaceVisit() = default;
  Fd home_;
};

core::Result<Fd> open_socket(const IpvsPlane::Options& options) {
  std::optional<NamespaceVisit> visit;
  if (options.net_namespace) {
    auto visited = NamespaceVisit::to(*options.net_namespace);
    if (!visited) return std::unexpected(visited.error());
    visit.emplace(std::move(*visited));
  }
  return open_netlink_socket(NETLINK_GENERIC, 0, options.receive_buffer, receive_octets);
}

// An addition of what is there becomes an edit, an edit of what is not there an addition.
std::optional<Command> otherwise(const Command& refused, int code) {
  if (const auto* c = std::get_if<command::AddService>(&refused); c != nullptr && code == EEXIST)
    return command::EditService{c->key, c->settings};
  if (const auto* c = std::get_if<command::AddDestination>(&refused); c != nullptr && code == EEXIST)
    return command::EditDestination{c->service, c->destination};
  if (const auto* c = std::get_if<command::EditService>(&refused); c != nullptr && code == ESRCH)
    return command::AddService{c->key, c->settings};
  if (const auto* c = std::get_if<command::EditDestination>(&refused); c != nullptr && code == ENOENT)
    return command::AddDestination{c->service, c->destination};
  return std::nullopt;
}

bool harmless(const Command& refused, int code) {
  return std::visit(core::Overload{
                        [&](const command::RemoveService&) { return is_not_there(code); },
                        [&](const command::RemoveDestination&) { return is_not_there(code); },
                        [&](const command::StopDaemon&) { return is_not_there(code) || code == EINTR; },
                        [&](const command::StartDaemon&) { return code == EEXIST; },
                        [](const auto&) { return false; },
                    },
                    refused);
}

std::string likely_cause(const Command& refused, int code) {
  const auto of_service = [&](const ServiceKey& key,
                              const net::ipvs::ServiceSettings& settings) -> std::string {
    if (code == ENOENT)
      return fmt::format("the kernel has no scheduler {}{}: is the module ip_vs_{} there?",
                         settings.scheduler,
                         settings.persistence_engine.empty()
                             ? std::string()
                             : fmt::format(", or no persistence engine {}", settings.persistence_engine),
                         settings.scheduler);
    if (code == EAFNOSUPPORT) return "this kernel's IPVS knows no IPv6";
    if (code == EPROTONOSUPPORT)
      return fmt::format("this kernel's IPVS does not know {}", to_string(key.protocol));
    if (code == EINVAL)
      return "the kernel finds a value in it that cannot be: look at the flags of the scheduler";
    return {};
  };
  const auto of_destination = [&](const net::ipvs::Destination& destination) -> std::string {
    if (code == ESRCH) return "its service is not there";
    if (code == EINVAL)
      return fmt::format(
          "the address {} cannot be reached as a server from here: is it a broadcast address, or has this "
          "network namespace no address at all? Only a tunnel may lead to another address family",
          destination.endpoint.address.to_string());
    if (code == ERANGE) return "lthreshold is above uthreshold, or the weight is out of range";
    return {};
  };
  return std::visit(core::Overload{
                        [&](const command::AddService& c) { return of_service(c.key, *c.settings); },
                        [&](const command::EditService& c) { return of_service(c.key, *c.settings); },
                        [&](const command::AddDestination& c) { return of_destination(c.destination); },
                        [&](const command::EditDestination& c) { return of_destination(c.destination); },
                        [&](const command::StartDaemon& c) -> std::string {
                          if (code == ENODEV)
                            return fmt::format("there is no interface {}", c.daemon.interface);
                          if (code == EINVAL)
                            return "maxlen is below what one entry needs, or group is no multicast group";
                          return {};
                        },
                        [](const auto&) { return std::string(); },
                    },
                    refused);
}

}  // namespace

core::Error ipvs_refusal(const Command& refused, int code) {
  core::Error error = system_error(code, fmt::format("IPVS does not {}", net::ipvs::to_string(refused)));
  if (code == EPERM) error.message += "; the capability CAP_NET_ADMIN is missing";
  if (const std::string cause = likely_cause(refused, code); !cause.empty()) error.message += "; " + cause;
  return error;
}

core::Result<IpvsPlane> IpvsPlane::open(const Options& options) {
  auto fd = open_socket(options);
  if (!fd) return std::unexpected(fd.error());
  IpvsPlane plane{std::move(*fd)};
  if (auto found = plane.find_family(); !found) return std::unexpected(found.error());
  return plane;
}

core::Result<Child> IpvsPlane::start_module_loader() {
  for (const char* path : {"/usr/sbin/modprobe", "/sbin/modprobe"}) {
    struct stat seen{};
    if (::stat(path, &seen) == 0) return spawn(path, {"modprobe", "-q", "ip_vs"}, {});
  }
  return std::unexpected(core::Error{
      ENOENT,
      "the kernel has no IPVS, and there is no modprobe to load it with: load the module ip_vs, or choose "
      "'lvs_data_plane nftables'"});
}

core::Result<> IpvsPlane::find_family() {
  request_.clear();
  const std::uint32_t sequence = next_sequence();
  wire::append_get_family(request_, sequence, wire::family_name);
  const auto code = converse(sequence, [&](wire::Message&& message) {
    if (const auto* found = std::get_if<wire::FamilyFound>(&message.content)) family_ = found->id;
  });
  if (!code) return std::unexpected(code.error());
  if (*code != 0 || family_ == 0)
    return std::unexpected(
        core::Error{*code == 0 ? ENOENT : *code, "the kernel has no IPVS: the module ip_vs is not loaded"});
  return {};
}

// The kernel works inside of send(), so whatever there is to read is there already; dumps go on with every read.
core::Result<int> IpvsPlane::converse(std::uint32_t sequence, const OnMessage& on_message) {
  if (auto sent = send_netlink(fd_.get(), request_); !sent) return std::unexpected(sent.error());
  for (;;) {
    const NetlinkDatagram datagram = receive_datagram(fd_.get(), buffer_);
    // Netlink answers nothing at all to what ended with EINTR, as the stop of a daemon that had not run yet does.
    if (nothing_waits(datagram.error)) return EINTR;
    if (datagram.error != 0)
      return std::unexpected(system_error(datagram.error, "the answer of IPVS is lost"));
    for (wire::Reader reader{datagram.bytes}; !reader.at_end();) {
      auto message = reader.next();
      if (!message) return std::unexpected(core::Error{EBADMSG, "the answer of IPVS makes no sense to us"});
      const bool last = message->sequence == sequence;
      if (const auto* outcome = std::get_if<netlink::Outcome>(&message->content);
          outcome != nullptr && last) {
        const int code = outcome->code;
        on_message(std::move(*message));
        return code;
      }
      if (const auto* done = std::get_if<netlink::DumpDone>(&message->content); done != nullptr && last)
        return done->code;
      // A single answer to a question that is no dump is followed by nothing.
      const bool single = std::holds_alternative<wire::FamilyFound>(message->content) ||
                          std::holds_alternative<wire::TimeoutsPresent>(message->content) ||
                          std::holds_alternative<wire::InfoPresent>(message->content);
      on_message(std::move(*message));
      if (single && last) return 0;
    }
  }
}

core::Result<> IpvsPlane::list_destinations(ListedService& service) {
  request_.clear();
  const std::uint32_t sequence = next_sequence();
  wire::append_list_destinations(request_, sequence, family_, service.key);
  const auto code = converse(sequence, [&](wire::Message&& message) {
    if (auto* present = std::get_if<wire::DestinationPresent>(&message.content))
      service.destinations.push_back(std::move(present->destination));
  });
  if (!code) return std::unexpected(code.error());
  return {};
}

core::Result<Listing> IpvsPlane::list() {
  Listing listing;
  request_.clear();
  const std::uint32_t sequence = next_sequence();
  wire::append_list_services(request_, sequence, family_);
  const auto code = converse(sequence, [&](wire::Message&& message) {
    if (auto* present = std::get_if<wire::ServicePresent>(&message.content))
      listing.push_back(std::move(present->service));
  });
  if (!code) return std::unexpected(code.error());
  if (*code != 0) return std::unexpected(system_error(*code, "IPVS does not list its services"));
  for (ListedService& service : listing) {
    if (auto listed = list_destinations(service); !listed) return std::unexpected(listed.error());
  }
  return listing;
}

core::Result<Listing> IpvsPlane::list(std::span<const ServiceKey> services) {
  Listing listing;
  for (const ServiceKey& key : services) {
    ListedService service;
    service.key = key;
    if (auto listed = list_destinations(service); !listed) return std::unexpected(listed.error());
    listing.push_back(std::move(service));
  }
  return listing;
}

core::Result<std::vector<IpvsPlane::Answer>> IpvsPlane::send_slice(std::span<const Command> commands) {
  std::vector<Answer> answers;
  request_.clear();
  const std::uint32_t first = sequence_ + 1;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    // Silence means success; the last one is answered in any case, so that there is an end to wait for.
    const auto acknowledge =
        i + 1 == commands.size() ? netlink::Acknowledge::always : netlink::Acknowledge::errors_only;
    wire::append(request_, next_sequence(), family_, commands[i], acknowledge);
  }
  const auto code = converse(sequence_, [&](wire::Message&& message) {
    const auto* outcome = std::get_if<netlink::Outcome>(&message.content);
    const std::size_t index = message.sequence - first;
    if (outcome == nullptr || outcome->code == 0 || index >= commands.size()) return;
    answers.push_back({index, outcome->code, outcome->text});
  });
  if (!code) return std::unexpected(code.error());
  if (*code == EINTR) answers.push_back({commands.size() - 1, EINTR, {}});
  return answers;
}

core::Result<std::vector<DataPlane::Refusal>> IpvsPlane::apply(std::span<const Command> commands) {
  std::vector<Refusal> refusals;
  for (std::size_t start = 0; start < commands.size(); start += commands_in_a_slice) {
    const auto slice = commands.subspan(start, std::min(commands_in_a_slice, commands.size() - start));
    const auto answers = send_slice(slice);
    if (!answers) return std::unexpected(answers.error());
    for (const Answer& answer : *answers) {
      const Command& refused = slice[answer.index];
      if (harmless(refused, answer.code)) continue;
      Answer last = answer;
      if (const auto other = otherwise(refused, answer.code)) {
        const auto again = send_slice({&*other, 1});
        if (!again) return std::unexpected(again.error());
        if (again->empty()) continue;
        last.code = again->front().code;
        last.words = again->front().words;
      }
      Refusal refusal{start + answer.index, ipvs_refusal(refused, last.code)};
      if (!last.words.empty()) refusal.error.message += " (" + last.words + ")";
      refusals.push_back(std::move(refusal));
    }
  }
  return refusals;
}

core::Result<net::ipvs::Timeouts> IpvsPlane::timeouts() {
  net::ipvs::Timeouts timeouts;
  request_.clear();
  const std::uint32_t sequence = next_sequence();
  wire::append_get_timeouts(request_, sequence, family_);
  const auto code = converse(sequence, [&](wire::Message&& message) {
    if (const auto* present = std::get_if<wire::TimeoutsPresent>(&message.content))
      timeouts = present->timeouts;
  });
  if (!code) return std::unexpected(code.error());
  if (*code != 0) return std::unexpected(system_error(*code, "IPVS does not say its timeouts"));
  return timeouts;
}

core::Result<std::vector<net::ipvs::Daemon>> IpvsPlane::daemons() {
  std::vector<net::ipvs::Daemon> daemons;
  request_.clear();
  const std::uint32_t sequence = next_sequence();
  wire::append_list_daemons(request_, sequence, family_);
  const auto code = converse(sequence, [&](wire::Message&& message) {
    if (auto* present = std::get_if<wire::DaemonPresent>(&message.content))
      daemons.push_back(std::move(present->daemon));
  });
  if (!code) return std::unexpected(code.error());
  if (*code != 0)
    return std::unexpected(system_error(*code, "IPVS does not list its synchronisation daemons"));
  return daemons;
}

core::Result<wire::InfoPresent> IpvsPlane::info() {
  wire::InfoPresent info;
  request_.clear();
  const std::uint32_t sequence = next_sequence();
  wire::append_get_info(request_, sequence, family_);
  const auto code = converse(sequence, [&](wire::Message&& message) {
    if (const auto* present = std::get_if<wire::InfoPresent>(&message.content)) info = *present;
  });
  if (!code) return std::unexpected(code.error());
  if (*code != 0) return std::unexpected(system_error(*code, "IPVS does not say its version"));
  return info;
}

}  // namespace runtime
