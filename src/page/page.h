// The report: one page of HTML that stands alone. It loads nothing, runs only its own script, and shows nothing of an image unescaped.
#pragma once
#include "engine/tree.h"
#include "look/differ.h"
#include "look/inventory.h"

namespace fieldstrip::page {

/// What the page is about; `node` is what is shown, a whole image or what lies in one.
struct Subject {
    std::string name;  // of the file
    Node& node;
    std::string version;  // of this program
    // What it is held against, where it is, and what differs.
    std::string before = {};
    const Difference* difference = nullptr;
};

struct Report {
    std::string html;
    Inventory inventory;
};
/// The page, and the inventory that is on it. Verifies and reads all, the one beside the other.
Result<Report> report(const Subject&, Context&);

}  // namespace fieldstrip::page
