#include "cli/text.h"

#include "base/text.h"

namespace fieldstrip::cli {

std::string Colors::severity(Severity s, std::string_view text) const {
    return s == Severity::Error ? red(text) : s == Severity::Warning ? yellow(text) : dim(text);
}

std::string padded(std::string_view s, size_t width, bool right) {
    size_t characters = size_t(std::count_if(s.begin(), s.end(), [](char c) { return (u8(c) & 0xC0) != 0x80; }));
    std::string fill(width > characters ? width - characters : 0, ' ');
    return right ? fill + std::string(s) : std::string(s) + fill;
}

std::string rejected_words(const Rejected& r, unsigned needed, Node* space) {
    auto words = hex_number(r.at) + (space && space->parent ? " in " + escape(space->path()) : "") + "  " + std::string(r.format->id) +
                 ": " + std::string(r.why);
    if (r.bits) words += " (" + std::to_string(r.bits) + " bits of proof, " + std::to_string(needed + 1) + " are needed)";
    if (r.extent.size) words += ", it claimed " + hex_number(r.extent.offset) + "-" + hex_number(r.extent.end());
    return words;
}

std::string size_text(u64 n) { return n < 1024 ? std::to_string(n) + " B" : std::to_string(n) + " (" + human_size(n) + ")"; }

}  // namespace fieldstrip::cli
