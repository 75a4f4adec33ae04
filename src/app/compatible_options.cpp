#include "app/compatible_options.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fmt/format.h>
#include <getopt.h>
#include <signal.h>
#include <syslog.h>
#include <utility>

namespace app {
namespace {

// Long options without a letter.
enum LongOnly : int {
  all_processes = 256,
  flush_log,
  signum,
  config_fd,
  ignore_sigint,
  perf,
  debug,
  no_mem_check,
  control_socket
};

struct Option {
  const char* name;
  int argument;  // no_argument, required_argument, optional_argument
  int code;
  const char* meaning;  // nullptr: accepted, not shown
};

constexpr std::array options{
    Option{"use-file", required_argument, 'f', "FILE  main configuration (a pattern may match several)"},
    Option{"vrrp", no_argument, 'P', "only VRRP, no health checks"},
    Option{"check", no_argument, 'C', "only health checks, no VRRP"},
    Option{"no_bfd", no_argument, 'B', "no BFD"},
    Option{"all", no_argument, all_processes, "start every part even without configuration for it"},
    Option{"log-console", no_argument, 'l', "also log to stderr (with -n)"},
    Option{"log-detail", no_argument, 'D', "more log detail"},
    Option{"log-facility", required_argument, 'S', "0-7, local0-local7, user or daemon"},
    Option{"log-file", optional_argument, 'g', "[FILE]  also log to a file"},
    Option{"flush-log-file", no_argument, flush_log, "flush the log file after each line"},
    Option{"no-syslog", no_argument, 'G', "do not log to syslog"},
    Option{"umask", required_argument, 'u', "NUMBER  file mode mask (default 0177)"},
    Option{"release-vips", no_argument, 'X', "drop addresses when a signal ends mastership (always done)"},
    Option{"dont-release-vrrp", no_argument, 'V', "leave addresses in place on exit"},
    Option{"dont-release-ipvs", no_argument, 'I', "leave IPVS entries in place on exit"},
    Option{"dont-respawn", no_argument, 'R', "end when a worker dies instead of restarting it"},
    Option{"dont-fork", no_argument, 'n', "stay in the foreground"},
    Option{"dump-conf", no_argument, 'd', "log the configuration at start"},
    Option{"pid", required_argument, 'p', "FILE  pid file of the daemon"},
    Option{"vrrp_pid", required_argument, 'r', "FILE  pid file of the VRRP worker"},
    Option{"checkers_pid", required_argument, 'c', "FILE  pid file of the health checks"},
    Option{"bfd_pid", required_argument, 'b', "FILE  pid file of BFD"},
    Option{"address-monitoring", no_argument, 'a', "log every address change the kernel reports"},
    Option{"genhash", no_argument, 'T', "act as genhash"},
    Option{"namespace", required_argument, 's', "NAME  run in this network namespace"},
    Option{"all-config", no_argument, 'e', "every include problem is an error"},
    Option{"config-id", required_argument, 'i', "ID  for lines that begin with @ID"},
    Option{"snmp", no_argument, 'x', "SNMP"},
    Option{"snmp-agent-socket", required_argument, 'A', "SOCKET  of the SNMP agent"},
    Option{"core-dump", no_argument, 'm', "lift the limit on core dumps"},
    Option{"core-dump-pattern", optional_argument, 'M', "[PATTERN]  and set the kernel's core_pattern"},
    Option{"signum", required_argument, signum,
           "STOP|RELOAD|DATA|STATS|STATS_CLEAR|JSON  print a signal's number"},
    Option{"config-test", optional_argument, 't', "[LOGFILE]  check the configuration and exit"},
    Option{"control-socket", required_argument, control_socket, "PATH  of the control socket, or none"},
    Option{"ignore-sigint", no_argument, ignore_sigint, "ignore SIGINT"},
    Option{"config-fd", required_argument, config_fd, nullptr},
    Option{"perf", optional_argument, perf, nullptr},
    Option{"debug", optional_argument, debug, nullptr},
    Option{"no-mem-check", no_argument, no_mem_check, nullptr},
    Option{"mem-check-log", no_argument, 'L', nullptr},
    Option{"openssl-mem-check", no_argument, 'O', nullptr},
    Option{"version", no_argument, 'v', "version and build options"},
    Option{"help", no_argument, 'h', "this text"},
};

std::string short_options() {
  std::string letters = ":";  // a missing argument is told apart from an unknown option
  for (const auto& option : options) {
    if (option.code >= 256) continue;
    letters.push_back(static_cast<char>(option.code));
    if (option.argument == required_argument) letters += ":";
    if (option.argument == optional_argument) letters += "::";
  }
  return letters;
}

std::optional<std::int32_t> facility(const std::string& word) {
  if (word == "daemon") return LOG_DAEMON;
  if (word == "user") return LOG_USER;
  const std::string digit = word.starts_with("local") ? word.substr(5) : word;
  if (digit.size() != 1 || digit[0] < '0' || digit[0] > '7') return std::nullopt;
  return LOG_LOCAL0 + ((digit[0] - '0') << 3);
}

std::optional<std::uint32_t> mode_mask(const std::string& word) {
  errno = 0;
  char* end = nullptr;
  const unsigned long value = std::strtoul(word.c_str(), &end, 0);
  if (word.empty() || *end != '\0' || errno != 0 || value > 0777) return std::nullopt;
  return static_cast<std::uint32_t>(value);
}

std::string log_file_path(std::string given) {
  if (given.empty()) given = "keepalived.log";
  if (given.front() == '/') return given;
  const char* directory = std::getenv("TMPDIR");
  return fmt::format("{}/{}", directory != nullptr && directory[0] == '/' ? directory : "/tmp", given);
}

class Parser {
 public:
  explicit Parser(const std::vector<std::string>& arguments) : words_(arguments) {
    if (words_.empty()) words_.emplace_back("keepalived");
    for (auto& word : words_) argv_.push_back(word.data());
    argv_.push_back(nullptr);
    for (const auto& option : options) long_.push_back({option.name, option.argument, nullptr, option.code});
    long_.push_back({nullptr, 0, nullptr, 0});
    command_.options.compatible = true;
  }

