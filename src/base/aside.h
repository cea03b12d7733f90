// Work that nobody waits for until the end: done beside all else by threads of its own.
#pragma once
#include <atomic>
#include <deque>

#include "base/pool.h"

namespace fieldstrip {

class Aside {
  public:
    /// As many threads as the pool has, but the caller's; started when there is work. `most`: bytes that jobs may hold, before they have to
    /// be few.
    explicit Aside(Pool&, u64 most = 0);
    /// Waits. What a job threw is lost then.
    ~Aside();
    Aside(const Aside&) = delete;
    Aside& operator=(const Aside&) = delete;
    enum class Turn {
        First,  // somebody will wait for it: before all that is no such job
        Usual
    };
    /// Called once, in any order; within it Pool::each is serial, and who waits helps with what it shares. At once by the caller where
    /// there is one thread, or where much waits. `held`: bytes that are in memory for it until it is done.
    void add(std::function<void()>, u64 held, Turn = Turn::Usual);
    /// One long job that takes no processor from what is first: called until it says that nothing is left of it, by one thread at a time,
    /// before what comes in its usual turn. There is one at a time.
    void add_steps(std::function<bool()> step);
    /// Until all is done; the caller helps. Throws what the first job threw that did.
    void wait();

  private:
    struct Job {
        std::function<void()> run;
        u64 held;
    };
    bool idle() const { return first_.empty() && waiting_.empty() && (!steps_ || stepping_); }
    void started(std::unique_lock<std::mutex>&);
    void one(std::unique_lock<std::mutex>&);
    void step(std::unique_lock<std::mutex>&);
    void ended(std::exception_ptr thrown);
    void work();
    Pool& pool_;
    const unsigned threads_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> first_, waiting_;
    std::function<bool()> steps_;
    bool stepping_ = false;
    const u64 most_;
    u64 held_ = 0;  // by those that wait or run
    std::atomic<size_t> running_ = 0;
    bool stop_ = false;
    std::exception_ptr thrown_;
    std::vector<std::jthread> workers_;
};

}  // namespace fieldstrip
