#include "formats/tar/members.h"

#include "formats/tar/sparse.h"

namespace fieldstrip::tar {
namespace {

/// How far to look for the next header behind one that is damaged.
constexpr u64 kLookAhead = u64{256} << 10;
constexpr unsigned kMostBits = 1u << 20;

constexpr bool is_extension(u8 type) { return type == 'x' || type == 'X' || type == 'g' || type == 'L' || type == 'K'; }

/// Whether what a size leads to speaks for that size.
bool leads_on(ByteView space, u64 to) {
    if (to >= space.size()) return to == space.size();
    auto block = space.subspan(to, std::min(kBlock, space.size() - to));
    return is_zeros(block) || look_at(block) == Look::Good;
}

/// The next header behind one whose size is not to be trusted; where there is none, what follows it directly.
u64 next_header(ByteView space, u64 at) {
    for (u64 to = at; to + kBlock <= space.size() && to - at <= kLookAhead; to += kBlock) {
        auto block = space.subspan(to, kBlock);
        if (starts_with(field(block, at::magic), "ustar") && look_at(block) != Look::None) return to;
    }
    return at;
}

/// What lies behind a header: as much as it says and is there, and where it goes on behind it.
struct Behind {
    Extent there;
    u64 size, next;
    bool cut;
};
Behind behind(ByteView space, u64 at, u64 size, bool good) {
    u64 left = space.size() - at, gap = gap_to(size, kBlock);
    bool cut = size > left;
    u64 next = cut || gap > left - size ? space.size() : at + size + gap;
    if (good || (!cut && leads_on(space, next))) return {{at, std::min(size, left)}, size, next, cut};
    // The size may be what is wrong.
    next = next_header(space, at);
    return {{at, std::min(size, next - at)}, size, next, next - at < size};
}

u64 size_field(ByteView block) { return u64(std::max<i64>(0, number_of(field(block, at::size)).value_or(0))); }

}  // namespace

std::optional<Member> read_member(ByteView space, u64 at, unsigned* bits) {
    Member m;
    m.at = m.head = at;
    for (;; at = m.next) {
        unsigned proof = 0;
        auto look = at < space.size() ? look_at(space.subspan(at, std::min(kBlock, space.size() - at)), &proof) : Look::None;
        if (look == Look::None) {
            if (m.extensions.empty()) return {};
            m.is_loose = true;  // what says more of a next one, and there is none
            return m;
        }
        auto block = space.subspan(at, kBlock);
        bool good = look == Look::Good;
        u8 type = block[at::type.offset];
        // What is said of all stands alone, as what belongs to nothing does.
        if (type == 'g' && !m.extensions.empty()) {
            m.is_loose = true;
            return m;
        }
        if (bits) *bits += proof;
        m.is_damaged = m.is_damaged || !good;
        if (is_extension(type)) {
            auto body = behind(space, at + kBlock, size_field(block), good);
            m.extensions.push_back({type, at, body.there});
            m.next = body.next, m.head = at, m.type = type, m.is_cut = body.cut;
            m.is_loose = type == 'g' || body.cut;
            if (m.is_loose) return m;
            continue;
        }
        m.head = at, m.type = type, m.is_loose = type == 'V';
        u64 size = size_field(block), from = at + kBlock;
        auto records = records_of(space, m);
        if (auto* r = find_record(records, "size")) size = decimal(r->value).value_or(size);
        if (type == 'S' && good) from = read_old_sparse(space, m);
        if (!has_data(type)) size = 0;
        auto data = behind(space, from, size, good);
        m.data = data.there, m.data_size = size, m.next = data.next, m.is_cut = data.cut;
        if (type != 'S' && has_data(type)) read_pax_sparse(space, records, m);
        return m;
    }
}

std::vector<Record> records_of(ByteView space, const Member& m) {
    std::vector<Record> out;
    for (auto& e : m.extensions) {
        if (e.type != 'x' && e.type != 'X') continue;
        auto more = read_records(space.subspan(e.body.offset, e.body.size));
        out.insert(out.end(), more.begin(), more.end());
    }
    return out;
}

Run read_region(ByteView space, u64 at, const std::function<void(const Member&)>& each) {
    Run run;
    run.end = run.last = at;
    for (;;) {
        u64 left = space.size() - run.last;
        auto block = space.subspan(run.last, std::min(kBlock, left));
        if (left < kBlock || is_zeros(block)) {
            if (!run.members && !run.bits) return run;
            bool two = left >= 2 * kBlock && is_zeros(space.subspan(run.last, 2 * kBlock));
            run.how = two ? Run::How::Whole : Run::How::Open;
            if (left < kBlock && !is_zeros(block)) run.how = Run::How::Broken;
            run.end = two ? run.last + 2 * kBlock : left >= kBlock ? run.last + kBlock : run.last;
            return run;
        }
        unsigned bits = 0;
        auto m = read_member(space, run.last, &bits);
        if (!m) return run.end = run.last, run;
        run.bits = std::min(kMostBits, run.bits + bits);
        run.damaged = run.damaged || m->is_damaged;
        run.proven = run.proven || !m->is_damaged;
        run.members += !m->is_loose;
        each(*m);
        run.last = run.end = m->next;
        if (m->is_cut && m->next == space.size()) {
            run.how = Run::How::Cut;
            return run;
        }
    }
}

void each_header(const Member& m, const std::function<void(u64)>& f) {
    for (auto& e : m.extensions) f(e.at);
    if (m.extensions.empty() || m.head != m.extensions.back().at) f(m.head);
}

}  // namespace fieldstrip::tar
