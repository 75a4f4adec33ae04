#include "check/http_request.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace check {

namespace {

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool has(const std::vector<Header>& headers, std::string_view name) {
  return std::ranges::any_of(headers, [&](const Header& header) { return same_name(header.name, name); });
}

// RFC 4648, section 4.
std::string base64(std::string_view text) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((text.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < text.size(); i += 3) {
    std::uint32_t group = 0;
    const std::size_t here = std::min<std::size_t>(3, text.size() - i);
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < here ? static_cast<unsigned char>(text[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) out += k <= here ? digits[group >> (18 - 6 * k) & 63U] : '=';
  }
  return out;
}

}  // namespace

std::string http_host(const Url& url, const Target& target) {
  if (!url.virtual_host.empty()) return url.virtual_host;
  return fmt::format(fmt::runtime(target.address.is_v6() ? "[{}]:{}" : "{}:{}"), target.address.to_string(),
                     target.port);
}

std::string http_request(const Http& http, const Url& url, const Target& target,
                         std::string_view authorization) {
  std::string out;
  out.reserve(256 + url.body.size());
  const auto add = [&out](std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
  };
  const auto given = [&](std::string_view name) { return has(http.headers, name) || has(url.headers, name); };
  out.append(url.method).append(" ").append(url.path);
  out.append(http.protocol == HttpProtocol::v1_1 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
  if (!given("User-Agent")) add("User-Agent", "KeepAliveClient");
  if (http.protocol != HttpProtocol::v1_0) add("Connection", "close");
  if (!given("Host")) add("Host", http_host(url, target));
  if (!authorization.empty() && !given("Authorization")) add("Authorization", authorization);
  for (const auto* headers : {&http.headers, &url.headers}) {
    for (const Header& header : *headers) add(header.name, header.value);
  }
  if (!url.body.empty()) add("Content-Length", fmt::format_int(url.body.size()).str());
  out.append("\r\n").append(url.body);
  return out;
}

std::string basic_authorization(std::string_view user, std::string_view password) {
  return "Basic " + base64(fmt::format("{}:{}", user, password));
}

}  // namespace check
