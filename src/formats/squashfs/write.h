// The tables behind the data, and the whole.
#pragma once
#include "formats/squashfs/place.h"

namespace fieldstrip::squashfs {

struct Written {
    Super super = {};
    Bytes tables = {};
};
/// All tables, to lie at `begin`. `old`: its metadata blocks are taken where the same bytes shall be packed.
Result<Written> write_tables(Plan&, const Params&, std::span<const FragmentEntry>, u64 begin, const Image* old, Context&);

/// From the recipe and the entries alone.
Result<Rope> build(const Recipe&, std::span<const Wanted>, Context&);

/// Packs a table in blocks; a block is packed when it is full, so that places are known as it grows.
class TableWriter {
  public:
    using Pack = std::function<Result<Bytes>(ByteView)>;  // a block with its 2 bytes
    explicit TableWriter(Pack pack) : pack_(std::move(pack)) {}
    /// Where what comes next will lie: 48 bits of its block's begin in the table, 16 of the offset.
    u64 place() const { return packed_.size() << 16 | pending_.size(); }
    Result<void> add(ByteView);
    /// Where the block begins that holds this byte of the plain table, which was written.
    u64 block_of(u64 plain) const { return plain / kMetadata < starts_.size() ? starts_[plain / kMetadata] : packed_.size(); }
    u64 size() const { return starts_.size() * kMetadata + pending_.size(); }
    Result<Bytes> finish();
    /// Where its blocks begin, once it is finished.
    const std::vector<u64>& starts() const { return starts_; }

  private:
    Result<void> flush(ByteView);
    Pack pack_;
    Bytes packed_, pending_;
    std::vector<u64> starts_;
};

}  // namespace fieldstrip::squashfs
