#include "formats/squashfs/xattrs.h"

namespace fieldstrip::squashfs {
namespace {

/// One list; reads straight down and is checked at each step.
class ListReader {
  public:
    ListReader(const Packing& p, const Attributes& a, Context& cx) : p_(p), a_(a), cx_(cx) {}

    Result<std::optional<AttributeList>> run(const XattrList& list) {
        AttributeList out;
        auto at = a_.values.find(a_.header.start, list.place);
        if (!at || list.count > a_.values.plain.size() / 8) return std::nullopt;
        auto here = *at;
        for (u32 i = 0; i < list.count; i++) {
            auto head = a_.values.get(here, 4);
            if (!head) return std::nullopt;
            u16 type = u16(load(*head, 2, p_.endian));
            u64 length = load(head->subspan(2), 2, p_.endian), prefix = type & 0xFF;
            auto name = a_.values.get(here + 4, length);
            if (!name || prefix >= std::size(kPrefixes)) return std::nullopt;
            Attribute a{.name = std::string(kPrefixes[prefix]) + std::string(as_text(*name)), .out_of_line = (type & kOutOfLine) != 0};
            here += 4 + length;
            auto value = get_value(here);
            if (!value) return std::nullopt;
            here += 4 + value->size();
            if (a.out_of_line) {
                auto place = value->size() == 8 ? a_.values.find(a_.header.start, load(*value, 8, p_.endian)) : std::nullopt;
                value = place ? get_value(*place) : std::nullopt;
                if (!value) return std::nullopt;
            }
            TRY_VOID(cx_.spend(&Limits::decoded, value->size()));
            a.value.assign(value->begin(), value->end());
            out.push_back(std::move(a));
        }
        return out;
    }

  private:
    std::optional<ByteView> get_value(u64 at) const {
        auto size = a_.values.get(at, 4);
        return size ? a_.values.get(at + 4, load(*size, 4, p_.endian)) : std::nullopt;
    }
    const Packing& p_;
    const Attributes& a_;
    Context& cx_;
};

}  // namespace

Result<Attributes> read_attributes(const Packing& p, u64 at, Context& cx) {
    Attributes out;
    auto wrong = [&](const char* why) { return fail(Error::Kind::Damaged, why, {std::min<u64>(at, p.bytes.size()), 0}); };
    if (at > p.bytes.size() || p.bytes.size() - at < XattrHeader::kSize) return wrong("the attributes lie outside");
    out.header = *read_record<XattrHeader>(p.bytes.subspan(at), p.endian);
    if (out.header.start > at) return wrong("the attributes' values lie behind their table");
    const u64 size = XattrList::kSize * out.header.count;
    out.lists = TRY(read_listed(p, at + XattrHeader::kSize, size, cx));
    u64 end = size ? load(p.bytes.subspan(at + XattrHeader::kSize, 8), 8, p.endian) : at;
    if (end < out.header.start || end > at) return wrong("the attributes' lists lie before their values");
    out.values = TRY(read_chain(p, {out.header.start, end - out.header.start}, cx));
    ListReader reader(p, out, cx);
    for (u64 i = 0; i < out.header.count; i++) {
        auto entry = out.lists.get(i * XattrList::kSize, XattrList::kSize);
        out.places.push_back(entry ? *read_record<XattrList>(*entry, p.endian) : XattrList{});
        out.all.push_back(entry ? TRY(reader.run(out.places.back())) : std::nullopt);
    }
    return out;
}

}  // namespace fieldstrip::squashfs
