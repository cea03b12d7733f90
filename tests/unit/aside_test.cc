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
        for (size_t i = 0; i < done.size(); i++) aside.add([&, i] { done[i]++; }, 0);
        aside.wait();
        for (auto& d : done) EXPECT_EQ(1, d);
        aside.add([&] { done[0]++; }, 0);
        aside.wait();
        EXPECT_EQ(2, done[0]) << "it can be waited for again";
    }
}

/// One step may be done and the next begun while who waits wakes: it went on as if there were something to help with.
TEST(Aside, WhoHelpsAsksOnceWhetherItIsDone) {
    Pool pool(2);
    int asked = 0;
    pool.help([&] { return ++asked == 1; });
    EXPECT_EQ(1, asked);
}

TEST(Aside, EndsWithItsWorkDone) {
    std::atomic<int> done = 0;
    {
        Pool pool(3);
        Aside aside(pool);
        for (int i = 0; i < 20; i++) aside.add([&] { done++; }, 0);
    }
    EXPECT_EQ(20, done);
}

TEST(Aside, ThrowsWhatAJobThrew) {
    Pool pool(2);
    Aside aside(pool);
    std::atomic<int> done = 0;
    for (int i = 0; i < 4; i++)
        aside.add(
            [&, i] {
                if (i == 1) throw std::runtime_error("one of them");
                done++;
            },
            0);
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
        aside.add([&] { same = same && std::this_thread::get_id() == me; }, 0);
        aside.wait();
    });
    EXPECT_TRUE(same);
}

/// How many of 100 jobs wait while a thread has something to do: the caller does the others.
size_t waiting_of_a_hundred(u64 held, u64 most) {
    Pool pool(2);
    Aside aside(pool, most);
    std::atomic<bool> busy = false, go_on = false;
    auto wait_for = [](std::atomic<bool>& what) {
        while (!what) std::this_thread::yield();
    };
    aside.add([&] { busy = true, wait_for(go_on); }, 0);
    wait_for(busy);
    std::atomic<size_t> done = 0;
    for (int i = 0; i < 100; i++) aside.add([&] { done++; }, held);
    const size_t waiting = 100 - done;
    go_on = true;
    aside.wait();
    EXPECT_EQ(100u, done);
    return waiting;
}

TEST(Aside, FewWaitThatHoldMuch) {
    EXPECT_EQ(64u, waiting_of_a_hundred(0, 0));
    EXPECT_EQ(64u, waiting_of_a_hundred(10, 10 * 64));
    EXPECT_EQ(20u, waiting_of_a_hundred(10, 200));
    EXPECT_EQ(4u, waiting_of_a_hundred(1000, 200));
    EXPECT_EQ(4u, waiting_of_a_hundred(u64{1} << 40, 0));
}

TEST(Aside, StepsAreDoneOneByOneUntilNothingIsLeft) {
    for (unsigned threads : {1u, 2u, 5u}) {
        Pool pool(threads);
        Aside aside(pool);
        std::atomic<int> inside = 0, most = 0, done = 0, jobs = 0;
        aside.add_steps([&] {
            most = std::max(most.load(), ++inside);
            const bool more = ++done < 100;
            inside--;
            return more;
        });
        for (int i = 0; i < 100; i++) aside.add([&] { jobs++; }, 0, i % 2 ? Aside::Turn::First : Aside::Turn::Usual);
        aside.wait();
        EXPECT_EQ(100, done);
        EXPECT_EQ(100, jobs);
        EXPECT_EQ(1, most);
        aside.add_steps([&] { return ++done < 200; });
        aside.wait();
        EXPECT_EQ(200, done) << "there can be others behind them";
    }
}

TEST(Aside, StepsGiveWayToWhatIsFirstAndNotToOthers) {
    Pool pool(2);
    std::vector<char> order;  // by one thread: the other one is busy
    std::atomic<bool> begun = false, go_on = false;
    Aside aside(pool);
    std::atomic<int> left = 4;
    aside.add_steps([&] {
        begun = true;
        while (!go_on) std::this_thread::yield();
        order.push_back('s');
        return --left > 0;
    });
    while (!begun) std::this_thread::yield();
    aside.add([&] { order.push_back('u'); }, 0);
    aside.add([&] { order.push_back('f'); }, 0, Aside::Turn::First);
    aside.add([&] { order.push_back('f'); }, 0, Aside::Turn::First);
    go_on = true;
    while (left) std::this_thread::yield();
    aside.wait();
    EXPECT_EQ("sffsssu", std::string(order.begin(), order.end()));
}

TEST(Aside, StepsEndByTheirException) {
    Pool pool(2);
    Aside aside(pool);
    int steps = 0;
    aside.add_steps([&]() -> bool { return ++steps < 3 ? true : throw std::bad_alloc(); });
    EXPECT_THROW(aside.wait(), std::bad_alloc);
    EXPECT_EQ(3, steps);
    EXPECT_NO_THROW(aside.wait());
}

TEST(Aside, WhoWaitsHelpsWithWhatIsShared) {
    Context cx({}, 2);
    Aside aside(cx.pool);
    std::atomic<int> inside = 0;
    std::vector<size_t> taken;
    aside.add(
        [&] {
            in_order<size_t>(
                50, [](size_t) { return u64{1}; },
                [&](size_t i) {
                    inside++;
                    while (i < 2 && inside < 2) std::this_thread::yield();  // the first two are made by two threads at once
                    return i;
                },
                [&](size_t i, size_t made) { return taken.push_back(made), i == made; }, cx);
        },
        0);
    aside.wait();
    EXPECT_EQ(50u, taken.size());
    EXPECT_TRUE(std::ranges::is_sorted(taken));
}

TEST(Aside, SharedWorkEndsBySomebodysException) {
    Context cx({}, 3);
    Aside aside(cx.pool);
    aside.add(
        [&] {
            in_order<int>(
                100, [](size_t) { return u64{1}; }, [&](size_t i) { return i == 50 ? throw std::bad_alloc() : 0; },
                [](size_t, int) { return true; }, cx);
        },
        0);
    EXPECT_THROW(aside.wait(), std::bad_alloc);
}

}  // namespace
}  // namespace fieldstrip
