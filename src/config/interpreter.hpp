// Second half of reading a configuration: walks the tree with the schema and calls each keyword's setter. Knows how words,
// lines and blocks are put together and how to complain; not what any keyword means.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "config/diagnostic.hpp"
#include "config/model.hpp"
#include "config/schema.hpp"
#include "config/script_security.hpp"
#include "config/tree.hpp"
#include "config/world.hpp"

namespace config {

/// Something to say, before its place is looked up in the tree.
struct Finding {
  Severity severity = Severity::error;
  std::string id;
  Place place;
  std::size_t length = 0;
  std::string message;
  std::string hint;
  struct Related {
    Place place;
    std::size_t length = 0;
    std::string message;  // "first given here"
  };
  std::optional<Related> related;
};

/// The keywords that stood in a block, each with its first occurrence.
class Given {
 public:
  const Word* find(std::string_view keyword) const;
  bool has(std::string_view keyword) const { return find(keyword) != nullptr; }

 private:
  friend class Interpreter;
  std::vector<std::pair<const Keyword*, const Word*>> words_;
};

class Interpreter {
 public:
  Interpreter(const Tree& tree, const World& world, bool lenient, bool check_host)
      : tree_(tree), world_(world), lenient_(lenient), check_host_(check_host) {}

  /// The account that commands of the block being read run as, from its own `user`; forgotten at the end of the block.
  class BlockAccount {
   public:
    explicit BlockAccount(Interpreter& interpreter)
        : interpreter_(interpreter), outer_(std::exchange(interpreter.block_account_, std::nullopt)) {}
    ~BlockAccount() { interpreter_.block_account_ = std::move(outer_); }
    BlockAccount(const BlockAccount&) = delete;
    BlockAccount& operator=(const BlockAccount&) = delete;

   private:
    Interpreter& interpreter_;
    std::optional<Account> outer_;
  };
  void set_block_account(Account account) { block_account_ = std::move(account); }
  const std::optional<Account>& block_account() const { return block_account_; }
  /// Where no script_user is written: keepalived_script if there is one, else our own. Asked for at the first script: who has
  /// none does not wait for a directory service.
  const Account& account_for_scripts();

  /// Which of a block's settings to apply: some must be known before others of the same block are read.
  enum class Pass : std::uint8_t { all, early, late };

  Given read_block(const Block& block, std::span<const Statement> statements, void* object,
                   Pass pass = Pass::all);
  /// One line of a value block: options and words in any order. False if it was refused.
  bool read_line(const Block& block, const Statement& line, void* object);
  /// Options in the rest of a line.
  void read_options(const Block& block, Words& words, void* object);

  void report(Finding finding) { findings_.push_back(std::move(finding)); }
  void report(Severity severity, std::string_view id, const Word& word, std::string message,
              std::string hint = {});
  /// An error; when lenient a warning that also says what is assumed instead.
  void refuse(std::string_view id, const Word& word, std::string message, std::string hint,
              std::string_view assumed);
  Severity refusal() const { return lenient_ ? Severity::warning : Severity::error; }

  const World& world() const { return world_; }
  bool lenient() const { return lenient_; }
  bool check_host() const { return check_host_; }
  Globals& globals() { return globals_; }

  /// Says once a name that an interface does not exist, unless that is allowed.
  void check_interface(const Word& name);
  /// As inspect_script(), asked once for each script and user.
  const std::optional<ScriptProblem>& script_problem(const std::string& path, const Account& account);
  /// The findings as diagnostics, in the order of the text, each once.
  void finish(Diagnostics& diagnostics);

 private:
  void read_statement(const Block& block, const Statement& statement, void* object, Pass pass, Given& given);
  void unknown_keyword(const Block& block, const Statement& statement);
  void unknown_option(const Block& block, const Word& word, std::string_view line_keyword);
  bool allowed_again(const Keyword& keyword, const Word& word, Given& given);
  void mention_deprecated(const Keyword& keyword, const Word& word);
  void mention_not_acted_on(const Block& block, const Keyword& keyword, const Word& word);
  void mention_without_effect(const Block& block, const Keyword& keyword, const Word& word);

  const Tree& tree_;
  const World& world_;
  bool lenient_;
  bool check_host_;
  Globals globals_;
  std::optional<Account> block_account_, account_for_scripts_;
  std::vector<Finding> findings_;
  std::unordered_set<const Keyword*> mentioned_;
  std::unordered_set<const Keyword*> mentioned_not_acted_on_;
  std::unordered_map<std::string, bool> interfaces_;
  std::unordered_map<std::string, std::optional<ScriptProblem>> scripts_;
  std::size_t suggestions_left_ =
      500;  // looking for what was meant costs time; a file of nonsense gets only so much of it
};

/// The words of a statement or line while they are taken one after the other.
class Words {
 public:
  Words(Interpreter& interpreter, const Word& keyword, std::span<const Word> words,
        const Statement* statement)
      : interpreter_(interpreter), keyword_(&keyword), words_(words), statement_(statement) {}

  bool empty() const { return next_ == words_.size(); }
  const Word* peek() const { return empty() ? nullptr : &words_[next_]; }
  const Word& take() { return words_[next_++]; }
  /// Takes the word if it is `text`.
  bool take_if(std::string_view text) {
    if (empty() || words_[next_].text != text) return false;
    ++next_;
    return true;
  }
  /// The next word; says that the keyword needs `what` when there is none.
  const Word* need(std::string_view what);
  /// The word taken last.
  const Word& last() const { return words_[next_ - 1]; }
  std::size_t remaining() const { return words_.size() - next_; }
  void drop_rest() { next_ = words_.size(); }

  const Word& keyword() const { return *keyword_; }
  void set_keyword(const Word& keyword) { keyword_ = &keyword; }
  const Statement* statement() const { return statement_; }
  Interpreter& interpreter() { return interpreter_; }

  void refuse(const Word& word, std::string_view id, std::string message, std::string hint = {},
              std::string_view assumed = "the line is ignored") {
    failed_ = true;
    interpreter_.refuse(id, word, std::move(message), std::move(hint), assumed);
  }
  void warn(const Word& word, std::string_view id, std::string message, std::string hint = {}) {
    interpreter_.report(Severity::warning, id, word, std::move(message), std::move(hint));
  }
  void note(const Word& word, std::string_view id, std::string message, std::string hint = {}) {
    interpreter_.report(Severity::note, id, word, std::move(message), std::move(hint));
  }
  /// Something was refused: the line's entry is not to be used.
  bool failed() const { return failed_; }
  void set_failed() { failed_ = true; }

 private:
  Interpreter& interpreter_;
  const Word* keyword_;
  std::span<const Word> words_;
  const Statement* statement_;
  std::size_t next_ = 0;
  bool failed_ = false;
};

}  // namespace config
