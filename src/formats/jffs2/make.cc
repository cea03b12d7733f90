// Makes a whole image as mkfs.jffs2 and sumtool do: names and inodes folder by folder, nodes that never leave their erase block.
// Source: mtd-utils jffsX-utils/mkfs.jffs2.c (order, versions, where pages are cut, what is filled up), sumtool.c (the same with
// summaries).
#include <unordered_map>

#include "formats/jffs2/keep.h"
#include "formats/jffs2/nodes.h"
#include "formats/jffs2/params.h"

namespace fieldstrip::jffs2 {
namespace {

constexpr u64 kMinData = 128;  // so much data must have room behind an inode's fixed part

/// Where nodes go: to bytes, or past those that are expected, or, with neither, to nowhere but a count.
struct Out {
    Bytes bytes = {};
    const Expected* expected = nullptr;
    bool kept = false;
    u64 size = 0;
    bool same = true;  // as what is expected, so far

    void put(ByteView b) {
        if (expected) same = same && b.size() <= left() && equal(b, expected->bytes.subspan(size, b.size()));
        if (kept) bytes.insert(bytes.end(), b.begin(), b.end());
        size += b.size();
    }
    void fill(u64 n) {
        if (expected) {
            auto blank = [](u8 c) { return c == 0xFF; };
            same = same && n <= left() && std::ranges::all_of(expected->bytes.subspan(size, n), blank);
        }
        if (kept) bytes.resize(bytes.size() + n, 0xFF);
        size += n;
    }
    /// Over what was seen to be as expected.
    void pass(u64 n) { size += n; }
    u64 left() const { return expected->bytes.size() - std::min(size, expected->bytes.size()); }
};

/// Lays nodes into erase blocks as mkfs.jffs2 does.
class Blocks {
  public:
    Blocks(const Params& p, Out& out) : p_(p), out_(out) {}
    u64 left() const { return p_.block - out_.size % p_.block; }
    void need(u64 size) {
        mark();
        if (out_.size % p_.block + size > p_.block) out_.fill(left());
        mark();
    }
    void mark() {
        if (!p_.clean || out_.size % p_.block) return;
        out_.put(cleanmarker(u32(p_.clean), p_.endian));
        out_.fill(p_.clean - kHeader);
        out_.fill(gap_to(out_.size, 4));
    }

  private:
    const Params& p_;
    Out& out_;
};

/// Lays nodes into erase blocks as sumtool does, each with its summary.
class SummedBlocks {
  public:
    SummedBlocks(const Params& p, Out& out) : p_(p), out_(out) {}
    void put(Bytes node) {
        const u16 type = Numbers{node, p_.endian}.n16(2);
        const u64 record = summary_record(type, type == kDirent ? node.size() - 40 : 0);
        u64 behind = node.size() + record + frame();
        behind += gap_to(behind, 4);
        if (here_ + node.size() + behind > p_.block) close();
        if (p_.clean && !here_) {
            out_.put(cleanmarker(u32(p_.clean), p_.endian));
            out_.fill(p_.clean - kHeader + gap_to(p_.clean, 4));
            here_ = p_.clean + gap_to(p_.clean, 4);
        }
        sizes_ += record;
        nodes_.push_back({u32(here_), std::move(node)});
        out_.put(nodes_.back().second);
        here_ += nodes_.back().second.size();
        out_.fill(gap_to(here_, 4));
        here_ += gap_to(here_, 4);
    }
    void end() {
        u64 behind = frame();
        behind += gap_to(behind, 4);
        if (here_ && here_ != p_.clean && here_ + 68 + 2 * kMinData + behind > p_.block) close();
    }

