// What is to be said of a node: by its own structure, and by what its neighbours and its inside show.
#include "base/text.h"
#include "engine/tree.h"
#include "model/banner.h"

namespace fieldstrip {

namespace findings {
const FindingKind not_decoded{"content-not-whole", Severity::Error,
                              "A stream could not be decoded whole: what is there was kept, the rest is missing or zeros."};
const FindingKind mismatch{"compression-mismatch", Severity::Warning,
                           "A header says that its data is compressed in one way, and the data is a stream of another."};
const FindingKind not_opened{"not-opened", Severity::Error, "It was recognised, but its structure does not hold together when it is read."};
static const FindingKind encoder_not_found{
    "encoder-not-found", Severity::Warning,
    "No encoder here makes the original's bytes: what is encoded again has the same content, and other "
    "bytes. Said when something is encoded."};
static const FindingKind partitions{"partitions", Severity::Note,
                                    "Something in the image names its partitions (mtdparts=…): --parts with that text uses them as "
                                    "borders."};
static const FindingKind banner{"banner", Severity::Note,
                                "Bytes that no format owns say by which name and version they are called: a kernel, a boot loader."};
static const FindingKind* const kOfEngine[] = {&cut, &not_decoded, &mismatch, &not_opened, &encoder_not_found, &partitions, &banner};
std::span<const FindingKind* const> of_engine = kOfEngine;
}  // namespace findings

namespace {
Said said(const Format& f, const Finding& finding) {
    return {finding.kind->severity, std::string(f.id) + '.' + std::string(finding.kind->code), finding.message, finding.where};
}
}  // namespace

std::string no_encoder(const Format& f, const std::string& path, std::string_view what, const Recipe& recipe) {
    return std::string(f.id) + '.' + std::string(findings::encoder_not_found.code) + ": " + path +
           ": no encoder here makes the original's " + std::string(what) + "; the nearest is used: " + f.made_by(recipe);
}

/// A header that lies about what its part is: it says a compression, and a stream of another begins there.
void Node::compare_said(const Layout& layout, std::vector<Said>& out, Context& cx) {
    for (auto& p : layout.pieces) {
        if (p.said.empty() || !p.extent.size) continue;
        auto all = bytes(cx);
        if (!all) continue;
        auto* f = leading_format(all->view().subspan(p.extent.offset, p.extent.size), cx);
        if (!f || !f->make || std::find(p.said.begin(), p.said.end(), f->id) != p.said.end()) continue;
        auto* by = layout.find(p.said_by);
        auto value = by ? show(*by, all->view().subspan(by->extent.offset, by->extent.size)) : "";
        out.push_back({findings::mismatch.severity, std::string(format_->id) + '.' + std::string(findings::mismatch.code),
                       p.said_by + " says " + value + ", but " + p.name + " is " + std::string(f->id), by ? by->extent : p.extent});
    }
}

/// Borders that no byte of the image shows, but a text in it names.
void Node::name_partitions(std::vector<Said>& out, Context& cx) {
    auto kids = children(cx);
    if (!kids) return;
    for (auto& c : *kids) {
        if (c->kind != Kind::Region || !is_known(*c->format_)) continue;
        auto it = c->item(cx);
        if (!it || (*it)->partitions.empty()) continue;
        auto text = escape((*it)->partitions);
        out.push_back({findings::partitions.severity, std::string(raw.id) + '.' + std::string(findings::partitions.code),
                       "partitions are named by " + c->path() + ": " + text + ": --parts '" + text + "' uses them", c->extent_});
    }
}

const std::string& Node::banner(Context& cx) {
    // Kernels are smaller. A whole image is read for it no further than costs nothing beside its map.
    const u64 searched = u64{parent ? 128u : 16u} << 20;
    if (banner_) return banner_->first;
    banner_.emplace();
    if (format(cx) != &raw) return banner_->first;
    auto all = bytes(cx);
    auto kids = children(cx);
    if (!all || !kids) return banner_->first;
    auto look = [&](Extent where) {
        auto found = banner_in(all->view().subspan(where.offset, where.size));
        if (found) banner_ = {escape(found->text), {where.offset + found->where.offset, found->where.size}};
        return found.has_value();
    };
    u64 left = searched;
    if (kids->empty()) look({0, std::min<u64>(left, all->size())});
    for (auto& c : *kids) {
        if (c->kind != Kind::Region || c->format_ != &unknown) continue;
        const u64 size = std::min(left, c->extent_.size);
        if (look({c->extent_.offset, size}) || !(left -= size)) break;
    }
    return banner_->first;
}

void Node::name_banner(std::vector<Said>& out, Context& cx) {
    if (auto& text = banner(cx); !text.empty())
        out.push_back({findings::banner.severity, std::string(raw.id) + '.' + std::string(findings::banner.code), text, banner_->second});
}

std::vector<Said> Node::findings(Context& cx) {
    std::vector<Said> out;
    if (format(cx) == &raw) name_banner(out, cx);
    if (!parent && borders.empty() && format(cx) == &raw) name_partitions(out, cx);
    for (auto& b : broken()) {
        Extent where{b.claim.extent.offset - extent_.offset, std::min(b.claim.extent.size, extent_.end() - b.claim.extent.offset)};
        out.push_back({b.claim.broken->severity, std::string(b.format->id) + '.' + std::string(b.claim.broken->code),
                       std::string(b.claim.why) + ", so nothing proves it", where});
    }
    if (damage_ && parent)
        out.push_back({findings::not_decoded.severity, std::string(parent->format_->id) + '.' + std::string(findings::not_decoded.code),
                       damage_->message, damage_->where});
    if (!is_known(*format(cx))) return out;
    auto opened = item(cx);
    if (!opened) {
        out.push_back({findings::not_opened.severity, std::string(format_->id) + '.' + std::string(findings::not_opened.code),
                       opened.error().message});
        return out;
    }
    bool last = !parent || (kind == Kind::Part) || extent_.end() == parent->extent_.size;
    for (auto& f : (*opened)->layout.findings)
        if (f.when == Finding::When::Always || !last) out.push_back(said(*format_, f));
    compare_said((*opened)->layout, out, cx);
    return out;
}

}  // namespace fieldstrip
