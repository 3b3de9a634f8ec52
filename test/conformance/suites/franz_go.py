"""franz-go's tests of its client that need a broker."""

from golang import install_module, run_tests
from suite import Suite

MODULE = "github.com/twmb/franz-go"
VERSION = "v1.22.2"
PACKAGE = "pkg/kgo"
RUN_SECONDS = 420
# Of the package's tests, those that open a client on the broker; the others speak to fakes.
TESTS = (
    "TestUnknownGroupOffsetFetchPinned", "TestPing", "TestIssue1034", "TestShareGroup",
    "TestIssue325", "TestConsumeTopicRetrieval", "TestConsumeTopicRetrieval_Many",
    "TestConsumeRegex", "Test848RegexBrokerResolves", "TestIssue337", "TestDirectPartitionPurge",
    "TestIssue434", "TestAddRemovePartitions", "TestPauseIssue489", "TestPauseIssueOct2023",
    "TestIssue523", "TestIssue648", "TestIssue810", "TestIssue865",
    "TestIssueFetchLargerThanBrokerMaxReadBytes", "TestPooling", "TestGroupSimple",
    "TestHookPollStart", "TestConsumeMaxDecompressBatchBytes", "TestGroupETL",
    "TestClient_Produce", "TestIssue769", "TestIssueProduceSyncManualPartitionNegativeDoesNotPanic",
    "TestIssue831", "TestClient_ProduceLargeMessages", "TestShareGroupETL",
    "TestShareGroupAckOnClose", "TestShareGroupOffsetsAdmin", "TestTxnEtl",
)


class FranzGo(Suite):
    name = "franz_go"
    title = "franz-go's client tests, with group pipelines of 100,000 records and every balancer"
    package = f"Go module {MODULE} {VERSION}"

    def install(self, directory):
        install_module(directory, MODULE, VERSION, (PACKAGE,))

    def run(self, directory, broker, omitted, only):
        chosen = [test for test in TESTS if only.split("/")[0] in test]
        return run_tests(directory, PACKAGE, seconds=RUN_SECONDS, omitted=omitted,
                         run=f"^({'|'.join(chosen)})$",
                         env={"KGO_SEEDS": broker.kafka, "KGO_TEST_RF": "1",
                              "KGO_TEST_RECORDS": "100000", "KGO_LOG_LEVEL": "none"})


SUITE = FranzGo()
