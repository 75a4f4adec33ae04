#include "netlink/conntrack.hpp"

#include <charconv>
#include <gmock/gmock.h>
#include <string_view>

namespace netlink {
namespace {

// What a kernel said of a datagram from 127.0.0.1:40000 to 127.0.0.7:53, led to 127.0.0.9:5353, which nobody had answered.
constexpr std::string_view listed =
    "a40000000001220007000000d65c0000020000003400018014000180080001007f000001080002007f0000071c00028005000100"
    "11"
    "000000060002009c40000006000300003500003400028014000180080001007f000009080002007f0000011c0002800500010011"
    "00"
    "0000060002001"
    "4e90000060003009c40000008000300000001a8080008000000000008000c0051ee2bfc08000b0000000001080007000000001d";

Buffer octets(std::string_view text) {
  Buffer bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    std::uint8_t value = 0;
    std::from_chars(text.data() + i, text.data() + i + 2, value, 16);
    bytes.push_back(value);
  }
  return bytes;
}

Connection connection_in(const Buffer& datagram) {
  const auto message = ConnectionReader{datagram}.next();
  EXPECT_TRUE(message.has_value());
  const auto* found = message ? std::get_if<Connection>(&message->content) : nullptr;
  EXPECT_NE(found, nullptr);
  return found != nullptr ? *found : Connection{};
}

TEST(Conntrack, ReadsWhoWillAnswerAndWhetherAnybodyDid) {
  Buffer datagram = octets(listed);
  const Connection one = connection_in(datagram);
  EXPECT_EQ(one.family, net::Family::v4);
  EXPECT_EQ(one.protocol, 17);
  EXPECT_EQ(one.answers_from.to_string(), "127.0.0.9");
  EXPECT_EQ(one.answers_from_port, 5353);
  EXPECT_FALSE(one.answered);
  EXPECT_EQ(one.id, 0x51ee2bfcU);
  EXPECT_EQ(one.zone, 0);
  EXPECT_EQ(one.original.size(), 48U);

  constexpr std::size_t status_octet = 20 + 52 + 52 + 7;
  ASSERT_EQ(datagram.at(status_octet), 0xa8);
  datagram[status_octet] |= 2;  // IPS_SEEN_REPLY
  EXPECT_TRUE(connection_in(datagram).answered);
}

TEST(Conntrack, WhatIsToBeForgottenIsNamedAsItWas) {
  Connection one = connection_in(octets(listed));
  one.zone = 5;
  Buffer request;
  append_forget_connection(request, 9, one, Acknowledge::always);
  EnvelopeReader reader{request};
  const auto envelope = reader.next();
  ASSERT_TRUE(envelope.has_value());
  EXPECT_TRUE(reader.at_end());
  EXPECT_EQ(envelope->type, 0x102);
  EXPECT_EQ(envelope->flags, flag::request | flag::ack);
  EXPECT_EQ(envelope->sequence, 9U);
  AttributeReader attributes{envelope->body.subspan(4)};
  Attribute tuple, zone, id;
  ASSERT_TRUE(attributes.next(tuple) && attributes.next(zone) && attributes.next(id));
  EXPECT_EQ(tuple.type, 1);
  EXPECT_EQ(Buffer(tuple.value.begin(), tuple.value.end()), one.original);
  EXPECT_THAT(zone.value, testing::ElementsAre(0, 5));
  EXPECT_THAT(id.value, testing::ElementsAre(0x51, 0xee, 0x2b, 0xfc));
}

TEST(Conntrack, WhatIsCutOffIsDamageOrAnEnd) {
  const Buffer whole = octets(listed);
  for (std::size_t size = 1; size < whole.size(); ++size) {
    ConnectionReader reader{std::span(whole).first(size)};
    EXPECT_FALSE(reader.next().has_value()) << size;
    EXPECT_TRUE(reader.at_end()) << size;
  }
}

}  // namespace
}  // namespace netlink
