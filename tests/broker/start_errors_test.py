# SPDX-License-Identifier: Apache-2.0
"""A broker that cannot start says on one line what to change, and ends with 2."""

import os
import pathlib
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))

from harness import Case, suite
from harness.broker import environment, program
from harness.ports import free_base

CONFIGURATION = 2


class StartErrors(Case):
    def refused(self, *arguments, says, settings=None, user=None):
        """The one line of a start that fails; it contains each of `says`."""
        # The time limit is a bound on a broker that starts although it must not.
        done = subprocess.run([program(), *arguments], capture_output=True, timeout=20, check=False, user=user,
                              stdin=subprocess.DEVNULL, env=environment(settings), text=True,
                              cwd=self.folder_of(self._testMethodName))
        self.assertEqual(done.returncode, CONFIGURATION, done.stderr)
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 1, done.stderr)
        for text in says:
            self.assertIn(text, lines[0])
        return lines[0]

    def directory(self, name="data"):
        return os.path.join(self.folder_of(self._testMethodName), name)

    def taken(self, distance, says):
        base = free_base()
        with socket.socket() as holder:
            holder.bind(("0.0.0.0", base + distance))
            holder.listen(1)
            return self.refused("--kafka-port", str(base), "--data-dir", self.directory(),
                                says=[str(base + distance), "in use", *says])

    def test_a_kafka_port_in_use(self):
        self.taken(0, ["Kafka clients", "--kafka-port", "CHRONIK_KAFKA_PORT"])

    def test_an_http_port_in_use(self):
        self.taken(1000, ["metrics", "--http-port", "CHRONIK_HTTP_PORT"])

    def test_an_rpc_port_in_use(self):
        base = free_base()
        with socket.socket() as holder:
            holder.bind(("0.0.0.0", base + 3000))
            holder.listen(1)
            self.refused("--kafka-port", str(base), "--data-dir", self.directory(), "--node-id", "1",
                         "--peers", f"1@127.0.0.1:{base},2@127.0.0.1:9",
                         says=[str(base + 3000), "in use", "--rpc-port"])

    def test_a_derived_port_beyond_the_last(self):
        self.refused("--kafka-port", "65000", "--data-dir", self.directory(), says=["above 65535", "--http-port"])

    def test_an_unknown_option_names_the_nearest(self):
        self.refused("--kafka-prot", "9092", says=["--kafka-prot", "did you mean --kafka-port"])

    def test_an_unknown_variable_names_the_nearest(self):
        self.refused(settings={"CHRONIK_DATADIR": "x"}, says=["CHRONIK_DATADIR", "CHRONIK_DATA_DIR"])

    def test_an_unknown_key_of_the_file_names_the_nearest_and_its_line(self):
        path = self.directory("chronik.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write("node_id = 1\nkafka_prt = 9092\n")
        self.refused("--cluster-config", path, says=["chronik.toml:2", "kafka_prt", "kafka_port"])

    def test_a_file_that_is_not_there(self):
        self.refused("--cluster-config", self.directory("none.toml"), says=["none.toml"])

    def test_a_trace_that_cannot_be_written(self):
        self.refused("--single-node", "true", "--kafka-port", str(free_base()), "--data-dir", self.directory(),
                     "--raft-trace", self.directory("."), says=["raft_trace", "can be written"])

    def test_a_cluster_without_peers(self):
        self.refused("--node-id", "2", "--data-dir", self.directory(), says=["peers", "--single-node"])

    def test_a_bad_number(self):
        self.refused("--kafka-port", "ninety", says=["--kafka-port", "ninety"])

    def test_an_unwritable_data_directory(self):
        # Below a file nobody can make a directory, not even root.
        path = self.directory("file")
        with open(path, "w", encoding="utf-8"):
            pass
        self.refused("--kafka-port", str(free_base()), "--data-dir", os.path.join(path, "data"),
                     says=["data directory", "--data-dir"])

    def test_somebody_elses_directory(self):
        path = self.directory("home")
        os.makedirs(path)
        with open(os.path.join(path, "letter.txt"), "w", encoding="utf-8") as file:
            file.write("not yours\n")
        self.refused("--kafka-port", str(free_base()), "--data-dir", path, says=["letter.txt", "--data-dir"])

    def test_the_directory_of_another_node(self):
        one = self.broker(arguments=["--node-id", "1", "--single-node"])
        one.start().wait_ready()
        self.assertEqual(one.terminate()[0], 0)
        self.refused("--node-id", "2", "--single-node", "--kafka-port", str(one.port), "--data-dir", one.data,
                     says=["node 1", one.data])

    def test_the_directory_of_another_cluster(self):
        one = self.broker(arguments=["--single-node", "--cluster-id", "blue"])
        one.start().wait_ready()
        self.assertEqual(one.terminate()[0], 0)
        self.refused("--single-node", "--cluster-id", "green", "--kafka-port", str(one.port), "--data-dir", one.data,
                     says=["blue", "green"])

    def test_a_second_broker_on_the_same_directory(self):
        one = self.broker()
        one.start().wait_ready()
        self.refused("--kafka-port", str(free_base()), "--data-dir", one.data,
                     says=[str(one.pid), "in use", "--data-dir"])
        one.check()
        self.assertTrue(one.is_ready(), "the first broker is not disturbed")


if __name__ == "__main__":
    suite.main()
