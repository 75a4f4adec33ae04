#include "net/digest.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

namespace net {
namespace {

std::vector<std::uint8_t> octets(std::string_view text) { return {text.begin(), text.end()}; }
std::vector<std::uint8_t> repeated(std::uint8_t octet, std::size_t count) {
  return std::vector<std::uint8_t>(count, octet);
}

std::string hex(Octets bytes) {
  std::string out;
  for (const auto octet : bytes) out += fmt::format("{:02x}", octet);
  return out;
}

// RFC 1321, appendix A.5.
TEST(Md5, MatchesTheTestSuiteOfItsRfc) {
  const auto of = [](std::string_view text) { return hex(md5({octets(text)})); };
  EXPECT_EQ(of(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(of("a"), "0cc175b9c0f1b6a831c399e269772661");
  EXPECT_EQ(of("abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(of("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(of("12345678901234567890123456789012345678901234567890123456789012345678901234567890"),
            "57edf4a22be3c955ac49da2e2107b67a");
}

// The examples that NIST publishes for FIPS 180-4.
TEST(Sha256, MatchesTheExamplesOfItsStandard) {
  const auto of = [](std::string_view text) { return hex(sha256({octets(text)})); };
  EXPECT_EQ(of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(of(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// RFC 2202, section 2.
TEST(HmacMd5, MatchesTheTestCasesOfItsRfc) {
  EXPECT_EQ(hex(hmac_md5(repeated(0x0b, 16), {octets("Hi There")})), "9294727a3638bb1c13f48ef8158bfc9d");
  EXPECT_EQ(hex(hmac_md5(octets("Jefe"), {octets("what do ya want "), octets("for nothing?")})),
            "750c783e6ab0b503eaa86e310a5db738");
  EXPECT_EQ(
      hex(hmac_md5(repeated(0xaa, 80), {octets("Test Using Larger Than Block-Size Key - Hash Key First")})),
      "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd");
}

// RFC 4231, section 4.
TEST(HmacSha256, MatchesTheTestCasesOfItsRfc) {
  EXPECT_EQ(hex(hmac_sha256(repeated(0x0b, 20), {octets("Hi There")})),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac_sha256(octets("Jefe"), {octets("what do ya want "), octets("for nothing?")})),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha256(repeated(0xaa, 131),
                            {octets("Test Using Larger Than Block-Size Key - Hash Key First")})),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Digest, EveryLengthAroundABlockIsPaddedInItsOwnWay) {
  for (std::size_t length = 50; length <= 70; ++length) {
    const auto whole = repeated('x', length);
    const Octets view = whole;
    EXPECT_EQ(sha256({whole}), sha256({view.first(length / 2), view.subspan(length / 2)}));
    EXPECT_NE(sha256({whole}), sha256({repeated('x', length + 1)}));
  }
}

TEST(Digest, ComparesLengthAndContent) {
  EXPECT_TRUE(same_octets(octets("abc"), octets("abc")));
  EXPECT_FALSE(same_octets(octets("abc"), octets("abd")));
  EXPECT_FALSE(same_octets(octets("abc"), octets("abcd")));
}

TEST(Digest, OfPiecesIsThatOfTheWhole) {
  std::vector<std::uint8_t> text(300);
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<std::uint8_t>(i);
  for (const std::size_t piece : {1, 7, 63, 64, 65, 299}) {
    Md5Sum sum;
    for (std::size_t at = 0; at < text.size(); at += piece)
      sum.add(Octets(text).subspan(at, std::min(piece, text.size() - at)));
    EXPECT_EQ(sum.finish(), md5({text})) << piece;
  }
}

}  // namespace
}  // namespace net
