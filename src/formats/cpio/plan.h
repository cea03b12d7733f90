// The members that a wanted tree becomes: which archive, inode, links, who carries the data. No bytes yet.
#pragma once
#include <unordered_map>

#include "formats/cpio/volume.h"

namespace fieldstrip::cpio {

/// A member in the making.
struct Slot {
    const Wanted* wanted;
    const Entry* old = nullptr;      // as it was
    const Member* member = nullptr;  // where it was
    Keep keep = {};
    bool fresh = false;    // nothing was kept of it: a new one
    bool moved = false;    // a new one, or one with another path
    bool touched = false;  // its hard links are others than before
    bool carries = true;   // a file: the data lies with it
    const Rope* content = nullptr;
    std::optional<Member> stored = {};  // a file without new content: who has its data
    const Entry& entry() const { return wanted->entry; }
    u64 size() const { return content ? content->size() : stored ? stored->header.size : 0; }
};

/// One list of slots an archive, in order.
using Plan = std::vector<std::vector<Slot>>;
/// `bytes` are the original's, where there is one.
Result<Plan> plan_of(std::span<const Style>, std::span<const Wanted>, const Parsed* original, ByteView bytes);

/// "etc/passwd: why"; of the root "the root: why".
std::unexpected<Error> refuse(const Entry&, std::string_view why);

}  // namespace fieldstrip::cpio
