#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "base/uuid.h"
#include "model/ids.h"
#include "protocol/aws/fault.h"

namespace polylog::aws {

// Which handing out of which message of which queue: what a client gives back to say what became
// of it.
struct Receipt {
    base::Uuid queue;
    model::PartitionIndex partition;
    model::Offset offset;
    uint64_t attempt = 0;  // counts the leases of the partition
    model::LeaderEpoch lease_epoch;

    bool operator==(const Receipt&) const = default;
};

// Receipts as text that only we can write, good for as long as the key is: 66 characters. The
// format is docs/formats/receipt-handle.md.
class ReceiptHandles {
public:
    // Of a client's handle; longer text is refused unread.
    static constexpr size_t kHandleBytesMax = 1024;

    explicit ReceiptHandles(base::Secret key) : key_(std::move(key)) {}

    std::string seal(const Receipt& receipt) const;
    // The receipt in a handle of that queue. Errors: receipt_handle_is_invalid for text that we did
    // not write, and for handles of other queues.
    Answer<Receipt> open(std::string_view handle, const base::Uuid& queue) const;

private:
    base::Secret key_;
};

}  // namespace polylog::aws
