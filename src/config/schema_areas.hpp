// The contents of the schema, an area a file (schema_*.cpp). Only schema.cpp calls these.
#pragma once

#include <vector>

#include "config/schema.hpp"

namespace config {

std::vector<Block> top_level_blocks();
std::vector<Block> global_blocks();
std::vector<Block> instance_blocks();
std::vector<Block> tracking_blocks();
std::vector<Block> address_blocks();
std::vector<Block> route_blocks();
std::vector<Block> rule_blocks();
std::vector<Block> bfd_blocks();
std::vector<Block> virtual_server_blocks();
std::vector<Block> checker_blocks();
std::vector<Block> language_blocks();

}  // namespace config
