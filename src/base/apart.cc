// Source: sched_setaffinity(2). The kernel's reason: available_idle_cpu() in kernel/sched, and what KVM tells it of a processor that has
// halted (Documentation/virt/kvm/x86/msr.rst, MSR_KVM_STEAL_TIME: preempted).
#include "base/apart.h"

#include <sched.h>

#include <array>
#include <atomic>
#include <optional>

#include "base/base.h"

namespace fieldstrip {
namespace {

constexpr unsigned kMost = 64;  // threads that are seen to

/// Of a thread: where it works, or where it was when it began to wait. What is not so any longer costs a move.
struct alignas(4) Place {
    u16 cpu = 0;
    bool known = false, works = false;
};
struct Seat {
    std::atomic<bool> taken = false;
    std::atomic<Place> place;
};
std::array<Seat, kMost> seats;
std::atomic<size_t> used = 0;  // no seat from there on ever was

/// A thread's seat, until it ends; null where too many threads have one.
class Self {
  public:
    Self() {
        size_t i = 0;
        while (i < kMost && seats[i].taken.exchange(true)) i++;
        if (i == kMost) return;
        seat_ = &seats[i];
        for (size_t now = used; now <= i && !used.compare_exchange_weak(now, i + 1);) {}
    }
    ~Self() {
        is({});
        if (seat_) seat_->taken = false;
    }
    void is(Place place) const {
        if (seat_) seat_->place.store(place, std::memory_order_relaxed);
    }
    /// Calls f of the places of all others.
    void of_others(auto f) const {
        for (auto& seat : std::span(seats).first(used.load(std::memory_order_relaxed)))
            if (const Place place = seat.place.load(std::memory_order_relaxed); &seat != seat_ && place.known) f(place);
    }

  private:
    Seat* seat_ = nullptr;
};
thread_local const Self self;

/// What the process may use.
const cpu_set_t& allowed() {
    static const cpu_set_t all = [] {
        cpu_set_t out;
        if (sched_getaffinity(0, sizeof out, &out)) CPU_ZERO(&out);  // more than a thousand of them
        return out;
    }();
    return all;
}

bool is_bound_to(const cpu_set_t& some) { return !sched_setaffinity(0, sizeof some, &some); }

/// Where no other thread works or will when it has waited; if that leaves none, where none works; nothing where there are not enough
/// processors for that either.
std::optional<cpu_set_t> left_by_others() {
    for (bool waiting_too : {true, false}) {
        cpu_set_t out = allowed();
        self.of_others([&](Place p) {
            if (p.works || waiting_too) CPU_CLR(p.cpu, &out);
        });
        if (CPU_COUNT(&out)) return out;
    }
    return {};
}

}  // namespace

void work_apart() {
    auto here = u16(sched_getcpu());
    bool together = false;
    self.of_others([&](Place p) { together |= p.cpu == here; });
    if (together) {
        // Also where one waits: it is bound to wake there.
        auto left = left_by_others();
        if (left && !CPU_ISSET(here, &*left) && is_bound_to(*left)) is_bound_to(allowed());
        here = u16(sched_getcpu());
    }
    self.is({here, true, true});
}

void let_begin() { sched_yield(); }

Waiting::Waiting() {
    self.is({u16(sched_getcpu()), true, false});
    auto left = left_by_others();
    bound_ = left && !CPU_EQUAL(&*left, &allowed()) && is_bound_to(*left);
}
Waiting::~Waiting() {
    work_apart();
    if (bound_) is_bound_to(allowed());
}

}  // namespace fieldstrip
