#include "coordinator/group_records.h"

#include <gtest/gtest.h>

#include "test/coordinator/hex_bytes.h"

// The bytes are those of docs/formats/consumer-offsets.md; they must not change.
namespace polylog::coordinator {
namespace {

using base::ErrorCode;
using testing::compact_hex;
using testing::from_hex;
using testing::to_hex;

constexpr int64_t kTimeMs = 1'700'000'000'000;

constexpr char kOffsetKey[] = "0001 0002 6731 0006 6f7264657273 00000003";
constexpr char kOffsetV3[] = "0003 00000000000003e8 00000007 0001 6d 0000018bcfe56800";
constexpr char kOffsetV1[] = "0001 00000000000003e8 0001 6d 0000018bcfe56800 0000018bd50bc400";
constexpr char kOffsetV4
    [] = "0004 00000000000003e8 00000007 02 6d 0000018bcfe56800 "
         "01 00 10 0102030405060708090a0b0c0d0e0f10";
constexpr char kGroupKey[] = "0002 0002 6731";
constexpr char kGroupV3
    [] = "0003 0008 636f6e73756d6572 00000005 0005 72616e6765 0003 6d2d31 "
         "0000018bcfe56800 00000001 0003 6d2d31 ffff 0001 63 "
         "000a 2f3132372e302e302e31 000493e0 0000afc8 00000002 0102 00000001 03";
constexpr char
    kEmptyGroupV3[] = "0003 0008 636f6e73756d6572 00000006 ffff ffff 0000018bcfe56800 00000000";

CommittedOffset offset() {
    return {.offset = {1000}, .leader_epoch = {7}, .metadata = "m", .commit_timestamp_ms = kTimeMs};
}

StoredGroup group() {
    StoredGroup group{.protocol_type = "consumer",
                      .generation = 5,
                      .protocol_name = "range",
                      .leader_id = "m-1",
                      .state_timestamp_ms = kTimeMs};
    group.members.push_back({.member_id = "m-1",
                             .instance_id = {},
                             .client_id = "c",
                             .client_host = "/127.0.0.1",
                             .rebalance_timeout_ms = 300'000,
                             .session_timeout_ms = 45'000,
                             .subscription = from_hex("0102"),
                             .assignment = from_hex("03")});
    return group;
}

void expect_same(const StoredGroup& a, const StoredGroup& b) {
    EXPECT_EQ(a.protocol_type, b.protocol_type);
    EXPECT_EQ(a.generation, b.generation);
    EXPECT_EQ(a.protocol_name, b.protocol_name);
    EXPECT_EQ(a.leader_id, b.leader_id);
    EXPECT_EQ(a.state_timestamp_ms, b.state_timestamp_ms);
    ASSERT_EQ(a.members.size(), b.members.size());
    for (size_t i = 0; i < a.members.size(); ++i) {
        EXPECT_EQ(a.members[i].member_id, b.members[i].member_id);
        EXPECT_EQ(a.members[i].instance_id, b.members[i].instance_id);
        EXPECT_EQ(a.members[i].client_id, b.members[i].client_id);
        EXPECT_EQ(a.members[i].client_host, b.members[i].client_host);
        EXPECT_EQ(a.members[i].rebalance_timeout_ms, b.members[i].rebalance_timeout_ms);
        EXPECT_EQ(a.members[i].session_timeout_ms, b.members[i].session_timeout_ms);
        EXPECT_EQ(to_hex(a.members[i].subscription), to_hex(b.members[i].subscription));
        EXPECT_EQ(to_hex(a.members[i].assignment), to_hex(b.members[i].assignment));
    }
}

TEST(GroupRecords, AreWrittenAsDocumented) {
    const TopicPartitionName partition{.topic = "orders", .partition = {3}};
    EXPECT_EQ(to_hex(encode_key(OffsetKey{.group_id = "g1", .partition = partition})),
              compact_hex(kOffsetKey));
    EXPECT_EQ(to_hex(encode_key(GroupKey{.group_id = "g1"})), compact_hex(kGroupKey));
    EXPECT_EQ(to_hex(encode_value(offset())), compact_hex(kOffsetV3));
    CommittedOffset expiring = offset();
    expiring.expire_timestamp_ms = kTimeMs + 86'400'000;
    EXPECT_EQ(to_hex(encode_value(expiring)), compact_hex(kOffsetV1));
    EXPECT_EQ(to_hex(encode_value(group())), compact_hex(kGroupV3));
    const StoredGroup empty{.protocol_type = "consumer",
                            .generation = 6,
                            .state_timestamp_ms = kTimeMs};
    EXPECT_EQ(to_hex(encode_value(empty)), compact_hex(kEmptyGroupV3));
}

TEST(GroupRecords, KeysAreReadByKind) {
    for (const char* kind : {"0000", "0001"}) {
        const auto key = decode_key(from_hex(kind + std::string(kOffsetKey).substr(4)).bytes());
        ASSERT_TRUE(key);
        const auto* offset_key = std::get_if<OffsetKey>(&*key);
        ASSERT_NE(offset_key, nullptr);
        EXPECT_EQ(offset_key->group_id, "g1");
        EXPECT_EQ(offset_key->partition, (TopicPartitionName{"orders", {3}}));
    }
    const auto key = decode_key(from_hex(kGroupKey).bytes());
    ASSERT_TRUE(key);
    EXPECT_EQ(std::get<GroupKey>(*key).group_id, "g1");
    for (const char* unknown : {"0003 0002 6731", "0010", "ffff"}) {
        const auto skipped = decode_key(from_hex(unknown).bytes());
        ASSERT_TRUE(skipped);
        EXPECT_TRUE(std::holds_alternative<std::monostate>(*skipped));
    }
}

TEST(GroupRecords, OffsetsOfEveryVersionAreRead) {
    EXPECT_EQ(*decode_offset(from_hex(kOffsetV3).bytes()), offset());
    EXPECT_EQ(*decode_offset(from_hex(kOffsetV4).bytes()), offset());
    CommittedOffset old = offset();
    old.leader_epoch = model::kNoLeaderEpoch;
    const std::string fields = " 00000000000003e8 0001 6d 0000018bcfe56800";
    EXPECT_EQ(*decode_offset(from_hex("0000" + fields).bytes()), old);
    EXPECT_EQ(*decode_offset(from_hex("0002" + fields).bytes()), old);
    EXPECT_EQ(*decode_offset(from_hex("0001" + fields + "ffffffffffffffff").bytes()), old);
    old.expire_timestamp_ms = kTimeMs + 86'400'000;
    EXPECT_EQ(*decode_offset(from_hex(kOffsetV1).bytes()), old);
    // Tagged fields that nobody knows yet are skipped.
    EXPECT_TRUE(decode_offset(from_hex("0004 00000000000003e8 00000007 02 6d 0000018bcfe56800 "
                                       "02 05 01 aa 07 02 bbcc")
                                  .bytes()));
}

TEST(GroupRecords, GroupsOfEveryVersionAreRead) {
    expect_same(*decode_group(from_hex(kGroupV3).bytes()), group());
    const std::string head = " 0008 636f6e73756d6572 00000005 0005 72616e6765 0003 6d2d31 ";
    const std::string time = "0000018bcfe56800 ";
    const std::string member = "0003 6d2d31 0001 63 000a 2f3132372e302e302e31 ";
    const std::string parts = "0000afc8 00000002 0102 00000001 03";
    StoredGroup expected = group();
    expect_same(
        *decode_group(
            from_hex("0002" + head + time + "00000001 " + member + "000493e0 " + parts).bytes()),
        expected);
    expected.state_timestamp_ms = -1;
    expect_same(*decode_group(
                    from_hex("0001" + head + "00000001 " + member + "000493e0 " + parts).bytes()),
                expected);
    // Without a rebalance timeout, or with none, it is the session timeout.
    expected.members.front().rebalance_timeout_ms = 45'000;
    expect_same(*decode_group(from_hex("0000" + head + "00000001 " + member + parts).bytes()),
                expected);
    expect_same(*decode_group(
                    from_hex("0001" + head + "00000001 " + member + "ffffffff " + parts).bytes()),
                expected);
    expect_same(*decode_group(
                    from_hex("0004 09 636f6e73756d6572 00000005 06 72616e6765 04 6d2d31 "
                             "0000018bcfe56800 02 04 6d2d31 00 02 63 "
                             "0b 2f3132372e302e302e31 000493e0 0000afc8 03 0102 02 03 00 00")
                        .bytes()),
                group());
}

TEST(GroupRecords, VersionsOfTheFutureAreRefused) {
    for (const char* version : {"0005", "7fff", "ffff"}) {
        EXPECT_EQ(decode_offset(from_hex(version).bytes()).error(), ErrorCode::unsupported_version);
        EXPECT_EQ(decode_group(from_hex(version).bytes()).error(), ErrorCode::unsupported_version);
    }
}

TEST(GroupRecords, EveryRecordThatIsCutShortIsCorrupt) {
    const auto cut_everywhere = [](const char* hex_text, auto decode) {
        const base::Slice whole = from_hex(hex_text);
        ASSERT_TRUE(decode(whole.bytes()));
        for (size_t size = 0; size < whole.size(); ++size) {
            const auto decoded = decode(whole.bytes().first(size));
            ASSERT_FALSE(decoded) << size;
            EXPECT_EQ(decoded.error(), ErrorCode::corrupt);
        }
    };
    cut_everywhere(kOffsetKey, decode_key);
    cut_everywhere(kGroupKey, decode_key);
    for (const char* value : {kOffsetV1, kOffsetV3, kOffsetV4})
        cut_everywhere(value, decode_offset);
    for (const char* value : {kGroupV3, kEmptyGroupV3}) cut_everywhere(value, decode_group);
}

TEST(GroupRecords, NumbersThatLieAreCorrupt) {
    for (const char* value : {
             "0003 00000000000003e8 00000007 ffff 0000018bcfe56800",     // metadata is never null
             "0003 00000000000003e8 00000007 fffe 0000018bcfe56800",     // a negative length
             "0004 00000000000003e8 00000007 ffffffff0f 0000018bcfe568"  // a length beyond the end
         }) {
        EXPECT_EQ(decode_offset(from_hex(value).bytes()).error(), ErrorCode::corrupt) << value;
    }
    for (const char* count : {"ffffffff", "80000000", "7fffffff"}) {
        const std::string value = "0003 0001 63 00000006 ffff ffff 0000018bcfe56800 ";
        EXPECT_EQ(decode_group(from_hex(value + count).bytes()).error(), ErrorCode::corrupt)
            << count;
    }
}

}  // namespace
}  // namespace polylog::coordinator
