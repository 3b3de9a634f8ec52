#!/usr/bin/env python3
"""The server from outside: starting, health, metrics, wrong settings, stopping, restarting."""

import json
import pathlib
import resource
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from broker import POLYLOG, Broker, clean_environment, polylog

PROJECT = pathlib.Path(__file__).resolve().parents[2]
KCAT = shutil.which("kcat")


def kcat(broker, *words, text=None):
    return subprocess.run([KCAT, "-b", broker.kafka, *words], input=text, capture_output=True,
                          text=True, timeout=30, check=True).stdout


def talk(address, request):
    """All that the server answers until it closes."""
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        return answer


class Starting(unittest.TestCase):
    def test_dev_is_ready_and_says_where(self):
        with Broker() as broker:
            self.assertIn("ready in", broker.out())
            self.assertIn(broker.kafka, broker.out())
            self.assertEqual(broker.get("/livez")[0], 200)
            self.assertEqual(broker.get("/readyz")[2], "ok\n")
            self.assertIn("[+] recovered ok", broker.get("/readyz?verbose")[2])
            events = [json.loads(line)["event"] for line in broker.log().splitlines()]
            self.assertIn("recovered", events)
            self.assertEqual(events[-1], "ready")

    def test_server_takes_its_settings_from_a_file_and_a_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder)
            (path / "polylog.toml").write_text("shards = 2\n[kafka]\nnum.partitions = 3\n")
            (path / "conf.d").mkdir()
            (path / "conf.d" / "50.toml").write_text("[kafka]\nnum.partitions = 5\n")
            with Broker("-c", path / "polylog.toml", verb="server") as broker:
                self.assertIn('"shards":2', broker.log())
                self.assertEqual(broker.out(), "")
            shown = polylog("config", "show", "-c", path / "polylog.toml", "--origin").stdout
            self.assertIn("conf.d/50.toml:2:", shown)
            self.assertRegex(shown, r"kafka\.num\.partitions +5 ")

    def test_a_taken_port_is_named_with_the_flag_that_changes_it(self):
        with Broker() as broker:
            with tempfile.TemporaryDirectory() as folder:
                second = polylog("dev", "--data-dir", folder, "--kafka", broker.kafka,
                                 "--admin", "127.0.0.1:0")
            self.assertEqual(second.returncode, 78)
            self.assertIn("error[PL8003]", second.stderr)
            self.assertIn(f"process {broker.process.pid} (polylog)", second.stderr)
            self.assertIn(f"port {broker.kafka.split(':')[1]} ", second.stderr)
            self.assertIn("in use", second.stderr)
            self.assertIn("--kafka", second.stderr)

    def test_what_runs_already_is_told_in_one_go_with_the_command_that_works(self):
        with Broker() as broker:
            data = broker.directory / "data"
            given = ("--data-dir", data, "--kafka", broker.kafka, "--admin", broker.admin,
                     "--aws", broker.aws, "--shards", "1",
                     "--ports-file", broker.directory / "second ports")
            refused = polylog("dev", *given)
            self.assertEqual(refused.returncode, 78, refused.stderr)
            for text in (broker.kafka, broker.admin, broker.aws, f"data directory {data}",
                         f"are in use by process {broker.process.pid} (polylog)"):
                self.assertIn(text, refused.stderr)
            hint = next(line for line in refused.stderr.splitlines() if "hint:" in line)
            words = shlex.split(hint.split("beside it: ")[1])
            self.assertEqual(words[:2], [POLYLOG, "dev"])
            self.assertEqual(words[words.index("--shards") + 1], "1")
            with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                  env=clean_environment()) as second:
                deadline = time.monotonic() + 20
                while not given[-1].exists() and second.poll() is None:
                    self.assertLess(time.monotonic(), deadline)
                    time.sleep(0.01)
                second.terminate()
                log = second.stderr.read().decode()
                self.assertEqual(second.wait(20), 0, log)

    def test_a_taken_port_is_noticed_behind_a_name_too(self):
        with Broker() as broker, tempfile.TemporaryDirectory() as folder:
            port = broker.kafka.split(":")[1]
            refused = polylog("dev", "--data-dir", f"{folder}/data", "--kafka",
                              f"localhost:{port}", "--admin", "127.0.0.1:0")
            self.assertEqual(refused.returncode, 78, refused.stderr)
            self.assertIn(f"port {port} (localhost:{port}) is in use", refused.stderr)

    def test_a_refused_start_leaves_nothing_behind(self):
        with Broker() as broker, tempfile.TemporaryDirectory() as folder:
            for kafka, *words in ((broker.kafka,), ("192.0.2.1:9092", "--insecure-listen"),
                                  ("127.0.0.1:0", "--set", "storage.disk_reserve_bytes=8000TB")):
                for name in ("new", "empty"):
                    data = pathlib.Path(folder) / name
                    if name == "empty":
                        data.mkdir(exist_ok=True)
                    refused = polylog("dev", "--data-dir", data, "--admin", "127.0.0.1:0",
                                      "--kafka", kafka, *words)
                    self.assertIn(refused.returncode, (70, 78), refused.stderr)
                    self.assertEqual(data.exists(), name == "empty")
                    left = {path.name for path in data.rglob("*")}
                    self.assertLessEqual(left, {"lock"})

    def test_a_start_without_file_descriptors_leaves_nothing_behind(self):
        for descriptors in (4, 8):  # at the lock, at the event loop
            with tempfile.TemporaryDirectory() as folder:
                refused = polylog("dev", "--data-dir", f"{folder}/data", "--kafka", "127.0.0.1:0",
                                  "--admin", "127.0.0.1:0",
                                  preexec_fn=lambda: resource.setrlimit(
                                      resource.RLIMIT_NOFILE, (descriptors, descriptors)))
                self.assertEqual(refused.returncode, 78, refused.stderr)
                self.assertIn("Too many open files", refused.stderr)
                self.assertEqual(list(pathlib.Path(folder).iterdir()), [])

    def test_a_refused_start_keeps_the_data_that_was_there(self):
        with Broker() as broker:
            self.assertEqual(broker.stop(), 0)
            before = sorted(broker.data.rglob("*"))
            refused = polylog("dev", "--data-dir", broker.data, "--admin", "127.0.0.1:0",
                              "--kafka", "192.0.2.1:9092", "--insecure-listen")
            self.assertEqual(refused.returncode, 78)
            self.assertEqual(sorted(broker.data.rglob("*")), before)

    def test_a_data_directory_has_one_server(self):
        with Broker() as broker:
            second = polylog("dev", "--data-dir", broker.directory / "data", "--kafka",
                             "127.0.0.1:0", "--admin", "127.0.0.1:0")
            self.assertEqual(second.returncode, 78)
            self.assertIn("error[PL8004]", second.stderr)
            self.assertIn(str(broker.process.pid), second.stderr)
            self.assertIn("--data-dir", second.stderr)

    def test_addresses_beyond_loopback_need_a_flag(self):
        for flag in ("--kafka", "--admin", "--aws"):
            with tempfile.TemporaryDirectory() as folder:
                refused = polylog("dev", "--data-dir", folder, flag, "0.0.0.0:0")
            self.assertEqual(refused.returncode, 78)
            self.assertIn("error[PL8002]", refused.stderr)
            self.assertIn("--insecure-listen", refused.stderr)

    def test_a_directory_that_cannot_be_used_is_named(self):
        with tempfile.NamedTemporaryFile() as file:
            for directory in (file.name, f"{file.name}/below", "/proc/polylog"):
                refused = polylog("dev", "--data-dir", directory, "--kafka", "127.0.0.1:0",
                                  "--admin", "127.0.0.1:0")
                self.assertEqual(refused.returncode, 78, directory)
                self.assertIn("error[PL8004]", refused.stderr)
                self.assertIn(directory, refused.stderr)
                self.assertIn("--data-dir", refused.stderr)

    def test_settings_that_a_directory_was_not_made_for_are_refused(self):
        with Broker() as broker:
            self.assertEqual(broker.stop(), 0)
            refused = polylog("dev", "--data-dir", broker.directory / "data", "--kafka",
                              "127.0.0.1:0", "--admin", "127.0.0.1:0", "--shards", "3")
            self.assertEqual(refused.returncode, 78, refused.stderr)
            self.assertIn("error[PL8004]", refused.stderr)
            self.assertIn("shards = 1", refused.stderr)

    def test_a_disk_that_is_too_small_is_told_in_figures(self):
        with tempfile.TemporaryDirectory() as folder:
            refused = polylog("dev", "--data-dir", folder, "--kafka", "127.0.0.1:0", "--admin",
                              "127.0.0.1:0", "--set", "storage.disk_reserve_bytes=8000TB")
            self.assertEqual(refused.returncode, 70, refused.stderr)
            self.assertIn("error[PL8005]", refused.stderr)
            for text in ("16MiB", "7.1PiB", "too little is free", "--data-dir",
                         "storage.disk_reserve_bytes"):
                self.assertIn(text, refused.stderr)
            self.assertRegex(refused.stderr, r"the disk has \d[\d.]{0,3}[KMGTP]iB left")

    def test_dev_leaves_the_disk_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder)
            with subprocess.Popen([POLYLOG, "dev", "--data-dir", path / "data", "--kafka",
                                   "127.0.0.1:0", "--admin", "127.0.0.1:0", "--aws", "127.0.0.1:0",
                                   "--ports-file", path / "ports"], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, env=clean_environment()) as server:
                deadline = time.monotonic() + 20
                while not (path / "ports").exists() and time.monotonic() < deadline:
                    time.sleep(0.01)
                used = sum(file.stat().st_blocks * 512 for file in path.rglob("*"))
                server.terminate()
                self.assertEqual(server.wait(20), 0)
            self.assertLess(used, 20 << 20)


