#include "runtime/interface_sysctl.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

#include "runtime/fd.hpp"
#include "runtime/system_error.hpp"

namespace runtime {

namespace {

core::Result<std::string> read_setting(const std::string& path) {
  const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  char text[64];
  const ssize_t size = file ? ::read(file.get(), text, sizeof text) : -1;
  if (size < 0) return std::unexpected(last_error(fmt::format("cannot read {}", path)));
  std::string value(text, static_cast<std::size_t>(size));
  while (!value.empty() && value.back() == '\n') value.pop_back();
  return value;
}

core::Result<> write_setting(const std::string& path, const std::string& value) {
  const Fd file{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
  if (!file || ::write(file.get(), value.data(), value.size()) != static_cast<ssize_t>(value.size())) {
    return std::unexpected(last_error(fmt::format("cannot set {} to {}", path, value)));
  }
  return {};
}

}  // namespace

std::string InterfaceSysctls::path(const std::string& interface, const std::string& key) const {
  if (interface.empty()) return fmt::format("{}/net/ipv4/{}", root_, key);
  return fmt::format("{}/net/ipv4/conf/{}/{}", root_, interface, key);
}

core::Result<> InterfaceSysctls::set(const std::string& interface, const std::string& key,
                                     const std::string& value) {
  const std::string file = path(interface, key);
  const auto before = read_setting(file);
  if (!before) return std::unexpected(before.error());
  if (*before == value) return {};
  if (auto written = write_setting(file, value); !written) return written;
  const auto [change, is_new] = changes_.try_emplace({interface, key}, Change{*before, value});
  if (!is_new) change->second.ours = value;
  return {};
}

core::Result<> InterfaceSysctls::set_new(net::Family family, const std::string& interface,
                                         const std::string& key, const std::string& value) {
  const char* const tree = family == net::Family::v4 ? "ipv4" : "ipv6";
  return write_setting(fmt::format("{}/net/{}/conf/{}/{}", root_, tree, interface, key), value);
}

core::Result<> InterfaceSysctls::relax_reverse_path() {
  const auto number = [](const core::Result<std::string>& text) {
    return text && !text->empty() ? text->front() : '0';
  };
  const auto all = read_setting(path("all", "rp_filter"));
  if (!all) return std::unexpected(all.error());
  if (number(all) == '0') return {};
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(root_ + "/net/ipv4/conf", ignored)) {
    const std::string interface = entry.path().filename();
    if (interface == "all" || number(read_setting(path(interface, "rp_filter"))) >= number(all)) continue;
    if (auto raised = set(interface, "rp_filter", *all); !raised) return raised;
  }
  return set("all", "rp_filter", "0");
}

std::vector<engine::ChangedSetting> InterfaceSysctls::changes() const {
  std::vector<engine::ChangedSetting> list;
  for (const auto& [name, change] : changes_)
    list.push_back({name.first, name.second, change.before, change.ours});
  return list;
}

void InterfaceSysctls::adopt(const std::vector<engine::ChangedSetting>& changes) {
  for (const auto& one : changes)
    changes_.try_emplace({one.interface, one.key}, Change{one.before, one.ours});
}

std::vector<core::Error> InterfaceSysctls::restore() {
  std::vector<core::Error> errors;
  for (const auto& [name, change] : changes_) {
    const std::string file = path(name.first, name.second);
    const auto current = read_setting(file);
    if (!current || *current != change.ours) continue;
    if (auto written = write_setting(file, change.before); !written) errors.push_back(written.error());
  }
  changes_.clear();
  return errors;
}

}  // namespace runtime
