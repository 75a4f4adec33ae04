#include "app/real_server.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <optional>

#include "net/interface.hpp"
#include "runtime/files.hpp"
#include "runtime/interface_sysctl.hpp"
#include "runtime/netlink_io.hpp"

namespace app {
namespace {

using Json = nlohmann::json;

constexpr const char* loopback = "lo";
constexpr int exit_failed = 1;
constexpr int exit_not_ready = 3;

struct Setting {
  const char* interface;
  const char* key;
  const char* value;
};
// `all` counts for every interface, as the kernel takes the larger of it and the interface's own.
constexpr std::array settings{Setting{"all", "arp_ignore", "1"}, Setting{"all", "arp_announce", "2"},
                              Setting{loopback, "arp_ignore", "1"}, Setting{loopback, "arp_announce", "2"}};

// What `up` did and `down` shall undo.
struct Record {
  std::vector<net::IpAddress> addresses;
  std::vector<engine::ChangedSetting> settings;
};

int complain(const core::Error& error) {
  fmt::print(stderr, "standfast: {}\n", error.message);
  return exit_failed;
}

core::Result<std::vector<net::IpAddress>> parse(const std::vector<std::string>& words) {
  std::vector<net::IpAddress> addresses;
  for (const std::string& word : words) {
    const auto address = net::IpAddress::parse(word);
    if (!address || *address == net::IpAddress::any(address->family))
      return std::unexpected(
          core::Error{0, fmt::format("'{}' is not an address: write for example 192.0.2.10", word)});
    if (std::ranges::find(addresses, *address) == addresses.end()) addresses.push_back(*address);
  }
  return addresses;
}

core::Result<Record> read_record() {
  Record record;
  if (!std::filesystem::exists(real_server_file)) return record;
  const auto text = runtime::read_text_file(real_server_file);
  if (!text) return std::unexpected(text.error());
  const Json json = Json::parse(*text, nullptr, false);
  const auto damaged = std::unexpected(core::Error{
      0, fmt::format("{} is damaged: remove it, and the addresses from lo by hand", real_server_file)});
  if (!json.is_object() || !json.contains("addresses") || !json.contains("settings")) return damaged;
  for (const auto& word : json["addresses"]) {
    const auto address = word.is_string() ? net::IpAddress::parse(word.get<std::string>()) : std::nullopt;
    if (!address) return damaged;
    record.addresses.push_back(*address);
  }
  for (const auto& setting : json["settings"]) {
    const auto text_of = [&](const char* key) {
      return setting.is_object() ? setting.value(key, "") : std::string();
    };
    record.settings.push_back({text_of("interface"), text_of("key"), text_of("before"), text_of("ours")});
  }
  return record;
}

core::Result<> write_record(const Record& record) {
  Json addresses = Json::array(), changed = Json::array();
  for (const auto& address : record.addresses) addresses.push_back(address.to_string());
  for (const auto& setting : record.settings) {
    changed.push_back({{"interface", setting.interface},
                       {"key", setting.key},
                       {"before", setting.before},
                       {"ours", setting.ours}});
  }
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(real_server_file).parent_path(), ignored);
  return runtime::write_file(real_server_file,
                             Json{{"addresses", addresses}, {"settings", changed}}.dump(2) + "\n", 0644);
}

void forget_record() {
  std::error_code ignored;
  std::filesystem::remove(real_server_file, ignored);
}

// The loopback interface as the kernel has it.
struct Loopback {
  net::InterfaceIndex index;
  std::vector<net::Prefix> addresses;

  bool has(const net::IpAddress& address) const {
    return std::ranges::any_of(addresses, [&](const auto& prefix) { return prefix.address == address; });
  }
};

core::Result<Loopback> look(runtime::NetlinkCommands& commands) {
  const auto listing = commands.list(false);
  if (!listing) return std::unexpected(listing.error());
  Loopback found;
  for (const auto& interface : listing->interfaces) {
    if (interface.name == loopback) found.index = interface.index;
  }
  for (const auto& address : listing->addresses) {
    if (address.interface == found.index) found.addresses.push_back(address.address);
  }
  return found;
}

runtime::KernelChange change(runtime::KernelChange::Kind kind, const Loopback& lo,
                             const net::IpAddress& address) {
  net::InterfaceAddress entry;
  entry.interface = lo.index;
  entry.address = {address, static_cast<std::uint8_t>(address.is_v6() ? 128 : 32)};
  return {kind, entry};
}

core::Result<> perform(runtime::NetlinkCommands& commands,
                       const std::vector<runtime::KernelChange>& changes) {
  if (changes.empty()) return {};
  const auto applied = commands.apply(changes);
  if (!applied) return std::unexpected(applied.error());
  if (applied->refusals.empty()) return {};
  const auto& first = applied->refusals.front();
  return std::unexpected(core::Error{
      first.error.code, fmt::format("{} on lo: {}", changes[first.index].text(), first.error.message)});
}

core::Result<runtime::NetlinkCommands> open_commands() {
  auto commands = runtime::NetlinkCommands::open({});
  if (!commands) return std::unexpected(commands.error());
  if (auto may = commands->may_change(); !may) return std::unexpected(may.error());
  return commands;
}

std::string current(const Setting& setting) {
  const auto text = runtime::read_text_file(
      fmt::format("/proc/sys/net/ipv4/conf/{}/{}", setting.interface, setting.key), 64);
  return text ? text->substr(0, text->find('\n')) : "?";
}

}  // namespace

