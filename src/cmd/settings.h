#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/logging.h"
#include "base/result.h"
#include "base/time.h"
#include "io/linux/shard.h"
#include "io/network.h"
#include "log/storage.h"
#include "model/config.h"

namespace polylog::cmd {

// One address that clients of the Kafka protocol connect to.
struct StreamListener {
    io::Endpoint bind;
    std::optional<io::Endpoint> advertise = {};  // absent: the address a client came in by
};

enum class LogOutput : uint8_t { automatic, text, json };  // automatic: text on a terminal

// Whether requests of SQS clients must be signed.
enum class AwsAuthentication : uint8_t { any, verify };

// What clients of SQS are told, and asked for.
struct AwsSettings {
    std::string region = "us-east-1";
    std::string account = "000000000000";
    std::string origin;  // "https://queues.example"; empty: as each request has it
    bool trust_forwarded = false;
    AwsAuthentication authentication = AwsAuthentication::verify;
    std::string access_keys_file;
};

// What the server writes to its log; `components` come on top of `level`.
struct LogSettings {
    base::LogLevel level = base::LogLevel::info;
    LogOutput output = LogOutput::automatic;
    std::vector<std::pair<std::string, base::LogLevel>> components = {};
};

// What a server runs with: every setting in its final, checked form. Where the values come from is
// configuration.h's business.
struct Settings {
    std::string data_dir = "polylog-data";
    int32_t node_id = 1;
    uint32_t shards = 0;  // 0: as the data directory has, or one for each processor, at most 16
    bool pin_threads = false;
    io::DiskEngineChoice disk_engine = io::DiskEngineChoice::automatic;
    std::vector<StreamListener> kafka = {{.bind = {.host = "127.0.0.1", .port = 9092}}};
    std::vector<io::Endpoint> admin = {{.host = "127.0.0.1", .port = 15672}};
    std::vector<io::Endpoint> aws;  // of SQS clients
    AwsSettings aws_settings;
    bool insecure_listen = false;  // addresses beyond loopback are wanted as they are
    base::Duration drain_timeout = std::chrono::seconds(10);
    base::Limits limits;
    log::StorageOptions storage;
    LogSettings log;
    model::ConfigMap broker;  // settings under Kafka's names
};

// "127.0.0.1:9092", "[::1]:9092", ":9092" (every address). Error: invalid_config.
base::Result<io::Endpoint> parse_endpoint(std::string_view text);
// Whether only programs on this machine reach the address. Names but localhost are taken for no.
bool is_loopback(const io::Endpoint& endpoint);
// What the budget for memory that clients can make grow comes to, on a machine of that size.
uint64_t memory_budget_bytes(const base::Limits& limits, uint64_t machine_bytes);
// Brings down what was set for larger machines: recent batches keep to half of the budget, so that
// only load fills the rest, and a request to the share of one connection.
Settings within_memory(Settings settings, uint64_t budget_bytes);
// Brings down what would use up the descriptors: connections keep to half of them and open segments
// to a quarter. A write that finds none left takes its log offline.
Settings within_descriptors(Settings settings, uint64_t descriptors);
// Error: invalid_config when a listener without authentication would be open to other machines,
// unless insecure_listen asks for that.
base::Result<void> check_exposure(const Settings& settings);

}  // namespace polylog::cmd
