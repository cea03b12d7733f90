// How much of an entry is there.
#pragma once
#include "engine/tree.h"

namespace fieldstrip {

struct EntryState {
    enum State {
        Intact,  // every byte was read and no check on them failed
        Partial,
        Gone  // no byte could be read
    } state = Intact;
    u64 size = 0;             // bytes delivered
    std::string why = {};     // of the first thing that is wrong
    std::string sha256 = {};  // where it was asked for: of the bytes as delivered, zeros where they are lost
    Lost lost = {};           // ranges of the content
};
inline std::string_view name_of_state(EntryState::State s) {
    return s == EntryState::Intact ? "intact" : s == EntryState::Partial ? "partial" : "lost";
}

/// Reads the file: all of its bytes. `sink` (may be empty) gets them.
EntryState state_of(const Item& file_system, const Entry&, bool digest, Context&, const Sink& sink = {});
EntryState state_of(Node& file_system, const Entry&, bool digest, Context&, const Sink& sink = {});

}  // namespace fieldstrip
