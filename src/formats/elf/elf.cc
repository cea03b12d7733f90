// ELF: programs, libraries, kernels and their modules. A header, a table of segments (what is loaded) and one of sections (what was
// linked), either of which may be missing; what they point to may lie anywhere. There is no checksum: proof is that all that they say holds
// together. Source: System V ABI, gABI chapters 4 and 5; Linux, include/uapi/linux/elf.h, fs/binfmt_elf.c.
#include "base/text.h"
#include "formats/elf/file.h"
#include "formats/elf/label.h"
#include "formats/elf/magics.h"
#include "formats/elf/names.h"
#include "model/format.h"
#include "model/owned.h"
#include "model/walk.h"

namespace fieldstrip {
namespace elf {
namespace {

constexpr auto kMagicBytes = magics::elf[0].bytes;
constexpr u64 kMostPieces = 1 << 14;  // contents of sections that are shown; more lie in what is left
constexpr u64 kMostHeaders = 1 << 8;  // segments, and sections, whose headers are fields
constexpr u64 kMostLeft = 1 << 10;    // segments that are looked at for bytes that no section owns
constexpr u64 kSmallest = 64;         // a part; what is shorter holds nothing
constexpr u64 kByValue = 1 << 16;     // what is no part is not longer than that: manifests hold it by value
constexpr u64 kLeftOver = 4096;       // a part of bytes in a segment that no section owns

constexpr FindingKind kFindings[] = {
    {"section-table-wrong", Severity::Warning,
     "Where the header says that the section table is, there is none: what is loaded (the segments) is shown instead."},
};

/// Its words, and not yet what they lead to.
bool may_begin(ByteView from) { return header_of(from.first(std::min<u64>(from.size(), 64))).has_value(); }

Answer recognise(ByteView space, u64 at, Context& cx) {
    auto there = space.subspan(at);
    auto h = header_of(there);
    if (!h) return std::unexpected(No{"its header can't be", {at, std::min<u64>(64, there.size())}});
    const u64 tables = h->segment_count * h->segment_length() + std::min<u64>(h->section_count, kByValue) * h->section_length();
    if (!cx.spend(&Limits::decoded, std::min<u64>(tables, there.size()))) return std::unexpected(No{"limit"});
    auto f = read(there, *h);
    if (!f) return std::unexpected(No{f.error(), {at, h->length()}});
    return Claim{
        {at, std::min<u64>(f->size, there.size())}, f->bits, "its header and tables, which hold together", f->size <= there.size()};
}

/// Sections that linkers make for themselves and loaders: nobody looks for anything in them.
bool is_machinery(const Section& s, std::string_view name) {
    constexpr u32 kFirstOfUsers = 0x80000000;
    if (s.type != kProgbits) return s.type < kFirstOfUsers;
    constexpr std::string_view kExact[] = {".init",  ".fini", ".jcr", ".interp", ".comment", ".tm_clone_table", ".gcc_except_table",
                                           ".dynbss"};
    constexpr std::string_view kFirst[] = {".plt",   ".got",   ".eh_frame", ".ARM.", ".MIPS.", ".gnu",
                                           ".ctors", ".dtors", ".iplt",     ".stab", ".pdr"};
    return std::find(std::begin(kExact), std::end(kExact), name) != std::end(kExact) ||
           std::any_of(std::begin(kFirst), std::end(kFirst),
                       [&](auto first) { return name.starts_with(first) && name != ".gnu_debugdata"; });
}

class Layouter {
  public:
    Layouter(ByteView bytes, const File& file)
        : bytes_(bytes), file_(file), h_(file.header), size_(std::min<u64>(file.size, bytes.size())), w_(bytes, h_.endian), owned_(size_) {}

    Result<Layout> run() {
        header();
        owned_.take({0, h_.length()});
        table("program-headers", h_.segments_at, file_.segments.size(), h_.segment_length(), [&](u64 i) { segment(i); });
        interpreter();
        if (file_.table == Table::Whole) {
            // Before contents are looked at, so that they can't lie over it.
            const Extent all{h_.sections_at, file_.sections.size() * h_.section_length()};
            owned_.take(all);
            contents();
            table("section-headers", all.offset, file_.sections.size(), h_.section_length(), [&](u64 i) { section(i); });
        }
        left_over();
        if (file_.table == Table::Wrong)
            w_.finding({&kFindings[0], "the section table that it names at " + hex_number(h_.sections_at) + " is none", {0, h_.length()}});
        if (file_.size > bytes_.size())
            w_.finding({&findings::cut,
                        "it ends at " + std::to_string(file_.size) + ", and " + std::to_string(bytes_.size()) + " bytes are there",
                        {0, bytes_.size()}});
        return std::move(w_).done(size_);
    }

