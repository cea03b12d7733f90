#include "cli/page.h"

namespace fieldstrip::cli {

std::string name_of(const Target& t) { return t.file == "-" ? "stdin" : t.file.substr(t.file.rfind('/') + 1); }

Result<page::Report> page_of(const Opened& opened, Context& cx, const std::string& before, const Difference* difference) {
    return page::report({name_of(opened.target), *opened.node, FIELDSTRIP_VERSION, before, difference}, cx);
}

}  // namespace fieldstrip::cli
