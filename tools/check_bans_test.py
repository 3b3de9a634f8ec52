import unittest

from check_bans import EXCEPTIONS, check
from check_test_case import CheckTestCase


class CheckBansTest(CheckTestCase):
    def assert_banned(self, line, word, path="src/log/log.cc"):
        findings = self.findings_in(path, f"// A file.\n{line}\n")
        self.assertEqual(len(findings), 1, f"{line}: {findings}")
        self.assertTrue(findings[0].startswith(f"{path}:2: "), findings[0])
        self.assertIn(word, findings[0])

    def assert_fine(self, text, path="src/log/log.cc"):
        self.assertEqual(self.findings_in(path, text + "\n"), [])

    def findings_in(self, path, text):
        self.write(path, text)
        findings = self.findings(check)
        (self.root / path).unlink()
        return findings

    def test_clocks_are_read_through_env(self):
        self.assert_banned("auto t = std::chrono::steady_clock::now();", "Env's clock")
        self.assert_banned("clock_gettime(CLOCK_MONOTONIC, &t);", "Env's clock")
        self.assert_banned("auto t = std::time(nullptr);", "Env's clock")
        self.assert_fine("MonoTime SimClock::now() { return time_; }")
        self.assert_fine("auto t = env.clock.now(); auto u = Shard::current().now(); time(kind);")

    def test_random_numbers_come_from_env(self):
        self.assert_banned("int x = rand();", "from Env")
        self.assert_banned("std::random_device device;", "from Env")
        self.assert_banned("std::mt19937_64 generator(1);", "from Env")
        self.assert_banned("RAND_bytes(data, 16);", "from Env")
        self.assert_fine("std::mt19937 seeded(7);", "src/log/log_test.cc")
        self.assert_fine("auto x = env.random.next(); operand(); env.rand();")

    def test_threads_and_locks_stay_in_io(self):
        self.assert_banned("std::jthread worker(run);", "Task")
        self.assert_banned("std::mutex mutex;", "messages")
        self.assert_banned("thread_local int x;", "Shard")
        self.assert_fine("std::thread thread; std::mutex mutex;", "src/io/linux/shard_thread.cc")
        self.assert_banned("std::thread worker(run);", "Task", "src/io/sim/world.cc")

    def test_sockets_and_files_come_through_env(self):
        self.assert_banned("#include <sys/socket.h>", "network")
        self.assert_banned("int s = ::connect(fd, address, size);", "network")
        self.assert_banned("#include <fstream>", "disk")
        self.assert_banned('auto* f = std::fopen("x", "r");', "disk")
        self.assert_banned("std::ofstream out(path);", "disk")
        self.assert_fine("Task<Result<void>> Disk::open(std::string path); broker::send(request);")
        self.assert_fine("#include <fstream>\nstd::ifstream in(path);", "src/cmd/config_file.cc")

    def test_asio_is_visible_in_io_linux_only(self):
        self.assert_banned("#include <boost/asio/ip/tcp.hpp>", "Asio")
        self.assert_fine("#include <boost/asio/ip/tcp.hpp>", "src/io/linux/socket.h")

    def test_slow_headers_stay_out_of_headers(self):
        self.assert_banned("#include <toml++/toml.h>", "slow", "src/cmd/config.h")
        self.assert_banned("#include <nlohmann/json.hpp>", "slow", "src/cmd/config.h")
        self.assert_banned("#include <boost/beast/http/message.hpp>", "slow", "src/cmd/config.h")
        self.assert_fine("#include <toml++/toml.h>", "src/cmd/config.cc")

    def test_errors_stay_visible(self):
        self.assert_banned("throw std::runtime_error(text);", "Error")
        self.assert_banned("(void)log.append(batch);", "result")
        self.assert_banned("(void)co_await log->close();", "result")
        self.assert_banned("static_cast<void>(log.append(batch));", "result")
        self.assert_banned("std::ignore = append(batch);", "result")
        self.assert_fine('(void)unused; // may not throw\nauto s = "throw";')

    def test_names_are_written_out_and_order_is_deterministic(self):
        self.assert_banned("using namespace std;", "names")
        self.assert_banned("std::unordered_map<int, int> map;", "order")
        self.assert_fine("std::unordered_map<int, int> map;", "bench/load.cc")

    def test_rooms_below_the_protocols_do_not_know_them(self):
        self.assert_banned("struct KafkaOffset { };", "rooms below")
        self.assert_banned("int sqs_delay_s;", "rooms below")
        self.assert_fine('int redistribute; auto x = "kafka"; // as Kafka does', "src/log/log.h")
        self.assert_fine("TEST(Log, KeepsWhatKafkaKeeps) {}", "src/log/log_test.cc")
        self.assert_fine("struct KafkaError { };", "src/protocol/kafka/errors.h")

    def test_unfinished_work_is_found_in_comments_too(self):
        for word in ("TO" "DO", "FIX" "ME", "HA" "CK", "XX" "X"):
            self.assert_banned(f"// {word}: later", "finish it")
        self.assert_fine('mkstemp("/tmp/XX' 'XXXX");')

    def test_a_coroutine_owns_its_parameters(self):
        for parameter in ("const std::string& name", "std::string_view name", "base::Bytes bytes",
                          "Slice&& slice", "std::vector<std::string_view> names"):
            self.assert_banned(f"Task<int> f({parameter}) {{ co_return 1; }}",
                               f"f borrows `{parameter}`")

    def test_owned_parameters_services_and_plain_functions_are_fine(self):
        self.assert_fine("Task<int> f(Env& env, std::string name) { co_return 1; }")
        self.assert_fine("Task<int> f(std::function<void(const X&)> done) { co_return 1; }")
        self.assert_fine("Task<int> f(const std::string& name) { return g(std::string(name)); }")
        self.assert_fine("Task<int> f(std::string_view name);")

    def test_a_proven_coroutine_says_why_it_is_safe(self):
        self.assert_fine("// coroutine-safe: the caller awaits it with a literal\n"
                         "Task<int> f(std::string_view name) { co_return 1; }")
        self.assert_banned("Task<int> f(std::string_view name) { co_return 1; } // coroutine-safe:",
                           "f borrows")

    def test_a_class_can_be_declared_safe_to_borrow(self):
        self.write("src/log/call.h", "// One request.\n"
                   "// coroutine-safe: the connection that awaits the handler owns it\n"
                   "// on its own frame\nstruct Call {\n};\n")
        self.assert_fine("Task<int> f(const Call& call) { co_return 1; }")
        self.assert_fine("Task<int> f(const wire::Call&) { co_return 1; }")
        self.assert_banned("Task<int> f(const Calls& call) { co_return 1; }", "f borrows")
        self.assert_banned("Task<int> f(Call&& call) { co_return 1; }", "f borrows")

    def test_a_lambda_coroutine_captures_nothing(self):
        self.assert_banned("auto f = [&x]() -> Task<void> { co_await x.wait(); };", "captures")
        self.assert_fine("auto f = [](X& x) -> Task<void> { co_await x.wait(); };")
        self.assert_fine("auto f = [&x] { return wait_for(x); };")

    def test_an_exception_names_rule_file_and_count(self):
        self.write("src/log/log.cc", "std::mutex a;\nstd::mutex b;\n")
        self.write(EXCEPTIONS, "mutex src/log/log.cc 2 # a library calls back on its own thread\n")
        self.assertEqual(self.findings(check), [])
        self.write("src/log/log.cc", "")
        self.assertEqual(self.findings(check),
                         [f"{EXCEPTIONS}:1: mutex src/log/log.cc needs no exception any more: "
                          "remove the line"])


if __name__ == "__main__":
    unittest.main()
