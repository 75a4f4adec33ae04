#include "sim/scenario.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "core/overload.hpp"
#include "sim/audit.hpp"
#include "sim/faults.hpp"
#include "sim/scenario_words.hpp"
#include "sim/tracker_words.hpp"
#include "sim/world.hpp"

namespace sim {

namespace {

constexpr std::string_view separator = "----";

std::string time_text(core::Time when) { return fmt::format("{:.3f}", seconds(when)); }

std::string lower_word(vrrp::State state) {
  switch (state) {
    case vrrp::State::initialize:
      return "initialize";
    case vrrp::State::backup:
      return "backup";
    case vrrp::State::master:
      return "master";
    case vrrp::State::fault:
      return "fault";
  }
  return "?";
}

// Writes down what the scenario asked to see.
class Transcript : public Recorder {
 public:
  explicit Transcript(std::vector<std::string> names) : names_(std::move(names)) {}

  void show(const std::string& what) { shown_.insert(what); }
  void command(core::Time when, const std::string& text) { line(when, "> " + text); }
  void line(core::Time when, const std::string& text) {
    flush();
    text_ += time_text(when) + " " + text + "\n";
  }
  std::string take() {
    flush();
    return std::move(text_);
  }

  void record(const Observation& observation) override {
    const std::string who = name(observation.host);
    const auto say = [&](const std::string& text) { line(observation.when, who + " " + text); };
    const auto shows = [&](const char* what) { return shown_.contains(what); };
    std::visit(core::Overload{
                   [&](const fact::Reported& f) { say(transition(f)); },
                   [&](const fact::GroupReported& f) {
                     say(fmt::format("group {} {} -> {}", f.group, lower_word(f.transition.from),
                                     lower_word(f.transition.to)));
                   },
                   [&](const fact::AddressOwned& f) { say("owns " + f.address.to_string()); },
                   [&](const fact::AddressLost& f) { say("loses " + f.address.to_string()); },
                   [&](const fact::AdvertSent& f) {
                     if (f.priority == 0) say(f.instance + " resigns");
                     if (f.priority != 0 && shows("adverts"))
                       say(fmt::format("{} advert {}", f.instance, f.priority));
                   },
                   [&](const fact::Announced& f) {
                     if (shows("announcements"))
                       count(observation.when, who + " announces " + f.address.to_string());
                   },
                   [&](const fact::CacheUpdated& f) {
                     if (shows("caches")) say(f.address.to_string() + " is at " + name(f.owner));
                   },
                   [&](const fact::HookStarted& f) {
                     if (shows("hooks")) say("runs " + words(f.command));
                   },
                   [&](const fact::Noticed& f) {
                     if (shows("notices")) say("notice " + f.id);
                   },
                   [&](const fact::Reloaded& f) {
                     if (shows("reloads")) say(fmt::format("reload: {} actions", f.answer.size()));
                   },
                   [](const auto&) {},
               },
               observation.fact);
  }

 private:
  static std::string transition(const fact::Reported& report) {
    const vrrp::Transition& t = report.transition;
    return fmt::format("{} {} -> {} ({}{}{})", report.instance, lower_word(t.from), lower_word(t.to),
                       vrrp::reason_id(t.reason), t.detail.empty() ? "" : ": ", t.detail);
  }
  static std::string words(const notify::Command& command) {
    std::string out;
    for (const auto& word : command.argv) out += (out.empty() ? "" : " ") + word;
    return out;
  }
  std::string name(HostId host) const {
    return host.value < names_.size() ? names_[host.value]
                                      : "neighbour" + std::to_string(host.value - names_.size() + 1);
  }
  // Announcements come in bursts: one line for all of one address in one instant.
  void count(core::Time when, const std::string& text) {
    if (when != burst_at_) flush();
    burst_at_ = when;
    const auto same = std::ranges::find(burst_, text, &std::pair<std::string, int>::first);
    same == burst_.end() ? void(burst_.emplace_back(text, 1)) : void(++same->second);
  }
  void flush() {
    for (const auto& [text, times] : std::exchange(burst_, {})) {
      text_ += fmt::format("{} {} x{}\n", time_text(burst_at_), text, times);
    }
  }

