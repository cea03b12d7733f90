// Parameters in words and as values by name.
#include <array>

#include "base/text.h"
#include "codecs/deflate.h"

namespace fieldstrip::deflate {
namespace {

constexpr u64 kMaxRuns = 4096, kMaxStored = 65535;
constexpr std::string_view kFlushes[] = {"none", "partial", "sync", "full"};
constexpr std::string_view kPrograms[] = {"zlib", "gzip", "pigz", "libdeflate"};

}  // namespace

const std::string_view kStrategies[5] = {"default", "filtered", "huffman", "rle", "fixed"};

std::string words(const Params& p) {
    if (!p.stored.empty()) return "stored blocks";
    auto level = std::to_string(p.level);
    switch (p.program) {
        case Program::Gzip: return "gzip -" + level + (p.rsyncable ? " --rsyncable" : "") + " (GNU)";
        case Program::Libdeflate: return "libdeflate level " + level;
        case Program::Pigz: {
            auto out = "pigz -" + level;
            if (p.piece != 128) out += " -b " + std::to_string(p.piece);
            if (p.one_thread) out += " -p 1";
            if (p.independent) out += " -i";
            return out;
        }
        case Program::Zlib: break;
    }
    auto out = "zlib level " + level + ", mem_level " + std::to_string(p.mem_level);
    if (p.strategy > 0 && p.strategy < 5) out += ", strategy " + std::string(kStrategies[p.strategy]);
    if (p.window != 15) out += ", window " + std::to_string(p.window);
    if (p.flush != Flush::None) {
        u64 count = 0;
        for (auto& r : p.flushes) count += r.count;
        auto size = std::to_string(p.flushes.empty() ? 0 : p.flushes[0].size);
        out += ", flushed (" + std::string(kFlushes[size_t(p.flush)]) + ") " + std::to_string(count) + " times, first after " + size +
               " bytes";
    }
    return out;
}

std::vector<std::pair<std::string, std::string>> fields_of(const Params& p) {
    if (!p.stored.empty()) return {{"stored", text_of(p.stored)}};
    std::vector<std::pair<std::string, std::string>> out;
    if (p.program != Program::Zlib) out.emplace_back("program", kPrograms[size_t(p.program)]);
    out.emplace_back("level", std::to_string(p.level));
    if (p.program == Program::Zlib) {
        out.emplace_back("mem_level", std::to_string(p.mem_level));
        if (p.strategy) out.emplace_back("strategy", kStrategies[p.strategy]);
        if (p.window != 15) out.emplace_back("window", std::to_string(p.window));
    }
    if (p.rsyncable) out.emplace_back("rsyncable", "yes");
    if (p.program == Program::Pigz) out.emplace_back("piece", std::to_string(p.piece));
    if (p.one_thread) out.emplace_back("one_thread", "yes");
    if (p.independent) out.emplace_back("independent", "yes");
    if (p.flush != Flush::None) {
        out.emplace_back("flush", kFlushes[size_t(p.flush)]);
        out.emplace_back("flushes", text_of(p.flushes));
    }
    return out;
}

Result<Params> params_of(const std::function<std::string_view(std::string_view name)>& value) {
    Params p;
    auto wrong = [](std::string_view name) {
        return fail(Error::Kind::Damaged, "the recipe's '" + std::string(name) + "' is missing, or no value that there is");
    };
    if (auto stored = value("stored"); !stored.empty()) {
        auto runs = runs_of(stored, kMaxStored);
        if (!runs) return wrong("stored");
        p.stored = *std::move(runs);
        p.level = 0;
        return p;
    }
    auto one_of = [&](std::string_view name, std::span<const std::string_view> names) -> Result<size_t> {
        auto is = value(name);
        if (is.empty()) return 0;
        auto found = std::find(names.begin(), names.end(), is);
        if (found == names.end()) return wrong(name);
        return size_t(found - names.begin());
    };
    auto number = [&](std::string_view name, std::optional<u64> otherwise, u64 max) -> Result<u64> {
        auto text = value(name);
        auto v = text.empty() ? otherwise : parse_number(text);
        if (!v || *v > max) return wrong(name);
        return *v;
    };
    p.program = Program(TRY(one_of("program", kPrograms)));
    p.level = int(TRY(number("level", {}, p.program == Program::Libdeflate ? 12 : 9)));
    if (p.program == Program::Zlib) p.mem_level = int(TRY(number("mem_level", {}, 9)));
    p.strategy = int(TRY(one_of("strategy", kStrategies)));
    p.window = int(TRY(number("window", 15, 15)));
    p.piece = u32(TRY(number("piece", 128, 1 << 20)));
    p.rsyncable = value("rsyncable") == "yes";
    p.one_thread = value("one_thread") == "yes";
    p.independent = value("independent") == "yes";
    p.flush = Flush(TRY(one_of("flush", kFlushes)));
    if (p.flush != Flush::None) {
        auto runs = runs_of(value("flushes"), u64{1} << 40);
        if (!runs || runs->empty() || p.program != Program::Zlib) return wrong("flushes");
        for (auto& r : *runs)
            if (!r.size && r.count > 1) return wrong("flushes");
        p.flushes = *std::move(runs);
    }
    return p;
}

std::string text_of(const std::vector<Run>& runs) {
    std::string out;
    for (auto& r : runs) out += (out.empty() ? "" : ",") + std::to_string(r.size) + (r.count == 1 ? "" : "x" + std::to_string(r.count));
    return out;
}

std::optional<std::vector<Run>> runs_of(std::string_view text, u64 most) {
    std::vector<Run> out;
    while (!text.empty()) {
        auto one = text.substr(0, text.find(','));
        text.remove_prefix(std::min(text.size(), one.size() + 1));
        auto x = one.find('x');
        auto size = parse_number(one.substr(0, x)), count = x == one.npos ? std::optional<u64>(1) : parse_number(one.substr(x + 1));
        if (!size || *size > most || !count || !*count || out.size() == kMaxRuns) return {};
        out.push_back({*size, *count});
    }
    return out;
}

}  // namespace fieldstrip::deflate
