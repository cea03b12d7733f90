// Decoded blocks that several files share, each decoded once while it is in use: a few at a time, for any number of threads.
#pragma once
#include <condition_variable>
#include <list>
#include <mutex>

#include "base/base.h"

namespace fieldstrip {

class BlockCache {
  public:
    using Block = std::shared_ptr<const Result<Bytes>>;
    using Make = std::function<Result<Bytes>(u64 key)>;
    explicit BlockCache(size_t most) : most_(most) {}
    /// The block of that key; made by who asks first. Others who ask for it meanwhile make one of those behind it, which as a rule are
    /// asked for next, below `end`; then they wait.
    Block get(u64 key, u64 end, const Make& make);

  private:
    struct Slot {
        u64 key;
        Block block;  // null: being made
    };
    using Slots = std::list<std::shared_ptr<Slot>>;
    Slots::iterator find(u64 key);
    Block make(std::unique_lock<std::mutex>&, u64 key, const Make&);
    const size_t most_;
    std::mutex mutex_;
    std::condition_variable made_;
    Slots slots_;  // those used last come first
};

}  // namespace fieldstrip
