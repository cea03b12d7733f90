// Members read ahead, several at a time. Where one begins is known only when the one before it was read; but hardly anything else looks
// like a header, so each that looks like one is read as if it were one, on trust, and what proves to begin elsewhere is dropped.
#pragma once
#include "formats/gzip/members.h"
#include "model/in_order.h"

namespace fieldstrip::gzip {

/// Places from `at` to `end` that look like headers; those that are none are few, unless somebody means harm.
std::vector<u64> may_be_members(ByteView all, u64 at, u64 end);

/// How much content of a member may be made ahead; of a longer one nothing is.
inline u64 most_ahead(const Context& cx) { return ahead_budget(cx) / 4; }

/// Calls next(at, made) for each member in order, which says where the next one begins: `made` is what make(at, own) gave ahead from any
/// thread, or nothing. What make() decodes is of the limits of a Context of its own; next() spends for what it uses of it. It ends where
/// next() says so: by an Error, or by the end of all. What lies behind is looked at no farther than a few times the members' length.
template <class T>
Result<void> each_member(ByteView all, const std::function<std::optional<T>(u64 at, Context& own)>& make,
                         const std::function<Result<u64>(u64 at, std::optional<T> made)>& next, Context& cx) {
    constexpr u64 kMembers = 64;  // of the last one's length, at a time
    bool trust = cx.pool.threads() > 1 && (!Pool::nested() || Pool::may_share());
    u64 at = 0, length = 0;
    Result<void> done;
    auto go_on = [&](std::optional<T> made) {
        auto to = next(at, std::move(made));
        if (to)
            length = *to - at, at = *to;
        else
            done = std::unexpected(std::move(to).error());
        return done && at < all.size();
    };
    while (go_on({})) {
        if (!trust) continue;
        const auto begins = may_be_members(all, at, at + std::min(all.size() - at, kMembers * length));
        std::atomic<bool> sure = true;
        in_order<std::optional<T>>(
            begins.size(), [&](size_t) { return most_ahead(cx); },
            [&](size_t i) -> std::optional<T> {
                if (!sure) return {};
                Context own({.decoded = most_ahead(cx), .memory = cx.limits.memory}, 1, cx.alarm);
                return make(begins[i], own);
            },
            [&](size_t i, std::optional<T> made) {
                if (begins[i] < at) sure = false;  // so nobody makes us read a stream as often as it has headers
                return begins[i] < at || (begins[i] == at && go_on(std::move(made)));
            },
            cx);
        trust = sure;
        if (!done || at == all.size()) break;
    }
    return done;
}

}  // namespace fieldstrip::gzip
