// A region as one list of entries, and what it takes to write them again.
#pragma once
#include "formats/tar/head.h"
#include "model/format.h"

namespace fieldstrip::tar {

struct Parsed {
    Style style;
    std::vector<Member> members;  // of each entry
    std::vector<Entry> entries;
    std::vector<std::string> links;             // how each spells what it leads to
    std::vector<std::pair<u64, Extent>> loose;  // before which entry: what is none
    u64 end = 0;                                // of the last member
    Run::How how = Run::How::Whole;
    bool exact = true;  // it can be made again from recipe and entries
};
/// Everything, once. Error Limit where there are more members than Limits::nodes and `all` is asked for, else the first of them.
Result<Parsed> parse(ByteView, bool all, Context&);

class Volume final : public FileSystem {
  public:
    Volume(Buffer bytes, bool pax) : bytes_(std::move(bytes)), pax_(pax) {}
    Holds holds() const override { return {.sockets = false, .xattrs = pax_}; }
    Result<std::vector<Occupant>> occupants(u64 at, Context&) const override;
    Result<void> verify(const CheckSink&, Context&) const override;
    Result<std::vector<Entry>> entries(Context&) const override;
    std::optional<Extent> stored(const Entry&) const override;
    Result<Lost> read(const Entry&, const Sink&, const CheckSink& checks, Context&) const override;
    Result<Recipe> recipe(Context&) const override;
    Result<Rope> rewrite(std::span<const Wanted>, const Terms&, Context&) const override;

  private:
    Buffer bytes_;
    bool pax_;
};

/// The one writer. `original` (may be null) and its bytes: to copy from what is unchanged.
Result<Rope> write(const Style&, std::span<const Wanted>, const Parsed* original, const Buffer& bytes, Context&);
Result<Rope> build(const Recipe&, std::span<const Wanted>, Context&);

}  // namespace fieldstrip::tar
