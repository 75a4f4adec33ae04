// The schema of the checkers in real_server: what they share, and what each kind asks.
#include <algorithm>
#include <fmt/format.h>

#include "config/schema_areas.hpp"
#include "config/schema_builder.hpp"
#include "config/schema_checker_own.hpp"
#include "config/schema_lvs.hpp"
#include "config/script_command.hpp"
#include "config/value.hpp"

namespace config {

namespace {

using C = CheckerDraft;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""us;

template <class Part, class Member>
auto field(Part part, Member member) {
  return [part, member](auto& draft) -> auto& { return draft.*part.*member; };
}

constexpr Period timer = seconds(core::Duration{}, std::chrono::seconds(most_u32), 6);

std::string joined(Words& words) {
  std::string all;
  while (!words.empty()) {
    if (!all.empty()) all += ' ';
    all += words.take().text;
  }
  return all;
}

// Octets in hexadecimal; blanks separate, a lone digit before one is an octet. With `wild`, x is any half.
std::optional<std::vector<check::MaskedOctet>> read_octets(Words& words, bool wild) {
  const Word first = *words.peek();
  const std::string all = joined(words);
  std::vector<check::MaskedOctet> octets;
  const auto half = [&](char c) -> std::optional<check::MaskedOctet> {
    if (wild && (c == 'x' || c == 'X')) return check::MaskedOctet{0, 0};
    const auto value = parse_hex(std::string{'0', c});
    if (!value) return std::nullopt;
    return check::MaskedOctet{value->front(), 0x0f};
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i] == ' ') continue;
    const auto high = half(all[i]);
    const bool pair = i + 1 < all.size() && all[i + 1] != ' ';
    const auto low = pair ? half(all[i + 1]) : std::optional<check::MaskedOctet>(check::MaskedOctet{0, 0});
    if (!high || !low) {
      words.refuse(first, "bad-value", fmt::format("'{}' is not hexadecimal", all),
                   "write pairs of hexadecimal digits");
      return std::nullopt;
    }
    if (!pair) {
      octets.push_back({high->value, static_cast<std::uint8_t>(high->mask == 0 ? 0 : 0xff)});
      continue;
    }
    octets.push_back({static_cast<std::uint8_t>(high->value << 4 | low->value),
                      static_cast<std::uint8_t>(high->mask << 4 | low->mask)});
    ++i;
  }
  return octets;
}

void read_payload(C& checker, Words& words) {
  if (words.empty() && words.need("octets in hexadecimal") == nullptr) return;
  const auto octets = read_octets(words, false);
  if (!octets) return;
  checker.udp.payload.clear();
  for (const check::MaskedOctet& octet : *octets) checker.udp.payload.push_back(octet.value);
}

void read_reply(C& checker, Words& words) {
  checker.udp.require_reply = true;
  if (words.empty()) return;
  if (auto octets = read_octets(words, true)) checker.udp.reply = std::move(*octets);
}

auto record_types() {
  Choice types = choice<int>({{"A", 1},
                              {"NS", 2},
                              {"CNAME", 5},
                              {"SOA", 6},
                              {"MX", 15},
                              {"TXT", 16},
                              {"AAAA", 28},
                              {"RRSIG", 46},
                              {"DNSKEY", 48}});
  types.any_case = true;
  return types;
}

void read_dns_name(C& checker, Words& words) {
  const auto name = text("a host name").up_to(253).read(words);
  if (!name) return;
  std::string_view rest = *name;
  if (rest.ends_with('.')) rest.remove_suffix(1);
  while (!rest.empty()) {
    const std::string_view label = rest.substr(0, rest.find('.'));
    if (label.empty() || label.size() > 63) {
      words.refuse(words.last(), "bad-value",
                   fmt::format("'{}' has a label of {} characters", *name, label.size()),
                   "labels have 1 to 63 characters");
      return;
    }
    rest.remove_prefix(std::min(rest.size(), label.size() + 1));
    if (rest.empty() && name->size() > label.size() && name->ends_with("..")) rest = ".";
  }
  checker.dns.name = *name;
}

