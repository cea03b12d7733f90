// How an xz file was made: the recipe as a value.
#pragma once
#include "formats/xz/stream.h"

namespace fieldstrip::xz {

struct StreamPlan {
    u8 check = 4;
    std::vector<u64> sizes = {};    // of its blocks' contents
    std::vector<u64> headers = {};  // the sizes of their headers; empty: as small as they can be
    std::vector<u64> stored =
        {};  // 1: stored as liblzma does what does not get smaller (chain: LZMA2 alone, the smallest dictionary); empty: none
    bool says_compressed = false, says_content = false;
    lzma2::Chain chain = {{lzma2::kLzma2, {lzma2::code_of(8 << 20)}}};
    lzma2::Params params = {};
    u64 padding = 0;
    u32 dictionary() const { return lzma2::dictionary_of(chain.back().properties[0]).value_or(0); }
};
struct Plan {
    std::vector<StreamPlan> streams;
    bool exact = true;
};

constexpr size_t kMostStreams = 1000;  // that a recipe describes

/// What a filter is called in a recipe and how it is told: "arm", "arm:start=4096", "delta:dist=4".
std::string filter_words(const lzma2::Filter&);

Recipe to_recipe(const Plan&);
Result<Plan> from_recipe(const Recipe&);
/// With other parameters of LZMA, which each reader takes: two to try.
std::vector<Recipe> denser(const Recipe&);
/// The header of the block with number i.
BlockHeader header_of(const StreamPlan&, size_t i, u64 compressed, u64 content);

/// Finds it, by encoding some of the content again.
Result<Plan> find_plan(ByteView, const File&, Context&);

Result<Rope> make(const Recipe&, std::span<const Rope> contents, Context&);
std::string made_by(const Recipe&);

}  // namespace fieldstrip::xz
