#include "config/load.hpp"

#include <utility>

#include "config/build.hpp"

namespace config {

Loaded load(const LoadOptions& options, const World& world) {
  Loaded loaded;
  const Tree tree = read(options.file, options.read, world, loaded.diagnostics);
  loaded.files = tree.files();
  Interpreter interpreter(tree, world, options.read.lenient, options.check_host);
  Build build(interpreter, loaded.model);
  interpreter.read_block(schema().at("/"), tree.statements(), &build.root);
  // What others refer to comes first, wherever it stands in the file.
  read_globals(build);
  read_trackers(build);
  read_instances(build);
  read_groups(build);
  read_static_entries(build);
  read_virtual_servers(build);
  interpreter.finish(loaded.diagnostics);
  loaded.model.globals = std::move(interpreter.globals());
  return loaded;
}

}  // namespace config
