#include "config/predefined.hpp"

#include <charconv>
#include <cstdint>
#include <fmt/core.h>
#include <utility>
#include <vector>

#include "config/scan.hpp"

namespace config {

namespace {

constexpr const char* random_shape = "write ${_RANDOM}, ${_RANDOM MIN} or ${_RANDOM MIN MAX}";

std::vector<std::string_view> split_at_blanks(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = skip_blanks(text, 0); at < text.size(); at = skip_blanks(text, at)) {
    const std::size_t begin = at;
    while (at < text.size() && !is_blank(text[at])) ++at;
    words.push_back(text.substr(begin, at - begin));
  }
  return words;
}

}  // namespace

Predefined::Predefined(const ReadOptions& options, const World& world)
    : world_(world), config_id_(options.config_id), random_(world.random_seed()) {
  if (config_id_.empty()) {
    const std::string node = world.host_name();
    config_id_ = node.substr(0, node.find('.'));
  }
}

Predefined::Answer Predefined::value(std::string_view content, std::string_view directory) {
  const std::size_t name_end = skip_name(content, 0);
  const std::string_view name = content.substr(0, name_end);
  const std::string_view arguments = content.substr(name_end);
  if (!arguments.empty() && !is_blank(arguments.front())) return {};
  if (name == "_ENV") return environment(trim(arguments));
  if (name == "_RANDOM") return random(arguments);
  if (!trim(arguments).empty()) return {};
  const auto text = [](std::string_view value) {
    return Answer{.known = true, .valid = true, .text = std::string(value)};
  };
  if (name == "_PWD") {
    if (directory.starts_with('/')) return text(directory);
    const std::string here = world_.working_directory();
    return text(directory.empty() ? here : here + "/" + std::string(directory));
  }
  if (name == "_INSTANCE") return text(config_id_);
  if (name == "_HASH") return text("#");
  if (name == "_BANG") return text("!");
  return {};
}

Predefined::Answer Predefined::environment(std::string_view variable) const {
  Answer answer{.known = true};
  bool name = !variable.empty();
  for (const char c : variable) name = name && continues_name(c);
  if (name) {
    answer.valid = true;
    answer.text = world_.environment(std::string(variable)).value_or("");
    return answer;
  }
  answer.problem = variable.empty() ? "${_ENV} names no environment variable"
                                    : fmt::format("'{}' is no name for an environment variable", variable);
  answer.hint = "write ${_ENV NAME}, NAME being letters, digits and underscores";
  return answer;
}

Predefined::Answer Predefined::random(std::string_view arguments) {
  Answer answer{.known = true, .hint = random_shape};
  const auto words = split_at_blanks(arguments);
  std::int64_t bounds[2] = {0, 32767};
  if (words.size() > 2) {
    answer.problem = "${_RANDOM} takes two numbers at most";
    return answer;
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc() || end != word.data() + word.size()) {
      answer.problem = fmt::format("'{}' is no number from 0 to 4294967295", word);
      return answer;
    }
    bounds[i] = number;
  }
  answer.valid = true;
  if (bounds[0] > bounds[1]) {
    answer.problem = fmt::format("no number is at least {} and at most {}", bounds[0], bounds[1]);
    answer.text = std::to_string(bounds[0]);
  } else {
    answer.text = std::to_string(random_.between(bounds[0], bounds[1]));
  }
  return answer;
}

}  // namespace config
