// The numbers of RFC 1951, 3.2: what who reads blocks and who writes them both need.
#pragma once
#include "base/base.h"

namespace fieldstrip::deflate {

/// Symbols that streams have (two more complete the fixed code), and the one that ends a block.
constexpr unsigned kLiterals = 286, kDistances = 30, kLengthCodes = 19, kEnd = 256;
constexpr u8 kLengthExtra[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
constexpr u8 kRepeatExtra[3] = {2, 3, 7};  // of the codes 16, 17, 18
constexpr u8 kOrder[kLengthCodes] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

constexpr unsigned distance_extra(unsigned code) { return code < 4 ? 0 : code / 2 - 1; }
/// Of a symbol in the fixed code; distances have 5 bits each.
constexpr unsigned fixed_length(unsigned symbol) { return symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8; }

}  // namespace fieldstrip::deflate
