// Numbers for tests: cheap, and the same everywhere.
#pragma once
#include "base/base.h"

namespace fieldstrip {

struct Random {
    u64 state;
    u64 next() { return state = state * 6364136223846793005u + 1442695040888963407u, state >> 33; }
    u64 below(u64 n) { return next() % n; }
    Bytes noise(u64 n) {
        Bytes out(n);
        for (auto& b : out) b = u8(next());
        return out;
    }
};

}  // namespace fieldstrip
