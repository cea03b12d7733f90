// The machine's own limit: a mapped file read once by N threads, each 64-bit word added up. plain_read FILE THREADS [populate]
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

namespace {

uint64_t sum(const unsigned char* at, size_t size) {
    uint64_t lanes[16] = {};  // enough of them for the compiler to keep the loads going side by side
    size_t i = 0;
    for (; i + sizeof lanes <= size; i += sizeof lanes) {
        uint64_t words[16];
        std::memcpy(words, at + i, sizeof words);
        for (int k = 0; k < 16; ++k) lanes[k] += words[k];
    }
    uint64_t all = 0;
    for (uint64_t lane : lanes) all += lane;
    for (; i < size; ++i) all += at[i];
    return all;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    int fd = open(argv[1], O_RDONLY | O_CLOEXEC);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) != 0) return 3;
    size_t size = static_cast<size_t>(info.st_size), threads = static_cast<size_t>(std::atoi(argv[2]));
    if (threads == 0 || threads > 64) return 2;
    bool populate = argc > 3 && std::strcmp(argv[3], "populate") == 0;
    void* map = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED) return 3;
    std::vector<uint64_t> sums(threads);
    std::vector<std::thread> pool;
    size_t share = (size / threads + 4095) & ~size_t{4095};
    for (size_t t = 0; t < threads; ++t)
        pool.emplace_back([&, t] {
            size_t from = t * share < size ? t * share : size, to = t + 1 == threads || from + share > size ? size : from + share;
            auto* at = static_cast<unsigned char*>(map) + from;
#ifdef MADV_POPULATE_READ
            constexpr size_t kStep = size_t{4} << 20;
            for (size_t i = 0; populate && i < to - from; i += kStep) {
                size_t n = to - from - i < kStep ? to - from - i : kStep;
                madvise(at + i, n, MADV_POPULATE_READ);
                sums[t] += sum(at + i, n);
            }
            if (populate) return;
#endif
            sums[t] = sum(at, to - from);
        });
    for (auto& thread : pool) thread.join();
    uint64_t all = 0;
    for (uint64_t s : sums) all += s;
    std::printf("%016llx\n", static_cast<unsigned long long>(all));
}
