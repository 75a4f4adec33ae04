#include "config/schema_builder.hpp"

namespace config {

void apply_traits(Keyword& keyword, std::initializer_list<Trait> traits) {
  SeldomTexts seldom;
  bool has_seldom = false;
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
        seldom.same_as = trait.text;
        has_seldom = true;
        break;
      case Trait::Field::old_name_of:
        seldom.preferred = trait.text;
        has_seldom = true;
        break;
      case Trait::Field::example:
        seldom.example = trait.text;
        has_seldom = true;
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
  if (has_seldom) keyword.seldom = schema_memory().store(std::span<const SeldomTexts>(&seldom, 1)).data();
}

Block explained_block(LastingText path, LastingText help, const Rows<int>& rows) {
  return make_block<int>(path, help, rows);
}

}  // namespace config
