// A World that lives in a few maps: what unit tests, the fuzzer and the simulator give the configuration reader instead of
// a machine. Files have absolute paths; relative ones are taken from `directory`.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/world.hpp"

namespace config {

class MemoryWorld : public World {
 public:
  struct File {
    std::string text;
    FileStatus status = {.kind = FileStatus::Kind::regular, .mode = 0644, .uid = 0, .gid = 0};
    std::string target;  // of a symbolic link
    bool readable = true;
  };

  std::map<std::string, File> files;  // by absolute path; directories above them exist by themselves
  std::map<std::string, std::string> variables;
  std::map<std::string, UserEntry> users;
  mutable int users_asked_for = 0;
  std::map<std::string, std::uint32_t> groups;
  std::map<std::string, std::string> interfaces;  // name -> kind, "" for a plain one
  std::string directory = "/etc/keepalived";
  std::string node = "node-a.example.com";
  std::uint64_t seed = 1;

  void write(const std::string& path, std::string text, std::uint32_t mode = 0644) {
    File file;
    file.text = std::move(text);
    file.status.mode = mode;
    files[absolute(path)] = std::move(file);
  }
  void link(const std::string& path, const std::string& target) {
    File file;
    file.status.kind = FileStatus::Kind::symlink;
    file.status.mode = 0777;
    file.target = target;
    files[absolute(path)] = std::move(file);
  }
  void make_directory(const std::string& path, std::uint32_t mode = 0755) {
    File file;
    file.status.kind = FileStatus::Kind::directory;
    file.status.mode = mode;
    files[absolute(path)] = std::move(file);
  }

  core::Result<std::string> read_file(const std::string& path) const override {
    const auto real = real_path(path);
    const auto found = real ? files.find(*real) : files.end();
    if (found == files.end()) {
      if (real) return std::unexpected(core::Error{EISDIR, "cannot read " + path + ": Is a directory"});
      return std::unexpected(core::Error{ENOENT, "cannot read " + path + ": No such file or directory"});
    }
    if (found->second.status.kind == FileStatus::Kind::directory) {
      return std::unexpected(core::Error{EISDIR, "cannot read " + path + ": Is a directory"});
    }
    if (!found->second.readable) {
      return std::unexpected(core::Error{EACCES, "cannot read " + path + ": Permission denied"});
    }
    return found->second.text;
  }

  std::vector<std::string> glob(const std::string& pattern) const override {
    std::vector<std::string> result;
    for (const std::string& one : alternatives(pattern)) {
      std::vector<std::string> matches;
      const std::string whole = absolute(one);
      for (const std::string& path : paths()) {
        if (!matches_pattern(whole, path)) continue;
        // As glob does: the answer is spelled like the question.
        matches.push_back(one.starts_with('/') ? path : relative(path));
      }
      std::ranges::sort(matches);
      result.insert(result.end(), matches.begin(), matches.end());
    }
    return result;
  }

  std::optional<FileStatus> status(const std::string& path, bool follow) const override {
    std::optional<std::string> at = absolute(path);
    if (follow) at = real_path(path);
    if (!at) return std::nullopt;
    if (const auto found = files.find(*at); found != files.end()) return found->second.status;
    if (is_directory(*at))
      return FileStatus{.kind = FileStatus::Kind::directory, .mode = 0755, .uid = 0, .gid = 0};
    return std::nullopt;
  }

  std::optional<std::string> real_path(const std::string& path) const override {
    std::string at = absolute(path);
    for (int hops = 0; hops < 40; ++hops) {
      const auto linked = std::ranges::find_if(files, [&](const auto& entry) {
        return entry.second.status.kind == FileStatus::Kind::symlink &&
               (at == entry.first || at.starts_with(entry.first + "/"));
      });
      if (linked == files.end()) {
        return files.contains(at) || is_directory(at) ? std::optional(at) : std::nullopt;
      }
      const auto& [link_path, file] = *linked;
      const std::string parent = link_path.substr(0, link_path.rfind('/'));
      const std::string target = file.target.starts_with('/') ? file.target : parent + "/" + file.target;
      at = normal(target + at.substr(link_path.size()));
    }
    return std::nullopt;
  }

  std::string working_directory() const override { return directory; }
  std::optional<std::string> environment(const std::string& name) const override {
    return look_up(variables, name);
  }
  std::string host_name() const override { return node; }
  std::optional<UserEntry> user(const std::string& name) const override {
    ++users_asked_for;
    return look_up(users, name);
  }
  std::optional<std::uint32_t> group(const std::string& name) const override { return look_up(groups, name); }
  std::optional<std::string> interface_kind(const std::string& name) const override {
    return look_up(interfaces, name);
  }
  std::optional<std::string> find_executable(const std::string& name) const override {
    for (const char* folder :
         {"/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"}) {
      const auto found = status(folder + name, true);
      if (found && found->kind == FileStatus::Kind::regular && (found->mode & 0111U) != 0)
        return folder + name;
    }
    return std::nullopt;
  }
  std::uint64_t random_seed() const override { return seed; }

