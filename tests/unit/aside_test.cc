// Work done aside: all of it, once, whoever does it; what a job throws reaches who waits.
#include "base/aside.h"

#include <gtest/gtest.h>

#include "model/in_order.h"

namespace fieldstrip {
namespace {

TEST(Aside, DoesAllOfItOnce) {
    for (unsigned threads : {1u, 2u, 5u}) {
        Pool pool(threads);
        std::vector<std::atomic<int>> done(200);
        Aside aside(pool);
        for (size_t i = 0; i < done.size(); i++) aside.add([&, i] { done[i]++; });
        aside.wait();
        for (auto& d : done) EXPECT_EQ(1, d);
        aside.add([&] { done[0]++; });
        aside.wait();
        EXPECT_EQ(2, done[0]) << "it can be waited for again";
    }
}

TEST(Aside, EndsWithItsWorkDone) {
    std::atomic<int> done = 0;
    {
        Pool pool(3);
        Aside aside(pool);
        for (int i = 0; i < 20; i++) aside.add([&] { done++; });
    }
    EXPECT_EQ(20, done);
}

TEST(Aside, ThrowsWhatAJobThrew) {
    Pool pool(2);
    Aside aside(pool);
    std::atomic<int> done = 0;
    for (int i = 0; i < 4; i++)
        aside.add([&, i] {
            if (i == 1) throw std::runtime_error("one of them");
            done++;
        });
    EXPECT_THROW(aside.wait(), std::runtime_error);
    EXPECT_EQ(3, done);
    EXPECT_NO_THROW(aside.wait());
}

TEST(Aside, IsSerialWithinAPoolsJob) {
    Pool pool(2);
    std::atomic<bool> same = true;
    pool.each(4, [&](size_t) {
        Aside aside(pool);
        auto me = std::this_thread::get_id();
        aside.add([&] { same = same && std::this_thread::get_id() == me; });
        aside.wait();
    });
    EXPECT_TRUE(same);
}

TEST(Aside, WhoWaitsHelpsWithWhatIsShared) {
    Context cx({}, 2);
    Aside aside(cx.pool);
    std::atomic<int> inside = 0;
    std::vector<size_t> taken;
    aside.add([&] {
        in_order<size_t>(
            50, [](size_t) { return u64{1}; },
            [&](size_t i) {
                inside++;
                while (i < 2 && inside < 2) std::this_thread::yield();  // the first two are made by two threads at once
                return i;
            },
            [&](size_t i, size_t made) { return taken.push_back(made), i == made; }, cx);
    });
    aside.wait();
    EXPECT_EQ(50u, taken.size());
    EXPECT_TRUE(std::ranges::is_sorted(taken));
}

TEST(Aside, SharedWorkEndsBySomebodysException) {
    Context cx({}, 3);
    Aside aside(cx.pool);
    aside.add([&] {
        in_order<int>(
            100, [](size_t) { return u64{1}; }, [&](size_t i) { return i == 50 ? throw std::bad_alloc() : 0; },
            [](size_t, int) { return true; }, cx);
    });
    EXPECT_THROW(aside.wait(), std::bad_alloc);
}

}  // namespace
}  // namespace fieldstrip
