// What a format is, and the shapes of what one finds inside: parts (the layout), contents (Coded) and entries (FileSystem).
#pragma once
#include "base/rope.h"
#include "model/context.h"
#include "model/entry.h"
#include "model/layout.h"
#include "model/magic.h"
#include "model/recipe.h"

namespace fieldstrip {

/// Where decoded bytes go, in order; false when no more is wanted (a closed pipe, a comparison that failed).
using Sink = std::function<bool(ByteView)>;

/// What reading could not get: these extents of what was delivered are zeros. Empty: all is there. An Error means that nothing more comes.
using Lost = std::vector<Extent>;

/// What some bytes of an item are, beyond its layout.
struct Occupant {
    Extent extent;     // in the item's bytes
    std::string what;  // "data block 3", "header", "dirent, version 4"
    /// The path of the entry that it is of; none: of none.
    std::optional<std::string> entry = {};
    Extent within = {};  // the range of its content, where it is content
};

/// Two contents are equal where `how` is, and the bytes at `from` are: the encoded ones, of the same item each.
struct Origin {
    Bytes how;
    std::vector<Extent> from;
};

class Coded;
class FileSystem;

/// What is more than slices.
class Inside {
  public:
    Inside() = default;
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    virtual ~Inside() = default;
    /// Every check that is neither in the layout nor needs contents decoded. Streams: 100 000 are never all in memory.
    virtual Result<void> verify(const CheckSink&, Context&) const = 0;
    /// What the byte at `at` is part of: several where entries share it.
    virtual Result<std::vector<Occupant>> occupants(u64 /*at*/, Context&) const { return std::vector<Occupant>(); }
    virtual const Coded* coded() const { return nullptr; }
    virtual const FileSystem* files() const { return nullptr; }
};

/// Bytes that lie under an encoding or in scattered places. Most have one content (gzip, xz), some several (UBI's volumes).
class Coded : public Inside {
  public:
    const Coded* coded() const final { return this; }
    virtual std::vector<std::string> contents() const { return {"content"}; }
    /// How long that content may become.
    virtual u64 room(size_t) const { return kUnbounded; }
    /// Delivers the content. `checks` (may be empty) hears of each check on decoded bytes, on the way: nothing is decoded twice for it.
    virtual Result<Lost> decode(size_t which, const Sink&, const CheckSink& checks, Context&) const = 0;
    /// How it was made: found, not guessed. `exact` is "no" where nothing that we have makes these bytes. May encode a lot.
    virtual Result<Recipe> recipe(Context&) const = 0;
    /// The same as far as it shows without decoding all of the content, and what there is to add once that is done: for who does both side
    /// by side, and decodes nothing twice.
    virtual Result<Recipe> early_recipe(Context& cx) const { return recipe(cx); }
    virtual Result<void> settle(Recipe&, Context&) const { return {}; }
};

/// Names with something behind them.
class FileSystem : public Inside {
  public:
    const FileSystem* files() const final { return this; }
    virtual Holds holds() const { return {}; }
    /// All of them, in the format's own order; a path may stand twice (in archives the last one counts). What is damaged is left out or
    /// listed as far as it is known. Lists made of more than their own bytes (compressed ones) stop at Limits::nodes.
    virtual Result<std::vector<Entry>> entries(Context&) const = 0;
    /// Folders that can't be listed to their end: what else was in them is not among the entries.
    virtual Result<std::vector<std::string>> cut_folders(Context&) const { return std::vector<std::string>(); }
    /// Where in the item's bytes the content of a file lies as it is, in one piece; none where it is encoded, scattered or cut.
    virtual std::optional<Extent> stored(const Entry&) const { return {}; }
    /// What the content of a file follows from, where that can be compared with less work than reading it.
    virtual Result<std::optional<Origin>> origin(const Entry&, Context&) const { return std::nullopt; }
    /// Delivers the content of a file: entry.size bytes, zeros where it is lost. `checks` (may be empty) hears of each check on it, with
    /// Check::entry set.
    virtual Result<Lost> read(const Entry&, const Sink&, const CheckSink& checks, Context&) const = 0;
    /// How it was made as a whole: with the entries and their `keep` all that `build` needs.
    virtual Result<Recipe> recipe(Context&) const = 0;
    /// The tree that is wanted, with the fewest changed bytes: what is unchanged is copied as it lies. Error Unsupported where the format
    /// can't hold something, with the entry's path.
    virtual Result<Rope> rewrite(std::span<const Wanted>, const Terms&, Context&) const = 0;
};

/// A thing that was opened; immutable, so any number of threads may read it. Its layout tiles its bytes.
struct Item {
    std::string label;  // one line for people
    Layout layout;
    std::unique_ptr<Inside> inside = nullptr;
    /// Partitions that it names for the image that it lies in, as the kernel's command line writes them ("mtdparts=…"); "": none.
    std::string partitions = {};
    const Coded* coded() const { return inside ? inside->coded() : nullptr; }
    const FileSystem* files() const { return inside ? inside->files() : nullptr; }
};

/// A claim and its proof, counted: 8 bits for each byte that had to be what it is, what a value's range saves, 32 for a crc32 that holds
/// over bytes that are not all one value. The engine asks for more than log2(size of the space) + 20, and of two that overlap the better
/// proven wins.
struct Claim {
    Extent extent;  // in the space that was searched; may begin before the magic's place (GPT's backup, zip, footers)
    unsigned bits;
    std::string_view why;  // "header crc32 over 64 bytes"
    bool sound = true;     // false: one of its checks failed, or its end is cut; then the engine looks for better ones that overlap it
    /// It was one, but what proves it is wrong: no region. Its bytes are unknown, with this finding, and its failed checks are listed;
    /// extent is what the checks are over.
    const FindingKind* broken = nullptr;
};
/// Why not: allocates nothing, since most answers are no.
struct No {
    std::string_view why;
    Extent where = {};
};
using Answer = std::expected<Claim, No>;

/// Contents by index; those that are not given stay.
using Contents = std::map<size_t, Rope>;

/// The limit of a format whose content is not read: `formats` says so.
constexpr std::string_view kOpaque = "its content is not read yet: it is kept, checked and replaced as a whole";

constexpr u64 kFillerWithin = 64;

/// A format: no state, one instance each, found through the registry.
struct Format {
    std::string_view id, title;
    std::span<const Magic> magics = {};
    /// For what has no magic: appends the places in `range` (of the space) where one might begin. As fast as memory, from any thread. Asked
    /// of places with filler, three zeros or three bytes of 0xFF in a row, that begins or ends in their first kFillerWithin bytes.
    void (*find)(ByteView space, Extent range, std::vector<u64>& at) = nullptr;
    /// A first look at what a magic was found in, from where the format would begin to the end of the space: false where recognise would
    /// say no for bytes that lie within the next few hundred. From any thread, and nearly as cheap as comparing the magic was: code, tables
    /// and hostile images have magics by the million. Not asked at a space's begin: what is all of it
    /// needs less to prove it. Null: every magic is worth recognise.
    bool (*may_begin)(ByteView from) = nullptr;
    /// Of one magic that stands over and over, right behind itself, only the first is asked: recognise says no to the others.
    bool first_only = false;
    /// Does one begin at `at`? Where does it end, and what proves it? The space ends at the next border. Cheap until something speaks for
    /// it.
    Answer (*recognise)(ByteView space, u64 at, Context&);
    /// Opens one whose extent is known. Reads what its header says and no more.
    Result<Item> (*open)(const Buffer& bytes, Context&);
    /// The same, of bytes that are all of a sound claim: what recognise() decoded to see that they are need not be decoded again. Null:
    /// open.
    Result<Item> (*open_sound)(const Buffer& bytes, Context&) = nullptr;
    /// The whole from all contents and the recipe alone: the one way of encoding, for edits and for --rebuild-all. Null: it has none.
    Result<Rope> (*make)(const Recipe&, std::span<const Rope> contents, Context&) = nullptr;
    /// For a content that does not fit its place: other recipes for `make`, which every reader takes as well and which may make less of it,
    /// likeliest first; few, since each is tried.
    std::vector<Recipe> (*denser)(const Recipe&) = nullptr;
    /// The same content in exactly so many bytes, more than these, by what readers skip: for a part that must fill its place (Fit::Exact).
    /// Error Unsupported where it can't be done. Null: what must fill its place can't be of this format, unless it does by itself.
    Result<Rope> (*stretch)(const Rope&, u64 size) = nullptr;
    /// What `make` is, of a file system: from the recipe and the entries with their `keep`; each file has its content, nothing `was`.
    Result<Rope> (*build)(const Recipe&, std::span<const Wanted>, Context&) = nullptr;
    /// One line of how it was made, from the recipe: "xz -6 --check=crc32 --arm". With `make` or `build`.
    std::string (*made_by)(const Recipe&) = nullptr;
    std::span<const FindingKind> findings = {};
    // For `formats` and the documentation.
    std::span<const std::string_view> limits = {};  // what is not supported, a line each
    std::string_view source = {};                   // where its facts come from
};

}  // namespace fieldstrip
