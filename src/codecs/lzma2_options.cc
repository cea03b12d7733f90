// Source: lzma/filter.h, bcj.h, delta.h, lzma12.h and base.h of XZ Utils 5.4.
#include "codecs/lzma2_options.h"

#include <sys/mman.h>

#include <cstdlib>
#include <mutex>

namespace fieldstrip::lzma2 {

bool Options::set(const Chain& chain) {
    if (chain.empty() || chain.size() > LZMA_FILTERS_MAX || chain.back().id != kLzma2) return false;
    for (size_t i = 0; i < chain.size(); i++) {
        auto& [id, properties] = chain[i];
        filters[i] = {.id = id, .options = nullptr};
        if (id == kLzma2) {
            if (i + 1 < chain.size()) return false;
            filters[i].options = &lzma;
        } else if (id == kDelta) {
            if (properties.size() != 1) return false;
            delta[i].type = LZMA_DELTA_TYPE_BYTE;
            delta[i].dist = u32{properties[0]} + 1;
            filters[i].options = &delta[i];
        } else {
            if (id > 11 || (!properties.empty() && properties.size() != 4)) return false;
            if (!properties.empty()) bcj[i].start_offset = le32(properties);
            filters[i].options = &bcj[i];
        }
    }
    filters[chain.size()] = {.id = LZMA_VLI_UNKNOWN, .options = nullptr};
    return true;
}

bool Options::set(const Chain& chain, const Params& p) {
    auto dictionary = dictionary_of(chain);
    if (!dictionary || !set(chain) || lzma_lzma_preset(&lzma, p.preset)) return false;
    lzma.lc = p.lc, lzma.lp = p.lp, lzma.pb = p.pb;
    lzma.dict_size = *dictionary;
    if (p.nice) lzma.nice_len = p.nice;
    if (p.finder) lzma.mf = lzma_match_finder(p.finder);
    if (p.fast) lzma.mode = LZMA_MODE_FAST;
    return true;
}

u64 encoder_memory(const Chain& chain, const Params& p) {
    Options options;
    return options.set(chain, p) ? lzma_raw_encoder_memusage(options.filters.data()) : kUnbounded;
}

namespace {
struct Finder {
    u8 id;
    std::string_view name;
};
constexpr Finder kFinders[] = {
    {LZMA_MF_HC3, "hc3"}, {LZMA_MF_HC4, "hc4"}, {LZMA_MF_BT2, "bt2"}, {LZMA_MF_BT3, "bt3"}, {LZMA_MF_BT4, "bt4"}};
}  // namespace

std::string_view name_of_finder(u8 id) {
    for (auto& f : kFinders)
        if (f.id == id) return f.name;
    return "";
}
std::optional<u8> finder_of(std::string_view name) {
    for (auto& f : kFinders)
        if (f.name == name) return f.id;
    return {};
}

std::vector<Params> single_options(const Params& known) {
    constexpr u32 kPreset = 6;  // and those above, but for the dictionary
    std::vector<Params> out;
    for (u32 nice : {273, 128, 32}) out.push_back({kPreset, known.lc, known.lp, known.pb, nice});
    for (u8 finder : {LZMA_MF_HC4, LZMA_MF_BT3, LZMA_MF_BT2}) out.push_back({kPreset, known.lc, known.lp, known.pb, 0, finder});
    out.push_back({kPreset, known.lc, known.lp, known.pb, 0, 0, true});
    out.push_back({kPreset, known.lc, known.lp, known.pb, 273, LZMA_MF_HC4});
    return out;
}

std::optional<u32> dictionary_of(const Chain& chain) {
    if (chain.empty() || chain.back().id != kLzma2 || chain.back().properties.size() != 1) return {};
    return dictionary_of(chain.back().properties[0]);
}

namespace {

/// Stands before each piece of memory that liblzma was given.
struct alignas(64) Given {
    void* begin;
    size_t mapped;  // bytes from `begin` on; 0: malloc's
};

/// Mappings that encoders gave back, for the next one that needs as much: new pages cost more than tables that are cleared.
struct Shelf {
    static constexpr size_t kMost = 6;  // three each of two encoders side by side
    std::mutex mutex;
    unsigned users = 0;
    std::vector<Given> kept;

