# SPDX-License-Identifier: Apache-2.0
"""Just enough of Kafka's protocol to ask one node, and only that node, and to send it nonsense."""

import dataclasses
import socket
import struct

PRODUCE, FETCH, LIST_OFFSETS, METADATA, API_VERSIONS, CREATE_TOPICS, DELETE_RECORDS = 0, 1, 2, 3, 18, 19, 21
OFFSET_FOR_LEADER_EPOCH, DESCRIBE_CONFIGS, ALTER_CONFIGS = 23, 32, 33
CREATE_PARTITIONS, INCREMENTAL_ALTER_CONFIGS = 37, 44
TOPIC, BROKER = 2, 4  # what has configurations


class Reader:
    """Big endian, as Kafka is; a short answer raises struct.error."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def _number(self, form):
        value, = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return value

    def int8(self):
        return self._number(">b")

    def int16(self):
        return self._number(">h")

    def int32(self):
        return self._number(">i")

    def int64(self):
        return self._number(">q")

    def text(self):
        size = self.int16()
        if size < 0:
            return None
        if self.at + size > len(self.data):
            raise struct.error("text beyond the end")
        value = self.data[self.at:self.at + size].decode()
        self.at += size
        return value

    def array(self, read):
        return [read() for _ in range(self.int32())]

    def rest(self):
        return self.data[self.at:]


def text(value):
    if value is None:
        return struct.pack(">h", -1)
    raw = value.encode()
    return struct.pack(">h", len(raw)) + raw


def request(key, version, correlation, body, client="harness"):
    """A request with a header of version 1, with its length before it."""
    whole = struct.pack(">hhi", key, version, correlation) + text(client) + body
    return struct.pack(">i", len(whole)) + whole


class Connection:
    def __init__(self, port, seconds=10.0, host="127.0.0.1"):
        self.socket = socket.create_connection((host, port), timeout=seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._correlation = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def _exactly(self, size):
        parts = bytearray()
        while len(parts) < size:
            part = self.socket.recv(size - len(parts))
            if not part:
                raise ConnectionError(f"closed after {len(parts)} of {size} bytes")
            parts += part
        return bytes(parts)

    def receive(self):
        """One answer without its length."""
        size, = struct.unpack(">i", self._exactly(4))
        return self._exactly(size)

    def is_closed(self):
        """Whether the broker closes within the time limit; anything it sends first is ignored."""
        try:
            while self.socket.recv(65536):
                pass
            return True
        except (ConnectionResetError, BrokenPipeError):
            return True
        except socket.timeout:
            return False

    def ask(self, key, version, body):
        """The answer's body, after its correlation id (header version 0)."""
        self._correlation += 1
        self.send(request(key, version, self._correlation, body))
        answer = Reader(self.receive())
        assert answer.int32() == self._correlation, "an answer to another request"
        return answer


@dataclasses.dataclass
class Partition:
    error: int
    index: int
    leader: int
    epoch: int
    replicas: list
    in_sync: list
    offline: list


@dataclasses.dataclass
class Topic:
    name: str
    error: int
    partitions: dict

    def layout(self):
        """What has to be equal on every node."""
        return {index: (each.leader, tuple(each.replicas), tuple(sorted(each.in_sync)))
                for index, each in self.partitions.items()}


@dataclasses.dataclass
class View:
    brokers: dict  # node -> (host, port)
    cluster_id: str
    controller: int
    topics: dict

    def leader(self, topic, partition):
        found = self.topics.get(topic)
        return found.partitions[partition].leader if found and partition in found.partitions else -1


def metadata(port, topics=None, create=False):
    """Metadata version 7 of one node; all topics but the broker's own when none are named."""
    names = b"\xff\xff\xff\xff" if topics is None else struct.pack(">i", len(topics)) + b"".join(map(text, topics))
    with Connection(port) as connection:
        answer = connection.ask(METADATA, 7, names + struct.pack(">?", create))

    def partition():
        return Partition(answer.int16(), answer.int32(), answer.int32(), answer.int32(), answer.array(answer.int32),
                         answer.array(answer.int32), answer.array(answer.int32))

    def topic():
        error, name, internal = answer.int16(), answer.text(), answer.int8()
        return internal, Topic(name, error, {each.index: each for each in answer.array(partition)})

    def broker():
        node, host, listens, _rack = answer.int32(), answer.text(), answer.int32(), answer.text()
        return node, (host, listens)

    answer.int32()  # throttle time
    brokers = dict(answer.array(broker))
    cluster_id, controller = answer.text(), answer.int32()
    told = {each.name: each for internal, each in answer.array(topic) if topics is not None or not internal}
    return View(brokers, cluster_id, controller, told)


def produce(port, topic, partition, batch, timeout_ms=1000, acks=-1):
    """(error code, base offset) of Produce version 3 to one node, whoever leads; `batch` is a whole record batch."""
    with Connection(port, seconds=timeout_ms / 1000 + 10) as connection:
        return produce_on(connection, topic, partition, batch, timeout_ms, acks)


