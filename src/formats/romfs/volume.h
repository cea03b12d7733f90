// A romfs as a file system: its entries and what is in them.
#pragma once
#include "formats/romfs/tree.h"
#include "model/format.h"

namespace fieldstrip::romfs {

/// How it was made: what the bytes show.
struct Params {
    Bytes volume = {};    // its name
    u64 align = kGrid;    // of the data of files (genromfs -a), counted from the image's begin
    u64 fill = kGrid;     // what the size is a multiple of; 0: of no power of two that explains it
    u64 other_align = 0;  // what most of the other ones have (-A); kept by each of them
    bool exact = true;    // this and the entries are all it takes to make the same bytes
};

class Volume final : public FileSystem {
  public:
    explicit Volume(Buffer bytes);
    const Buffer& bytes() const { return bytes_; }
    const Image& image() const { return image_; }
    const Params& params() const { return params_; }

    Holds holds() const override { return {.mode = false, .owner = false, .mtime = false, .executable = true}; }
    Result<std::vector<Entry>> entries(Context&) const override;
    std::optional<Extent> stored(const Entry&) const override;
    Result<Lost> read(const Entry&, const Sink&, const CheckSink&, Context&) const override;
    Result<std::vector<Occupant>> occupants(u64 at, Context&) const override;
    Result<void> verify(const CheckSink&, Context&) const override;
    Result<Recipe> recipe(Context&) const override;
    Result<Rope> rewrite(std::span<const Wanted>, const Terms&, Context&) const override;

  private:
    std::optional<Node> file_at(u64 at) const;
    Buffer bytes_;
    Image image_;
    Params params_;
};

Params params_of(const Image&);
Result<Params> params_of(const Recipe&);
Recipe recipe_of(const Params&);
std::string made_by(const Recipe&);
/// The bytes before the header of something whose header, or data, shall lie on a multiple of `align`.
inline u64 pad_for(u64 end, bool data, u64 name, u64 align) { return gap_to(end + (data ? head_size(name) : 0), align); }
/// Whether -a is about it: files, and hard links to them (of those the header is aligned).
bool aligned(const Image&, const Node&);

/// A name as a part of a path: what can't stand there is %XX. And of an entry: the name it has on disk.
std::string part_of(ByteView name);
Result<std::string> name_of(const Entry&);

/// The tree that is wanted, as an image. `old`: what it was made of; without, all from parameters.
Result<Rope> write(const Params&, std::span<const Wanted>, const Volume* old, Context&);

}  // namespace fieldstrip::romfs
