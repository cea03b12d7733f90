#include "model/block_cache.h"

namespace fieldstrip {

BlockCache::Block BlockCache::get(u64 key, const std::function<Result<Bytes>()>& make) {
    std::unique_lock lock(mutex_);
    for (auto at = slots_.begin(); at != slots_.end(); ++at) {
        if ((*at)->key != key) continue;
        auto slot = *at;
        slots_.splice(slots_.begin(), slots_, at);
        made_.wait(lock, [&] { return slot->block != nullptr; });
        return slot->block;
    }
    auto slot = std::make_shared<Slot>(Slot{key, nullptr});
    slots_.push_front(slot);
    if (slots_.size() > most_) slots_.pop_back();  // who waits for it holds it
    lock.unlock();
    Block block;
    try {
        block = std::make_shared<const Result<Bytes>>(make());
    } catch (...) {
        block = std::make_shared<const Result<Bytes>>(fail(Error::Kind::Limit, "out of memory"));
    }
    lock.lock();
    slot->block = block;
    if (!*block && block->error().kind == Error::Kind::Limit) slots_.remove(slot);  // it may go better another time
    made_.notify_all();
    return block;
}

}  // namespace fieldstrip
