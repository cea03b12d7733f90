// A cramfs as a file system: its entries and what is in them.
#pragma once
#include "formats/cramfs/tree.h"
#include "model/format.h"

namespace fieldstrip::cramfs {

class Volume final : public FileSystem {
  public:
    Volume(Buffer bytes, Place place) : bytes_(std::move(bytes)), image_(read_image(bytes_.view(), place)) {
        auto order = data_in_order(image_);
        for (size_t i = 1; i < order.size(); i++)
            if (offset_of(order[i - 1]) >= offset_of(order[i])) depth_first_ = false;
    }
    const Buffer& bytes() const { return bytes_; }
    const Image& image() const { return image_; }
    /// Data lies in the order in which a walk through the tree meets it, as mkcramfs writes it.
    bool depth_first() const { return depth_first_; }

    Holds holds() const override { return {.mtime = false, .links = false}; }
    Result<std::vector<Entry>> entries(Context&) const override;
    Result<Lost> read(const Entry&, const Sink&, const CheckSink&, Context&) const override;
    Result<std::vector<Occupant>> occupants(u64 at, Context&) const override;
    Result<void> verify(const CheckSink&, Context&) const override;
    Result<Recipe> recipe(Context&) const override;
    Result<Rope> rewrite(std::span<const Wanted>, const Terms&, Context&) const override;

  private:
    u64 offset_of(u32 node) const { return image_.nodes[node].inode.offset(); }
    Buffer bytes_;
    Image image_;
    bool depth_first_ = true;
};

/// An inode without where its data lies, and back: what an entry can't say is in its `keep`. Unsupported: what an inode can't hold.
Entry entry_of(const Image&, const Node&);
Result<Inode> inode_of(const Entry&);
/// A name as a part of a path: what can't stand there is %XX. And of an entry: the name it has on disk.
std::string part_of(ByteView name);
Result<std::string> name_of(const Entry&);

/// Delivers the content of a file or symlink.
Result<Lost> read_data(const Image&, const Inode&, const std::string& path, const Sink&, const CheckSink&, Context&);

}  // namespace fieldstrip::cramfs
