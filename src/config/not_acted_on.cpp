#include "config/not_acted_on.hpp"

#include <iterator>
#include <unordered_map>

namespace config {

namespace {

struct Line {
  std::string_view block;
  std::string_view keyword;
  Severity severity = Severity::warning;
};

constexpr Severity note = Severity::note;
constexpr Severity warning = Severity::warning;

constexpr Line lines[] = {
    {"global_defs", "use_symlink_paths", note},
    {"global_defs", "nftables_ipvs", note},
    {"global_defs", "nftables_ipvs_priority", note},
    {"global_defs", "nftables_ipvs_start_fwmark", note},
    {"global_defs", "snmp_socket", note},
    {"global_defs", "enable_traps", warning},
    {"global_defs", "enable_snmp_vrrp", warning},
    {"global_defs", "enable_snmp_keepalived", warning},
    {"global_defs", "enable_snmp_rfc", warning},
    {"global_defs", "enable_snmp_rfcv2", warning},
    {"global_defs", "enable_snmp_rfcv3", warning},
    {"global_defs", "enable_snmp_checker", warning},
    {"global_defs", "snmp_vs_stats_update_interval", note},
    {"global_defs", "snmp_rs_stats_update_interval", note},
    {"global_defs", "enable_dbus", warning},
    {"global_defs", "dbus_service_name", note},
    {"global_defs", "dbus_no_interface_name", note},
    {"global_defs", "config_save_dir", note},
    {"global_defs", "tmp_config_directory", note},
};

std::unordered_map<std::string_view, std::unordered_map<std::string_view, Severity>> by_block() {
  std::unordered_map<std::string_view, std::unordered_map<std::string_view, Severity>> result;
  for (const Line& line : lines) result[line.block].emplace(line.keyword, line.severity);
  return result;
}

}  // namespace

std::optional<Severity> not_acted_on(std::string_view block, std::string_view keyword) {
  static const auto table = by_block();
  const auto found = table.find(block);
  if (found == table.end()) return std::nullopt;
  const auto line = found->second.find(keyword);
  return line == found->second.end() ? std::nullopt : std::optional(line->second);
}

std::size_t not_acted_on_count() { return std::size(lines); }

}  // namespace config
