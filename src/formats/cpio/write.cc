// Members and trailers as bytes: copied where nothing changed, else written anew.
#include "formats/cpio/plan.h"

namespace fieldstrip::cpio {
namespace {

using enum Entry::Type;

constexpr u64 kLongestPath = 4096;  // with its NUL: Linux takes no longer one

u32 usual_permissions(Entry::Type type) { return type == Directory ? 0755 : type == Symlink ? 0777 : 0644; }

class Writer {
  public:
    Writer(std::span<const Style> styles, Plan plan, const Parsed* original, const Buffer& bytes, Context& cx)
        : styles_(styles), plan_(std::move(plan)), original_(original), bytes_(bytes), cx_(cx) {}

    Result<Rope> run() {
        for (size_t i = 0; i < styles_.size(); i++) {
            u64 from = out_.size();
            for (size_t k = 0; k < plan_[i].size(); k++) {
                if (k % 1024 == 0) TRY_VOID(cx_.spend(&Limits::decoded, 0));
                TRY_VOID(member(plan_[i][k], styles_[i], k + 1 == plan_[i].size() && i + 1 == styles_.size()));
            }
            if (styles_[i].trailer) trailer(i, from);
            if (i + 1 < styles_.size()) zeros(i);
        }
        // What lies behind the last member that can be read: its end may be cut off.
        if (original_) copy({original_->end, bytes_.size() - original_->end});
        return std::move(out_);
    }

  private:
    void copy(Extent e) {
        if (e.size) out_.copy(bytes_.slice(e));
    }

    bool unchanged(const Slot& s) const {
        if (!s.old || s.wanted->content || s.touched || s.entry() != *s.old) return false;
        return !s.entry().is_file() || !s.size() || s.carries == (s.member->header.size != 0);
    }

    Result<void> member(const Slot& s, const Style& style, bool last) {
        if (s.member && s.member->is_cut && !last) return refuse(s.entry(), "is cut off: nothing can be put behind it");
        if (unchanged(s)) return copy({s.member->at, s.member->next - s.member->at}), Result<void>();
        if ((s.member && s.member->is_cut && !s.content) || (s.stored && s.stored->is_cut))
            return refuse(s.entry(), "its end is cut off, so it can't be written again");
        auto& shape = shape_of(style.variant);
        auto name = TRY(name_for(s, shape));
        Extent stored{};  // of the data, in the original
        Rope data;
        if (TRY(data_for(s, data))) stored = s.stored->data;
        u64 size = data.size() + stored.size;
        auto header = TRY(header_for(s, style, size));
        header.name_size = name.size();
        if (header.size > shape.size) return refuse(s.entry(), "is larger than this kind of cpio can say");
        if (style.variant == Variant::Crc && s.entry().is_file()) header.check = check_for(s, data, stored);

        auto head = write_header(header, style.variant);
        s.keep.digits.value_or(style.digits).apply(head);
        head.insert(head.end(), name.begin(), name.end());
        u64 fill = gap_to(head.size(), shape.align);
        if (s.keep.name_fill && s.keep.name_fill->size() == fill)
            head.insert(head.end(), s.keep.name_fill->begin(), s.keep.name_fill->end());
        else
            head.resize(head.size() + fill);
        if (s.member && equal(head, bytes_.view().subspan(s.member->at, s.member->data.offset - s.member->at)))
            copy({s.member->at, head.size()});
        else
            out_.fresh(std::move(head));
        copy(stored);
        out_.append(data);
        end(s, gap_to(size, shape.align), stored);
        return {};
    }

    /// The filler behind the data, which begins on a multiple of the alignment.
    void end(const Slot& s, u64 fill, const Extent& stored) {
        if (stored.size && s.stored->next - stored.end() == fill)
            copy({stored.end(), fill});
        else if (s.keep.data_fill && s.keep.data_fill->size() == fill)
            out_.fresh(*s.keep.data_fill);
        else
            out_.fill(fill, 0);
    }

    /// The name as it is spelled, with its NUL and what lies behind that.
    static Result<Bytes> name_for(const Slot& s, const Shape& shape) {
        auto& e = s.entry();
        auto name = spell(s.keep, e.path);
        if (name.find('\0') != name.npos) return refuse(e, "a name can't hold a NUL");
        if (name == kTrailer) return refuse(e, "is the name that ends an archive");
        if (spelling_of(name).path != e.path) return refuse(e, "is no name that an archive can hold");
        Bytes out(name.begin(), name.end());
        out.push_back(0);
        out.insert(out.end(), s.keep.name_rest.begin(), s.keep.name_rest.end());
        if (out.size() > (s.moved ? std::min(shape.name_size, kLongestPath) : shape.name_size)) return refuse(e, "its name is too long");
        return out;
    }

