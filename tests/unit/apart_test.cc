#include "base/apart.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

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

/// A thread that works at a processor and stays there, or has begun to wait there. The caller is at another one meanwhile.
class Other {
  public:
    Other(int at, int meanwhile, bool works = true) {
        go_to(meanwhile);
        work_apart();
        thread_ = std::jthread([this, at, works] {
            stay_at(at);
            work_apart();
            std::optional<Waiting> waits;
            if (!works) waits.emplace();
            ready_ = true, ready_.notify_all();
            done_.wait(false);
        });
        ready_.wait(false);
    }
    ~Other() { done_ = true, done_.notify_all(); }

  private:
    std::atomic<bool> ready_ = false, done_ = false;
    std::jthread thread_;
};

class Apart : public testing::Test {
  protected:
    void SetUp() override {
        all_ = mine();
        for (int i = 0; i < CPU_SETSIZE; i++)
            if (CPU_ISSET(unsigned(i), &all_)) cpus_.push_back(i);
        if (cpus_.size() < 2) GTEST_SKIP() << "one processor: nobody can be apart";
    }
    void TearDown() override {
        auto now = mine();
        EXPECT_TRUE(CPU_EQUAL(&now, &all_)) << "whoever has left may go anywhere";
    }
    /// Whether `go`, which says where it has come to, mostly comes away from the first processor. Whoever has left is bound to no place: on
    /// a busy machine the kernel now and then moves it back before it has looked where it is.
    testing::AssertionResult is_elsewhere(auto go) {
        constexpr int kTimes = 20;
        int back = 0;
        for (int i = 0; i < kTimes; i++) back += go() == cpus_[0];
        if (back <= kTimes / 4) return testing::AssertionSuccess();
        return testing::AssertionFailure() << "still there " << back << " times of " << kTimes;
    }
    cpu_set_t all_;
    std::vector<int> cpus_;
};

TEST_F(Apart, WhoWorksWhereAnotherWorksLeaves) {
    EXPECT_TRUE(is_elsewhere([&] {
        Other other(cpus_[0], cpus_[1]);
        go_to(cpus_[0]);
        work_apart();
        return sched_getcpu();
    }));
}

TEST_F(Apart, WhoWorksLeavesWhereAnotherWillWake) {
    EXPECT_TRUE(is_elsewhere([&] {
        Other other(cpus_[0], cpus_[1], false);
        go_to(cpus_[0]);
        work_apart();
        return sched_getcpu();
    }));
}

TEST_F(Apart, WhoWaitsIsWokenElsewhere) {
    EXPECT_TRUE(is_elsewhere([&] {
        Other other(cpus_[0], cpus_[1]);
        go_to(cpus_[0]);
        {
            Waiting w;
            auto bound = mine();
            EXPECT_FALSE(CPU_ISSET(unsigned(cpus_[0]), &bound));
        }
        return sched_getcpu();
    }));
}

TEST_F(Apart, ThreadsThatEndedAreInNobodysWay) {
    { Other other(cpus_[0], cpus_[1]); }
    go_to(cpus_[0]);
    Waiting w;
    auto bound = mine();
    EXPECT_TRUE(CPU_EQUAL(&bound, &all_));
}

TEST_F(Apart, NobodyLeavesWhereThereAreNotEnough) {
    std::vector<std::unique_ptr<Other>> others;
    for (size_t i = 0; i < cpus_.size(); i++) others.push_back(std::make_unique<Other>(cpus_[i], cpus_[(i + 1) % cpus_.size()]));
    go_to(cpus_[0]);
    work_apart();
    Waiting w;
    auto bound = mine();
    EXPECT_TRUE(CPU_EQUAL(&bound, &all_));
}

}  // namespace
}  // namespace fieldstrip
