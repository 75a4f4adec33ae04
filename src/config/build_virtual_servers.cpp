// virtual_server and what stands in it: every server and checker ends up with the values that count for it, taken from the
// checker, the server, the service or the defaults, in this order.
#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "config/build.hpp"
#include "config/schema_lvs.hpp"

namespace config {

namespace {

using std::chrono_literals::operator""s;

template <class T>
std::optional<T> first_written(const std::optional<T>& a, const std::optional<T>& b,
                               const std::optional<T>& c) {
  return a ? a : b ? b : c;
}

check::Timing timing_of(const TimingDraft& checker, const TimingDraft& server, const TimingDraft& service,
                        const check::Probe& probe) {
  check::Timing timing;
  const bool dns = std::holds_alternative<check::Dns>(probe);
  timing.delay_loop = first_written(checker.delay_loop, server.delay_loop, service.delay_loop).value_or(60s);
  timing.warmup = first_written(checker.warmup, server.warmup, service.warmup).value_or(timing.delay_loop);
  timing.connect_timeout =
      first_written(checker.connect_timeout, server.connect_timeout, service.connect_timeout).value_or(5s);
  const std::uint32_t usual_retry = std::holds_alternative<check::Misc>(probe) ? 0 : dns ? 3 : 1;
  const core::Duration usual_wait = check::http_of(probe) != nullptr ? core::Duration(3s)
                                    : dns                            ? timing.delay_loop
                                                                     : core::Duration(1s);
  timing.retry = first_written(checker.retry, server.retry, service.retry).value_or(usual_retry);
  timing.delay_before_retry =
      first_written(checker.delay_before_retry, server.delay_before_retry, service.delay_before_retry)
          .value_or(usual_wait);
  timing.check_timeout =
      first_written(checker.check_timeout, server.check_timeout, service.check_timeout).value_or(0s);
  timing.delay_unconfirmed =
      first_written(checker.delay_unconfirmed, server.delay_unconfirmed, service.delay_unconfirmed);
  timing.rise = first_written(checker.rise, server.rise, service.rise).value_or(1);
  return timing;
}

class ServiceBuilder {
 public:
  ServiceBuilder(Build& build, const Statement& statement)
      : build_(build), in_(build.interpreter), statement_(statement) {}

  void read() {
    draft_.word = statement_.keyword;
    const bool known = read_header();
    draft_.given = in_.read_block(schema().at("virtual_server"), statement_.children(), &draft_);
    if (!known) return;
    finish_service();
    draft_.servers.reserve(draft_.server_drafts.size());
    for (ServerDraft& server : draft_.server_drafts) finish_server(server);
    if (draft_.servers.empty()) {
      in_.refuse("missing-keyword", statement_.keyword, "this virtual_server has no real_server", {},
                 "it is left out");
      return;
    }
    finish_quorum();
    build_.model.virtual_servers.push_back(std::move(static_cast<VirtualServer&>(draft_)));
  }

 private:
  lvs::ServiceConfig& service() { return draft_.config; }
  const Word& at(std::string_view keyword) const {
    const Word* word = draft_.given.find(keyword);
    return word != nullptr ? *word : statement_.keyword;
  }
  bool has_port() const {
    const auto* endpoint = std::get_if<lvs::Endpoint>(&draft_.config.key);
    return endpoint != nullptr && endpoint->port != 0;
  }

  // ADDRESS [PORT], fwmark N or group NAME.
  bool read_header() {
    Words words{in_, statement_.keyword, statement_.arguments(), &statement_};
    if (words.take_if("fwmark")) {
      const auto mark = number(0, most_u32).read(words);
      if (!mark) return false;
      service().key = lvs::FirewallMark{static_cast<std::uint32_t>(*mark), {}};
    } else if (words.take_if("group")) {
      const auto name = text("the name of a virtual_server_group").read(words);
      if (!name) return false;
      if (!build_.service_groups.has(*name)) {
        unknown_reference(in_, words.last(), "virtual_server_group", build_.service_groups);
        return false;
      }
      service().key = lvs::GroupName{*name};
    } else {
      const auto endpoint = read_endpoint(words);
      if (!endpoint) return false;
      service().key = *endpoint;
      service().family = endpoint->address.family;
    }
    if (!words.empty()) {
      in_.refuse("surplus-argument", *words.peek(),
                 fmt::format("'{}' is one word too many", words.peek()->text), {}, "it is ignored");
    }
    return true;
  }

