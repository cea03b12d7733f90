// Output for people: columns, colors.
#pragma once
#include "cli/command.h"

namespace fieldstrip::cli {

/// Codes of the terminal, or nothing where it has no colors.
struct Colors {
    explicit Colors(bool on) : on_(on) {}
    std::string red(std::string_view s) const { return wrap("31", s); }
    std::string yellow(std::string_view s) const { return wrap("33", s); }
    std::string green(std::string_view s) const { return wrap("32", s); }
    std::string dim(std::string_view s) const { return wrap("2", s); }
    std::string bold(std::string_view s) const { return wrap("1", s); }
    std::string severity(Severity, std::string_view) const;

  private:
    std::string wrap(const char* code, std::string_view s) const {
        return on_ ? "\x1b[" + std::string(code) + 'm' + std::string(s) + "\x1b[0m" : std::string(s);
    }
    bool on_;
};

/// Filled up with blanks; counted in characters, not bytes.
std::string padded(std::string_view, size_t width, bool right = false);
/// "0x60  lzma: turned down…": a candidate that became no region. `space`: where its offset is told with the path of, null: not.
std::string rejected_words(const Rejected&, unsigned needed, Node* space = nullptr);
/// "1570420 (1.50 MiB)"
std::string size_text(u64);

}  // namespace fieldstrip::cli
