#include "track/effect.hpp"

#include <algorithm>

namespace track {

namespace {

constexpr std::int64_t lowest_points = -254;  // and below: a fault
constexpr std::int64_t highest_points = 253;

}  // namespace

Effect effect_of(bool up, const Weight& weight) {
  if (weight.points == 0) return {.points = 0, .fault = up == weight.reverse};
  const std::int32_t counted = weight.points > 0 ? (up ? weight.points : 0) : (up ? 0 : weight.points);
  return {.points = weight.reverse ? -counted : counted, .fault = false};
}

Effect effect_of_value(std::int64_t value, const Weight& weight) {
  if (weight.points == 0) return {.points = 0, .fault = (value != 0) != weight.reverse};
  // Numbers beyond this are beyond every limit whatever the weight; held here so that the product cannot overflow.
  constexpr std::int64_t enough = 1'000'000;
  const std::int64_t factor = weight.reverse ? -weight.points : weight.points;
  const std::int64_t product = std::clamp(value, -enough, enough) * factor;
  if (product <= lowest_points) return {.points = 0, .fault = true};
  return {.points = static_cast<std::int32_t>(std::min(product, highest_points)), .fault = false};
}

}  // namespace track