  void finish_service() {
    const Globals& globals = in_.globals();
    service().smtp_alert =
        first_written(draft_.smtp_alert, globals.mail.alert_checker, globals.mail.alert).value_or(false);
    const auto unset = [&](bool written, std::string_view keyword, std::string_view used) {
      if (written) return;
      in_.report(Severity::note, "default-used", statement_.keyword,
                 fmt::format("this virtual_server has no '{}'; {} is used", keyword, used));
    };
    unset(draft_.scheduler_written, "lb_algo", "wlc");
    unset(draft_.method_written, "lb_kind", "NAT");
    const bool marked = std::holds_alternative<lvs::FirewallMark>(service().key);
    if (marked) {
      service().protocol = lvs::Protocol::none;
      if (draft_.protocol_written) {
        in_.report(Severity::warning, "no-effect", at("protocol"),
                   "a service of a firewall mark has no protocol; it is ignored");
      }
      if (service().suspend_without_address) {
        in_.report(Severity::warning, "no-effect", at("ha_suspend"),
                   "a service of a firewall mark has no address; 'ha_suspend' is ignored");
        service().suspend_without_address = false;
      }
    } else {
      unset(draft_.protocol_written, "protocol", "UDP");
    }
    if (service().one_packet && !marked && service().protocol != lvs::Protocol::udp) {
      in_.refuse("bad-value", at("ops"), "'ops' is for UDP and firewall marks", {}, "it is ignored");
      service().one_packet = false;
    }
    check_scheduler_flag(draft_.sh_flag, "sh", "mh");
    check_scheduler_flag(draft_.mh_flag, "mh", "sh");
    if (!has_port() && service().persistence_seconds == 0 &&
        std::holds_alternative<lvs::Endpoint>(service().key)) {
      in_.report(Severity::warning, "no-port", statement_.keyword,
                 "a service without a port must be persistent; 360 s is used",
                 "write a port, or persistence_timeout");
      service().persistence_seconds = 360;
    }
    if (!draft_.sorry_written && service().sorry) {
      in_.refuse("missing-keyword", statement_.keyword, "settings of a sorry server, but no 'sorry_server'",
                 {}, "they are ignored");
      service().sorry.reset();
    }
    check_family(service().sorry ? std::optional(service().sorry->endpoint.address) : std::nullopt,
                 service().forwarding, at("sorry_server"));
  }

  void check_scheduler_flag(const std::optional<Word>& flag, std::string_view scheduler,
                            std::string_view other) {
    if (!flag || service().scheduler == scheduler || service().scheduler == other) return;
    in_.refuse("bad-value", *flag,
               fmt::format("'{}' is for the scheduler {}, this one is {}", flag->text, scheduler,
                           service().scheduler),
               {}, "it is ignored");
    service().flag_1 = service().flag_2 = false;
  }

  bool check_family(const std::optional<net::IpAddress>& address, const lvs::Forwarding& forwarding,
                    const Word& word) {
    if (!address || forwarding.method == lvs::Method::tunnel) return true;
    if (!service().family) service().family = address->family;
    if (*service().family == address->family) return true;
    in_.refuse("wrong-family", word, "service and server are of different families; that needs a tunnel",
               "write lb_kind TUN", "it is left out");
    return false;
  }

  void finish_server(ServerDraft& server) {
    lvs::ServerConfig& config = server.config;
    const Globals& globals = in_.globals();
    config.weight = server.weight.value_or(draft_.default_weight);
    config.forwarding = server.forwarding.value_or(service().forwarding);
    config.inhibit_on_failure = server.inhibit.value_or(draft_.inhibit);
    config.drain_timeout = server.drain_timeout.value_or(draft_.drain_timeout);
    config.alpha = server.alpha.value_or(service().alpha);
    config.smtp_alert =
        first_written(server.smtp_alert, globals.mail.alert_checker, globals.mail.alert).value_or(true);
    if (!check_family(config.endpoint.address, config.forwarding, server.word)) return;
    if (const auto* own = std::get_if<lvs::Endpoint>(&service().key)) {
      if (config.endpoint.port == 0) config.endpoint.port = own->port;
      if (config.forwarding.method != lvs::Method::nat && own->port != 0 &&
          config.endpoint.port != own->port) {
        in_.report(Severity::warning, "bad-port", server.word,
                   fmt::format("only NAT can change the port; {} is used", own->port),
                   "write lb_kind NAT, or the same port");
        config.endpoint.port = own->port;
      }
    }
    if (!seen_.insert(config.endpoint).second) {
      in_.refuse("repeated-value", server.word, "this real_server is there already", {},
                 "the first one counts");
      return;
    }
    for (CheckerDraft& checker : server.checker_drafts) finish_checker(server, checker);
    draft_.servers.push_back(std::move(static_cast<RealServer&>(server)));
  }

