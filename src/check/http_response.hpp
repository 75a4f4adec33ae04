// The framing of an HTTP/1.x response (RFC 9112), piece by piece: head, then a body by Content-Length, in chunks, or until the
// connection ends. Bounded: it keeps one line at a time. Does not judge the status, nor follow a redirect; interim responses
// (1xx) are skipped.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace check {

class HttpResponse {
 public:
  static constexpr std::size_t most_of_a_line = 16 * 1024;
  static constexpr std::size_t most_of_the_head = 64 * 1024;

  /// HEAD: a response has no body, whatever its head says.
  explicit HttpResponse(bool to_head_request = false) : to_head_request_(to_head_request) {}

  struct Taken {
    std::size_t octets = 0;  // of the input
    std::string_view body;   // part of the input
  };
  /// Takes some of the input, at least an octet unless complete(). An error says what is wrong with the response.
  std::expected<Taken, std::string> take(std::string_view input);
  /// The connection ends here.
  std::expected<void, std::string> end();

  bool head_complete() const { return phase_ > Phase::header; }
  bool complete() const { return phase_ == Phase::complete; }
  bool anything() const { return head_octets_ != 0; }
  std::uint16_t status() const { return status_; }
  /// Of the body, so far.
  std::uint64_t body_octets() const { return body_octets_; }

 private:
  enum class Phase : std::uint8_t {
    status_line,
    header,
    until_length,
    chunk_size,
    chunk,
    chunk_end,
    trailer,
    until_end,
    complete
  };

  std::expected<void, std::string> line_ended();
  std::expected<void, std::string> read_status_line();
  std::expected<void, std::string> read_header();
  std::expected<void, std::string> read_length(std::string_view value);
  std::expected<void, std::string> read_chunk_size();
  void head_ended();
  Taken take_body(std::string_view input);

  bool to_head_request_;
  Phase phase_ = Phase::status_line;
  std::string line_;  // so far
  std::size_t head_octets_ = 0;
  std::uint16_t status_ = 0;
  std::uint8_t interim_ = 0;  // responses skipped
  bool chunked_ = false;
  bool other_coding_ = false;
  std::optional<std::uint64_t> length_;
  std::uint64_t left_ = 0;  // of the body, or of the chunk
  std::uint64_t body_octets_ = 0;
};

}  // namespace check
