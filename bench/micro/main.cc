// Micro-benchmarks of what is done to every byte: the scanner, digests, statistics, codecs. `bench/micro/run` builds it, runs it and makes
// a table of it.
#include <benchmark/benchmark.h>
#include <time.h>

#include <cstdio>
#include <cstdlib>

#include "micro/micro.h"

namespace fieldstrip::micro {
namespace {

/// All of it read once, 32 bytes at a time where the machine can, and nothing else: nobody who has to see each byte is faster.
[[gnu::target_clones("avx2", "default")]] u64 plain_read(ByteView v) {
    using Lane [[gnu::vector_size(32)]] = u64;
    constexpr size_t kLanes = 8;
    Lane lanes[kLanes] = {};
    size_t at = 0;
    for (; at + sizeof lanes <= v.size(); at += sizeof lanes)
        for (size_t i = 0; i < kLanes; i++) {
            Lane lane;
            std::memcpy(&lane, v.data() + at + i * sizeof lane, sizeof lane);
            lanes[i] ^= lane;
        }
    u64 all = 0;
    for (auto& lane : lanes) all ^= lane[0] ^ lane[1] ^ lane[2] ^ lane[3];
    for (; at < v.size(); at++) all ^= v[at];
    return all;
}

double now() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return double(t.tv_sec) + double(t.tv_nsec) * 1e-9;
}

/// Bytes a second of the fastest of several plain reads.
double limit_for(ByteView v) {
    double best = 1e9;
    for (int i = 0; i < 9; i++) {
        const double start = now();
        keep(plain_read(v));
        best = std::min(best, now() - start);
    }
    return double(v.size()) / best;
}

}  // namespace

void keep(u64 v) { benchmark::DoNotOptimize(v); }

void wrong(const std::string& what) {
    std::fprintf(stderr, "bench_micro: %s\n", what.c_str());
    std::exit(1);
}

void add_prepared(const std::string& name, const Content& content, std::function<Work(ByteView)> prepare) {
    auto work = std::make_shared<Work>();  // the function is called several times
    auto run = [content, work, prepare = std::move(prepare)](benchmark::State& state) {
        const auto bytes = content();
        const ByteView v(*bytes);
        if (!*work) *work = prepare(v);
        const double limit = limit_for(v);
        for (auto _ : state) (*work)(v);
        const auto all = double(v.size()) * double(state.iterations());
        state.SetBytesProcessed(i64(all));
        state.counters["limit"] = limit;
        state.counters["share"] = benchmark::Counter(all / limit, benchmark::Counter::kIsRate);
    };
    benchmark::RegisterBenchmark(name.c_str(), std::move(run))->Unit(benchmark::kMillisecond);
}

void add(const std::string& name, const Content& content, const Work& work) {
    add_prepared(name, content, [work](ByteView) { return work; });
}

}  // namespace fieldstrip::micro

int main(int argc, char** argv) {
    using namespace fieldstrip::micro;
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    add_scanner();
    add_digests();
    add_looks();
    add_decoders();
    add_encoders();
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