  CompatibleCommand parse() {
    const std::string letters = short_options();
    ::optind = 0;  // glibc: start afresh
    ::opterr = 0;
    int index = -1;
    for (int code = 0; (code = ::getopt_long(static_cast<int>(words_.size()), argv_.data(), letters.c_str(),
                                             long_.data(), &index)) != -1;
         index = -1) {
      const std::string value = ::optarg != nullptr ? ::optarg : "";
      if (index >= 0 && long_[static_cast<std::size_t>(index)].has_arg == required_argument &&
          value.empty()) {
        refuse(
            fmt::format("option --{} needs an argument", options.at(static_cast<std::size_t>(index)).name));
        continue;
      }
      take(code, value, ::optarg != nullptr);
      if (command_.action == CompatibleCommand::Action::genhash) {
        command_.rest.emplace_back("genhash");
        for (auto i = static_cast<std::size_t>(::optind); i < words_.size(); ++i)
          command_.rest.emplace_back(argv_[i]);
        return std::move(command_);
      }
    }
    for (auto i = static_cast<std::size_t>(::optind); i < words_.size(); ++i)
      command_.unexpected.emplace_back(argv_[i]);
    if (refused_) command_.action = CompatibleCommand::Action::refuse;
    return std::move(command_);
  }

 private:
  using Action = CompatibleCommand::Action;

  void refuse(std::string problem) {
    command_.problems.push_back(std::move(problem));
    refused_ = true;
  }
  void warn(std::string problem) { command_.problems.push_back(std::move(problem)); }
  void not_built(std::string_view what) {
    warn(fmt::format("{} is accepted, but this build does not act on it yet", what));
  }

