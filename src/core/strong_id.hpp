// Numbers that name things and must not be mixed up: an interface index is not an instance number.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace core {

template <class Tag, class Rep = std::uint32_t>
struct StrongId {
  Rep value{};

  friend constexpr auto operator<=>(const StrongId&, const StrongId&) = default;
};

}  // namespace core

template <class Tag, class Rep>
struct std::hash<core::StrongId<Tag, Rep>> {
  std::size_t operator()(const core::StrongId<Tag, Rep>& id) const noexcept {
    return std::hash<Rep>{}(id.value);
  }
};
