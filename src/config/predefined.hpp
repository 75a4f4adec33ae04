// The parameters nobody has to define: ${_PWD}, ${_INSTANCE}, ${_ENV X}, ${_RANDOM MIN MAX}, ${_HASH}, ${_BANG}.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "config/read.hpp"
#include "config/world.hpp"
#include "core/random.hpp"

namespace config {

class Predefined {
 public:
  static constexpr std::array<std::string_view, 6> names = {"_PWD",    "_INSTANCE", "_ENV",
                                                            "_RANDOM", "_HASH",     "_BANG"};

  Predefined(const ReadOptions& options, const World& world);

  const std::string& config_id() const { return config_id_; }

  struct Answer {
    bool known = false;  // false: no such parameter
    bool valid = false;  // false: it cannot be replaced
    std::string text = {};
    std::string problem = {};  // may be there although the answer is valid
    std::string hint = {};
  };
  /// `content` is what stands between the braces: a name, for some with arguments.
  Answer value(std::string_view content, std::string_view directory);

 private:
  Answer environment(std::string_view arguments) const;
  Answer random(std::string_view arguments);

  const World& world_;
  std::string config_id_;
  core::Random random_;
};

}  // namespace config
