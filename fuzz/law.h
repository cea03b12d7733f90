// What must hold of any input: else the fuzzer has found something.
#pragma once
#include <cstdio>
#include <cstdlib>

inline void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "LAW BROKEN: %s\n", what);
    std::abort();
}