  private:
    u64 frame() const { return sizes_ + kSummaryFrame; }
    void close() {
        if (nodes_.empty()) return;
        std::vector<Summed> all;
        for (auto& [at, node] : nodes_) all.push_back({at, node});
        out_.put(summary_node(all, here_, p_.block, u32(p_.clean), p_.endian));
        nodes_.clear();
        here_ = sizes_ = 0;
    }
    const Params& p_;
    Out& out_;
    u64 here_ = 0, sizes_ = 0;
    std::vector<std::pair<u32, Bytes>> nodes_;
};

class Maker {
  public:
    Maker(const Params& p, std::span<const Wanted> wanted, const ContentOf& content, const Expected* expected, Context& cx)
        : p_(p), wanted_(wanted), content_of_(content), cx_(cx), blocks_(p, first_), summed_(p, second_) {
        auto& out = p.summary ? second_ : first_;
        out.expected = expected, out.kept = !expected;
    }

    Result<std::optional<Bytes>> make() {
        TRY_VOID(plan());
        for (size_t i = 0; i < order_.size() && same(); i++) TRY_VOID(write(order_[i]));
        if (p_.summary) summed_.end();
        auto& out = p_.summary ? second_ : first_;
        for (u64 i = 0; i < p_.tail && out.same; i++) {
            TRY_VOID(cx_.spend(&Limits::decoded, p_.block));
            if (out.size % p_.block) out.fill(gap_to(out.size, p_.block));
            out.put(cleanmarker(u32(p_.clean), p_.endian));
            out.fill(p_.clean - kHeader + gap_to(p_.clean, 4));
        }
        if (out.expected && (!out.same || out.size != out.expected->bytes.size())) return std::nullopt;
        return std::move(out.bytes);
    }

  private:
    struct Item {
        size_t index;            // in wanted
        u32 pino, ino, version;  // of its name
        bool is_first;           // of the names of its inode
        RawInode raw = {};
        u32 mctime = 0;
        bool again = false;  // only its attributes, again: mkfs.jffs2 does so before a folder's names
    };

    bool same() const { return first_.same && second_.same; }

    /// Each folder's names behind each other, then what is in them: the order of all that is written, and so their numbers.
    Result<void> plan() {
        std::unordered_map<std::string_view, std::vector<size_t>> in;
        const Wanted* root = nullptr;
        for (size_t i = 0; i < wanted_.size(); i++) {
            auto& e = wanted_[i].entry;
            if (e.path.empty()) {
                root = &wanted_[i], root_ = i;
                continue;
            }
            auto slash = e.path.rfind('/');
            in[std::string_view(e.path).substr(0, slash == e.path.npos ? 0 : slash)].push_back(i);
        }
        if (root && root->entry.mode) {
            Item item{root_, 0, kRoot, 0, true, TRY(inode_of(root->entry))};
            times(item, root->entry);
            folders_[kRoot] = 0;
            order_.push_back(item);
        }
        struct Folder {
            std::string_view path;
            u32 ino;
            size_t index;
        };
        std::vector<Folder> open = {{"", kRoot, root_}};
        std::unordered_map<u64, u32> files;
        std::unordered_map<u32, u32> others;
        u32 ino = kRoot, version = 0;
        while (!open.empty()) {
            auto folder = open.back();
            open.pop_back();
            auto names = in.find(folder.path);
            if (names == in.end()) continue;
            if (folder.ino != kRoot || root) order_.push_back({folder.index, 0, folder.ino, 0, false, {}, 0, true});
            const size_t first = open.size(), first_item = order_.size();
            for (size_t i : names->second) {
                auto& e = wanted_[i].entry;
                Item item{i, folder.ino, ino + 1, version++, true, TRY(inode_of(e))};
                auto keep = Keep::of_line(e.keep);
                if (e.is_file()) {
                    auto [known, fresh] = files.try_emplace(e.node, item.ino);
                    item.ino = known->second, item.is_first = fresh;
                } else if (keep.same) {
                    auto [known, fresh] = others.try_emplace(*keep.same, item.ino);
                    item.ino = known->second, item.is_first = fresh;
                }
                ino += item.is_first;
                times(item, e);
                if (e.is(Entry::Type::Directory)) {
                    open.push_back({e.path, item.ino, i});
                    folders_[item.ino] = order_.size();
                }
                order_.push_back(item);
            }
            std::reverse(open.begin() + i64(first), open.end());
            settle_time(folder.ino, first_item);
        }
        return {};
    }

