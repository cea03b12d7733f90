#include "model/block_cache.h"

namespace fieldstrip {

BlockCache::Slots::iterator BlockCache::find(u64 key) {
    return std::ranges::find_if(slots_, [&](auto& slot) { return slot->key == key; });
}

BlockCache::Block BlockCache::get(u64 key, u64 end, const Make& make) {
    std::unique_lock lock(mutex_);
    auto at = find(key);
    if (at == slots_.end()) return this->make(lock, key, make);
    auto slot = *at;
    slots_.splice(slots_.begin(), slots_, at);
    const u64 ahead = std::min(end, key + std::min<size_t>(most_ / 2, 8));  // none may push another out before it is asked for
    for (u64 next = key + 1; next < ahead && !slot->block; next++)
        if (find(next) == slots_.end()) this->make(lock, next, make);
    made_.wait(lock, [&] { return slot->block != nullptr; });
    return slot->block;
}

BlockCache::Block BlockCache::make(std::unique_lock<std::mutex>& lock, u64 key, const Make& make) {
    auto slot = std::make_shared<Slot>(Slot{key, nullptr});
    slots_.push_front(slot);
    if (slots_.size() > most_) slots_.pop_back();  // who waits for it holds it
    lock.unlock();
    Block block;
    try {
        block = std::make_shared<const Result<Bytes>>(make(key));
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
