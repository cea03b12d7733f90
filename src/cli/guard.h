// What a command gives up before it reads a byte of what it was given.
#pragma once
#include "base/sandbox.h"
#include "cli/command.h"

namespace fieldstrip::cli {

/// Opens what may be needed later, and enters the sandbox: then only the files that the command line names can be read, and only what
/// `writes` says be written. Before any thread is started. `--no-sandbox`: nothing is given up.
void give_up_the_rest(const Options&, Grants writes = {});
/// What `--version -v` says of the sandbox that this kernel gives; the process is in it afterwards.
std::string words_of_sandbox();

}  // namespace fieldstrip::cli
