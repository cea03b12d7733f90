// Source: gABI chapter 5, "Dynamic Section"; Linux, scripts/sign-file.c and include/linux/module.h for modules.
#include "formats/elf/label.h"

#include "base/text.h"
#include "formats/elf/names.h"

namespace fieldstrip::elf {
namespace {

constexpr u64 kMostEntries = 4096, kMostShown = 32, kLongestName = 255;

std::string_view text_at(ByteView there, u64 at, u64 end) {
    end = std::min<u64>(end, there.size());
    if (at >= end) return {};
    auto text = as_text(there.subspan(at, std::min(end - at, kLongestName + 1)));
    auto nul = text.find('\0');
    return nul == text.npos ? std::string_view() : text.substr(0, nul);
}

struct Dynamic {
    bool there = false, pie = false;
    std::vector<std::string> needed;
    u64 more = 0;  // that are not in the list
    std::string soname;
};

/// The dynamic section, by the segments as a loader finds it, or by the sections.
Dynamic dynamic_of(const File& f, ByteView there) {
    enum : u64 {
        kNeeded = 1,
        kStringTable = 5,
        kStringSize = 10,
        kSoname = 14,
        kFlags1 = 0x6FFFFFFB,
        kPie = 0x08000000
    };
    std::optional<Extent> where, strings;
    for (auto& s : f.segments)
        if (s.type == kDynamicSegment && s.file_size) where = s.extent();
    if (!where)
        for (auto& s : f.sections)
            if (s.type == kDynamic && s.has_bytes()) {
                where = s.extent();
                if (s.link < f.sections.size() && f.sections[s.link].type == kStrings) strings = f.sections[s.link].extent();
            }
    Dynamic d;
    if (!where || where->offset >= there.size()) return d;
    d.there = true;
    auto bytes = there.subspan(where->offset, std::min<u64>(where->size, there.size() - where->offset));
    const unsigned word = f.header.wide ? 8 : 4;
    auto each = [&](auto&& take) {
        for (u64 i = 0; i < kMostEntries && bytes.size() / (2 * word) > i; i++) {
            const u64 tag = load(bytes.subspan(i * 2 * word), word, f.header.endian);
            if (!tag) break;
            take(tag, load(bytes.subspan(i * 2 * word + word), word, f.header.endian));
        }
    };
    u64 size = 0;
    std::optional<u64> begin;
    each([&](u64 tag, u64 value) {
        if (tag == kStringTable) begin = f.offset_of(value);
        if (tag == kStringSize) size = value;
        if (tag == kFlags1) d.pie = value & kPie;
    });
    if (!strings && begin && sum(*begin, size)) strings = Extent{*begin, size};
    if (!strings || strings->size >= kUnbounded - strings->offset) return d;
    each([&](u64 tag, u64 value) {
        if ((tag != kNeeded && tag != kSoname) || value >= strings->size) return;
        auto name = escape(text_at(there, strings->offset + value, strings->end()));
        if (tag == kSoname)
            d.soname = name;
        else if (d.needed.size() < kMostShown)
            d.needed.push_back(name);
        else
            d.more++;
    });
    return d;
}

std::string interpreter_of(const File& f, ByteView there) {
    for (auto& s : f.segments)
        if (s.type == kInterpreter && s.file_size) return escape(text_at(there, s.offset, s.extent().end()));
    return "";
}

std::string number_or_name(const Names& names, u64 v, const char* what) {
    auto n = names.find(v);
    return n != names.end() ? std::string(n->second) : what + (' ' + std::to_string(v));
}

/// A kernel module's section of texts: what it was made for.
std::string kernel_of(const File& f, ByteView there) {
    for (auto& s : f.sections) {
        if (s.type != kProgbits || f.name_of(s, there) != ".modinfo" || s.offset >= there.size()) continue;
        auto text = as_text(there.subspan(s.offset, std::min<u64>({s.size, there.size() - s.offset, 65536})));
        constexpr std::string_view kMade = "vermagic=";
        for (auto at = text.find(kMade); at != text.npos; at = text.find(kMade, at + 1))
            if (!at || !text[at - 1]) {
                auto made = text.substr(at + kMade.size(), kLongestName);
                return escape(made.substr(0, std::min(made.find('\0'), made.find(' '))));
            }
        return "?";
    }
    return "";
}

}  // namespace

std::string label_of(const File& f, ByteView there) {
    auto& h = f.header;
    auto out = std::string("ELF ") + (h.wide ? "64" : "32") + "-bit " + (h.endian == Endian::Little ? "LSB " : "MSB ") +
               number_or_name(kMachines, h.machine, "machine") + ' ';
    const auto dynamic = dynamic_of(f, there);
    const auto interpreter = interpreter_of(f, there);
    const auto kernel = h.type == 1 ? kernel_of(f, there) : "";
    if (!kernel.empty())
        out += "kernel module for " + kernel;
    else if (h.type == 3 && (dynamic.pie || !interpreter.empty()) && dynamic.soname.empty())
        out += "executable (position-independent)";
    else
        out += number_or_name(kTypes, h.type, "type");
    if (h.type == 2 || h.type == 3) out += dynamic.there ? ", dynamically linked" : ", statically linked";
    if (!interpreter.empty()) out += ", interpreter " + interpreter;
    if (!dynamic.soname.empty()) out += ", called " + dynamic.soname;
    for (size_t i = 0; i < dynamic.needed.size(); i++) out += (i ? " " : ", needs ") + dynamic.needed[i];
    if (dynamic.more) out += " and " + std::to_string(dynamic.more) + " more";
    const bool symbols = std::any_of(f.sections.begin(), f.sections.end(), [](auto& s) { return s.type == kSymbols; });
    if (f.table == Table::Whole) return out + (symbols ? ", not stripped" : ", stripped");
    return out + (f.table == Table::Cut ? ", cut before its section table" : ", no section table");
}

}  // namespace fieldstrip::elf