void read_file_weight(C& checker, Words& words) {
  const auto factor = number(-most_i32, most_i32).read(words);
  if (!factor) return;
  checker.file.weight = *factor;
  checker.file.reverse = words.take_if("reverse");
  words.take_if("noreverse");
}

void read_reference(C& checker, Words& words, std::string& into, std::string_view what) {
  const auto name = text(what).read(words);
  if (!name) return;
  into = *name;
  checker.reference = words.last();
}

void read_digest(check::Url& url, Words& words) {
  const Word* word = words.need("an MD5 sum of 32 hexadecimal digits");
  if (word == nullptr) return;
  if (word->text.size() != 32 || !parse_hex(word->text)) {
    words.refuse(*word, "bad-value", fmt::format("'{}' is no MD5 sum", word->text),
                 "write 32 hexadecimal digits");
    return;
  }
  url.digest.clear();
  for (const char c : word->text) url.digest += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
}

void read_statuses(check::Url& url, Words& words) {
  if (words.empty() && words.need("a status code, or a range such as 200-299") == nullptr) return;
  while (!words.empty()) {
    const Word& word = words.take();
    const std::size_t dash = word.text.find('-');
    const auto low = parse_unsigned(word.text.substr(0, dash));
    const auto high = dash == word.text.npos ? low : parse_unsigned(word.text.substr(dash + 1));
    if (!low || !high || *low < 100 || *high > 599 || *low > *high) {
      words.interpreter().refuse("out-of-range", word,
                                 fmt::format("'{}' is neither a status code nor a range of them", word.text),
                                 "write numbers from 100 to 599, or for example 200-299", "it is ignored");
      continue;
    }
    url.statuses.push_back({static_cast<std::uint16_t>(*low), static_cast<std::uint16_t>(*high)});
  }
}

check::Regex& regex_of(check::Url& url) {
  if (!url.regex) url.regex.emplace();
  return *url.regex;
}

void read_pattern(check::Url& url, Words& words) {
  const Statement& statement = *words.statement();
  words.drop_rest();
  const auto parts = split_arguments(statement.tail());
  if (!parts || parts->size() != 1) {
    words.refuse(
        statement.keyword, "bad-value",
        parts ? "'regex' takes one pattern" : fmt::format("in this pattern {}", parts.error().message),
        "put the pattern in double quotes");
    return;
  }
  regex_of(url).pattern = parts->front();
}

void read_pattern_options(check::Url& url, Words& words) {
  static constexpr std::string_view known[] = {"allow_empty_class", "alt_bsux",
                                               "auto_callout",      "caseless",
                                               "dollar_endonly",    "dotall",
                                               "dupnames",          "extended",
                                               "firstline",         "match_unset_backref",
                                               "multiline",         "never_ucp",
                                               "never_utf",         "no_auto_capture",
                                               "no_auto_possess",   "no_dotstar_anchor",
                                               "no_start_optimize", "ucp",
                                               "ungreedy",          "utf",
                                               "never_backslash_c", "alt_circumflex",
                                               "alt_verbnames",     "use_offset_limit"};
  if (words.empty() && words.need("a regex option") == nullptr) return;
  while (!words.empty()) {
    const Word& word = words.take();
    if (std::ranges::find(known, word.text) == std::end(known)) {
      const std::string meant = closest(word.text, {std::begin(known), std::end(known)});
      words.interpreter().refuse("bad-value", word, fmt::format("there is no regex option '{}'", word.text),
                                 meant.empty() ? std::string() : fmt::format("did you mean '{}'?", meant),
                                 "it is ignored");
      continue;
    }
    regex_of(url).options.emplace_back(word.text);
  }
}