    static void times(Item& item, const Entry& e) {
        auto keep = Keep::of_line(e.keep);
        item.raw.mtime = keep.mtime.value_or(item.raw.mtime);
        item.raw.atime = keep.atime.value_or(item.raw.mtime);
        item.raw.ctime = keep.ctime.value_or(item.raw.mtime);
        item.mctime = keep.mctime.value_or(item.raw.mtime);
    }

    /// A folder's time is that of its newest name; where that would not be the one that is wanted, its names get it.
    void settle_time(u32 ino, size_t first) {
        auto folder = folders_.find(ino);
        if (folder == folders_.end()) return;
        auto& item = order_[folder->second];
        auto wanted = wanted_[item.index].entry.mtime;
        if (!wanted) return;
        u32 time = item.raw.mtime, newest = 1;
        for (size_t i = first; i < order_.size(); i++)
            if (order_[i].version > newest && order_[i].mctime) newest = order_[i].version, time = order_[i].mctime;
        if (time == *wanted) return;
        item.raw.mtime = u32(*wanted);
        for (size_t i = first; i < order_.size(); i++) order_[i].mctime = u32(*wanted);
    }

    /// mkfs.jffs2 cuts pages by where it is, so its image is always made; sumtool then lays the same nodes anew.
    Result<void> put(const std::string& path, Bytes node) {
        if (node.size() + 2 * p_.clean + 512 > p_.block)
            return fail(Error::Kind::Unsupported, path + ": what it holds does not fit into an erase block");
        first_.put(node);
        first_.fill(gap_to(first_.size, 4));
        if (p_.summary) summed_.put(std::move(node));
        return {};
    }

    Result<void> write(const Item& item) {
        auto& e = wanted_[item.index].entry;
        if (item.again) return attributes(e, item.ino);
        if (!e.path.empty()) {
            auto name = TRY(name_of(e));
            blocks_.need(40 + name.size());
            RawDirent d{
                .pino = item.pino, .version = item.version, .ino = item.ino, .mctime = item.mctime, .type = type_of_mode(item.raw.mode)};
            TRY_VOID(put(e.path, dirent_node(d, name, p_.endian)));
        }
        if (item.is_first) {  // of a file that has several names: once
            auto raw = item.raw;
            raw.ino = item.ino, raw.version = 1;
            if (e.is_file()) {
                TRY_VOID(file(wanted_[item.index], raw));
            } else if (e.mode || !e.is(Entry::Type::Directory)) {
                auto data = TRY(data_of(e, p_.endian));
                raw.dsize = u32(data.size());
                blocks_.need(68 + data.size());
                TRY_VOID(put(e.path, inode_node(raw, data, p_.endian)));
            }
        }
        return item.is_first && !e.path.empty() ? attributes(e, item.ino) : Result<void>();
    }

    Result<void> file(const Wanted& w, RawInode raw) {
        if (auto* e = first_.expected; e && files_++ % e->stride) return taken(w, raw);
        auto content = TRY(content_of_(w));
        auto all = content.view();
        raw.isize = u32(all.size());
        raw.version = 0;
        for (u64 at = 0; at < all.size() && same();) {
            auto page = all.subspan(at, std::min(p_.page, all.size() - at));
            while (!page.empty()) {
                blocks_.need(68 + kMinData);
                u64 space = std::min<u64>(blocks_.left() - 68, page.size());
                auto coded = TRY(encode(p_.method, page, space, cx_));
                raw.version++;
                raw.offset = u32(at), raw.dsize = u32(coded.consumed), raw.compr = coded.compr;
                if (same()) TRY_VOID(put(w.entry.path, inode_node(raw, coded.data, p_.endian)));
                at += coded.consumed;
                page = page.subspan(coded.consumed);
            }
        }
        if (!raw.version) {
            raw.version = 1;
            blocks_.need(68);
            TRY_VOID(put(w.entry.path, inode_node(raw, {}, p_.endian)));
        }
        return {};
    }

