#include "check/http_response.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace check {

namespace {

using Nothing = std::expected<void, std::string>;

constexpr std::uint8_t most_interim = 8;

std::unexpected<std::string> wrong(std::string text) { return std::unexpected(std::move(text)); }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_name(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Of what a server sent, a little, printable.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, 40)) out += c >= 0x20 && c < 0x7f ? c : '?';
  return out + (text.size() > 40 ? "…'" : "'");
}

std::optional<unsigned> hex_digit(char c) {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  c = lower(c);
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  return std::nullopt;
}

}  // namespace

std::expected<HttpResponse::Taken, std::string> HttpResponse::take(std::string_view input) {
  if (input.empty() || phase_ == Phase::complete) return Taken{};
  if (phase_ == Phase::until_length || phase_ == Phase::chunk || phase_ == Phase::until_end)
    return take_body(input);
  const std::size_t newline = input.find('\n');
  const std::size_t octets = newline == input.npos ? input.size() : newline + 1;
  const std::string_view text = input.substr(0, octets - (newline == input.npos ? 0 : 1));
  head_octets_ += octets;
  if (line_.size() + text.size() > most_of_a_line)
    return wrong(fmt::format("a line of its head is longer than {} octets", most_of_a_line));
  if (head_octets_ > most_of_the_head)
    return wrong(fmt::format("its head is longer than {} octets", most_of_the_head));
  line_.append(text);
  if (newline == input.npos) return Taken{octets, {}};
  if (line_.ends_with('\r')) line_.pop_back();
  const auto ended = line_ended();
  line_.clear();
  if (!ended) return wrong(ended.error());
  return Taken{octets, {}};
}

HttpResponse::Taken HttpResponse::take_body(std::string_view input) {
  const std::size_t octets = phase_ == Phase::until_end
                                 ? input.size()
                                 : static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
  body_octets_ += octets;
  if (phase_ == Phase::until_end) return {octets, input};
  left_ -= octets;
  if (left_ == 0) phase_ = phase_ == Phase::chunk ? Phase::chunk_end : Phase::complete;
  return {octets, input.substr(0, octets)};
}

Nothing HttpResponse::line_ended() {
  switch (phase_) {
    case Phase::status_line:
      return read_status_line();
    case Phase::header:
      return read_header();
    case Phase::chunk_size:
      head_octets_ = 1;  // each chunk has a head of its own
      return read_chunk_size();
    case Phase::chunk_end:
      if (!line_.empty()) return wrong("a chunk of its body is longer than it says");
      phase_ = Phase::chunk_size;
      return {};
    case Phase::trailer:
      if (line_.empty()) phase_ = Phase::complete;
      return {};
    case Phase::until_length:
    case Phase::chunk:
    case Phase::until_end:
    case Phase::complete:
      break;
  }
  return {};
}

// HTTP/1.1 200 OK
Nothing HttpResponse::read_status_line() {
  const std::string_view line = line_;
  const std::size_t space = line.find(' ');
  const std::string_view code = space == line.npos ? std::string_view() : line.substr(space + 1, 3);
  const bool known = line.starts_with("HTTP/1.") && code.size() == 3 && std::ranges::all_of(code, is_digit) &&
                     (line.size() == space + 4 || line[space + 4] == ' ');
  if (!known) return wrong(fmt::format("it does not answer with HTTP but {}", quoted(line)));
  status_ = static_cast<std::uint16_t>((code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0'));
  phase_ = Phase::header;
  return {};
}

Nothing HttpResponse::read_header() {
  if (line_.empty()) {
    if (status_ >= 100 && status_ < 200 && status_ != 101) {
      if (++interim_ > most_interim) return wrong("it sends interim responses without end");
      phase_ = Phase::status_line;
      chunked_ = other_coding_ = false;
      length_.reset();
      return {};
    }
    head_ended();
    return {};
  }
  const std::string_view line = line_;
  const std::size_t colon = line.find(':');
  if (colon == line.npos || colon == 0) {
    // A continuation of the header before: obsolete, and of no header that matters here.
    if (line.front() == ' ' || line.front() == '\t') return {};
    return wrong(fmt::format("a line of its head is no header: {}", quoted(line)));
  }
  const std::string_view name = line.substr(0, colon), value = trimmed(line.substr(colon + 1));
  if (same_name(name, "Content-Length")) return read_length(value);
  if (same_name(name, "Transfer-Encoding")) {
    const std::size_t comma = value.rfind(',');
    const std::string_view last = trimmed(comma == value.npos ? value : value.substr(comma + 1));
    chunked_ = same_name(last, "chunked");
    other_coding_ = !chunked_ || comma != value.npos;
  }
  return {};
}

Nothing HttpResponse::read_length(std::string_view value) {
  std::uint64_t length = 0;
  // 18 digits fit 64 bits; no body has more.
  if (value.empty() || value.size() > 18 || !std::ranges::all_of(value, is_digit))
    return wrong(fmt::format("its Content-Length is {}", quoted(value)));
  for (const char c : value) length = length * 10 + static_cast<unsigned>(c - '0');
  if (length_ && *length_ != length) return wrong("it has two Content-Lengths");
  length_ = length;
  return {};
}

// RFC 9112, section 6.3.
void HttpResponse::head_ended() {
  if (to_head_request_ || status_ == 101 || status_ == 204 || status_ == 304) {
    phase_ = Phase::complete;
  } else if (chunked_) {
    phase_ = Phase::chunk_size;
  } else if (length_ && !other_coding_) {
    left_ = *length_;
    phase_ = left_ == 0 ? Phase::complete : Phase::until_length;
  } else {
    phase_ = Phase::until_end;
  }
}

// 1a;extension=x
Nothing HttpResponse::read_chunk_size() {
  std::uint64_t size = 0;
  std::size_t digits = 0;
  while (digits < line_.size()) {
    const auto digit = hex_digit(line_[digits]);
    if (!digit) break;
    size = size << 4 | *digit;
    ++digits;
  }
  const std::string_view rest = trimmed(std::string_view(line_).substr(digits));
  if (digits == 0 || digits > 15 || (!rest.empty() && rest.front() != ';'))
    return wrong(fmt::format("the size of a chunk of its body is {}", quoted(line_)));
  left_ = size;
  phase_ = size == 0 ? Phase::trailer : Phase::chunk;
  return {};
}

Nothing HttpResponse::end() {
  switch (phase_) {
    case Phase::status_line:
      if (head_octets_ == 0) return wrong("it closes the connection without an answer");
      return wrong("it closes the connection before its head is complete");
    case Phase::header:
      return wrong("it closes the connection before its head is complete");
    case Phase::until_length:
      return wrong(
          fmt::format("it closes the connection after {} of {} octets of its body", body_octets_, *length_));
    case Phase::chunk_size:
    case Phase::chunk:
    case Phase::chunk_end:
    case Phase::trailer:
      return wrong("it closes the connection within its chunked body");
    case Phase::until_end:
    case Phase::complete:
      break;
  }
  phase_ = Phase::complete;
  return {};
}

}  // namespace check
