#include "look/inventory.h"

#include <cstdlib>
#include <ctime>
#include <map>
#include <tuple>

#include "base/text.h"
#include "engine/entry_state.h"
#include "look/accounts.h"
#include "model/in_order.h"

namespace fieldstrip {
namespace {

std::string below(const std::string& path, std::string_view name) { return path + (path.ends_with('/') ? "" : "/") + std::string(name); }

/// Whether something lies in it, or in a slice of it, that is more than slices: then its own bytes are not read as they lie.
bool has_inside(Node& n, Context& cx) {
    auto item = is_known(*n.format(cx)) ? n.item(cx) : Result<const Item*>(nullptr);
    if (item && *item && (*item)->inside) return true;
    auto kids = n.children(cx);
    if (!kids) return false;
    return std::any_of(kids->begin(), kids->end(), [&](auto& c) { return has_inside(*c, cx); });
}

class Walker {
  public:
    Walker(Context& cx, i64 now) : cx_(cx), now_(now) {}
    /// `path`: of the node in the image; `name`: of a file in its file system; `depth`: of the tree that the node's own is part of.
    void visit(Node& n, const std::string& path, const std::string& name, u64 depth, Found& out);

  private:
    void scan(Node& n, const std::string& path, const std::string& name, Found& out) {
        auto bytes = n.bytes(cx_);
        if (!bytes || !bytes->size()) return;
        Found here;
        detect({path, name, bytes->view(), bytes->keeper().get()}, now_, here);
        if (here.concerns.size() > kFlood) here.concerns.resize(kFlood), (void)cx_.limit("nodes");
        if (cx_.spend(&Limits::nodes, here.concerns.size())) out.add(std::move(here));
    }
    void children(Node& n, const std::string& path, u64 depth, Found& out) {
        auto kids = n.children(cx_);
        if (!kids) return;
        for (auto& c : *kids) {
            visit(*c, below(path, c->name), "", depth + 1, out);
            c->forget();
        }
    }
    void files(Node& n, const std::string& path, u64 depth, Found& out);
    /// A file's bytes as an image of their own: trees of their own can be grown by many threads at a time.
    void file(Buffer bytes, const std::string& path, const std::string& name, u64 depth, Found& out) {
        auto root = open_image(std::move(bytes));
        auto kids = root->children(cx_);
        const bool whole = kids && kids->size() == 1 && is_known(*(*kids)[0]->format(cx_));
        visit(whole ? *(*kids)[0] : *root, path, name, depth, out);
    }
    Context& cx_;
    const i64 now_;
};

void Walker::visit(Node& n, const std::string& path, const std::string& name, u64 depth, Found& out) {
    if (cx_.is_stopped()) return;
    if (depth >= cx_.limits.depth) return (void)cx_.limit("depth");
    auto* format = n.format(cx_);
    if (format == &padding) return;
    if (!has_inside(n, cx_)) return scan(n, path, name, out);
    auto item = is_known(*format) ? n.item(cx_) : Result<const Item*>(nullptr);
    if (item && *item && (*item)->files())
        files(n, path, depth, out);
    else
        children(n, path, depth, out);
}

void Walker::files(Node& n, const std::string& path, u64 depth, Found& all) {
    Found out;
    auto listed = n.entries(cx_);
    if (!listed || !*listed) return;
    auto& list = **listed;
    find_modes(path, list, out);
    find_daemons(path, list, out);
    auto& entries = list.all();
    const u64 most = ahead_budget(cx_) / 8;
    std::vector<size_t> which;
    for (size_t i = 0; i < entries.size(); i++)
        if (entries[i].is_file() && entries[i].size && list.first_link(i) == i) which.push_back(i);
    auto read = [&](const Entry& e) {
        Found found;
        Bytes bytes;
        bytes.reserve(e.size);
        state_of(n, e, false, cx_, [&](ByteView v) {
            bytes.insert(bytes.end(), v.begin(), v.end());
            return bytes.size() <= most;
        });
        file(Buffer::own(std::move(bytes)), below(path, e.path), e.path, depth + 1, found);
        return found;
    };
    for (size_t from = 0; from < which.size() && !cx_.is_stopped();) {
        auto& e = entries[which[from]];
        if (e.size > most) {
            auto node = n.entry(which[from++], cx_);
            if (!node) continue;
            visit(**node, below(path, e.path), e.path, depth + 1, out);
            (*node)->forget();
            continue;
        }
        size_t n_small = 0;
        while (from + n_small < which.size() && entries[which[from + n_small]].size <= most) n_small++;
        in_order<Found>(
            n_small, [&](size_t k) { return entries[which[from + k]].size + 1024; },
            [&](size_t k) { return read(entries[which[from + k]]); },
            [&](size_t, Found found) {
                out.add(std::move(found));
                return !cx_.is_stopped();
            },
            cx_);
        from += n_small;
    }
    for (auto& c : out.components)
        if (c.kind == Component::Kind::Package && c.distribution.empty()) c.distribution = out.distribution;
    out.distribution.clear();  // it is this file system's
    all.add(std::move(out));
}

/// What certificates are held against: now, or the time that a reproducible run asks for.
i64 time_now() {
    const char* text = std::getenv("SOURCE_DATE_EPOCH");
    auto seconds = text ? parse_number(text) : std::nullopt;
    return seconds && *seconds < (u64{1} << 37) ? i64(*seconds) : i64(std::time(nullptr));
}

}  // namespace

std::string_view name_of(Concern::Kind k) {
    switch (k) {
        case Concern::Kind::PrivateKey: return "private-key";
        case Concern::Kind::Certificate: return "certificate";
        case Concern::Kind::PasswordHash: return "password-hash";
        case Concern::Kind::DefaultAccount: return "account";
        case Concern::Kind::SetId: return "set-id";
        case Concern::Kind::StartScript: return "start-script";
        case Concern::Kind::Service: return "service";
        case Concern::Kind::WorldWritable: return "world-writable";
        case Concern::Kind::AuthorizedKey: return "authorized-key";
        case Concern::Kind::Secret: break;
    }
    return "secret";
}

std::string_view name_of(Component::Kind k) {
    switch (k) {
        case Component::Kind::Package: return "package";
        case Component::Kind::Program: return "program";
        case Component::Kind::Kernel: return "kernel";
        case Component::Kind::Library: return "library";
        case Component::Kind::Firmware: break;
    }
    return "firmware";
}

Result<Inventory> take_inventory(Node& n, Context& cx) {
    Found found;
    Walker(cx, time_now()).visit(n, n.path(), n.kind == Node::Kind::Entry ? n.name : "", n.depth(), found);
    constexpr size_t kMostEvidence = 32;
    std::map<std::tuple<std::string, std::string, Component::Kind, std::string, std::string>, Component> by_name;
    for (auto& c : found.components) {
        auto [at, is_new] = by_name.try_emplace({c.name, c.version, c.kind, c.source, c.architecture}, c);
        if (is_new) {
            if (!cx.spend(&Limits::nodes, 1)) break;
            continue;
        }
        for (auto& e : c.evidence)
            if (at->second.evidence.size() < kMostEvidence) at->second.evidence.push_back(std::move(e));
    }
    Inventory out;
    for (auto& [key, c] : by_name) out.components.push_back(std::move(c));
    out.concerns = std::move(found.concerns);
    std::stable_sort(out.concerns.begin(), out.concerns.end(), [](auto& a, auto& b) { return a.weight > b.weight; });
    return out;
}

}  // namespace fieldstrip
