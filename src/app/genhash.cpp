#include "app/genhash.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <fmt/format.h>
#include <optional>
#include <string_view>
#include <utility>

#include "runtime/probe/fetch.hpp"

namespace app {
namespace {

constexpr std::size_t most_shown = 64 * 1024;  // of a body, with --verbose

struct Option {
  char letter;
  std::string_view name;
  std::string_view argument;  // empty: none
  std::string_view help;
};

constexpr Option options[] = {
    {'s', "server", "ADDRESS", "server to ask (no names)"},
    {'p', "port", "PORT", "its port"},
    {'u', "url", "PATH", "page to fetch"},
    {'S', "use-ssl", "", "over TLS"},
    {'I', "use-sni", "", "name the virtual host in the TLS handshake"},
    {'V', "use-virtualhost", "HOST", "Host header"},
    {'P', "protocol", "1.0|1.0c|1.0C|1.1", "HTTP version (default 1.0)"},
    {'t', "timeout", "SECONDS", "time limit (default 5)"},
    {'m', "fwmark", "N", "mark on outgoing packets"},
    {'v', "verbose", "", "show head, body, digest and time taken"},
    {'h', "help", "", "this text"},
};

std::string usage(std::string_view program) {
  std::string text = fmt::format("Usage: {} -s ADDRESS -p PORT -u PATH [OPTION]...\n\n", program);
  for (const Option& option : options) {
    const std::string name =
        fmt::format("--{}{}{}", option.name, option.argument.empty() ? "" : "=", option.argument);
    text += fmt::format("  -{}, {:<32} {}\n", option.letter, name, option.help);
  }
  return text;
}

std::unexpected<core::Error> wrong(std::string text) {
  return std::unexpected(core::Error{0, std::move(text)});
}

std::optional<std::uint32_t> number(std::string_view text, std::uint32_t low, std::uint32_t high) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high)
    return std::nullopt;
  return value;
}

class Parser {
 public:
  explicit Parser(const std::vector<std::string>& words) : words_(words) { http().urls.emplace_back(); }

  core::Result<GenhashRequest> parse() {
    for (at_ = 1; at_ < words_.size(); ++at_) {
      if (const auto taken = take_word(words_[at_]); !taken) return std::unexpected(taken.error());
    }
    if (!server_) return wrong("--server is missing");
    if (request_.target.port == 0) return wrong("--port is missing");
    if (http().urls.front().path.empty()) return wrong("--url is missing");
    return std::move(request_);
  }

 private:
  check::Http& http() {
    if (check::http_of(request_.config.probe) == nullptr) request_.config.probe = check::Http{};
    return *check::http_of(request_.config.probe);
  }

  // -s VALUE, -sVALUE, -SI, --server VALUE, --server=VALUE
  core::Result<> take_word(std::string_view word) {
    if (word.starts_with("--")) {
      const std::size_t equals = word.find('=');
      const std::string_view name = word.substr(2, equals == word.npos ? word.npos : equals - 2);
      const auto* found = std::ranges::find(options, name, &Option::name);
      if (found == std::end(options)) return wrong(fmt::format("there is no option '{}'", word));
      return take_option(*found, equals == word.npos ? std::nullopt : std::optional(word.substr(equals + 1)));
    }
    if (word.size() < 2 || word.front() != '-') return wrong(fmt::format("'{}' is one word too many", word));
    for (std::size_t i = 1; i < word.size(); ++i) {
      const auto* found = std::ranges::find(options, word[i], &Option::letter);
      if (found == std::end(options)) return wrong(fmt::format("there is no option '-{}'", word[i]));
      const bool joined = !found->argument.empty() && i + 1 < word.size();
      const auto taken = take_option(*found, joined ? std::optional(word.substr(i + 1)) : std::nullopt);
      if (!taken || joined) return taken;
    }
    return {};
  }

  core::Result<> take_option(const Option& option, std::optional<std::string_view> value) {
    if (option.argument.empty()) {
      if (value) return wrong(fmt::format("--{} takes no value", option.name));
      return take_flag(option.letter);
    }
    if (!value) {
      if (++at_ >= words_.size()) return wrong(fmt::format("--{} needs a value", option.name));
      value = words_[at_];
    }
    if (take_value(option.letter, *value)) return {};
    return wrong(fmt::format("'{}' is no value for --{}", *value, option.name));
  }

