// A compressor in words: for people, and for the manifest.
// Source: squashfs-tools 4.5.1, the options of mksquashfs; OpenWrt's patches (-Xpreset, -Xlc …).
#include "base/text.h"
#include "codecs/zstd.h"
#include "formats/squashfs/compressor.h"

namespace fieldstrip::squashfs {
namespace {

constexpr std::string_view kStrategies[] = {"default", "filtered", "huffman_only", "run_length_encoded", "fixed"};

std::string_view filter_name(size_t i) { return lzma2::name_of(kFilters[i]); }

/// "x86,arm"
template <class Name>
std::string list(u32 bits, size_t count, Name name) {
    std::string out;
    for (size_t i = 0; i < count; i++)
        if (bits >> i & 1) out += (out.empty() ? "" : ",") + std::string(name(i));
    return out;
}
template <class Name>
std::optional<u32> bits_of(std::string_view text, size_t count, Name name) {
    u32 bits = 0;
    while (!text.empty()) {
        auto one = text.substr(0, text.find(','));
        text.remove_prefix(std::min(text.size(), one.size() + 1));
        size_t i = 0;
        while (i < count && name(i) != one) i++;
        if (i == count) return {};
        bits |= u32{1} << i;
    }
    return bits;
}
std::string_view strategy_name(size_t i) { return kStrategies[i]; }

constexpr struct {
    xz_buffer::Check check;
    std::string_view name;
} kChecks[] = {{xz_buffer::Check::None, "none"},
               {xz_buffer::Check::Crc32, "crc32"},
               {xz_buffer::Check::Crc64, "crc64"},
               {xz_buffer::Check::Sha256, "sha256"}};
std::string_view check_name(xz_buffer::Check c) {
    for (auto& k : kChecks)
        if (k.check == c) return k.name;
    return {};
}

}  // namespace

std::string words_of(const Compressor& c) {
    auto out = std::string(name_of(c.codec)) + " -b " + std::to_string(c.block_size);
    auto number = [&](std::string_view option, u64 v) { (out += ' ') += std::string(option) + ' ' + std::to_string(v); };
    auto text = [&](std::string_view option, std::string_view v) { (out += ' ') += std::string(option) + ' ' + std::string(v); };
    auto said = compressor_of(c.codec, c.block_size, {}, Endian::Little);
    const auto& d = said ? *said : c;  // of what needs no words
    switch (c.codec) {
        case Codec::Gzip:
            if (c.level != d.level) number("-Xcompression-level", u64(c.level));
            if (c.window != d.window) number("-Xwindow-size", u64(c.window));
            if (c.strategies) text("-Xstrategy", list(c.strategies, std::size(kStrategies), strategy_name));
            if (c.mem_level != d.mem_level) number("mem-level", u64(c.mem_level));
            break;
        case Codec::Lzo:
            if (c.algorithm != d.algorithm) text("-Xalgorithm", lzo::name_of(c.algorithm));
            if (c.algorithm == lzo::Algorithm::Lzo1x_999 && c.level != d.level) number("-Xcompression-level", u64(c.level));
            if (c.optimize != d.optimize) out += " not-optimized";
            break;
        case Codec::Lz4:
            if (c.level == 12)
                out += " -Xhc";
            else if (c.level)
                number("hc-level", u64(c.level));
            break;
        case Codec::Zstd:
            if (c.level != d.level) number("-Xcompression-level", u64(c.level));
            break;
        case Codec::Xz:
        case Codec::Lzma:
            if (c.filters && c.codec == Codec::Xz) text("-Xbcj", list(c.filters, std::size(kFilters), filter_name));
            if (c.dictionary != d.dictionary) number("-Xdict-size", c.dictionary);
            if (c.lzma.preset != d.lzma.preset) text("-Xpreset", lzma2::name_of_preset(c.lzma.preset));
            if (c.both) out += " -Xe-too";
            if (c.lzma.lc != d.lzma.lc) number("-Xlc", c.lzma.lc);
            if (c.lzma.lp != d.lzma.lp) number("-Xlp", c.lzma.lp);
            if (c.lzma.pb != d.lzma.pb) number("-Xpb", c.lzma.pb);
            if (c.lzma.nice) number("-Xfb", c.lzma.nice);
            if (c.codec == Codec::Xz && c.check != d.check) text("check", check_name(c.check));
            if (c.codec == Codec::Lzma && c.frame != d.frame) text("frame", name_of(c.frame));
            if (c.codec == Codec::Lzma && c.frame == LzmaFrame::Alone && !c.sized) out += " without-size";
            if (c.codec == Codec::Lzma && !c.marker) out += " without-marker";
            break;
    }
    if (c.metadata_as_data) out += " metadata-as-data";
    if (c.keeps_longer) out += " keeps-longer";
    return out;
}

namespace {

/// Names and values, there or back.
class Fields {
  public:
    virtual ~Fields() = default;
    virtual void number(std::string_view name, u64 least, u64 most, u64& v) = 0;
    virtual void text(std::string_view name, std::string& v) = 0;
};

class Writing : public Fields {
  public:
    explicit Writing(Recipe& r) : recipe_(r) {}
    void number(std::string_view name, u64, u64, u64& v) override { recipe_.set("compressor." + std::string(name), v); }
    void text(std::string_view name, std::string& v) override { recipe_.set("compressor." + std::string(name), v); }