  std::vector<std::string> names_;
  std::set<std::string> shown_;
  std::string text_;
  core::Time burst_at_{};
  std::vector<std::pair<std::string, int>> burst_;
};

// First lines describe the world; the first command that is none of those begins it.
class Stage {
 public:
  Done perform(const Words& words, const std::string& line) {
    const std::string& verb = words.front();
    if (const auto setting = settings().find(verb); setting != settings().end()) {
      if (world_) return std::unexpected("'" + verb + "' must come before anything happens");
      return setting->second(*this, words);
    }
    const auto command = commands().find(verb);
    if (command == commands().end()) return std::unexpected("unknown command '" + verb + "'");
    if (Done begun = begin(); !begun) return begun;
    if (verb != "run") transcript_->command(world_->now(), line);
    return command->second(*this, words);
  }

  std::string finish() {
    if (!world_) return {};
    if (unaudited_) return transcript_->take();
    audit_->finish(world_->now());
    for (const Finding& finding : audit_->findings()) {
      transcript_->line(finding.when, "VIOLATION of " + finding.auditor + ": " + finding.text);
    }
    return transcript_->take();
  }

 private:
  using Handler = std::function<Done(Stage&, const Words&)>;
  using Table = std::map<std::string, Handler, std::less<>>;

  static const Table& settings();
  static const Table& commands();

  Done begin() {
    if (world_) return {};
    if (plan_.nodes.empty()) return std::unexpected("no routers yet");
    const Layout layout = layout_of(plan_);
    transcript_ = std::make_unique<Transcript>(layout.node_names);
    audit_ = std::make_unique<Audit>(layout);
    world_ = std::make_unique<World>(plan_, 1);
    faults_ = std::make_unique<Faults>(*world_);
    for (const auto& what : shown_) transcript_->show(what);
    world_->add_watcher(*transcript_);
    world_->add_watcher(*audit_);
    world_->disturb(HostId{}, "beginning");
    for (auto& node : world_->nodes()) {
      if (!off_.contains(node->name())) node->start();
    }
    return {};
  }

  std::optional<HostId> node(const Words& words, std::size_t index) const {
    if (index >= words.size()) return std::nullopt;
    for (std::uint32_t number = 0; number < plan_.nodes.size(); ++number) {
      if (plan_.nodes[number].name == words[index]) return HostId{number};
    }
    if (words[index].starts_with("neighbour")) {
      const auto number = parse_number(words[index].substr(9));
      if (number && *number > 0) return HostId{static_cast<std::uint32_t>(plan_.nodes.size()) + *number - 1};
    }
    return std::nullopt;
  }

  /// For commands that are told a node and perhaps an interface.
  template <class F>
  static Handler for_node(F act) {
    return [act](Stage& stage, const Words& words) -> Done {
      const auto host = stage.node(words, 1);
      if (!host || host->value >= stage.plan_.nodes.size())
        return std::unexpected(words[0] + " needs a node");
      act(stage, *host, words.size() > 2 ? words[2] : std::string());
      return {};
    };
  }

  Done run(const Words& words);
  Done cut(const Words& words);
  Done link(const Words& words);
  Done take(const Words& words);
  Done refuse(const Words& words);
  Done reload(const Words& words);
  Done script(const Words& words);
  Done tracked(const Words& words);
  static std::string interface_or_first(const std::string& name) { return name.empty() ? "eth0" : name; }

