#include "cmd/verbs/producer_options.h"

#include "base/quantity.h"

namespace polylog::cmd {

namespace {

model::Compression compression_named(std::string_view name) {
    if (name == "gzip") return model::Compression::gzip;
    if (name == "snappy") return model::Compression::snappy;
    if (name == "lz4") return model::Compression::lz4;
    if (name == "zstd") return model::Compression::zstd;
    return model::Compression::none;
}

}  // namespace

std::vector<Option> producer_options() {
    return {
        {.names = "-a,--acks",
         .value_name = "LEVEL",
         .documentation = "Wait for all in-sync replicas, for the leader (1), or for nobody (0)",
         .default_value = "all",
         .choices = {"all", "1", "0"}},
        {.names = "-z,--compression",
         .value_name = "CODEC",
         .documentation = "How batches are compressed",
         .default_value = "none",
         .choices = {"none", "gzip", "snappy", "lz4", "zstd"}},
        {.names = "--batch-size",
         .value_name = "SIZE",
         .documentation = "A batch is sent at this size at the latest",
         .default_value = "256KiB"},
        {.names = "--no-create", .documentation = "No new topic when there is none of that name"},
    };
}

base::Result<client::ProducerSettings> producer_settings(const Session& session) {
    const Arguments& arguments = session.arguments();
    client::ProducerSettings settings;
    const std::string_view acks = arguments.get("acks");
    settings.acks = static_cast<int16_t>(acks == "1" ? 1 : acks == "0" ? 0 : -1);
    settings.compression = compression_named(arguments.get("compression"));
    TRY(settings.batch_max_bytes, base::parse_size(arguments.get("batch-size")));
    settings.may_create_topic = !arguments.has("no-create");
    settings.delivery_timeout = session.options().timeout;
    return settings;
}

}  // namespace polylog::cmd