    /// A file that is not encoded to compare it: nodes of its pages lie where they would, of the compressors that there are.
    Result<void> taken(const Wanted& w, RawInode raw) {
        const u64 size = w.entry.size;
        raw.isize = u32(size), raw.version = 0;
        for (u64 at = 0; at < size && same();) {
            blocks_.need(68 + kMinData);
            const u64 here = first_.size, page = std::min(p_.page - at % p_.page, size - at);
            auto node = node_at(first_.expected->bytes, here, p_.endian);
            if (!node || node->type != kInode || node->end() > first_.expected->bytes.size() || node->totlen < 68) {
                first_.same = false;
                break;
            }
            auto fixed = first_.expected->bytes.subspan(here + kHeader, 68 - kHeader);
            auto there = read_record<RawInode>(fixed, p_.endian).value_or(RawInode{});
            const bool known =
                there.compr == kNone || std::find(p_.method.codecs.begin(), p_.method.codecs.end(), there.compr) != p_.method.codecs.end();
            if (!known || !there.dsize || there.dsize > page || there.csize != node->totlen - 68) {
                first_.same = false;
                break;
            }
            raw.version++;
            raw.offset = u32(at), raw.dsize = there.dsize, raw.compr = there.compr;
            // What its sums say of it was looked at when the log was read: no node here is damaged.
            raw.csize = there.csize, raw.data_crc = there.data_crc, raw.node_crc = there.node_crc;
            first_.same = first_.same && raw == there;
            first_.pass(node->totlen);
            first_.fill(gap_to(first_.size, 4));
            at += there.dsize;
        }
        if (size || !same()) return {};
        raw.version = 1;
        blocks_.need(68);
        return put(w.entry.path, inode_node(raw, {}, p_.endian));
    }

    Result<void> attributes(const Entry& e, u32 ino) {
        auto keep = Keep::of_line(e.keep);
        std::vector<const std::pair<const std::string, Bytes>*> all;
        for (auto& x : e.xattrs) all.push_back(&x);
        if (keep.order.size() == all.size()) {
            auto sorted = all;
            for (size_t i = 0; i < all.size(); i++) all[i] = sorted[std::min<size_t>(keep.order[i], all.size() - 1)];
        }
        for (auto* x : all) {
            auto name = xattr_name(x->first);
            if (!name || name->rest.size() > 255 || x->second.size() > 0xFFFF || 33 + name->rest.size() + x->second.size() > p_.block / 2)
                return fail(Error::Kind::Unsupported, e.path + ": a JFFS2 can't hold the attribute " + x->first);
            auto [xid, fresh] = xids_.try_emplace({x->first, x->second}, u32(xids_.size() + 1));
            if (fresh) {
                RawXattr raw{.xid = xid->second, .version = 1, .xprefix = name->prefix};
                blocks_.need(33 + name->rest.size() + x->second.size());
                TRY_VOID(put(e.path, xattr_node(raw, name->rest, x->second, p_.endian)));
            }
            blocks_.need(28);
            TRY_VOID(put(e.path, xref_node({.ino = ino, .xid = xid->second, .xseqno = xseqno_ += 2}, p_.endian)));
        }
        return {};
    }

    const Params& p_;
    std::span<const Wanted> wanted_;
    const ContentOf& content_of_;
    Context& cx_;
    Out first_, second_;
    Blocks blocks_;
    SummedBlocks summed_;
    std::vector<Item> order_;
    std::unordered_map<u32, size_t> folders_;  // by inode
    size_t root_ = 0;
    std::map<std::pair<std::string, Bytes>, u32> xids_;
    u32 xseqno_ = 0;
    u64 files_ = 0;
};

}  // namespace

Result<std::optional<Bytes>> make(const Params& p, std::span<const Wanted> wanted, const ContentOf& content, const Expected* expected,
                                  Context& cx) {
    if (p.block < 4096 || p.block > kMaxBlock || p.clean >= p.block / 2 || (p.clean && p.clean < kHeader) || !p.page || p.page > kMaxBlock)
        return fail(Error::Kind::Damaged, "parameters that no JFFS2 has");
    if (p.tail && !p.clean) return fail(Error::Kind::Damaged, "parameters that no JFFS2 has");
    return Maker(p, wanted, content, expected, cx).make();
}

}  // namespace fieldstrip::jffs2
