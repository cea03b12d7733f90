// Threads: a pool that calls a function for 0 … n - 1. Nested calls run serially, so nothing can deadlock.
#pragma once
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "base/base.h"

namespace fieldstrip {

class Pool {
  public:
    /// `threads` in all, the caller's among them. They are started when there is work for them: a process that has not begun to work can
    /// still change what its threads may do.
    explicit Pool(unsigned threads);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    /// Calls f(0) … f(n - 1), each once, in any order, and returns when all are done. From within f: serially.
    void each(size_t n, const std::function<void(size_t)>& f);
    /// Starts f on a thread of its own, beside all that follows, where there are several and the caller is no job; else f runs when it is
    /// asked for. Within f each() is serial. The result waits for f at its end, asked for or not.
    template <class F>
    auto beside(F f) const -> std::future<decltype(f())> {
        const bool now = threads_ > 1 && !nested();
        return std::async(now ? std::launch::async : std::launch::deferred, [f = std::move(f), now] {
            if (now) be_nested();
            return f();
        });
    }
    unsigned threads() const { return threads_; }
    /// Whether the caller is a job of a pool.
    static bool nested();
    /// The calling thread counts as one from now on: what it asks of a pool is done by itself.
    static void be_nested();

  private:
    void start();
    void work(std::unique_lock<std::mutex>&);
    const unsigned threads_;
    std::mutex mutex_;
    std::condition_variable wake_, done_;
    const std::function<void(size_t)>* job_ = nullptr;
    size_t next_ = 0, count_ = 0, running_ = 0;
    bool stop_ = false;
    std::vector<std::jthread> workers_;
};

}  // namespace fieldstrip
