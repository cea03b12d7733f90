// Extended attributes: lists of names and values, each list once for all who have it; equal values may lie in another's place.
#pragma once
#include <map>

#include "formats/squashfs/table.h"

namespace fieldstrip::squashfs {

struct Attribute {
    std::string name;  // with its prefix
    Bytes value;
    bool out_of_line = false;
    bool operator==(const Attribute&) const = default;
};
using AttributeList = std::vector<Attribute>;

struct Attributes {
    XattrHeader header = {};
    Table values = {}, lists = {};  // the table of lists names places in that of values
    std::vector<XattrList> places = {};
    std::vector<std::optional<AttributeList>> all = {};  // by a list's number; nothing of what can't be read
};

/// `at`: where its header lies. Spends what values out of line add.
Result<Attributes> read_attributes(const Packing&, u64 at, Context&);

}  // namespace fieldstrip::squashfs