class Configuration(unittest.TestCase):
    def check(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(text)
            file.flush()
            return polylog("config", "check", "-c", file.name)

    def test_errors_say_where_and_what_was_meant(self):
        result = self.check('data_dri = "x"\n')
        self.assertEqual(result.returncode, 78)
        self.assertIn(":1:1: data_dri", result.stderr)
        self.assertIn("did you mean `data_dir`", result.stderr)
        self.assertEqual(self.check("a = = 1").returncode, 78)
        self.assertEqual(self.check('[kafka]\n"num.partitions" = "x"\n').returncode, 78)

    def test_a_file_that_cannot_be_read_is_told_with_what_to_do(self):
        with tempfile.TemporaryDirectory() as folder:
            for words in (("config", "check"), ("config", "show"), ("dev",), ("server",)):
                missing = polylog(*words, "-c", f"{folder}/none.toml")
                self.assertEqual(missing.returncode, 78)
                self.assertIn("none.toml: No such file", missing.stderr)
                self.assertIn("hint: name a file that exists with -c FILE", missing.stderr)
                unreadable = polylog(*words, "-c", folder)
                self.assertEqual(unreadable.returncode, 78)
                self.assertIn(f"{folder}: Is a directory", unreadable.stderr)
                self.assertIn("hint: -c FILE", unreadable.stderr)

    def test_good_files_pass(self):
        self.assertEqual(self.check("shards = 4\n").returncode, 0)

    def test_the_page_in_the_documents_is_what_the_program_says(self):
        page = (PROJECT / "docs/configuration.md").read_text()
        self.assertEqual(polylog("config", "describe", "--all").stdout, page)

    def test_a_key_is_explained(self):
        self.assertIn("default: 10000", polylog("config", "describe",
                                                "limits.connections_max").stdout)
        self.assertEqual(polylog("config", "describe", "nonsense").returncode, 78)


class CommandLine(unittest.TestCase):
    def test_misspelt_commands_and_options_are_usage_errors(self):
        wrong = polylog("serverr")
        self.assertEqual(wrong.returncode, 64)
        self.assertIn("did you mean 'server'?", wrong.stderr)
        wrong = polylog("dev", "--kafak", "x")
        self.assertEqual(wrong.returncode, 64)
        self.assertIn("did you mean '--kafka'?", wrong.stderr)

    def test_help_comes_from_every_level(self):
        for words in ((), ("config",), ("config", "show"), ("dev",)):
            self.assertEqual(polylog(*words, "--help").returncode, 0)
        self.assertEqual(polylog().returncode, 64)
        self.assertRegex(polylog("version").stdout, r"^polylog \d+\.\d+\.\d+\n$")


class Metrics(unittest.TestCase):
    def test_names_and_formats(self):
        with Broker() as broker:
            if KCAT:
                kcat(broker, "-t", "orders", "-P", text="a\nb\n")
            status, headers, text = broker.get("/metrics")
            self.assertEqual(status, 200)
            self.assertIn("version=0.0.4", headers["Content-Type"])
            for name in ("polylog_build_info", "polylog_ready 1", "kafka_brokers 1",
                         f'kafka_broker_info{{id="1",address="{broker.kafka}"}} 1',
                         "polylog_request_seconds_bucket",
                         "polylog_appended_batches_total", "polylog_recovery_clean 1",
                         "polylog_connections_accepted_total", "process_resident_memory_bytes"):
                self.assertIn(name, text)
            if KCAT:
                self.assertIn('kafka_topic_partitions{topic="orders"} 4', text)
                self.assertIn("kafka_topic_partition_current_offset", text)
            _, headers, text = broker.get("/metrics", Accept="application/openmetrics-text")
            self.assertIn("openmetrics-text", headers["Content-Type"])
            self.assertTrue(text.endswith("# EOF\n"))
            self.assertEqual(broker.get("/metrics/per-object")[0], 200)

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    def test_promtool_has_nothing_to_say(self):
        with Broker() as broker:
            text = broker.get("/metrics")[2]
        # Families of kafka_exporter keep the names that dashboards know.
        lines = [line for line in text.splitlines() if "kafka_" not in line]
        result = subprocess.run(["promtool", "check", "metrics"], input="\n".join(lines) + "\n",
                                capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual((result.returncode, result.stderr), (0, ""))


class Http(unittest.TestCase):
    def test_hostile_and_odd_clients(self):
        with Broker() as broker:
            self.assertEqual(broker.get("/nothing")[0], 404)
            pipelined = talk(broker.admin, b"GET /livez HTTP/1.1\r\nHost: h\r\n\r\n"
                             b"HEAD /livez HTTP/1.1\r\nHost: h\r\n\r\n"
                             b"PUT /livez HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            self.assertEqual(pipelined.count(b"HTTP/1.1 200 OK"), 2)
            self.assertIn(b"HTTP/1.1 405 Method Not Allowed", pipelined)
            self.assertIn(b"Allow: GET", pipelined)
            self.assertTrue(talk(broker.admin, b"\x16\x03\x01\r\n\r\n").startswith(b"HTTP/1.1 400"))
            self.assertTrue(talk(broker.admin, b"GET / HTTP/1.1\r\nX: " + b"a" * 40000)
                            .startswith(b"HTTP/1.1 431"))
            self.assertEqual(broker.get("/livez")[0], 200)


class Stopping(unittest.TestCase):
    def test_sigterm_stops_cleanly_and_the_next_start_replays_nothing(self):
        with Broker() as broker:
            self.assertEqual(broker.stop(), 0)
            self.assertIn('"event":"stopped"', broker.log())
            broker.start()
            recovered = [json.loads(line) for line in broker.log().splitlines()
                         if '"event":"recovered"' in line]
            self.assertTrue(recovered[-1]["clean"])

    @unittest.skipUnless(KCAT, "kcat is not installed")
    def test_records_survive_a_stop_and_a_kill(self):
        with Broker() as broker:
            kcat(broker, "-t", "orders", "-p", "0", "-P", text="first\n")
            self.assertEqual(broker.stop(), 0)
            broker.start()
            kcat(broker, "-t", "orders", "-p", "0", "-P", text="second\n")
            broker.process.send_signal(signal.SIGKILL)
            broker.process.wait(10)
            broker.start()
            self.assertEqual(kcat(broker, "-t", "orders", "-p", "0", "-C", "-e", "-q"),
                             "first\nsecond\n")

    def test_sighup_takes_up_what_is_live_and_names_what_needs_a_restart(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "polylog.toml"
            file.write_text("shards = 1\n")
            with Broker("-c", file, verb="server") as broker:
                def reload(text):
                    file.write_text(text)
                    seen = broker.log().count('"event":"reload')
                    broker.process.send_signal(signal.SIGHUP)
                    deadline = time.monotonic() + 10
                    while broker.log().count('"event":"reload') == seen:
                        self.assertLess(time.monotonic(), deadline, broker.log())
                        time.sleep(0.01)

                reload('shards = 1\ndrain_timeout = "1s"\n[log]\nlevel = "debug"\n')
                self.assertIn('"changed":"drain_timeout,log.level"', broker.log())
                self.assertNotIn("restart_needed", broker.log())
                reload('shards = 2\ndrain_timeout = "1s"\n[kafka]\n"num.partitions" = 7\n')
                self.assertIn('"changed":"log.level"', broker.log())
                self.assertIn('"settings":"kafka.num.partitions,shards"', broker.log())
                reload("shards = \n")
                self.assertIn("reload_refused", broker.log())
                self.assertIn("polylog.toml:1:", broker.log())
                self.assertEqual(broker.get("/readyz")[0], 200)
                self.assertEqual(broker.stop(), 0)
                self.assertIn('"deadline_ms":1000', broker.log())

    def test_sigusr1_turns_debug_records_on_and_off(self):
        with Broker() as broker:
            broker.process.send_signal(signal.SIGUSR1)
            broker.get("/livez")
            self.assertEqual(broker.stop(), 0)
            self.assertIn('"level":"debug"', broker.log())


if __name__ == "__main__":
    unittest.main()
