#!/usr/bin/env python3
"""Limits of the process from outside: each is reached, answered, counted, and goes away."""

import re
import shutil
import socket
import struct
import subprocess
import time
import unittest

from broker import Broker

KCAT = shutil.which("kcat")
WAIT_SECONDS = 15

# Families that are promised to those who build dashboards and alerts.
PROMISED = """
    kafka_brokers kafka_broker_info kafka_topic_partitions
    kafka_topic_partition_current_offset kafka_topic_partition_oldest_offset
    kafka_topic_partition_in_sync_replica kafka_topic_partition_leader
    kafka_topic_partition_leader_is_preferred kafka_topic_partition_replicas
    kafka_topic_partition_under_replicated_partition
    kafka_consumergroup_current_offset kafka_consumergroup_current_offset_sum
    kafka_consumergroup_lag kafka_consumergroup_lag_sum kafka_consumergroup_members
    kafka_consumergroup_group_lag_seconds kafka_consumergroup_group_max_lag_seconds
    polylog_request_seconds polylog_append_seconds polylog_fsync_seconds
    polylog_partition_under_replicated polylog_log_bytes polylog_disk_used_bytes
    polylog_disk_total_bytes polylog_consumer_lag_seconds polylog_backlog_per_consumer
    polylog_throttled_total polylog_build_info polylog_recovery_clean
    polylog_connections polylog_connections_accepted_total polylog_connections_refused_total
    polylog_connections_overdue_total polylog_memory_used_bytes polylog_memory_budget_bytes
    polylog_memory_stage polylog_disk_stage
    process_resident_memory_bytes process_cpu_seconds_total process_max_fds
""".split()


def connect(broker):
    host, port = broker.kafka.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=WAIT_SECONDS)


def is_closed(connection):
    """Whether the broker closes it, or has."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def metric(broker, name, **labels):
    for line in broker.get("/metrics")[2].splitlines():
        found = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
        if not found or found[1] != name:
            continue
        if dict(re.findall(r'(\w+)="([^"]*)"', found[2] or "")).items() >= labels.items():
            return float(found[3])
    raise AssertionError(f"no series {name} {labels}")


def kcat(broker, *words, text=None, check=True):
    return subprocess.run([KCAT, "-b", broker.kafka, *words], input=text, capture_output=True,
                          text=True, timeout=60, check=check)


class Connections(unittest.TestCase):
    def test_one_address_gets_no_more_than_its_share(self):
        with Broker("--set", "limits.connections_per_ip_max=3") as broker:
            # Counts those of the admin listener too: metrics are asked for when there is room.
            kept = [connect(broker) for _ in range(3)]
            time.sleep(0.2)
            with connect(broker) as fourth:
                self.assertTrue(is_closed(fourth))
            for connection in kept:
                connection.close()
            time.sleep(0.2)
            self.assertGreaterEqual(metric(broker, "polylog_connections_refused_total",
                                           protocol="kafka", limit="address"), 1)
            self.assertIn('"event":"connection_refused"', broker.log())

    def test_silence_and_slowness_cost_the_connection(self):
        with Broker("--set", "limits.first_request_timeout=1s") as broker:
            with connect(broker) as silent:
                self.assertTrue(is_closed(silent))
            self.assertEqual(metric(broker, "polylog_connections_overdue_total",
                                    protocol="kafka", reason="no_request"), 1)

    def test_an_enormous_frame_is_refused_when_it_is_announced(self):
        with Broker() as broker:
            with connect(broker) as hostile:
                hostile.sendall(struct.pack(">ihh", 2_000_000_000, 18, 0))
                self.assertTrue(is_closed(hostile))
            with connect(broker) as stranger:
                stranger.sendall(struct.pack(">i", 1_000_000) + b"GET / HTTP/1.1")
                self.assertTrue(is_closed(stranger))
            self.assertEqual(broker.get("/livez")[0], 200)


@unittest.skipUnless(KCAT, "kcat is not installed")
class Memory(unittest.TestCase):
    def test_a_small_budget_serves_a_large_load(self):
        with Broker("--set", "limits.memory_budget_bytes=48MiB") as broker:
            text = "".join(f"{i:09d}{'x' * 1000}\n" for i in range(60_000))
            kcat(broker, "-t", "orders", "-p", "0", "-P", text=text)
            read = kcat(broker, "-t", "orders", "-p", "0", "-C", "-e", "-q").stdout
            self.assertEqual(read, text)
            self.assertEqual(metric(broker, "polylog_memory_budget_bytes"), 48 << 20)
            self.assertEqual(metric(broker, "polylog_memory_stage"), 0)
            self.assertLess(metric(broker, "process_resident_memory_bytes"), 160 << 20)


@unittest.skipUnless(KCAT, "kcat is not installed")
class Disk(unittest.TestCase):
    def test_a_nearly_full_disk_refuses_records_and_serves_reads(self):
        with Broker() as broker:
            kcat(broker, "-t", "orders", "-p", "0", "-P", text="before\n")
            self.assertEqual(broker.stop(), 0)
            broker.flags = ("--set", "limits.disk_refuse_produce_percent=0",
                            "--set", "limits.disk_scarce_bytes=1000TiB")
            broker.start()
            refused = kcat(broker, "-t", "orders", "-p", "0", "-P", "-X", "message.timeout.ms=2000",
                           text="during\n", check=False)
            self.assertIn("Delivery failed", refused.stderr)
            read = kcat(broker, "-t", "orders", "-p", "0", "-C", "-e", "-q").stdout
            self.assertEqual(read, "before\n")
            self.assertEqual(metric(broker, "polylog_disk_stage"), 1)
            self.assertGreaterEqual(metric(broker, "polylog_throttled_total", reason="disk"), 1)
            self.assertEqual(broker.get("/readyz")[0], 503)
            self.assertIn('"event":"disk_fills"', broker.log())


@unittest.skipUnless(KCAT, "kcat is not installed")
class Metrics(unittest.TestCase):
    def test_every_promised_family_is_served(self):
        with Broker() as broker:
            kcat(broker, "-t", "orders", "-p", "0", "-P", text="a\nb\nc\n")
            kcat(broker, "-G", "billing", "-e", "-q", "-X", "auto.offset.reset=earliest",
                 "orders", check=False)
            kcat(broker, "-t", "orders", "-p", "0", "-P", text="d\ne\nf\n")
            text = broker.get("/metrics")[2]
            served = set(re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE))
            self.assertEqual(sorted(set(PROMISED) - served), [])
            for name in ("polylog_append_seconds", "polylog_fsync_seconds"):
                self.assertIn(f"# TYPE {name} histogram", text)
            self.assertGreater(metric(broker, "kafka_consumergroup_lag_sum",
                                      consumergroup="billing"), 0)
            self.assertEqual(metric(broker, "polylog_recovery_clean"), 1)
            time.sleep(1)
            self.assertGreater(metric(broker, "kafka_consumergroup_group_max_lag_seconds",
                                      group="billing"), 0.9)


if __name__ == "__main__":
    unittest.main()
