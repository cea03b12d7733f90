// Threads: a pool that calls a function for 0 … n - 1. Nested calls run serially, so nothing can deadlock.
#pragma once
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

#include "base/apart.h"
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
        if (now) work_apart();
        auto out = std::async(now ? std::launch::async : std::launch::deferred, [f = std::move(f), now] {
            if (now) be_nested(), work_apart();
            return f();
        });
        if (now) let_begin();
        return out;
    }
    unsigned threads() const { return threads_; }
    /// Whether the caller is a job of a pool.
    static bool nested();
    /// The calling thread counts as one from now on: what it asks of a pool is done by itself. `may_share`: or with share().
    static void be_nested(bool may_share = false);
    /// Whether the caller is such a thread and not a job within.
    static bool may_share();

    /// Calls `work`, which ends when there is nothing left to begin; threads that wait in help() call it too, at any time. Returns when all
    /// have returned. It does not throw.
    void share(const std::function<void()>& work);
    /// Waits until `done` is true, and works meanwhile on what others share. Who makes it true calls told(); it looks at nothing that is
    /// locked while told() is called.
    void help(const std::function<bool()>& done);
    void told();

  private:
    struct Shared {
        const std::function<void()>* work;
        size_t helpers;
    };
    void start();
    void work(std::unique_lock<std::mutex>&);
    const unsigned threads_;
    std::mutex mutex_;
    std::condition_variable wake_, done_, help_, left_;
    std::deque<Shared*> shared_;  // to which a helper may come
    const std::function<void(size_t)>* job_ = nullptr;
    size_t next_ = 0, count_ = 0, running_ = 0;
    bool stop_ = false;
    std::vector<std::jthread> workers_;
};

}  // namespace fieldstrip
