// A tar region: groups of blocks, one an entry, up to the two blocks of zeros. Recognising reads it as everybody else does.
#pragma once
#include <functional>

#include "formats/tar/disk.h"
#include "formats/tar/pax.h"

namespace fieldstrip::tar {

/// A header that says more of the next one, or of all that follow ('g').
struct Extension {
    u8 type = 0;  // 'x', 'g', 'X', 'L', 'K'
    u64 at = 0;
    Extent body = {};  // as far as it is there
};

/// Pieces of a sparse file's content that are stored, one behind the other; between them lie zeros.
struct Sparse {
    enum class Kind : u8 {
        Old,  // GNU's 'S'
        Pax00,
        Pax01,
        Pax10
    } kind = Kind::Old;
    u64 size = 0;       // of the content
    u64 map_bytes = 0;  // Pax10: of the map before the data
    u64 stored = 0;     // of all pieces
    std::vector<Extent> pieces = {};
};

struct Member {
    u64 at = 0;    // where its extensions begin
    u64 head = 0;  // its own header
    u64 next = 0;  // where what follows begins
    std::vector<Extension> extensions = {};
    std::optional<Sparse> sparse = {};
    Extent data = {};   // what is there of it
    u64 data_size = 0;  // what it says
    bool is_cut = false;
    bool is_damaged = false;  // a sum of its headers is wrong
    bool is_loose = false;    // no entry: what it says of all, a label, or what belongs to nothing
    u8 type = 0;
    /// Of the content.
    u64 size() const { return sparse ? sparse->size : data_size; }
};
/// Has data behind its header, as everybody reads it: links and devices have none, whatever size they say.
constexpr bool has_data(u8 type) { return type < '1' || type > '6'; }

/// The group at `at`; nothing where no header is. Its data may be cut.
std::optional<Member> read_member(ByteView space, u64 at, unsigned* bits = nullptr);
/// Its records of 'x', in order.
std::vector<Record> records_of(ByteView space, const Member&);

struct Run {
    enum class How {
        Whole,   // up to two blocks of zeros
        Open,    // up to the end of the space, or to one block of zeros
        Broken,  // behind the last member lies what is none
        Cut,     // by the end of the space
    } how = How::Broken;
    u64 end = 0;      // of the region
    u64 members = 0;  // entries
    u64 last = 0;     // where the last member ends: zeros follow
    bool damaged = false;
    bool proven = false;  // by the sum of one header at least
    unsigned bits = 0;
};
/// All of it. `each` hears of every group, loose ones too.
Run read_region(ByteView space, u64 at, const std::function<void(const Member&)>& each);
/// Every header block of a member.
void each_header(const Member&, const std::function<void(u64 at)>&);

}  // namespace fieldstrip::tar
