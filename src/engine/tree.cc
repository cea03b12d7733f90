#include "engine/tree.h"

#include "engine/store.h"

namespace fieldstrip {

std::string region_name(u64 offset, std::string_view format) {
    char text[24];
    int n = std::snprintf(text, sizeof text, "%08llx.", static_cast<unsigned long long>(offset));
    return std::string(text, size_t(n)) + std::string(format);
}

Node::Node(Kind k, std::string n, Extent e, const Format* f, Node* p, size_t i)
    : kind(k), name(std::move(n)), parent(p), index(i), extent_(e), format_(f), looked_(k == Kind::Region) {}
Node::~Node() = default;

std::unique_ptr<Node> open_image(Buffer image, std::vector<u64> borders) {
    auto root = std::make_unique<Node>(Node::Kind::Region, "", Extent{0, image.size()}, &raw, nullptr, 0);
    root->bytes_ = std::move(image);
    root->borders = std::move(borders);
    return root;
}

std::string Node::path() const {
    if (!parent) return "/";
    auto up = parent->path();
    return (up == "/" ? up : up + '/') + name;
}

u64 Node::depth() const {
    u64 n = 0;
    for (auto* up = parent; up; up = up->parent) n++;
    return n;
}

std::optional<u64> Node::at() const {
    u64 at = 0;
    for (auto* n = this; n->parent; n = n->parent) {
        if (n->kind == Kind::Content || n->kind == Kind::Entry) return {};
        at += n->extent_.offset;
    }
    return at;
}

Result<void> Node::decode(const CheckSink& checks, Context& cx) {
    auto* item = TRY(parent->item(cx));
    Collector all(cx);
    auto stored = TRY(stored_bytes(cx));
    std::optional<Error> wrong;  // a content whose check fails is not what was packed, however well it decodes
    auto hear = [&](const Check& c) {
        if (c.outcome == Check::Outcome::Fail && !wrong) wrong = Error{Error::Kind::Damaged, std::string(c.name) + " fails", c.at};
        if (checks) checks(c);
    };
    Sink take = [&](ByteView v) { return stored || all.add(v); };
    auto lost = kind == Kind::Entry ? item->files()->read(parent->entries_->all()[index], take, hear, cx)
                                    : item->coded()->decode(index, take, hear, cx);
    auto taken = stored ? Result<Buffer>(*stored) : all.take();
    if (!taken) {  // nothing of it can be kept: that is said, and its parent goes on
        cx.fault(taken.error());
        bytes_ = Buffer(), extent_.size = 0, damage_ = taken.error();
        return {};
    }
    bytes_ = *taken;
    extent_.size = bytes_->size();
    damage_ = wrong;
    if (!lost)
        damage_ = lost.error();
    else if (!lost->empty())
        damage_ =
            Error{Error::Kind::Damaged,
                  std::to_string(lost->size()) + (lost->size() == 1 ? " range" : " ranges") + " could not be decoded: zeros stand there",
                  lost->front()};
    return {};
}

/// Of a file that lies in its file system as it is.
Result<std::optional<Buffer>> Node::stored_bytes(Context& cx) {
    if (kind != Kind::Entry) return std::nullopt;
    auto at = TRY(parent->item(cx))->files()->stored(parent->entries_->all()[index]);
    auto all = TRY(parent->bytes(cx));
    if (!at || at->end() > all.size()) return std::nullopt;
    return all.slice(*at);
}

Result<Buffer> Node::bytes(Context& cx) {
    if (!bytes_) {
        if (auto stored = TRY(stored_bytes(cx)))
            bytes_ = *stored;
        else if (kind == Kind::Content || kind == Kind::Entry)
            TRY_VOID(decode({}, cx));
        else
            bytes_ = TRY(parent->bytes(cx)).slice(extent_);
    }
    return *bytes_;
}

/// A part, a content that as a whole is one format is a node of it; else it is raw and tiled one level down.
void Node::look(Context& cx) {
    if (std::exchange(looked_, true) && !(format_ == &raw && tiles_.empty())) return;
    auto space = bytes(cx);
    if (!space || !space->size()) return;
    if (depth() >= cx.limits.depth) return (void)cx.limit("depth");
    tiles_ = map_space(*space, borders, cx);
    if (parent && tiles_.size() == 1 && is_known(*tiles_[0].format)) format_ = tiles_[0].format, tile_ = tiles_[0];
}

void Node::look_into(const Buffer& bytes, Context& cx) {
    if (looked_ || bytes_) return;
    keep(bytes);
    look(cx);
    bytes_.reset();
}

void Node::keep(const Buffer& bytes) {
    bytes_ = bytes;
    extent_.size = bytes.size();
}

Result<Trail> Node::rejected(Context& cx, Extent within) {
    Trail out{.within = within};
    (void)map_space(TRY(bytes(cx)), borders, cx, &out);
    return out;
}

const Format* Node::format(Context& cx) {
    if (!looked_) look(cx);
    return format_;
}

Result<const Item*> Node::item(Context& cx) {
    if (!is_known(*format(cx))) return fail(Error::Kind::NotThis, path() + " is " + std::string(format_->id));
    if (!item_) {
        const bool sound = format_->open_sound && tile_.format == format_ && tile_.sound;
        item_ = std::make_shared<const Item>(TRY((sound ? format_->open_sound : format_->open)(TRY(bytes(cx)), cx)));
    }
    return item_.get();
}

Result<std::shared_ptr<const Item>> Node::kept_item(Context& cx) {
    TRY(item(cx));
    return item_;
}

Result<Item> Node::broken_item(const Broken& b, Context& cx) {
    auto space = TRY(parent->bytes(cx));
    return b.format->open(space.slice(b.claim.extent), cx);
}

Node& Node::add(Kind k, std::string n, Extent e, size_t i, const Format* f) {
    return *children_->emplace_back(std::make_unique<Node>(k, std::move(n), e, f, this, i));
}

void Node::tiles_as_children(const std::vector<Tile>& tiles, Context&) {
    for (size_t i = 0; i < tiles.size(); i++) {
        auto& t = tiles[i];
        auto& child = add(Kind::Region, region_name(t.extent.offset, t.format->id), t.extent, i, t.format);
        child.tile_ = t;
    }
}

Result<std::span<const std::unique_ptr<Node>>> Node::children(Context& cx) {
    if (children_) return *children_;
    if (format(cx) == &raw) look(cx);  // its tiles, if they were dropped or never made
    children_.emplace();
    if (format_ == &raw) {
        bool proven = std::any_of(tiles_.begin(), tiles_.end(), [](auto& t) { return is_known(*t.format); });
        if (proven || !parent) tiles_as_children(tiles_, cx);
    } else if (is_known(*format_)) {
        if (depth() >= cx.limits.depth) {
            (void)cx.limit("depth");
            return *children_;
        }
        auto* it = TRY(item(cx));
        for (size_t k = 0; k < it->layout.pieces.size(); k++)
            if (auto& p = it->layout.pieces[k]; p.kind == Piece::Kind::Part) add(Kind::Part, p.name, p.extent, k, &raw);
        if (auto* coded = it->coded())
            for (size_t k = 0; auto& content : coded->contents()) add(Kind::Content, content, {}, k++, &raw);
        if (it->files()) TRY_VOID(entries_as_children(cx));
    }
    return *children_;
}

Result<const EntryList*> Node::entries(Context& cx) {
    if (entries_) return &*entries_;
    if (!is_known(*format(cx))) return nullptr;
    auto* files = TRY(item(cx))->files();
    if (!files) return nullptr;
    auto all = TRY(files->entries(cx));
    if (!std::exchange(counted_, true)) TRY_VOID(cx.spend(&Limits::nodes, all.size()));
    entries_.emplace(std::move(all));
    return &*entries_;
}

/// Each file once, however many links it has.
Result<void> Node::entries_as_children(Context& cx) {
    auto& list = *TRY(entries(cx));
    entry_child_.assign(list.all().size(), 0);
    for (size_t i = 0; i < list.all().size(); i++) {
        auto& e = list.all()[i];
        if (!e.is_file()) continue;
        if (auto first = list.first_link(i); first != i) {
            entry_child_[i] = entry_child_[first];
            continue;
        }
        entry_child_[i] = u32(children_->size());
        add(Kind::Entry, e.path, {0, e.size}, i, &raw);
    }
    return {};
}

Result<Node*> Node::entry(size_t i, Context& cx) {
    TRY_VOID(children(cx));
    if (!entries_ || i >= entry_child_.size() || !entries_->all()[i].is_file())
        return fail(Error::Kind::NotThis, path() + ": no such file");
    return (*children_)[entry_child_[i]].get();
}

bool Node::is_shown(Context& cx) { return kind != Kind::Entry || is_known(*format(cx)) || !is_leaf(cx); }

bool Node::is_leaf(Context& cx) {
    auto kids = children(cx);
    return !kids || kids->empty();
}

Result<Node*> Node::walk(std::string_view wanted, std::string& rest, Context& cx, bool into_files) {
    while (wanted.starts_with('/')) wanted.remove_prefix(1);
    rest.clear();
    if (wanted.empty()) return this;
    if (auto* list = TRY(entries(cx))) {
        auto i = list->leading(wanted);
        if (!into_files || !i || !list->all()[*i].is_file()) return rest = wanted, this;
        return TRY(entry(*i, cx))->walk(wanted.substr(list->all()[*i].path.size()), rest, cx);
    }
    auto kids = TRY(children(cx));
    Node* best = nullptr;
    for (auto& c : kids) {
        bool matches = wanted == c->name || (wanted.starts_with(c->name) && wanted[c->name.size()] == '/');
        if (matches && (!best || c->name.size() > best->name.size())) best = c.get();
    }
    auto component = wanted.substr(0, wanted.find('/'));
    size_t consumed = best ? best->name.size() : component.size();
    size_t candidates = 0;
    if (!best)
        for (auto& c : kids)
            if (c->kind == Kind::Region && c->name.starts_with(component)) candidates++, best = c.get();
    if (candidates > 1) return fail(Error::Kind::NotThis, path() + ": '" + std::string(component) + "' begins several names");
    if (!best) return fail(Error::Kind::NotThis, path() + ": nothing called '" + std::string(wanted) + "'");
    return best->walk(wanted.substr(consumed), rest, cx, into_files);
}

Result<Node*> Node::find(std::string_view wanted, Context& cx) {
    std::string rest;
    auto* n = TRY(walk(wanted, rest, cx));
    if (rest.empty()) return n;
    auto* list = TRY(n->entries(cx));
    auto i = list->find(rest);
    auto what = i                       ? "is a " + std::string(name_of(list->all()[*i].type)) + " and no file"
                : list->is_folder(rest) ? "is a folder"
                                        : "nothing called so";
    return fail(Error::Kind::NotThis, n->path() + '/' + rest + ": " + what);
}

void Node::forget() {
    children_.reset();
    entries_.reset();
    item_.reset();
    if (parent) bytes_.reset();
}

}  // namespace fieldstrip
