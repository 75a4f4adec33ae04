#include "config/schema_checker_own.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace config {

namespace {

using C = CheckerDraft;
using check::Url;
using std::chrono_literals::operator""s;

// RFC 9110, section 5.6.2: what a method or the name of a header is made of.
bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != marks.npos;
  });
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// NAME VALUE, or NAME: VALUE as it stands in a request; the value may be of several words.
std::optional<check::Header> read_header(Words& words) {
  const Word* first = words.need("the name of a header");
  if (first == nullptr) return std::nullopt;
  const Word name_word = *first;
  check::Header header{std::string(name_word.text), {}};
  if (header.name.ends_with(':')) header.name.pop_back();
  while (!words.empty()) {
    if (!header.value.empty()) header.value += ' ';
    header.value += words.take().text;
  }
  if (!is_token(header.name) || has_control(header.value)) {
    words.refuse(name_word, "bad-value", fmt::format("'{}' is no header", header.name),
                 "write for example: request_header Accept text/plain");
    return std::nullopt;
  }
  for (const std::string_view framing : {"Content-Length", "Transfer-Encoding", "Connection"}) {
    const bool same =
        std::ranges::equal(header.name, framing, [](char a, char b) { return (a | 0x20) == (b | 0x20); });
    if (!same) continue;
    words.refuse(name_word, "bad-value", fmt::format("'{}' is set by the check itself", framing), {},
                 "it is ignored");
    return std::nullopt;
  }
  return header;
}

void read_method(Url& url, Words& words) {
  const auto method = text("a method").up_to(32).read(words);
  if (!method) return;
  if (!is_token(*method)) {
    words.refuse(words.last(), "bad-value", fmt::format("'{}' is no HTTP method", *method),
                 "write GET, HEAD or POST");
    return;
  }
  url.method = *method;
}

void read_basic(C& checker, Words& words) {
  const auto user = text("a user name").read(words);
  auto password = user ? secret().read(words) : std::nullopt;
  if (!password) return;
  if (user->find(':') != std::string::npos || has_control(*user)) {
    words.refuse(words.last(), "bad-value", "a user name of basic authentication has no ':'");
    return;
  }
  checker.http.credentials = {*user, std::move(*password), {}};
}

void read_redis_user(C& checker, Words& words) {
  auto first = secret().read(words);
  if (!first) return;
  if (words.empty()) {
    checker.redis.user.clear();
    checker.redis.password = std::move(*first);
    return;
  }
  auto password = secret().read(words);
  if (!password) return;
  checker.redis.user = std::move(*first);
  checker.redis.password = std::move(*password);
}

}  // namespace

// clang-format off: one entry reads as one row of a table
Rows<C> http_request_entries() {
  return {
      {"request_header", reads([](C& checker, Words& words) {
         if (auto header = read_header(words)) checker.http.headers.push_back(std::move(*header));
       }),
       "Header sent with every request.",
       {syntax("<NAME> <VALUE>"), by_default("none"), adds, example("request_header Accept text/plain")}},
      {"basic_auth", reads(read_basic),
       "User and password shown to the server (RFC 7617); a file is read anew for every check.",
       {syntax("<USER> <TEXT>|file:<PATH>|credential:<NAME>"), by_default("none"),
        example("basic_auth monitor file:/etc/standfast/monitor.password")}},
      {"bearer_auth", secret(), [](C& checker, std::string&& token) { checker.http.credentials = {{}, {}, std::move(token)}; },
       "Token shown to the server (RFC 6750); a file is read anew for every check.",
       {by_default("none"), example("bearer_auth file:/etc/standfast/monitor.token")}},
  };
}

Rows<Url> url_request_entries() {
  return {
      {"method", reads(read_method),
       "Method of the request.", {syntax("<METHOD>"), by_default("GET"), example("method HEAD")}},
      {"body", text("a text"), &Url::body,
       "Sent with the request, with its Content-Length.", {syntax("<STRING>"), by_default("none")}},
      {"request_header", reads([](Url& url, Words& words) {
         if (auto header = read_header(words)) url.headers.push_back(std::move(*header));
       }),
       "Header sent with this request, after the checker's.", {syntax("<NAME> <VALUE>"), by_default("none"), adds}},
  };
}

Rows<C> tls_entries() {
  const auto verify = [](auto member) {
    return [member](C& checker) -> auto& { return checker.http.verify.*member; };
  };
  return {
      {"tls_verify", flag(), verify(&check::TlsVerify::on),
       "Fail unless the server's certificate is valid, vouched for and made out to the name asked for (sni_name, virtualhost, "
       "or the address).",
       {syntax("[on|off]"), by_default("off")}},
      {"tls_ca_file", text("a path").absolute(), verify(&check::TlsVerify::ca_file),
       "Certificates of the authorities that may vouch for the server.",
       {syntax("<PATH>"), by_default("ca of the SSL block, else those of the system")}},
      {"tls_expiry_warning", number(0, 3650), [](C& checker, std::int64_t days) { checker.http.verify.expiry_warning = days * 24 * 3600s; },
       "Say in the log when the server's certificate ends within so many days; 0 = never.",
       {unit("days"), by_default("0")}},
  };
}

Rows<C> redis_entries() {
  return {
      {"auth", reads(read_redis_user),
       "Password, or user and password, sent with AUTH; a file is read anew for every check.",
       {syntax("[<USER>] <TEXT>|file:<PATH>|credential:<NAME>"), by_default("none"),
        example("auth file:/etc/standfast/redis.password")}},
      {"role", choice<check::RedisRole>({{"any", check::RedisRole::any}, {"master", check::RedisRole::master}, {"replica", check::RedisRole::replica}}), [](C& checker, std::int64_t role) { checker.redis.role = static_cast<check::RedisRole>(role); },
       "Role the server must have.", {by_default("any")}},
  };
}
// clang-format on

}  // namespace config
