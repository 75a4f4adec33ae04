// What the kernel says over rtnetlink, as values: links, addresses, routes and rules that are there or gone, and how our
// requests ended. Bytes in, values out; opens no socket. Messages we did not ask for and do not know are
// `Other`, damaged ones are an error.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <variant>

#include "net/interface.hpp"
#include "net/route.hpp"
#include "netlink/native.hpp"

namespace netlink {

struct LinkPresent {
  net::Interface interface;
  friend bool operator==(const LinkPresent&, const LinkPresent&) = default;
};
struct LinkGone {
  net::InterfaceIndex interface;
  friend bool operator==(const LinkGone&, const LinkGone&) = default;
};
/// Its net.ipv6.conf.NAME.forwarding, of which no LinkPresent comes.
struct ForwardingChanged {
  net::InterfaceIndex interface;
  bool forwards_ipv6 = false;
  friend bool operator==(const ForwardingChanged&, const ForwardingChanged&) = default;
};
struct AddressPresent {
  net::InterfaceAddress address;
  friend bool operator==(const AddressPresent&, const AddressPresent&) = default;
};
struct AddressGone {
  net::InterfaceAddress address;
  friend bool operator==(const AddressGone&, const AddressGone&) = default;
};
struct RoutePresent {
  net::KernelRoute route;
  bool replaced = false;  // it took the place of another one
  friend bool operator==(const RoutePresent&, const RoutePresent&) = default;
};
struct RouteGone {
  net::KernelRoute route;
  friend bool operator==(const RouteGone&, const RouteGone&) = default;
};
struct RulePresent {
  net::Rule rule;
  friend bool operator==(const RulePresent&, const RulePresent&) = default;
};
struct RuleGone {
  net::Rule rule;
  friend bool operator==(const RuleGone&, const RuleGone&) = default;
};
/// How the request with the header's sequence number ended. `code` is an errno, 0 = done as asked; `text` is
/// the kernel's own explanation (extended acknowledgement), often empty.
struct Outcome {
  int code = 0;
  std::string text;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};
/// The end of a dump; `code` is an errno if it broke off.
struct DumpDone {
  int code = 0;
  friend bool operator==(const DumpDone&, const DumpDone&) = default;
};
/// The kernel had to drop something for us (NLMSG_OVERRUN).
struct Overrun {
  friend bool operator==(const Overrun&, const Overrun&) = default;
};
struct Other {
  friend bool operator==(const Other&, const Other&) = default;
};

struct Message {
  std::uint16_t type = 0;
  std::uint32_t sequence = 0;
  bool dump_interrupted = false;  // what the dump lists may never have existed at one time: ask again
  std::variant<Other, LinkPresent, LinkGone, ForwardingChanged, AddressPresent, AddressGone, RoutePresent,
               RouteGone, RulePresent, RuleGone, Outcome, DumpDone, Overrun>
      content;
};

/// What did not make sense; the rest of the datagram is lost.
enum class Damage : std::uint8_t { header, length, body, attributes };

/// One message of any netlink protocol, its content not looked into.
struct Envelope {
  std::uint16_t type = 0;
  std::uint16_t flags = 0;
  std::uint32_t sequence = 0;
  std::span<const std::uint8_t> body;
};

/// Walks the envelopes of one datagram; after an error it is at its end.
class EnvelopeReader {
 public:
  explicit EnvelopeReader(std::span<const std::uint8_t> datagram) : reader_(datagram) {}

  bool at_end() const { return reader_.remaining() == 0; }
  std::expected<Envelope, Damage> next();
  void give_up() { reader_ = NativeReader{{}}; }

 private:
  NativeReader reader_;
};

/// What type::error and type::done say, in every netlink protocol.
std::expected<Outcome, Damage> read_outcome(std::uint16_t flags, std::span<const std::uint8_t> body);
std::expected<DumpDone, Damage> read_done(std::span<const std::uint8_t> body);

/// Walks the messages of one datagram of rtnetlink.
///   for (MessageReader reader{datagram}; !reader.at_end();) { const auto message = reader.next(); … }
/// After an error the reader is at its end.
class MessageReader {
 public:
  explicit MessageReader(std::span<const std::uint8_t> datagram) : reader_(datagram) {}

  bool at_end() const { return reader_.at_end(); }
  std::expected<Message, Damage> next();

 private:
  EnvelopeReader reader_;
};

}  // namespace netlink
