#include "formats/squashfs/table.h"

#include "model/in_order.h"

namespace fieldstrip::squashfs {
namespace {

/// The block whose header lies there; nothing where none can.
std::optional<Table::Block> block_at(const Packing& p, u64 at, u64 end) {
    end = std::min<u64>(end, p.bytes.size());
    if (at > end || end - at <= p.header) return {};
    u64 head = load(p.bytes.subspan(at, 2), 2, p.endian), size = head & (kStoredMetadata - 1);
    if (!size || size > kMetadata || size > end - at - p.header) return {};
    return Table::Block{.stored = {at, p.header + size}, .packed = !(head & kStoredMetadata)};
}

struct Chain {
    std::vector<Table::Block> blocks;
    bool whole;  // it ends where the table does
};
Chain chain_at(const Packing& p, u64 at, u64 end) {
    Chain out{{}, false};
    while (at < end) {
        auto b = block_at(p, at, end);
        if (!b) return out;
        at = b->stored.end();
        out.blocks.push_back(*b);
    }
    out.whole = true;
    return out;
}

Result<Bytes> unpack(const Packing& p, const Table::Block& b, Context& cx) {
    auto in = p.bytes.subspan(b.stored.offset + p.header, b.stored.size - p.header);
    if (!b.packed) return Bytes(in.begin(), in.end());
    return decode_block(p.codec, in, kMetadata, cx);
}

class ChainReader {
  public:
    ChainReader(const Packing& p, Extent where, Context& cx) : p_(p), end_(where.end()), cx_(cx), most_(cx.limits.memory / 4) {}

    Result<Table> run(u64 at) {
        while (at < end_ && steps_ < kMostSteps) {
            auto chain = chain_at(p_, at, end_);
            steps_ += 1 + chain.blocks.size();
            auto bad = TRY(unpack_all(chain));
            if (chain.whole) at = end_;
            if (at == end_) break;
            // The first block that is wrong, or what lies behind those that are there: its length may be what is wrong.
            u64 begin = bad ? chain.blocks[*bad].stored.offset : chain.blocks.empty() ? at : chain.blocks.back().stored.end();
            at = find_next(begin);
            lose({begin, at - begin});
        }
        if (at < end_) lose({at, end_ - at});
        u64 end = 0;  // of the good bytes that go on behind
        for (auto b = out_.blocks.rbegin(); b != out_.blocks.rend(); ++b) {
            if (!b->good) end = 0;
            b->good_until = end = !b->good ? 0 : end ? end : b->at + b->size;
        }
        return std::move(out_);
    }

  private:
    /// Of a chain that does not lead to the table's end up to the first that does not decode, which is told.
    Result<std::optional<size_t>> unpack_all(const Chain& chain) {
        std::optional<size_t> bad;
        std::optional<Error> limit;
        in_order<Result<Bytes>>(
            chain.blocks.size(), [](size_t) { return kMetadata; }, [&](size_t i) { return unpack(p_, chain.blocks[i], cx_); },
            [&](size_t i, Result<Bytes> plain) {
                bool last = i + 1 == chain.blocks.size() && chain.whole;
                if (!plain && plain.error().kind == Error::Kind::Limit) return limit = plain.error(), false;
                auto b = chain.blocks[i];
                if (!plain || (!last && plain->size() != kMetadata) || plain->empty()) {
                    if (!chain.whole) return bad = i, false;
                    lose(b.stored);
                } else {
                    b.good = true, b.at = out_.plain.size(), b.size = plain->size();
                    out_.plain.insert(out_.plain.end(), plain->begin(), plain->end());
                    out_.blocks.push_back(b);
                }
                if (out_.plain.size() > most_) limit = cx_.limit("memory").error();
                return !limit;
            },
            cx_);
        if (limit) return std::unexpected(*limit);
        return bad;
    }
    void lose(Extent stored) {
        out_.whole = false;
        out_.blocks.push_back({.stored = stored, .packed = true, .good = false, .at = out_.plain.size(), .size = kMetadata});
        out_.plain.resize(out_.plain.size() + kMetadata);
    }
    /// Where blocks begin that lead to the table's end.
    u64 find_next(u64 bad) {
        for (u64 at = bad + p_.header + 1; at < std::min(end_, bad + 2 * p_.header + kMetadata) && steps_ < kMostSteps; at++) {
            auto chain = chain_at(p_, at, end_);
            steps_ += 1 + chain.blocks.size();
            if (!chain.whole || chain.blocks.empty()) continue;
            auto plain = unpack(p_, chain.blocks[0], cx_);
            if (plain && (plain->size() == kMetadata || chain.blocks.size() == 1) && !plain->empty()) return at;
        }
        return end_;
    }

