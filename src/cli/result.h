// What edit and repack end with: the plan, the proof, the file.
#pragma once
#include "cli/guard.h"
#include "engine/output.h"
#include "engine/rebuild.h"

namespace fieldstrip::cli {

/// What a command that writes a file needs of the host.
Grants grants_for(const std::optional<Output>&);
/// Rebuilds, shows the plan where asked for (`warnings` begin its own), writes and proves. `out`: where to, unless a plan is all that is
/// wanted. `last_look` is asked before the file gets its name: an error leaves nothing. The exit code.
int finish(Node& root, const Changes&, const Options&, Output* out, std::string_view what, std::vector<std::string> warnings,
           const std::function<Result<void>()>& last_look, Context&);
/// The plan, as text or JSON.
void show_plan(const Plan&, const Options&, u64 old_size, u64 new_size);

}  // namespace fieldstrip::cli
