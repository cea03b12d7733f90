// Finds the places where a format might begin: all magics of all formats in one pass, and what formats without one look for themselves. The
// same pass finds the runs of one byte value, which are jumped over: nobody need read the bytes again for them.
#pragma once
#include "engine/windows.h"
#include "model/format.h"

namespace fieldstrip {

/// Where a format would begin by its magic; nothing is proven yet.
struct Hit {
    u64 at;
    const Format* format;
    bool operator==(const Hit&) const = default;
};
/// Bytes that are all one value: maximal ones in the space, or the part of one that is within kRunBeyond of the range.
struct Run {
    Extent extent;
    u8 value;
};

/// Appends the runs that a scan of that range would find.
void find_runs(ByteView space, Extent range, std::vector<Run>&);

class Scanner {
  public:
    static constexpr u64 kRun = 256;  // each run of so many bytes that meets a range is found
    static constexpr u64 kRunBeyond = kRun;

    /// What is asked of a key at each of its candidates, in one line of the cache.
    struct alignas(64) Key {
        u64 head, care;           // of its first 8 bytes
        u32 in_magic, in_format;  // where its window is
        std::string_view behind;  // what of the magic is behind these 8
        const Format* format;
        bool (*may_begin)(ByteView);
        u8 size;  // of the magic, where only the first of a row is asked; else 0
    };
    struct Found {
        std::vector<Hit> hits;  // by place, none twice
        std::vector<Run> runs;  // by place; shorter ones too
        void clear() { hits.clear(), runs.clear(); }
    };

    explicit Scanner(const Windows& windows, std::span<const Format* const> formats);
    /// Appends the hits whose magic's window lies in `range` of the space. Magics may reach out of the range. Not `all`: without those that
    /// a first look denies; the space's begin is not looked at so, since what is all of a space needs less to prove it.
    void scan(ByteView space, Extent range, Found&, bool all = false) const;
    /// Formats whose magic stands right at the beginning, and those that look for themselves and might begin there.
    std::vector<const Format*> at_start(ByteView space) const;

  private:
    struct Looked {
        u64 end;      // as far as it was looked through: where a run begins
        u64 filled;   // of blocks of 64 bytes, as teddy::Swept says it
        bool denied;  // of many candidates each
    };
    Looked look(ByteView space, const u8* p, u64 at, u64 n, bool all, std::vector<Hit>&) const;
    class Finder;

    const Windows& windows_;
    std::vector<Key> keys_;
    std::vector<const Format*> finders_;  // formats that look for themselves
};

}  // namespace fieldstrip
