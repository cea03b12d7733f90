// Work made ahead on the pool and taken in order; blocks that are decoded once for many.
#include "model/in_order.h"

#include <gtest/gtest.h>

#include "model/block_cache.h"

namespace fieldstrip {
namespace {

std::vector<size_t> taken(size_t n, unsigned threads, u64 each, size_t stop_at, u64 memory = u64{384} << 20) {
    Context cx({.memory = memory}, threads);
    std::vector<size_t> out;
    in_order<size_t>(
        n, [&](size_t) { return each; },
        [&](size_t i) {
            for (volatile unsigned k = 0; k < (i * 7919) % 3000; k = k + 1) {}
            return i * i;
        },
        [&](size_t i, size_t made) {
            EXPECT_EQ(made, i * i);
            out.push_back(i);
            return i + 1 != stop_at;
        },
        cx);
    return out;
}

TEST(InOrder, TakesAllInOrderWhateverTheThreads) {
    std::vector<size_t> all(5000);
    for (size_t i = 0; i < all.size(); i++) all[i] = i;
    for (unsigned threads : {1u, 2u, 8u}) {
        EXPECT_EQ(taken(5000, threads, 1, 0), all);
        EXPECT_EQ(taken(5000, threads, u64{1} << 40, 0), all) << "each is more than the budget";
        EXPECT_EQ(taken(5000, threads, 100, 0, 4096), all);
        EXPECT_EQ(taken(5000, threads, 1, 77), std::vector(all.begin(), all.begin() + 77));
        EXPECT_TRUE(taken(0, threads, 1, 0).empty());
    }
}

TEST(InOrder, HoldsNoMoreThanItsBudget) {
    Context cx({}, 8);
    std::atomic<u64> held = 0, most = 0;
    const u64 each = u64{1} << 20;
    in_order<int>(
        2000, [&](size_t) { return each; },
        [&](size_t) {
            u64 now = held += each;
            for (u64 m = most; now > m && !most.compare_exchange_weak(m, now);) {}
            return 0;
        },
        [&](size_t, int) { return held -= each, true; }, cx);
    EXPECT_LE(most, ahead_budget(cx));
}

TEST(InOrder, NestedIsSerialAndEnds) {
    Context cx({}, 4);
    u64 total = 0;
    in_order<u64>(
        50, [](size_t) { return u64{1}; },
        [&](size_t i) {
            u64 n = 0;
            in_order<u64>(
                10, [](size_t) { return u64{1}; }, [&](size_t k) { return i * k; }, [&](size_t, u64 v) { return n += v, true; }, cx);
            return n;
        },
        [&](size_t, u64 n) { return total += n, true; }, cx);
    EXPECT_EQ(total, 45u * 49 * 25);
}

TEST(InOrder, AnExceptionIsTheCallers) {
    Context cx({}, 4);
    auto run = [&] {
        in_order<int>(
            100, [](size_t) { return u64{1}; }, [&](size_t i) { return i == 50 ? throw std::bad_alloc() : 0; },
            [](size_t, int) { return true; }, cx);
    };
    EXPECT_THROW(run(), std::bad_alloc);
}

TEST(Pool, BesideIsAThreadOfItsOwn) {
    Pool several(3), one(1);
    std::atomic<bool> go = false;
    auto other = several.beside([&] {
        while (!go) std::this_thread::yield();
        return Pool::nested();
    });
    go = true;
    EXPECT_TRUE(other.get()) << "each() would be used by two at once";
    bool ran = false;
    auto later = one.beside([&] { return ran = true; });
    EXPECT_FALSE(ran);
    EXPECT_TRUE(later.get());
}

TEST(BlockCache, DecodesOnceForMany) {
    BlockCache cache(8);
    Pool pool(8);
    std::atomic<unsigned> made = 0, beyond = 0;
    auto make = [&](u64 key) -> Result<Bytes> {
        beyond += key >= 4;
        return made++, Bytes(100, u8(key));
    };
    pool.each(400, [&](size_t i) {
        auto block = cache.get(i % 4, 4, make);
        EXPECT_EQ((**block)[0], i % 4);
    });
    EXPECT_EQ(made, 4u);
    EXPECT_EQ(beyond, 0u);
    for (u64 k = 10; k < 18; k++) cache.get(k, 100, make);
    EXPECT_EQ(made, 12u) << "nothing is made ahead where nobody would wait";
    cache.get(0, 100, make);
    EXPECT_EQ(made, 13u) << "only so many are kept";
}

TEST(BlockCache, WhoWouldWaitMakesTheNext) {
    BlockCache cache(8);
    std::atomic<bool> next = false;
    auto make = [&](u64 key) -> Result<Bytes> {
        if (key == 7)
            for (unsigned k = 0; k < 10'000 && !next; k++) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        next = next || key == 8;
        return Bytes(1, u8(key));
    };
    Pool pool(2);
    pool.each(2, [&](size_t) { EXPECT_EQ((**cache.get(7, 9, make))[0], 7); });
    EXPECT_TRUE(next);
}

}  // namespace
}  // namespace fieldstrip
