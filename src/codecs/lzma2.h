// LZMA2 with the filters that may stand before it: the raw block that xz carries. Decoder and encoder are liblzma's, the walk over chunks
// is ours.
#pragma once
#include "model/context.h"

namespace fieldstrip::lzma2 {

constexpr u64 kDelta = 0x03, kLzma2 = 0x21;

/// One filter as a block header says it, its properties as they are stored.
struct Filter {
    u64 id = 0;
    Bytes properties = {};
    bool operator==(const Filter&) const = default;
};
/// In the order of encoding, at most 4, LZMA2 last (and nowhere else).
using Chain = std::vector<Filter>;

/// "arm"; "" for what has no name here. xz's own words.
std::string_view name_of(u64 id);
std::optional<u64> id_of(std::string_view name);
/// The size that a dictionary byte says; nothing above 40.
std::optional<u32> dictionary_of(u8 code);
/// The byte of the smallest dictionary that is not smaller.
u8 code_of(u32 dictionary);

/// What the chunk headers say, without decoding.
struct Chunks {
    u64 size = 0;                  // bytes of whole chunks, the end byte among them
    u64 content = 0;               // what they decode to; of one that is cut: what it would
    u64 coded = 0;                 // of that, what is not stored as it is
    u64 count = 0;                 // chunks whose headers are there
    bool ended = false;            // the end byte was met
    bool cut = false;              // the bytes end first
    bool stored = true;            // all are, as they are
    std::optional<u8> properties;  // lc, lp, pb of the first chunk that is compressed, as it stores them
    bool one_kind = true;          // later ones have the same
};
/// Reads up to the end, or to the first chunk behind `enough` bytes or `enough_content` of content, or `most` chunks.
Chunks walk(ByteView, u64 enough = kUnbounded, u64 enough_content = kUnbounded, u64 most = kUnbounded);

/// Where bytes go; false when no more are wanted.
using Out = std::function<bool(ByteView)>;

/// Decodes one block. `content`: more than so much can't come out of it (the chunk headers say so), which bounds the dictionary.
/// Damaged: it is none, or does not end with the last byte of `payload`; what came before was delivered. Spends `decoded`.
Result<void> decode(ByteView payload, const Chain&, u64 content, const Out&, Context&);

/// In a preset: what -e adds to a level.
constexpr u32 kExtreme = u32{1} << 31;
/// What an encoder is told. `preset` is liblzma's (0 … 9, or with LZMA_PRESET_EXTREME): match finder, its depth, nice length, mode.
struct Params {
    u32 preset = 6;
    u32 lc = 3, lp = 0, pb = 2;
    u32 nice = 0;       // 5 … 273: a match that is so long is taken; 0: the preset's
    u8 finder = 0;      // of matches, as liblzma numbers them; 0: the preset's
    bool fast = false;  // the greedy parser, whatever the preset says
    bool operator==(const Params&) const = default;
};
/// lc, lp and pb out of a chunk's properties byte; false where it is not one that LZMA2 allows.
bool set_properties(Params&, u8);
/// "bt4", and back.
std::string_view name_of_finder(u8);
std::optional<u8> finder_of(std::string_view name);
/// What people tell xz besides a preset, the likely first; lc, lp and pb are left as they are.
std::vector<Params> single_options(const Params&);
/// "6", "4e", and back.
std::string name_of_preset(u32);
std::optional<u32> preset_of(std::string_view);
/// The presets that differ in more than the dictionary, those first that make this dictionary by default.
std::vector<u32> presets_for(u32 dictionary);
/// What xz -N calls this: the level with that dictionary and the same encoder. Nothing where none has both.
std::optional<u32> level_of(u32 preset, u32 dictionary);

/// What an encoder takes, in bytes; kUnbounded where there is none.
u64 encoder_memory(const Chain&, const Params&);

/// While there is one, encoders' tables are kept for the next encoder: for who tries many. They are of content's size and the dictionary's.
class KeptTables {
  public:
    KeptTables();
    ~KeptTables();
    KeptTables(const KeptTables&) = delete;
    KeptTables& operator=(const KeptTables&) = delete;
};

/// Encodes one block. The dictionary is that of the chain; a smaller one where memory does not allow it and `content` needs none so large.
class Encoder {
  public:
    Encoder(const Chain&, const Params&, u64 content, Out, Context&);
    ~Encoder();
    Encoder(const Encoder&) = delete;
    Encoder& operator=(const Encoder&) = delete;
    /// False once it goes no further: an error (that finish() tells), or `Out` wants no more. All that comes out before finish() is final.
    bool feed(ByteView);
    Result<void> finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The chunks of content that is stored as it is, as liblzma writes what LZMA makes no smaller.
Bytes store_plainly(ByteView content);

/// False where these parameters do not make that block, seen by its first few thousand bytes. With a `dictionary` smaller than the chain's
/// it costs less memory and is nearly always right (who is turned down wrongly is to be asked again with the chain's); else it is right.
bool may_make(ByteView payload, ByteView content, const Chain&, const Params&, u32 dictionary, Context&);

/// How many chunks must be encoded to see by which parameters a block was made, and whether they tell: of what is stored as it is, or so
/// nearly noise that it has few matches, more are needed. At most so many bytes, packed and unpacked, but for the last chunk.
struct Telling {
    Chunks chunks;
    bool tells;
};
Telling telling(ByteView payload, u64 packed, u64 content);

/// Whether these parameters make `payload` of `content`. `whole`: the content is all of the block's, else its beginning, and the payload's
/// beginning is compared: the first chunk, if the content is that one's, else all chunks but the last. `dictionary`: as
/// for may_make(), but not smaller than `content`.
Result<bool> makes(ByteView payload, ByteView content, bool whole, u64 content_size, const Chain&, const Params&, u32 dictionary, Context&);

}  // namespace fieldstrip::lzma2
