// Where bytes come from and where many of them are kept: mapped files, standard input, decoded contents in memory or in an unlinked file.
#pragma once
#include "model/context.h"

namespace fieldstrip {

/// A file, mapped; of any size, an empty one too. Error Io with the system's reason (without the path: who asked knows it).
Result<Buffer> open_file(const std::string& path);
/// All of standard input.
Result<Buffer> read_stdin(Context&);

/// Takes bytes of unknown number: in memory while they are few, else in an unlinked file, by the budget of the Context.
class Collector {
  public:
    explicit Collector(Context&);
    ~Collector();
    Collector(const Collector&) = delete;
    Collector& operator=(const Collector&) = delete;
    /// False: the disk is full (`take` says so).
    bool add(ByteView);
    u64 size() const { return size_; }
    Result<Buffer> take();

  private:
    bool spill();
    Context& cx_;
    Bytes memory_;
    u64 size_ = 0;
    int file_ = -1;
    int error_ = 0;
};

/// Zeros without memory behind them, to be written to where needed (the skeleton of a structure whose parts lie elsewhere).
Result<std::pair<Buffer, std::span<u8>>> blank(u64 size);

}  // namespace fieldstrip
