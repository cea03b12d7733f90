// New bytes as a list of old runs, fresh runs and filler: what a rebuild returns, what a plan is read from, what is written out.
#pragma once
#include <array>

#include "base/base.h"

namespace fieldstrip {

class Rope {
  public:
    struct Run {
        enum class Kind {
            Copied,
            Fresh,
            Filled
        } kind;
        Buffer bytes;  // Copied, Fresh
        u64 size;
        u8 filler = 0;  // Filled
        u64 at = 0;     // where it lies in the rope
    };
    /// Old bytes as they lie. Neighbours in the original become one run again, so an untouched image is one run.
    void copy(Buffer b);
    void fresh(Bytes b) { fresh(Buffer::own(std::move(b))); }
    void fresh(Buffer b);
    void fill(u64 n, u8 byte) { add({Run::Kind::Filled, {}, n, byte}); }
    void append(const Rope& o);

    u64 size() const { return size_; }
    const std::vector<Run>& runs() const { return runs_; }
    /// Calls f(ByteView) over the bytes of `e` in order; how digests, encoders and writers read without joining.
    template <class F>
    void each(Extent e, F&& f) const;
    template <class F>
    void each(F&& f) const {
        each({0, size_}, f);
    }
    /// All of it in one piece: the run itself where it is one, else a copy. For small things, and for what must see its bytes at once.
    Buffer joined() const;

  private:
    void add(Run r);
    std::vector<Run> runs_;
    u64 size_ = 0;
};

template <class F>
void Rope::each(Extent e, F&& f) const {
    auto run = std::upper_bound(runs_.begin(), runs_.end(), e.offset, [](u64 at, const Run& r) { return at < r.at + r.size; });
    for (; run != runs_.end() && run->at < e.end(); ++run) {
        u64 from = std::max(run->at, e.offset), to = std::min(run->at + run->size, e.end());
        if (run->kind != Run::Kind::Filled) {
            f(run->bytes.view().subspan(from - run->at, to - from));
        } else {
            std::array<u8, 4096> block;
            block.fill(run->filler);
            for (u64 left = to - from; left;) {
                u64 n = std::min<u64>(left, block.size());
                f(ByteView(block).first(n));
                left -= n;
            }
        }
    }
}

}  // namespace fieldstrip
