// What a process gives up for good once it has what it needs: other paths (Landlock), calls that it never makes (seccomp), core dumps and
// boundless memory (rlimits). Only what hostile input could make it do is lost, nothing that it does.
#pragma once
#include "base/base.h"

namespace fieldstrip {

struct Grants {
    std::vector<std::string> read = {};          // files, and folders with all in them
    std::vector<std::string> write = {};         // folders in which files, folders and links may be made, changed and removed
    std::vector<std::string> file_names = {};    // folders in which files may get their names, or lose them
    std::vector<std::string> folder_names = {};  // the same of folders
    u64 memory = 0;                              // bytes of private memory; 0: no bound
};

struct Sandbox {
    unsigned landlock = 0;                  // the version of its interface; 0: paths are not bounded
    bool calls = false;                     // seccomp holds
    bool memory = false;                    // rlimits hold
    std::vector<std::string> missing = {};  // in words, what this kernel does not give
};

/// For the calling thread and those that it starts later: to be called before there are others. What can't be had is left out and said.
/// A path that is not there grants nothing.
Sandbox enter_sandbox(const Grants&);

/// Of what a sandbox consists, in a line: for `--version -v`.
std::string words_of(const Sandbox&);

}  // namespace fieldstrip
