#include "bfd/packet.hpp"

#include <gmock/gmock.h>
#include <vector>

#include "core/random.hpp"

// Packets that a running keepalived was seen to send (min_tx and min_rx 10 ms, idle_tx 1 s, multiplier 5).
namespace bfd {
namespace {

using namespace std::chrono_literals;

std::vector<std::uint8_t> bytes(std::string_view hex) {
  std::string digits;
  for (const char c : hex) {
    if (c != ' ') digits += c;
  }
  std::vector<std::uint8_t> out;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    out.push_back(static_cast<std::uint8_t>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  return out;
}

constexpr std::string_view seen_down = "20400518 49df55aa 00000000 000f4240 00002710 00000000";
constexpr std::string_view seen_up_poll = "20e00518 49df55aa 49df55ab 00002710 00002710 00000000";
constexpr std::string_view seen_expired = "21400518 49df55aa 00000000 000f4240 00002710 00000000";

std::vector<std::uint8_t> with(std::string_view hex, std::size_t offset, std::uint8_t value) {
  auto packet = bytes(hex);
  packet.at(offset) = value;
  return packet;
}

TEST(BfdPacket, ReadsTheFirstPacketOfASession) {
  const auto packet = decode(bytes(seen_down));
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->state, State::down);
  EXPECT_EQ(packet->diagnostic, Diagnostic::none);
  EXPECT_EQ(packet->multiplier, 5);
  EXPECT_EQ(packet->my_discriminator, 0x49df55aaU);
  EXPECT_EQ(packet->your_discriminator, 0U);
  EXPECT_EQ(packet->desired_min_tx, 1s);
  EXPECT_EQ(packet->required_min_rx, 10ms);
  EXPECT_FALSE(packet->poll || packet->final || packet->demand || packet->authentication);
}

TEST(BfdPacket, ReadsTheBitsOfAPollAndADiagnostic) {
  EXPECT_TRUE(decode(bytes(seen_up_poll))->poll);
  EXPECT_TRUE(decode(with(seen_up_poll, 1, 0xd0))->final);
  EXPECT_EQ(decode(bytes(seen_expired))->diagnostic, Diagnostic::detection_time_expired);
}

TEST(BfdPacket, WritesTheVeryOctetsThatWereRead) {
  for (const auto seen : {seen_down, seen_up_poll, seen_expired}) {
    const auto written = encode(*decode(bytes(seen)));
    EXPECT_EQ(std::vector<std::uint8_t>(written.begin(), written.end()), bytes(seen));
  }
}

struct Wrong {
  ReceiveError error;
  std::vector<std::uint8_t> packet;
};

TEST(BfdPacket, NamesWhatIsWrong) {
  auto cut = bytes(seen_down);
  cut.pop_back();
  auto authenticated = with(seen_down, 1, 0x44);
  const std::vector<Wrong> cases{
      {ReceiveError::length, {}},
      {ReceiveError::version, {0x40}},
      {ReceiveError::version, with(seen_down, 0, 0x00)},
      {ReceiveError::length, {0x20}},
      {ReceiveError::length, cut},
      {ReceiveError::length, with(seen_down, 3, 23)},
      {ReceiveError::length, with(seen_down, 3, 25)},
      {ReceiveError::length, authenticated},  // such a packet has 26 octets at least
      {ReceiveError::multiplier_zero, with(seen_down, 2, 0)},
      {ReceiveError::multipoint, with(seen_down, 1, 0x41)},
      {ReceiveError::my_discriminator_zero, bytes("20400518 00000000 00000000 000f4240 00002710 00000000")},
      {ReceiveError::your_discriminator_zero, with(seen_down, 1, 0x80)},
      {ReceiveError::your_discriminator_zero, with(seen_down, 1, 0xc0)},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto packet = decode(cases[i].packet);
    ASSERT_FALSE(packet) << "case " << i;
    EXPECT_EQ(receive_error_id(packet.error()), receive_error_id(cases[i].error)) << "case " << i;
  }
}

TEST(BfdPacket, TheFirstFailureIsTheOneReported) {
  auto everything_wrong = bytes("00010017 00000000 00000000 00000000 00000000 00000000");
  for (const auto& [offset, value, error] :
       {std::tuple{0, 0x20, ReceiveError::version}, std::tuple{3, 0x18, ReceiveError::length},
        std::tuple{2, 0x05, ReceiveError::multiplier_zero}, std::tuple{1, 0xc0, ReceiveError::multipoint},
        std::tuple{7, 0x01, ReceiveError::my_discriminator_zero},
        std::tuple{11, 0x01, ReceiveError::your_discriminator_zero}}) {
    EXPECT_EQ(receive_error_id(decode(everything_wrong).error()), receive_error_id(error));
    everything_wrong[static_cast<std::size_t>(offset)] = static_cast<std::uint8_t>(value);
  }
  EXPECT_TRUE(decode(everything_wrong));
}

TEST(BfdPacket, MayBeFollowedByMore) {
  auto longer = bytes(seen_down);
  longer.resize(64);
  EXPECT_TRUE(decode(longer));
  longer[1] = 0x44;
  longer[3] = 26;
  EXPECT_TRUE(decode(longer)->authentication);
}

TEST(BfdPacket, AnyValueSurvivesTheWire) {
  core::Random random(1);
  for (int i = 0; i < 10'000; ++i) {
    Packet packet;
    packet.diagnostic = static_cast<Diagnostic>(random.between(0, 31));
    packet.state = static_cast<State>(random.between(0, 3));
    packet.poll = random.chance(50);
    packet.final = random.chance(50);
    packet.control_plane_independent = random.chance(50);
    packet.demand = random.chance(50);
    packet.multiplier = static_cast<std::uint8_t>(random.between(1, 255));
    packet.my_discriminator = static_cast<std::uint32_t>(random.between(1, UINT32_MAX));
    packet.your_discriminator = static_cast<std::uint32_t>(random.between(1, UINT32_MAX));
    packet.desired_min_tx = std::chrono::microseconds{random.between(0, UINT32_MAX)};
    packet.required_min_rx = std::chrono::microseconds{random.between(0, UINT32_MAX)};
    packet.required_min_echo = std::chrono::microseconds{random.between(0, UINT32_MAX)};
    ASSERT_EQ(decode(encode(packet)), packet);
  }
}

TEST(BfdPacket, EveryErrorHasWordsOfItsOwn) {
  std::vector<std::string_view> ids;
  for (std::size_t i = 0; i < receive_errors; ++i) {
    const auto error = static_cast<ReceiveError>(i);
    EXPECT_FALSE(receive_error_text(error).empty());
    EXPECT_THAT(ids, ::testing::Not(::testing::Contains(receive_error_id(error))));
    ids.push_back(receive_error_id(error));
  }
}

}  // namespace
}  // namespace bfd
