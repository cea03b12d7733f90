#include "base/apart.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <thread>

namespace fieldstrip {
namespace {

cpu_set_t mine() {
    cpu_set_t out;
    EXPECT_EQ(sched_getaffinity(0, sizeof out, &out), 0);
    return out;
}
void stay_at(int cpu) {
    cpu_set_t one{};
    CPU_SET(unsigned(cpu), &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
}
void go_to(int cpu) {
    const cpu_set_t all = mine();
    stay_at(cpu);
    ASSERT_EQ(sched_setaffinity(0, sizeof all, &all), 0);
}

/// A thread that works where the caller was, and stays there.
class Other {
  public:
    Other() {
        Waiting w;
        thread_ = std::jthread([this] {
            stay_at(cpu);
            work_apart();
            ready_ = true, ready_.notify_all();
            done_.wait(false);
        });
        ready_.wait(false);
    }
    ~Other() { done_ = true, done_.notify_all(); }
    const int cpu = sched_getcpu();

  private:
    std::atomic<bool> ready_ = false, done_ = false;
    std::jthread thread_;
};

class Apart : public testing::Test {
  protected:
    void SetUp() override {
        all_ = mine();
        if (CPU_COUNT(&all_) < 2) GTEST_SKIP() << "one processor: nobody can be apart";
    }
    void TearDown() override {
        auto now = mine();
        EXPECT_TRUE(CPU_EQUAL(&now, &all_)) << "whoever has left may go anywhere";
    }
    cpu_set_t all_;
};

TEST_F(Apart, WhoWorksWhereAnotherWorksLeaves) {
    for (int i = 0; i < 20; i++) {
        Other other;
        go_to(other.cpu);
        work_apart();
        EXPECT_NE(sched_getcpu(), other.cpu);
    }
}

TEST_F(Apart, WhoWaitsIsWokenElsewhere) {
    Other other;
    go_to(other.cpu);
    {
        Waiting w;
        auto bound = mine();
        EXPECT_FALSE(CPU_ISSET(unsigned(other.cpu), &bound));
    }
    EXPECT_NE(sched_getcpu(), other.cpu);
}

TEST_F(Apart, ThreadsThatEndedAreInNobodysWay) {
    int cpu = 0;
    {
        Other other;
        cpu = other.cpu;
    }
    go_to(cpu);
    Waiting w;
    auto bound = mine();
    EXPECT_TRUE(CPU_EQUAL(&bound, &all_));
}

TEST_F(Apart, NobodyLeavesWhereThereAreNotEnough) {
    std::vector<std::unique_ptr<Other>> others;
    for (unsigned i = 0; i < CPU_SETSIZE; i++) {
        if (!CPU_ISSET(i, &all_)) continue;
        go_to(int(i));
        others.push_back(std::make_unique<Other>());
    }
    go_to(others.front()->cpu);
    work_apart();
    Waiting w;
    auto bound = mine();
    EXPECT_TRUE(CPU_EQUAL(&bound, &all_));
}

}  // namespace
}  // namespace fieldstrip
