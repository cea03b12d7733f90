// Files of a file system that are read before it is its turn, while somebody has nothing else to do.
#pragma once
#include "engine/entry_state.h"

namespace fieldstrip {

/// A file in memory.
struct HeldFile {
    EntryState state;
    Buffer bytes;
};
HeldFile read_whole(const Item& file_system, const Entry&, bool digest, Context&);

/// What is read so is as if it were read when it is taken: with its sha256, and what it costs is spent then.
class EarlyFiles {
  public:
    static constexpr u64 kEach = 1024;  // bytes that one takes besides its own, at most
    /// Files of at most `largest` bytes, in their order, until `budget` bytes are held. `files` must outlive all that run().
    EarlyFiles(std::shared_ptr<const Item> file_system, const EntryList& files, u64 largest, u64 budget, Context&);
    /// Reads them; once, by a thread that is not the one who takes. It ends early where a limit is met, or what is outside fails.
    void run();
    /// No more are begun.
    void end();
    /// … and none is being read any more.
    void finish();
    /// Nothing where it was not read; waits for one that is being read. From any thread.
    std::optional<HeldFile> take(size_t entry);

  private:
    struct Read {
        HeldFile file;
        u64 decoded;  // bytes, that were spent for it
    };
    void read_all();
    const std::shared_ptr<const Item> item_;
    const EntryList& files_;
    const u64 largest_, budget_;
    Context& cx_;
    std::mutex mutex_;
    std::condition_variable done_;
    std::optional<size_t> reading_;
    std::map<size_t, Read> read_;
    bool end_ = false, running_ = false;
};

}  // namespace fieldstrip
