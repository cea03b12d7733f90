// Where bytes come from and where many of them are kept: mapped files, standard input, decoded contents in memory or in a file of their own
// (base/spill.h).
#pragma once
#include "model/context.h"

namespace fieldstrip {

/// A file, mapped; of any size, an empty one too. Error Io with the system's reason (without the path: who asked knows it).
Result<Buffer> open_file(const std::string& path);
/// Of a regular file of the host, which is read and not mapped: for one look at each of many that costs less, and halts no other thread.
Result<std::string> sha256_of_file(const std::string& path);
/// What tells a file as it is from what it was.
struct Stamp {
    u64 device, inode, size;
    i64 seconds, nanoseconds;  // when it was written
    bool operator==(const Stamp&) const = default;
};
std::optional<Stamp> stamp_of(const std::string& path);
/// All of standard input.
Result<Buffer> read_stdin(Context&);

/// Takes bytes of unknown number: in memory while they are few, else in an unlinked file, by the budget of the Context.
class Collector {
  public:
    explicit Collector(Context&);
    Collector(const Collector&) = delete;
    Collector& operator=(const Collector&) = delete;
    /// False: the disk is full (`take` says so).
    bool add(ByteView);
    u64 size() const { return size_; }
    Result<Buffer> take();

  private:
    bool spill();
    bool write_out(ByteView);
    Context& cx_;
    Bytes memory_;
    u64 size_ = 0;
    std::shared_ptr<const Spill::Window> window_;  // in memory no longer
    std::optional<Error> error_;
};

/// Zeros without memory behind them, to be written to where needed (the skeleton of a structure whose parts lie elsewhere).
Result<std::pair<Buffer, std::span<u8>>> blank(u64 size);

}  // namespace fieldstrip
