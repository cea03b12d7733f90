// Work done ahead on the pool and taken in order, within a budget: all that formats see of threads. What comes out can't depend on how many
// there are.
#pragma once
#include "model/context.h"

namespace fieldstrip {

/// How much of what is made ahead may be held at a time, in bytes: a part of the Context's memory.
u64 ahead_budget(const Context&);

/// The parts of it that need no templates: calls make(i) for 0 … n - 1 from any thread of the pool and take(i) in order, one at a time,
/// when make(i) is done. `size(i)`: what it takes until it was taken; the next in order is made however large it is. At most `window` are
/// ahead.
void run_in_order(size_t n, size_t window, const std::function<u64(size_t)>& size, const std::function<void(size_t)>& make,
                  const std::function<bool(size_t)>& take, Context&);

/// make(i) gives a T from any thread, several at a time; take(i, T) gets them in order, one at a time (not always in the same thread), and
/// ends it by false. Called from within the pool (a file system in a file system, a file among many) it runs serially: nothing can
/// deadlock. Called from work that is done aside, whoever waits for that helps.
template <class T>
void in_order(size_t n, const std::function<u64(size_t)>& size, const std::function<T(size_t)>& make,
              const std::function<bool(size_t, T)>& take, Context& cx) {
    const size_t window = 512 * size_t{cx.pool.threads()};  // what is held is bounded by the budget
    std::vector<std::optional<T>> made(std::min(n, window));
    run_in_order(
        n, window, size, [&](size_t i) { made[i % window].emplace(make(i)); },
        [&](size_t i) {
            auto slot = std::exchange(made[i % window], std::nullopt);
            return take(i, *std::move(slot));
        },
        cx);
}

}  // namespace fieldstrip
