#include "check/datagrams.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string_view>
#include <utility>

#include "net/bytes.hpp"
#include "net/checksum.hpp"

namespace check {

namespace {

constexpr std::string_view filling = "keepalived check - ";
constexpr std::size_t echo_payload = 128;
constexpr std::size_t udp_default_payload = 32;
constexpr std::uint8_t echo_request_v4 = 8, echo_reply_v4 = 0, echo_request_v6 = 128, echo_reply_v6 = 129;
constexpr std::size_t longest_name = 255;

std::unexpected<ProbeError> bad(std::string detail) {
  return std::unexpected(ProbeError{Stage::verdict, std::move(detail)});
}

std::vector<std::uint8_t> filled(std::size_t size) {
  std::vector<std::uint8_t> octets(size);
  for (std::size_t i = 0; i < size; ++i) octets[i] = static_cast<std::uint8_t>(filling[i % filling.size()]);
  return octets;
}

std::vector<std::uint8_t> encoded_name(std::string_view name) {
  net::Writer out(name.size() + 2);
  while (!name.empty() && name != ".") {
    const std::string_view label = name.substr(0, name.find('.'));
    out.u8(static_cast<std::uint8_t>(label.size()));
    for (const char c : label) out.u8(static_cast<std::uint8_t>(c));
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  out.u8(0);
  return out.take();
}

struct NameEnd {
  std::vector<std::uint8_t> labels;  // lower case, without pointers
  std::size_t next = 0;              // where the name ends in the message
};

// RFC 1035, section 4.1.4. A pointer must point back, so every name comes to an end.
std::expected<NameEnd, std::string_view> read_name(Octets message, std::size_t at) {
  NameEnd name;
  std::size_t lowest = at;
  bool jumped = false;
  while (at < message.size()) {
    const std::uint8_t length = message[at];
    if (length >= 0xc0) {
      if (at + 1 >= message.size()) break;
      const std::size_t target = static_cast<std::size_t>(length & 0x3f) << 8 | message[at + 1];
      if (target >= lowest) return std::unexpected("a name in the answer points to itself");
      if (!std::exchange(jumped, true)) name.next = at + 2;
      at = lowest = target;
      continue;
    }
    if (length > 63) return std::unexpected("a label in the answer has a form that is not defined");
    if (at + 1 + length > message.size()) break;
    for (std::size_t i = at; i <= at + length; ++i) {
      const std::uint8_t c = message[i];
      name.labels.push_back(i != at && c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c + 32) : c);
    }
    if (name.labels.size() > longest_name)
      return std::unexpected("a name in the answer is longer than 255 octets");
    at += 1U + length;
    if (length != 0) continue;
    if (!jumped) name.next = at;
    return name;
  }
  return std::unexpected("the answer ends within a name");
}

std::vector<std::uint8_t> lower(std::vector<std::uint8_t> name) {
  for (std::uint8_t& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c + 32) : c;
  return name;
}

std::string_view name_of_rcode(unsigned code) {
  constexpr std::array<std::string_view, 6> names{"NOERROR",  "FORMERR", "SERVFAIL",
                                                  "NXDOMAIN", "NOTIMP",  "REFUSED"};
  return code < names.size() ? names[code] : "unknown";
}

std::uint16_t u16_at(Octets octets, std::size_t at) {
  return static_cast<std::uint16_t>(octets[at] << 8 | octets[at + 1]);
}

// The records after the question: each must lie within the message.
std::expected<void, std::string_view> walk_records(Octets message, std::size_t at, std::size_t count) {
  for (; count > 0; --count) {
    const auto name = read_name(message, at);
    if (!name) return std::unexpected(name.error());
    if (name->next + 10 > message.size()) return std::unexpected("the answer ends within a record");
    at = name->next + 10 + u16_at(message, name->next + 8);
    if (at > message.size()) return std::unexpected("a record of the answer is longer than the answer");
  }
  return {};
}

}  // namespace

std::vector<std::uint8_t> dns_query(const Dns& dns, std::uint16_t id) {
  constexpr std::uint16_t recursion_desired = 0x0100, internet = 1;
  net::Writer out(32 + dns.name.size());
  out.u16(id)
      .u16(recursion_desired)
      .u16(1)
      .zeros(6)
      .bytes(encoded_name(dns.name))
      .u16(dns.type)
      .u16(internet);
  return out.take();
}

std::optional<ProbeResult> judge_dns(Octets answer, const Dns& dns, std::uint16_t id) {
  constexpr std::size_t header = 12;
  if (answer.size() < header || u16_at(answer, 0) != id || (answer[2] & 0x80) == 0) return std::nullopt;
  if (const unsigned rcode = answer[3] & 0x0fU; rcode != 0)
    return bad(fmt::format("it answers with {} (rcode {})", name_of_rcode(rcode), rcode));
  const std::size_t questions = u16_at(answer, 4);
  if (questions > 1) return bad("its answer has more than one question");
  std::size_t at = header;
  if (questions == 1) {
    const auto name = read_name(answer, at);
    if (!name) return bad(std::string(name.error()));
    if (name->next + 4 > answer.size()) return bad("its answer ends within the question");
    if (name->labels != lower(encoded_name(dns.name)) || u16_at(answer, name->next) != dns.type)
      return std::nullopt;
    at = name->next + 4;
  }
  const bool truncated = (answer[2] & 0x02) != 0;
  const std::size_t records = u16_at(answer, 6);
  const std::size_t all = records + u16_at(answer, 8) + u16_at(answer, 10);
  if (const auto walked = walk_records(answer, at, all); !walked && !truncated)
    return bad(std::string(walked.error()));
  return Answer{fmt::format("{} answers{}", records, truncated ? ", cut short" : ""), {}, {}};
}

std::vector<std::uint8_t> udp_payload(const Udp& udp) {
  return udp.payload.empty() ? filled(udp_default_payload) : udp.payload;
}

ProbeResult judge_udp(Octets reply, const Udp& udp) {
  if (!udp.require_reply) return Answer{"a reply came", {}, {}};
  if (reply.size() < udp.min_reply_length || reply.size() > udp.max_reply_length) {
    return bad(fmt::format("its reply has {} octets, expected {} to {}", reply.size(), udp.min_reply_length,
                           udp.max_reply_length));
  }
  // Compared over the shorter of the two; how long a reply must be is min_reply_length's to say.
  const std::size_t common = std::min(reply.size(), udp.reply.size());
  for (std::size_t i = 0; i < common; ++i) {
    const MaskedOctet& wanted = udp.reply[i];
    if ((reply[i] & wanted.mask) == (wanted.value & wanted.mask)) continue;
    return bad(
        fmt::format("octet {} of its reply is {:02x}, expected {:02x}", i + 1, reply[i], wanted.value));
  }
  return Answer{fmt::format("a reply of {} octets", reply.size()), {}, {}};
}

std::vector<std::uint8_t> echo_request(net::Family family, std::uint16_t id, std::uint16_t sequence) {
  net::Writer out(8 + echo_payload);
  out.u8(family == net::Family::v4 ? echo_request_v4 : echo_request_v6).u8(0).u16(0).u16(id).u16(sequence);
  out.bytes(filled(echo_payload));
  if (family == net::Family::v4) {
    net::Checksum sum;
    sum.add(out.view());
    out.patch_u16(2, sum.value());
  }
  return out.take();
}

std::optional<ProbeResult> judge_echo(Octets packet, net::Family family, std::optional<std::uint16_t> id,
                                      std::uint16_t sequence) {
  const std::uint8_t wanted = family == net::Family::v4 ? echo_reply_v4 : echo_reply_v6;
  if (packet.size() < 8 || packet[0] != wanted || packet[1] != 0) return std::nullopt;
  if (id && u16_at(packet, 4) != *id) return std::nullopt;
  if (u16_at(packet, 6) != sequence) return std::nullopt;
  if (!std::ranges::equal(packet.subspan(8), filled(echo_payload)))
    return bad("its echo has another payload");
  return Answer{"echo reply", {}, {}};
}

}  // namespace check