void read_pattern_stack(check::Url& url, Words& words) {
  const auto start = number(0, most_i32).read(words);
  const auto most = start ? number(0, most_i32).read(words) : std::nullopt;
  if (!most) return;
  if (*start > *most) {
    words.refuse(words.last(), "out-of-range", "the stack cannot be smaller at most than at the start");
    return;
  }
  regex_of(url).stack = {static_cast<std::uint64_t>(*start), static_cast<std::uint64_t>(*most)};
}

void read_offset(check::Url& url, Words& words, bool low) {
  const auto offset = number(0, most_u32).read(words);
  if (!offset) return;
  if (low) {
    regex_of(url).min_offset = static_cast<std::uint64_t>(*offset);
  } else {
    regex_of(url).max_offset = static_cast<std::uint64_t>(*offset);
  }
}

void read_sni(C& checker, Words& words) {
  checker.http.sni = true;
  if (const auto name = text("a host name").or_nothing().read(words)) checker.http.sni_name = *name;
}

template <class T>
Rows<T> connection_entries() {
  using D = TargetDraft;
  // clang-format off: one entry reads as one row of a table
  return {
      {"connect_ip", address(), field(&T::target, &D::address),
       "Address to connect to.", {by_default("real_server address"), inherits("real_server")}},
      {"connect_port", port(), field(&T::target, &D::port),
       "Port to connect to.", {by_default("real_server port"), inherits("real_server")}},
      {"bindto", address(), field(&T::target, &D::bind_address),
       "Local address to use.", {by_default("unset")}},
      {"bind_port", port(), field(&T::target, &D::bind_port), "Local port to use.", {by_default("unset")}},
      {"bind_if", interface_name(), field(&T::target, &D::bind_interface),
       "Interface to send through.", {by_default("unset")}},
      {"check_timeout", seconds(1us, most_timer, 6), field(&T::timing, &TimingDraft::check_timeout),
       "Time limit of a whole check, from the connection to the last octet.",
       {by_default("connect_timeout"), inherits("real_server <- virtual_server")}},
      {"connect_timeout", seconds(1us, most_timer, 6), field(&T::timing, &TimingDraft::connect_timeout),
       "Connection time limit.", {by_default("5"), inherits("real_server <- virtual_server")}},
      {"fwmark", number(0, most_u32), field(&T::target, &D::mark),
       "Mark put on outgoing check packets.", {by_default("0 (none)")}},
  };
  // clang-format on
}

template <class T>
Rows<T> common_entries(LastingText retry, LastingText before_retry) {
  // clang-format off: one entry reads as one row of a table
  return {
      {"retry", number(0, most_u32), field(&T::timing, &TimingDraft::retry),
       "Extra attempts before a live server counts as down.", {by_default(retry), inherits("real_server <- virtual_server")}},
      {"delay_before_retry", timer, field(&T::timing, &TimingDraft::delay_before_retry),
       "Wait between attempts.", {by_default(before_retry), inherits("real_server <- virtual_server")}},
      {"warmup", timer, field(&T::timing, &TimingDraft::warmup),
       "Upper bound of random wait before the first check.",
       {unit("seconds, 6 decimals"), by_default("delay_loop"), inherits("real_server <- virtual_server")}},
      {"delay_loop", seconds(1us, std::chrono::seconds(most_u32), 6), field(&T::timing, &TimingDraft::delay_loop),
       "Time between checks.", {by_default("60"), inherits("real_server <- virtual_server")}},
      {"alpha", flag(), &T::alpha,
       "Treat as down until first success.",
       {syntax("[on|off]"), by_default("off"), inherits("real_server <- virtual_server")}},
      {"log_all_failures", flag(), &T::log_all_failures,
       "Log each failure.",
       {syntax("[on|off]"), by_default("off"), inherits("checker_log_all_failures (global, either one)")}},
      {"delay_unconfirmed", seconds(1us, most_timer, 6), field(&T::timing, &TimingDraft::delay_unconfirmed),
       "Time between checks while the last result contradicts what the server counts as.",
       {by_default("delay_before_retry, on the way up delay_loop"), inherits("real_server <- virtual_server")}},
      {"rise", number(1, 1000), field(&T::timing, &TimingDraft::rise),
       "Successful checks (of several urls: whole passes) in a row that bring a server back.",
       {by_default("1"), inherits("real_server <- virtual_server")}},
  };
  // clang-format on
}

