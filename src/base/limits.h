#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"
#include "base/units.h"

namespace polylog::base {

// How deep values from outside may nest (JSON, tables): far beyond honest use, and shallow enough
// for plain recursion. Fixed, because code relies on it.
constexpr size_t kMaxNestingDepth = 32;

// Every bound of the process that somebody outside can run into, with its default; the
// configuration table `limits` may change each. Reaching one is an answer to the client, a paused
// socket or a closed connection, never an allocation. Filled in once at start, then read by all
// shards.
struct Limits {
    // --- One request ---

    // A binary frame of a connection that is known. What Kafka clients expect a broker to take: its
    // socket.request.max.bytes.
    size_t frame_max_bytes = 100_MiB;
    // The same until the first request has shown who it is. Handshakes take a few KiB; strangers
    // get no more than that of our memory.
    size_t frame_unauthenticated_max_bytes = 64_KiB;
    // How far memory reserved for a frame may run ahead of the bytes that came: an announced length
    // alone reserves nothing.
    size_t frame_reserve_ahead_max_bytes = 64_KiB;
    // Request line and headers of HTTP: four times what browsers with many cookies send.
    size_t header_section_max_bytes = 32_KiB;
    uint32_t headers_max = 100;
    // Body of an administrative HTTP request: definitions of some thousand objects fit.
    size_t admin_body_max_bytes = 1_MiB;
    // Requests of one connection that are read but not answered. Kafka producers keep 5 by default;
    // some clients pipeline without a bound and are paused here.
    uint32_t requests_in_flight_per_connection_max = 128;

    // --- Connections ---

    // At 4 KiB each when idle: 40 MiB, and well below the usual limit of open files for services.
    uint32_t connections_max = 10'000;
    // A tenth: one host cannot crowd out the others.
    uint32_t connections_per_ip_max = 1'000;
    // New ones, once as many as it may have were opened at once: a restart of many clients passes,
    // a loop without a pause does not.
    uint32_t connections_per_ip_max_per_second = 200;
    // From the connection to the end of its first request: clients speak first. Ten times what an
    // honest one on a bad line needs.
    Duration first_request_timeout = 10s;
    // Nothing sent or received. As Kafka's connections.max.idle.ms: clients reconnect without a
    // word.
    Duration idle_timeout = 10min;
    // While a frame has begun to arrive: slower ones hold memory hostage.
    size_t frame_min_bytes_per_second = 1_KiB;
    // Answers that the client does not read. Reading from it pauses here; a single larger answer is
    // sent in pieces.
    size_t write_buffer_per_connection_max_bytes = 8_MiB;
    // A full write buffer of which nothing leaves: the peer is dead or hostile, and the connection
    // closed.
    Duration write_stalled_timeout = 30s;

    // --- Memory and disk ---

    // Share of the machine's memory, or of the control group's limit, for everything that grows
    // with load; the rest is the kernel's page cache and the program itself.
    uint32_t memory_budget_percent = 50;
    // The same as a size; 0 leaves it to the percentage.
    size_t memory_budget_bytes = 0;
    // Stages of a filling budget: answers to producers are delayed; producers are not read from;
    // everything that needs memory is refused with a retriable error.
    uint32_t memory_slow_producers_percent = 70;
    uint32_t memory_pause_producers_percent = 85;
    uint32_t memory_refuse_percent = 95;
    // Of the budget: no single connection starves the others.
    uint32_t memory_per_connection_percent = 25;
    // Stages of a filling disk: new records are refused with a retriable error; then everything but
    // reads and deletes. The percentages count once less than disk_scarce_bytes is free: on a large
    // disk a tenth is a lot. Whatever the percentages, storage keeps a reserve of bytes
    // (storage.disk_reserve_bytes), so that deletes can still be recorded.
    uint32_t disk_refuse_produce_percent = 90;
    uint32_t disk_read_only_percent = 95;
    uint64_t disk_scarce_bytes = uint64_t{2} << 30;

    // --- Things that clients can create ---

    // What a broker is built for: an idle topic costs at most 1 KiB beside its partitions.
    uint32_t topics_max = 100'000;
    // An idle partition costs at most 8 KiB: 800 MiB.
    uint32_t partitions_max = 100'000;
    // More only slows its clients down; one typing error must not use up the broker.
    uint32_t partitions_per_topic_max = 10'000;
    // Some KiB each while they have members.
    uint32_t groups_max = 100'000;
    // Some hundred bytes each, beside its filter's text.
    uint32_t subscriptions_max = 100'000;
    // Each change compiles the filters of the whole topic, and each message is copied for all of
    // them.
    uint32_t subscriptions_per_topic_max = 10'000;
    // Idempotent producers with remembered sequences, about 300 bytes each per partition they wrote
    // to. The longest idle are forgotten first.
    uint32_t producer_ids_max = 200'000;
    // Each join sends all members' metadata through one broker: quadratic beyond this.
    uint32_t members_per_group_max = 5'000;
};

}  // namespace polylog::base
