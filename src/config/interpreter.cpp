#include "config/interpreter.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <tuple>

#include "config/not_acted_on.hpp"
#include "config/value.hpp"
#include "config/without_effect.hpp"

namespace config {

namespace {

bool opens_block(const Keyword& keyword) {
  return keyword.kind == Keyword::Kind::block || keyword.kind == Keyword::Kind::lines;
}

bool wanted_in(Interpreter::Pass pass, const Keyword& keyword) {
  return pass == Interpreter::Pass::all || (pass == Interpreter::Pass::early) == keyword.early;
}

}  // namespace

void Interpreter::report(Severity severity, std::string_view id, const Word& word, std::string message,
                         std::string hint) {
  report(Finding{
      severity, std::string(id), word.place, word.text.size(), std::move(message), std::move(hint), {}});
}

void Interpreter::refuse(std::string_view id, const Word& word, std::string message, std::string hint,
                         std::string_view assumed) {
  if (lenient_) message += fmt::format("; {}", assumed);
  report(refusal(), id, word, std::move(message), std::move(hint));
}

const Word* Given::find(std::string_view keyword) const {
  const auto found =
      std::ranges::find_if(words_, [&](const auto& word) { return word.first->name == keyword; });
  return found == words_.end() ? nullptr : found->second;
}

Given Interpreter::read_block(const Block& block, std::span<const Statement> statements, void* object,
                              Pass pass) {
  Given given;
  const bool twice = pass == Pass::all && block.has_early;
  if (twice) {
    for (const Statement& statement : statements)
      read_statement(block, statement, object, Pass::early, given);
  }
  for (const Statement& statement : statements) {
    read_statement(block, statement, object, twice ? Pass::late : pass, given);
  }
  return given;
}

void Interpreter::read_statement(const Block& block, const Statement& statement, void* object, Pass pass,
                                 Given& given) {
  const Keyword* keyword = block.find(statement.keyword.text);
  if (keyword == nullptr) {
    if (pass != Pass::early) unknown_keyword(block, statement);
    return;
  }
  if (!wanted_in(pass, *keyword)) return;
  mention_deprecated(*keyword, statement.keyword);
  mention_not_acted_on(block, *keyword, statement.keyword);
  mention_without_effect(block, *keyword, statement.keyword);
  if (!allowed_again(*keyword, statement.keyword, given)) return;
  if (opens_block(*keyword) && !statement.has_block() && !keyword->bare) {
    report(Severity::error, "missing-block", statement.keyword,
           fmt::format("'{}' needs a block: {{ ... }}", statement.keyword.text));
  } else if (!opens_block(*keyword) && statement.has_block()) {
    report(Finding{refusal(),
                   "unexpected-block",
                   statement.block_open(),
                   1,
                   fmt::format("'{}' takes no block{}", statement.keyword.text,
                               lenient_ ? "; what stands in it is ignored" : ""),
                   {},
                   {}});
  }
  Words words{*this, statement.keyword, statement.arguments(), &statement};
  keyword->apply(words, object);
  if (!words.failed() && !words.empty()) {
    refuse("surplus-argument", *words.peek(),
           fmt::format("'{}' is one word too many for '{}'", words.peek()->text, statement.keyword.text),
           keyword->syntax.empty() ? fmt::format("write '{}' alone", keyword->name)
                                   : fmt::format("write: {} {}", keyword->name, keyword->syntax.view()),
           "it is ignored");
  }
}

bool Interpreter::read_line(const Block& block, const Statement& line, void* object) {
  std::vector<Word> all;
  all.reserve(line.arguments().size() + 1);
  all.push_back(line.keyword);
  all.insert(all.end(), line.arguments().begin(), line.arguments().end());
  if (line.has_block()) {
    report(Finding{refusal(),
                   "unexpected-block",
                   line.block_open(),
                   1,
                   fmt::format("no block belongs in a line of {}", block_title(block.path)),
                   {},
                   {}});
  }
  Words words{*this, line.keyword, all, &line};
  if (block.first_word != nullptr) block.first_word->apply(words, object);
  read_options(block, words, object);
  return !words.failed();
}

void Interpreter::read_options(const Block& block, Words& words, void* object) {
  const Word& line_keyword = words.keyword();  // set_keyword() changes which word that is, not this one
  while (!words.empty() && !words.failed()) {
    const Word& word = *words.peek();
    if (const Keyword* option = block.find(word.text)) {
      mention_deprecated(*option, word);
      mention_not_acted_on(block, *option, word);
      words.set_keyword(words.take());
      option->apply(words, object);
      words.set_keyword(line_keyword);
    } else if (block.other_word != nullptr) {
      block.other_word->apply(words, object);
    } else {
      unknown_option(block, word, line_keyword.text);
      words.set_failed();
    }
  }
}

void Interpreter::unknown_keyword(const Block& block, const Statement& statement) {
  const std::string_view word = statement.keyword.text;
  std::string hint;
  const auto elsewhere = schema().knowing(word);
  const auto old_name = std::ranges::find_if(block.keywords, [&](const Keyword& keyword) {
    return keyword.seldom->same_as.view().starts_with(fmt::format("{} (", word));
  });
  if (old_name != block.keywords.end()) {
    hint = fmt::format("write '{}'", old_name->name);
  } else if (!elsewhere.empty() && !elsewhere.front()->path.starts_with('(')) {
    std::vector<std::string> places;
    for (const Block* other : elsewhere) {
      const std::string title(block_title(other->path));
      if (std::ranges::find(places, title) == places.end() && places.size() < 4) places.push_back(title);
    }
    hint = places.front() == "the top level" ? "it belongs at the top level, outside of every block"
                                             : fmt::format("it belongs in {}", fmt::join(places, " or "));
  } else if (suggestions_left_ > 0) {
    --suggestions_left_;
    if (const std::string meant = closest(word, block.names()); !meant.empty()) {
      hint = fmt::format("did you mean '{}'?", meant);
    }
  }
  refuse("unknown-keyword", statement.keyword,
         fmt::format("unknown keyword '{}' {} {}", word, block.path == "/" ? "at" : "in",
                     block_title(block.path)),
         hint, statement.has_block() ? "the whole block is ignored" : "the line is ignored");
}

void Interpreter::unknown_option(const Block& block, const Word& word, std::string_view line_keyword) {
  std::string hint;
  if (suggestions_left_ > 0) {
    --suggestions_left_;
    if (const std::string meant = closest(word.text, block.names()); !meant.empty()) {
      hint = fmt::format("did you mean '{}'?", meant);
    }
  }
  const std::string_view title = block_title(block.path);
  refuse("unknown-option", word,
         title == line_keyword ? fmt::format("unknown word '{}' after '{}'", word.text, line_keyword)
                               : fmt::format("unknown word '{}' in a line of {}", word.text, title),
         hint, "the line is ignored");
}

bool Interpreter::allowed_again(const Keyword& keyword, const Word& word, Given& given) {
  const auto first =
      std::ranges::find(given.words_, &keyword, &std::pair<const Keyword*, const Word*>::first);
  if (first == given.words_.end()) {
    given.words_.emplace_back(&keyword, &word);
    return true;
  }
  if (keyword.repeat == Repeat::adds) return true;
  const Finding::Related earlier{first->second->place, first->second->text.size(), "first given here"};
  if (keyword.repeat == Repeat::first_wins) {
    report(Finding{refusal(),
                   "repeated-keyword",
                   word.place,
                   word.text.size(),
                   fmt::format("'{}' may be given only once here{}", word.text,
                               lenient_ ? "; the first one counts" : ""),
                   {},
                   earlier});
    return false;
  }
  report(Finding{keyword.repeat == Repeat::replaces ? Severity::warning : Severity::note,
                 "repeated-keyword",
                 word.place,
                 word.text.size(),
                 fmt::format("'{}' is given again; this one counts", word.text),
                 {},
                 earlier});
  return true;
}

void Interpreter::mention_deprecated(const Keyword& keyword, const Word& word) {
  const std::string_view preferred = keyword.seldom->preferred;
  if (preferred.empty() || !mentioned_.insert(&keyword).second) return;
  report(Severity::note, "deprecated", word,
         fmt::format("'{}' is an old name of '{}' and works the same", keyword.name, preferred),
         fmt::format("write '{}'", preferred));
}

void Interpreter::mention_not_acted_on(const Block& block, const Keyword& keyword, const Word& word) {
  const auto severity = not_acted_on(block.path, keyword.name);
  if (!severity || !mentioned_not_acted_on_.insert(&keyword).second) return;
  report(*severity, "not-acted-on", word, fmt::format("'{}' is accepted, not acted on yet", keyword.name));
}

void Interpreter::mention_without_effect(const Block& block, const Keyword& keyword, const Word& word) {
  const std::string_view why = without_effect(block.path, keyword.name);
  if (why.empty() || !mentioned_not_acted_on_.insert(&keyword).second) return;
  report(Severity::note, "no-effect", word, fmt::format("'{}' has no effect: {}", keyword.name, why));
}

void Interpreter::check_interface(const Word& name) {
  if (!check_host_ || globals_.dynamic_interfaces) return;
  const auto [known, fresh] = interfaces_.try_emplace(std::string(name.text), false);
  if (!fresh) return;
  known->second = world_.interface_kind(known->first).has_value();
  if (known->second) return;
  report(
      Severity::warning, "no-such-interface", name,
      fmt::format("interface '{}' does not exist on this machine now; what needs it waits until it appears",
                  name.text),
      "check the spelling, or write dynamic_interfaces in global_defs if it comes later");
}

const Account& Interpreter::account_for_scripts() {
  if (!account_for_scripts_) {
    account_for_scripts_.emplace();
    const std::string name = "keepalived_script";
    if (const auto user = world_.user(name)) {
      *account_for_scripts_ = {name, user->uid, user->gid, {}};
      if (globals_.set_supplementary_groups) account_for_scripts_->supplementary_groups = user->groups;
    }
  }
  return *account_for_scripts_;
}

const std::optional<ScriptProblem>& Interpreter::script_problem(const std::string& path,
                                                                const Account& account) {
  const auto [known, fresh] = scripts_.try_emplace(fmt::format("{}:{}", account.uid, path));
  if (fresh) {
    known->second = inspect_script(world_, path, account.uid, account.gid, account.supplementary_groups);
  }
  return known->second;
}

void Interpreter::finish(Diagnostics& diagnostics) {
  std::vector<std::size_t> order(findings_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) {
    return std::tuple(findings_[i].place.chunk, findings_[i].place.offset, i);
  });
  // A keyword repeated by a sequence has as many findings as the sequence has steps, at one place: one is enough.
  std::unordered_set<std::string> said;
  for (const std::size_t i : order) {
    Finding& finding = findings_[i];
    Diagnostic diagnostic{finding.severity,
                          finding.id,
                          tree_.position(finding.place, finding.length),
                          std::move(finding.message),
                          std::move(finding.hint),
                          {}};
    const Position& where = diagnostic.where;
    const std::string key = fmt::format("{}\n{}:{}:{} {}", diagnostic.id, where.file, where.line,
                                        where.column, diagnostic.message);
    if (!said.insert(key).second) continue;
    if (finding.related) {
      const auto& related = *finding.related;
      diagnostic.related.push_back({tree_.position(related.place, related.length), related.message});
    }
    for (auto& step : tree_.trail(finding.place)) diagnostic.related.push_back(std::move(step));
    diagnostics.add(std::move(diagnostic));
  }
  findings_.clear();
}

const Word* Words::need(std::string_view what) {
  if (!empty()) return &take();
  failed_ = true;
  interpreter_.report(Severity::error, "missing-argument", *keyword_,
                      fmt::format("'{}' needs {}", keyword_->text, what));
  return nullptr;
}

}  // namespace config
