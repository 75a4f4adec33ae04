#include "net/bytes.hpp"

#include <gmock/gmock.h>

namespace net {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Writer, WritesNumbersBigEndian) {
  Writer writer;
  writer.u8(1).u16(0x0203).u32(0x04050607).u64(0x08090a0b0c0d0e0f).zeros(2);
  EXPECT_THAT(writer.take(), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0));
}

TEST(Writer, PatchesWhatWasWritten) {
  Writer writer;
  writer.u32(0).patch_u16(1, 0xabcd);
  EXPECT_THAT(writer.view(), ElementsAre(0, 0xab, 0xcd, 0));
  EXPECT_ANY_THROW(writer.patch_u16(3, 1));
}

TEST(Reader, ReadsBackWhatWasWritten) {
  Writer writer;
  writer.u8(1).u16(0x0203).u32(0x04050607).u64(0x08090a0b0c0d0e0f);
  Reader reader(writer.view());
  EXPECT_EQ(reader.u8(), 1);
  EXPECT_EQ(reader.u16(), 0x0203);
  EXPECT_EQ(reader.u32(), 0x04050607U);
  EXPECT_EQ(reader.u64(), 0x08090a0b0c0d0e0fU);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.remaining(), 0U);
}

TEST(Reader, RunningShortIsRememberedAndReadsZero) {
  const std::array<std::uint8_t, 3> octets{1, 2, 3};
  Reader reader(octets);
  EXPECT_EQ(reader.u32(), 0U);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0) << "nothing is read after that, even if it would fit";
  EXPECT_THAT(reader.bytes(1), IsEmpty());
  EXPECT_EQ(reader.remaining(), 0U);
}

}  // namespace
}  // namespace net
