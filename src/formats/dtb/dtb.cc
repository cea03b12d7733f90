// A flattened devicetree: what hardware there is, as a tree of nodes with properties, for kernels and boot loaders. A header of ten words,
// reserved ranges of memory, the structure (tokens), and the strings that properties are called by. All numbers are big-endian; there is no
// checksum. Source: Devicetree Specification v0.4, chapter 5; libfdt's fdt.h for version 16.
#include <set>

#include "base/text.h"
#include "formats/dtb/magics.h"
#include "formats/dtb/tokens.h"
#include "model/format.h"
#include "model/walk.h"

namespace fieldstrip {
namespace dtb {
namespace {

constexpr auto kMagicBytes = magics::dtb[0].bytes;
constexpr u64 kMostFields = 1 << 16;  // properties that can be set; of more a tree is kept all the same

constexpr FindingKind kFindings[] = {
    {"too-many-properties", Severity::Note, "It has more properties than are shown and settable by name: the others are kept as they are."},
};

/// Its words, and not yet what they lead to.
bool may_begin(ByteView from) { return header_of(from.first(std::min<u64>(from.size(), 40))).has_value(); }

Answer recognise(ByteView space, u64 at, Context& cx) {
    auto there = space.subspan(at);
    auto h = header_of(there);
    if (!h) return std::unexpected(No{"its header can't be: sizes, places or version", {at, std::min<u64>(40, there.size())}});
    // A tree that many headers point to would be walked for each.
    if (!cx.spend(&Limits::decoded, std::min<u64>(h->structure_size, there.size()))) return std::unexpected(No{"limit"});
    u64 depth = 0;
    bool images = false, configurations = false;
    Visitor look{.open =
                     [&](std::string_view name) {
                         images = images || (depth == 1 && name == "images");
                         configurations = configurations || (depth == 1 && name == "configurations");
                         depth++;
                     },
                 .close = [&] { depth--; }};
    auto walked = walk_tokens(there.first(std::min<u64>(there.size(), h->size)), *h, look);
    if (walked.end == End::Wrong) return std::unexpected(No{"its structure block is not one", {at + walked.at, 4}});
    // U-Boot's FIT is written as one, and means something else: what lies in its properties are images.
    if (images && configurations) return std::unexpected(No{"a FIT, which tells of images and not of hardware", {at, 4}});
    const bool cut = h->size > there.size();
    if (walked.end == End::Cut && walked.properties < 4) return std::unexpected(No{"too little of it is there"});
    // The magic; version and what can read it; the places of three blocks; each token, of which one in 2^29 words is one.
    const u64 tokens = 2 * walked.nodes + walked.properties;
    auto bits = unsigned(32 + 2 * 28 + 3 * 12 + std::min<u64>(tokens, 1000) * 8);
    return Claim{{at, std::min<u64>(h->size, there.size())}, bits, "the tokens of its structure block", !cut && walked.end == End::Whole};
}

/// One text or several, each with its NUL, of what can be printed. Where they can't be cells, more NULs may follow: a text that became
/// shorter.
bool is_text(ByteView v) {
    if (v.empty() || v.back()) return false;
    if (v.size() % 4)
        while (v.size() > 1 && !v[v.size() - 2]) v = v.first(v.size() - 1);
    for (size_t i = 0; i < v.size(); i++) {
        if (!v[i] && (!i || !v[i - 1])) return false;
        if (v[i] && (v[i] < 0x20 || v[i] > 0x7E)) return false;
    }
    return true;
}

/// Notes each property as a field by its path: "/chosen/bootargs".
class Properties {
  public:
    Properties(Walk& w, ByteView bytes) : w_(w), bytes_(bytes) {}

    void open(std::string_view name) {
        begins_.push_back(path_.size());
        if (begins_.size() > 1) path_ += '/' + escape(name);
    }
    void close() {
        path_.resize(begins_.back());
        begins_.pop_back();
    }
    void property(const Property& p) {
        if (fields_ == kMostFields) return void(left_out_++);
        const auto called = path_ + '/' + escape(p.name);
        auto name = called;
        for (unsigned again = 2; !used_.insert(name).second; again++) name = called + '~' + std::to_string(again);
        auto value = bytes_.subspan(p.value.offset, p.value.size);
        w_.seek(p.value.offset);
        fields_++;
        if (is_text(value))
            w_.text(name, value.size() - 1);  // its last NUL stays
        else if (value.size() == 4 || value.size() == 8)
            w_.number(name, unsigned(value.size())).hex();
        else
            w_.raw(name, value.size());
    }
    u64 left_out() const { return left_out_; }

