// Rebuilding a layout, once for all formats that have one.
#pragma once
#include "base/rope.h"
#include "model/format.h"

namespace fieldstrip {

/// New values of fields, as people write them (`flags.text` is a field's bits), and new bytes of parts, by name.
struct LayoutEdit {
    std::vector<std::pair<std::string, std::string>> fields{};  // in the order given
    std::map<std::string, Rope, std::less<>> parts{};
    bool repair = false;  // also set derived fields that were wrong before
};

struct RebuiltLayout {
    Rope rope;
    std::vector<std::string> derived;     // fields that follow from the rest and changed
    std::vector<std::string> kept;        // derived fields that were wrong in the original and stayed so
    std::vector<std::string> signatures;  // over something that changed
};

/// The structure again: pieces at their new places, filler to its alignment, derived fields set in the order of their dependence.
/// What keeps its value is copied, so the rope shows what changed. One pass over the bytes that each digest covers; linear otherwise.
Result<RebuiltLayout> rebuild(const Layout&, const Buffer& original, const LayoutEdit&);

/// New bytes of a part whose place must be filled to its end, which have that format (may be null), made as long as it.
Result<Rope> filling(const Piece&, const Rope& now, const Format*);

/// Whether a field of that name may be set; an error that says why not. One that would be made new is piece `pieces.size()`.
Result<FieldName> settable(const Layout&, std::string_view name);

}  // namespace fieldstrip