// A checker's own keywords, followed by those that all or most share.
Block checker_block(std::string_view name, LastingText help, Rows<C> own, bool connects, LastingText retry,
                    LastingText before_retry) {
  Block block = make_block<C>(checker_path(name), help, std::move(own));
  if (connects) append(block, connection_entries<C>());
  append(block, common_entries<C>(retry, before_retry));
  return block;
}

LastingText url_path(bool tls) {
  return tls ? "virtual_server/real_server/SSL_GET/url" : "virtual_server/real_server/HTTP_GET/url";
}

// clang-format off: one entry reads as one row of a table
Rows<C> http_entries(bool tls) {
  using H = check::Http;
  Rows<C> entries = {
      {"nb_get_retry", number(0, most_u32), field(&C::timing, &TimingDraft::retry),
       "Old spelling of retry.", {by_default("1"), old_name_of("retry")}},
      {"virtualhost", text("a host name"), field(&C::http, &H::virtual_host),
       "Host header for all urls.",
       {syntax("<STRING>"), by_default("target address:port"), inherits("real_server <- virtual_server"),
        replaces}},
      {"http_protocol", choice<check::HttpProtocol>({{"1.0", check::HttpProtocol::v1_0}, {"1.0C", check::HttpProtocol::v1_0_close}, {"1.0c", check::HttpProtocol::v1_0_close}, {"1.1", check::HttpProtocol::v1_1}}), field(&C::http, &H::protocol),
       "HTTP version spoken.", {by_default("1.0")}},
      {"enable_sni", flag(), field(&C::http, &H::sni),
       "Send the Host name as TLS SNI.", {syntax("[on|off]"), by_default("off")}},
      {"sni_name", reads(read_sni),
       "Explicit SNI; implies enable_sni.",
       {syntax("[<STRING>]"), by_default("virtualhost"),
        inherits("url <- checker <- virtual_server virtualhost"), replaces}},
      {"fast_recovery", flag(), field(&C::http, &H::fast_recovery),
       "Check all urls without pausing when coming up.", {syntax("[on|off]"), by_default("off")}},
      {"url", opens<check::Url>(url_path(tls), [](C& checker, Words&) { return &checker.http.urls.emplace_back(); }),
       "One page to fetch.", {syntax("{ ... }"), by_default("none, at least one"), adds}},
  };
  append(entries, http_request_entries());
  if (tls) {
    append(entries, tls_entries());
    const Rows<C> more = {
        {"tls_compliant", flag(), field(&C::http, &H::tls_compliant),
         "Send close_notify when ending TLS.", {syntax("[on|off]"), by_default("off")}},
    };
    append(entries, more);
  }
  return entries;
}