    /// Sets new data; true: it is the stored one.
    Result<bool> data_for(const Slot& s, Rope& data) const {
        auto& e = s.entry();
        if (e.is_file()) {
            if (!s.carries) return false;
            if (s.content) data = *s.content;
            return !s.content;
        }
        if (e.is(Symlink)) {
            if (!s.old || s.old->target != e.target) {
                bool bad = e.target.empty() || e.target.find('\0') != std::string::npos;
                // From what was kept alone a target is written as it was.
                if (bad && (s.fresh || s.old)) return refuse(e, "a link can't lead to that");
                if (e.target.size() >= kLongestPath && (s.fresh || s.old)) return refuse(e, "its target is too long");
            }
            data.fresh(Bytes(e.target.begin(), e.target.end()));
            return false;
        }
        if (!s.keep.other_data) return false;
        if (!s.member) return refuse(e, "has data, which only a file can have: it is not written again");
        data.copy(bytes_.slice(s.member->data));
        return false;
    }

    static Result<Header> header_for(const Slot& s, const Style& style, u64 size) {
        auto& e = s.entry();
        auto& k = s.keep;
        auto& shape = shape_of(style.variant);
        if (!e.xattrs.empty()) return refuse(e, "cpio can't hold extended attributes");
        u64 mode = e.mode.value_or(usual_permissions(e.type)), kind = mode_of(e.type);
        if (mode > 07777) return refuse(e, "these permissions are none");
        if (k.kind && type_of(*k.kind) == e.type) kind = *k.kind;
        i64 mtime = e.mtime.value_or(0);
        if (mtime < 0 || u64(mtime) > shape.time) return refuse(e, "its time can't be said in this kind of cpio");
        Header h{.ino = k.ino,
                 .mode = kind | mode,
                 .uid = e.uid.value_or(0),
                 .gid = e.gid.value_or(0),
                 .nlink = k.nlink,
                 .mtime = u64(mtime),
                 .size = size,
                 .check = k.check.value_or(0),
                 .dev = k.dev,
                 .rdev = k.rdev};
        if (e.is_device()) h.rdev = {e.major, e.minor};
        if (h.uid > shape.number || h.gid > shape.number) return refuse(e, "its owner is beyond what this kind of cpio can say");
        for (auto& d : {h.dev, h.rdev})
            if (d.major > shape.device.major || d.minor > shape.device.minor)
                return refuse(e, "its device number is beyond what this kind of cpio can say");
        if (h.nlink > shape.number) return refuse(e, "has more hard links than this kind of cpio can count");
        if (h.mode > shape.number || h.ino > shape.number || h.check > 0xFFFF'FFFF) return refuse(e, "what was kept of it is no number");
        return h;
    }

    /// The sum of the data; one that was wrong stays so as long as the data does.
    u64 check_for(const Slot& s, const Rope& data, const Extent& stored) const {
        if (!data.size() && !stored.size) return s.content || s.fresh ? 0 : s.keep.check.value_or(0);
        u32 sum = sum_of(bytes_.view().subspan(stored.offset, stored.size));
        data.each([&](ByteView v) { sum = sum_of(v, sum); });
        return s.keep.check && s.keep.sum == sum ? *s.keep.check : sum;
    }

    void trailer(size_t i, u64 from) {
        if (original_) return copy(original_->archives[i].trailer);
        auto& style = styles_[i];
        auto& shape = shape_of(style.variant);
        auto head = write_header(style.trailer_header, style.variant);
        style.trailer_digits.apply(head);
        head.insert(head.end(), kTrailer.begin(), kTrailer.end());
        head.push_back(0);
        head.insert(head.end(), style.trailer_rest.begin(), style.trailer_rest.end());
        u64 fill = gap_to(out_.size() - from + head.size(), shape.align);
        if (style.trailer_fill)
            head.insert(head.end(), style.trailer_fill->begin(), style.trailer_fill->end());
        else
            head.resize(head.size() + fill);
        out_.fresh(std::move(head));
    }

    void zeros(size_t i) {
        u64 n = styles_[i].align ? gap_to(out_.size(), styles_[i].align) : styles_[i].zeros;
        if (original_ && n == styles_[i].zeros)
            copy({original_->archives[i].trailer.end(), n});
        else
            out_.fill(n, 0);
    }

    std::span<const Style> styles_;
    Plan plan_;
    const Parsed* original_;
    const Buffer& bytes_;
    Context& cx_;
    Rope out_;
};

}  // namespace

Result<Rope> write(std::vector<Style> styles, std::span<const Wanted> wanted, const Parsed* original, const Buffer& bytes, Context& cx) {
    auto plan = TRY(plan_of(styles, wanted, original, bytes.view()));
    return Writer(styles, std::move(plan), original, bytes, cx).run();
}

}  // namespace fieldstrip::cpio
