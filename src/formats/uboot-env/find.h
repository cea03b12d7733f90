// Where an environment is and how long: there is no magic and no size, only the text and the crc32 before it.
#pragma once
#include "model/format.h"

namespace fieldstrip::uboot_env {

extern const FindingKind kChecksumWrong;

/// How the crc before the text is meant.
struct Head {
    u64 size = 0;  // of crc and flags: 4, or 5 in a redundant copy
    Endian endian = Endian::Little;
};
/// Of an environment from its begin to its end: as the crc says; where it says nothing, as it looks (`proven` is false then).
struct Seen {
    Head head;
    bool proven;
};
std::optional<Seen> head_of(ByteView whole);

Answer recognise(ByteView space, u64 at, Context&);

}  // namespace fieldstrip::uboot_env
