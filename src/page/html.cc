#include "page/html.h"

#include "base/text.h"

namespace fieldstrip::page {

std::string escaped(std::string_view bytes) {
    std::string out;
    for (char c : escape(bytes)) switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out += c;
        }
    return out;
}

std::string number(double v) {
    char text[48];
    std::snprintf(text, sizeof text, "%.3f", v);
    std::string out = text;
    out.erase(out.find_last_not_of('0') + 1);
    if (out.ends_with('.')) out.pop_back();
    return out;
}

void Html::tag(std::string_view name, std::initializer_list<Attribute> all) {
    out_ += '<';
    out_ += name;
    for (auto& a : all) {
        out_ += ' ';
        out_ += a.name;
        out_ += "=\"" + escaped(a.value) + '"';
    }
}

Html& Html::open(std::string_view name, std::initializer_list<Attribute> all) {
    tag(name, all);
    out_ += '>';
    stack_.emplace_back(name);
    return *this;
}

Html& Html::close() {
    out_ += "</" + stack_.back() + ">";
    // A line may end behind these without being seen.
    if (auto& t = stack_.back(); t == "tr" || t == "p" || t == "li" || t == "section" || t == "details" || t == "h2" || t == "a")
        out_ += '\n';
    stack_.pop_back();
    return *this;
}

Html& Html::text(std::string_view bytes) {
    out_ += escaped(bytes);
    return *this;
}

Html& Html::element(std::string_view tag, std::string_view bytes, std::initializer_list<Attribute> all) {
    return open(tag, all).text(bytes).close();
}

Html& Html::lone(std::string_view name, std::initializer_list<Attribute> all) {
    tag(name, all);
    out_ += "/>";
    return *this;
}

Html& Html::ours(std::string_view markup) {
    out_ += markup;
    return *this;
}

}  // namespace fieldstrip::page
