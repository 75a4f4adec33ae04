// The schema of address lines: static_ipaddress, virtual_ipaddress and virtual_ipaddress_excluded.
#include <fmt/format.h>

#include "config/drafts.hpp"
#include "config/name_tables.hpp"
#include "config/schema_areas.hpp"
#include "config/schema_builder.hpp"
#include "config/value.hpp"

namespace config {

namespace {

using L = AddressDraft;

net::InterfaceAddress& wanted(L& line) { return line.address.address; }

void read_address(L& line, Words& words) {
  const Word& word = words.take();
  line.word = word;
  const std::size_t slash = word.text.find('/');
  const auto address = net::IpAddress::parse(word.text.substr(0, slash));
  if (!address) {
    words.refuse(word, "bad-address", fmt::format("'{}' is not an IP address", word.text),
                 "write for example 192.0.2.10/24 or 2001:db8::10/64");
    return;
  }
  wanted(line).address = {*address, static_cast<std::uint8_t>(address->bits())};
  if (slash == word.text.npos) return;
  const auto length = parse_unsigned(word.text.substr(slash + 1));
  if (length && *length <= address->bits()) {
    wanted(line).address.length = static_cast<std::uint8_t>(*length);
    return;
  }
  const std::string message = fmt::format("'{}' is no prefix length of an {} address",
                                          word.text.substr(slash + 1), address->is_v4() ? "IPv4" : "IPv6");
  const std::string hint = fmt::format("write a number from 0 to {}", address->bits());
  words.interpreter().refuse("bad-prefix", word, message, hint,
                             fmt::format("/{} is assumed", address->bits()));
}

bool only_v4(L& line, Words& words) {
  if (wanted(line).address.address.is_v4()) return true;
  words.refuse(words.keyword(), "wrong-family",
               fmt::format("'{}' is for IPv4 addresses", words.keyword().text));
  return false;
}

void only_v6(L& line, Words& words, bool net::InterfaceAddress::* field, bool value) {
  if (wanted(line).address.address.is_v4()) {
    words.note(words.keyword(), "wrong-family",
               fmt::format("'{}' means nothing for an IPv4 address", words.keyword().text));
  }
  wanted(line).*field = value;
}

void read_broadcast(L& line, Words& words) {
  const Word* word = words.need("an address, + or -");
  if (word == nullptr || !only_v4(line, words)) return;
  if (word->text != "+" && word->text != "-") {
    const auto address = net::IpAddress::parse(word->text);
    if (!address || !address->is_v4()) {
      words.refuse(*word, "bad-address", fmt::format("'{}' is not an IPv4 address, + or -", word->text));
      return;
    }
    wanted(line).broadcast = address;
    return;
  }
  const net::Prefix& prefix = wanted(line).address;
  if (prefix.length > 30) {
    words.refuse(*word, "bad-prefix", fmt::format("a /{} has no broadcast address", prefix.length),
                 "write a prefix of /30 or shorter");
    return;
  }
  net::IpAddress broadcast = prefix.address;
  for (unsigned bit = prefix.length; bit < 32; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80U >> (bit % 8));
    std::uint8_t& octet = broadcast.octets[bit / 8];
    octet = static_cast<std::uint8_t>(word->text == "+" ? octet | mask : octet & ~mask);
  }
  wanted(line).broadcast = broadcast;
}

void read_device(L& line, Words& words) {
  if (line.device_given) {
    words.refuse(words.keyword(), "repeated-keyword", "an address has one interface");
    return;
  }
  line.device_given = true;
  if (const auto name = interface_name().read(words)) line.address.interface = *name;
}

void read_scope(L& line, Words& words) {
  const auto scope = named_number(NameTable::scopes, words, 0, 255);
  if (!scope) return;
  if (wanted(line).address.address.is_v6()) {
    words.note(words.last(), "wrong-family", "'scope' means nothing for an IPv6 address");
    return;
  }
  wanted(line).scope = static_cast<std::uint8_t>(*scope);
}

void read_label(L& line, Words& words) {
  const auto label = text("a label such as eth0:1").up_to(15).read(words);
  if (label && only_v4(line, words)) wanted(line).label = *label;
}

void read_peer(L& line, Words& words) {
  const Word* word = words.need("an IP address");
  if (word == nullptr) return;
  const auto peer = net::IpAddress::parse(word->text);
  net::Prefix& own = wanted(line).address;
  if (!peer || peer->family != own.address.family) {
    words.refuse(*word, "bad-address",
                 fmt::format("'{}' is not an {} address", word->text, own.address.is_v4() ? "IPv4" : "IPv6"),
                 word->text.find('/') == std::string_view::npos ? std::string()
                                                                : "no prefix length belongs to the peer");
    return;
  }
  if (own.length != own.address.bits()) {
    words.warn(line.word, "bad-prefix",
               fmt::format("an address with a peer stands alone: /{} is used", own.address.bits()));
    own.length = static_cast<std::uint8_t>(own.address.bits());
  }
  if (wanted(line).broadcast) {
    words.warn(*word, "bad-value", "an address with a peer has no broadcast address; it is left out");
    wanted(line).broadcast.reset();
  }
  wanted(line).peer = peer;
}

void read_lifetime(L& line, Words& words) {
  const Word keyword = words.keyword();
  if (words.take_if("forever")) {
    wanted(line).preferred_lifetime.reset();
    line.lifetime_given = true;
    return;
  }
  const auto lifetime = number(0, most_u32).read(words);
  if (!lifetime) return;
  if (wanted(line).address.address.is_v4()) {
    words.note(keyword, "wrong-family", "'preferred_lft' means nothing for an IPv4 address");
    return;
  }
  line.lifetime_given = true;
  wanted(line).preferred_lifetime = static_cast<std::uint32_t>(*lifetime);
}

// clang-format off: one entry reads as one row of a table
Rows<L> address_entries() {
  return {
      {"<IPADDR>[/<LEN>]", reads(read_address),
       "The address itself.",
       {syntax("first word of the line"), range("LEN 0..32 / 0..128"),
        by_default("LEN 32 (IPv4), 128 (IPv6)")}},
      {"brd", reads(read_broadcast),
       "Broadcast address.", {syntax("<IPv4>|+|-"), by_default("none"), same_as("broadcast")}},
      {"dev", reads(read_device),
       "Interface to put it on.",
       {by_default("instance interface (VIP), default_interface (static)"), syntax("<INTERFACE>")}},
      {"scope", reads(read_scope),
       "Address scope.",
       {syntax("<NAME>|<N>"), range("site link host nowhere global or rt_scopes name, 0..255"),
        by_default("global")}},
      {"label", reads(read_label),
       "Interface alias label.", {syntax("<STRING>"), range("1..15 characters"), by_default("none")}},
      {"peer", reads(read_peer),
       "Point-to-point remote address.",
       {syntax("<IPADDR>"), range("same family, no prefix length"), by_default("none")}},
      {"home", reads([](L& line, Words& words) { only_v6(line, words, &net::InterfaceAddress::home, true); }),
       "Set the home-address flag.", {by_default("off")}},
      {"-nodad", reads([](L& line, Words& words) { only_v6(line, words, &net::InterfaceAddress::no_dad, false); }),
       "Let the kernel run duplicate address detection.",
       {by_default("off (IPv6 addresses are added with the nodad flag)")}},
      {"mngtmpaddr", reads([](L& line, Words& words) { only_v6(line, words, &net::InterfaceAddress::manage_temporary, true); }),
       "Set managetempaddr flag.", {by_default("off")}},
      {"noprefixroute", reads([](L& line, Words&) { wanted(line).no_prefix_route = true; }),
       "No prefix route.", {by_default("off")}},
      {"autojoin", reads([](L& line, Words&) { wanted(line).multicast_autojoin = true; }),
       "Kernel joins the multicast group.", {by_default("off")}},
      {"no_track", reads([](L& line, Words&) { line.address.track = false; }),
       "Losing the address causes no fault and no re-adding.", {by_default("off")}},
      {"preferred_lft", reads(read_lifetime),
       "Preferred lifetime.",
       {syntax("<SECS>|forever"), unit("seconds"), range("0..4294967295"),
        by_default("IPv6: forever, /128: 0")}},
  };
}

Block address_block(LastingText path, LastingText help) {
  Rows<L> entries = address_entries();
  if (path.view() == "static_ipaddress") {
    const Rows<L> more = {
        {"track_group", text("the name of a track_group"), [](L& line, std::string name, Words& words) {
           line.track_group = std::move(name);
           line.track_group_word = words.last();
         },
         "Track group whose instances follow it.", {syntax("<NAME>"), by_default("none")}},
    };
    append(entries, more);
  } else {
    const Rows<L> more = {
        {"use_vmac", reads([](L& line, Words&) { line.address.use_vmac = true; }),
         "Put this address on its own VMAC.", {by_default("off")}},
    };
    append(entries, more);
  }
  Block block = make_block<L>(path, help, std::move(entries));
  block.add_alias("broadcast", [](Words& words, void* line) { read_broadcast(*static_cast<L*>(line), words); });
  return block;
}
// clang-format on

}  // namespace

std::vector<Block> address_blocks() {
  std::vector<Block> blocks;
  blocks.push_back(
      address_block("static_ipaddress", "Addresses that are there whatever the routers' states."));
  blocks.push_back(
      address_block("vrrp_instance/virtual_ipaddress", "Addresses the master holds and advertises."));
  blocks.push_back(address_block("vrrp_instance/virtual_ipaddress_excluded",
                                 "Addresses the master holds but does not advertise."));
  return blocks;
}

}  // namespace config
