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
    explicit BlockCache(size_t most) : most_(most) {}
    /// The block of that key; made by who asks first, while all others who ask for it wait.
    Block get(u64 key, const std::function<Result<Bytes>()>& make);

  private:
    struct Slot {
        u64 key;
        Block block;  // null: being made
    };
    const size_t most_;
    std::mutex mutex_;
    std::condition_variable made_;
    std::list<std::shared_ptr<Slot>> slots_;  // those used last come first
};

}  // namespace fieldstrip
