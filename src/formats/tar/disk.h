// A header block as it lies: 512 bytes of texts and of numbers as text.
#pragma once
#include <array>

#include "base/base.h"

namespace fieldstrip::tar {

constexpr u64 kBlock = 512;
using Block = std::array<u8, kBlock>;
inline u64 round_up(u64 n) { return n + gap_to(n, kBlock); }  // of what lies in memory or was bounded

namespace at {
constexpr Extent name{0, 100}, mode{100, 8}, uid{108, 8}, gid{116, 8}, size{124, 12}, mtime{136, 12}, chksum{148, 8}, type{156, 1},
    link{157, 100}, magic{257, 8}, uname{265, 32}, gname{297, 32}, major{329, 8}, minor{337, 8};
constexpr Extent prefix{345, 155}, behind_prefix{500, 12};                                                         // ustar
constexpr Extent atime{345, 12}, ctime{357, 12}, offset{369, 12}, names{381, 5}, sparse{386, 109}, rest{495, 17};  // GNU
// Of the GNU kind's map of a sparse file: four pairs of numbers, whether more follow, the size of the content.
constexpr u64 pairs = 386, more = 482, real_size = 483;
constexpr u64 more_pairs = 21, more_more = 504;  // in a block of more of them
}  // namespace at

constexpr std::string_view kUstar{"ustar\00000", 8}, kGnu{"ustar  \0", 8}, kNoMagic{"\0\0\0\0\0\0\0\0", 8};

inline ByteView field(ByteView block, const Extent& e) { return block.subspan(e.offset, e.size); }
/// Up to the first NUL.
std::string_view text_at(ByteView block, const Extent&);
inline std::string_view magic_of(ByteView block) { return as_text(field(block, at::magic)); }
bool is_zeros(ByteView);

/// Octal digits with spaces or NULs around them, or base 256; nothing where it is neither or does not fit. All NULs are 0.
std::optional<i64> number_of(ByteView field);

/// How octal numbers are spelled: filler before, so many digits, what ends them. Of no digits: nothing is written.
struct Spelling {
    bool spaces = false;  // instead of zeros before it
    u8 digits = 0;
    std::string end = {};  // of 's' (space) and 'n' (NUL)
    std::string text() const;
    static std::optional<Spelling> of_text(std::string_view);
    static Spelling of(ByteView field);
    /// Whether it can be said so.
    bool holds(u64 value) const { return digits >= 22 || !(value >> (3 * digits)); }
    void put(std::span<u8> field, u64 value) const;
    bool operator==(const Spelling&) const = default;
};
/// GNU's numbers that are too large for digits, or negative.
void put_base256(std::span<u8> field, i64 value);

/// The sum of all bytes, its own as spaces.
u32 sum_of(ByteView block);
struct Sum {
    bool good = false;
    u32 expected = 0, found = 0;
};
/// Some makers added signed bytes: either is right.
Sum check_sum(ByteView block);

enum class Look {
    None,
    Damaged,  // a header it was, with something wrong
    Good
};
/// What a block looks like: a header is one whose sum holds, or that is wrong in one thing at most. `bits`: what it proves.
Look look_at(ByteView block, unsigned* bits = nullptr);
/// Whether its numbers but one are spelled in digits, as what packs archives does: fillers and packed text hold the magic too.
bool spells_numbers(ByteView block);

}  // namespace fieldstrip::tar
