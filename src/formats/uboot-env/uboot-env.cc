// U-Boot's environment: the crc32 of all that is behind it (in the CPU's byte order), then variables as "name=value" and a NUL each, one
// more NUL, then filler or old text. A redundant copy has one byte between crc and text, which the crc does not cover: 1 in the valid copy
// and 0 in the other, or a counter; the two copies are regions of their own. Nothing says where it begins or how long it is
// (CONFIG_ENV_SIZE is compiled in): the text shows the one, the crc the other. Source: U-Boot: include/env_internal.h (env_t),
// env/common.c, env/flash.c, lib/hashtable.c (hexport_r), tools/env/fw_env.c, doc/usage/environment.rst.
#include "base/text.h"
#include "formats/uboot-env/find.h"
#include "formats/uboot-env/magics.h"
#include "formats/uboot-env/variables.h"
#include "model/walk.h"

namespace fieldstrip {
namespace uboot_env {
namespace {

/// What other pieces are called. A variable of such a name is spelled "var:crc"; so is one with a ':' or a '[' ("a[1]" is the second a).
constexpr std::string_view kTaken[] = {"crc", "flags", "variables", "end", "rest"};
constexpr std::string_view kVar = "var:";

std::string spelled(std::string_view name) {
    bool taken = std::find(std::begin(kTaken), std::end(kTaken), name) != std::end(kTaken) || name.find_first_of(":[") != name.npos;
    return (taken ? std::string(kVar) : std::string()) + escape(name);
}

Piece variable(std::string_view name) {
    return {.kind = Piece::Kind::Text, .name = spelled(name), .fit = Piece::Fit::Terminated, .prefix = std::string(name) + '='};
}

/// A new variable. A name that may be a slip of the pen (a path's end, a number of a copy) must be meant: "var:NAME" is always one.
Result<Piece> make(std::string_view as_given) {
    auto bad = [&](const std::string& why) { return fail(Error::Kind::Unsupported, "'" + std::string(as_given) + "' " + why); };
    const bool meant = as_given.starts_with(kVar);
    auto name = unescape(meant ? as_given.substr(kVar.size()) : as_given);
    if (!name || name->empty() || name->find('=') != name->npos || name->find('\0') != name->npos) return bad("can't be a variable's name");
    bool usual = std::all_of(name->begin(), name->end(), [](char c) { return std::isalnum(u8(c)) || c == '_' || c == '-' || c == '#'; });
    if (!meant && (!usual || spelled(*name) != *name))
        return bad("is no variable that is there; 'var:" + std::string(as_given) + "' makes one");
    return variable(*name);
}

/// "mtdparts=nand0:256k(boot),-(rest)" of a variable of that name or of the kernel's command line; "" where the text is made at run time.
std::string partitions_of(std::string_view name, std::string_view value) {
    constexpr std::string_view kKey = "mtdparts=";
    auto at = value.find(kKey);
    if (at != value.npos)
        value.remove_prefix(at + kKey.size());
    else if (name != "mtdparts")
        return {};
    value = value.substr(0, value.find_first_of(" \t\n\"'"));
    if (value.find('$') != value.npos || value.find('(') == value.npos) return {};
    return std::string(kKey) + std::string(value);
}

/// The variables as fields; what is none (a name without a value, which U-Boot takes for a removed one) stays as it is.
Result<u64> walk_variables(Walk& w, std::string& partitions, Context& cx) {
    std::map<std::string, size_t> names;  // and how often each was met
    u64 count = 0;
    while (w.good() && w.left() && w.ahead()[0]) {
        auto rest = w.ahead();
        auto nul = std::find(rest.begin(), rest.end(), 0);
        auto one = rest.first(u64(nul - rest.begin()) + (nul != rest.end()));
        auto name = name_of(one);
        if (name.empty() || nul == rest.end() || one.size() == name.size() + 2) {
            w.opaque({}, one.size());
            continue;
        }
        TRY_VOID(cx.spend(&Limits::nodes, 1));  // a hostile one has 100 000
        auto called = spelled(name);
        for (const auto first = called; !names.emplace(called, 0).second;) called = nth(first, ++names[first]);
        w.text(called, one.size()).fit(Piece::Fit::Terminated);
        count++;
        auto value = as_text(one).substr(name.size() + 1);
        value.remove_suffix(1);
        if (name == "mtdparts" || (partitions.empty() && name.starts_with("bootargs")))
            if (auto p = partitions_of(name, value); !p.empty()) partitions = p;
    }
    return count;
}

Result<Item> open(const Buffer& bytes, Context& cx) {
    auto all = bytes.view();
    auto seen = head_of(all);
    if (!seen || all.size() > kLongest + kCrc) return fail(Error::Kind::NotThis, "neither a crc32 nor a text that holds");
    Walk w(all, seen->head.endian);
    w.u32("crc").is(crc32_of({"variables", "rest"})).hex();
    const bool redundant = seen->head.size > kCrc;
    u64 flags = redundant ? u64(w.u8("flags")) : 0;
    w.mark("variables");
    Item item;
    u64 count = TRY(walk_variables(w, item.partitions, cx));
    const u64 used = w.here();
    w.opaque("end", std::min<u64>(w.left(), 1));
    w.opaque("rest", w.left());
    item.layout = TRY(std::move(w).done());
    for (auto& p : item.layout.pieces) {
        if (p.kind == Piece::Kind::Text) p.prefix = std::string(name_of(all.subspan(p.extent.offset, p.extent.size))) + '=';
        if (p.name == "rest") p.kind = Piece::Kind::Slack, p.filler = p.extent.size ? all.back() : u8{0};
    }
    item.layout.more = More{"variable", "end", make};
    item.label = "U-Boot environment, " + std::to_string(count) + " variables, " + std::to_string(used - seen->head.size) + " of " +
                 std::to_string(all.size() - seen->head.size) + " bytes used" +
                 (redundant ? ", a redundant copy with flags " + std::to_string(flags) : "");
    return item;
}

constexpr std::string_view kLimits[] = {"an environment with none of the usual variables (bootcmd, bootargs, ethaddr …) is not found",
                                        "sizes: multiples of 512 bytes up to 32 KiB, of 4 KiB up to 512 KiB, or to the end of the file"};

}  // namespace
}  // namespace uboot_env

namespace formats {
extern const Format uboot_env{.id = "uboot-env",
                              .title = "U-Boot environment",
                              .magics = magics::uboot_env,
                              .first_only = true,
                              .recognise = fieldstrip::uboot_env::recognise,
                              .open = fieldstrip::uboot_env::open,
                              .findings = {&fieldstrip::uboot_env::kChecksumWrong, 1},
                              .limits = fieldstrip::uboot_env::kLimits,
                              .source = "U-Boot: include/env_internal.h, env/, lib/hashtable.c, tools/env/fw_env.c"};
}  // namespace formats

}  // namespace fieldstrip
