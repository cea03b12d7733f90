// The numbers that a log has used, and the next ones: inodes, versions, attributes.
#pragma once
#include "formats/jffs2/volume.h"

namespace fieldstrip::jffs2 {

class Numbering {
  public:
    explicit Numbering(const Volume&);
    // Unsupported: 32 bits are used up.
    Result<u32> new_inode();
    /// Of an inode or of a name in it: they count together.
    Result<u32> new_version(u32 ino, const std::string& path);
    Result<u32> new_seqno();
    /// The attribute that holds just this; 0: none does.
    u32 datum(const std::string& name, const Bytes& value);
    Result<u32> new_datum(const std::string& name, const Bytes& value);

  private:
    const Volume& v_;
    u64 inode_ = kRoot, seqno_ = 0, xid_ = 0;
    std::unordered_map<u32, u64> versions_;
    std::optional<std::map<std::pair<std::string, Bytes>, u32>> data_;
};

}  // namespace fieldstrip::jffs2
