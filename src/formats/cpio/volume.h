// The archives of a region as one list of entries, and what it takes to write them again.
#pragma once
#include "formats/cpio/keep.h"
#include "model/format.h"

namespace fieldstrip::cpio {

struct Archive {
    Style style;
    size_t first = 0, count = 0;  // its members
    Extent trailer = {};          // with its filler; of size 0 where there is none
};

struct Parsed {
    std::vector<Archive> archives;
    std::vector<Member> members;  // without trailers
    std::vector<Entry> entries;   // one of each member
    u64 end = 0;                  // of what is read: behind it lies what nobody can read
    Run::How how = Run::How::Whole;
};
/// Everything, once. Error Limit where there are more members than Limits::nodes and `all` is asked for, else the first of them.
Result<Parsed> parse(ByteView, bool all, Context&);

class Volume final : public FileSystem {
  public:
    explicit Volume(Buffer bytes) : bytes_(std::move(bytes)) {}
    Result<std::vector<Occupant>> occupants(u64 at, Context&) const override;
    Result<void> verify(const CheckSink&, Context&) const override;
    Result<std::vector<Entry>> entries(Context&) const override;
    std::optional<Extent> stored(const Entry&) const override;
    Result<Lost> read(const Entry&, const Sink&, const CheckSink& checks, Context&) const override;
    Result<Recipe> recipe(Context&) const override;
    Result<Rope> rewrite(std::span<const Wanted>, const Terms&, Context&) const override;

  private:
    Buffer bytes_;
};

/// What an archive's check word is: the sum of the bytes.
u32 sum_of(ByteView, u32 so_far = 0);

/// The one writer. `original` (may be null) and its bytes: to copy from what is unchanged.
Result<Rope> write(std::vector<Style>, std::span<const Wanted>, const Parsed* original, const Buffer& bytes, Context&);
Result<Rope> build(const Recipe&, std::span<const Wanted>, Context&);

}  // namespace fieldstrip::cpio
