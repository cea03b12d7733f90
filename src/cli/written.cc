#include "cli/written.h"

namespace fieldstrip::cli {

Result<void> Written::create() {
    if (is_file()) out_.emplace(TRY(Output::create(name_)));
    return {};
}

Result<void> Written::write(const std::string& text) {
    if (is_printed()) put(text);
    if (!out_) return {};
    Rope rope;
    rope.fresh(Buffer::own(Bytes(text.begin(), text.end())));
    TRY_VOID(out_->write(rope));
    return out_->commit();
}

Grants grants_for(std::initializer_list<const Written*> all) {
    Grants out;
    for (auto* w : all) {
        auto more = grants_for(w->output());
        out.read.insert(out.read.end(), more.read.begin(), more.read.end());
        out.file_names.insert(out.file_names.end(), more.file_names.begin(), more.file_names.end());
    }
    return out;
}

}  // namespace fieldstrip::cli
