// One check that was made, or could not be.
#pragma once
#include "base/base.h"

namespace fieldstrip {

/// Valid during the call only: a file system makes 100 000 of them and most are only counted.
struct Check {
    enum class Outcome {
        Pass,
        Fail,
        Unchecked
    };
    std::string_view name;
    Extent at;                       // where the expected value lies; of size 0: nowhere (a block that must decode)
    std::span<const Extent> covers;  // the bytes it vouches for
    ByteView expected, found;        // numbers big-endian
    Outcome outcome;
    std::string_view entry = {};  // of an entry's content: its path; `within`: the range of it that the check is over
    Extent within = {};
};
using CheckSink = std::function<void(const Check&)>;

}  // namespace fieldstrip