  void take(int code, const std::string& value, bool has_value) {
    auto& o = command_.options;
    switch (code) {
      case 'f':
        o.file = value;
        break;
      case 'P':
        o.run_failover = true;
        break;
      case 'C':
        o.run_failover = false;
        break;
      case all_processes:
        o.run_failover = true;
        o.run_always = true;
        break;
      case 'l':
        o.log.console = true;
        break;
      case 'D':
        o.log.detail = true;
        break;
      case 'S':
        if (const auto number = facility(value)) {
          o.log.facility = *number;
        } else {
          warn(fmt::format("unknown log facility '{}', using daemon", value));
        }
        break;
      case 'g':
        o.log.file = log_file_path(value);
        break;
      case flush_log:
        o.log.flush = true;
        break;
      case 'G':
        o.log.syslog = false;
        break;
      case 'u':
        if (const auto mask = mode_mask(value)) {
          o.file_mode_mask = mask;
        } else {
          warn(fmt::format("umask '{}' is not a number from 0 to 0777, ignored", value));
        }
        break;
      case 'V':
        o.release_addresses = false;
        break;
      case 'R':
        o.respawn = false;
        break;
      case 'n':
        o.foreground = true;
        break;
      case 'd':
        o.dump_configuration = true;
        break;
      case 'p':
        o.pid_file = value;
        break;
      case 'r':
        o.failover_pid_file = value;
        break;
      case 'c':
        o.checkers_pid_file = value;
        break;
      case 'b':
        o.bfd_pid_file = value;
        break;
      case 'a':
        o.log_address_changes = true;
        break;
      case 's':
        o.net_namespace = value;
        break;
      case 'e':
        o.check_includes = true;
        break;
      case 'i':
        o.config_id = value;
        break;
      case 'M':
        o.core_pattern = has_value ? value : "core";
        [[fallthrough]];
      case 'm':
        o.core_dumps = true;
        break;
      case ignore_sigint:
        o.ignore_interrupt = true;
        break;
      case control_socket:
        o.control_socket = value;
        break;
      default:
        take_rest(code, value);
    }
  }

  void take_rest(int code, const std::string& value) {
    switch (code) {
      case 'T':
        command_.action = Action::genhash;
        break;
      case 't':
        command_.action = Action::test;
        command_.test_log = value;
        break;
      case 'v':
        if (command_.action == Action::run) command_.action = Action::show_version;
        break;
      case 'h':
        if (command_.action == Action::run) command_.action = Action::show_help;
        break;
      case signum:
        if (const auto number = signal_number(value)) {
          command_.action = Action::show_signal;
          command_.output = std::to_string(*number);
        } else {
          refuse(fmt::format("Unknown sigfunc {}", value));
        }
        break;
      case 'x':
      case 'A':
        not_built("SNMP");
        break;
      case 'I':
        not_built("--dont-release-ipvs");
        break;
      case perf:
      case debug:
        not_built(code == perf ? "--perf" : "--debug");
        break;
      case config_fd:
      case no_mem_check:
      case 'L':
      case 'O':
      case 'X':
      case 'B':
        break;  // nothing to do: see their meaning above
      case ':':
        refuse(fmt::format("option '{}' needs an argument", argv_[static_cast<std::size_t>(::optind - 1)]));
        break;
      default:
        refuse(fmt::format("unknown option '{}'",
                           ::optopt != 0 && ::optopt < 256
                               ? fmt::format("-{}", static_cast<char>(::optopt))
                               : std::string(argv_[static_cast<std::size_t>(::optind - 1)])));
    }
  }

  std::vector<std::string> words_;
  std::vector<char*> argv_;
  std::vector<::option> long_;
  CompatibleCommand command_;
  bool refused_ = false;
};

}  // namespace

CompatibleCommand parse_compatible(const std::vector<std::string>& arguments) {
  return Parser(arguments).parse();
}

std::optional<int> signal_number(std::string_view name) {
  if (name == "STOP") return SIGTERM;
  if (name == "RELOAD") return SIGHUP;
  if (name == "DATA") return SIGUSR1;
  if (name == "STATS") return SIGUSR2;
  if (name == "STATS_CLEAR") return SIGRTMAX - 1;
  if (name == "JSON") return SIGRTMIN + 2;
  return std::nullopt;
}

std::string compatible_usage(std::string_view program) {
  std::string text = fmt::format("Usage: {} [OPTION...]\n", program);
  for (const auto& option : options) {
    if (option.meaning == nullptr) continue;
    const std::string letter =
        option.code < 256 ? fmt::format("-{}, ", static_cast<char>(option.code)) : "    ";
    text += fmt::format("  {}--{:<20} {}\n", letter, option.name, option.meaning);
  }
  return text;
}

}  // namespace app