  void finish_checker(ServerDraft& server, CheckerDraft& checker) {
    check::Config& config = checker.config;
    put_probe(checker);
    if (!check_probe(checker)) return;
    inherit(config.probe, server.virtual_host.value_or(service().virtual_host));
    // Old host blocks: each is a checker of its own, and its timing is the enclosing checker's.
    std::vector<TargetDraft> targets;
    for (const HostDraft& host : checker.hosts) {
      targets.push_back(host.target);
      const TimingDraft& t = host.timing;
      TimingDraft& own = checker.timing;
      own = {first_written(own.delay_loop, t.delay_loop, {}),
             first_written(own.delay_before_retry, t.delay_before_retry, {}),
             first_written(own.warmup, t.warmup, {}),
             first_written(own.connect_timeout, t.connect_timeout, {}),
             first_written(own.check_timeout, t.check_timeout, {}),
             first_written(own.delay_unconfirmed, t.delay_unconfirmed, {}),
             first_written(own.retry, t.retry, {}),
             first_written(own.rise, t.rise, {})};
      checker.alpha = first_written(checker.alpha, host.alpha, {});
      checker.log_all_failures = first_written(checker.log_all_failures, host.log_all_failures, {});
    }
    if (targets.empty()) targets.push_back(checker.target);
    config.timing = timing_of(checker.timing, server.timing, draft_.timing, config.probe);
    config.alpha = checker.alpha.value_or(server.config.alpha);
    config.log_all_failures =
        checker.log_all_failures.value_or(false) || in_.globals().checker_log_all_failures;
    for (const TargetDraft& target : targets) {
      if (auto found = target_of(checker, target, server.config.endpoint))
        server.checkers.push_back({build_.checks.shared(config), *std::move(found), checker.command});
    }
  }

  // What a probe takes from further out: the name in the Host header, url < checker < server; the weight of a track_file.
  // Where no other name is given, the one in the Host header is also the one that TLS asks for.
  void inherit(check::Probe& probe, const std::string& virtual_host) {
    if (auto* http = check::http_of(probe)) {
      if (http->virtual_host.empty()) http->virtual_host = virtual_host;
      for (check::Url& url : http->urls) {
        if (url.virtual_host.empty()) url.virtual_host = http->virtual_host;
      }
    }
    if (auto* file = std::get_if<check::File>(&probe); file != nullptr && !file->weight) {
      const auto& files = build_.model.track_files;
      const auto tracked = std::ranges::find(files, file->track_file, &track::FileConfig::name);
      if (tracked == files.end()) return;
      file->weight = tracked->weight.points;
      file->reverse = tracked->weight.reverse;
    }
  }

  static void put_probe(CheckerDraft& checker) {
    check::Probe& probe = checker.config.probe;
    if (std::holds_alternative<check::Udp>(probe)) probe = checker.udp;
    if (std::holds_alternative<check::Dns>(probe)) probe = checker.dns;
    if (std::holds_alternative<check::Misc>(probe)) probe = checker.misc;
    if (std::holds_alternative<check::Smtp>(probe)) probe = checker.smtp;
    if (std::holds_alternative<check::File>(probe)) probe = checker.file;
    if (std::holds_alternative<check::Bfd>(probe)) probe = checker.session;
    if (std::holds_alternative<check::Redis>(probe)) probe = checker.redis;
  }

  bool check_probe(CheckerDraft& checker) {
    check::Probe& probe = checker.config.probe;
    const auto lacks = [&](std::string_view what) {
      in_.refuse("missing-keyword", checker.word, fmt::format("this {} has no '{}'", checker.word.text, what),
                 {}, "the checker is left out");
      return false;
    };
    if (std::holds_alternative<check::Misc>(probe) && !checker.command) {
      return checker.given.has("misc_path") ? false : lacks("misc_path");
    }
    if (const auto* file = std::get_if<check::File>(&probe)) {
      return file->track_file.empty() ? lacks("track_file") : known(build_.files, checker, "track_file");
    }
    if (const auto* session = std::get_if<check::Bfd>(&probe)) {
      return session->session.empty() ? lacks("name") : known(build_.sessions, checker, "bfd_instance");
    }
    if (const auto* udp = std::get_if<check::Udp>(&probe);
        udp != nullptr && udp->min_reply_length > udp->max_reply_length) {
      in_.refuse("out-of-range", checker.word, "min_reply_length is above max_reply_length", {},
                 "the checker is left out");
      return false;
    }
    return check::http_of(probe) == nullptr || put_urls(checker);
  }

