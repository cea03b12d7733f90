// What an entry does not say and its member does: all that is needed to write the same member again. Entry::keep, parsed.
#pragma once
#include "formats/cpio/members.h"
#include "model/entry.h"
#include "model/recipe.h"

namespace fieldstrip::cpio {

struct Keep {
    u64 archive = 0;  // which of several
    u64 ino = 0, nlink = 1;
    Device dev = {};
    std::optional<u64> links = {};                        // how many of its hard links the archive holds, where that is not nlink
    std::optional<u64> kind = {};                         // the mode's bits beyond permissions, where they are not the type's usual ones
    Device rdev = {};                                     // of what is no device
    std::optional<std::string> before = {}, after = {};   // how the name is spelled around the path: "./", "/"; of the root all of it
    Bytes name_rest = {};                                 // of the name behind its first NUL
    std::optional<Bytes> name_fill = {}, data_fill = {};  // filler, where it is not zeros
    std::optional<bool> data = {};                        // whether it carries the data, where the archive's rule says otherwise
    std::optional<u64> check = {}, sum = {};              // a check word that is not what it must be, and what it must be
    std::optional<Digits> digits = {};                    // where they are not the archive's
    u64 other_data = 0;                                   // bytes of what can have none: a folder

    std::string line() const;
    static Result<Keep> of(std::string_view line);
};

/// A path and what a name has around it.
struct Spelling {
    std::string_view before, path, after;
};
Spelling spelling_of(std::string_view name);
/// The name as the archive spells it.
std::string spell(const Keep&, std::string_view path);

u64 mode_of(Entry::Type);
Entry::Type type_of(u64 mode);
/// The bits of a mode that are no permissions.
constexpr u64 kind_of(u64 mode) { return mode & ~u64{07777}; }

/// What is the same for an archive as a whole.
struct Style {
    Variant variant = Variant::Newc;
    Digits digits = {.which = Digits::Upper};
    enum class Links {
        Last,
        First,
        All
    } links = Links::All;  // which of hard links carries the data
    bool trailer = true;
    Header trailer_header = {.name_size = kTrailer.size() + 1};
    Digits trailer_digits = {.which = Digits::Upper};
    Bytes trailer_rest = {};                 // of its name behind the first NUL
    std::optional<Bytes> trailer_fill = {};  // where it is not zeros
    u64 zeros = 0;                           // up to the next archive
    u64 align = 0;  // the multiple that they fill up to, counted from the region's beginning; then zeros is not used

    std::string text() const;
    static Result<Style> of(std::string_view text);
};
Recipe recipe_of(std::span<const Style>);
Result<std::vector<Style>> styles_of(const Recipe&);
/// How hard links usually lie in a variant.
Style::Links usual_links(Variant);

}  // namespace fieldstrip::cpio
