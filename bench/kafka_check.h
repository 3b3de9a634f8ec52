#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "bench/kafka_client.h"
#include "bench/kafka_produce.h"

namespace polylog::bench {

// The acknowledged ends as text, one line "topic <tab> partition <tab> end" for each target that
// has one. Errors: io_failed.
base::Result<void> write_acknowledged(const std::string& path, const TopicSpread& spread,
                                      const std::vector<int64_t>& ends);

// What `check` found when it compared a broker with the acknowledged ends.
struct CheckResult {
    uint64_t partitions = 0;
    uint64_t acknowledged_records = 0;
    uint64_t lost_records = 0;  // acknowledged, but behind the partition's end
    uint64_t read_records = 0;
    uint64_t read_bytes = 0;
};
// Compares every line of the file with the partition's latest offset; with `read` also fetches each
// partition from its start to its end and checks every batch's checksum and that offsets follow
// each other. Errors: corrupt, with the partition and offset, when what is stored is not intact.
base::Result<CheckResult> check_acknowledged(KafkaClient& client, const std::string& path,
                                             bool read);

}  // namespace polylog::bench
