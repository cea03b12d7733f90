// The tree of nodes: what is where, made as far as somebody asks.
#pragma once
#include "engine/entries.h"
#include "engine/mapper.h"

namespace fieldstrip {

/// A finding with where it was made: code with its format before it ("uimage.cut").
struct Said {
    Severity severity;
    std::string code, message;
    Extent where{};  // in the node's bytes
};

/// A run of bytes with one format, and what is in it. Children lie in the parent's space: slices of its bytes, or a content of its own.
class Node {
  public:
    enum class Kind {
        Region,
        Part,
        Content,
        Entry  // of a file system: a file's bytes
    };
    Node(Kind, std::string name, Extent, const Format*, Node* parent, size_t index);
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    const Kind kind;
    const std::string name;
    Node* const parent;
    const size_t index;  // of the piece, the content, the entry

    std::string path() const;  // "/" for the root
    u64 depth() const;
    Extent extent() const { return extent_; }  // in the parent's space; of contents the size only, once they are decoded
    /// The absolute offset in the image; none inside of decoded bytes.
    std::optional<u64> at() const;
    u8 pad() const { return tile_.pad; }  // padding
    std::string_view why() const { return tile_.why; }
    std::span<const Broken> broken() const { return tile_.broken; }

    // All made when first asked for, then kept. One thread grows a tree; formats use the others inside of decode and verify.
    const Format* format(Context&);  // raw, padding and unknown are formats too
    /// Of a content that could not be decoded whole: what could be, zeros where something is lost.
    Result<Buffer> bytes(Context&);
    bool has_bytes() const { return bytes_.has_value(); }  // and gives them without more ado
    /// Why bytes() is not whole; only said once they were asked for.
    const std::optional<Error>& damage() const { return damage_; }
    Result<const Item*> item(Context&);  // of known formats only
    /// The same for whoever needs it when the node has forgotten it.
    Result<std::shared_ptr<const Item>> kept_item(Context&);
    /// What a broken claim says about itself: the item over all its bytes, beyond this node's too.
    Result<Item> broken_item(const Broken&, Context&);
    Result<std::span<const std::unique_ptr<Node>>> children(Context&);
    bool is_leaf(Context&);  // nothing inside
    /// The node at a path; an error that says what stands there where an entry is no file.
    Result<Node*> find(std::string_view path, Context&);
    /// As far as there are nodes: a file system leaves in `rest` what no file of it begins, and all behind it where not `into_files`. ""
    /// when all of the path is a node.
    Result<Node*> walk(std::string_view path, std::string& rest, Context&, bool into_files = true);
    /// Of a file system: null where it is none.
    Result<const EntryList*> entries(Context&);
    /// The node of the content of file `i`, that of the first of its hard links.
    Result<Node*> entry(size_t i, Context&);
    /// Whether a map shows it: an entry only where something was found in it.
    bool is_shown(Context&);
    /// Of a raw one: by what name its bytes call themselves, where no format owns them; "" where they don't.
    const std::string& banner(Context&);
    /// What is to be said of it without decoding anything for it.
    std::vector<Said> findings(Context&);
    /// The candidates in its space that became no region, with the reason; maps the space once more. `within`: as Trail::within.
    Result<Trail> rejected(Context&, Extent within = {});
    /// Decodes a content, reads an entry anew while `checks` hears of its checks; the bytes are kept.
    Result<void> decode(const CheckSink& checks, Context&);
    /// What an entry is, by its bytes, which somebody has read whole and which are not kept. From any thread, one for each entry, when its
    /// parent has its children.
    void look_into(const Buffer& bytes, Context&);
    /// These are what bytes() gives, until forget().
    void keep(const Buffer& bytes);
    /// Drops what was made: for walks over big trees that are done with a part.
    void forget();

    /// Partition borders; of the root only.
    std::vector<u64> borders;

  private:
    friend std::unique_ptr<Node> open_image(Buffer, std::vector<u64>);
    void look(Context&);
    Node& add(Kind, std::string, Extent, size_t index, const Format*);
    void tiles_as_children(const std::vector<Tile>&, Context&);
    Result<void> entries_as_children(Context&);
    Result<std::optional<Buffer>> stored_bytes(Context&);
    void compare_said(const Layout&, std::vector<Said>&, Context&);
    void name_partitions(std::vector<Said>&, Context&);
    void name_banner(std::vector<Said>&, Context&);
    Extent extent_;
    const Format* format_;
    Tile tile_{};
    bool looked_ = false;  // whether its format is known: a part, a content must be looked into for it
    std::optional<Buffer> bytes_;
    std::optional<Error> damage_;
    std::shared_ptr<const Item> item_;
    std::vector<Tile> tiles_;  // of a raw one
    std::optional<std::vector<std::unique_ptr<Node>>> children_;
    std::optional<EntryList> entries_;
    bool counted_ = false;  // its entries, by the limit
    std::optional<std::pair<std::string, Extent>> banner_;
    std::vector<u32> entry_child_;  // by entry: which child its file is
};

/// The root: an image, tiled from `borders` to border.
std::unique_ptr<Node> open_image(Buffer, std::vector<u64> borders = {});
/// "00210000.squashfs"
std::string region_name(u64 offset, std::string_view format);

namespace findings {
/// Those that any format may have; of the engine's making.
extern std::span<const FindingKind* const> of_engine;
}  // namespace findings
/// What a plan says where something of a node is encoded again and its bytes ("blocks") will not be those that its maker's encoder made.
std::string no_encoder(const Format&, const std::string& path, std::string_view what, const Recipe&);

}  // namespace fieldstrip
