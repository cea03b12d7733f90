// Every checksum of every node, but of those that reading a file tells; and what else is wrong with the log.
#include "formats/jffs2/checks.h"
#include "formats/jffs2/data.h"

namespace fieldstrip::jffs2 {
namespace {

using Outcome = Check::Outcome;

class Verifier {
  public:
    Verifier(const Volume& v, const CheckSink& sink) : v_(v), log_(v.log()), tell_(log_.bytes, log_.endian, sink) {}

    void node(const Node& n) {
        auto damage = v_.damage().find(u32(n.at / 4));
        const bool bad = damage != v_.damage().end(), dirt = bad && !damage->second.counts;
        tell_.header(n.at);
        // What is wrong with a file's node is told when it is read, and its data's sum, too.
        const bool fixed_good = node_crc_holds(log_.bytes, n, log_.endian);
        if (fixed_good || !bad || !damage->second.ino) tell_.fixed(n, dirt);
        const bool of_file = n.type == kInode && !n.obsolete && fixed_good && is_read(v_, ino_of(n));
        if (!of_file && (fixed_good || n.obsolete)) tell_.body(n, dirt);
    }

    /// Bytes where no good header is: those of a damaged one? `expected`: a node should begin here, since one ends here or erased flash
    /// does.
    void other(Extent e, bool expected) {
        Numbers n{log_.bytes, log_.endian};
        for (u64 at = e.offset; at < e.end() && log_.bytes.size() - at >= kHeader; at += 4, expected = false) {
            auto damage = v_.damage().find(u32(at / 4));
            if (damage != v_.damage().end()) {
                if (!damage->second.ino) tell_.header(at, !damage->second.counts);
                continue;
            }
            u8 repaired[8];
            std::memcpy(repaired, log_.bytes.data() + at, 8);
            store({repaired, 2}, 2, log_.endian, kMagic);
            bool magic = n.n16(at) == kMagic, crc = header_crc(repaired, log_.endian) == n.n32(at + 8);
            // One thing is wrong and the rest speaks for a node. With magic and crc both right its length is senseless: then it is not
            // damage.
            if (magic != crc && (crc || expected || shape_of(n.n16(at + 2) | kAccurate))) tell_.header(at, torn(at));
        }
    }

    /// What the sums don't show.
    Result<void> rest(Context& cx) {
        for (auto* all : {&log_.dirents, &log_.xattrs, &log_.xrefs, &log_.inodes})
            for (auto& r : *all) {
                if (!(r.flaws & Ref::kBadSizes) || (all == &log_.inodes && is_read(v_, r.id))) continue;
                tell_.say("sizes", r.at(), {r.at(), kHeader}, v_.damage().at(r.place).counts ? Outcome::Fail : Outcome::Unchecked);
            }
        for (u32 i : v_.tree().nowhere) {
            auto& r = log_.dirents[i];
            tell_.say("inode", r.at(), {r.at(), 40}, Outcome::Fail);
        }
        for (u32 i : v_.tree().too_deep) {
            auto& r = log_.dirents[v_.tree().all[i].dirent];
            tell_.say("directory", r.at(), {r.at(), 40}, Outcome::Fail);
        }
        Decoder decoder(log_, cx);
        for (auto& named : v_.tree().all) {  // targets and device numbers
            auto* r = latest_of(Log::of(log_.inodes, named.ino));
            if (!r) continue;
            auto raw = log_.inode(*r);
            const u32 kind = raw.mode & kFormat;
            if (kind != kLink && kind != kChar && kind != kBlock) continue;
            auto* data = raw.compr == kZero ? nullptr : TRY(decoder.decode(*r, raw));
            u64 size = data ? data->content.size() : 0;
            bool good = kind == kLink ? size > 0 : size == 2 || size == 4;
            tell_.say("data", r->at(), {r->at() + 68, log_.data(*r).size()}, good ? Outcome::Pass : Outcome::Fail);
        }
        return {};
    }

  private:
    u32 ino_of(const Node& n) const { return log_.bytes.size() - n.at < 16 ? 0 : Numbers{log_.bytes, log_.endian}.n32(n.at + 12); }
    /// The power went while its header was written: the rest is erased flash.
    bool torn(u64 at) const {
        auto tail = log_.bytes.subspan(at + 11, std::min<u64>(5, log_.bytes.size() - at - 11));
        return std::all_of(tail.begin(), tail.end(), [](u8 c) { return c == 0xFF; });
    }
    const Volume& v_;
    const Log& log_;
    Teller tell_;
};

}  // namespace

Result<void> Volume::verify(const CheckSink& sink, Context& cx) const {
    Verifier verifier(*this, sink);
    Scan scan(log_.bytes, 0, log_.endian);
    bool expected = true;
    for (u64 steps = 1; auto step = scan.next(); steps++) {
        if (steps % 256 == 0) TRY_VOID(cx.spend(&Limits::decoded, 0));
        using Kind = Scan::Step::Kind;
        if (step->kind == Kind::Node || step->kind == Kind::Cut) verifier.node(step->node);
        if (step->kind == Kind::Other) verifier.other(step->extent, expected);
        expected = step->kind == Kind::Node || step->kind == Kind::Erased;
    }
    return verifier.rest(cx);
}

}  // namespace fieldstrip::jffs2
