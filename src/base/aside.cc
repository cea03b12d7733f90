#include "base/aside.h"

#include "base/apart.h"
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

void Aside::ended(std::exception_ptr thrown) {
    if (thrown && !thrown_) thrown_ = std::move(thrown);
    if (!--running_) pool_.told();
}

void Aside::one(std::unique_lock<std::mutex>& lock) {
    if (first_.empty() && steps_ && !stepping_) return step(lock);
    auto& from = first_.empty() ? waiting_ : first_;
    auto job = std::move(from.front());
    from.pop_front();
    running_++;
    lock.unlock();
    work_apart();
    std::exception_ptr thrown;
    try {
        job.run();
    } catch (...) {
        thrown = std::current_exception();
    }
    job.run = nullptr;  // what it holds goes before anybody hears that it is done
    lock.lock();
    held_ -= job.held;
    ended(std::move(thrown));
}

void Aside::step(std::unique_lock<std::mutex>& lock) {
    stepping_ = true;
    running_++;
    lock.unlock();
    work_apart();
    std::exception_ptr thrown;
    bool more = false;
    try {
        more = steps_();
    } catch (...) {
        thrown = std::current_exception();
    }
    lock.lock();
    stepping_ = false;
    if (!more) steps_ = nullptr;
    ended(std::move(thrown));
}

void Aside::work() {
    heap_of_thread();
    Pool::be_nested(true);
    work_apart();
    std::unique_lock lock(mutex_);
    for (;;) {
        wait_apart(wake_, lock, [&] { return stop_ || !idle(); });
        if (idle()) return;
        one(lock);
    }
}

/// For what has just been added; the lock is not held behind it.
void Aside::started(std::unique_lock<std::mutex>& lock) {
    const size_t busy = running_ + first_.size() + waiting_.size() + (steps_ && !stepping_);
    const bool one_more = workers_.size() < threads_ && workers_.size() < busy;
    if (one_more) {
        work_apart();
        workers_.emplace_back([this] { work(); });
    }
    wake_.notify_one();
    lock.unlock();
    if (one_more) let_begin();
}

void Aside::add(std::function<void()> job, u64 held, Turn turn) {
    constexpr size_t kFew = 4, kMany = 64;  // for each thread: so many wait whatever they hold, and so many at most
    if (!threads_) return job();
    std::unique_lock lock(mutex_);
    const size_t wait = first_.size() + waiting_.size();
    const bool much = wait >= kFew * threads_ && held_ + held > most_;
    if (much || wait >= kMany * threads_) {
        lock.unlock();
        return job();
    }
    held_ += held;
    (turn == Turn::First ? first_ : waiting_).push_back({std::move(job), held});
    started(lock);
}

void Aside::add_steps(std::function<bool()> step) {
    if (!threads_) {
        while (step()) {}
        return;
    }
    std::unique_lock lock(mutex_);
    steps_ = std::move(step);
    started(lock);
}

void Aside::wait() {
    std::unique_lock lock(mutex_);
    while (!idle() || running_) {
        while (!idle()) one(lock);
        lock.unlock();
        pool_.help([&] { return !running_; });
        lock.lock();
    }
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
}

}  // namespace fieldstrip