  private:
    Recipe& recipe_;
};

class Reading : public Fields {
  public:
    explicit Reading(const Recipe& r) : recipe_(r) {}
    void number(std::string_view name, u64 least, u64 most, u64& v) override {
        auto n = recipe_.number("compressor." + std::string(name));
        if (n && *n >= least && *n <= most)
            v = *n;
        else
            bad(name);
    }
    void text(std::string_view name, std::string& v) override {
        auto key = "compressor." + std::string(name);
        if (!recipe_.has(key)) return bad(name);
        v = recipe_.text(key);
    }
    void bad(std::string_view name) {
        if (wrong_.empty()) wrong_ = "the recipe has no compressor." + std::string(name) + " that can be";
    }
    const std::string& wrong() const { return wrong_; }

  private:
    const Recipe& recipe_;
    std::string wrong_;
};

/// Goes over what there is; false where a text means nothing.
bool each(Compressor& c, Fields& f) {
    auto number = [&](std::string_view name, u64 least, u64 most, auto& v) {
        u64 n = u64(v);
        f.number(name, least, most, n);
        v = std::remove_reference_t<decltype(v)>(n);
    };
    auto flag = [&](std::string_view name, bool& v) { number(name, 0, 1, v); };
    bool good = true;
    auto word = [&](std::string_view name, auto& v, std::string now, auto parse) {
        f.text(name, now);
        if (auto parsed = parse(now))
            v = *parsed;
        else
            good = false;
    };
    word("codec", c.codec, std::string(name_of(c.codec)), codec_of);
    if (!good) return false;
    number("block_size", 1, u64{1} << 30, c.block_size);
    switch (c.codec) {
        case Codec::Gzip:
            number("level", 0, 9, c.level);
            number("window", 8, 15, c.window);
            number("mem_level", 1, 9, c.mem_level);
            word("strategies", c.strategies, list(c.strategies, std::size(kStrategies), strategy_name),
                 [](std::string_view t) { return bits_of(t, std::size(kStrategies), strategy_name); });
            break;
        case Codec::Lzo:
            word("algorithm", c.algorithm, std::string(lzo::name_of(c.algorithm)), lzo::algorithm_of);
            number("level", 1, 9, c.level);
            flag("optimize", c.optimize);
            break;
        case Codec::Lz4: number("level", 0, 12, c.level); break;
        case Codec::Zstd: number("level", 1, u64(zstd::most()), c.level); break;
        case Codec::Xz:
        case Codec::Lzma:
            number("dictionary", 1, ~u32{0}, c.dictionary);
            word("preset", c.lzma.preset, lzma2::name_of_preset(c.lzma.preset), lzma2::preset_of);
            flag("both", c.both);
            number("lc", 0, 4, c.lzma.lc);
            number("lp", 0, 4, c.lzma.lp);
            number("pb", 0, 4, c.lzma.pb);
            number("nice", 0, 273, c.lzma.nice);
            if (c.lzma.lc + c.lzma.lp > 4) good = false;
            break;
    }
    if (c.codec == Codec::Xz) {
        word("filters", c.filters, list(c.filters, std::size(kFilters), filter_name),
             [](std::string_view t) { return bits_of(t, std::size(kFilters), filter_name); });
        word("check", c.check, std::string(check_name(c.check)), [](std::string_view t) -> std::optional<xz_buffer::Check> {
            for (auto& k : kChecks)
                if (k.name == t) return k.check;
            return {};
        });
    }
    if (c.codec == Codec::Lzma) {
        word("frame", c.frame, std::string(name_of(c.frame)), frame_of);
        flag("sized", c.sized);
        flag("marker", c.marker);
    }
    flag("metadata_as_data", c.metadata_as_data);
    flag("keeps_longer", c.keeps_longer);
    return good;
}

}  // namespace

void write_compressor(const Compressor& c, Recipe& r) {
    auto copy = c;
    Writing writing(r);
    each(copy, writing);
}

Result<Compressor> read_compressor(const Recipe& r) {
    auto codec = codec_of(r.text("compressor.codec"));
    if (!codec) return fail(Error::Kind::Damaged, "the recipe has no compressor.codec that can be");
    auto size = r.number("compressor.block_size");
    auto c = TRY(compressor_of(*codec, size ? u32(*size) : 0, {}, Endian::Little));  // what no field tells is as it is by default
    Reading reading(r);
    bool good = each(c, reading);
    if (!reading.wrong().empty()) return fail(Error::Kind::Damaged, reading.wrong());
    if (!good) return fail(Error::Kind::Damaged, "the recipe's compressor can't be");
    return c;
}

}  // namespace fieldstrip::squashfs
