// What a router's priority or health can depend on: scripts, files, processes, interfaces and BFD sessions, as plain values.
// The commands of scripts are not here: a tracker only needs to know when to run and how to judge.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/time.hpp"

namespace track {

using std::chrono_literals::operator""s;

/// How much a failing (or, reversed, a working) object is worth. 0 = fault instead of priority.
struct Weight {
  std::int32_t points = 0;
  bool reverse = false;

  friend bool operator==(const Weight&, const Weight&) = default;
};

struct ScriptConfig {
  std::string name;
  core::Duration interval = 1s;
  core::Duration timeout = 1s;  // as long as the interval unless written
  Weight weight;
  std::uint32_t rise = 1;
  std::uint32_t fall = 1;
  bool init_fail = false;

  friend bool operator==(const ScriptConfig&, const ScriptConfig&) = default;
};

/// `init_file`: what a missing file is made with.
struct FileInit {
  std::int32_t value = 0;
  bool overwrite = false;

  friend bool operator==(const FileInit&, const FileInit&) = default;
};

struct FileConfig {
  using Init = FileInit;

  std::string name;
  std::string path;
  Weight weight{1, false};  // factor applied to the number read
  std::optional<Init> init;

  friend bool operator==(const FileConfig&, const FileConfig&) = default;
};

enum class ParameterMatch : std::uint8_t { none, exact, initial, partial };

struct ProcessConfig {
  std::string name;
  std::string process;
  std::vector<std::string> parameters;
  ParameterMatch match = ParameterMatch::none;
  Weight weight;
  std::uint32_t quorum = 1;
  std::optional<std::uint32_t> quorum_max;
  core::Duration fork_delay{};
  core::Duration terminate_delay{};
  bool full_command = false;

  friend bool operator==(const ProcessConfig&, const ProcessConfig&) = default;
};

enum class Kind : std::uint8_t { interface, script, file, process, bfd };

/// One line of a `track_*` block. Without a weight of its own the object's counts.
struct Reference {
  Kind kind = Kind::interface;
  std::string name;
  std::optional<Weight> weight;

  friend bool operator==(const Reference&, const Reference&) = default;
};

/// `interface_up_down_delays`.
struct InterfaceDelay {
  std::string interface;
  core::Duration down{};
  core::Duration up{};

  friend bool operator==(const InterfaceDelay&, const InterfaceDelay&) = default;
};

enum class PollMethod : std::uint8_t { automatic, mii, ethtool, ioctl };

/// `linkbeat_interfaces`.
struct PolledInterface {
  std::string interface;
  PollMethod method = PollMethod::automatic;

  friend bool operator==(const PolledInterface&, const PolledInterface&) = default;
};

}  // namespace track