  private:
    Walk& w_;
    ByteView bytes_;
    std::string path_;
    std::vector<size_t> begins_;  // of each open node: where its name begins in the path
    std::set<std::string> used_;
    u64 fields_ = 0, left_out_ = 0;
};

Result<Layout> walk(ByteView bytes, const Header& h, Walked& walked) {
    Walk w(bytes, Endian::Big);
    w.mark("begin");
    w.magic("magic", as_bytes(kMagicBytes));
    w.u32("totalsize").is(size_of({"begin", "end"}));
    w.u32("off_dt_struct").is(offset_of("structure"));
    w.u32("off_dt_strings").is(offset_of("strings"));
    w.u32("off_mem_rsvmap").is(offset_of("reserved"));
    w.u32("version");
    w.u32("last_comp_version");
    w.u32("boot_cpuid_phys");
    auto strings_size = w.u32("size_dt_strings").is(size_of("strings"));
    if (h.version >= 17) w.u32("size_dt_struct").is(size_of({"structure", "structure-end"}));

    const bool cut = h.size > bytes.size();
    auto there = [&](u64 at) { return at <= bytes.size(); };
    if (there(h.reserved)) {
        w.seek(h.reserved);
        w.mark("reserved");
        for (u64 i = 0; i < h.reservations; i++) {
            auto name = "reserved-" + std::to_string(i);
            w.u64(name + "-address").hex();
            w.u64(name + "-size").hex();
        }
    }
    Properties properties(w, bytes);
    w.seek(std::min<u64>(h.structure, bytes.size()));
    w.mark("structure");
    walked = walk_tokens(bytes, h,
                         {[&](std::string_view name) { properties.open(name); }, [&] { properties.close(); },
                          [&](const Property& p) { properties.property(p); }});
    w.seek(std::min<u64>(h.structure + h.structure_size, bytes.size()));
    w.mark("structure-end");
    w.seek(std::min<u64>(h.strings, bytes.size()));
    w.opaque("strings", std::min<u64>(strings_size, w.left()));
    w.seek(std::min<u64>(h.size, bytes.size()));
    w.mark("end");
    if (cut)
        w.finding({&findings::cut,
                   "its size is " + std::to_string(h.size) + ", and " + std::to_string(bytes.size()) + " bytes are there",
                   {0, bytes.size()}});
    if (properties.left_out())
        w.finding({&kFindings[0], std::to_string(properties.left_out()) + " properties more than are shown", {h.structure, 4}});
    return std::move(w).done();
}

/// The text of a property of the root.
std::string of_root(const Layout& layout, ByteView bytes, std::string_view name) {
    auto* p = layout.find(name);
    if (!p || p->kind != Piece::Kind::Text) return "";
    auto text = as_text(bytes.subspan(p->extent.offset, p->extent.size));
    return std::string(text.substr(0, text.find('\0')));
}

Result<Item> open(const Buffer& bytes, Context&) {
    auto h = header_of(bytes.view());
    if (!h) return fail(Error::Kind::NotThis, "no devicetree's header");
    Walked walked{};
    auto layout = TRY(walk(bytes.view(), *h, walked));
    if (walked.end == End::Wrong) return fail(Error::Kind::NotThis, "its structure block is not one", {walked.at, 4});
    auto label = "devicetree" + std::string(h->version == 17 ? "" : " of version " + std::to_string(h->version));
    for (auto name : {"/model", "/compatible"})
        if (auto text = of_root(layout, bytes.view(), name); !text.empty()) {
            label += ": \"" + escape(text) + '"';
            break;
        }
    auto count = [&](u64 n, const char* one, const char* many) { label += ", " + std::to_string(n) + ' ' + (n == 1 ? one : many); };
    count(walked.nodes, "node", "nodes"), count(walked.properties, "property", "properties");
    return Item{.label = std::move(label), .layout = std::move(layout)};
}

constexpr std::string_view kLimits[] = {
    "a property is set where its size stays (a text may be shorter); none is added or removed, and overlays are not applied",
};

}  // namespace
}  // namespace dtb

namespace formats {
extern const Format dtb{.id = "dtb",
                        .title = "Flattened devicetree",
                        .magics = magics::dtb,
                        .may_begin = fieldstrip::dtb::may_begin,
                        .recognise = fieldstrip::dtb::recognise,
                        .open = fieldstrip::dtb::open,
                        .findings = fieldstrip::dtb::kFindings,
                        .limits = fieldstrip::dtb::kLimits,
                        .source = "Devicetree Specification v0.4, chapter 5; dtc: libfdt/fdt.h"};
}  // namespace formats

}  // namespace fieldstrip
