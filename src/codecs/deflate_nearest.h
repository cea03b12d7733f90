// Of a deflate stream that no encoder here makes: whose is nearest.
#pragma once
#include "codecs/deflate.h"

namespace fieldstrip::deflate {

struct Nearest {
    Params params;
    /// It is no longer than what libdeflate's highest level makes: zopfli, or another that searches for the shortest path for seconds.
    bool shortest = false;
};
/// By size, among what writers use most; of equally near ones `likely`. Content of more than 64 MiB is not encoded for it: then `likely`.
Result<Nearest> nearest(const Source& content, u64 made, u64 encoded, const Params& likely, Context&);
/// What is said of it behind "nearest is …".
constexpr std::string_view kAsShort = " (it is as short as zopfli makes it)";

}  // namespace fieldstrip::deflate
