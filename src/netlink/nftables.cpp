#include "netlink/nftables.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "netlink/attributes.hpp"
#include "netlink/native.hpp"

namespace netlink {

namespace {

// linux/netfilter/nfnetlink.h and nf_tables.h.
constexpr std::uint16_t nf_tables = 10 << 8;
constexpr std::uint16_t batch_begin = 16, batch_end = 17;
constexpr std::uint16_t new_table = 0, delete_table = 2, new_chain = 3, new_rule = 6, new_set = 9;
constexpr std::uint16_t new_elements = 12, delete_elements = 14;
constexpr std::uint8_t family_inet = 1;
constexpr std::uint16_t list_element = 1, data_value = 1;
constexpr std::size_t most_elements = 1000;  // the list is one attribute: 64 KiB

constexpr std::string_view input = "input", output = "output";
constexpr std::string_view v4_set = "blocked_v4", v6_set = "blocked_v6", link_set = "blocked_link_local";

// Numbers that `nft list` knows the types of a set's keys by; the kernel only carries them.
constexpr std::uint32_t type_ipv4 = 7, type_ipv6 = 8, type_interface = 20;
constexpr std::uint32_t bits_a_type = 6;

enum class Set : std::uint8_t { v4, v6, link_local };

Set set_of(const net::BlockedAddress& blocked) {
  if (blocked.address.is_v4()) return Set::v4;
  return blocked.interface == net::InterfaceIndex{} ? Set::v6 : Set::link_local;
}

std::string_view name_of(Set set) { return set == Set::v4 ? v4_set : set == Set::v6 ? v6_set : link_set; }

// A message of the batch: the generic header of netfilter, then attributes, whose numbers are in network order.
class Request {
 public:
  Request(Buffer& into, std::uint16_t type, std::uint16_t flags, std::uint32_t sequence,
          std::uint8_t family = family_inet, std::uint16_t resource = 0)
      : writer_(into, type, static_cast<std::uint16_t>(flags | flag::request), sequence) {
    const auto order = big_endian(resource);
    writer_.u8(family).u8(0).u8(order[0]).u8(order[1]);
  }

  Request& text(std::uint16_t type, std::string_view value) {
    writer_.attribute_text(type, value);
    return *this;
  }
  Request& number(std::uint16_t type, std::uint32_t value) {
    writer_.attribute(type, big_endian(value));
    return *this;
  }
  Request& octets(std::uint16_t type, std::span<const std::uint8_t> value) {
    writer_.attribute(type, value);
    return *this;
  }
  template <class Inside>
  Request& nest(std::uint16_t type, const Inside& inside) {
    const std::size_t start = writer_.begin_nest(type);
    inside();
    writer_.end_nest(start);
    return *this;
  }

 private:
  MessageWriter writer_;
};

// The expressions of a rule, in the registers of the packet filter's little machine.
class Rule {
 public:
  Rule(Buffer& into, std::uint32_t sequence, std::string_view table, std::string_view chain)
      : into_(into), sequence_(sequence), table_(table), chain_(chain) {}

  template <class Expressions>
  void write(const Expressions& expressions) {
    Request request(into_, nf_tables | new_rule, flag::create | flag::append, sequence_);
    request_ = &request;
    request.text(1, table_).text(2, chain_).nest(4, [&] { expressions(*this); });
  }

  Rule& meta(std::uint32_t key, std::uint32_t reg) {
    return expression("meta", [&] { request_->number(1, reg).number(2, key); });
  }
  Rule& equals(std::span<const std::uint8_t> value) {
    return expression("cmp", [&] {
      request_->number(1, first_register).number(2, 0).nest(3, [&] { request_->octets(data_value, value); });
    });
  }
  Rule& payload(std::uint32_t header, std::uint32_t offset, std::uint32_t size, std::uint32_t reg) {
    return expression("payload",
                      [&] { request_->number(1, reg).number(2, header).number(3, offset).number(4, size); });
  }
  Rule& in_set(Set set, std::uint32_t reg) {
    return expression("lookup", [&] { request_->text(1, name_of(set)).number(2, reg); });
  }
  Rule& counter(bool wanted) {
    return wanted ? expression("counter", [] {}) : *this;
  }
  Rule& verdict(std::uint32_t code) {
    return expression("immediate", [&] {
      request_->number(1, 0).nest(2, [&] { request_->nest(2, [&] { request_->number(1, code); }); });
    });
  }

