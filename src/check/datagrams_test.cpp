#include "check/datagrams.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/checksum.hpp"

namespace check {
namespace {

using Packet = std::vector<std::uint8_t>;

std::string words_of(const std::optional<ProbeResult>& result) {
  if (!result) return "waits";
  return *result ? (*result)->detail : to_string(result->error());
}

Packet joined(std::initializer_list<Packet> parts) {
  Packet all;
  for (const Packet& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Dns www() { return {.type = 1, .name = "www.example.com"}; }
const Packet question{3,   'w', 'w', 'w', 7,   'e', 'x', 'a', 'm', 'p', 'l',
                      'e', 3,   'c', 'o', 'm', 0,   0,   1,   0,   1};
const Packet record{0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1};

TEST(Dns, TheQueryIsAsOnTheWire) {
  EXPECT_EQ(dns_query(www(), 0x1234), joined({{0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}, question}));
  EXPECT_EQ(dns_query({}, 1), Packet({0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1}));
  EXPECT_EQ(dns_query({.type = 1, .name = "www.example.com."}, 0x1234), dns_query(www(), 0x1234));
}

TEST(Dns, AnAnswerWithoutErrorIsWell) {
  EXPECT_EQ(
      words_of(judge_dns(joined({{0, 7, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0}, question, record}), www(), 7)),
      "1 answers");
  EXPECT_EQ(words_of(judge_dns(joined({{0, 7, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question}), www(), 7)),
            "0 answers");
  EXPECT_EQ(words_of(judge_dns(Packet{0, 7, 0x81, 0x80, 0, 0, 0, 0, 0, 0, 0, 0}, www(), 7)), "0 answers")
      << "no question";
}

TEST(Dns, WhatIsNotTheAnswerIsWaitedOver) {
  const Packet good = joined({{0, 7, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0}, question, record});
  EXPECT_EQ(words_of(judge_dns(good, www(), 8)), "waits");
  EXPECT_EQ(words_of(judge_dns(dns_query(www(), 7), www(), 7)), "waits") << "the query itself";
  EXPECT_EQ(words_of(judge_dns(Packet{0, 7}, www(), 7)), "waits");
  EXPECT_EQ(words_of(judge_dns(good, {.type = 28, .name = "www.example.com"}, 7)), "waits")
      << "another question";
  EXPECT_EQ(words_of(judge_dns(good, {.type = 1, .name = "WWW.example.COM"}, 7)), "1 answers");
}

TEST(Dns, ErrorsAreNamed) {
  EXPECT_EQ(words_of(judge_dns(joined({{0, 7, 0x81, 0x82, 0, 1, 0, 0, 0, 0, 0, 0}, question}), www(), 7)),
            "it answers with SERVFAIL (rcode 2)");
}

TEST(Dns, NamesThatLoopAndRecordsThatEndTooSoonAreRefused) {
  const Packet head{0, 7, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0};
  const Packet loop{0xc0, 33, 0, 1, 0, 1, 0, 0, 0, 60, 0, 0};
  EXPECT_EQ(words_of(judge_dns(joined({head, question, loop}), www(), 7)),
            "a name in the answer points to itself");
  EXPECT_EQ(words_of(judge_dns(joined({head, {0xc0, 12, 0, 1, 0, 1}}), www(), 7)),
            "a name in the answer points to itself");
  EXPECT_EQ(
      words_of(judge_dns(joined({head, question, {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192}}), www(), 7)),
      "a record of the answer is longer than the answer");
  EXPECT_EQ(words_of(judge_dns(joined({head, question, {0xc0}}), www(), 7)), "the answer ends within a name");
  EXPECT_EQ(words_of(judge_dns(joined({head, question, {0x80}}), www(), 7)),
            "a label in the answer has a form that is not defined");
}

TEST(Dns, AnAnswerCutShortIsAnAnswer) {
  EXPECT_EQ(
      words_of(judge_dns(joined({{0, 7, 0x83, 0x80, 0, 1, 0, 9, 0, 0, 0, 0}, question, record}), www(), 7)),
      "9 answers, cut short");
}

TEST(UdpReply, IsComparedUnderItsMask) {
  Udp udp;
  udp.require_reply = true;
  udp.reply = {{0x12, 0xff}, {0x30, 0xf0}};
  udp.min_reply_length = 2;
  udp.max_reply_length = 3;
  EXPECT_EQ(words_of(judge_udp(Packet{0x12, 0x3f}, udp)), "a reply of 2 octets");
  EXPECT_EQ(words_of(judge_udp(Packet{0x12, 0x4f}, udp)), "octet 2 of its reply is 4f, expected 30");
  EXPECT_EQ(words_of(judge_udp(Packet{0x12}, udp)), "its reply has 1 octets, expected 2 to 3");
  EXPECT_EQ(words_of(judge_udp(Packet(4), udp)), "its reply has 4 octets, expected 2 to 3");
}

TEST(UdpReply, AnyWillDoUnlessOneIsRequired) {
  EXPECT_EQ(words_of(judge_udp(Packet{1}, Udp{})), "a reply came");
  EXPECT_EQ(udp_payload(Udp{}).size(), 32U);
  Udp own;
  own.payload = {1, 2};
  EXPECT_EQ(udp_payload(own), Packet({1, 2}));
}

TEST(Echo, TheReplyIsTheRequestSentBack) {
  for (const auto family : {net::Family::v4, net::Family::v6}) {
    Packet packet = echo_request(family, 9, 3);
    EXPECT_EQ(packet.size(), 136U);
    EXPECT_EQ(words_of(judge_echo(packet, family, 9, 3)), "waits") << "the request itself, on the loopback";
    packet[0] = family == net::Family::v4 ? 0 : 129;
    EXPECT_EQ(words_of(judge_echo(packet, family, 9, 3)), "echo reply");
    EXPECT_EQ(words_of(judge_echo(packet, family, {}, 3)), "echo reply");
    EXPECT_EQ(words_of(judge_echo(packet, family, 8, 3)), "waits");
    EXPECT_EQ(words_of(judge_echo(packet, family, 9, 4)), "waits");
    packet.back() = 0;
    EXPECT_EQ(words_of(judge_echo(packet, family, 9, 3)), "its echo has another payload");
    EXPECT_EQ(words_of(judge_echo(Packet{0}, family, 9, 3)), "waits");
  }
  EXPECT_EQ(net::Checksum().add(echo_request(net::Family::v4, 9, 3)).value(), 0);
}

}  // namespace
}  // namespace check