Block url_block(bool tls) {
  using U = check::Url;
  Rows<U> entries = {
      {"path", text("a path"), &U::path,
       "Request path.", {syntax("<STRING>"), by_default("none, mandatory"), replaces}},
      {"digest", reads(read_digest),
       "Expected MD5 of the body.",
       {syntax("<HEX32>"), range("exactly 32 hex digits"), by_default("unset"), first_wins}},
      {"status_code", reads(read_statuses),
       "Accepted status codes.", {syntax("<N>|<N>-<N>..."), range("100..599"), by_default("200-299"), adds}},
      {"virtualhost", text("a host name"), &U::virtual_host,
       "Host header for this url.",
       {syntax("<STRING>"), by_default("none"), inherits("SSL_GET <- real_server <- virtual_server"),
        replaces}},
      {"regex", reads(read_pattern),
       "PCRE2 pattern the body must match.", {syntax("<PATTERN>"), by_default("unset"), replaces}},
      {"regex_no_match", flag(), [](U& url, bool on) { regex_of(url).no_match = on; },
       "Fail when the pattern matches.", {by_default("off")}},
      {"regex_options", reads(read_pattern_options),
       "PCRE2 compile options.",
       {syntax("<OPTION>..."),
        range("allow_empty_class alt_bsux auto_callout caseless dollar_endonly dotall dupnames extended "
              "firstline match_unset_backref multiline never_ucp never_utf no_auto_capture "
              "no_auto_possess no_dotstar_anchor no_start_optimize ucp ungreedy utf never_backslash_c "
              "alt_circumflex alt_verbnames use_offset_limit"), by_default("none"), adds}},
      {"regex_min_offset", reads([](U& url, Words& words) { read_offset(url, words, true); }),
       "Start searching here.", {syntax("<N>"), unit("bytes"), range("0 upwards"), by_default("0")}},
      {"regex_max_offset", reads([](U& url, Words& words) { read_offset(url, words, false); }),
       "Last place a match may start.",
       {syntax("<N>"), unit("bytes"), range("0 upwards"), by_default("unlimited")}},
      {"regex_stack", reads(read_pattern_stack),
       "JIT stack sizes.",
       {syntax("<START> <MAX>"), unit("bytes"), range("START <= MAX"), by_default("PCRE2 default")}},
  };
  append(entries, url_request_entries());
  if (tls) {
    const Rows<U> more = {
        {"tls_compliant", flag(), &U::tls_compliant,
         "Send close_notify for this url.", {syntax("[on|off]"), by_default("off"), inherits("SSL_GET")}},
    };
    append(entries, more);
  }
  return make_block<U>(url_path(tls), "A page to fetch and what to expect.", std::move(entries));
}

// TCP_CHECK and its like never had nb_get_retry, yet old files carry it: harmless, and what it means is plain.
void add_old_retry(Block& block) {
  block.add_alias("nb_get_retry", [](Words& words, void* object) {
    words.note(words.keyword(), "deprecated", "'nb_get_retry' is an old name of 'retry' and works the same", "write 'retry'");
    if (const auto retry = number(0, most_u32).read(words)) {
      static_cast<C*>(object)->timing.retry = static_cast<std::uint32_t>(*retry);
    }
  });
}

std::vector<Block> script_and_dialogue_blocks() {
  std::vector<Block> blocks;
  blocks.push_back(checker_block("MISC_CHECK", "Runs a command; its exit status decides.", {
      {"misc_path", bare_command(), &C::command, "Command to run.", {by_default("none, mandatory")}},
      {"misc_timeout", seconds(0s, 4294s, 0), field(&C::misc, &check::Misc::timeout),
       "Run time limit.",
       {by_default("delay_loop of the virtual_server"), inherits("virtual_server delay_loop")}},
      {"misc_dynamic", flag(), field(&C::misc, &check::Misc::dynamic),
       "Exit code adjusts the weight.", {by_default("off")}},
      {"user", account(), [](C& draft, Account who, Words& words) {
         words.interpreter().set_block_account(who);
         draft.account = std::move(who);
       },
       "Account running the command.", {by_default("script_user"), inherits("script_user (global)"), early}},
  }, false, "0", "1"));
  blocks.push_back(checker_block("SMTP_CHECK", "Greets a mail server.", {
      {"helo_name", text("a host name"), field(&C::smtp, &check::Smtp::helo_name),
       "Name sent in HELO.", {syntax("<STRING>"), by_default("smtpchecker.keepalived.org"), replaces}},
      {"host", opens<HostDraft>("virtual_server/real_server/SMTP_CHECK/host", [](C& checker, Words&) { return &checker.hosts.emplace_back(); }),
       "Old way to list several targets.", {syntax("{ ... }"), adds}},
  }, true, "1", "1"));
  Block host = make_block<HostDraft>("virtual_server/real_server/SMTP_CHECK/host", "A further mail server; an old form.", connection_entries<HostDraft>());
  append(host, common_entries<HostDraft>("1", "1"));
  blocks.push_back(std::move(host));
  return blocks;
}