def produce_on(connection, topic, partition, batch, timeout_ms=1000, acks=-1):
    """The same on a connection that stays."""
    body = text(None) + struct.pack(">hi", acks, timeout_ms) + struct.pack(">i", 1) + text(topic)
    body += struct.pack(">iii", 1, partition, len(batch)) + batch
    answer = connection.ask(PRODUCE, 3, body)
    assert (answer.int32(), answer.text(), answer.int32(), answer.int32()) == (1, topic, 1, partition)
    return answer.int16(), answer.int64()


def create_topic(port, topic, partitions, replicas, timeout_ms=1000):
    """The error code of CreateTopics version 2 to one node."""
    body = struct.pack(">i", 1) + text(topic) + struct.pack(">ih", partitions, replicas) + struct.pack(">ii", 0, 0)
    with Connection(port, seconds=timeout_ms / 1000 + 10) as connection:
        answer = connection.ask(CREATE_TOPICS, 2, body + struct.pack(">i?", timeout_ms, False))
    answer.int32()  # throttle time
    assert (answer.int32(), answer.text()) == (1, topic)
    return answer.int16()


def _array(elements):
    return struct.pack(">i", len(elements)) + b"".join(elements)


def alter_configs(port, topic, incremental=True, **configs):
    """Asks this node to set a topic's configurations, `_` for `.`; None takes one back. Returns (error, message)."""
    steps = [text(name.replace("_", ".")) + (struct.pack(">b", 0 if value is not None else 1) if incremental else b"") +
             text(value) for name, value in configs.items()]
    body = _array([struct.pack(">b", TOPIC) + text(topic) + _array(steps)]) + b"\0"
    with Connection(port, seconds=40.0) as connection:
        answer = connection.ask(INCREMENTAL_ALTER_CONFIGS if incremental else ALTER_CONFIGS, 0, body)
    answer.int32()  # throttle time
    told, = answer.array(lambda: (answer.int16(), answer.text(), answer.int8(), answer.text()))
    return told[:2]


def configs(port, name, kind=TOPIC):
    """What this node says of a topic's or its own configurations: name -> (value, source)."""
    body = _array([struct.pack(">b", kind) + text(name) + struct.pack(">i", -1)]) + b"\0"
    with Connection(port) as connection:
        answer = connection.ask(DESCRIBE_CONFIGS, 1, body)

    def config():
        name, value, _read_only, source, _sensitive = (answer.text(), answer.text(), answer.int8(), answer.int8(),
                                                       answer.int8())
        answer.array(lambda: (answer.text(), answer.text(), answer.int8()))
        return name, (value, source)

    def resource():
        error, message, _kind, _name = answer.int16(), answer.text(), answer.int8(), answer.text()
        assert error == 0, (error, message)
        return dict(answer.array(config))

    answer.int32()
    told, = answer.array(resource)
    return told


def create_partitions(port, topic, count, assignment=None, validate_only=False, seconds=20.0):
    """Asks this node for more partitions; returns (error, message)."""
    lists = struct.pack(">i", -1) if assignment is None else _array(
        [_array([struct.pack(">i", node) for node in replicas]) for replicas in assignment])
    body = _array([text(topic) + struct.pack(">i", count) + lists])
    body += struct.pack(">i?", int(seconds * 1000), validate_only)
    with Connection(port, seconds=2 * seconds) as connection:
        answer = connection.ask(CREATE_PARTITIONS, 0, body)
    answer.int32()
    told, = answer.array(lambda: (answer.text(), answer.int16(), answer.text()))
    return told[1:]


def delete_records(port, topic, partition, offset, seconds=20.0):
    """Asks this node to delete what is before the offset; returns (error, where the partition begins)."""
    body = _array([text(topic) + _array([struct.pack(">iq", partition, offset)])])
    body += struct.pack(">i", int(seconds * 1000))
    with Connection(port, seconds=2 * seconds) as connection:
        answer = connection.ask(DELETE_RECORDS, 0, body)
    answer.int32()
    told, = answer.array(lambda: (answer.text(), answer.array(
        lambda: (answer.int32(), answer.int64(), answer.int16()))))
    (_, start, error), = told[1]
    return error, start


def end_of_epoch(port, topic, partition, epoch):
    """(error, epoch, end offset), as this node tells."""
    body = _array([text(topic) + _array([struct.pack(">iii", partition, -1, epoch)])])
    with Connection(port) as connection:
        answer = connection.ask(OFFSET_FOR_LEADER_EPOCH, 2, body)
    answer.int32()
    told, = answer.array(lambda: (answer.text(), answer.array(
        lambda: (answer.int16(), answer.int32(), answer.int32(), answer.int64()))))
    (error, _, found, end), = told[1]
    return error, found, end
