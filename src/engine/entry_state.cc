#include "engine/entry_state.h"

#include "base/text.h"

namespace fieldstrip {

namespace {

/// "partial: 4096 of 60000 bytes could not be read: zeros stand at 0x1000-0x2000"
std::string words_of(u64 missing, u64 size, const Lost& lost) {
    constexpr size_t kShown = 4;
    if (missing >= size) return "lost: none of its " + std::to_string(size) + " bytes could be read";
    auto out = "partial: " + std::to_string(missing) + " of " + std::to_string(size) + " bytes could not be read";
    for (size_t i = 0; i < lost.size() && i < kShown; i++)
        out += (i ? ", " : ": zeros stand at ") + hex_number(lost[i].offset) + "-" + hex_number(lost[i].end());
    if (lost.size() > kShown) out += " and " + std::to_string(lost.size() - kShown) + " more";
    return out;
}

}  // namespace

EntryState state_of(Node& file_system, const Entry& e, bool digest, Context& cx, const Sink& sink) {
    auto item = file_system.item(cx);
    if (!item) return {.state = EntryState::Gone, .why = item.error().message};
    return state_of(**item, e, digest, cx, sink);
}

EntryState state_of(const Item& file_system, const Entry& e, bool digest, Context& cx, const Sink& sink) {
    EntryState out;
    u64& size = out.size;
    std::optional<std::string> failed;
    Result<Lost> lost;
    auto read = [&](const Eat& eat) {
        lost = file_system.files()->read(
            e,
            [&](ByteView v) {
                size += v.size();
                if (eat) eat(v);
                return !sink || sink(v);
            },
            [&](const Check& c) {
                if (c.outcome == Check::Outcome::Fail && !failed) failed = std::string(c.name) + " fails";
            },
            cx);
    };
    if (digest)
        out.sha256 = sha256_hex(read);
    else
        read({});
    if (!lost) {
        out.state = size ? EntryState::Partial : EntryState::Gone;
        out.why = lost.error().message;
        return out;
    }
    u64 missing = e.size - std::min(size, e.size);
    for (auto& l : *lost) missing += l.size;
    if (failed) out.state = EntryState::Partial, out.why = *failed;
    if (missing) out.state = missing >= e.size ? EntryState::Gone : EntryState::Partial, out.why = words_of(missing, e.size, *lost);
    out.lost = *std::move(lost);
    return out;
}

}  // namespace fieldstrip
