// What is the same for an archive as a whole: how its maker writes headers.
#pragma once
#include <map>

#include "formats/tar/keep.h"

namespace fieldstrip::tar {

/// A field of a header, in up to two pieces: a name and its prefix belong together.
struct Field {
    std::string_view name;
    Extent first, second = {};
};
/// All fields of a header of this magic, in order; its sum last.
std::span<const Field> fields_of(std::string_view magic);
Bytes field_bytes(ByteView block, const Field&);

/// How extensions of a type look.
struct ExtensionStyle {
    Block like = {};                  // the first one
    std::vector<std::string> follow;  // fields that are those of the member's own header
    std::string folder = {};          // named "DIR/folder/NAME"; "": as the first one
    bool dot = false;                 // "./folder/NAME" where there is no DIR
    std::string name_for(std::string_view name) const;
};

struct Style {
    std::string magic{kUstar};
    bool pax = false;  // there are headers of 'x' or 'g'
    Spelling mode{.digits = 7, .end = "n"}, uid = mode, gid = mode, size{.digits = 11, .end = "n"}, mtime = size,
                                            chksum{.digits = 6, .end = "ns"}, device = mode;
    Spelling no_device = {};  // device numbers of what is none
    u8 regular = '0';
    std::string before = {}, slash = "/";  // around names; the latter behind those of folders
    bool longest = true;                   // of the ways to split a name
    std::map<u64, std::string> users = {}, groups = {};
    std::map<u8, ExtensionStyle> extensions = {};
    /// What is no entry: before which one, and its bytes.
    std::vector<std::pair<u64, Bytes>> loose = {};
    u64 zeros = 2 * kBlock;

    bool is_gnu() const { return magic == kGnu; }
    /// Those that were not seen look as GNU's.
    void complete();
    Recipe recipe() const;
    static Result<Style> of(const Recipe&);
};

}  // namespace fieldstrip::tar
