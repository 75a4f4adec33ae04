// Scripts, files, processes, BFD sessions and interfaces that routers may depend on, and the names by which they do.
#include <algorithm>
#include <fmt/format.h>
#include <unordered_set>

#include "config/build.hpp"
#include "config/value.hpp"

namespace config {

bool NameIndex::add(Interpreter& interpreter, const Word& word, std::string_view kind) {
  const auto [known, fresh] = words_.emplace(std::string(word.text), word);
  if (fresh) return true;
  interpreter.report(Finding{interpreter.refusal(),
                             "repeated-name",
                             word.place,
                             word.text.size(),
                             fmt::format("there is a {} '{}' already{}", kind, word.text,
                                         interpreter.lenient() ? "; the first one counts" : ""),
                             {},
                             Finding::Related{known->second.place, word.text.size(), "first given here"}});
  return false;
}

std::string NameIndex::closest_to(std::string_view name) const {
  // Comparing with tens of thousands of names helps nobody.
  if (words_.size() > 1000) return {};
  std::vector<std::string_view> all;
  for (const auto& [known, word] : words_) all.push_back(known);
  std::ranges::sort(all);
  return closest(name, all);
}

std::optional<Word> block_name(Interpreter& interpreter, const Statement& statement) {
  if (statement.arguments().empty()) {
    interpreter.report(Severity::error, "missing-argument", statement.keyword,
                       fmt::format("'{}' needs a name", statement.keyword.text),
                       fmt::format("write: {} NAME {{ ... }}", statement.keyword.text));
    return std::nullopt;
  }
  if (statement.arguments().size() > 1) {
    interpreter.refuse(
        "surplus-argument", statement.arguments()[1],
        fmt::format("'{}' is one word too many: a name is one word", statement.arguments()[1].text),
        "put a name with blanks in double quotes", "it is ignored");
  }
  return statement.arguments().front();
}

void unknown_reference(Interpreter& interpreter, const Word& name, std::string_view kind,
                       const NameIndex& names) {
  const std::string meant = names.closest_to(name.text);
  interpreter.refuse("unknown-reference", name, fmt::format("there is no {} '{}'", kind, name.text),
                     meant.empty() ? std::string() : fmt::format("did you mean '{}'?", meant),
                     "the line is ignored");
}

std::vector<track::Reference> resolve_trackers(Build& build, const std::vector<ReferenceDraft>& lines,
                                               std::string_view own_interface) {
  std::vector<track::Reference> kept;
  for (const ReferenceDraft& line : lines) {
    const auto known = [&](const NameIndex& names, std::string_view kind) {
      if (names.has(line.reference.name)) return true;
      unknown_reference(build.interpreter, line.name, kind, names);
      return false;
    };
    bool usable = true;
    switch (line.reference.kind) {
      case track::Kind::interface:
        if (line.reference.name == own_interface) {
          build.interpreter.report(
              Severity::warning, "repeated-name", line.name,
              "this is the router's own interface, which is tracked anyway; the line is ignored");
          usable = false;
        }
        break;
      case track::Kind::script:
        usable = known(build.scripts, "vrrp_script");
        break;
      case track::Kind::file:
        usable = known(build.files, "track_file");
        break;
      case track::Kind::process:
        usable = known(build.processes, "vrrp_track_process");
        break;
      case track::Kind::bfd:
        usable = known(build.sessions, "bfd_instance");
        break;
    }
    if (!usable) continue;
    const bool twice = std::ranges::any_of(kept, [&](const track::Reference& other) {
      return other.kind == line.reference.kind && other.name == line.reference.name;
    });
    if (twice) {
      build.interpreter.refuse("repeated-name", line.name,
                               fmt::format("'{}' is tracked already", line.reference.name), {},
                               "the first one counts");
      continue;
    }
    kept.push_back(line.reference);
  }
  return kept;
}

namespace {

void missing(Build& build, const Statement& statement, std::string_view keyword, std::string_view dropped) {
  build.interpreter.refuse("missing-keyword", statement.keyword,
                           fmt::format("this {} has no '{}'", statement.keyword.text, keyword), {}, dropped);
}

void read_scripts(Build& build) {
  Interpreter& in = build.interpreter;
  for (const Statement* statement : build.root.scripts) {
    const auto name = block_name(in, *statement);
    ScriptDraft draft;
    const Interpreter::BlockAccount account(in);
    const Given given = in.read_block(schema().at("vrrp_script"), statement->children(), &draft);
    if (!name || !build.scripts.add(in, *name, "vrrp_script")) continue;
    if (!given.has("script")) {
      missing(build, *statement, "script", "the block is left out");
      continue;
    }
    draft.config.name = name->text;
    draft.config.timeout = draft.timeout.value_or(draft.config.interval);
    if (const Word* init = given.find("init_fail")) {
      in.report(Severity::note, "changed-meaning", *init,
                "the script counts as failed until its first result; keepalived 2.4 ignores this word");
    }
    if (!draft.written) continue;  // refused
    draft.command = *draft.written;
    build.model.scripts.push_back(draft);
  }
}

void read_files(Build& build) {
  Interpreter& in = build.interpreter;
  for (const Statement* statement : build.root.files) {
    const auto name = block_name(in, *statement);
    track::FileConfig file;
    in.read_block(schema().at(statement->keyword.text), statement->children(), &file);
    if (!name || !build.files.add(in, *name, "track_file")) continue;
    if (file.path.empty()) {
      missing(build, *statement, "file", "the block is left out");
      continue;
    }
    file.name = name->text;
    const std::string directory = file.path.substr(0, file.path.rfind('/') + 1);
    if (in.check_host() && directory.size() > 1 &&
        !in.world().status(directory.substr(0, directory.size() - 1), true)) {
      in.refuse("no-such-file", statement->keyword,
                fmt::format("the directory of {} does not exist", file.path), {}, "the file counts as 0");
    }
    build.model.track_files.push_back(file);
  }
}

void read_processes(Build& build) {
  Interpreter& in = build.interpreter;
  for (const Statement* statement : build.root.processes) {
    const auto name = block_name(in, *statement);
    ProcessDraft draft;
    const Given given = in.read_block(schema().at("vrrp_track_process"), statement->children(), &draft);
    if (!name || !build.processes.add(in, *name, "vrrp_track_process")) continue;
    if (draft.process.empty()) {
      missing(build, *statement, "process", "the block is left out");
      continue;
    }
    draft.name = name->text;
    if (!draft.parameters.empty()) draft.full_command = true;
    draft.match = draft.match_word.value_or(draft.parameters.empty() ? track::ParameterMatch::none
                                                                     : track::ParameterMatch::exact);
    const bool none_wanted = draft.quorum_max == 0U && draft.quorum <= 1;
    if (draft.quorum_max && *draft.quorum_max < draft.quorum && !none_wanted) {
      in.refuse("out-of-range", *given.find("quorum_max"), "'quorum_max' is below 'quorum'", {},
                "it is ignored");
      draft.quorum_max.reset();
    }
    if (none_wanted) draft.quorum = 0;
    build.model.track_processes.push_back(draft);
  }
}

void read_sessions(Build& build) {
  Interpreter& in = build.interpreter;
  std::unordered_set<std::string> pairs;
  for (const Statement* statement : build.root.bfd) {
    const auto name = block_name(in, *statement);
    BfdDraft draft;
    const Given given = in.read_block(schema().at("bfd_instance"), statement->children(), &draft);
    if (!name || !build.sessions.add(in, *name, "bfd_instance")) continue;
    const auto drop = [&](const Word& word, std::string message) {
      in.refuse("bad-value", word, std::move(message), {}, "the block is left out");
    };
    if (name->text.size() > 31) {
      drop(*name, "the name of a bfd_instance has at most 31 characters");
    } else if (!given.has("neighbor_ip") && !given.has("neighbour_ip")) {
      missing(build, *statement, "neighbor_ip", "the block is left out");
    } else if (!draft.neighbour_written) {
      continue;  // refused
    } else if (draft.source && draft.source->family != draft.neighbour_written->family) {
      drop(*given.find("source_ip"), "source and neighbour are of different families");
    } else if (!pairs
                    .insert(fmt::format("{} {}", draft.neighbour_written->to_string(),
                                        draft.source ? draft.source->to_string() : ""))
                    .second) {
      drop(statement->keyword, "there is a session with this neighbour and source already");
    } else {
      draft.name = name->text;
      draft.neighbour = *draft.neighbour_written;
      const int own_ttl = draft.hop_limit.value_or(draft.neighbour.is_v4() ? 255 : 64);
      if (draft.max_hops != 255 && draft.max_hops > own_ttl) {
        in.report(Severity::warning, "out-of-range", *given.find("max_hops"),
                  fmt::format("'max_hops' is above the TTL; {} is used", own_ttl));
        draft.max_hops = static_cast<std::int16_t>(own_ttl);
      }
      const bool vrrp = draft.only_vrrp.value_or(false);
      const bool checkers = draft.only_checkers.value_or(false);
      draft.tell_vrrp = vrrp || !checkers;
      draft.tell_checkers = checkers || !vrrp;
      build.model.bfd_sessions.push_back(draft);
    }
  }
}

template <class Line>
void read_lines(Build& build, const std::vector<const Statement*>& blocks, std::string_view path,
                std::vector<Line>& into) {
  for (const Statement* statement : blocks) {
    for (const Statement& line : statement->children()) {
      Line value{};
      if (build.interpreter.read_line(schema().at(path), line, &value)) into.push_back(std::move(value));
    }
  }
}

}  // namespace

void read_trackers(Build& build) {
  read_scripts(build);
  read_files(build);
  read_processes(build);
  read_sessions(build);
  read_lines(build, build.root.interface_delays, "interface_up_down_delays", build.model.interface_delays);
  read_lines(build, build.root.linkbeat, "linkbeat_interfaces", build.model.polled_interfaces);
}

}  // namespace config
