// A cpio region: archives one behind the other, each a row of members up to its trailer. Read without allocating, as recognising must be.
#pragma once
#include "formats/cpio/disk.h"
#include "model/finding.h"

namespace fieldstrip::cpio {

constexpr std::string_view kTrailer = "TRAILER!!!";
/// Archives with so many zeros between are read as one by who reads on over zeros (Linux unpacks several).
constexpr u64 kMostZeros = 4096;

struct Member {
    Header header;
    Variant variant = Variant::Newc;
    u64 at = 0;
    Extent name = {};     // with its NUL
    Extent data = {};     // what is there of it; not the trailer's, which has none
    u64 next = 0;         // where the next one begins: behind the data's filler, as far as that is there
    bool is_cut = false;  // the space ends before the data does
    bool trailer = false;
    u64 data_at() const { return data.offset; }
};
/// The member at `at`; nothing where no header holds or the name is no name. Its data may be cut.
std::optional<Member> read_member(ByteView space, u64 at);
/// The name up to its first NUL.
std::string_view name_of(ByteView space, const Member&);
/// What a member proves, counted: its header, the NUL behind its name, filler that must be zero.
unsigned bits_of(ByteView space, const Member&);

struct Run {
    enum class How {
        Whole,   // up to its trailer
        Broken,  // up to the end of the last member that can be read, behind which there is none
        Cut,     // by the end of the space
    } how = How::Broken;
    Variant variant = Variant::Newc;
    u64 at = 0, end = 0;
    u64 members = 0;  // without the trailer
    unsigned bits = 0;
};

/// One archive; `each` hears of every member, the trailer too.
Run read_run(ByteView space, u64 at, const std::function<void(const Member&)>& each);
/// How many zeros lie from `at` on, up to the most that may lie between archives.
u64 zeros_at(ByteView space, u64 at);

/// All archives that begin at `at` and follow each other. `each` hears of their members, `done` at the end of each archive whether it
/// belongs to them: an archive that is not whole stands only alone. Gives the sum: how, where it ends, its bits.
Run read_region(ByteView space, u64 at, const std::function<void(const Member&)>& each, const std::function<void(const Run&, bool)>& done);

}  // namespace fieldstrip::cpio