    static constexpr u64 kMostSteps = u64{1} << 26;  // over tables that were made to be searched for ever
    const Packing& p_;
    u64 end_;
    Context& cx_;
    u64 most_, steps_ = 0;
    Table out_;
};

}  // namespace

std::optional<u64> Table::find(u64 begin, u64 place) const {
    auto start = sum(begin, place >> 16);
    if (!start) return {};
    auto b = std::lower_bound(blocks.begin(), blocks.end(), *start, [](auto& x, u64 at) { return x.stored.offset < at; });
    if (b == blocks.end() || b->stored.offset != *start || (place & 0xFFFF) >= b->size) return {};
    return b->at + (place & 0xFFFF);
}

const Table::Block* Table::holder(u64 at) const {
    auto b = std::upper_bound(blocks.begin(), blocks.end(), at, [](u64 x, auto& block) { return x < block.at + block.size; });
    return b == blocks.end() ? nullptr : &*b;
}

ByteView Table::from(u64 at) const {
    if (at >= plain.size()) return {};
    auto* b = holder(at);
    return b && b->good ? ByteView(plain).subspan(at, b->good_until - at) : ByteView();
}

std::optional<ByteView> Table::get(u64 at, u64 size) const {
    if (at > plain.size() || plain.size() - at < size) return {};
    if (whole) return ByteView(plain).subspan(at, size);
    for (auto* b = holder(at); b && b < blocks.data() + blocks.size() && b->at < at + size; b++)
        if (!b->good) return {};
    return ByteView(plain).subspan(at, size);
}

Result<Table> read_chain(const Packing& p, Extent where, Context& cx) { return ChainReader(p, where, cx).run(where.offset); }

Result<Table> read_listed(const Packing& p, u64 list, u64 size, Context& cx, unsigned width) {
    Table out;
    const u64 count = (size + kMetadata - 1) / kMetadata;
    if (list > p.bytes.size() || (p.bytes.size() - list) / width < count)
        return fail(Error::Kind::Damaged, "a table leads outside", {std::min<u64>(list, p.bytes.size()), 0});
    if (size > cx.limits.memory / 4) return cx.limit("memory");
    for (u64 i = 0; i < count; i++) {
        u64 at = load(p.bytes.subspan(list + width * i, width), width, p.endian), expected = std::min(kMetadata, size - i * kMetadata);
        auto b = block_at(p, at, p.bytes.size());
        Table::Block block = b.value_or(Table::Block{.stored = {std::min<u64>(at, p.bytes.size()), 0}, .packed = true});
        block.at = out.plain.size(), block.size = expected;
        if (b) {
            auto plain = unpack(p, *b, cx);
            if (!plain && plain.error().kind == Error::Kind::Limit) return std::unexpected(plain.error());
            block.good = plain && plain->size() == expected;
            if (block.good) out.plain.insert(out.plain.end(), plain->begin(), plain->end());
        }
        out.plain.resize(block.at + expected);
        out.whole = out.whole && block.good;
        out.blocks.push_back(block);
    }
    return out;
}

}  // namespace fieldstrip::squashfs
