#include "base/pool.h"

#include "base/apart.h"
#include "base/heap.h"

namespace fieldstrip {
namespace {
thread_local bool inside = false;  // of a job of a pool
thread_local bool shares = false;
}  // namespace

bool Pool::nested() { return inside; }
bool Pool::may_share() { return shares; }
void Pool::be_nested(bool may_share) { inside = true, shares = may_share; }

Pool::Pool(unsigned threads) : threads_(std::max(1u, threads)) {}

void Pool::start() {
    while (workers_.size() + 1 < threads_) {
        workers_.emplace_back([this] {
            heap_of_thread();
            work_apart();
            std::unique_lock lock(mutex_);
            for (;;) {
                wait_apart(wake_, lock, [&] { return stop_ || (job_ && next_ < count_); });
                if (stop_) return;
                work(lock);
            }
        });
        let_begin();
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
        work_apart();
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
    work_apart();
    start();
    std::unique_lock lock(mutex_);
    job_ = &f, next_ = 0, count_ = n;
    wake_.notify_all();
    work(lock);
    wait_apart(done_, lock, [&] { return !running_ && next_ >= count_; });
    job_ = nullptr;
}

void Pool::share(const std::function<void()>& work) {
    Shared one{&work, 0};
    {
        std::scoped_lock lock(mutex_);
        shared_.push_back(&one);
    }
    help_.notify_all();
    const bool before = std::exchange(shares, false);
    work();
    shares = before;
    std::unique_lock lock(mutex_);
    std::erase(shared_, &one);
    left_.wait(lock, [&] { return !one.helpers; });
}

void Pool::help(const std::function<bool()>& done) {
    std::unique_lock lock(mutex_);
    for (;;) {
        bool over = false;  // not asked again behind the wait: what is done now may have begun again
        wait_apart(help_, lock, [&] { return (over = done()) || !shared_.empty(); });
        if (over) return;
        auto* one = shared_.front();
        one->helpers++;
        lock.unlock();
        const bool before = std::exchange(inside, true);
        (*one->work)();
        inside = before;
        lock.lock();
        std::erase(shared_, one);  // nothing of it is left to begin
        if (!--one->helpers) left_.notify_all();
    }
}

void Pool::told() {
    { std::scoped_lock lock(mutex_); }
    help_.notify_all();
}

}  // namespace fieldstrip
