#include "config/tracker_weights.hpp"

#include <algorithm>

namespace config {

using track::Kind;

namespace {

template <class Objects, class Name>
const auto* named(const Objects& objects, const std::string& wanted, const Name& name) {
  const auto found = std::ranges::find(objects, wanted, name);
  return found == objects.end() ? nullptr : &*found;
}

}  // namespace

track::Weight weight_of(const Model& model, const track::Reference& reference) {
  if (reference.weight) return *reference.weight;
  const std::string& name = reference.name;
  switch (reference.kind) {
    case Kind::script:
      if (const auto* found = named(model.scripts, name, [](const Script& each) { return each.config.name; }))
        return found->config.weight;
      break;
    case Kind::file:
      if (const auto* found = named(model.track_files, name, &track::FileConfig::name)) return found->weight;
      break;
    case Kind::process:
      if (const auto* found = named(model.track_processes, name, &track::ProcessConfig::name))
        return found->weight;
      break;
    case Kind::bfd:
      if (const auto* found = named(model.bfd_sessions, name, &bfd::Config::name))
        return {found->weight, found->weight_reverse};
      break;
    case Kind::interface:
      break;
  }
  return {};
}

std::optional<track::Weight> weight_in_group(Kind kind, const track::Weight& weight) {
  if (weight.points == 0) return weight;
  if (kind == Kind::interface || kind == Kind::file) return track::Weight{};
  return std::nullopt;
}

}  // namespace config
