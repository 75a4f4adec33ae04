#include "config/schema_values.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "config/value.hpp"

namespace config {

namespace {

std::string quoted(const Word& word) { return fmt::format("'{}'", word.text); }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

}  // namespace

std::optional<bool> Flag::read(Words& words) const {
  if (words.empty()) return true;
  const Word& word = *words.peek();
  const auto value = parse_bool(word.text);
  if (value) words.take();
  if (!value && words.remaining() == 1) {
    words.refuse(word, "bad-value",
                 fmt::format("'{}' is either on or off, not {}", words.keyword().text, quoted(word)),
                 "write on, off, or nothing, which means on");
    return std::nullopt;
  }
  return value.value_or(true);
}

std::optional<std::int64_t> Number::read(Words& words) const {
  if (bare && words.empty()) return bare;
  const Word* word = words.need(fmt::format("a number from {} to {}", low, high));
  if (word == nullptr) return std::nullopt;
  const std::string_view assumption = "the line is ignored";
  const auto fallback = [&](std::string message, std::string_view id) -> std::optional<std::int64_t> {
    words.refuse(*word, id, std::move(message), fmt::format("write a number from {} to {}", low, high),
                 assumed ? fmt::format("{} is assumed", *assumed) : std::string(assumption));
    return words.interpreter().lenient() ? assumed : std::nullopt;
  };
  const auto value = parse_integer(word->text, c_notation);
  if (!value) {
    return fallback(fmt::format("'{}' needs a whole number, not {}", words.keyword().text, quoted(*word)),
                    "bad-number");
  }
  if (*value == 0 && zero_means) {
    words.warn(*word, "out-of-range",
               fmt::format("'{}' cannot be 0; {} is used", words.keyword().text, *zero_means));
    return zero_means;
  }
  if (*value >= low && *value <= high) return value;
  if (clamps) {
    const std::int64_t nearest = std::clamp(*value, low, high);
    words.warn(*word, "out-of-range",
               fmt::format("{} for '{}' is outside {}..{}; {} is used", *value, words.keyword().text, low,
                           high, nearest));
    return nearest;
  }
  return fallback(fmt::format("{} for '{}' is outside {}..{}", *value, words.keyword().text, low, high),
                  "out-of-range");
}

void Number::describe(Keyword& keyword) const {
  keyword.syntax = bare ? "[<N>]" : "<N>";
  keyword.range = keep(fmt::format("{}..{}", low, high));
}

std::optional<std::uint64_t> BigNumber::read(Words& words) const {
  const Word* word = words.need("a number");
  if (word == nullptr) return std::nullopt;
  if (const auto value = parse_unsigned(word->text, true)) return value;
  words.refuse(*word, "bad-number",
               fmt::format("'{}' needs a whole number, not {}", words.keyword().text, quoted(*word)));
  return std::nullopt;
}

void BigNumber::describe(Keyword& keyword) const {
  keyword.syntax = "<N>";
  keyword.range = "0..18446744073709551615";
}

std::optional<core::Duration> Period::read(Words& words) const {
  const auto show = [&](core::Duration time) {
    // In billionths of the unit; a unit smaller than a second is widened first.
    const std::int64_t per_unit = 1'000'000'000 / unit_ns;
    return format_decimal(time.count() * per_unit);
  };
  const std::string allowed = fmt::format("from {} to {}", show(low), show(high));
  const Word* word = words.need(decimals == 0 ? fmt::format("a whole number {}", allowed)
                                              : fmt::format("a number {}", allowed));
  if (word == nullptr) return std::nullopt;
  const std::string hint = fmt::format("write a{} number {}", decimals == 0 ? " whole" : "", allowed);
  const auto value = parse_decimal(word->text);
  if (!value) {
    words.refuse(*word, "bad-number",
                 fmt::format("'{}' needs a {}, not {}", words.keyword().text,
                             decimals == 0 ? "whole number" : "number", quoted(*word)),
                 hint);
    return std::nullopt;
  }
  if (decimals == 0 && value->decimals != 0) {
    words.refuse(*word, "bad-number",
                 fmt::format("'{}' needs a whole number, not {}", words.keyword().text, quoted(*word)), hint);
    return std::nullopt;
  }
  const std::int64_t per_unit = 1'000'000'000 / unit_ns;
  std::int64_t step = 1'000'000'000;
  for (unsigned i = 0; i < decimals; ++i) step /= 10;
  const std::int64_t rounded = (value->billionths + step / 2) / step * step;
  const core::Duration time{rounded / per_unit};
  if (value->decimals > decimals) {
    words.warn(*word, "too-precise",
               fmt::format("'{}' counts {} decimals at most; {} is used", words.keyword().text, decimals,
                           format_decimal(rounded)));
  }
  if (value->billionths == 0 && zero_means) {
    words.warn(*word, "out-of-range",
               fmt::format("'{}' cannot be 0; {} is used", words.keyword().text, show(*zero_means)));
    return zero_means;
  }
  if (value->billionths == 0 && zero_is_off) {
    words.note(*word, "zero-is-default",
               fmt::format("'{} 0' is the same as leaving it out", words.keyword().text));
    return core::Duration{};
  }
  if (time >= low && time <= high) return time;
  if (clamps_high && time > high) {
    words.warn(*word, "out-of-range",
               fmt::format("{} for '{}' is above {}; {} is used", word->text, words.keyword().text,
                           show(high), show(high)));
    return high;
  }
  words.refuse(
      *word, "out-of-range",
      fmt::format("{} for '{}' is outside {}..{}", word->text, words.keyword().text, show(low), show(high)),
      hint);
  return std::nullopt;
}

void Period::describe(Keyword& keyword) const {
  const std::int64_t per_unit = 1'000'000'000 / unit_ns;
  const LastingText unit = unit_ns == 1'000'000'000 ? "seconds"
                           : unit_ns == 1'000'000   ? "milliseconds"
                                                    : "microseconds";
  keyword.unit = decimals == 0 ? unit : keep(fmt::format("{}, up to {} decimals", unit.view(), decimals));
  keyword.syntax = "<TIME>";
  keyword.range = keep(
      fmt::format("{}..{}", format_decimal(low.count() * per_unit), format_decimal(high.count() * per_unit)));
}

std::optional<std::string> Text::read(Words& words) const {
  if (optional && words.empty()) return std::string();
  const Word* word = words.need(what);
  if (word == nullptr) return std::nullopt;
  if (absolute_path && !word->text.starts_with('/')) {
    words.refuse(*word, "bad-value",
                 fmt::format("'{}' needs an absolute path, not {}", words.keyword().text, quoted(*word)),
                 "start it with /");
    return std::nullopt;
  }
  if (most == 0 || word->text.size() <= most) return std::string(word->text);
  if (truncates) {
    words.warn(*word, "too-long",
               fmt::format("{} is longer than the {} characters of '{}'; '{}' is used", quoted(*word), most,
                           words.keyword().text, word->text.substr(0, most)));
    return std::string(word->text.substr(0, most));
  }
  words.refuse(
      *word, "too-long",
      fmt::format("{} is longer than the {} characters of '{}'", quoted(*word), most, words.keyword().text));
  return std::nullopt;
}

void Text::describe(Keyword& keyword) const {
  keyword.syntax = optional ? "[<TEXT>]" : "<TEXT>";
  if (most != 0) keyword.range = keep(fmt::format("1..{} characters", most));
}

std::optional<std::vector<std::string>> TextList::read(Words& words) const {
  if (words.need(what) == nullptr) return std::nullopt;
  std::vector<std::string> list{std::string(words.last().text)};
  while (!words.empty()) list.emplace_back(words.take().text);
  return list;
}

std::optional<std::string> InterfaceName::read(Words& words) const {
  const Word* word = words.need("the name of an interface");
  if (word == nullptr) return std::nullopt;
  const bool valid = !word->text.empty() && word->text.size() <= 15 && word->text != "." &&
                     word->text != ".." && word->text.find_first_of("/ \t") == std::string_view::npos;
  if (!valid) {
    words.refuse(*word, "bad-interface-name",
                 fmt::format("{} cannot be the name of an interface", quoted(*word)),
                 "interface names have 1 to 15 characters, without blanks or /");
    return std::nullopt;
  }
  if (!need_not_exist) words.interpreter().check_interface(*word);
  return std::string(word->text);
}

void InterfaceName::describe(Keyword& keyword) const {
  keyword.syntax = "<INTERFACE>";
  keyword.range = "1..15 characters";
}

std::optional<net::IpAddress> Address::read(Words& words) const {
  constexpr std::string_view wanted[] = {
      "an IP address",       "an IPv4 address",           "an IPv6 address",
      "a multicast address", "an IPv4 multicast address", "an IPv6 multicast address"};
  const std::string_view what = wanted[static_cast<std::size_t>(want)];
  const Word* word = words.need(what);
  if (word == nullptr) return std::nullopt;
  auto parsed = net::IpAddress::parse(word->text);
  if (!parsed) {
    const std::string_view head = word->text.substr(0, word->text.find_first_of("/-"));
    const auto shorter = head.size() < word->text.size() ? net::IpAddress::parse(head) : std::nullopt;
    words.refuse(*word, "bad-address", fmt::format("{} is not {}", quoted(*word), what),
                 shorter ? fmt::format("write '{}': no prefix length belongs here", head) : std::string(),
                 shorter ? fmt::format("{} is assumed", head) : "the line is ignored");
    if (!shorter || !words.interpreter().lenient()) return std::nullopt;
    parsed = shorter;
  }
  const bool multicast = want >= Want::multicast;
  const bool wrong_family = (parsed->is_v6() && (want == Want::v4 || want == Want::multicast_v4)) ||
                            (parsed->is_v4() && (want == Want::v6 || want == Want::multicast_v6));
  if (wrong_family || (multicast && !parsed->is_multicast())) {
    words.refuse(*word, "bad-address", fmt::format("{} is not {}", quoted(*word), what));
    return std::nullopt;
  }
  return parsed;
}

void Address::describe(Keyword& keyword) const {
  constexpr LastingText shown[] = {"<ADDRESS>", "<IPv4>", "<IPv6>", "<ADDRESS>", "<IPv4>", "<IPv6>"};
  keyword.syntax = shown[static_cast<std::size_t>(want)];
  if (want == Want::multicast_v4) keyword.range = "224.0.0.0/4";
  if (want == Want::multicast_v6) keyword.range = "ff00::/8";
  if (want == Want::multicast) keyword.range = "224.0.0.0/4 or ff00::/8";
}

std::optional<std::uint16_t> Port::read(Words& words) const {
  const Word* word = words.need("a port");
  if (word == nullptr) return std::nullopt;
  const auto value = parse_unsigned(word->text);
  if (value && *value <= 65535 && (*value != 0 || zero_is_none)) return static_cast<std::uint16_t>(*value);
  words.refuse(*word, value ? "out-of-range" : "bad-number", fmt::format("{} is not a port", quoted(*word)),
               "write a number from 1 to 65535");
  return std::nullopt;
}

void Port::describe(Keyword& keyword) const {
  keyword.syntax = "<PORT>";
  keyword.range = "1..65535";
}

std::optional<std::string> SecretValue::read(Words& words) const {
  const Word* word = words.need("a secret, file:PATH or credential:NAME");
  if (word == nullptr) return std::nullopt;
  std::string text(word->text);
  if (text.starts_with("credential:") && (text.size() == 11 || text.find('/') != std::string::npos)) {
    words.refuse(*word, "bad-value", "after credential: the name of a systemd credential must follow",
                 "in the unit: LoadCredential=NAME:PATH");
    return std::nullopt;
  }
  if (!text.starts_with("file:") || !words.interpreter().check_host()) return text;
  const std::string path = text.substr(5);
  const auto status = words.interpreter().world().status(path, true);
  if (!status) {
    words.warn(*word, "secret-file", fmt::format("there is no file {} now", path), "make it, with mode 0600");
  } else if ((status->mode & 0077U) != 0) {
    words.warn(*word, "secret-file",
               fmt::format("others may read or write {} (mode {:04o})", path, status->mode), "chmod 600 it");
  }
  return text;
}

void SecretValue::describe(Keyword& keyword) const {
  keyword.syntax = "<TEXT> | file:<PATH> | credential:<NAME>";
}

std::optional<std::int64_t> ChoiceRules::read(std::span<const ChoiceOption> options, Words& words) const {
  if (bare && words.empty()) return bare;
  std::vector<std::string_view> names;
  for (const ChoiceOption& option : options) names.emplace_back(option.name);
  const Word* word = words.need(fmt::format("one of {}", fmt::join(names, ", ")));
  if (word == nullptr) return std::nullopt;
  for (const auto& [name, value] : options) {
    if (any_case ? lower(word->text) == lower(name) : word->text == name) return value;
  }
  std::string hint = fmt::format("write one of {}", fmt::join(names, ", "));
  if (const std::string meant = closest(word->text, names); !meant.empty())
    hint = fmt::format("did you mean '{}'?", meant);
  words.refuse(
      *word, "bad-value", fmt::format("'{}' cannot be {}", words.keyword().text, quoted(*word)), hint,
      assumed ? fmt::format("{} is assumed", assumed_text.view()) : std::string("the line is ignored"));
  return words.interpreter().lenient() ? assumed : std::nullopt;
}

void ChoiceRules::describe(std::span<const ChoiceOption> options, Keyword& keyword) const {
  std::vector<std::string_view> names;
  for (const ChoiceOption& option : options) names.emplace_back(option.name);
  keyword.syntax = keep(fmt::format("{}{}{}", bare ? "[" : "", fmt::join(names, "|"), bare ? "]" : ""));
}

std::optional<track::Weight> WeightValue::read(Words& words) const {
  const auto points = number(-limit, limit).read(words);
  if (!points) return std::nullopt;
  track::Weight weight{static_cast<std::int32_t>(*points), false};
  if (words.take_if("reverse")) {
    weight.reverse = true;
  } else {
    words.take_if("noreverse");
  }
  return weight;
}

void WeightValue::describe(Keyword& keyword) const {
  keyword.syntax = "<N> [reverse|noreverse]";
  keyword.range = keep(fmt::format("-{}..{}", limit, limit));
}

}  // namespace config
