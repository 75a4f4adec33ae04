// The kinds of value a keyword can take. Each reads its words and complains itself when they are wrong: what was given, what is
// allowed, what to write. Each also describes itself (syntax, unit, range) for `explain` and the manual.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/interpreter.hpp"

namespace config {

/// The keyword alone means on; on/off, true/false, yes/no may follow.
struct Flag {
  std::optional<bool> read(Words& words) const;
  void describe(Keyword&) const {}
};
constexpr Flag flag() { return {}; }

struct Number {
  std::int64_t low = 0;
  std::int64_t high = 0;
  std::optional<std::int32_t> assumed;     // --compat: what a bad value becomes; empty = the line is ignored
  std::optional<std::int32_t> zero_means;  // 0 is no error but becomes this, with a warning
  std::optional<std::int32_t> bare;        // value of the keyword alone
  bool clamps = false;                     // out of range becomes the nearest value, with a warning
  bool c_notation = false;                 // 0x1f and 017 too

  constexpr Number else_assume(std::int32_t value) const { return with(&Number::assumed, value); }
  constexpr Number zero_is(std::int32_t value) const { return with(&Number::zero_means, value); }
  constexpr Number or_bare(std::int32_t value) const { return with(&Number::bare, value); }
  constexpr Number clamped() const { return with(&Number::clamps, true); }
  constexpr Number in_c_notation() const { return with(&Number::c_notation, true); }
  std::optional<std::int64_t> read(Words& words) const;
  void describe(Keyword& keyword) const;

 private:
  template <class Member, class Value>
  constexpr Number with(Member member, Value value) const {
    Number copy = *this;
    copy.*member = value;
    return copy;
  }
};
constexpr Number number(std::int64_t low, std::int64_t high) { return {low, high, {}, {}, {}, false, false}; }
inline constexpr std::int64_t most_u32 = 4294967295;
inline constexpr std::int64_t most_i32 = 2147483647;

struct BigNumber {
  std::optional<std::uint64_t> read(Words& words) const;
  void describe(Keyword& keyword) const;
};
constexpr BigNumber big_number() { return {}; }

/// A time. `unit_ns` is what a bare number counts; `decimals` how many digits may follow the point.
struct Period {
  core::Duration low{}, high{};
  unsigned decimals = 0;
  std::int64_t unit_ns = 1'000'000'000;
  std::optional<core::Duration> zero_means;
  bool zero_is_off = false;  // 0 is outside the range but harmless: a note
  bool clamps_high = false;

