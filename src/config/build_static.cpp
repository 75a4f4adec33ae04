// Addresses, routes and rules that are there whatever the routers' states.
#include "config/build.hpp"
#include "config/schema_shared.hpp"

namespace config {

namespace {

bool group_known(Build& build, const std::string& group, const Word& word) {
  if (group.empty() || build.track_groups.has(group)) return true;
  unknown_reference(build.interpreter, word, "track_group", build.track_groups);
  return false;
}

// Calls `keep` with every line of the blocks that was not refused.
template <class Line, class Keep>
void each_line(Build& build, const std::vector<const Statement*>& blocks, std::string_view path, Keep keep) {
  for (const Statement* statement : blocks) {
    for (const Statement& line : statement->children()) {
      Line value{};
      Words words{build.interpreter, line.keyword, {}, &line};
      if (build.interpreter.read_line(schema().at(path), line, &value)) keep(std::move(value), words);
    }
  }
}

void read_addresses(Build& build) {
  const std::string& usual = build.interpreter.globals().default_interface;
  each_line<AddressDraft>(build, build.root.static_addresses, "static_ipaddress",
                          [&](AddressDraft&& line, Words&) {
                            if (!line.device_given) {
                              line.address.interface = usual;
                              build.interpreter.check_interface({usual, line.word.place});
                            }
                            if (!group_known(build, line.track_group, line.track_group_word)) return;
                            build.model.static_addresses.push_back({finish_address(line), line.track_group});
                          });
}

}  // namespace

void read_static_entries(Build& build) {
  read_addresses(build);
  each_line<RouteDraft>(
      build, build.root.static_routes, "static_routes", [&](RouteDraft&& line, Words& words) {
        const Word group = line.track_group_word;
        auto route = finish_route(std::move(line), words);
        if (!route || !group_known(build, route->track_group, group)) return;
        if (!route->track_group.empty() && route->interface.empty()) {
          build.interpreter.refuse("missing-argument", group, "a route that follows a track_group needs dev",
                                   {}, "it follows nothing");
        }
        build.model.static_routes.push_back(std::move(*route));
      });
  each_line<RuleDraft>(build, build.root.static_rules, "static_rules", [&](RuleDraft&& line, Words& words) {
    const Word group = line.track_group_word;
    auto rule = finish_rule(std::move(line), words);
    if (!rule || !group_known(build, rule->track_group, group)) return;
    if (!rule->track_group.empty() && rule->input_interface.empty()) {
      build.interpreter.refuse("missing-argument", group, "a rule that follows a track_group needs iif", {},
                               "it follows nothing");
    }
    build.model.static_rules.push_back(std::move(*rule));
  });
}

}  // namespace config
