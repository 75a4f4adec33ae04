#include "config/schema_builder.hpp"

namespace config {

void apply_traits(Keyword& keyword, std::initializer_list<Trait> traits) {
  for (const Trait& trait : traits) {
    switch (trait.field) {
      case Trait::Field::syntax:
        keyword.syntax = trait.text;
        break;
      case Trait::Field::unit:
        keyword.unit = trait.text;
        break;
      case Trait::Field::range:
        keyword.range = trait.text;
        break;
      case Trait::Field::by_default:
        keyword.default_value = trait.text;
        break;
      case Trait::Field::inherits:
        keyword.inherits = trait.text;
        break;
      case Trait::Field::same_as:
        keyword.same_as = trait.text;
        break;
      case Trait::Field::old_name_of:
        keyword.preferred = trait.text;
        break;
      case Trait::Field::example:
        keyword.example = trait.text;
        break;
      case Trait::Field::repeat:
        keyword.repeat = static_cast<Repeat>(trait.number);
        break;
      case Trait::Field::reload:
        keyword.reload = static_cast<Reload>(trait.number);
        break;
      case Trait::Field::early:
        keyword.early = true;
        break;
      case Trait::Field::block_optional:
        keyword.bare = true;
        break;
    }
  }
}

Block explained_block(std::string_view path, std::string_view help, std::vector<Entry<int>> entries) {
  return make_block<int>(path, help, std::move(entries));
}

}  // namespace config
