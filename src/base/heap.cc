// Source: glibc 2.36, malloc/malloc.c and arena.c (what its tunable glibc.malloc.hugetlb=1 does, which only the environment can set).
#include "base/heap.h"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace fieldstrip {

#if defined(__GLIBC__)

namespace {

constexpr int kWindow = 32 << 20;  // how much of a heap is taken from the kernel at a time, as addresses and not as memory
bool huge = false;

void advise(std::uintptr_t from, std::uintptr_t to) {
    constexpr std::uintptr_t kHuge = 2 << 20;
    from = (from + kHuge - 1) & ~(kHuge - 1), to &= ~(kHuge - 1);
    if (from < to) madvise(reinterpret_cast<void*>(from), to - from, MADV_HUGEPAGE);
}

}  // namespace

void keep_memory() {
    mallopt(M_MMAP_THRESHOLD, 8 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
}

void heap_in_huge_pages() {
    huge = true;
    mallopt(M_TOP_PAD, kWindow);
    const auto before = reinterpret_cast<std::uintptr_t>(sbrk(0));
    void* volatile more = std::malloc(4 << 20);  // than there is: the heap grows by the window
    std::free(more);
    advise(before, reinterpret_cast<std::uintptr_t>(sbrk(0)));
}

void heap_of_thread() {
    if (!huge) return;
    constexpr std::uintptr_t kHeap = 64 << 20;  // each is one such piece, and lies so
    void* volatile one = std::malloc(64);
    const auto begin = reinterpret_cast<std::uintptr_t>(one) & ~(kHeap - 1);
    std::free(one);
    advise(begin, begin + kHeap);
}

#else

void keep_memory() {}
void heap_in_huge_pages() {}
void heap_of_thread() {}

#endif

}  // namespace fieldstrip
