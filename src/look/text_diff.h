// Lines that were removed and added, as of `diff -u`: the shortest such list where that is cheap, a good one where it is not.
#pragma once
#include "base/base.h"

namespace fieldstrip {

/// A run of lines that both have.
struct SameLines {
    size_t a, b, size;
};
/// In order, as many as can be where that is found with so much work (steps); else many.
std::vector<SameLines> same_lines(std::span<const std::string_view> a, std::span<const std::string_view> b, u64 work = u64{1} << 25);
/// A text cut at its line ends, which stay with the lines.
std::vector<std::string_view> lines_of(std::string_view text);

struct TextLine {
    char sign;         // ' ' both, '-' removed, '+' added, '\\' a remark (no newline at the end)
    std::string text;  // bytes, without the line end; long ones are cut
};
struct TextHunk {
    u64 line_a, count_a, line_b, count_b;  // as in "@@ -1,3 +1,4 @@"
    std::vector<TextLine> lines;
};
struct TextChange {
    u64 removed = 0, added = 0;   // lines
    std::vector<TextHunk> hunks;  // with 3 lines around; those beyond the bound are left out
    u64 left_out = 0;             // hunks
};
struct TextBounds {
    size_t lines = 2000;       // in all hunks of a text
    size_t line_bytes = 1000;  // of a line
    u64 work = u64{1} << 25;
};
TextChange text_change(std::string_view a, std::string_view b, const TextBounds&);
/// No NUL, hardly a control: what people read, in any encoding that has ASCII.
bool is_text(ByteView);

}  // namespace fieldstrip
