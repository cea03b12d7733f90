#include "formats/squashfs/place.h"

#include "model/in_order.h"

namespace fieldstrip::squashfs {

Bytes bytes_of(const Rope& content, Extent range) {
    Bytes out;
    out.reserve(range.size);
    content.each(range, [&](ByteView v) { out.insert(out.end(), v.begin(), v.end()); });
    return out;
}

static Result<Coded> encode(const Job& job, const Params& p, Context& cx) {
    Coded out;
    out.bytes = job.content ? bytes_of(*job.content, job.range) : job.tails;
    if (job.content && p.holes && one_value(out.bytes) == 0) return Coded{};
    bool plain = p.super.flags & (job.content ? flags::kPlainData : flags::kPlainFragments);
    out.size = u32(out.bytes.size()) | kStoredBlock;
    if (plain) return out;
    auto packed = TRY(encode_block(p.compressor, out.bytes, cx));
    if (packed.size() >= out.bytes.size()) return out;
    return Coded{u32(packed.size()), std::move(packed)};
}

Result<void> encode_all(std::span<const Job> jobs, const Params& p, const std::function<void(size_t, Coded)>& take, Context& cx) {
    std::optional<Error> wrong;
    in_order<Result<Coded>>(
        jobs.size(), [&](size_t) { return 3 * u64{p.super.block_size}; },
        [&](size_t i) -> Result<Coded> {
            TRY_VOID(cx.spend(&Limits::decoded, 0));
            return encode(jobs[i], p, cx);
        },
        [&](size_t i, Result<Coded> made) {
            if (!made) return wrong = made.error(), false;
            take(i, std::move(*made));
            return true;
        },
        cx);
    if (wrong) return std::unexpected(*wrong);
    return {};
}

Cut cut_of(const Params& p, u64 size, std::optional<bool> in_fragment) {
    const u64 whole = size / p.super.block_size, rest = size % p.super.block_size;
    bool usual = !(p.super.flags & flags::kNoFragments) && (!whole || p.super.flags & flags::kAlwaysFragments);
    if (!rest) return {whole, 0};
    return in_fragment.value_or(usual) ? Cut{whole, rest} : Cut{whole + 1, 0};
}

}  // namespace fieldstrip::squashfs
