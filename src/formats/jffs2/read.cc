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
        for (size_t i = 0; i < pieces_.size(); i += kAhead) {
            TRY_VOID(decode_ahead(i));
            for (size_t k = i; k < std::min(i + kAhead, pieces_.size()); k++)
                if (!TRY(piece(pieces_[k]))) return std::move(lost_);
        }
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
        if (r.flaws & Ref::kBadHeader) tell_.header(r.at(), dirt);
        if (r.flaws & Ref::kBadFixed) tell_.fixed(node, dirt);
        if (!(r.flaws & (Ref::kBadHeader | Ref::kBadFixed))) tell_.body(node, dirt);
        if (r.flaws & Ref::kBadSizes) tell_.say("sizes", r.at(), {r.at(), 68}, dirt ? Outcome::Unchecked : Outcome::Fail);
    }

    static constexpr u64 kMostAhead = 65536;
    static constexpr size_t kAhead = 256, kTogether = 16;  // nodes that are decoded before they are told; by one thread

    /// Decodes the nodes of the next pieces, where it is worth threads.
    Result<void> decode_ahead(size_t first) {
        ahead_.clear();
        const size_t n = std::min(kAhead, pieces_.size() - first);
        if (cx_.pool.threads() == 1 || n < 2 * kTogether) return {};
        std::vector<const Ref*> nodes;
        for (size_t k = first; k < first + n; k++) {
            auto* r = pieces_[k].node;
            if (!r || (!nodes.empty() && nodes.back() == r)) continue;
            auto raw = log_.inode(*r);
            if (raw.compr != kNone && raw.compr != kZero && raw.size() <= kMostAhead) nodes.push_back(r);
        }
        struct Done {
            bool good = false;
            Decoder::Data data = {};
        };
        std::vector<Done> done(nodes.size());
        std::vector<std::optional<Error>> errors((nodes.size() + kTogether - 1) / kTogether);
        cx_.pool.each(errors.size(), [&](size_t group) {
            Decoder decoder(log_, cx_);
            for (size_t k = group * kTogether; k < std::min((group + 1) * kTogether, nodes.size()); k++) {
                auto data = decoder.decode(*nodes[k], log_.inode(*nodes[k]));
                if (!data) {
                    errors[group] = data.error();
                    return;
                }
                if (*data) done[k] = {true, **data};
            }
        });
        for (auto& e : errors)
            if (e) return std::unexpected(*e);
        for (size_t k = 0; k < nodes.size(); k++)
            if (done[k].good) ahead_[nodes[k]] = std::move(done[k].data);
        return {};
    }

    Result<const Decoder::Data*> data_of(const Ref& r, const RawInode& raw) {
        auto known = ahead_.find(&r);
        return known != ahead_.end() ? &known->second : TRY(decoder_.decode(r, raw));
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
        auto* data = TRY(data_of(*p.node, raw));
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
    std::unordered_map<const Ref*, Decoder::Data> ahead_;
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
