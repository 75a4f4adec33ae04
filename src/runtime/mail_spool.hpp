// Mails that wait, as files of a directory, so that they survive us: one file a mail, text that a person can read, and one with
// the last state mailed of each subject. Not made safe against a power cut: a mail is not worth waiting for a disk.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "notify/event.hpp"

namespace runtime {

struct StoredMail {
  std::string lane;  // whose state it is about
  core::WallTime created{};
  std::string from;  // as in the envelope
  std::vector<std::string> to;
  std::string message;
};

class MailSpool {
 public:
  /// `directory` is made when it is first needed.
  explicit MailSpool(std::string directory) : directory_(std::move(directory)) {}

  /// The name it was given.
  core::Result<std::string> save(const StoredMail& mail);
  void remove(const std::string& name) const;
  /// What is there, oldest first. Files that make no sense are put aside as NAME.bad and named in `damaged`.
  std::vector<std::pair<std::string, StoredMail>> load(std::vector<std::string>& damaged) const;

  core::Result<> save_states(const std::map<std::string, notify::HookState>& states) const;
  std::map<std::string, notify::HookState> load_states() const;

  const std::string& directory() const { return directory_; }

 private:
  core::Result<> make_directory() const;

  std::string directory_;
  std::uint64_t count_ = 0;
};

/// The file's text and back; an error if it is none of ours.
std::string mail_file_text(const StoredMail& mail);
core::Result<StoredMail> parse_mail_file(std::string_view text);

}  // namespace runtime