    std::optional<Given> take(size_t bytes) {
        std::scoped_lock lock(mutex);
        auto it = std::ranges::find(kept, bytes, &Given::mapped);
        if (it == kept.end()) return {};
        auto out = *it;
        kept.erase(it);
        return out;
    }
    /// False where it is not kept.
    bool put(const Given& given) {
        std::scoped_lock lock(mutex);
        if (!users || kept.size() >= kMost) return false;
        kept.push_back(given);
        return true;
    }
};
Shelf shelf;

void* give(void*, size_t count, size_t size) {
    constexpr size_t kPage = size_t{2} << 20, kWorth = 2 * kPage;
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes) || __builtin_add_overflow(bytes, sizeof(Given) + kPage, &bytes)) return nullptr;
    Given given{};
    char* at = nullptr;
    if (bytes < kWorth + kPage) {
        given.begin = std::aligned_alloc(alignof(Given), (bytes - kPage + alignof(Given) - 1) / alignof(Given) * alignof(Given));
        at = static_cast<char*>(given.begin);
    } else {
        const auto kept = shelf.take(bytes);
        given =
            kept ? *kept : Given{mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0), bytes};
        if (given.begin == MAP_FAILED) return nullptr;
        at = reinterpret_cast<char*>((reinterpret_cast<std::uintptr_t>(given.begin) + kPage - 1) & ~(kPage - 1));
        if (!kept) madvise(at, bytes - kPage, MADV_HUGEPAGE);
    }
    if (!at) return nullptr;
    std::memcpy(at, &given, sizeof given);
    return at + sizeof given;
}

void take_back(void*, void* at) {
    if (!at) return;
    Given given{};
    std::memcpy(&given, static_cast<char*>(at) - sizeof given, sizeof given);
    if (!given.mapped)
        std::free(given.begin);
    else if (!shelf.put(given))
        munmap(given.begin, given.mapped);
}

}  // namespace

KeptTables::KeptTables() {
    std::scoped_lock lock(shelf.mutex);
    shelf.users++;
}
KeptTables::~KeptTables() {
    std::scoped_lock lock(shelf.mutex);
    if (--shelf.users) return;
    for (auto& given : shelf.kept) munmap(given.begin, given.mapped);
    shelf.kept.clear();
}

const lzma_allocator* on_huge_pages() {
    static constexpr lzma_allocator pages{.alloc = give, .free = take_back, .opaque = nullptr};
    return &pages;
}

const lzma_allocator* tables_for(u32 dictionary, u64 content) {
    constexpr u64 kMuchContent = u64{1} << 20;
    constexpr u32 kSmallTables = u32{8} << 20;
    return content >= kMuchContent || dictionary <= kSmallTables ? on_huge_pages() : nullptr;
}

Result<lzma_ret> run_decoder(lzma_stream& s, ByteView in, u64 limit, Bytes& out, Context& cx) {
    constexpr u64 kFirst = 1 << 14;
    s.next_in = in.data();
    s.avail_in = in.size();
    for (u64 made = 0;;) {
        // One byte of room more than the limit: whether there is more shows only so.
        u64 room = std::min(limit == kUnbounded ? limit : limit + 1, std::max(kFirst, 4 * made));
        if (room > cx.limits.memory) return cx.limit("memory");
        out.resize(room);
        s.next_out = out.data() + made;
        s.avail_out = room - made;
        auto ret = lzma_code(&s, LZMA_FINISH);
        u64 now = room - s.avail_out;
        TRY_VOID(cx.spend(&Limits::decoded, now - made));
        bool more = now > limit;
        made = now;
        if (ret != LZMA_OK || more) {
            out.resize(std::min(made, limit));
            return more ? LZMA_OK : ret;
        }
    }
}

}  // namespace fieldstrip::lzma2
