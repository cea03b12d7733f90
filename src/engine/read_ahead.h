// Many files of a file system, read several at a time and handed over one by one in their order.
#pragma once
#include "engine/early_files.h"

namespace fieldstrip {

/// Called once: what is read of a file, into `sink` (may be empty).
using ReadFile = std::function<EntryState(const Sink& sink)>;
/// Of entry i; false when no more are wanted. `bytes`: what was read of it ahead, where that is whole and intact; else null.
using TakeFile = std::function<bool(size_t i, const ReadFile& read, const Buffer* bytes)>;

/// The same, from any thread.
using SeenFile = std::function<void(size_t i, const Buffer& bytes)>;

/// How large a file may be that is read ahead, in bytes.
u64 most_ahead(const Context&);

/// Small files are read ahead on the pool, as far as memory allows; large ones are read when it is their turn, in parallel as far as their
/// format can. `digest`: with their sha256. `seen` (may be empty) is told of small ones before they are handed over. `early` (may be null):
/// where some were read already, with their sha256. The node's entries must have been asked for.
void read_ahead(Node& file_system, std::span<const Entry> entries, std::span<const size_t> which, bool digest, const TakeFile& take,
                const SeenFile& seen, EarlyFiles* early, Context&);

}  // namespace fieldstrip
