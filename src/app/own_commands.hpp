// The command line of `standfast`: run, check, explain, status, reload, stop, completion, reference, version.
#pragma once

namespace app {

int run_own_command(int argc, char** argv);

}  // namespace app
