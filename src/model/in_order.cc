#include "model/in_order.h"

#include <exception>

#include "base/apart.h"

namespace fieldstrip {
namespace {

/// What the threads of one run share. Each of them makes what may be made, and takes when it is the next one's turn.
class Run {
  public:
    Run(size_t n, size_t window, const std::function<u64(size_t)>& size, const std::function<void(size_t)>& make,
        const std::function<bool(size_t)>& take, u64 budget)
        : n_(n), window_(window), size_(size), make_(make), take_(take), budget_(budget), done_(std::min(n, window)) {}

    void work() {
        std::unique_lock lock(mutex_);
        try {
            while (!over()) {
                if (may_take())
                    take(lock);
                else if (may_begin())
                    make(lock);
                else
                    wait_apart(wake_, lock, [&] { return over() || may_take() || may_begin(); });
            }
        } catch (...) {
            if (!lock.owns_lock()) lock.lock();
            if (!wrong_) wrong_ = std::current_exception();
            stop_ = true;
        }
        wake_.notify_all();
    }
    void rethrow() const {
        if (wrong_) std::rethrow_exception(wrong_);
    }

  private:
    bool over() const { return stop_ || next_ >= n_; }
    bool may_take() const { return !taking_ && done_[next_ % window_]; }
    bool may_begin() const {
        if (begun_ == n_ || begun_ - next_ >= window_) return false;
        return begun_ == next_ || held_ + size_(begun_) <= budget_;
    }
    void make(std::unique_lock<std::mutex>& lock) {
        size_t i = begun_++;
        held_ += size_(i);
        lock.unlock();
        work_apart();
        make_(i);
        lock.lock();
        done_[i % window_] = true;
        if (i == next_) wake_.notify_all();
    }
    /// All that are done, one behind the other. Who waits for room is woken when there is some for several: a wake for each costs more than
    /// a small file.
    void take(std::unique_lock<std::mutex>& lock) {
        taking_ = true;
        for (size_t taken = 1; !stop_ && next_ < n_ && done_[next_ % window_]; taken++) {
            size_t i = next_;
            lock.unlock();
            bool more = take_(i);
            lock.lock();
            done_[i % window_] = false;
            held_ -= size_(i);
            next_++;
            stop_ = stop_ || !more;
            if (taken % kTogether == 0) wake_.notify_all();
        }
        taking_ = false;
        wake_.notify_all();
    }

    static constexpr size_t kTogether = 16;
    const size_t n_, window_;
    const std::function<u64(size_t)>& size_;
    const std::function<void(size_t)>& make_;
    const std::function<bool(size_t)>& take_;
    const u64 budget_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<bool> done_;
    size_t begun_ = 0, next_ = 0;
    u64 held_ = 0;
    bool taking_ = false, stop_ = false;
    std::exception_ptr wrong_;
};

}  // namespace

u64 ahead_budget(const Context& cx) { return std::min<u64>(cx.limits.memory / 8, u64{32} << 20); }

void run_in_order(size_t n, size_t window, const std::function<u64(size_t)>& size, const std::function<void(size_t)>& make,
                  const std::function<bool(size_t)>& take, Context& cx) {
    if (n == 1 || cx.pool.threads() == 1 || (Pool::nested() && !Pool::may_share())) {
        for (size_t i = 0; i < n; i++) {
            make(i);
            if (!take(i)) return;
        }
        return;
    }
    Run run(n, window, size, make, take, ahead_budget(cx));
    if (Pool::nested())
        cx.pool.share([&] { run.work(); });
    else
        cx.pool.each(std::min<size_t>(n, cx.pool.threads()), [&](size_t) { run.work(); });
    run.rethrow();
}

}  // namespace fieldstrip