int real_server_up(const std::vector<std::string>& words) {
  const auto wanted = parse(words);
  if (!wanted) return complain(wanted.error());
  auto commands = open_commands();
  if (!commands) return complain(commands.error());
  auto record = read_record();
  if (!record) return complain(record.error());
  const auto lo = look(*commands);
  if (!lo) return complain(lo.error());

  // First silence, then the address: in between the machine would answer for it.
  runtime::InterfaceSysctls sysctls;
  sysctls.adopt(record->settings);
  for (const Setting& setting : settings) {
    if (const auto set = sysctls.set(setting.interface, setting.key, setting.value); !set) {
      [[maybe_unused]] const auto left = sysctls.restore();
      return complain(set.error());
    }
  }
  record->settings = sysctls.changes();
  std::vector<runtime::KernelChange> changes;
  for (const auto& address : *wanted) {
    const bool ours = std::ranges::find(record->addresses, address) != record->addresses.end();
    if (!ours && lo->has(address)) {
      fmt::print("{} is on lo already, made by somebody else: `down` will leave it there\n",
                 address.to_string());
      continue;
    }
    if (!ours) record->addresses.push_back(address);
    if (!lo->has(address)) changes.push_back(change(runtime::KernelChange::Kind::add, *lo, address));
  }
  // Before the change, so that it can be undone whatever happens.
  if (const auto written = write_record(*record); !written) {
    [[maybe_unused]] const auto left = sysctls.restore();
    return complain(written.error());
  }
  if (const auto applied = perform(*commands, changes); !applied) return complain(applied.error());
  for (const auto& address : *wanted) fmt::print("ready for {}\n", address.to_string());
  return 0;
}

int real_server_down(const std::vector<std::string>& words) {
  const auto given = parse(words);
  if (!given) return complain(given.error());
  auto commands = open_commands();
  if (!commands) return complain(commands.error());
  auto record = read_record();
  if (!record) return complain(record.error());
  const auto lo = look(*commands);
  if (!lo) return complain(lo.error());

  const std::vector<net::IpAddress> leaving = given->empty() ? record->addresses : *given;
  std::vector<runtime::KernelChange> changes;
  for (const auto& address : leaving) {
    const auto ours = std::ranges::find(record->addresses, address);
    if (ours == record->addresses.end()) {
      fmt::print("{} was not put here by `up`: left alone\n", address.to_string());
      continue;
    }
    record->addresses.erase(ours);
    if (lo->has(address)) changes.push_back(change(runtime::KernelChange::Kind::remove, *lo, address));
  }
  if (const auto applied = perform(*commands, changes); !applied) return complain(applied.error());
  if (!record->addresses.empty()) {
    if (const auto written = write_record(*record); !written) return complain(written.error());
    fmt::print("still ready for {} more\n", record->addresses.size());
    return 0;
  }
  runtime::InterfaceSysctls sysctls;
  sysctls.adopt(record->settings);
  const auto left = sysctls.restore();
  for (const auto& error : left) fmt::print(stderr, "standfast: {}\n", error.message);
  forget_record();
  fmt::print("this machine serves no virtual address any more; its settings are as before\n");
  return left.empty() ? 0 : exit_failed;
}

int real_server_status(const std::vector<std::string>& words) {
  const auto given = parse(words);
  if (!given) return complain(given.error());
  const auto record = read_record();
  if (!record) return complain(record.error());
  auto commands = runtime::NetlinkCommands::open({});
  if (!commands) return complain(commands.error());
  const auto lo = look(*commands);
  if (!lo) return complain(lo.error());

  const std::vector<net::IpAddress>& wanted = given->empty() ? record->addresses : *given;
  bool ready = !wanted.empty();
  if (wanted.empty()) fmt::print("no virtual address is set up: `standfast real-server up ADDRESS`\n");
  bool any_v4 = false;
  for (const auto& address : wanted) {
    const bool present = lo->has(address);
    ready &= present;
    any_v4 |= !address.is_v6();
    fmt::print("{} {}\n", address.to_string(),
               present ? "is on lo" : "is not on lo: `standfast real-server up` puts it there");
  }
  for (const Setting& setting : settings) {
    const std::string value = current(setting);
    const bool right = value == setting.value || !any_v4;
    ready &= right;
    fmt::print(
        "net.ipv4.conf.{}.{} = {}{}\n", setting.interface, setting.key, value,
        right ? "" : fmt::format(", must be {}: this machine may answer ARP for the address", setting.value));
  }
  return ready ? 0 : exit_not_ready;
}

}  // namespace app
