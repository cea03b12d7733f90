// A JFFS2 as a file system: its entries, what is in them, and what of it is damaged.
#pragma once
#include "formats/jffs2/blocks.h"
#include "formats/jffs2/tree.h"
#include "formats/jffs2/xattrs.h"
#include "model/format.h"

namespace fieldstrip::jffs2 {

/// What a damaged node means.
struct Damage {
    bool counts = true;  // something is missing or old for want of it; else it is dirt, as is normal on flash that was lived in
    u32 ino = 0;         // of the regular file that it belongs to, whose reading tells its checks; 0: verify does
};

class Volume final : public FileSystem {
  public:
    /// The first node lies at 0.
    static Result<std::unique_ptr<Volume>> open(Buffer bytes, Endian, const EraseBlocks::Known&, Context&);
    const Buffer& bytes() const { return bytes_; }
    const Log& log() const { return log_; }
    const Tree& tree() const { return tree_; }
    const Xattrs& xattrs() const { return xattrs_; }
    const EraseBlocks::Known& blocks() const { return blocks_; }
    /// Of nodes with a flaw; by place.
    const std::unordered_map<u32, Damage>& damage() const { return damage_; }

    Holds holds() const override { return {.xattrs = true, .history = true}; }
    Result<std::vector<Entry>> entries(Context&) const override;
    Result<Lost> read(const Entry&, const Sink&, const CheckSink&, Context&) const override;
    Result<std::vector<Occupant>> occupants(u64 at, Context&) const override;
    Result<void> verify(const CheckSink&, Context&) const override;
    Result<Recipe> recipe(Context&) const override;
    Result<Rope> rewrite(std::span<const Wanted>, const Terms&, Context&) const override;

  private:
    explicit Volume(Buffer bytes) : bytes_(std::move(bytes)) {}
    void judge();
    Buffer bytes_;
    Log log_;
    Tree tree_;
    Xattrs xattrs_;
    EraseBlocks::Known blocks_{};
    std::unordered_map<u32, Damage> damage_;
};

/// A name as a part of a path: what can't stand there is %XX.
std::string part_of(ByteView name);
/// Whether it is a file whose reading tells the checks of its nodes.
bool is_read(const Volume&, u32 ino);

}  // namespace fieldstrip::jffs2