  bool put_urls(CheckerDraft& checker) {
    std::erase_if(checker.http.urls, [&](const check::Url& url) {
      if (!url.path.empty()) return false;
      in_.refuse("missing-keyword", checker.word,
                 fmt::format("a url of this {} has no 'path'", checker.word.text), {}, "the url is left out");
      return true;
    });
    if (checker.http.urls.empty()) {
      in_.refuse("missing-keyword", checker.word,
                 fmt::format("this {} has no usable 'url'", checker.word.text), {},
                 "the checker is left out");
      return false;
    }
    for (check::Url& url : checker.http.urls) {
      if (!url.regex || !url.regex->pattern.empty()) continue;
      in_.refuse("missing-keyword", checker.word,
                 fmt::format("url {} has settings of a regex, but no 'regex'", url.path), {},
                 "they are ignored");
      url.regex.reset();
    }
    checker.config.probe = checker.http;
    return true;
  }

  bool known(const NameIndex& names, const CheckerDraft& checker, std::string_view kind) {
    if (names.has(checker.reference.text)) return true;
    unknown_reference(in_, checker.reference, kind, names);
    return false;
  }

  std::optional<check::Target> target_of(const CheckerDraft& checker, const TargetDraft& written,
                                         const lvs::Endpoint& server) {
    check::Target target{written.address.value_or(server.address), written.port.value_or(server.port), {}};
    check::LocalEnd from{written.bind_address, written.bind_port, written.bind_interface, written.mark};
    if (from.address && from.address->family != target.address.family) {
      in_.refuse("wrong-family", checker.word, "'bindto' is of another family than the address to connect to",
                 {}, "it is ignored");
      from.address.reset();
    }
    if (target.address.is_v6() && target.address.is_link_local() && from.interface.empty()) {
      in_.refuse("missing-keyword", checker.word, "a link-local address needs 'bind_if'", {},
                 "the checker is left out");
      return std::nullopt;
    }
    if (from != check::LocalEnd{}) target.from = std::move(from);
    return target;
  }

  void finish_quorum() {
    std::uint64_t total = 0;
    for (const RealServer& server : draft_.servers) total += server.config.weight;
    if (service().quorum > total && total > 0) {
      in_.refuse("out-of-range", at("quorum"),
                 fmt::format("a quorum of {} can never be reached: all weights together are {}",
                             service().quorum, total),
                 {}, fmt::format("{} is assumed", total));
      service().quorum = static_cast<std::uint32_t>(total);
    }
    if (service().hysteresis >= service().quorum && service().hysteresis > 0) {
      in_.refuse("out-of-range", at("hysteresis"), "'hysteresis' must be below 'quorum'", {},
                 fmt::format("{} is assumed", service().quorum - 1));
      service().hysteresis = service().quorum - 1;
    }
  }

  Build& build_;
  Interpreter& in_;
  const Statement& statement_;
  ServiceDraft draft_;
  std::set<lvs::Endpoint> seen_;
};

void read_service_groups(Build& build) {
  Interpreter& in = build.interpreter;
  for (const Statement* statement : build.root.service_groups) {
    const auto name = block_name(in, *statement);
    lvs::Group group;
    for (const Statement& line : statement->children())
      in.read_line(schema().at("virtual_server_group"), line, &group);
    if (!name || !build.service_groups.add(in, *name, "virtual_server_group")) continue;
    if (group.ranges.empty() && group.marks.empty()) {
      in.refuse("missing-keyword", *name, fmt::format("virtual_server_group {} is empty", name->text), {},
                "it is left out");
      continue;
    }
    group.name = name->text;
    build.model.virtual_server_groups.push_back(std::move(group));
  }
}

}  // namespace

core::Shared<check::Config> CheckConfigs::shared(const check::Config& config) {
  if (last_ && **last_ == config) return *last_;
  const std::size_t hash = std::hash<check::Config>{}(config);
  auto [at, end] = by_hash_.equal_range(hash);
  at = std::find_if(at, end, [&](const auto& entry) { return *entry.second == config; });
  if (at == end) at = by_hash_.emplace(hash, config);
  last_ = at->second;
  return *last_;
}

void read_virtual_servers(Build& build) {
  Interpreter& in = build.interpreter;
  for (const Statement* statement : build.root.tls) {
    build.model.tls = {};
    in.read_block(schema().at("SSL"), statement->children(), &build.model.tls);
  }
  read_service_groups(build);
  build.model.virtual_servers.reserve(build.root.services.size());
  for (const Statement* statement : build.root.services) ServiceBuilder(build, *statement).read();
}

}  // namespace config