  // Only packets of that family.
  Rule& family(std::uint8_t number) { return meta(15, first_register).equals({&number, 1}); }

  static constexpr std::uint32_t first_register = 1;  // 16 octets
  static constexpr std::uint32_t address_register = 8,
                                 interface_register = 12;  // the same room by fours, as a key has them

 private:
  template <class Inside>
  Rule& expression(std::string_view name, const Inside& inside) {
    request_->nest(list_element, [&] { request_->text(1, name).nest(2, inside); });
    return *this;
  }

  Buffer& into_;
  std::uint32_t sequence_;
  std::string_view table_, chain_;
  Request* request_ = nullptr;
};

constexpr std::uint32_t drop = 0, accept = 1;
constexpr std::uint32_t network_header = 1, transport_header = 2;
constexpr std::uint32_t incoming_interface = 4, outgoing_interface = 5, protocol_key = 16;

class Batch {
 public:
  Batch(Buffer& into, std::uint32_t sequence, std::string_view table)
      : into_(into), sequence_(sequence), table_(table) {
    Request(into_, batch_begin, 0, sequence_++, 0, nf_tables >> 8);
  }
  ~Batch() { Request(into_, batch_end, 0, sequence_, 0, nf_tables >> 8); }
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  void table(std::uint16_t type, std::uint16_t flags) {
    Request(into_, nf_tables | type, flags, sequence_++).text(1, table_);
  }

  void set(Set set, std::uint32_t type, std::uint32_t size) {
    Request(into_, nf_tables | new_set, flag::create, sequence_++)
        .text(1, table_)
        .text(2, name_of(set))
        .number(3, 0)
        .number(4, type)
        .number(5, size)
        .number(10, static_cast<std::uint32_t>(set) + 1);
  }

  void chain(std::string_view name, std::uint32_t hook, std::int32_t priority) {
    Request request(into_, nf_tables | new_chain, flag::create, sequence_++);
    request.text(1, table_).text(3, name);
    request.nest(4, [&] { request.number(1, hook).number(2, static_cast<std::uint32_t>(priority)); });
    request.number(5, accept).text(7, "filter");
  }

  void let_neighbour_discovery_through(std::string_view chain) {
    constexpr std::uint8_t icmpv6 = 58;
    for (const std::uint8_t type : {std::uint8_t{135}, std::uint8_t{136}}) {
      rule(chain).write([&](Rule& rule) {
        rule.family(family::v6).meta(protocol_key, Rule::first_register).equals({&icmpv6, 1});
        rule.payload(transport_header, 0, 1, Rule::first_register).equals({&type, 1}).verdict(accept);
      });
    }
  }

  // What comes to one of the addresses, or leaves from it, is dropped.
  void block(std::string_view chain, bool counters) {
    const bool incoming = chain == input;
    rule(chain).write([&](Rule& rule) {
      rule.family(family::v4).payload(network_header, incoming ? 16 : 12, 4, Rule::first_register);
      rule.in_set(Set::v4, Rule::first_register).counter(counters).verdict(drop);
    });
    rule(chain).write([&](Rule& rule) {
      rule.family(family::v6).payload(network_header, incoming ? 24 : 8, 16, Rule::first_register);
      rule.in_set(Set::v6, Rule::first_register).counter(counters).verdict(drop);
    });
    rule(chain).write([&](Rule& rule) {
      rule.family(family::v6).payload(network_header, incoming ? 24 : 8, 16, Rule::address_register);
      rule.meta(incoming ? incoming_interface : outgoing_interface, Rule::interface_register);
      rule.in_set(Set::link_local, Rule::address_register).counter(counters).verdict(drop);
    });
  }

