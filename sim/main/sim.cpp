// The simulator's command line. The only place of the simulator that reads a clock (--minutes) or a file (--scenario).
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/balancing/trial.hpp"
#include "sim/scenario.hpp"
#include "sim/trial.hpp"

namespace {

constexpr const char* usage =
    "usage: sim --seed N [--steps N] [--nodes 2..4] [--tail N]   one trial, always the same for the same "
    "seed\n"
    "       sim --seeds FROM-TO [--steps N] [--nodes 2..4]       a range of seeds\n"
    "       sim --minutes M [--seeds FROM-]                      seed after seed for so long\n"
    "       sim --balancing ...                                  the same of the balancer: services and "
    "servers\n"
    "       sim --scenario [--rewrite] FILE...                   text scenarios, or writes down what they do "
    "now\n";

struct Options {
  sim::TrialOptions trial;
  std::uint64_t from = 1;
  std::uint64_t to = 1;
  std::optional<double> minutes;
  bool balancing = false;
  bool scenario = false;
  bool rewrite = false;
  std::vector<std::string> files;
};

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  if (text.empty()) return std::nullopt;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

bool read_range(Options& options, std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto from = number(text.substr(0, dash));
  if (!from) return false;
  options.from = options.to = *from;
  if (dash == std::string_view::npos) return true;
  const std::string_view last = text.substr(dash + 1);
  options.to = last.empty() ? UINT64_MAX : number(last).value_or(0);
  return options.to >= options.from;
}

bool read_option(Options& options, const std::string& name, const std::string& value) {
  if (name == "--seed" || name == "--seeds") return read_range(options, value);
  const auto count = number(value);
  if (!count) return false;
  if (name == "--steps") options.trial.steps = static_cast<std::uint32_t>(*count);
  if (name == "--nodes") options.trial.nodes = static_cast<std::uint32_t>(*count);
  if (name == "--tail") options.trial.tail = *count;
  if (name == "--minutes") options.minutes = static_cast<double>(*count);
  return name != "--nodes" || (*count >= 2 && *count <= 4);
}

std::optional<Options> read_options(const std::vector<std::string>& words) {
  Options options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--scenario") {
      options.scenario = true;
    } else if (words[i] == "--balancing") {
      options.balancing = true;
    } else if (words[i] == "--rewrite") {
      options.rewrite = true;
    } else if (words[i].starts_with("--")) {
      if (i + 1 == words.size() || !read_option(options, words[i], words[i + 1])) return std::nullopt;
      ++i;
    } else {
      options.files.push_back(words[i]);
    }
  }
  if (options.scenario == options.files.empty()) return std::nullopt;
  if (options.balancing && (options.scenario || options.trial.nodes != 0)) return std::nullopt;
  if (options.minutes && options.to == options.from) options.to = UINT64_MAX;
  return options;
}

int run_seeds(const Options& options) {
  const auto begin = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  std::uint64_t trials = 0;
  std::uint64_t events = 0;
  double simulated = 0;
  for (std::uint64_t seed = options.from; seed <= options.to; ++seed) {
    if (options.minutes && elapsed() > *options.minutes * 60) break;
    sim::TrialOptions trial = options.trial;
    trial.seed = seed;
    const sim::TrialResult result =
        options.balancing ? sim::balancing::run_trial(trial) : sim::run_trial(trial);
    ++trials;
    events += result.events;
    simulated += std::chrono::duration<double>(result.simulated).count();
    if (result.findings.empty()) continue;
    fmt::print("seed {} fails at commit {}\n{}", seed, STANDFAST_COMMIT, result.report);
    fmt::print("again: sim {}--seed {} --steps {}{}\n", options.balancing ? "--balancing " : "", seed,
               trial.steps, trial.nodes == 0 ? "" : fmt::format(" --nodes {}", trial.nodes));
    return EXIT_FAILURE;
  }
  fmt::print("{} trials, {:.0f} s simulated, {} events, every promise kept\n", trials, simulated, events);
  return EXIT_SUCCESS;
}

bool run_file(const std::string& path, bool rewrite) {
  std::ifstream in(path);
  if (!in) {
    fmt::print("{}: cannot be read\n", path);
    return false;
  }
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto now = sim::play(text);
  if (!now) {
    fmt::print("{}:{}\n", path, now.error());
    return false;
  }
  if (*now == text) return true;
  if (!rewrite) {
    fmt::print("{}: another course of events\n{}", path, sim::difference(text, *now));
    return false;
  }
  std::ofstream(path) << *now;
  fmt::print("{}: rewritten\n", path);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = read_options({argv + 1, argv + argc});
  if (argc < 2 || !options) {
    fmt::print(stderr, "{}", usage);
    return 2;
  }
  if (!options->scenario) return run_seeds(*options);
  bool good = true;
  for (const std::string& file : options->files) good = run_file(file, options->rewrite) && good;
  return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
