// PE: programs of Windows and of UEFI, UEFI's drivers among them. An old header with a stub for DOS, the COFF header, an optional one that
// is always there, and sections; behind them perhaps symbols, and certificates that sign the rest. Numbers are little-endian. Source:
// Microsoft, PE Format; "Windows Authenticode Portable Executable Signature Format".
#include "base/text.h"
#include "formats/pe/file.h"
#include "formats/pe/magics.h"
#include "formats/pe/names.h"
#include "model/format.h"
#include "model/owned.h"
#include "model/walk.h"

namespace fieldstrip {
namespace pe {
namespace {

constexpr u64 kByValue = 1 << 16;  // what is no part is not longer than that: manifests hold it by value
constexpr u64 kMostCertificates = 64;

/// A sum of 16-bit words with the carry added again, to which the file's length is added (IMAGHELP's CheckSumMappedFile).
const Digest kChecksum{"pe-checksum", true, [](const Feed& feed) {
                           u64 sum = 0, size = 0;
                           feed([&](ByteView v) {
                               size_t i = 0;
                               if (size % 2 && !v.empty()) sum += u64{v[i++]} << 8;
                               for (; i + 1 < v.size(); i += 2) sum += u64{v[i]} | u64{v[i + 1]} << 8;
                               if (i < v.size()) sum += v[i];
                               size += v.size();
                           });
                           while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
                           return big_endian((sum + size) & 0xFFFFFFFF, 4);
                       }};

/// What is a program for UEFI by this header, and a kernel of Linux by its own, which says more.
bool is_kernel(ByteView there) {
    auto has = [&](u64 at, std::string_view magic) { return there.size() >= at + magic.size() && starts_with(there.subspan(at), magic); };
    return has(0x202, "HdrS") || has(0x38, "ARM\x64") || has(0x38, "RSC\x05") || has(4, "zimg") || has(0x24, {"\x18\x28\x6F\x01", 4});
}

Answer recognise(ByteView space, u64 at, Context&) {
    auto there = space.subspan(at);
    auto h = header_of(there);
    if (!h) return std::unexpected(No{"no PE header is where it should be", {at, std::min<u64>(64, there.size())}});
    if (is_kernel(there)) return std::unexpected(No{"a Linux kernel, whose own header says more", {at, 64}});
    auto f = read(there, *h);
    if (!f) return std::unexpected(No{f.error(), {at, h->sections_end()}});
    return Claim{{at, std::min<u64>(f->size, there.size())}, f->bits, "its headers, which hold together", f->size <= there.size()};
}

class Layouter {
  public:
    Layouter(ByteView bytes, const File& file)
        : bytes_(bytes),
          file_(file),
          h_(file.header),
          size_(std::min<u64>(file.size, bytes.size())),
          w_(bytes, Endian::Little),
          owned_(size_) {}

    Result<Layout> run() {
        owned_.take({0, h_.sections_end()});
        headers();
        certificates();
        contents();
        section_headers();
        left_over();

        if (file_.size > bytes_.size())
            w_.finding({&findings::cut,
                        "it ends at " + std::to_string(file_.size) + ", and " + std::to_string(bytes_.size()) + " bytes are there",
                        {0, bytes_.size()}});
        return std::move(w_).done(size_);
    }

  private:
    std::string own(const std::string& name) { return fresh_(name); }

    void headers() {
        for (auto* taken : {"begin", "end", "sections", "signature"}) fresh_(taken);
        w_.mark("begin");
        w_.magic(own("magic"), bytes_.first(2));
        w_.opaque(own("dos-header"), 58);
        w_.u32(own("pe-header-offset")).is(offset_of("pe-magic"));
        keep(own("dos-stub"), h_.pe_at - w_.here());
        w_.magic(own("pe-magic"), bytes_.subspan(h_.pe_at, 4));
        w_.u16(own("machine")).in(kMachines).hex();
        w_.u16(own("sections-count")).is(kept_inside());
        w_.u32(own("time")).time();
        symbols_at_.emplace(w_.u32(own("symbols-offset")).hex());
        w_.u32(own("symbols-count")).is(kept_inside());
        w_.u16(own("optional-header-size")).is(size_of({"optional-magic", "optional-end"}));
        w_.u16(own("characteristics")).hex();
        optional();
        w_.seek(h_.sections_at());
        w_.mark("sections");
    }

