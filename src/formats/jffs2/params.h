// How an image was made: what mkfs.jffs2 and sumtool are told, found by making it again.
#pragma once
#include "formats/jffs2/encode.h"
#include "formats/jffs2/volume.h"

namespace fieldstrip::jffs2 {

struct Params {
    Endian endian = Endian::Little;
    u64 block = 0x10000;
    u64 page = 4096;       // most content in a node
    u64 clean = 0;         // totlen of the cleanmarkers; 0: there are none
    u64 tail = 0;          // erase blocks behind all that hold a cleanmarker and nothing else
    bool summary = false;  // sumtool went over it
    Method method = {};
    bool exact = true;      // this and the entries are all it takes to make the same bytes
    bool lived_in = false;  // there are nodes that do not count any more
};

/// What can be seen without encoding anything; `exact` is not known then.
Params seen_params(const Volume&);
Result<Params> find_params(const Volume&, Context&);
Recipe recipe_of(const Params&);
Result<Params> params_of(const Recipe&);
std::string made_by(const Recipe&);

/// The content of a wanted file, when it is its turn.
using ContentOf = std::function<Result<Buffer>(const Wanted&)>;
/// What an image must come to be: making it stops at the first byte that differs. Of every so many files all are encoded, the data of the
/// others is taken as it is, where a node of theirs lies there.
struct Expected {
    ByteView bytes;
    u64 stride = 1;
};
/// Makes the image. Nothing: it is not the one expected.
Result<std::optional<Bytes>> make(const Params&, std::span<const Wanted>, const ContentOf&, const Expected*, Context&);

}  // namespace fieldstrip::jffs2
