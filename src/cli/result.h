// What edit and repack end with: the plan, the proof, the file.
#pragma once
#include "cli/command.h"
#include "engine/rebuild.h"

namespace fieldstrip::cli {

/// Rebuilds, shows the plan where asked for (`warnings` begin its own), writes and proves. The exit code.
int finish(Node& root, const Changes&, const Options&, const std::string& output, std::string_view what, std::vector<std::string> warnings,
           Context&);
/// The plan, as text or JSON.
void show_plan(const Plan&, const Options&, u64 old_size, u64 new_size);

}  // namespace fieldstrip::cli
