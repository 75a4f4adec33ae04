#include "app/own_commands.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <fmt/format.h>
#include <functional>
#include <signal.h>
#include <string>
#include <unistd.h>
#include <vector>

#include "app/check_command.hpp"
#include "app/daemon.hpp"
#include "app/daemon_files.hpp"
#include "app/probe_command.hpp"
#include "app/schema_commands.hpp"
#include "app/version.hpp"
#include "runtime/control_client.hpp"
#include "runtime/pid_file.hpp"

namespace app {
namespace {

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

int complain(const core::Error& error) {
  fmt::print(stderr, "standfast: {}\n", error.message);
  return 1;
}

// Everything a subcommand may set; `result` is what main returns.
struct Arguments {
  DaemonOptions daemon;
  std::string log_to;
  std::string mask;
  CheckRequest check;
  ProbeRequest probe;
  std::string format = "text";
  std::string socket = control_socket_path({});
  std::string pid_file = "/run/standfast/standfast.pid";
  bool json = false;
  std::string key;
  std::string shell;
};

int run(Arguments& a) {
  auto& options = a.daemon;
  options.foreground = true;
  options.log.console = a.log_to != "syslog";
  options.log.syslog = a.log_to == "syslog" || a.log_to == "both";
  return run_daemon(std::move(options));
}

int status(const Arguments& a) {
  const auto answer =
      runtime::ask_daemon(a.socket, "GET", "/v1/status", a.json ? "application/json" : "text/plain");
  if (!answer) return complain(answer.error());
  print(answer->body);
  return answer->status == 200 ? 0 : 1;
}

// Through the socket, which tells what came of it; a daemon without one gets the signal.
int reload(const Arguments& a) {
  const auto answer = runtime::ask_daemon(
      a.socket, "POST", "/v1/reload", a.json ? "application/json" : "text/plain", std::chrono::minutes(2));
  if (answer) {
    print(answer->body);
    return answer->status < 300 ? 0 : 1;
  }
  const auto pid = runtime::running_pid(a.pid_file);
  if (!pid || ::kill(*pid, SIGHUP) != 0) return complain(answer.error());
  return 0;
}

int stop(const Arguments& a) {
  const auto answer = runtime::ask_daemon(a.socket, "POST", "/v1/stop");
  if (answer) return answer->status < 300 ? 0 : 1;
  const auto pid = runtime::running_pid(a.pid_file);
  if (!pid || ::kill(*pid, SIGTERM) != 0) return complain(answer.error());
  return 0;
}

void add_run(CLI::App& program, Arguments& a, int& result) {
  auto* command = program.add_subcommand("run", "run the daemon in the foreground");
  auto& o = a.daemon;
  command->add_option("-c,--config", o.file, "configuration file (default /etc/standfast/standfast.conf)");
  command->add_option("--config-id", o.config_id, "for lines that begin with @ID");
  command->add_option("--log", a.log_to, "console (default), syslog or both")
      ->check(CLI::IsMember({"console", "syslog", "both"}));
  command->add_option("--log-file", o.log.file, "also log to this file");
  command->add_flag("-v,--verbose", o.log.detail, "more log detail");
  command->add_option("--pid-file", o.pid_file, "default /run/standfast/standfast.pid");
  command->add_option("--vrrp-pid-file", o.failover_pid_file, "default /run/standfast/vrrp.pid");
  command->add_option("--namespace", o.net_namespace, "network namespace to run in");
  command->add_option("--socket", o.control_socket, "control socket, or none");
  command->add_flag("!--keep-addresses", o.release_addresses, "leave addresses in place on exit");
  command->add_flag("!--no-restart", o.respawn, "end when a worker dies");
  command->add_flag("--log-addresses", o.log_address_changes, "log every address change the kernel reports");
  command->add_flag("--core-dumps", o.core_dumps, "lift the limit on core dumps");
  command->callback([&a, &result] { result = run(a); });
}

void add_check(CLI::App& program, Arguments& a, int& result) {
  auto* command = program.add_subcommand(
      "check", "check configuration files: 0 clean, 1 errors, 2 warnings with --strict");
  command->add_option("FILE", a.check.files, "configuration files")->required();
  command->add_flag("--strict", a.check.strict, "warnings fail too");
  command->add_flag("--compat", a.check.compatible, "read as leniently as under the name keepalived");
  command->add_flag("--all-includes", a.check.check_includes, "every include problem is an error");
  command->add_flag("!--no-host", a.check.check_host,
                    "do not look at this machine's interfaces, users and scripts");
  command->add_option("--config-id", a.check.config_id, "for lines that begin with @ID");
  command->add_option("--format", a.format, "text or json")->check(CLI::IsMember({"text", "json"}));
  command->callback([&a, &result] {
    a.check.json = a.format == "json";
    result = check_files(a.check);
  });
}

void add_probe(CLI::App& program, Arguments& a, int& result) {
  auto* command = program.add_subcommand(
      "probe", "ask every server of a configuration once: 0 all well, 1 a check fails, 2 the file is wrong");
  command->add_option("FILE", a.probe.file, "configuration file")->required();
  command->add_flag("-q,--quiet", a.probe.only_bad, "print failures and warnings only");
  command->add_option("--config-id", a.probe.config_id, "for lines that begin with @ID");
  command->callback([&a, &result] { result = probe_servers(a.probe); });
  program.add_subcommand("genhash", "print the digest of a page, for 'digest' in HTTP_GET (genhash --help)");
}

void add_remote(CLI::App& program, Arguments& a, int& result) {
  auto* show = program.add_subcommand("status", "ask the running daemon for its routers");
  show->add_flag("--json", a.json, "as JSON");
  show->callback([&a, &result] { result = status(a); });
  auto* again = program.add_subcommand("reload", "make the running daemon read its configuration again");
  again->add_flag("--json", a.json, "answer as JSON");
  again->callback([&a, &result] { result = reload(a); });
  auto* end = program.add_subcommand("stop", "stop the running daemon");
  end->callback([&a, &result] { result = stop(a); });
  for (auto* command : {show, again, end}) command->add_option("--socket", a.socket, "control socket");
  for (auto* command : {again, end})
    command->add_option("--pid-file", a.pid_file, "where the daemon is found without a socket");
}

void add_documents(CLI::App& program, Arguments& a, int& result) {
  auto* about = program.add_subcommand("explain", "what a keyword means: explain vrrp_instance.priority");
  about->add_option("KEY", a.key, "block.keyword, or a keyword")->required();
  about->callback([&a, &result] { result = explain(a.key); });
  auto* complete = program.add_subcommand("completion", "print shell completion");
  complete->add_option("SHELL", a.shell, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}));
  complete->callback([&a] { print(completion(a.shell)); });
  program.add_subcommand("reference", "print the reference manual as Markdown")->callback([] {
    print(reference());
  });
  program.add_subcommand("version", "version and build options")->callback([] {
    print(version_text("Standfast"));
  });
  program.add_subcommand("help", "this text")->callback([&program] { print(program.help()); });
}

}  // namespace

int run_own_command(int argc, char** argv) {
  CLI::App program{
      "standfast keeps an address on exactly one of several machines (VRRP). It reads keepalived.conf.",
      "standfast"};
  program.footer("Called as keepalived, or with --compat first, it takes keepalived's command line.");
  program.set_version_flag("-V,--version", version_text("Standfast"));
  program.require_subcommand(1);
  Arguments arguments;
  int result = 0;
  add_run(program, arguments, result);
  add_check(program, arguments, result);
  add_probe(program, arguments, result);
  add_remote(program, arguments, result);
  add_documents(program, arguments, result);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : 1;
  }
  return result;
}

}  // namespace app
