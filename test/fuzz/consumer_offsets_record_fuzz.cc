#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "coordinator/group_records.h"

// Records of the offsets topic: any bytes are read as a key or a value without overrun, and what
// was understood is the same after it has been written again.
namespace polylog::coordinator {
namespace {

bool same(const base::Slice& a, const base::Slice& b) {
    return std::ranges::equal(a.bytes(), b.bytes());
}

void read_key(base::Bytes bytes) {
    const auto key = decode_key(bytes);
    if (!key) return;
    if (const auto* offset = std::get_if<OffsetKey>(&*key)) {
        const base::Slice written = encode_key(*offset);
        const auto again = decode_key(written.bytes());
        CHECK(again && same(encode_key(std::get<OffsetKey>(*again)), written));
    } else if (const auto* group = std::get_if<GroupKey>(&*key)) {
        const auto again = decode_key(encode_key(*group).bytes());
        CHECK(again && std::get<GroupKey>(*again).group_id == group->group_id);
    }
}

void read_offset(base::Bytes bytes) {
    const auto offset = decode_offset(bytes);
    if (!offset || offset->metadata.size() > INT16_MAX) return;
    const base::Slice written = encode_value(*offset);
    const auto again = decode_offset(written.bytes());
    CHECK(again && again->offset == offset->offset && again->metadata == offset->metadata);
    CHECK(same(encode_value(*again), written));
}

// Flexible versions have room for longer strings than are written.
bool fits(const StoredGroup& group) {
    const auto fit = [](std::string_view text) { return text.size() <= INT16_MAX; };
    return fit(group.protocol_type) && fit(group.protocol_name.value_or("")) &&
           fit(group.leader_id.value_or("")) &&
           std::ranges::all_of(group.members, [&](const StoredMember& member) {
               return fit(member.member_id) && fit(member.instance_id.value_or("")) &&
                      fit(member.client_id) && fit(member.client_host);
           });
}

void read_group(base::Bytes bytes) {
    const auto group = decode_group(bytes);
    if (!group) return;
    // Every member has its own bytes: a count alone makes none.
    CHECK(group->members.size() <= bytes.size());
    if (!fits(*group)) return;
    const base::Slice written = encode_value(*group);
    const auto again = decode_group(written.bytes());
    CHECK(again && again->members.size() == group->members.size());
    CHECK(same(encode_value(*again), written));
}

}  // namespace
}  // namespace polylog::coordinator

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const polylog::base::Bytes bytes(reinterpret_cast<const std::byte*>(data), size);
    polylog::coordinator::read_key(bytes);
    polylog::coordinator::read_offset(bytes);
    polylog::coordinator::read_group(bytes);
    return 0;
}
