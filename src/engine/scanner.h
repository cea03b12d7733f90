// Finds the places where a format might begin: all magics of all formats in one pass, and what formats without one look for themselves.
#pragma once
#include "model/format.h"

namespace fieldstrip {

/// Where a format would begin by its magic; nothing is proven yet.
struct Hit {
    u64 at;
    const Format* format;
};

class Scanner {
  public:
    explicit Scanner(std::span<const Format* const>);
    /// Appends the hits whose magic's window lies in `range` of the space, by place. Magics may reach out of the range. Runs of one byte
    /// value are jumped over.
    void scan(ByteView space, Extent range, std::vector<Hit>& hits) const;
    /// Formats whose magic stands right at the beginning, and those without one that might begin there.
    std::vector<const Format*> at_start(ByteView space) const;

  private:
    /// A magic is looked for by its most selective pair of bytes.
    struct Key {
        std::string_view magic;
        u32 pair_at;       // of the pair, in the magic
        u32 magic_offset;  // of the magic, in the format
        const Format* format;
    };
    std::vector<const Format*> finders_;        // formats that look for themselves
    std::vector<Key> keys_;                     // by pair
    std::vector<u8> table_;                     // pair → 0, or 1 + its bucket (255: look it up)
    std::vector<std::pair<u16, u16>> buckets_;  // first and last key of each
};

}  // namespace fieldstrip
