#include "engine/read_ahead.h"

#include "model/in_order.h"

namespace fieldstrip {
namespace {

struct Held {
    EntryState state;
    Buffer bytes;
};

}  // namespace

void read_ahead(Node& files, std::span<const Entry> entries, std::span<const size_t> which, bool digest, const TakeFile& take,
                const SeenFile& seen, Context& cx) {
    const u64 most = ahead_budget(cx) / 8;
    bool more = true;
    for (size_t from = 0; more && from < which.size();) {
        auto large = [&](size_t i) { return entries[i].size > most; };
        auto& e = entries[which[from]];
        if (large(which[from])) {
            more = take(which[from++], [&](const Sink& sink) { return state_of(files, e, digest, cx, sink); }, nullptr);
            continue;
        }
        auto run = which.subspan(from);
        run = run.first(size_t(std::find_if(run.begin(), run.end(), large) - run.begin()));
        in_order<Held>(
            run.size(), [&](size_t k) { return entries[run[k]].size + 1024; },
            [&](size_t k) {
                Held h;
                Bytes bytes;
                bytes.reserve(entries[run[k]].size);
                h.state = state_of(files, entries[run[k]], digest, cx, [&](ByteView v) {
                    bytes.insert(bytes.end(), v.begin(), v.end());
                    return true;
                });
                h.bytes = Buffer::own(std::move(bytes));
                if (seen && h.state.state == EntryState::Intact) seen(run[k], h.bytes);
                return h;
            },
            [&](size_t k, Held h) {
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
