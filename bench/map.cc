// How fast spaces are mapped, whole trees grown and verified. Needs libbenchmark-dev: cmake --preset bench && cmake --build --preset bench
// && build/bench/bench/bench_map
#include <benchmark/benchmark.h>

#include "engine/store.h"
#include "engine/verifier.h"

namespace fieldstrip {
namespace {

Bytes noise(size_t size) {
    Bytes out(size);
    u64 state = 1;
    for (auto& b : out) state = state * 6364136223846793005u + 1442695040888963407u, b = u8(state >> 33);
    return out;
}

void map_bytes(benchmark::State& state, Bytes bytes) {
    auto space = Buffer::own(std::move(bytes));
    for (auto _ : state) {
        Context cx({}, unsigned(state.range(0)));
        benchmark::DoNotOptimize(map_space(space, {}, cx));
    }
    state.SetBytesProcessed(i64(space.size()) * i64(state.iterations()));
}

void map_noise(benchmark::State& state) { map_bytes(state, noise(64 << 20)); }
void map_erased(benchmark::State& state) { map_bytes(state, Bytes(64 << 20, 0xFF)); }
BENCHMARK(map_noise)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond);
BENCHMARK(map_erased)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond);

void verify_camera(benchmark::State& state) {
    auto image = open_file(SOURCE_DIR "/samples/camera/camera.img");
    for (auto _ : state) {
        Context cx;
        auto root = open_image(*image);
        benchmark::DoNotOptimize(verify_and_count(*root, [](const NodeCheck&) {}, cx));
    }
}
BENCHMARK(verify_camera)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace fieldstrip
