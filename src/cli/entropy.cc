#include "cli/entropy.h"

#include "base/text.h"
#include "cli/text.h"
#include "look/hints.h"

namespace fieldstrip::cli {
namespace {

constexpr size_t kPoints = 16;
constexpr size_t kSaying = 512;

std::string decimal(double v, int digits) {
    char text[32];
    std::snprintf(text, sizeof text, "%.*f", digits, v);
    return text;
}

std::string column(ByteView bytes) {
    static constexpr std::string_view kHeights[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    if (bytes.empty()) return std::string(kEntropyColumn, ' ');
    std::string out;
    for (float e : entropy_curve(bytes, kPoints)) out += kHeights[std::clamp(int(e), 0, 7)];
    return padded(padded(out, kPoints) + "  " + decimal(entropy_of(bytes), 2), kEntropyColumn);
}

/// What is told by its bytes alone: what no format owns, not in it either. Padding says all itself.
bool is_nobodys(Node& n, Context& cx) {
    auto* f = n.format(cx);
    if (is_known(*f) || f == &padding) return false;
    if (f != &raw) return true;
    auto kids = n.children(cx);
    return kids && std::none_of(kids->begin(), kids->end(), [&](auto& c) { return is_known(*c->format(cx)); });
}

}  // namespace

std::string entropy_column(Node& n, Context& cx) {
    auto bytes = n.bytes(cx);
    return column(bytes ? bytes->view() : ByteView());
}

std::string entropy_column(Node& n, Extent e, Context& cx) {
    auto bytes = n.bytes(cx);
    return column(bytes && e.end() <= bytes->size() ? bytes->slice(e).view() : ByteView());
}

std::string likeness_words(Node& n, std::vector<std::string>& hints, Context& cx, bool comma) {
    if (!is_nobodys(n, cx)) return "";
    auto bytes = n.bytes(cx);
    if (!bytes || !bytes->size()) return "";
    auto likeness = likeness_of(bytes->view());
    for (auto& h : hints_for(bytes->view(), likeness)) hints.push_back(h.what);
    auto words = words_for(likeness);
    if (likeness.kind == Likeness::Kind::Data && bytes->size() < kSaying) return "";  // of so few bytes that says nothing
    return (comma ? ", looks like " : "looks like ") + words;
}

void json_entropy(JsonWriter& j, Node& n, Context& cx) {
    auto bytes = n.bytes(cx);
    if (!bytes || !bytes->size()) return;
    auto view = bytes->view();
    j.decimal("entropy", entropy_of(view), 3).key("entropy_curve").array();
    for (float e : entropy_curve(view, kPoints)) j.decimal(e, 2);
    j.end();
    if (!is_nobodys(n, cx)) return;
    auto l = likeness_of(view);
    j.key("likeness").object().text("kind", name_of(l.kind));
    if (!l.isa.empty()) j.text("isa", l.isa);
    j.decimal("chi_square", l.chi_square, 1).decimal("confidence", l.confidence, 2).decimal("share", l.share, 2).end();
    j.key("hints").array();
    for (auto& h : hints_for(view, l)) {
        j.object().text("hint", name_of(h.kind)).text("what", h.what).decimal("confidence", h.confidence, 2);
        if (h.kind == Hint::Kind::Xor) j.text("key", hex(h.key));
        if (h.kind == Hint::Kind::Base) j.number("base", h.base);
        j.end();
    }
    j.end();
}

}  // namespace fieldstrip::cli
