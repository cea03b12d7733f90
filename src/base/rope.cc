#include "base/rope.h"

namespace fieldstrip {

void Rope::copy(Buffer b) {
    if (!runs_.empty() && b.size() && runs_.back().kind == Run::Kind::Copied) {
        auto& last = runs_.back();
        if (last.bytes.keeper() == b.keeper() && last.bytes.view().data() + last.size == b.view().data()) {
            last.bytes = Buffer(last.bytes.keeper(), {last.bytes.view().data(), last.size + b.size()});
            last.size += b.size();
            size_ += b.size();
            return;
        }
    }
    auto n = b.size();
    add({Run::Kind::Copied, std::move(b), n});
}

void Rope::fresh(Buffer b) {
    auto n = b.size();
    add({Run::Kind::Fresh, std::move(b), n});
}

void Rope::append(const Rope& o) {
    for (auto& r : o.runs_) {
        if (r.kind == Run::Kind::Copied)
            copy(r.bytes);
        else
            add(r);
    }
}

Buffer Rope::joined() const {
    if (runs_.size() == 1 && runs_[0].kind != Run::Kind::Filled) return runs_[0].bytes;
    Bytes out;
    out.reserve(size_);
    each([&](ByteView v) { out.insert(out.end(), v.begin(), v.end()); });
    return Buffer::own(std::move(out));
}

void Rope::add(Run r) {
    if (!r.size) return;
    r.at = size_;
    size_ += r.size;
    runs_.push_back(std::move(r));
}

}  // namespace fieldstrip