  void elements(std::uint16_t type, std::span<const net::BlockedAddress> addresses, bool answered) {
    for (const Set set : {Set::v4, Set::v6, Set::link_local}) {
      std::vector<const net::BlockedAddress*> of_set;
      for (const auto& address : addresses) {
        if (set_of(address) == set) of_set.push_back(&address);
      }
      for (std::size_t i = 0; i < of_set.size(); i += most_elements) {
        const std::size_t count = std::min(most_elements, of_set.size() - i);
        elements_of(type, set, std::span(of_set).subspan(i, count), answered);
      }
    }
  }

 private:
  Rule rule(std::string_view chain) { return {into_, sequence_++, table_, chain}; }

  void elements_of(std::uint16_t type, Set set, std::span<const net::BlockedAddress* const> addresses,
                   bool answered) {
    auto flags = type == new_elements ? flag::create : std::uint16_t{0};
    if (answered) flags |= flag::ack;
    Request request(into_, nf_tables | type, flags, sequence_++);
    request.text(1, table_).text(2, name_of(set));
    request.nest(3, [&] {
      for (const auto* address : addresses) {
        std::vector<std::uint8_t> key(address->address.bytes().begin(), address->address.bytes().end());
        if (set == Set::link_local) {
          // In the order of this machine.
          const auto index = std::bit_cast<std::array<std::uint8_t, 4>>(address->interface.value);
          key.insert(key.end(), index.begin(), index.end());
        }
        request.nest(list_element, [&] { request.nest(1, [&] { request.octets(data_value, key); }); });
      }
    });
  }

  Buffer& into_;
  std::uint32_t sequence_;
  std::string_view table_;
};

}  // namespace

void append_build_firewall(Buffer& into, std::uint32_t sequence, const net::FirewallTable& table,
                           std::span<const net::BlockedAddress> blocked) {
  constexpr std::uint32_t local_in = 1, local_out = 3;
  Batch batch(into, sequence, table.name);
  // Made if it is not there, so that it can be taken away if it is.
  batch.table(new_table, flag::create);
  batch.table(delete_table, 0);
  batch.table(new_table, flag::create | flag::ack);
  batch.set(Set::v4, type_ipv4, 4);
  batch.set(Set::v6, type_ipv6, 16);
  batch.set(Set::link_local, type_ipv6 << bits_a_type | type_interface, 20);
  for (const auto& [chain, hook] : {std::pair{input, local_in}, std::pair{output, local_out}}) {
    batch.chain(chain, hook, table.priority);
    batch.let_neighbour_discovery_through(chain);
    batch.block(chain, table.counters);
  }
  batch.elements(new_elements, blocked, false);
}

void append_change_firewall(Buffer& into, std::uint32_t sequence, const std::string& table,
                            std::span<const net::BlockedAddress> added,
                            std::span<const net::BlockedAddress> removed) {
  Batch batch(into, sequence, table);
  batch.elements(delete_elements, removed, true);
  batch.elements(new_elements, added, true);
}

void append_remove_firewall(Buffer& into, std::uint32_t sequence, const std::string& table) {
  Batch batch(into, sequence, table);
  batch.table(new_table, flag::create);
  batch.table(delete_table, flag::ack);
}

bool tells_of_change(std::span<const std::uint8_t> datagram, std::string_view table, std::uint32_t ours) {
  constexpr std::uint16_t subsystem = 0xff00, new_generation = nf_tables | 15;
  constexpr std::size_t netfilter_header = 4;
  NativeReader reader{datagram};
  while (reader.remaining() != 0) {
    const std::uint32_t length = reader.u32();
    const std::uint16_t type = reader.u16();
    reader.u16();
    reader.u32();
    const std::uint32_t sender = reader.u32();
    if (!reader.ok() || length < header_size || length - header_size > reader.remaining()) return false;
    const auto body = reader.bytes(length - header_size);
    reader.skip_padding(length);
    if ((type & subsystem) != nf_tables || type == new_generation || sender == ours) continue;
    if (body.size() < netfilter_header || body[0] != family_inet) continue;
    AttributeReader attributes{body.subspan(netfilter_header)};
    for (Attribute attribute; attributes.next(attribute);) {
      // The first attribute of everything that lives in a table, and of a table itself, is the table's name.
      if (attribute.type == 1 && attribute.text() == table) return true;
    }
  }
  return false;
}

}  // namespace netlink
