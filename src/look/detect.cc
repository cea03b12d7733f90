#include <cstdlib>

#include "look/accounts.h"
#include "look/keys.h"
#include "look/needles.h"
#include "look/packages.h"
#include "look/versions.h"

namespace fieldstrip {
namespace {

const Needles& all_needles() {
    static const Needles needles([] {
        auto all = VersionFinder::needles();
        all.insert(all.end(), KeyFinder::needles().begin(), KeyFinder::needles().end());
        return all;
    }());
    return needles;
}

}  // namespace

void Found::add(Found more) {
    for (auto& c : more.components) components.push_back(std::move(c));
    for (auto& c : more.concerns) concerns.push_back(std::move(c));
    if (!more.distribution.empty()) distribution = std::move(more.distribution);
}

void each_line(std::string_view text, const std::function<bool(std::string_view, u64)>& f) {
    for (u64 at = 0; at < text.size();) {
        auto end = std::min(text.find('\n', at), text.size());
        auto line = text.substr(at, end - at);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!f(line, at)) return;
        at = end + 1;
    }
}

std::string_view trimmed(std::string_view s) {
    auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
    while (!s.empty() && blank(s.front())) s.remove_prefix(1);
    while (!s.empty() && blank(s.back())) s.remove_suffix(1);
    return s;
}

std::string excerpt(std::string_view s, size_t most) {
    auto end = s.substr(0, most).find_first_of(std::string_view("\0\n\r", 3));
    return std::string(s.substr(0, std::min(end, most)));
}

void detect(const Space& s, i64 now, Found& out) {
    const size_t versions = VersionFinder::needles().size();
    VersionFinder finder(s);
    KeyFinder keys(s, now);
    auto take = [&](size_t which, u64 at) { which < versions ? finder.hit(which, at) : keys.hit(which - versions, at, out); };
    all_needles().find(s.bytes, take, s.keeper);
    finder.done(out);
    keys.done(out);
    if (s.name.empty()) return;
    find_packages(s, out);
    find_accounts(s, out);
    find_services(s, out);
}

}  // namespace fieldstrip
