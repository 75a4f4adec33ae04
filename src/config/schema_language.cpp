// What may stand anywhere and is read before any keyword is known, and the parts of a command; described here for `explain`.
#include "config/schema_areas.hpp"
#include "config/schema_builder.hpp"

namespace config {

// clang-format off: one entry reads as one row of a table
std::vector<Block> language_blocks() {
  std::vector<Block> blocks;
  blocks.push_back(explained_block("(script command line)", "The words after notify, script and their like.", {
      {"<CMD>", explained,
       "Command, with arguments inside the quotes. A command with shell operators outside of its quotes "
       "runs through /bin/sh -c.",
       {syntax("word or quoted string")}},
      {"<USER>", explained,
       "Account to run as.",
       {syntax("2nd word"), range("existing user"), by_default("script_user"),
        inherits("script_user (global)")}},
      {"<GROUP>", explained,
       "Group to run as.",
       {syntax(":<GROUP>|:|<GROUP>"), range("existing group"), by_default("user's own group")}},
  }));
  blocks.push_back(explained_block("(any)", "What may stand on any line.", {
      {"include", explained, "Read other files here. Relative to the including file.", {syntax("<PATTERN>")}},
      {"includer", explained, "include, unreadable match is an error.", {syntax("<PATTERN>")}},
      {"includem", explained, "includer, and no match without wildcards is an error.", {syntax("<PATTERN>")}},
      {"includew", explained, "includem, and no match with wildcards is an error.", {syntax("<PATTERN>")}},
      {"includeb", explained, "includer, and each brace alternative must match.", {syntax("<PATTERN>")}},
      {"includea", explained, "All include checks at once.", {syntax("<PATTERN>")}},
      {"$NAME=", explained,
       "Define a parameter. Used as $NAME or ${NAME}.",
       {syntax("$NAME=<TEXT>"), range("name [A-Za-z_][A-Za-z0-9_]*")}},
      {"@ID", explained,
       "Line used only for (not for) this config id.", {syntax("@ID <LINE> | @^ID <LINE>"), same_as("@^ID")}},
      {"~SEQ", explained,
       "Repeat line over a number sequence.",
       {syntax("~SEQ(var[,start[,step]],end) <LINE>"), same_as("~SEQx")}},
      {"~LST", explained, "Repeat line over listed values.", {syntax("~LST(var,v1,...) <LINE>")}},
  }));
  return blocks;
}
// clang-format on

}  // namespace config
