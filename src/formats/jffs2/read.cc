// The content of a file, piece by piece, and the checks of the nodes that it is in.
#include "formats/jffs2/checks.h"
#include "formats/jffs2/data.h"

namespace fieldstrip::jffs2 {
namespace {

using Outcome = Check::Outcome;

class FileReader {
  public:
    FileReader(const Volume& v, const Entry& e, const Sink& sink, const CheckSink& checks, Context& cx)
        : v_(v),
          log_(v.log()),
          entry_(e),
          sink_(sink),
          tell_(log_.bytes, log_.endian, checks),
          checked_(bool(checks)),
          cx_(cx),
          decoder_(log_, cx) {
        tell_.entry = e.path;
        nodes_ = Log::of(log_.inodes, u32(e.node));
        pieces_ = pieces_of(log_, nodes_, e.size);
        meant_ = holes_are_meant(nodes_);
    }

    Result<Lost> read() {
        if (checked_)
            for (auto& r : nodes_) sums(r);
        for (auto& p : pieces_)
            if (!TRY(piece(p))) break;
        return std::move(lost_);
    }

  private:
    Extent within(const RawInode& raw) const {
        u64 from = std::min<u64>(raw.offset, entry_.size);
        return {from, std::min(raw.size(), entry_.size - from)};
    }

    void sums(const Ref& r) {
        auto raw = log_.inode(r);
        tell_.within = within(raw);
        auto node = node_of(r, kInode);
        auto damage = v_.damage().find(r.place);
        bool dirt = damage != v_.damage().end() && !damage->second.counts;
        if (r.flaws & Ref::kHeader) tell_.header(r.at(), dirt);
        if (r.flaws & Ref::kFixed) tell_.fixed(node, dirt);
        if (!(r.flaws & (Ref::kHeader | Ref::kFixed))) tell_.body(node, dirt);
        if (r.flaws & Ref::kSizes) tell_.say("sizes", r.at(), {r.at(), 68}, dirt ? Outcome::Unchecked : Outcome::Fail);
    }

    Result<bool> piece(const Piece& p) {
        if (!p.node && meant_) return zeros(p.to - p.from);
        if (!p.node) {
            lose(p);
            if (checked_) {
                tell_.within = {p.from, p.to - p.from};
                tell_.say("missing", p.from, {}, Outcome::Fail);
            }
            return zeros(p.to - p.from);
        }
        auto raw = log_.inode(*p.node);
        if (raw.compr == kZero) return zeros(p.to - p.from);
        auto* data = TRY(decoder_.decode(*p.node, raw));
        if (raw.compr != kNone && checked_ && p.node != told_) {
            told_ = p.node;
            tell_.within = within(raw);
            Extent body{p.node->at() + 68, log_.data(*p.node).size()};
            tell_.say("data", p.node->at(), body, data ? Outcome::Pass : Outcome::Fail);
            if (data && !data->adler) tell_.say("adler32", p.node->at(), body, Outcome::Fail);
        }
        if (!data) {
            lose(p);
            return zeros(p.to - p.from);
        }
        return sink_(ByteView(data->content).subspan(p.from - raw.offset, p.to - p.from));
    }

    void lose(const Piece& p) {
        if (!lost_.empty() && lost_.back().end() == p.from)
            lost_.back().size += p.to - p.from;
        else
            lost_.push_back({p.from, p.to - p.from});
    }

    Result<bool> zeros(u64 n) {
        static constexpr u8 kZeros[65536] = {};
        while (n) {
            u64 some = std::min<u64>(n, sizeof kZeros);
            TRY_VOID(cx_.spend(&Limits::decoded, some));
            if (!sink_(ByteView(kZeros).first(some))) return false;
            n -= some;
        }
        return true;
    }

    const Volume& v_;
    const Log& log_;
    const Entry& entry_;
    const Sink& sink_;
    Teller tell_;
    bool checked_;
    Context& cx_;
    Decoder decoder_;
    std::span<const Ref> nodes_;
    std::vector<Piece> pieces_;
    bool meant_ = false;
    const Ref* told_ = nullptr;
    Lost lost_;
};

}  // namespace

Result<Lost> Volume::read(const Entry& e, const Sink& sink, const CheckSink& checks, Context& cx) const {
    if (e.node > ~u32{0} || !is_read(*this, u32(e.node))) {
        if (e.size) return fail(Error::Kind::Damaged, e.path + ": no inode there");
        return Lost{};
    }
    return FileReader(*this, e, sink, checks, cx).read();
}

}  // namespace fieldstrip::jffs2
