#include "look/text_like.h"

namespace fieldstrip {
namespace {

bool is_plain(u8 c) { return (c >= 0x20 && c < 0x7F) || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == '\x1b'; }
bool is_word(u8 c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' '; }

/// Bytes of the character that begins there, when it is a whole one of more than one byte; else 0.
size_t utf8_length(ByteView b, size_t i) {
    const u8 c = b[i];
    const size_t n = c >= 0xC2 && c < 0xE0 ? 2 : c >= 0xE0 && c < 0xF0 ? 3 : c >= 0xF0 && c < 0xF5 ? 4 : 0;
    if (!n || i + n > b.size()) return 0;
    for (size_t k = 1; k < n; k++)
        if ((b[i + k] & 0xC0) != 0x80) return 0;
    return n;
}

/// ASCII and UTF-8; words may be held apart by single zeros, as in an environment or a table of strings.
double bytes_share(ByteView b) {
    size_t good = 0, words = 0, wide = 0, zeros = 0, i = 0;
    while (i < b.size()) {
        if (is_plain(b[i])) {
            good++, words += is_word(b[i]), i++;
        } else if (size_t n = utf8_length(b, i)) {
            good += n, wide += n, i += n;
        } else {
            // The block may begin and end within a character.
            const bool cut = (i < 3 && (b[i] & 0xC0) == 0x80) || (i + 3 >= b.size() && b[i] >= 0xC2 && b[i] < 0xF5);
            if (!b[i] && i && b[i - 1])
                zeros++;
            else if (cut)
                good++;
            i++;
        }
    }
    if (zeros * 6 > good || (words + wide) * 2 < good) return 0;
    return double(good + zeros) / double(b.size());
}

/// UTF-16 of scripts whose characters share one high byte, nearly all zero.
double pairs_share(ByteView b, size_t low) {
    size_t good = 0, words = 0;
    for (size_t i = 0; i + 2 <= b.size(); i += 2) {
        const u8 c = b[i + low], high = b[i + 1 - low];
        if (high == 0 && is_plain(c)) good++, words += is_word(c);
    }
    if (words * 2 < good) return 0;
    return 2 * double(good) / double(b.size());
}

}  // namespace

double text_share(ByteView b) {
    if (b.empty()) return 0;
    const size_t zeros = size_t(std::count(b.begin(), b.end(), u8{0}));
    // UTF-16 of letters has a zero in every pair; what has many zeros else is no text.
    return zeros * 4 < b.size() ? bytes_share(b) : std::max(pairs_share(b, 0), pairs_share(b, 1));
}

}  // namespace fieldstrip
