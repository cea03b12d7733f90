// Entries of a file system as text and as JSON.
#pragma once
#include "cli/command.h"

namespace fieldstrip::cli {

/// Of the folder `folder` ("" the root), with all below it where `-R`. False: not all of them are intact.
bool list_entries(Node&, const std::string& folder, const Options&, Context&);

}  // namespace fieldstrip::cli