  core::Result<> take_flag(char letter) {
    if (letter == 'h') return std::unexpected(core::Error{});
    if (letter == 'S') http().tls = true;
    if (letter == 'I') http().sni = true;
    if (letter == 'v') request_.verbose = true;
    return {};
  }

  bool take_value(char letter, std::string_view value) {
    check::Config& config = request_.config;
    switch (letter) {
      case 's': {
        const auto address = net::IpAddress::parse(value);
        if (address) request_.target.address = *address;
        server_ = address.has_value();
        return server_;
      }
      case 'p': {
        const auto port = number(value, 1, 65535);
        request_.target.port = static_cast<std::uint16_t>(port.value_or(0));
        return port.has_value();
      }
      case 'u':
        http().urls.front().path = value;
        return !value.empty();
      case 'V':
        http().urls.front().virtual_host = value;
        return !value.empty();
      case 'P':
        return take_protocol(value);
      case 't': {
        const auto seconds = number(value, 1, 86400);
        if (seconds) config.timing.connect_timeout = std::chrono::seconds(*seconds);
        return seconds.has_value();
      }
      default: {
        const auto mark = number(value, 0, UINT32_MAX);
        if (mark) request_.target.from = check::LocalEnd{.mark = *mark};
        return mark.has_value();
      }
    }
  }

  bool take_protocol(std::string_view value) {
    using check::HttpProtocol;
    constexpr std::pair<std::string_view, HttpProtocol> known[] = {{"1.0", HttpProtocol::v1_0},
                                                                   {"1.0c", HttpProtocol::v1_0_close},
                                                                   {"1.0C", HttpProtocol::v1_0_close},
                                                                   {"1.1", HttpProtocol::v1_1}};
    const auto* found = std::ranges::find(known, value, &std::pair<std::string_view, HttpProtocol>::first);
    if (found == std::end(known)) return false;
    http().protocol = found->second;
    return true;
  }

  const std::vector<std::string>& words_;
  std::size_t at_ = 1;
  bool server_ = false;
  GenhashRequest request_;
};

void dump(std::string_view title, std::string_view octets) {
  constexpr std::size_t width = 16;
  fmt::print("-----------------------[ {} ]-----------------------\n", title);
  for (std::size_t at = 0; at < octets.size(); at += width) {
    const std::string_view line = octets.substr(at, width);
    std::string hex, text;
    for (const char c : line) {
      hex += fmt::format("{:02x} ", static_cast<unsigned char>(c));
      text += c >= 0x20 && c < 0x7f ? c : '.';
    }
    fmt::print("{:04x}  {:<48} {}\n", at, hex, text);
  }
}

}  // namespace

core::Result<GenhashRequest> parse_genhash(const std::vector<std::string>& words) {
  return Parser(words).parse();
}

int run_genhash(const std::vector<std::string>& words, bool strict) {
  const std::string_view program =
      words.empty() ? std::string_view("genhash") : std::string_view(words.front());
  const auto request = parse_genhash(words);
  if (!request) {
    if (!request.error().message.empty()) fmt::print(stderr, "genhash: {}\n", request.error().message);
    fmt::print(stderr, "{}", usage(program));
    return 1;
  }
  const auto begun = std::chrono::steady_clock::now();
  const auto page = runtime::fetch_page(request->config, request->target, request->verbose ? most_shown : 0);
  const auto taken = std::chrono::steady_clock::now() - begun;
  if (!page) {
    fmt::print(stderr, "genhash: {}\n", page.error().message);
    return strict ? 1 : 0;
  }
  if (request->verbose) {
    dump("HTTP header", page->head);
    dump("HTML body", page->body);
    fmt::print("-----------------------[ MD5 of the body ]-----------------------\n");
  }
  fmt::print("{}\n", page->digest);
  if (request->verbose)
    fmt::print("\nin {} microseconds\n",
               std::chrono::duration_cast<std::chrono::microseconds>(taken).count());
  return 0;
}

}  // namespace app
