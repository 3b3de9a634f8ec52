"""segmentio's kafka-go: its tests, which look for the broker on Kafka's usual port."""

from golang import install_module, run_tests
from suite import Suite

MODULE = "github.com/segmentio/kafka-go"
VERSION = "v0.4.51"
PACKAGE = "."
RUN_SECONDS = 420


class KafkaGo(Suite):
    name = "kafka_go"
    title = "kafka-go's tests, with those of its parts that need no broker"
    package = f"Go module {MODULE} {VERSION}"
    settings = {"kafka.group.initial.rebalance.delay.ms": 0}  # as in the suite's own set-up
    port = 9092
    advertised = "localhost:9092"

    def install(self, directory):
        install_module(directory, MODULE, VERSION, (PACKAGE,))

    def run(self, directory, broker, omitted, only):
        return run_tests(directory, PACKAGE, seconds=RUN_SECONDS, omitted=omitted,
                         run=only.split("/")[0],
                         env={"KAFKA_VERSION": "4.3.0", "KAFKA_SKIP_NETTEST": "1"})


SUITE = KafkaGo()
