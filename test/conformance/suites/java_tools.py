"""Apache Kafka's command-line tools, from Maven Central: what each prints and does, asserted."""

import json
import re
import subprocess

from expectations import FAILED, PASSED, Result
from suite import INSTALL_SECONDS, Suite, create_topics, execute, need, once

VERSION = "4.3.0"
TOOL_SECONDS = 90

POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>polylog</groupId>
  <artifactId>conformance</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId>
      <version>{VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
      <version>{VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
"""


class JavaTools(Suite):
    name = "java_tools"
    title = "Apache Kafka's command-line tools on its Java client, each one's behaviour asserted"
    package = f"Maven Central org.apache.kafka:kafka-tools {VERSION}"

    def install(self, directory):
        def install():
            need("java", "default-jdk-headless")
            need("mvn", "maven")
            (directory / "pom.xml").write_text(POM)
            execute(["mvn", "--batch-mode", "--quiet", "dependency:copy-dependencies",
                     "-DoutputDirectory=lib"], seconds=INSTALL_SECONDS, cwd=directory)

        once(directory, VERSION, install)

    def run(self, directory, broker, omitted, only):
        tests = ToolTests(directory, broker)
        names = [name.removeprefix("test_") for name in dir(tests) if name.startswith("test_")]
        return [self.run_test(tests, name) for name in names
                if name not in omitted and only in name]

    def run_test(self, tests, name):
        try:
            getattr(tests, f"test_{name}")()
        except (AssertionError, ValueError, subprocess.TimeoutExpired) as error:
            return Result(name, FAILED, f"{type(error).__name__}: {error}")
        return Result(name, PASSED)


def wants(condition, output):
    """An assertion that shows what the tool wrote."""
    if not condition:
        raise AssertionError(output[-3000:])


class ToolTests:
    """Each test makes topics and groups of its own."""

    def __init__(self, directory, broker):
        self.directory = directory
        self.broker = broker

    def tool(self, name, *words, text="", fails=False):
        """What the tool wrote. Its class is named without the packages that all of them share."""
        name = name if name.startswith("kafka.") else f"org.apache.kafka.tools.{name}"
        done = execute(["java", "-Xmx256m", "-XX:TieredStopAtLevel=1",
                        "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp",
                        f"{self.directory}/lib/*", name, *words],
                       seconds=TOOL_SECONDS, check=False, text=text)
        wants((done.returncode != 0) == fails, f"status {done.returncode}\n{done.stdout}")
        return done.stdout

    def with_broker(self, name, *words, **options):
        return self.tool(name, "--bootstrap-server", self.broker.kafka, *words, **options)

    def topic(self, name, partitions=1, messages=()):
        create_topics(self.broker, name, partitions=partitions)
        if messages:
            self.with_broker("ConsoleProducer", "--topic", name,
                             text="".join(f"{message}\n" for message in messages))

    def consume(self, topic, count, *words):
        return self.with_broker("consumer.ConsoleConsumer", "--topic", topic, "--from-beginning",
                                "--max-messages", count, "--timeout-ms", 30000, *words)

    def test_topics_create_describe_alter_list_delete(self):
        run = self.with_broker
        name = "made-by-java"
        run("TopicCommand", "--create", "--topic", name, "--partitions", 2,
            "--replication-factor", 1, "--config", "retention.ms=3600000")
        described = run("TopicCommand", "--describe", "--topic", name)
        wants("PartitionCount: 2" in described and "retention.ms=3600000" in described, described)
        wants(len(re.findall(r"Partition: \d\s+Leader: 1\s+Replicas: 1\s+Isr: 1", described)) == 2,
              described)
        run("TopicCommand", "--alter", "--topic", name, "--partitions", 5)
        described = run("TopicCommand", "--describe", "--topic", name)
        wants("PartitionCount: 5" in described, described)
        wants(name in run("TopicCommand", "--list").split(), "not listed")
        run("TopicCommand", "--delete", "--topic", name)
        wants(name not in run("TopicCommand", "--list").split(), "still listed")

    def test_topics_refuses_what_is_wrong(self):
        run = self.with_broker
        self.topic("taken", partitions=3)
        output = run("TopicCommand", "--create", "--topic", "taken", fails=True)
        wants("already exists" in output, output)
        run("TopicCommand", "--create", "--topic", "taken", "--if-not-exists")
        output = run("TopicCommand", "--alter", "--topic", "taken", "--partitions", 2, fails=True)
        wants("InvalidPartitionsException" in output, output)
        output = run("TopicCommand", "--create", "--topic", "wide", "--replication-factor", 3,
                     fails=True)
        wants("InvalidReplicationFactorException" in output, output)
        output = run("TopicCommand", "--create", "--topic", "odd", "--config",
                     "retention.ms=never", fails=True)
        wants("InvalidConfigurationException" in output or "ConfigException" in output, output)
        output = run("TopicCommand", "--delete", "--topic", "absent", fails=True)
        wants("does not exist" in output, output)

    def test_console_producer_and_consumer_carry_keys_headers_and_timestamps(self):
        self.topic("console")
        self.with_broker("ConsoleProducer", "--topic", "console",
                         "--reader-property", "parse.key=true", "--reader-property",
                         "parse.headers=true", "--reader-property", "null.marker=NIL",
                         text="a:1,b:2\tk1\tv1\nc:3\tk2\tNIL\n")
        output = self.consume("console", 2, "--formatter-property", "print.key=true",
                              "--formatter-property", "print.headers=true",
                              "--formatter-property", "print.offset=true",
                              "--formatter-property", "print.timestamp=true")
        wants(re.search(r"CreateTime:\d{13}\tOffset:0\ta:1,b:2\tk1\tv1", output), output)
        wants(re.search(r"CreateTime:\d{13}\tOffset:1\tc:3\tk2\tnull", output), output)

    def test_console_producer_writes_every_codec(self):
        for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
            self.topic(f"codec-{codec}")
            sent = [f"{codec} {number}" for number in range(100)]
            self.with_broker("ConsoleProducer", "--topic", f"codec-{codec}", "--compression-codec",
                             codec, "--command-property", "acks=all",
                             text="".join(f"{line}\n" for line in sent))
            output = self.consume(f"codec-{codec}", 100)
            wants([line for line in output.splitlines() if line.startswith(codec)] == sent, output)

    def test_console_consumer_reads_from_an_offset_and_reads_committed(self):
        self.topic("from-offset", messages=["zero", "one", "two"])
        output = self.with_broker("consumer.ConsoleConsumer", "--topic", "from-offset",
                                  "--partition", 0, "--offset", 1, "--max-messages", 2,
                                  "--isolation-level", "read_committed", "--timeout-ms", 30000)
        wants(output.split()[:2] == ["one", "two"], output)

    def test_consumer_groups_describe_reset_export_and_delete(self):
        run = self.with_broker
        self.topic("grouped", messages=[f"m{number}" for number in range(10)])
        self.consume("grouped", 4, "--group", "g")
        name = "consumer.group.ConsumerGroupCommand"
        wants("g" in run(name, "--list").split(), "not listed")
        described = run(name, "--describe", "--group", "g")
        wants(re.search(r"g\s+grouped\s+0\s+4\s+10\s+6\s", described), described)
        state = run(name, "--describe", "--group", "g", "--state")
        wants("Empty" in state, state)
        reset = run(name, "--reset-offsets", "--group", "g", "--topic", "grouped", "--to-earliest",
                    "--execute")
        wants(re.search(r"g\s+grouped\s+0\s+0", reset), reset)
        shifted = run(name, "--reset-offsets", "--group", "g", "--topic", "grouped:0", "--shift-by",
                      7, "--execute")
        wants(re.search(r"g\s+grouped\s+0\s+7", shifted), shifted)
        planned = run(name, "--reset-offsets", "--group", "g", "--topic", "grouped",
                      "--to-datetime", "2020-01-01T00:00:00.000", "--dry-run", "--export")
        wants('"g","grouped",0,0' in planned or "grouped,0,0" in planned, planned)
        run(name, "--delete-offsets", "--group", "g", "--topic", "grouped")
        output = run(name, "--delete", "--group", "g")
        wants("successful" in output, output)
        wants("g" not in run(name, "--list").split(), "still listed")

    def test_consumer_groups_shows_members_of_a_live_group(self):
        self.topic("live", partitions=2)
        words = ["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", f"{self.directory}/lib/*",
                 "org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server",
                 self.broker.kafka, "--topic", "live", "--group", "live-group"]
        with subprocess.Popen(words, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as member:
            try:
                for _ in range(5):
                    described = self.with_broker("consumer.group.ConsumerGroupCommand",
                                                 "--describe", "--group", "live-group",
                                                 "--members", "--verbose")
                    if re.search(r"console-consumer.*\s2\s.*live[:(]0,1", described):
                        return
                raise AssertionError(described)
            finally:
                member.kill()

    def test_configs_describe_and_alter_topics_and_brokers(self):
        self.topic("configured")
        topic = ("--entity-type", "topics", "--entity-name", "configured")
        name = "kafka.admin.ConfigCommand"
        output = self.with_broker(name, "--alter", *topic, "--add-config",
                                  "max.message.bytes=2000000,retention.ms=1000")
        wants("Completed updating config for topic configured" in output, output)
        output = self.with_broker(name, "--describe", *topic)
        wants("max.message.bytes=2000000" in output and "retention.ms=1000" in output, output)
        self.with_broker(name, "--alter", *topic, "--delete-config", "retention.ms")
        output = self.with_broker(name, "--describe", *topic)
        wants("retention.ms" not in output, output)
        output = self.with_broker(name, "--describe", *topic, "--all")
        wants("retention.ms=604800000" in output and "cleanup.policy=delete" in output, output)
        output = self.with_broker(name, "--describe", "--entity-type", "brokers", "--entity-name",
                                  "1", "--all")
        wants("num.partitions=4" in output, output)
        output = self.with_broker(name, "--alter", *topic, "--add-config", "no.such=1", fails=True)
        wants("InvalidConfigurationException" in output, output)

    def test_get_offsets_earliest_latest_and_by_time(self):
        self.topic("offsets", messages=["a", "b", "c"])
        # -3 is the first record of the greatest timestamp: any of the three may share it.
        for time, expected in ((-2, "0"), (-1, "3"), (-3, "[012]"), (0, "0")):
            output = self.with_broker("GetOffsetShell", "--topic", "offsets", "--time", time)
            wants(re.fullmatch(f"offsets:0:{expected}", output.split()[-1]),
                  f"--time {time}\n{output}")

    def test_delete_records_moves_the_start(self):
        self.topic("trimmed", messages=["a", "b", "c"])
        plan = self.directory / "delete-records.json"
        plan.write_text(json.dumps({"version": 1, "partitions": [
            {"topic": "trimmed", "partition": 0, "offset": 2}]}))
        output = self.with_broker("DeleteRecordsCommand", "--offset-json-file", plan)
        wants("low_watermark: 2" in output, output)
        output = self.with_broker("GetOffsetShell", "--topic", "trimmed", "--time", -2)
        wants("trimmed:0:2" in output, output)

    def test_log_dirs_describes_sizes(self):
        self.topic("sized", messages=["x" * 1000])
        output = self.with_broker("LogDirsCommand", "--describe", "--topic-list", "sized")
        described = json.loads(next(line for line in output.splitlines() if line[:1] == "{"))
        directories = described["brokers"][0]["logDirs"]
        sizes = [partition["size"] for directory in directories
                 for partition in directory["partitions"] if partition["partition"] == "sized-0"]
        wants(len(sizes) == 1 and sizes[0] >= 1000, output)

    def test_broker_api_versions_knows_every_call(self):
        output = self.with_broker("BrokerApiVersionsCommand")
        wants("Produce(0): 0 to 13 [usable: 13]" in output, output)
        wants("Fetch(1): 4 to 18 [usable: 18]" in output, output)
        wants("UNKNOWN(" not in output, output)

    def test_producer_and_consumer_performance(self):
        self.topic("perf", partitions=3)
        output = self.with_broker("ProducerPerformance", "--topic", "perf", "--num-records", 50000,
                                  "--record-size", 100, "--throughput", -1, "--command-property",
                                  "acks=all")
        wants("50000 records sent" in output, output)
        output = self.with_broker("ConsumerPerformance", "--topic", "perf", "--num-records", 50000,
                                  "--timeout", 30000)
        fields = [field.strip() for field in output.strip().splitlines()[-1].split(",")]
        wants(int(fields[4]) >= 50000, output)

    def test_end_to_end_latency(self):
        self.topic("latency")
        output = self.with_broker("EndToEndLatency", "--topic", "latency", "--num-records", 100,
                                  "--producer-acks", "all", "--record-size", 100)
        wants("Avg latency" in output and "Percentiles" in output, output)

    def test_verifiable_producer_and_consumer_agree(self):
        self.topic("verified", partitions=2)
        output = self.with_broker("VerifiableProducer", "--topic", "verified",
                                  "--max-messages", 500, "--acks", -1)
        events = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        sent = {(event["partition"], event["offset"]): event["value"] for event in events
                if event["name"] == "producer_send_success"}
        wants(len(sent) == 500, output)
        output = self.with_broker("VerifiableConsumer", "--topic", "verified", "--group-id",
                                  "verifiers", "--max-messages", 500, "--reset-policy", "earliest",
                                  "--verbose")
        events = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        read = {(event["partition"], event["offset"]): event["value"] for event in events
                if event["name"] == "record_data"}
        wants(read == sent, output)
        wants(any(event["name"] == "offsets_committed" and event["success"] for event in events),
              output)

    def test_client_compatibility(self):
        self.topic("compatible")
        output = self.with_broker("ClientCompatibilityTest", "--topic", "compatible",
                                  "--offsets-for-times-supported", "true",
                                  "--cluster-id-supported", "true",
                                  "--expect-record-too-large-exception", "false",
                                  "--num-cluster-nodes", 1, "--create-topics-supported", "true",
                                  "--describe-acls-supported", "false",
                                  "--describe-configs-supported", "true",
                                  "--idempotent-producer-supported", "true")
        wants("SUCCESS" in output.upper(), output)

    def test_cluster_tool_tells_the_cluster_id(self):
        output = self.tool("ClusterTool", "cluster-id", "--bootstrap-server", self.broker.kafka)
        wants(re.search(r"Cluster ID: \S{22}", output), output)

    def test_groups_lists_types_and_protocols(self):
        self.topic("typed", messages=["a"])
        self.consume("typed", 1, "--group", "typed-group")
        output = self.with_broker("GroupsCommand", "--list")
        wants(re.search(r"typed-group\s+Classic\s+consumer", output), output)


SUITE = JavaTools()
