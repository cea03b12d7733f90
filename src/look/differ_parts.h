// The parts of the differ: nodes, layouts, tiles, entries; internal to it.
#pragma once
#include "engine/mapper.h"
#include "look/differ.h"
#include "look/entry_match.h"
#include "model/banner.h"

namespace fieldstrip::look {

/// Options of a kernel's configuration that are not the same; nothing where one of the texts is none.
std::optional<std::vector<ValueChange>> options_changed(std::string_view a, std::string_view b);

class Differ {
  public:
    explicit Differ(Context& cx) : cx_(cx) {}
    /// Of two whose bytes are not the same.
    Result<void> compare(Node& a, Node& b, Delta& out);
    /// Of folders of two file systems ("": all of it).
    Result<void> folders(Node& a, const std::string& folder_a, Node& b, const std::string& folder_b, Delta& out);

  private:
    // differ.cc
    Result<void> nodes(Node& a, Node& b, Delta& out);
    void describe(Node& a, Node& b, Delta& out);
    Delta alone(Node&, bool second);
    Result<bool> repacked(Node& a, Node& b, Delta& out);
    Result<bool> beside(Node& a, Node& b, Delta& out);
    bool plain(ByteView a, ByteView b, Delta& out);
    void leaf(ByteView a, ByteView b, Delta& out);
    void banners(Node& a, Node& b, Delta& out);
    // differ_items.cc: two of one format
    Result<void> items(Node& a, Node& b, Delta& out);
    Result<bool> children(Node& a, Node& b, bool only_shown, Delta& out);
    Result<bool> child(Node& a, Node& b, Delta& out);
    // differ_tiles.cc: two spaces with regions in them
    Result<void> tiles(Node& a, Node& b, Delta& out);
    // differ_entries.cc: two file systems
    Result<bool> entries(Node& a, Node& b, Delta& out, const std::string& folder_a = {}, const std::string& folder_b = {});
    Result<EntryMatch> matched(Node& a, const std::string& folder_a, Node& b, const std::string& folder_b);
    Result<bool> same_content(Node& a, size_t i, Node& b, size_t j);
    Result<void> entry(Node& a, Node& b, const EntryPair&, Delta& out);

    Context& cx_;
    u64 work_ = u64{1} << 29;         // steps of comparing texts
    size_t lines_ = size_t{1} << 18;  // of texts that are kept
    u64 strings_ = u64{128} << 20;    // bytes that strings are looked for in
};

}  // namespace fieldstrip::look
