#include "base/aside.h"

#include "base/heap.h"

namespace fieldstrip {

Aside::Aside(Pool& pool, u64 most) : pool_(pool), threads_(Pool::nested() ? 0 : pool.threads() - 1), most_(most) {}

Aside::~Aside() {
    {
        std::scoped_lock lock(mutex_);
        stop_ = true;
    }
    wake_.notify_all();
}

void Aside::one(std::unique_lock<std::mutex>& lock) {
    auto job = std::move(waiting_.front());
    waiting_.pop_front();
    running_++;
    lock.unlock();
    std::exception_ptr thrown;
    try {
        job.run();
    } catch (...) {
        thrown = std::current_exception();
    }
    job.run = nullptr;  // what it holds goes before anybody hears that it is done
    lock.lock();
    held_ -= job.held;
    if (thrown && !thrown_) thrown_ = thrown;
    if (!--running_) pool_.told();
}

void Aside::work() {
    heap_of_thread();
    Pool::be_nested(true);
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [&] { return stop_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        one(lock);
    }
}

void Aside::add(std::function<void()> job, u64 held) {
    constexpr size_t kFew = 4, kMany = 64;  // for each thread: so many wait whatever they hold, and so many at most
    if (!threads_) return job();
    {
        std::unique_lock lock(mutex_);
        const bool much = waiting_.size() >= kFew * threads_ && held_ + held > most_;
        if (much || waiting_.size() >= kMany * threads_) {
            lock.unlock();
            return job();
        }
        held_ += held;
        waiting_.push_back({std::move(job), held});
        if (workers_.size() < threads_ && workers_.size() < running_ + waiting_.size()) workers_.emplace_back([this] { work(); });
    }
    wake_.notify_one();
}

void Aside::wait() {
    std::unique_lock lock(mutex_);
    while (!waiting_.empty() || running_) {
        while (!waiting_.empty()) one(lock);
        lock.unlock();
        pool_.help([&] { return !running_; });
        lock.lock();
    }
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
}

}  // namespace fieldstrip
