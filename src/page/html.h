// Writes HTML. Whatever comes from an image goes through text() or an attribute's value: nothing of it can be markup.
#pragma once
#include <initializer_list>

#include "base/base.h"

namespace fieldstrip::page {

class Html {
  public:
    struct Attribute {
        std::string_view name;
        std::string value;
    };
    /// <tag name="value">; the tag and the names are ours.
    Html& open(std::string_view tag, std::initializer_list<Attribute> = {});
    Html& close();  // the innermost one
    /// Bytes of any origin: markup is escaped; controls, what is no UTF-8 and what turns the order of letters is \xNN.
    Html& text(std::string_view);
    /// open, text, close
    Html& element(std::string_view tag, std::string_view bytes, std::initializer_list<Attribute> = {});
    /// One that has no inside: <input …>, <path …/>.
    Html& lone(std::string_view tag, std::initializer_list<Attribute>);
    /// Markup of our own, as it is.
    Html& ours(std::string_view markup);
    const std::string& done() const { return out_; }
    size_t size() const { return out_.size(); }

  private:
    void tag(std::string_view, std::initializer_list<Attribute>);
    std::string out_;
    std::vector<std::string> stack_;
};

/// As text() writes it.
std::string escaped(std::string_view);
/// 3 decimals, as SVG takes them.
std::string number(double);

}  // namespace fieldstrip::page