std::vector<Block> datagram_blocks() {
  std::vector<Block> blocks;
  blocks.push_back(checker_block("UDP_CHECK", "Sends a datagram; an ICMP error, or no reply where one is required, is a failure.", {
      {"payload", reads(read_payload), "Bytes to send.", {syntax("<HEX>"), by_default("random data")}},
      {"require_reply", reads(read_reply),
       "Demand a reply, optionally matching.", {syntax("[<HEX>]"), by_default("off")}},
      {"min_reply_length", number(0, 65535), field(&C::udp, &check::Udp::min_reply_length),
       "Shortest valid reply.", {unit("bytes"), by_default("0")}},
      {"max_reply_length", number(0, 65535), field(&C::udp, &check::Udp::max_reply_length),
       "Longest valid reply.", {unit("bytes"), by_default("255")}},
  }, true, "1", "1"));
  blocks.push_back(checker_block("DNS_CHECK", "Asks a name server.", {
      {"type", record_types(), field(&C::dns, &check::Dns::type),
       "Record type asked for.", {by_default("SOA")}},
      {"name", reads(read_dns_name),
       "Name asked for.", {syntax("<STRING>"), by_default("root (.)"), first_wins}},
  }, true, "3", "delay_loop"));
  blocks.push_back(checker_block("TCP_CHECK", "Opens a TCP connection.", {}, true, "1", "1"));
  blocks.push_back(checker_block("PING_CHECK", "Sends an ICMP echo request.", {}, true, "1", "1"));
  blocks.push_back(checker_block("REDIS_CHECK", "Asks a Redis server for PONG, and for its role.", redis_entries(), true, "1", "1"));
  return blocks;
}

std::vector<Block> reference_blocks() {
  std::vector<Block> blocks;
  blocks.push_back(make_block<C>("virtual_server/real_server/FILE_CHECK", "Adds the number in a file to the weight.", {
      {"track_file", reads([](C& checker, Words& words) { read_reference(checker, words, checker.file.track_file, "the name of a track_file"); }),
       "track_file to follow.", {syntax("<NAME>"), by_default("none, mandatory")}},
      {"weight", reads(read_file_weight),
       "Factor applied to the file value.",
       {syntax("<N> [reverse|noreverse]"), range("-2147483647..2147483647"), by_default("track_file weight"),
        inherits("track_file")}},
  }));
  blocks.push_back(make_block<C>("virtual_server/real_server/BFD_CHECK", "Follows a BFD session.", {
      {"name", reads([](C& checker, Words& words) { read_reference(checker, words, checker.session.session, "the name of a bfd_instance"); }),
       "bfd_instance to follow.",
       {syntax("<NAME>"), range("up to 31 characters"), by_default("none, mandatory")}},
      {"alpha", flag(), &C::alpha,
       "Treat as down until the session is up.",
       {syntax("[on|off]"), by_default("off"), inherits("real_server")}},
  }));
  return blocks;
}

}  // namespace

std::vector<Block> checker_blocks() {
  std::vector<Block> blocks;
  for (const bool tls : {false, true}) {
    blocks.push_back(checker_block(tls ? "SSL_GET" : "HTTP_GET", tls ? "Fetches pages over HTTPS." : "Fetches pages over HTTP.", http_entries(tls), true, "1", "3"));
    blocks.push_back(url_block(tls));
  }
  for (auto* area : {script_and_dialogue_blocks, datagram_blocks, reference_blocks}) {
    for (Block& block : area()) blocks.push_back(std::move(block));
  }
  for (Block& block : blocks) {
    const bool old_files_have_it = block.path.ends_with("TCP_CHECK") || block.path.ends_with("SMTP_CHECK") ||
                                   block.path.ends_with("MISC_CHECK") || block.path.ends_with("DNS_CHECK");
    if (old_files_have_it) add_old_retry(block);
  }
  return blocks;
}
// clang-format on

}  // namespace config
