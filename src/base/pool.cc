#include "base/pool.h"

namespace fieldstrip {
namespace {
thread_local bool inside = false;  // of a job of a pool
}  // namespace

bool Pool::nested() { return inside; }
void Pool::be_nested() { inside = true; }

Pool::Pool(unsigned threads) : threads_(std::max(1u, threads)) {}

void Pool::start() {
    while (workers_.size() + 1 < threads_) {
        workers_.emplace_back([this] {
            std::unique_lock lock(mutex_);
            for (;;) {
                wake_.wait(lock, [&] { return stop_ || (job_ && next_ < count_); });
                if (stop_) return;
                work(lock);
            }
        });
    }
}

Pool::~Pool() {
    {
        std::scoped_lock lock(mutex_);
        stop_ = true;
    }
    wake_.notify_all();
}

void Pool::work(std::unique_lock<std::mutex>& lock) {
    while (job_ && next_ < count_) {
        size_t i = next_++;
        auto* job = job_;
        running_++;
        lock.unlock();
        inside = true;
        (*job)(i);
        inside = false;
        lock.lock();
        if (!--running_ && next_ >= count_) done_.notify_all();
    }
}

void Pool::each(size_t n, const std::function<void(size_t)>& f) {
    if (inside || threads_ == 1 || n < 2) {
        for (size_t i = 0; i < n; i++) f(i);
        return;
    }
    start();
    std::unique_lock lock(mutex_);
    job_ = &f, next_ = 0, count_ = n;
    wake_.notify_all();
    work(lock);
    done_.wait(lock, [&] { return !running_ && next_ >= count_; });
    job_ = nullptr;
}

}  // namespace fieldstrip
