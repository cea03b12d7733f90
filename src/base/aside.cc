#include "base/aside.h"

#include "base/heap.h"

namespace fieldstrip {

Aside::Aside(Pool& pool) : pool_(pool), threads_(Pool::nested() ? 0 : pool.threads() - 1) {}

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
        job();
    } catch (...) {
        thrown = std::current_exception();
    }
    job = nullptr;  // what it holds goes before anybody hears that it is done
    lock.lock();
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

void Aside::add(std::function<void()> job) {
    constexpr size_t kMuch = 4;  // for each thread: what waits holds memory
    if (!threads_) return job();
    {
        std::unique_lock lock(mutex_);
        if (waiting_.size() >= kMuch * threads_) {
            lock.unlock();
            return job();
        }
        waiting_.push_back(std::move(job));
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
