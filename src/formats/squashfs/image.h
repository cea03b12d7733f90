// A squashfs that was read as far as its tables: what all versions have in common. Contents are not touched.
#pragma once
#include "formats/squashfs/xattrs.h"

namespace fieldstrip::squashfs {

/// An inode, and where its bytes lie in the plain inode table.
struct Node {
    Inode inode = {};
    u64 place = 0;                                // as entries refer to it
    Extent at = {};                               // in the plain inode table
    bool dated = true;                            // it says a time
    bool known = true;                            // else only what its entry says: kind and number
    std::vector<u32> blocks = {};                 // of a file: sizes on disk, 0 a hole, kStoredBlock where they are plain
    std::vector<std::pair<u32, u64>> index = {};  // of a directory: place in its list, where that lies in the plain directory table
    std::string target = {};
    u64 list = 0;         // of a directory: where its list lies in the plain directory table
    bool broken = false;  // and it can't be read to its end
};

/// A name in a directory. The first is the root, without one.
struct Name {
    u32 parent = 0, node = 0;  // parent: an index of names
    std::string name = {};
};

struct Image {
    ByteView bytes;
    Endian endian = Endian::Little;
    unsigned major = 4, minor = 0;
    Codec codec = Codec::Gzip;
    Super super = {};     // of older versions the values that they have
    u64 data = 0;         // where blocks begin
    Extent options = {};  // the compressor's, with the 2 bytes before them
    Table inodes = {}, directories = {}, fragment_table = {}, id_table = {}, export_table = {};
    Attributes xattrs = {};
    std::vector<FragmentEntry> fragments = {};
    std::vector<u32> ids = {};
    std::vector<Node> nodes = {};  // in the order in which the names refer to them
    std::vector<Name> names = {};  // each directory's behind it, in the order of its list
    /// What can't be read, and why: a table, a directory, an inode. "" of a trouble that has no place.
    struct Trouble {
        std::string what;
        Extent where = {};
    };
    std::vector<Trouble> troubles = {};
    bool whole() const { return troubles.empty(); }

    /// How many blocks a file's list has.
    u64 blocks_of(const Inode& i) const { return i.size / super.block_size + (i.fragment == kNone && i.size % super.block_size != 0); }
};

/// Version 4.0.
Result<Image> read_image(ByteView bytes, Endian, Context&);
/// Goes through the directories from the root on, once the tables are there. `node_at(place)`, `list(image, node)`: of that version.
struct Listed {
    u64 place;
    u32 number;
    u16 kind;
    std::string name;
};
using ReadNode = std::function<Node(u64 place)>;
/// Of a directory; false where it can't be read to its end.
using ReadList = std::function<bool(const Node&, std::vector<Listed>&)>;
Result<void> read_names(Image&, u64 root, const ReadNode&, const ReadList&, Context&);

}  // namespace fieldstrip::squashfs
