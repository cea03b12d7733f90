// Something worth saying that does not stop the work.
#pragma once
#include "base/base.h"

namespace fieldstrip {

enum class Severity {
    Note,
    Warning,
    Error
};

/// A kind of finding, declared where it is made: docs/findings.md is generated from these. The id of its format stands before its code:
/// `uimage.cut`.
struct FindingKind {
    std::string_view code;
    Severity severity;
    std::string_view meaning;  // one sentence for the documentation
};

struct Finding {
    const FindingKind* kind;
    std::string message;
    Extent where{};  // in the node's own bytes
    enum class When {
        Always,
        BytesBehind
    } when = When::Always;  // BytesBehind: worth saying only where its space goes on behind it
};

namespace findings {
/// What a structure says is longer than the space that it lies in. Any Walk can make it.
extern const FindingKind cut;
}  // namespace findings

}  // namespace fieldstrip
