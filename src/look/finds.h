// What detectors share: the bytes they are given, and where what they find is put.
#pragma once
#include "look/inventory.h"

namespace fieldstrip {

/// Bytes that have no structure of their own: a file, a content, a run that no format owns.
struct Space {
    std::string path;  // as the map writes it
    std::string name;  // of a file: its path in its file system; else ""
    ByteView bytes;
    const Keeper* keeper = nullptr;  // of the bytes, where it may give pages back
    std::string_view text() const { return as_text(bytes); }
};

/// Concerns of one space: more is a flood, and no more are kept.
constexpr size_t kFlood = 4096;

struct Found {
    std::vector<Component> components;
    std::vector<Concern> concerns;
    std::string distribution;  // what the file system's os-release calls itself by
    void add(Found more);
};

/// Calls f(line, offset) for each line, without its end; as long as it returns true.
void each_line(std::string_view text, const std::function<bool(std::string_view, u64)>& f);
/// Without spaces, tabs and a carriage return at either end.
std::string_view trimmed(std::string_view);
/// Printable, at most so long: for evidence.
std::string excerpt(std::string_view, size_t most = 160);

/// All detectors over it, in one pass where they look at bytes; `now` is what certificates are held against.
void detect(const Space&, i64 now, Found&);

}  // namespace fieldstrip
