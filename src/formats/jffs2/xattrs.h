// Extended attributes: nodes that hold a name and a value, and nodes that say which inode has which of them. Source: Linux
// fs/jffs2/xattr.c.
#pragma once
#include <map>

#include "formats/jffs2/log.h"

namespace fieldstrip::jffs2 {

class Xattrs {
  public:
    Xattrs() = default;
    explicit Xattrs(const Log&);
    struct Held {
        u32 ino, xid, seqno;
        const Ref* datum;
    };
    /// Those that an inode has, by number.
    std::span<const Held> of(u32 ino) const;
    /// With the prefix that the kernel shows; "" where it knows none.
    static std::string name_of(const Log&, const Ref& datum);
    static ByteView value_of(const Log&, const Ref& datum);
    /// The datum that counts of that number; null: none.
    const Ref* datum_of(u32 xid) const;

  private:
    std::vector<const Ref*> data_;  // by number
    std::vector<Held> all_;         // by inode, number
};

struct XattrName {
    u8 prefix;
    std::string_view rest;
};
/// The other way round; nothing where JFFS2 has no number for its prefix.
std::optional<XattrName> xattr_name(std::string_view);

}  // namespace fieldstrip::jffs2
