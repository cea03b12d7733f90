// The headers of a member, from what an entry says and what was kept of it.
#pragma once
#include "formats/tar/style.h"

namespace fieldstrip::tar {

/// What 'g' said of all that follow.
using Globals = std::map<std::string, std::string, std::less<>>;
void add_globals(Globals&, ByteView space, const Member&);

/// What became of an entry in the archive.
struct Role {
    std::optional<std::string> hard = {};  // the name of what it is a hard link of
    const Sparse* sparse = nullptr;
    u64 size = 0;  // of the data, a map before it too
};

/// "etc/passwd: why"; of the root "the root: why".
std::unexpected<Error> refuse(const Entry&, std::string_view why);

/// What a header says by itself, its prefix before it.
std::string name_in(ByteView block);
/// As the archive spells it.
std::string name_of(const Entry&, const Keep&, const Style&);

class Head {
  public:
    Head(const Entry& e, const Keep& k, const Style& s, const Globals& g, const Role& r);
    /// All bytes before the data, as many blocks.
    Result<Bytes> bytes();
    /// Where each header of these bytes lies: its letter, 'h' its own.
    const std::vector<std::pair<char, u64>>& headers() const { return headers_; }
    /// The value of a record as it follows from the entry, the nth of that key; nothing where it does not.
    std::optional<std::string> derived(const std::string& key, size_t nth) const { return value_of({key, {}}, nth); }

  private:
    struct Number {
        Extent at;
        const Spelling& how;
        i64 value;
        const char* key;  // the record that says it too
    };
    bool asked(char type) const { return keep_.extensions && keep_.extensions->find(type) != std::string::npos; }
    bool has(std::string_view key) const { return records_.contains(key); }
    Result<void> collect();
    std::optional<std::string> value_of(const Key&, size_t nth) const;
    std::optional<std::string> say(std::string_view key) const;
    bool add(const char* key);
    Result<void> name();
    Result<void> numbers();
    Result<void> links();
    u8 type() const;
    void patch(std::span<u8> block, char header) const;
    void extension(Bytes& out, char type);
    void owner();

    const Entry& entry_;
    const Keep& keep_;
    const Style& style_;
    const Globals& globals_;
    const Role& role_;
    std::string magic_, name_, link_;
    bool may_long_, may_pax_;
    std::vector<Record> list_;  // of 'x', views into texts_ and keys
    std::map<std::string_view, size_t> records_;
    std::vector<std::unique_ptr<std::string>> texts_;
    bool long_name_ = false, long_link_ = false;
    Block block_ = {};
    std::vector<std::pair<char, u64>> headers_;
};

/// For Keep: how a header that was found differs from what we would write.
std::vector<Patch> differences(ByteView ours, ByteView theirs, char header);

}  // namespace fieldstrip::tar
