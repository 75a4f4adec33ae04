// Connection tracking over ctnetlink (linux/netfilter/nfnetlink_conntrack.h): the kernel's connections that nobody has answered yet,
// listed and forgotten. Of an entry only as much is read as that takes. Bytes only; opens no socket.
#pragma once

#include <cstdint>
#include <expected>
#include <variant>

#include "net/ip_address.hpp"
#include "netlink/message.hpp"
#include "netlink/request.hpp"

namespace netlink {

struct Connection {
  net::Family family = net::Family::v4;
  std::uint8_t protocol = 0;
  net::IpAddress answers_from;  // behind destination NAT: the server
  std::uint16_t answers_from_port = 0;
  bool answered = false;
  // What names it: as the kernel says it, to be said back.
  Buffer original;
  std::uint16_t zone = 0;
  std::uint32_t id = 0;

  friend bool operator==(const Connection&, const Connection&) = default;
};

/// Those whose answers come from `server`. A kernel before 5.8 takes no notice of that and lists all.
void append_list_connections(Buffer& into, std::uint32_t sequence, const net::IpAddress& server);
void append_forget_connection(Buffer& into, std::uint32_t sequence, const Connection& connection,
                              Acknowledge acknowledge);

struct ConnectionMessage {
  std::uint32_t sequence = 0;
  std::variant<Other, Connection, Outcome, DumpDone> content;
};

/// Walks the messages of one datagram; after an error it is at its end.
class ConnectionReader {
 public:
  explicit ConnectionReader(std::span<const std::uint8_t> datagram) : reader_(datagram) {}

  bool at_end() const { return reader_.at_end(); }
  std::expected<ConnectionMessage, Damage> next();

 private:
  EnvelopeReader reader_;
};

}  // namespace netlink
