// What is wrong, what an auditor wants to see first, what the image is made of.
#include <map>

#include "base/text.h"
#include "page/sections.h"

namespace fieldstrip::page {
namespace {

constexpr size_t kMostRows = 1000;

std::string_view words(Concern::Kind k) {
    using enum Concern::Kind;
    switch (k) {
        case PrivateKey: return "Private keys";
        case Certificate: return "Certificates";
        case PasswordHash: return "Password hashes";
        case DefaultAccount: return "Accounts";
        case SetId: return "Set-id files";
        case StartScript: return "Start scripts";
        case Service: return "Network services";
        case WorldWritable: return "Files that anybody may write to";
        case AuthorizedKey: return "Keys that may log in";
        case Secret: return "Passwords in configuration";
    }
    return "Others";
}

}  // namespace

void findings_section(Html& h, const Outline& o) {
    struct Row {
        Severity severity;
        std::string path, code, message;
    };
    std::vector<Row> rows;
    for (auto& [path, said] : o.errors) rows.push_back({said.severity, path, said.code, said.message});
    for (auto& n : o.nodes) {
        for (auto& s : n.findings)
            if (std::none_of(rows.begin(), rows.end(),
                             [&](auto& r) { return r.path == n.path && r.code == s.code && r.message == s.message; }))
                rows.push_back({s.severity, n.path, s.code, s.message});
        if (rows.size() > kMostRows) break;
    }
    std::stable_sort(rows.begin(), rows.end(), [](auto& a, auto& b) { return int(a.severity) > int(b.severity); });
    h.ours(R"(<section id="findings"><h2>Findings</h2>)");
    if (rows.empty()) h.element("p", "Nothing to say.");
    h.open("ul", {{"class", "findings"}});
    for (auto& r : rows) {
        auto name = std::string(severity_name(r.severity));
        h.open("li", {{"class", "said " + name}}).element("b", name).text(": " + r.message + " ");
        h.element("span", r.code, {{"class", "quiet"}}).text(" ");
        path_link(h, o, r.path);
        h.close();
    }
    h.close().ours("</section>\n");
}

void audit_section(Html& h, const Inventory& i) {
    h.ours(R"(<section id="audit"><h2>What to look at first</h2>)");
    if (i.concerns.empty()) h.element("p", "No keys, certificates, passwords, set-id files or services were found.");
    std::map<Concern::Kind, std::vector<const Concern*>> groups;
    for (auto& c : i.concerns) groups[c.kind].push_back(&c);
    for (auto& [kind, all] : groups) {
        const bool heavy = std::any_of(all.begin(), all.end(), [](auto* c) { return c->weight != Severity::Note; });
        h.ours(heavy ? "<details open>" : "<details>")
            .open("summary")
            .text(std::string(words(kind)) + ": " + std::to_string(all.size()))
            .close();
        h.open("ul");
        for (size_t k = 0; k < std::min(all.size(), kMostRows); k++) {
            auto& c = *all[k];
            h.open("li", {{"class", "said " + std::string(severity_name(c.weight))}}).text(c.what + " ");
            h.element("span", c.evidence.path + " at " + hex_number(c.evidence.offset), {{"class", "path quiet"}}).close();
        }
        h.close();
        if (all.size() > kMostRows) h.element("p", "and " + std::to_string(all.size() - kMostRows) + " more", {{"class", "quiet"}});
        h.ours("</details>\n");
    }
    h.ours("</section>\n");
}

void components_section(Html& h, const Inventory& i) {
    if (i.components.empty()) return;
    h.ours(R"(<section id="components"><h2>What it is made of</h2>)");
    h.open("details")
        .open("summary")
        .text(std::to_string(i.components.size()) + (i.components.size() == 1 ? " component" : " components"))
        .close();
    open_table(h, "components", {"name", "version", "kind", "told by", "seen at"});
    for (size_t k = 0; k < std::min(i.components.size(), kMostRows); k++) {
        auto& c = i.components[k];
        h.open("tr")
            .element("td", c.name)
            .element("td", c.version)
            .element("td", name_of(c.kind))
            .element("td", c.source)
            .open("td", {{"class", "path"}});
        if (!c.evidence.empty()) h.text(c.evidence[0].path + " at " + hex_number(c.evidence[0].offset));
        if (c.evidence.size() > 1) h.text(" and " + std::to_string(c.evidence.size() - 1) + " more");
        h.close().close();
    }
    close_table(h);
    if (i.components.size() > kMostRows)
        h.element("p", "and " + std::to_string(i.components.size() - kMostRows) + " more: report --sbom lists them", {{"class", "quiet"}});
    h.close().ours("</section>\n");
}

}  // namespace fieldstrip::page
