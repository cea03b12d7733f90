#include "engine/read_ahead.h"

#include "model/in_order.h"

namespace fieldstrip {

u64 most_ahead(const Context& cx) { return ahead_budget(cx) / 8; }

void read_ahead(Node& files, std::span<const Entry> entries, std::span<const size_t> which, bool digest, const TakeFile& take,
                const SeenFile& seen, EarlyFiles* early, Context& cx) {
    const u64 most = most_ahead(cx);
    const auto item = files.item(cx);
    bool more = true;
    for (size_t from = 0; more && from < which.size();) {
        auto large = [&](size_t i) { return !item || entries[i].size > most; };
        auto& e = entries[which[from]];
        if (large(which[from])) {
            more = take(which[from++], [&](const Sink& sink) { return state_of(files, e, digest, cx, sink); }, nullptr);
            continue;
        }
        auto run = which.subspan(from);
        run = run.first(size_t(std::find_if(run.begin(), run.end(), large) - run.begin()));
        in_order<HeldFile>(
            run.size(), [&](size_t k) { return entries[run[k]].size + EarlyFiles::kEach; },
            [&](size_t k) {
                const size_t i = run[k];
                auto file = early ? early->take(i) : std::nullopt;
                if (!file) file = read_whole(**item, entries[i], digest, cx);
                if (seen && file->state.state == EntryState::Intact) seen(i, file->bytes);
                return *std::move(file);
            },
            [&](size_t k, HeldFile h) {
                const bool intact = h.state.state == EntryState::Intact;
                auto read = [&](const Sink& sink) {
                    if (sink && h.bytes.size()) sink(h.bytes.view());
                    return std::move(h.state);
                };
                return more = take(run[k], read, intact ? &h.bytes : nullptr);
            },
            cx);
        from += run.size();
    }
}

}  // namespace fieldstrip
