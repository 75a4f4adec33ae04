// What a line of a `track_*` block is worth: its own weight or that of the object it names; and what is left of that in a sync
// group whose members must be worth the same.
#pragma once

#include <optional>

#include "config/model.hpp"

namespace config {

track::Weight weight_of(const Model& model, const track::Reference& reference);

/// For a member of a group without sync_group_tracking_weight: interfaces and files become a fault, anything else with a
/// weight is not tracked (empty).
std::optional<track::Weight> weight_in_group(track::Kind kind, const track::Weight& weight);

}  // namespace config
