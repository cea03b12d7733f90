#include "engine/early_files.h"

namespace fieldstrip {

HeldFile read_whole(const Item& file_system, const Entry& e, bool digest, Context& cx) {
    Bytes bytes;
    bytes.reserve(e.size);
    auto state = state_of(file_system, e, digest, cx, [&](ByteView v) {
        bytes.insert(bytes.end(), v.begin(), v.end());
        return true;
    });
    return {std::move(state), Buffer::own(std::move(bytes))};
}

EarlyFiles::EarlyFiles(std::shared_ptr<const Item> file_system, const EntryList& files, u64 largest, u64 budget, Context& cx)
    : item_(std::move(file_system)), files_(files), largest_(largest), budget_(budget), cx_(cx) {}

void EarlyFiles::run() {
    {
        std::scoped_lock lock(mutex_);
        if (end_) return;  // whose files they are may be gone
        running_ = true;
    }
    try {
        read_all();
    } catch (const std::exception&) {  // no memory: what is missing is read at its turn
    }
    std::scoped_lock lock(mutex_);
    running_ = false;
    reading_.reset();
    done_.notify_all();
}

void EarlyFiles::read_all() {
    // Whether they are wanted is not known yet: what is spent for them must not be missing elsewhere.
    Context own({.decoded = cx_.limits.decoded, .memory = cx_.limits.memory}, 1, cx_.alarm);
    u64 held = 0;
    auto& all = files_.all();
    for (size_t i = 0; i < all.size(); i++) {
        if (!all[i].is_file() || all[i].size > largest_ || files_.first_link(i) != i) continue;
        if (all[i].size + kEach > budget_ - held) break;
        {
            std::scoped_lock lock(mutex_);
            if (end_) break;
            reading_ = i;
        }
        const u64 before = own.progress.done;
        auto file = read_whole(*item_, all[i], true, own);
        const bool counts = own.complete() && own.undisturbed();
        held = std::min(budget_, held + file.bytes.size() + kEach);
        std::scoped_lock lock(mutex_);
        if (counts) read_.emplace(i, Read{std::move(file), own.progress.done - before});
        reading_.reset();
        done_.notify_all();
        if (!counts) break;
    }
}

void EarlyFiles::end() {
    std::scoped_lock lock(mutex_);
    end_ = true;
}

void EarlyFiles::finish() {
    std::unique_lock lock(mutex_);
    end_ = true;
    done_.wait(lock, [&] { return !running_; });
}

std::optional<HeldFile> EarlyFiles::take(size_t entry) {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return reading_ != entry; });
    auto found = read_.extract(entry);
    lock.unlock();
    // Beyond a limit it is read again, and ends where it would have ended.
    if (!found || !cx_.has(&Limits::decoded, found.mapped().decoded)) return {};
    if (!cx_.spend(&Limits::decoded, found.mapped().decoded)) return {};
    return std::move(found.mapped().file);
}

}  // namespace fieldstrip
