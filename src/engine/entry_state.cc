#include "engine/entry_state.h"

namespace fieldstrip {

EntryState state_of(Node& file_system, const Entry& e, bool digest, Context& cx, const Sink& sink) {
    EntryState out;
    auto item = file_system.item(cx);
    if (!item) return {.state = EntryState::Gone, .why = item.error().message};
    u64 size = 0;
    std::optional<std::string> failed;
    Result<Lost> lost;
    auto read = [&](const Eat& eat) {
        lost = (*item)->files()->read(
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
    if (missing)
        out.state = missing >= e.size ? EntryState::Gone : EntryState::Partial,
        out.why = std::to_string(missing) + " bytes could not be read";
    out.lost = *std::move(lost);
    return out;
}

}  // namespace fieldstrip
