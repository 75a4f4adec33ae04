// Messages and their bytes. Whether the kernel takes them,
// and nft reads them back as they were meant, is tested in runtime/firewall_io_test.cpp.
#include "netlink/nftables.hpp"

#include <bit>
#include <gmock/gmock.h>
#include <string>

#include "netlink/native.hpp"

namespace netlink {
namespace {

using ::testing::ElementsAre;

net::BlockedAddress blocked(std::string_view address, std::uint32_t interface = 0) {
  return {net::IpAddress::parse(address).value(), {interface}};
}

struct Seen {
  std::uint16_t type = 0;
  std::uint16_t flags = 0;
  std::uint32_t sequence = 0;
  std::vector<std::uint8_t> body;
};

std::vector<Seen> messages(const Buffer& batch) {
  std::vector<Seen> out;
  NativeReader reader{batch};
  while (reader.remaining() != 0) {
    const std::uint32_t length = reader.u32();
    Seen& one = out.emplace_back();
    one.type = reader.u16();
    one.flags = reader.u16();
    one.sequence = reader.u32();
    reader.u32();
    const auto body = reader.bytes(length - header_size);
    one.body.assign(body.begin(), body.end());
    reader.skip_padding(length);
    EXPECT_TRUE(reader.ok());
  }
  return out;
}

std::vector<unsigned> kinds(const Buffer& batch) {
  std::vector<unsigned> out;
  for (const Seen& one : messages(batch)) out.push_back(one.type);
  return out;
}

constexpr unsigned begin = 16, end = 17, table = 0xa00, chain = 0xa03, rule = 0xa06, set = 0xa09,
                   elements = 0xa0c;
constexpr unsigned no_table = 0xa02, no_elements = 0xa0e;

TEST(Nftables, ATableIsOneTransaction) {
  Buffer batch;
  append_build_firewall(batch, 100, {"t", -1, false}, {});
  EXPECT_THAT(kinds(batch), ElementsAre(begin, table, no_table, table, set, set, set, chain, rule, rule, rule,
                                        rule, rule, chain, rule, rule, rule, rule, rule, end));
  const auto all = messages(batch);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].sequence, 100 + i);
}

TEST(Nftables, ElementsGoToTheSetOfTheirKind) {
  Buffer batch;
  const std::vector added = {blocked("192.0.2.1"), blocked("2001:db8::1"), blocked("fe80::1", 3)};
  const std::vector removed = {blocked("192.0.2.9")};
  append_change_firewall(batch, 0, "t", added, removed);
  EXPECT_THAT(kinds(batch), ElementsAre(begin, no_elements, elements, elements, elements, end));
}

TEST(Nftables, AnElementHasTheBytesThatNftSends) {
  if (std::endian::native != std::endian::little) GTEST_SKIP() << "the bytes are little-endian";
  Buffer batch;
  const std::vector added = {blocked("192.0.2.1")};
  append_change_firewall(batch, 0, "t", added, {});
  const Seen element = messages(batch).at(1);
  const std::vector<std::uint8_t> expected = {0x01, 0x00, 0x00, 0x00,                          // family inet
                                              0x06, 0x00, 0x01, 0x00, 't',  0x00, 0x00, 0x00,  // table
                                              0x0f, 0x00, 0x02, 0x00, 'b',  'l',  'o',  'c',  'k',  'e',
                                              'd',  '_',  'v',  '4',  0x00, 0x00,  // set
                                              0x14, 0x00, 0x03, 0x00, 0x10, 0x00, 0x01, 0x00, 0x0c, 0x00,
                                              0x01, 0x00, 0x08, 0x00, 0x01, 0x00, 192,  0,    2,    1};
  EXPECT_EQ(element.body, expected);
}

TEST(Nftables, ARemovalIsRightWhateverThereIs) {
  Buffer batch;
  append_remove_firewall(batch, 0, "t");
  EXPECT_THAT(kinds(batch), ElementsAre(begin, table, no_table, end));
}

TEST(Nftables, NewsOfOtherTablesAndOfOurOwnDoingAreNone) {
  Buffer news;
  append_remove_firewall(news, 0, "mine");
  // Our messages to the kernel look like its news of them, but for the sender, who is 0 here.
  EXPECT_TRUE(tells_of_change(news, "mine", 77));
  EXPECT_FALSE(tells_of_change(news, "mine", 0));
  EXPECT_FALSE(tells_of_change(news, "yours", 77));
  for (std::size_t size = 0; size < news.size(); ++size)
    tells_of_change(std::span(news).first(size), "mine", 77);  // damage does no harm
}

}  // namespace
}  // namespace netlink