    void optional() {
        auto word = [&](const char* name) { return w_.number(own(name), h_.wide ? 8 : 4).hex(); };
        w_.magic(own("optional-magic"), bytes_.subspan(w_.here(), 2));
        w_.u8(own("linker-major")), w_.u8(own("linker-minor"));
        w_.u32(own("code-size")), w_.u32(own("data-size")), w_.u32(own("bss-size"));
        w_.u32(own("entry")).hex(), w_.u32(own("code-address")).hex();
        if (!h_.wide) w_.u32(own("data-address")).hex();
        word("image-base");
        w_.u32(own("section-alignment")).is(kept_inside()), w_.u32(own("file-alignment")).is(kept_inside());
        w_.u16(own("system-major")), w_.u16(own("system-minor"));
        w_.u16(own("image-major")), w_.u16(own("image-minor"));
        w_.u16(own("subsystem-major")), w_.u16(own("subsystem-minor"));
        w_.u32(own("reserved-version"));
        w_.u32(own("image-size")).hex(), w_.u32(own("headers-size")).is(kept_inside()).hex();
        // 0: there is none. It is not for people to set.
        w_.u32(own("checksum")).is(h_.checksum ? digest_of(kChecksum, {Range()}) : kept_inside()).hex();
        w_.u16(own("subsystem")).in(kSubsystems);
        w_.u16(own("dll-characteristics")).hex();
        word("stack-reserve"), word("stack-commit"), word("heap-reserve"), word("heap-commit");
        w_.u32(own("loader-flags")).hex();
        w_.u32(own("directories-count")).is(kept_inside());
        for (u64 i = 0; i < h_.directory_count; i++) {
            const auto name = std::string(kDirectories[i]);
            auto where = w_.u32(own(name + "-address")).hex();
            if (i == kCertificates && h_.certificates.size) certificates_at_.emplace(where);
            auto size = w_.u32(own(name + "-size")).hex();
            if (i == kCertificates && h_.certificates.size) certificates_size_.emplace(size);
        }
        keep("", h_.sections_at() - w_.here());
        w_.mark("optional-end");
    }

    /// Bytes that are no part, in runs that are short enough.
    void keep(std::string name, u64 size) {
        for (; size; name.clear()) {
            const u64 one = std::min(size, kByValue);
            w_.opaque(name, one);
            size -= one;
        }
    }

    /// The table of certificates: each with its size, revision and kind before it; each begins on a multiple of 8.
    void certificates() {
        auto& all = h_.certificates;
        if (!all.size) return;
        if (all.end() > size_ || !owned_.take(all)) {
            certificates_at_->is(kept_inside()), certificates_size_->is(kept_inside());
            return;
        }
        w_.seek(all.offset);
        w_.mark(own("certificates"));
        for (u64 i = 0; i < kMostCertificates && all.end() - w_.here() > 8; i++) {
            const u64 length = le32(bytes_, w_.here());
            if (length <= 8 || length > all.end() - w_.here()) break;
            const auto name = i ? "signature~" + std::to_string(i + 1) : std::string("signature");
            w_.u32(name + "-length").is(size_of({name + "-length", name}));
            w_.u16(name + "-revision").in(kRevisions).hex();
            w_.u16(name + "-kind").in(kKinds).hex();
            auto part = w_.slot(name, length - 8);
            if (all.offset == size_ - all.size) sign(part);
            w_.seek(std::min(all.end(), w_.here() + gap_to(w_.here() - all.offset, 8)));
        }
        keep("", all.end() - w_.here());
        w_.mark(own("certificates-end"));
        certificates_at_->is(offset_of("certificates"));
        certificates_size_->is(size_of({"certificates", "certificates-end"}));
    }
    /// What a signature is over: all before the certificates but the checksum and where they are.
    void sign(Walk::Noted& part) {
        part.is(signature_of({{"begin", "headers-size"},
                              {"subsystem", "exception-size"},
                              {h_.directory_count > kCertificates + 1 ? "relocation-address" : "optional-end", "certificates"}}));
    }

