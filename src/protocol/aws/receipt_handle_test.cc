#include "protocol/aws/receipt_handle.h"

#include <gtest/gtest.h>

namespace polylog::aws {
namespace {

const base::Uuid kQueue = base::Uuid::from_random(1, 2);
const Receipt kReceipt{.queue = kQueue,
                       .partition = model::PartitionIndex{3},
                       .offset = model::Offset{1'234'567'890'123},
                       .attempt = uint64_t{1} << 40,
                       .lease_epoch = model::LeaderEpoch{5}};

TEST(ReceiptHandle, OpensWhatItSealed) {
    const ReceiptHandles handles(base::Secret("key"));
    const std::string handle = handles.seal(kReceipt);
    EXPECT_EQ(handle.size(), 66);
    EXPECT_EQ(handles.open(handle, kQueue), kReceipt);
    EXPECT_EQ(ReceiptHandles(base::Secret("key")).open(handle, kQueue), kReceipt);
}

TEST(ReceiptHandle, IsWrittenAsDocumented) {
    Receipt receipt{.partition = model::PartitionIndex{3},
                    .offset = model::Offset{1000},
                    .attempt = 7,
                    .lease_epoch = model::LeaderEpoch{5}};
    for (uint8_t i = 0; i < 16; ++i) receipt.queue.bytes[i] = i;
    EXPECT_EQ(ReceiptHandles(base::Secret("key")).seal(receipt),
              "AQABAgMEBQYHCAkKCwwNDg8AAAADAAAAAAAAA-gAAAAAAAAABwAAAAV9LJwIE2ufMw");
}

TEST(ReceiptHandle, IsRefusedWhenAnyPartOfItIsForged) {
    const ReceiptHandles handles(base::Secret("key"));
    const std::string handle = handles.seal(kReceipt);
    for (size_t i = 0; i < handle.size(); ++i) {
        std::string forged = handle;
        forged[i] = forged[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(handles.open(forged, kQueue)) << i;
    }
    EXPECT_FALSE(ReceiptHandles(base::Secret("other")).open(handle, kQueue));
}

TEST(ReceiptHandle, OfAnotherQueueIsRefused) {
    const ReceiptHandles handles(base::Secret("key"));
    EXPECT_FALSE(handles.open(handles.seal(kReceipt), base::Uuid::from_random(1, 3)));
}

TEST(ReceiptHandle, OfAnyOtherTextIsRefusedInSqssWords) {
    const ReceiptHandles handles(base::Secret("key"));
    EXPECT_EQ(handles.open("garbage", kQueue).error(),
              Fault(FaultKind::receipt_handle_is_invalid,
                    "The input receipt handle \"garbage\" is not a valid receipt handle."));
    EXPECT_FALSE(handles.open("", kQueue));
    EXPECT_FALSE(handles.open(std::string(100'000, 'A'), kQueue));
    EXPECT_FALSE(handles.open(handles.seal(kReceipt) + "AAAA", kQueue));
}

}  // namespace
}  // namespace polylog::aws