  private:
    Walk::Noted word(const std::string& name) { return w_.number(name, h_.wide ? 8 : 4); }

    void header() {
        for (auto* taken : {"program-headers", "section-headers", "interpreter"}) fresh_(taken);
        w_.magic(fresh_("magic"), as_bytes(kMagicBytes));
        w_.magic(fresh_("class"), bytes_.subspan(4, 1));
        w_.magic(fresh_("byte-order"), bytes_.subspan(5, 1));
        w_.magic(fresh_("header-version"), bytes_.subspan(6, 1));
        w_.u8(fresh_("os-abi")).in(kSystems);
        w_.u8(fresh_("abi-version"));
        w_.opaque(fresh_("header-filler"), 7);
        w_.u16(fresh_("type")).in(kTypes);
        w_.u16(fresh_("machine")).in(kMachines);
        w_.magic(fresh_("version"), bytes_.subspan(20, 4));
        word(fresh_("entry")).hex();
        auto segments = word(fresh_("program-headers-offset")).hex();
        if (h_.segment_count) segments.is(offset_of("program-headers"));
        auto sections = word(fresh_("section-headers-offset")).hex();
        if (file_.table == Table::Whole) sections.is(offset_of("section-headers"));
        w_.u32(fresh_("flags")).hex();
        w_.u16(fresh_("header-size")).is(size_of({"magic", "section-names"}));
        w_.u16(fresh_("program-header-size")).is(kept_inside());
        w_.u16(fresh_("program-headers-count")).is(kept_inside());
        w_.u16(fresh_("section-header-size")).is(kept_inside());
        w_.u16(fresh_("section-headers-count")).is(kept_inside());
        w_.u16(fresh_("section-names")).is(kept_inside());
    }

    /// The first of its entries as fields, the others as they are.
    void table(std::string name, u64 at, u64 count, u64 length, auto&& entry) {
        if (!count) return;
        w_.seek(at);
        w_.mark(name);
        owned_.take({at, count * length});
        for (u64 i = 0; i < std::min(count, kMostHeaders); i++) entry(i);
        keep("", at + count * length - w_.here());
    }
    /// Bytes that are no part, in runs that are short enough.
    void keep(std::string name, u64 size) {
        for (; size; name.clear()) {
            const u64 one = std::min(size, kByValue);
            w_.opaque(name, one);
            size -= one;
        }
    }

    void segment(u64 i) {
        auto name = [&, first = "segment-" + std::to_string(i) + '-'](const char* what) { return fresh_(first + what); };
        auto flags = [&] { w_.u32(name("flags")).in(kAccess).hex(); };
        w_.u32(name("type")).in(kSegmentTypes).is(kept_inside()).hex();  // another type would be another structure
        if (h_.wide) flags();
        word(name("offset")).is(kept_inside()).hex();
        word(name("address")).hex();
        word(name("physical-address")).hex();
        word(name("file-size")).is(kept_inside()).hex();
        word(name("memory-size")).hex();
        if (!h_.wide) flags();
        word(name("align")).hex();
    }

    /// Its path may be another one, where it fits.
    void interpreter() {
        for (auto& s : file_.segments) {
            if (s.type != kInterpreter || s.file_size < 2 || s.file_size > 4096 || s.extent().end() > size_) continue;
            if (bytes_[s.extent().end() - 1] || !owned_.take({s.offset, s.file_size})) continue;
            w_.seek(s.offset);
            w_.text("interpreter", s.file_size - 1);  // its last NUL stays
            w_.opaque("", 1);
            return;
        }
    }

    /// What the sections hold. Of two that lie over each other the first has the bytes.
    void contents() {
        names_.resize(file_.sections.size());
        part_.resize(file_.sections.size()), whole_.resize(file_.sections.size());
        if (h_.names_index) content(h_.names_index, true);
        u64 pieces = 0;
        for (u64 i = 0; i < file_.sections.size() && pieces < kMostPieces; i++) {
            if (i != h_.names_index && file_.sections[i].type && content(i, false)) pieces++;
        }
    }

