# SPDX-License-Identifier: Apache-2.0
"""broker-load against our broker: each way of loading it measures something, and a lost record fails the run."""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cluster"))

from harness import Case, Stopwatch, suite, until  # noqa: E402

LOAD = os.environ["CHRONIK_LOAD"]


class BrokerLoad(Case):
    def run_load(self, *words, code=0):
        done = subprocess.run([LOAD, *words], capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def started(self):
        one = self.broker(arguments=["--bind-addr", "127.0.0.1"])
        one.start().wait_ready(120)
        return one

    def target(self, one, topic):
        return ("--bootstrap", one.address, "--pid", str(one.pid), "--topic", topic)

    def test_what_is_produced_is_counted_and_read_back(self):
        one = self.started()
        told = self.run_load("produce", *self.target(one, "t"), "--create", "--partitions", "3", "--producers", "2",
                             "--keys", "50", "--records", "3001", "--record-bytes", "200", "--compression", "lz4")
        self.assertEqual(told["counts"], {"sent": 3001, "acknowledged": 3001, "refused": 0})
        self.assertEqual(told["latency_us"]["count"], 3001)
        self.assertGreater(told["measured"]["broker"]["resident_bytes"], 0)
        told = self.run_load("consume", *self.target(one, "t"), "--consumers", "2")
        self.assertEqual(told["counts"], {"expected": 3001, "read": 3001, "bytes": 3001 * 200})

    def test_an_open_loop_sends_what_is_due_and_measures_both_ways(self):
        one = self.started()
        told = self.run_load("end-to-end", *self.target(one, "t"), "--create", "--partitions", "2", "--rate", "200",
                             "--warm-up", "0", "--seconds", "2", "--producers", "2", "--linger-ms", "0")
        self.assertEqual(told["counts"], {"sent": 400, "acknowledged": 400, "refused": 0, "read": 400})
        for figures in ("latency_us", "end_to_end_latency_us"):
            self.assertEqual(told[figures]["count"], 400)
            self.assertLessEqual(told[figures]["p50"], told[figures]["max"])

    def test_a_broker_that_stands_still_is_charged_for_everything_that_was_due(self):
        one = self.started()
        words = [LOAD, "produce", *self.target(one, "t"), "--create", "--partitions", "1", "--rate", "500",
                 "--warm-up", "0", "--seconds", "4"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as running:
            until(lambda: one.metric("kafka_topic_partition_current_offset", topic="t", partition=0), "the load", 60)
            one.freeze()
            stopwatch = Stopwatch()
            until(lambda: stopwatch.seconds() > 1.5, "a second and a half of standing still", 30)
            one.thaw()
            told = json.loads(running.communicate(timeout=120)[0])
        self.assertEqual(told["failures"], [])
        self.assertEqual(told["counts"]["acknowledged"], 2000)
        # 750 records were due meanwhile: a quarter of all waited for half of the time, and more.
        self.assertGreaterEqual(told["latency_us"]["max"], 1.4e6)
        self.assertGreaterEqual(told["latency_us"]["p90"], 0.5e6)
        self.assertGreaterEqual(told["longest_silence_ms"], 1400)

    def test_refused_records_fail_the_run(self):
        one = self.started()
        told = self.run_load("produce", *self.target(one, "t"), "--create", "--partitions", "1", "--topic-setting",
                             "max.message.bytes=1000", "--records", "5", "--record-bytes", "4000", code=1)
        self.assertEqual(told["counts"]["acknowledged"], 0)
        self.assertEqual(len(told["failures"]), 2, told["failures"])

    def test_values_of_others_are_noticed(self):
        one = self.started()
        subprocess.run(["kcat", "-P", "-b", one.address, "-t", "t"], input=b"hello\n", check=True, timeout=60)
        told = self.run_load("consume", *self.target(one, "t"), code=1)
        self.assertEqual(told["failures"], ["1 values were read that nobody sent"])

    def test_a_broker_that_died_is_no_figure(self):
        one = self.started()
        words = [LOAD, "produce", *self.target(one, "t"), "--create", "--partitions", "1", "--rate", "100",
                 "--warm-up", "0", "--seconds", "4", "--patience", "2"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
            until(lambda: one.metric("kafka_topic_partition_current_offset", topic="t", partition=0), "the load", 60)
            one.kill()
            told = json.loads(running.communicate(timeout=120)[0])
            self.assertEqual(running.returncode, 1)
        self.assertNotEqual(told["failures"], [])

    def test_the_first_acknowledgement_is_waited_for(self):
        one = self.broker(arguments=["--bind-addr", "127.0.0.1"])
        with subprocess.Popen([LOAD, "first-ack", "--bootstrap", one.address, "--topic", "t"], stdout=subprocess.PIPE,
                              text=True) as running:
            one.start()
            told = json.loads(running.communicate(timeout=120)[0])
        self.assertEqual(told["failures"], [])
        self.assertGreater(told["acknowledged_at_ns"], 0)

    def test_limits_are_measured_without_a_broker(self):
        folder = self.folder_of("disk")
        self.assertGreater(self.run_load("disk", "--directory", folder, "--seconds", "0.5")["small"]["syncs_per_s"], 0)
        self.assertGreater(self.run_load("loopback", "--seconds", "0.5")["stream"]["megabytes_per_s"], 0)
        told = self.run_load("produce", "--mock", "1", "--partitions", "2", "--records", "1000")
        self.assertEqual(told["counts"]["acknowledged"], 1000)


if __name__ == "__main__":
    suite.main()
