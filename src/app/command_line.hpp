// The program's front door: which of its faces was called. As `keepalived` (or with --compat first) it takes keepalived's
// command line, otherwise standfast's own; `worker` is how the supervisor starts its workers.
#pragma once

namespace app {

int run_program(int argc, char** argv);

}  // namespace app
