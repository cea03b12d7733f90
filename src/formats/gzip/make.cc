// Making a stream again from its recipe, which keeps each member's header as it is, the size of what it holds, and the encoder's
// parameters.
#include <map>

#include "base/text.h"
#include "codecs/deflate_nearest.h"
#include "formats/gzip/members.h"
#include "model/in_order.h"

namespace fieldstrip::gzip {

void note(Recipe& r, const std::string& member, const deflate::Params& p) {
    for (auto& [name, value] : deflate::fields_of(p)) r.set(member + '.' + name, value);
}

namespace {

/// A recipe's values by name: it looks for each from its beginning.
using Values = std::map<std::string_view, std::string_view>;

Values values_of(const Recipe& r) {
    Values out;
    for (auto& [name, value] : r.all()) out.emplace(name, value);
    return out;
}

std::string_view text(const Values& values, const std::string& name) {
    auto v = values.find(name);
    return v == values.end() ? std::string_view() : v->second;
}

Result<u64> size_of(const Values& values, const std::string& member) {
    auto v = parse_number(text(values, member + ".size"));
    if (!v) return fail(Error::Kind::Damaged, "the recipe has no number '" + member + ".size'");
    return *v;
}

Result<deflate::Params> params_of(const Values& values, const std::string& member) {
    return deflate::params_of([&](std::string_view name) { return text(values, member + '.' + std::string(name)); });
}

/// New bytes, handed to the rope in big pieces.
class Writer {
  public:
    void put(ByteView v) {
        now_.insert(now_.end(), v.begin(), v.end());
        if (now_.size() >= kPiece) out_.fresh(std::exchange(now_, {}));
    }
    Rope done() && {
        out_.fresh(std::move(now_));
        return std::move(out_);
    }

  private:
    static constexpr size_t kPiece = 1 << 22;
    Bytes now_;
    Rope out_;
};

/// A member that is to be made.
struct ToMake {
    Bytes header;
    Extent content;
    deflate::Params params;
};

Result<std::vector<ToMake>> members_of(const Recipe& recipe, u64 size) {
    auto values = values_of(recipe);
    std::vector<ToMake> out;
    u64 done = 0;
    for (bool more = true; more;) {
        auto member = nth("member", out.size());
        more = values.contains(nth("member", out.size() + 1) + ".header");
        auto header = from_hex(text(values, member + ".header"));
        auto reads = read_header(header ? ByteView(*header) : ByteView());
        if (!reads || reads->size != header->size())
            return fail(Error::Kind::Damaged, "the recipe's '" + member + ".header' is no gzip header");
        const u64 its = TRY(size_of(values, member)), n = more ? std::min(its, size - done) : size - done;
        out.push_back({*std::move(header), {done, n}, TRY(params_of(values, member))});
        done += n;
    }
    return out;
}

Result<Bytes> made(const ToMake& m, const Rope& content, Context& cx) {
    auto out = m.header;
    u32 crc = 0;
    content.each(m.content, [&](ByteView v) { crc = crc32(v, crc); });
    deflate::Source source = [&](const deflate::Take& take) -> Result<void> {
        bool wanted = true;
        content.each(m.content, [&](ByteView v) { wanted = wanted && take(v); });
        return {};
    };
    TRY_VOID(deflate::encode(source, m.params, [&](ByteView v) { return out.insert(out.end(), v.begin(), v.end()), true; }, cx));
    u8 end[8];
    store(end, 4, Endian::Little, crc);
    store(std::span(end).subspan(4), 4, Endian::Little, m.content.size);
    out.insert(out.end(), std::begin(end), std::end(end));
    return out;
}

}  // namespace

Result<Rope> make(const Recipe& recipe, std::span<const Rope> contents, Context& cx) {
    if (contents.size() != 1) return fail(Error::Kind::Unsupported, "a gzip stream has one content");
    auto members = TRY(members_of(recipe, contents[0].size()));
    Writer out;
    Result<void> done;
    in_order<Result<Bytes>>(
        members.size(), [&](size_t i) { return members[i].content.size; }, [&](size_t i) { return made(members[i], contents[0], cx); },
        [&](size_t, Result<Bytes> one) {
            if (one)
                out.put(*one);
            else
                done = std::unexpected(std::move(one).error());
            return done.has_value();
        },
        cx);
    TRY_VOID(std::move(done));
    return std::move(out).done();
}

std::vector<Recipe> denser(const Recipe& recipe) {
    auto other = recipe;
    for (u64 i = 0; recipe.has(nth("member", i) + ".header"); i++) {
        note(other, nth("member", i), {.level = 12, .program = deflate::Program::Libdeflate});
        other.set(nth("member", i) + ".exact", std::string("yes"));
    }
    other.set("exact", std::string("yes"));
    return {other};
}

std::string made_by(const Recipe& recipe) {
    auto values = values_of(recipe);
    auto first = params_of(values, "member[0]");
    if (!first) return "unknown: the recipe is damaged";
    size_t members = 0;
    bool alike = true, found = true;
    for (auto member = nth("member", 0); values.contains(member + ".header"); member = nth("member", ++members)) {
        auto next = params_of(values, member);
        alike = alike && next && *next == *first;
        found = found && (text(values, member + ".exact") == "yes" || text(values, member + ".end") == "wrong");
    }
    auto out = deflate::words(*first);
    if (members > 1) out += (alike ? ", each of " : " (others differ), ") + std::to_string(members) + " members";
    if (text(values, "exact") == "yes") return out;
    if (found) return out + "; with a wrong crc32 or size, which would be right";
    return "not found (of zlib, GNU gzip, pigz and libdeflate none makes these bytes): nearest is " + out +
           std::string(text(values, "member[0].shortest") == "yes" ? deflate::kAsShort : "");
}

}  // namespace fieldstrip::gzip
