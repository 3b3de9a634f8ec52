#include "cmd/announcement.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/json_writer.h"
#include "base/quantity.h"

namespace polylog::cmd {

namespace {

void append_addresses(base::JsonWriter& json, std::string_view name,
                      const std::vector<io::Endpoint>& endpoints) {
    json.key(name).begin_array();
    for (const io::Endpoint& endpoint : endpoints) json.value(io::to_string(endpoint));
    json.end_array();
}

// Where somebody on this machine connects to reach a listener.
io::Endpoint local_address(io::Endpoint endpoint) {
    if (endpoint.host.empty() || endpoint.host == "0.0.0.0" || endpoint.host == "::") {
        endpoint.host = "127.0.0.1";
    }
    return endpoint;
}

// One line to copy for those who use queues.
std::string sqs_lines(const Settings& settings, const Listening& listening) {
    if (listening.aws.empty() || settings.aws_settings.authentication != AwsAuthentication::any) {
        return {};
    }
    return fmt::format(
        "  AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any aws --region {} "
        "--endpoint-url http://{} sqs create-queue --queue-name jobs\n",
        settings.aws_settings.region, io::to_string(local_address(listening.aws.front())));
}

}  // namespace

std::string banner_text(const Settings& settings, const Listening& listening, base::Duration took,
                        std::string_view program) {
    std::string out = fmt::format("Polylog {} ready in {} - data in {}\n", POLYLOG_VERSION,
                                  base::rounded_duration(took), settings.data_dir);
    for (size_t i = 0; i < listening.kafka.size(); ++i) {
        const auto& advertise = settings.kafka[i].advertise;
        out += fmt::format("  kafka  {}  (clients are told to connect to {})\n",
                           io::to_string(listening.kafka[i]),
                           advertise ? io::to_string(*advertise) : "the address they came in by");
    }
    for (const io::Endpoint& endpoint : listening.admin) {
        out += fmt::format("  admin  http://{}  (/livez /readyz /metrics)\n",
                           io::to_string(endpoint));
    }
    for (const io::Endpoint& endpoint : listening.aws) {
        out += fmt::format("  sqs    http://{}\n", io::to_string(endpoint));
    }
    if (listening.kafka.empty()) return out;
    const std::string address = io::to_string(local_address(listening.kafka.front()));
    out += fmt::format(
        "\nTry it in another terminal:\n"
        "  echo '{{\"id\":1}}' | kcat -b {0} -t orders -P -k c1\n"
        "  kcat -b {0} -t orders -C -e -f '%k %s\\n'\n"
        "  echo '{{\"id\":2}}' | {1} pub orders -k c2 -b {0}\n"
        "  {1} tail orders -o start -b {0}\n",
        address, program);
    out += sqs_lines(settings, listening);
    out += "Ctrl-C stops it; the data stays.\n";
    return out;
}

std::string ports_text(const Listening& listening, int64_t pid) {
    std::string text;
    base::JsonWriter json(text);
    json.begin_object().field("pid", pid);
    append_addresses(json, "kafka", listening.kafka);
    append_addresses(json, "admin", listening.admin);
    append_addresses(json, "aws", listening.aws);
    json.end_object();
    return text + "\n";
}

base::Result<void> write_whole(const std::string& path, const std::string& text) {
    const std::string unfinished = path + ".new";
    const auto failure = [&path] {
        return base::fail(base::ErrorCode::io_failed,
                          fmt::format("write {}: {}", path, std::strerror(errno)));
    };
    std::FILE* file = std::fopen(unfinished.c_str(), "wb");
    if (!file) return failure();
    const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
    if (std::fclose(file) != 0 || !written) return failure();
    if (std::rename(unfinished.c_str(), path.c_str()) != 0) return failure();
    return {};
}

}  // namespace polylog::cmd
