#include "cli/guard.h"

#include <unistd.h>

namespace fieldstrip::cli {
namespace {

/// Far more than work takes within its limits: what goes beyond is a mistake of ours that hostile input found.
u64 memory_for(const Options& o, const Grants& g) {
    u64 files = 0;
    for (auto& path : g.read)
        if (auto stamp = stamp_of(path)) files += std::min(stamp->size, kUnbounded >> 8);
    const u64 memory = std::min(o.limits.memory, kUnbounded >> 8);
    return (u64{1} << 30) + 4 * memory + 4 * files;
}

}  // namespace

void give_up_the_rest(const Options& o, Grants g) {
    o.spill->open();
    if (o.no_sandbox) return;
    for (auto& image : o.images) g.read.push_back(parse_target(image).file);
    if (!o.original.empty()) g.read.push_back(o.original);
    for (auto& op : o.operations)
        if ((op.name == "replace" || op.name == "add") && op.words.size() > 1) g.read.push_back(parse_target(op.words[1]).file);
    g.memory = memory_for(o, g);
    auto sandbox = enter_sandbox(g);
    // Told to people; a script that wants to know asks `--version -v`.
    if (!o.verbose && (o.quiet || !isatty(STDERR_FILENO))) return;
    for (auto& missing : sandbox.missing) complain("sandbox", missing);
}

std::string words_of_sandbox() {
    auto sandbox = enter_sandbox({.memory = u64{1} << 30});
    auto out = words_of(sandbox) + "\n";
    for (auto& missing : sandbox.missing) out += "sandbox: " + missing + "\n";
    return out;
}

}  // namespace fieldstrip::cli
