// Entries of a file system or an archive: what is there, and what shall be there.
#pragma once
#include <map>

#include "base/rope.h"

namespace fieldstrip {

struct Entry {
    enum class Type : u8 {
        File,
        Directory,
        Symlink,
        CharDevice,
        BlockDevice,
        Fifo,
        Socket
    } type = Type::File;
    /// Bytes, relative, without "./" before them; "" is the root. How the format spells it is in `keep`.
    std::string path = {};
    // What the format does not hold is not there.
    std::optional<u32> mode = {};  // permission bits, set-id and sticky included
    std::optional<u32> uid = {}, gid = {};
    std::optional<i64> mtime = {};  // seconds
    u64 size = 0;                   // of a file's content
    /// The format's own handle of the content, never kNewNode or more; files with the same one are hard links of each other.
    u64 node = 0;
    std::string target = {};   // Symlink
    u32 major = 0, minor = 0;  // devices
    std::map<std::string, Bytes> xattrs = {};
    /// What else the format needs to make it the same again, in its own words ("ino=12 nlink=1"): parameters, never content. Opaque to all
    /// others; empty of new entries.
    std::string keep = {};
    bool is(Type t) const { return type == t; }
    bool is_file() const { return type == Type::File; }
    bool is_device() const { return type == Type::CharDevice || type == Type::BlockDevice; }
    bool operator==(const Entry&) const = default;
};

/// Handles from here on are the engine's, of content that is new.
constexpr u64 kNewNode = u64{1} << 63;

/// One entry of the tree as it shall be. A file system is told what to become and never what to do: adding, renaming, linking are the
/// engine's business, once for all formats, and `edit` and the folder can't come to differ.
struct Wanted {
    Entry entry;
    /// Its index in entries(); none: new. The same entry without content is copied as it lies.
    std::optional<size_t> was = {};
    /// File: new bytes; none: those of entry.node. Of hard links all have it, the same; entry.size is its size.
    std::optional<Rope> content = {};
};

/// What a format can say of an entry. The engine refuses to set what it can't, and says no more of new entries.
struct Holds {
    bool mode = true, owner = true, mtime = true;
    bool links = true, symlinks = true, devices = true, fifos = true, sockets = true, xattrs = false;
    bool folders = true;
    /// Changes are written behind what is there, which stays: undone, the entries are the same and the bytes are not.
    bool history = false;
    /// Without `mode`: of files and folders whether they can be executed, which reads as 0755 or 0644.
    bool executable = false;
};

/// How a file system is made anew.
struct Terms {
    u64 room = kUnbounded;  // a wish: what is longer is refused by the engine. Worth knowing only to who could do with less
};

}  // namespace fieldstrip