 private:
  template <class Value>
  static std::optional<Value> look_up(const std::map<std::string, Value>& map, const std::string& name) {
    const auto found = map.find(name);
    return found == map.end() ? std::nullopt : std::optional(found->second);
  }

  std::string absolute(const std::string& path) const {
    return normal(path.starts_with('/') ? path : directory + "/" + path);
  }
  std::string relative(const std::string& path) const {
    const std::string prefix = normal(directory) + "/";
    return path.starts_with(prefix) ? path.substr(prefix.size()) : path;
  }

  // Without empty, `.` and `..` parts.
  static std::string normal(const std::string& path) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at < path.size();) {
      const std::size_t end = std::min(path.find('/', at), path.size());
      const std::string part = path.substr(at, end - at);
      if (part == ".." && !parts.empty()) parts.pop_back();
      if (!part.empty() && part != "." && part != "..") parts.push_back(part);
      at = end + 1;
    }
    std::string result;
    for (const std::string& part : parts) result += "/" + part;
    return result.empty() ? "/" : result;
  }

  bool is_directory(const std::string& path) const {
    if (path == "/") return true;
    const auto below = files.lower_bound(path + "/");
    return below != files.end() && below->first.starts_with(path + "/");
  }

  std::vector<std::string> paths() const {
    std::vector<std::string> result;
    for (const auto& [path, file] : files) {
      for (std::size_t slash = path.find('/', 1); slash != path.npos; slash = path.find('/', slash + 1)) {
        result.push_back(path.substr(0, slash));
      }
      result.push_back(path);
    }
    std::ranges::sort(result);
    result.erase(std::unique(result.begin(), result.end()), result.end());
    return result;
  }

  static std::vector<std::string> alternatives(const std::string& pattern) {
    const std::size_t open = pattern.find('{');
    if (open == pattern.npos) return {pattern};
    std::vector<std::string> choices(1);
    std::size_t at = open + 1;
    for (int depth = 1; at < pattern.size(); ++at) {
      if (pattern[at] == '{') ++depth;
      if (pattern[at] == '}' && --depth == 0) break;
      if (pattern[at] == ',' && depth == 1) {
        choices.emplace_back();
      } else {
        choices.back() += pattern[at];
      }
    }
    if (at == pattern.size()) return {pattern};
    std::vector<std::string> result;
    for (const std::string& choice : choices) {
      for (std::string& one : alternatives(pattern.substr(0, open) + choice + pattern.substr(at + 1))) {
        result.push_back(std::move(one));
      }
    }
    return result;
  }

  // `*` and `?` do not match a slash, nor a dot that begins a name.
  static bool matches_pattern(std::string_view pattern, std::string_view path) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t star_text = 0;
    const auto hidden = [&](std::size_t at) { return path[at] == '.' && (at == 0 || path[at - 1] == '/'); };
    while (t < path.size()) {
      if (p < pattern.size() && pattern[p] == '*') {
        star = p++;
        star_text = t;
        if (hidden(t)) return false;
      } else if (p < pattern.size() && matches_one(pattern, p, path[t], hidden(t))) {
        ++t;
      } else if (star != std::string_view::npos && path[star_text] != '/') {
        p = star + 1;
        t = ++star_text;
      } else {
        return false;
      }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
  }

  // Moves `p` past what matched: a character, `?`, or a set in brackets.
  static bool matches_one(std::string_view pattern, std::size_t& p, char c, bool hidden) {
    if (pattern[p] == '?') return c != '/' && !hidden && (++p, true);
    const std::size_t end = pattern[p] == '[' ? pattern.find(']', p + 2) : std::string_view::npos;
    if (end == std::string_view::npos) return pattern[p] == c && (++p, true);
    std::string_view set = pattern.substr(p + 1, end - p - 1);
    const bool inverted = set.front() == '!' || set.front() == '^';
    if (inverted) set.remove_prefix(1);
    bool inside = false;
    for (std::size_t i = 0; i < set.size(); ++i) {
      if (i + 2 < set.size() && set[i + 1] == '-') {
        inside = inside || (set[i] <= c && c <= set[i + 2]);
        i += 2;
      } else {
        inside = inside || set[i] == c;
      }
    }
    if (inside == inverted || c == '/') return false;
    p = end + 1;
    return true;
  }
};

}  // namespace config