    /// Whether it has a piece now.
    bool content(u64 i, bool by_value) {
        auto& s = file_.sections[i];
        auto called = file_.name_of(s, bytes_);
        names_[i] = fresh_(called.empty() ? "section-" + std::to_string(i) : escape(called));
        Extent e = s.extent();
        if (!s.has_bytes() || e.offset >= size_) return false;
        const bool all = e.size <= size_ - e.offset;
        if (!all) e.size = size_ - e.offset;
        if (!owned_.take(e)) return false;
        w_.seek(e.offset);
        if (!by_value && (e.size > kByValue || (e.size >= kSmallest && !is_machinery(s, called)))) {
            w_.slot(names_[i], e.size);
            part_[i] = true, whole_[i] = all;
        } else {
            keep(names_[i], e.size);
        }
        return true;
    }

    void section(u64 i) {
        auto& s = file_.sections[i];
        // Of tables for linkers and loaders nobody sets anything.
        if (!part_[i] && s.type != kNoBits) return keep("", h_.section_length());
        const auto called = i < names_.size() && !names_[i].empty() ? names_[i] : fresh_("section-" + std::to_string(i));
        auto name = [&](const char* what) { return fresh_(called + what); };
        const u64 end = w_.here() + h_.section_length();
        w_.opaque("", 4);  // where its name is
        w_.u32(name("-type")).in(kSectionTypes).is(kept_inside()).hex();
        word(name("-flags")).hex();
        word(name("-address")).hex();
        word(name("-offset")).is(whole_[i] ? offset_of(called) : kept_inside()).hex();
        word(name("-size")).is(whole_[i] ? size_of(called) : kept_inside()).hex();
        keep("", end - w_.here());
    }

    /// What no section owns: in segments, and elsewhere where it is long.
    void left_over() {
        std::vector<const Segment*> order;
        for (auto& s : std::span(file_.segments).first(std::min<size_t>(file_.segments.size(), kMostLeft))) order.push_back(&s);
        std::stable_partition(order.begin(), order.end(), [](auto* s) { return s->type == kLoad; });
        u64 parts = 0;
        for (auto* s : order) {
            if (!s->file_size) continue;
            for (auto& e : owned_.free(s->extent())) {
                if (e.size < (file_.table == Table::Whole ? kLeftOver : kSmallest) || parts++ > kMostPieces) continue;
                owned_.take(e);
                w_.seek(e.offset);
                w_.slot(fresh_("segment-" + std::to_string(s - file_.segments.data())), e.size);
            }
        }
        u64 others = 0;
        for (auto& e : owned_.free({0, size_})) {
            if (e.size <= kByValue) continue;
            w_.seek(e.offset);
            w_.slot(fresh_("between-" + std::to_string(others++)), e.size);
        }
    }

    ByteView bytes_;
    const File& file_;
    const Header& h_;
    u64 size_;
    Walk w_;
    Owned owned_;
    Fresh fresh_;
    std::vector<std::string> names_;  // of sections
    std::vector<bool> part_, whole_;  // whether what a section holds is a part, and all of it
};

Result<Item> open(const Buffer& bytes, Context&) {
    auto h = header_of(bytes.view());
    if (!h) return fail(Error::Kind::NotThis, "no ELF header");
    auto f = read(bytes.view(), *h);
    if (!f) return fail(Error::Kind::NotThis, std::string(f.error()));
    auto layout = TRY(Layouter(bytes.view(), *f).run());
    return Item{.label = label_of(*f, bytes.view()), .layout = std::move(layout)};
}

constexpr std::string_view kLimits[] = {
    "a section's content is replaced where it fits its place: none is moved, added or removed",
    "symbols and relocations are kept, and not shown",
};

}  // namespace
}  // namespace elf

namespace formats {
extern const Format elf{.id = "elf",
                        .title = "ELF program, library or kernel",
                        .magics = magics::elf,
                        .may_begin = fieldstrip::elf::may_begin,
                        .recognise = fieldstrip::elf::recognise,
                        .open = fieldstrip::elf::open,
                        .findings = fieldstrip::elf::kFindings,
                        .limits = fieldstrip::elf::kLimits,
                        .source = "System V ABI (gABI), chapters 4 and 5; Linux: include/uapi/linux/elf.h"};
}  // namespace formats

}  // namespace fieldstrip