  constexpr Period zero_is(core::Duration value) const {
    Period copy = *this;
    copy.zero_means = value;
    return copy;
  }
  constexpr Period zero_means_off() const {
    Period copy = *this;
    copy.zero_is_off = true;
    return copy;
  }
  constexpr Period clamped() const {
    Period copy = *this;
    copy.clamps_high = true;
    return copy;
  }
  std::optional<core::Duration> read(Words& words) const;
  void describe(Keyword& keyword) const;
};
constexpr Period seconds(core::Duration low, core::Duration high, unsigned decimals) {
  return {low, high, decimals, 1'000'000'000, {}, false, false};
}
constexpr Period milliseconds(core::Duration low, core::Duration high, unsigned decimals) {
  return {low, high, decimals, 1'000'000, {}, false, false};
}
constexpr Period microseconds(core::Duration low, core::Duration high) {
  return {low, high, 0, 1'000, {}, false, false};
}
/// 4294.967295 s, the most that 32 bits of microseconds hold.
inline constexpr core::Duration most_timer = std::chrono::microseconds(4294967295);

/// One word of text.
struct Text {
  std::string_view what = "a text";
  std::size_t most = 0;    // characters; 0 = any number
  bool optional = false;   // may be left out: empty
  bool truncates = false;  // longer is cut, with a warning
  bool absolute_path = false;
  constexpr Text up_to(std::size_t characters) const {
    Text copy = *this;
    copy.most = characters;
    return copy;
  }
  constexpr Text or_nothing() const {
    Text copy = *this;
    copy.optional = true;
    return copy;
  }
  constexpr Text cut() const {
    Text copy = *this;
    copy.truncates = true;
    return copy;
  }
  constexpr Text absolute() const {
    Text copy = *this;
    copy.absolute_path = true;
    return copy;
  }
  std::optional<std::string> read(Words& words) const;
  void describe(Keyword& keyword) const;
};
constexpr Text text(std::string_view what) { return {what, 0, false, false, false}; }

/// Every word to the end of the line.
struct TextList {
  std::string_view what;
  std::optional<std::vector<std::string>> read(Words& words) const;
  void describe(Keyword&) const {}
};
constexpr TextList texts(std::string_view what) { return {what}; }

/// An interface name; says so when there is no such interface.
struct InterfaceName {
  bool need_not_exist = false;
  std::optional<std::string> read(Words& words) const;
  void describe(Keyword& keyword) const;
};
constexpr InterfaceName interface_name() { return {}; }
constexpr InterfaceName new_interface_name() { return {true}; }

struct Address {
  enum class Want : std::uint8_t { any, v4, v6, multicast, multicast_v4, multicast_v6 };
  Want want = Want::any;
  std::optional<net::IpAddress> read(Words& words) const;
  void describe(Keyword& keyword) const;
};
constexpr Address address(Address::Want want = Address::Want::any) { return {want}; }

struct Port {
  bool zero_is_none = false;
  std::optional<std::uint16_t> read(Words& words) const;
  void describe(Keyword& keyword) const;
};
constexpr Port port() { return {}; }
constexpr Port port_or_none() { return {true}; }

/// TEXT, file:PATH or credential:NAME. Only looked at here: it is read whenever it is needed, so that it may change.
struct SecretValue {
  std::optional<std::string> read(Words& words) const;
  void describe(Keyword& keyword) const;
};
constexpr SecretValue secret() { return {}; }

struct ChoiceOption {
  const char* name = "";
  std::int64_t value = 0;
};

/// What is common to choices, whatever the number of their words.
struct ChoiceRules {
  bool any_case = false;
  std::optional<std::int64_t> bare;
  std::optional<std::int64_t> assumed;
  LastingText assumed_text;
  std::optional<std::int64_t> read(std::span<const ChoiceOption> options, Words& words) const;
  void describe(std::span<const ChoiceOption> options, Keyword& keyword) const;
};

/// One of a few words.
template <std::size_t count>
struct Choice : ChoiceRules {
  std::array<ChoiceOption, count> options;
  std::optional<std::int64_t> read(Words& words) const { return ChoiceRules::read(options, words); }
  void describe(Keyword& keyword) const { ChoiceRules::describe(options, keyword); }
};
template <class Enum, std::size_t count>
Choice<count> choice(const std::pair<const char*, Enum> (&options)[count]) {
  Choice<count> result;
  for (std::size_t i = 0; i < count; ++i)
    result.options[i] = {options[i].first, static_cast<std::int64_t>(options[i].second)};
  return result;
}

struct WeightValue {
  std::int64_t limit = 253;
  std::optional<track::Weight> read(Words& words) const;
  void describe(Keyword& keyword) const;
};
constexpr WeightValue weight(std::int64_t limit) { return {limit}; }

/// USER [[:]GROUP].
struct AccountValue {
  std::optional<Account> read(Words& words) const;
  void describe(Keyword& keyword) const;
};
constexpr AccountValue account() { return {}; }

/// A command, by the rules of script_command.hpp, checked on the host. With an account the user may follow it.
struct CommandValue {
  bool account_follows = true;
  bool optional = false;
  std::optional<notify::Command> read(Words& words) const;
  void describe(Keyword& keyword) const;
};
constexpr CommandValue command() { return {true, false}; }
constexpr CommandValue bare_command() { return {false, false}; }

/// USER and GROUP as words of a line; shared by AccountValue, CommandValue and the FIFOs.
std::optional<Account> resolve_account(Words& words, const Word& user, const Word* group);
/// The account scripts run as unless told otherwise.
Account default_account(Interpreter& interpreter);

}  // namespace config