  Plan plan_;
  std::set<std::string> shown_;
  std::set<std::string> off_;
  bool unaudited_ = false;
  std::unique_ptr<Transcript> transcript_;
  std::unique_ptr<Audit> audit_;
  std::unique_ptr<World> world_;
  std::unique_ptr<Faults> faults_;
};

const Stage::Table& Stage::settings() {
  static const Table table{
      {"routers",
       [](Stage& s, const Words& w) { return add_routers(s.plan_, Words(w.begin() + 1, w.end())); }},
      {"track", [](Stage& s, const Words& w) { return add_tracker(s.plan_, w); }},
      {"group", [](Stage& s, const Words& w) { return add_group(s.plan_, w); }},
      {"halves", [](Stage& s, const Words& w) { return add_halves(s.plan_, w); }},
      {"show",
       [](Stage& s, const Words& w) {
         s.shown_.insert(w.begin() + 1, w.end());
         return Done{};
       }},
      {"wire",
       [](Stage& s, const Words& w) -> Done {
         const auto delay = w.size() == 2 ? parse_time(w[1]) : std::nullopt;
         if (!delay) return std::unexpected("wire needs a delay: wire 20ms");
         s.plan_.wire.delay_min = s.plan_.wire.delay_max = *delay;
         return {};
       }},
      {"startup_delay",
       [](Stage& s, const Words& w) -> Done {
         const auto delay = w.size() == 2 ? parse_time(w[1]) : std::nullopt;
         if (!delay) return std::unexpected("startup_delay needs a time, after the routers");
         for (auto& node : s.plan_.nodes) node.config.startup_delay = *delay;
         return {};
       }},
      {"unaudited",
       [](Stage& s, const Words&) {
         s.unaudited_ = true;
         return Done{};
       }},
      {"off",
       [](Stage& s, const Words& w) {
         s.off_.insert(w.begin() + 1, w.end());
         return Done{};
       }},
      {"absent",
       [](Stage& s, const Words& w) -> Done {
         const auto host = s.node(w, 1);
         if (!host) return std::unexpected("absent needs a node, after the routers");
         for (auto& interface : s.plan_.nodes[host->value].interfaces) interface.present = false;
         return {};
       }},
  };
  return table;
}

const Stage::Table& Stage::commands() {
  static const Table table{
      {"run", [](Stage& s, const Words& w) { return s.run(w); }},
      {"crash", for_node([](Stage& s, HostId h, const std::string&) { s.faults_->crash(h); })},
      {"start", for_node([](Stage& s, HostId h, const std::string&) { s.faults_->start(h); })},
      {"stop", for_node([](Stage& s, HostId h, const std::string&) { s.faults_->stop(h); })},
      {"kill", for_node([](Stage& s, HostId h, const std::string&) { s.faults_->kill(h); })},
      {"resume", for_node([](Stage& s, HostId h, const std::string&) { s.faults_->resume(h); })},
      {"pause", for_node([](Stage& s, HostId h, const std::string&) { s.faults_->pause(h); })},
      {"continue", for_node([](Stage& s, HostId h, const std::string&) { s.faults_->proceed(h); })},
      {"unplug", for_node([](Stage& s, HostId h, const std::string& i) {
         s.faults_->set_carrier(h, interface_or_first(i), false);
       })},
      {"plug", for_node([](Stage& s, HostId h, const std::string& i) {
         s.faults_->set_carrier(h, interface_or_first(i), true);
       })},
      {"down", for_node([](Stage& s, HostId h, const std::string& i) {
         s.faults_->set_admin(h, interface_or_first(i), false);
       })},
      {"up", for_node([](Stage& s, HostId h, const std::string& i) {
         s.faults_->set_admin(h, interface_or_first(i), true);
       })},
      {"remove", for_node([](Stage& s, HostId h, const std::string& i) {
         s.faults_->remove_interface(h, interface_or_first(i));
       })},
      {"create", for_node([](Stage& s, HostId h, const std::string& i) {
         s.faults_->create_interface(h, interface_or_first(i));
       })},
      {"allow", for_node([](Stage& s, HostId h, const std::string&) { s.faults_->allow(h); })},
      {"overrun", for_node([](Stage& s, HostId h, const std::string&) { s.faults_->overrun(h); })},
      {"clock",
       [](Stage& s, const Words& w) -> Done {
         const auto host = s.node(w, 1);
         const bool back = w.size() == 3 && w[2].starts_with('-');
         const auto step = w.size() == 3 ? parse_time(w[2].substr(1)) : std::nullopt;
         if (!host || !step) return std::unexpected("clock needs a node and a step: clock a +1h");
         s.world_->nodes()[host->value]->set_clock(back ? -*step : *step);
         return {};
       }},
      {"isolate", for_node([](Stage& s, HostId h, const std::string&) { s.faults_->isolate(h); })},
      {"heal",
       [](Stage& s, const Words&) {
         s.faults_->heal_network();
         return Done{};
       }},
      {"cut", [](Stage& s, const Words& w) { return s.cut(w); }},
      {"link", [](Stage& s, const Words& w) { return s.link(w); }},
      {"take", [](Stage& s, const Words& w) { return s.take(w); }},
      {"refuse", [](Stage& s, const Words& w) { return s.refuse(w); }},
      {"reload", [](Stage& s, const Words& w) { return s.reload(w); }},
      {"script", [](Stage& s, const Words& w) { return s.script(w); }},
      {"file", [](Stage& s, const Words& w) { return s.tracked(w); }},
      {"process", [](Stage& s, const Words& w) { return s.tracked(w); }},
      {"bfd", [](Stage& s, const Words& w) { return s.tracked(w); }},
      {"watcher", for_node([](Stage& s, HostId h, const std::string&) { s.faults_->restart_watcher(h); })},
  };
  return table;
}

Done Stage::run(const Words& words) {
  const auto time = words.size() == 2 ? parse_time(words[1]) : std::nullopt;
  if (!time) return std::unexpected("run needs a time: run 4s");
  world_->run_for(*time);
  return {};
}

// cut a b | cut a > b
Done Stage::cut(const Words& words) {
  const bool one_way = words.size() == 4 && words[2] == ">";
  const auto from = node(words, 1);
  const auto to = node(words, one_way ? 3 : 2);
  if (!from || !to) return std::unexpected("cut needs two hosts: cut a b, or one way: cut a > b");
  faults_->cut(*from, *to, !one_way);
  return {};
}

// link a b loss=30 delay=5ms duplicate=10 reorder=10: this direction alone
Done Stage::link(const Words& words) {
  const auto from = node(words, 1);
  const auto to = node(words, 2);
  if (!from || !to) return std::unexpected("link needs two hosts and options: link a b loss=30 delay=5ms");
  LinkSettings settings = plan_.wire;
  for (std::size_t i = 3; i < words.size(); ++i) {
    const Option option = parse_option(words[i]);
    const double percent = parse_number(option.value).value_or(0);
    if (option.key == "loss") settings.loss = percent;
    if (option.key == "duplicate") settings.duplicate = percent;
    if (option.key == "reorder") settings.reorder = percent;
    if (option.key == "delay")
      settings.delay_max = settings.delay_min = parse_time(option.value).value_or(core::Duration{});
  }
  faults_->set_link(*from, *to, settings);
  return {};
}

Done Stage::take(const Words& words) {
  const auto host = node(words, 1);
  const auto address = words.size() == 3 ? net::IpAddress::parse(words[2]) : std::nullopt;
  if (!host || !address) return std::unexpected("take needs a node and an address");
  faults_->take(*host, *address);
  return {};
}

Done Stage::refuse(const Words& words) {
  static const std::map<std::string, int, std::less<>> errors{
      {"ENOBUFS", errno_no_buffers}, {"EACCES", errno_no_access}, {"EEXIST", errno_exists}};
  const auto host = node(words, 1);
  const auto error = words.size() == 3 ? errors.find(words[2]) : errors.end();
  if (!host || error == errors.end())
    return std::unexpected("refuse needs a node and ENOBUFS, EACCES or EEXIST");
  faults_->refuse(*host, error->second);
  return {};
}

// reload a | reload a [VI] priority=50 … | reload a without VI | reload a again (as at the beginning)
Done Stage::reload(const Words& words) {
  const auto host = node(words, 1);
  if (!host) return std::unexpected("reload needs a node");
  engine::FailoverConfig config = world_->node(*host).config();
  std::string name = plan_.nodes[host->value].config.instances.front().vrrp.name;
  for (std::size_t i = 2; i < words.size(); ++i) {
    if (words[i] == "again") {
      config = plan_.nodes[host->value].config;
    } else if (words[i] == "without" && i + 1 < words.size()) {
      std::erase_if(config.instances, [&](const auto& each) { return each.vrrp.name == words[i + 1]; });
      ++i;
    } else {
      const auto named = [&](const std::string& word) {
        return std::ranges::find_if(config.instances,
                                    [&](const auto& each) { return each.vrrp.name == word; });
      };
      if (named(words[i]) != config.instances.end()) {
        name = words[i];
      } else if (const auto instance = named(name); instance != config.instances.end()) {
        if (Done done = apply_option(*instance, parse_option(words[i])); !done) return done;
      }
    }
  }
  faults_->reload(*host, std::move(config));
  return {};
}

// script a chk exit=1
Done Stage::script(const Words& words) {
  const auto host = node(words, 1);
  if (!host || words.size() < 4) return std::unexpected("script needs a node, a name and how it behaves");
  auto manner = parse_manner(words, 3);
  if (!manner) return std::unexpected(manner.error());
  faults_->set_script(*host, words[2], std::move(*manner));
  return {};
}

// file a f -20 | process a p 0 | bfd a B down
Done Stage::tracked(const Words& words) {
  const auto host = node(words, 1);
  if (!host || words.size() != 4) return std::unexpected(words[0] + " needs a node, a name and a value");
  const auto number = parse_signed(words[3]);
  if (words[0] == "bfd") {
    faults_->set_session(*host, words[2], words[3] == "up");
  } else if (!number) {
    return std::unexpected(words[0] + " needs a number");
  } else if (words[0] == "file") {
    faults_->set_file(*host, words[2], *number);
  } else {
    faults_->set_processes(*host, words[2], static_cast<std::uint32_t>(*number));
  }
  return {};
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    out.emplace_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return out;
}

}  // namespace

std::expected<std::string, std::string> play(std::string_view text) {
  Stage stage;
  std::string out;
  std::size_t number = 0;
  for (const std::string& line : lines_of(text)) {
    ++number;
    if (line == separator) break;
    out += line + "\n";
    const Words words = split_words(line);
    if (words.empty()) continue;
    std::string plain;
    for (const auto& word : words) plain += (plain.empty() ? "" : " ") + word;
    if (const Done done = stage.perform(words, plain); !done) {
      return std::unexpected(fmt::format("{}: {}", number, done.error()));
    }
  }
  return out + std::string(separator) + "\n" + stage.finish();
}

std::string difference(std::string_view expected, std::string_view actual) {
  const auto before = lines_of(expected);
  const auto now = lines_of(actual);
  std::size_t same = 0;
  while (same < before.size() && same < now.size() && before[same] == now[same]) ++same;
  std::string out;
  for (std::size_t i = same < 3 ? 0 : same - 3; i < same; ++i) out += "  " + now[i] + "\n";
  for (std::size_t i = same; i < std::min(before.size(), same + 5); ++i) out += "- " + before[i] + "\n";
  for (std::size_t i = same; i < std::min(now.size(), same + 5); ++i) out += "+ " + now[i] + "\n";
  return out;
}

}  // namespace sim