    /// Symbols and the strings that they are called by, whose length counts itself.
    void symbols() {
        for (auto* taken : {"symbols", "strings", "strings-size"}) fresh_(taken);
        Extent e{h_.symbols_at, h_.symbols_size() + file_.strings_size};
        if (!h_.symbols_size() || !owned_.take(e)) return;
        w_.seek(e.offset);
        w_.slot("symbols", h_.symbols_size());
        symbols_at_->is(offset_of("symbols"));
        if (!file_.strings_size) return;
        w_.u32("strings-size").is(size_of({"strings-size", "strings"}));
        w_.slot("strings", file_.strings_size - 4);
    }

    void contents() {
        symbols();
        names_.resize(file_.sections.size());
        whole_.resize(file_.sections.size());
        for (size_t i = 0; i < file_.sections.size(); i++) {
            auto& s = file_.sections[i];
            names_[i] = own(s.name.empty() ? "section-" + std::to_string(i) : escape(s.name));
            Extent e = s.data;
            if (!e.size || e.offset >= size_) continue;
            e.size = std::min(e.size, size_ - e.offset);
            if (!owned_.take(e)) continue;
            w_.seek(e.offset);
            w_.slot(names_[i], e.size);
            whole_[i] = e.size == s.data.size;
        }
    }

    void section_headers() {
        w_.seek(h_.sections_at());
        for (size_t i = 0; i < file_.sections.size(); i++) {
            auto& called = names_[i];
            auto name = [&](const char* what) { return own(called + what); };
            w_.opaque("", 8);  // its name
            w_.u32(name("-memory-size")).hex();
            w_.u32(name("-address")).hex();
            w_.u32(name("-size")).is(whole_[i] ? size_of(called) : kept_inside()).hex();
            w_.u32(name("-offset")).is(whole_[i] ? offset_of(called) : kept_inside()).hex();
            w_.opaque("", 12);  // relocations and line numbers, of object files
            w_.u32(name("-characteristics")).hex();
        }
    }

    /// What nothing owns, where it is long.
    void left_over() {
        u64 others = 0;
        for (auto& e : owned_.free({0, size_})) {
            if (e.size <= kByValue) continue;
            w_.seek(e.offset);
            w_.slot(own("between-" + std::to_string(others++)), e.size);
        }
    }

    ByteView bytes_;
    const File& file_;
    const Header& h_;
    u64 size_;
    Walk w_;
    Owned owned_;
    Fresh fresh_;
    std::optional<Walk::Noted> symbols_at_, certificates_at_, certificates_size_;
    std::vector<std::string> names_;  // of sections
    std::vector<bool> whole_;         // whether all of its data is one piece
};

Result<Item> open(const Buffer& bytes, Context&) {
    auto h = header_of(bytes.view());
    if (!h) return fail(Error::Kind::NotThis, "no PE header");
    auto f = read(bytes.view(), *h);
    if (!f) return fail(Error::Kind::NotThis, std::string(f.error()));
    auto layout = TRY(Layouter(bytes.view(), *f).run());
    auto name = [](const Names& names, u64 v, const char* what) {
        auto n = names.find(v);
        return n != names.end() ? std::string(n->second) : what + (' ' + hex_number(v));
    };
    auto label = std::string(h->wide ? "PE32+ " : "PE32 ") + name(kMachines, h->machine, "machine") + ' ' +
                 name(kSubsystems, h->subsystem, "subsystem") + (h->characteristics & 0x2000 ? " library" : "") + ", " +
                 std::to_string(h->section_count) + (h->section_count == 1 ? " section" : " sections");
    return Item{.label = label + (h->certificates.size ? ", signed" : ""), .layout = std::move(layout)};
}

constexpr std::string_view kLimits[] = {
    "a section's content is replaced where it fits its place: none is moved, added or removed",
    "signatures are named where an edit breaks them; they are neither checked nor made",
};

}  // namespace
}  // namespace pe

namespace formats {
extern const Format pe{.id = "pe",
                       .title = "PE program of UEFI or Windows",
                       .magics = magics::pe,
                       .may_begin = [](ByteView from) { return fieldstrip::pe::header_of(from).has_value(); },
                       .recognise = fieldstrip::pe::recognise,
                       .open = fieldstrip::pe::open,
                       .limits = fieldstrip::pe::kLimits,
                       .source = "Microsoft: PE Format; Windows Authenticode Portable Executable Signature Format"};
}  // namespace formats

}  // namespace fieldstrip
