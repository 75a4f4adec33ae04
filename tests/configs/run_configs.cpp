// Reads configuration files in a made-up machine and compares what is said about them with what was said before.
//
//   run_configs DIRECTORY [--rewrite]     every *.conf below it against its *.expected; --rewrite makes these anew
//   run_configs --keywords LIST           the schema's blocks and keywords against a plain list
//   run_configs --manual FILE [--rewrite] the reference manual against what the schema says now
//
// A file that begins with "# lenient" is read as --compat reads. Only files with an expectation count; --rewrite gives one to
// every file but those in a folder conf/, which others include.
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "config/explain.hpp"
#include "config/load.hpp"
#include "config/memory_world.hpp"
#include "config/render.hpp"
#include "config/schema.hpp"

namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Interfaces eth0 to eth2, an account for scripts, and the scripts the files name. One is writable by its group, one is not
// executable, one lies below a directory that belongs to somebody else.
config::MemoryWorld made_up_machine() {
  config::MemoryWorld world;
  world.directory = "/etc/keepalived";
  for (const char* name : {"eth0", "eth1", "eth2"}) world.interfaces[name] = "";
  world.users["nobody"] = {65534, 65534, {65534}};
  world.users["scripts"] = {998, 998, {998, 27}};
  world.groups["nogroup"] = 65534;
  world.groups["adm"] = 4;
  for (const char* script :
       {"/etc/keepalived/notify.sh", "/etc/keepalived/ping.sh", "/etc/keepalived/chk_haproxy.sh",
        "/usr/bin/bash", "/usr/bin/true", "/usr/bin/killall", "/opt/check.sh"}) {
    world.write(script, "#!/bin/sh\n", 0755);
  }
  world.link("/bin", "/usr/bin");
  world.write("/etc/keepalived/group_writable.sh", "#!/bin/sh\n", 0775);
  world.write("/etc/keepalived/plain_file.sh", "#!/bin/sh\n", 0644);
  world.make_directory("/srv/shared", 0777);
  world.write("/srv/shared/check.sh", "#!/bin/sh\n", 0755);
  world.write("/etc/iproute2/rt_tables", "255 local\n254 main\n100 isp # a comment\n");
  world.write("/etc/keepalived/secret.key", std::string(32, 'k') + "\n", 0600);
  return world;
}

std::string diagnostics_of(const fs::path& file) {
  config::MemoryWorld world = made_up_machine();
  // What lies beside a file or below its folder can be included by it.
  for (const auto& entry : fs::recursive_directory_iterator(file.parent_path())) {
    if (!entry.is_regular_file() || entry.path().extension() == ".expected") continue;
    world.write("/etc/keepalived/" + fs::relative(entry.path(), file.parent_path()).string(),
                content(entry.path()));
  }
  config::LoadOptions options;
  options.file = "/etc/keepalived/" + file.filename().string();
  options.read.config_id = "main";
  options.read.lenient = content(file).starts_with("# lenient");
  const config::Loaded loaded = config::load(options, world);
  return config::render_text(loaded.diagnostics);
}

// A line of each that differs.
void show_difference(const std::string& expected, const std::string& actual) {
  std::cout << "---- expected\n" << expected << "---- is\n" << actual << "----\n";
}

int run_directory(const fs::path& root, bool rewrite) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() == ".conf" &&
        fs::exists(fs::path(entry.path()).replace_extension(".expected"))) {
      files.push_back(entry.path());
    } else if (rewrite && entry.path().extension() == ".conf" &&
               entry.path().parent_path().filename() != "conf") {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  int failures = 0;
  for (const fs::path& file : files) {
    const fs::path expectation = fs::path(file).replace_extension(".expected");
    const std::string actual = diagnostics_of(file);
    if (rewrite) {
      std::ofstream(expectation, std::ios::binary) << actual;
      continue;
    }
    const std::string expected = content(expectation);
    if (actual == expected) continue;
    ++failures;
    std::cout << fs::relative(file, root).string() << " differs\n";
    show_difference(expected, actual);
  }
  std::cout << fmt::format("{} files, {} differ\n", files.size(), failures);
  return failures == 0 && !files.empty() ? 0 : 1;
}

int compare_keywords(const fs::path& list) {
  std::set<std::string> wanted;
  std::ifstream file(list);
  for (std::string line; std::getline(file, line);) wanted.insert(line);
  std::set<std::string> known;
  for (const config::Block& block : config::schema().blocks()) {
    for (const config::Keyword& keyword : block.keywords) {
      if (keyword.listed) known.insert(fmt::format("{}\t{}", block.path, keyword.name));
    }
  }
  std::vector<std::string> missing, surplus;
  std::ranges::set_difference(wanted, known, std::back_inserter(missing));
  std::ranges::set_difference(known, wanted, std::back_inserter(surplus));
  for (const std::string& each : missing) std::cout << "not in the schema: " << each << '\n';
  for (const std::string& each : surplus) std::cout << "not in the list: " << each << '\n';
  std::cout << fmt::format("{} keywords\n", known.size());
  return missing.empty() && surplus.empty() && !wanted.empty() ? 0 : 1;
}

int compare_manual(const fs::path& manual, bool rewrite) {
  const std::string now = config::reference_manual();
  if (rewrite) {
    std::ofstream(manual, std::ios::binary) << now;
    return 0;
  }
  if (content(manual) == now) return 0;
  std::cout << manual.string()
            << " is not what the schema says; run_configs --manual FILE --rewrite makes it anew\n";
  return 1;
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string> arguments(words + 1, words + count);
  if (arguments.size() == 2 && arguments[0] == "--keywords") return compare_keywords(arguments[1]);
  const bool rewrite = !arguments.empty() && arguments.back() == "--rewrite";
  if (arguments.size() >= 2 && arguments[0] == "--manual") return compare_manual(arguments[1], rewrite);
  if (arguments.empty() || arguments.size() > 2) {
    std::cerr << "usage: run_configs DIRECTORY [--rewrite] | --keywords LIST | --manual FILE [--rewrite]\n";
    return 1;
  }
  return run_directory(arguments[0], rewrite);
}
