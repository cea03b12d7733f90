// A squashfs as a file system: its entries, what is in them, and whether it holds together.
#pragma once
#include "formats/squashfs/image.h"
#include "model/block_cache.h"

namespace fieldstrip::squashfs {

struct Params;
struct Analysis;

class Volume final : public FileSystem {
  public:
    /// `block_size`: at most so many bytes a fragment has.
    Volume(Buffer bytes, Endian endian, unsigned major, u64 block_size)
        : bytes_(std::move(bytes)), endian_(endian), major_(major), fragments_(kept(block_size)) {}
    /// Read when it is first asked for: whoever only maps needs none of it.
    Result<std::shared_ptr<const Image>> image(Context&) const;
    const Buffer& bytes() const { return bytes_; }

    Holds holds() const override { return {.xattrs = true}; }
    Result<std::vector<Entry>> entries(Context&) const override;
    Result<std::vector<std::string>> cut_folders(Context&) const override;
    Result<std::optional<Origin>> origin(const Entry&, Context&) const override;
    Result<Lost> read(const Entry&, const Sink&, const CheckSink&, Context&) const override;
    Result<std::vector<Occupant>> occupants(u64 at, Context&) const override;
    Result<void> verify(const CheckSink&, Context&) const override;
    Result<Recipe> recipe(Context&) const override;
    Result<Rope> rewrite(std::span<const Wanted>, const Terms&, Context&) const override;

  private:
    /// Of what image() gives; null of versions that are not written.
    std::shared_ptr<const Analysis> analysis(const Image&) const;
    Result<std::shared_ptr<const Params>> params(Context&) const;
    Buffer bytes_;
    Endian endian_;
    unsigned major_;
    mutable std::mutex reading_, analysing_, finding_;
    mutable std::shared_ptr<const Image> image_;
    mutable std::shared_ptr<const Analysis> analysis_;
    mutable std::shared_ptr<const Params> params_;
    /// Fragments: many, since files that are the same share one that may lie far from their neighbours'.
    static size_t kept(u64 block_size) { return std::clamp<size_t>((size_t{16} << 20) / std::max<u64>(block_size, 1), 8, 256); }
    mutable BlockCache fragments_;
};

/// A name as a part of a path: what can't stand there is %XX.
std::string part_of(std::string_view name);
/// With what it says beyond them, if that is given, as their `keep`.
Result<std::vector<Entry>> entries_of(const Image&, const Analysis*, Context&);

/// Where a block lies and what it must become.
struct Stored {
    Extent extent;  // of size 0: a hole
    bool packed = false;
    u64 plain = 0;
};
/// Those of a file in order, without its tail. One that leads outside lies at the end and is empty.
std::vector<Stored> blocks_of(const Image&, const Node&);
Result<Bytes> decode(const Image&, const Stored&, Context&);
/// How many bytes of a file lie in a fragment, and where that lies; nothing where there is none of that number.
u64 tail_of(const Image&, const Inode&);
std::optional<Stored> fragment_of(const Image&, u32 number);

}  // namespace fieldstrip::squashfs
