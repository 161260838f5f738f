"""Debian's clients at their default settings: kcat, confluent-kafka and kafka-python. What they write is what they read.

Consumers assign their partitions, since there are no groups to subscribe with. confluent-kafka gets an explicit offset and
enable.auto.commit=false; without them it waits for committed offsets.
"""

import json
import pathlib
import re
import subprocess
import time

import confluent_kafka
import confluent_kafka.admin
import kafka
import kafka.admin
import kafka.codec
import kafka.errors
import pytest

from conftest import BIN, wait_until

LICENCE = pathlib.Path("/usr/share/common-licenses/GPL-3").read_bytes()
COMPRESSIONS = ("none", "gzip", "snappy", "lz4", "zstd")
TIMEOUT_S = 30
AN_HOUR_AGO_MS = int(time.time() * 1000) - 3_600_000  # not so old that retention drops it


# Under a sanitizer the broker takes several times as long, and there is nothing more to be found in more bytes.
LARGE_BYTES = 1_000_000 if re.search("asan|tsan|sanitize|fuzz", str(BIN)) else 10_000_000


def large_text(size=LARGE_BYTES):
    """The licence over and over; numbered, so that no two lines are the same and none is empty."""
    lines, total = [], 0
    while total < size:
        for line in LICENCE.splitlines():
            lines.append(b"%d %s" % (len(lines), line))
            total += len(lines[-1]) + 1
    return b"\n".join(lines) + b"\n"


def assert_codec(broker, topic, compression):
    """What lies on the disk is compressed as it was asked for, if not every batch: librdkafka leaves those alone that would
    grow. It sends lz4 only to brokers that know groups."""
    data = (broker.folder / "data" / f"{topic}-0" / f"{0:020}.log").read_bytes()
    codecs, pos = set(), 0
    while pos < len(data):
        codecs.add(data[pos + 22] & 7)
        pos += 12 + int.from_bytes(data[pos + 8 : pos + 12], "big")
    assert COMPRESSIONS.index(compression) in codecs or compression == "lz4", codecs
    assert codecs <= {0, COMPRESSIONS.index(compression)}


# --- kcat ------------------------------------------------------------------------------------------------------------


def kcat(broker, *args, stdin=None):
    done = subprocess.run(
        ["kcat", "-q", "-b", broker.address, *args], input=stdin, capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_kcat_text(broker, compression):
    text = large_text()
    # Writing to a topic that does not exist creates it. kcat makes no records of empty lines.
    licence = b"".join(line for line in LICENCE.splitlines(True) if line.strip(b"\n"))
    kcat(broker, "-P", "-t", "gpl", "-z", compression, stdin=LICENCE)
    assert kcat(broker, "-C", "-t", "gpl", "-o", "beginning", "-e") == licence
    kcat(broker, "-P", "-t", "large", "-z", compression, stdin=text)
    assert kcat(broker, "-C", "-t", "large", "-o", "beginning", "-e") == text
    assert_codec(broker, "large", compression)


def test_kcat_keys_headers_nulls(broker):
    kcat(broker, "-P", "-t", "k", "-K", ":", "-Z", "-H", "a=1", "-H", "b=two", stdin=b"key:value\n:only value\nonly key:\n")
    out = kcat(broker, "-C", "-t", "k", "-o", "beginning", "-e", "-f", "%o|%K|%k|%S|%s|%h\n")
    assert out.splitlines() == [b"0|3|key|5|value|a=1,b=two", b"1|-1||10|only value|a=1,b=two", b"2|8|only key|-1||a=1,b=two"]


def test_kcat_offsets_and_metadata(broker):
    kcat(broker, "-P", "-t", "t", stdin=b"one\ntwo\nthree\n")
    assert kcat(broker, "-C", "-t", "t", "-o", "-2", "-e") == b"two\nthree\n"
    assert kcat(broker, "-C", "-t", "t", "-o", "1", "-c", "1") == b"two\n"
    assert kcat(broker, "-Q", "-t", "t:0:-1") == b"t [0] offset 3\n"
    assert kcat(broker, "-Q", "-t", "t:0:-2") == b"t [0] offset 0\n"
    assert kcat(broker, "-Q", "-t", "t:0:1") == b"t [0] offset 0\n"
    metadata = json.loads(kcat(broker, "-L", "-J"))
    assert metadata["brokers"] == [{"id": 0, "name": broker.address}]
    assert [t["topic"] for t in metadata["topics"]] == ["t"]


# --- confluent-kafka -------------------------------------------------------------------------------------------------


class Confluent:
    """Writes and reads with confluent-kafka."""

    def __init__(self, broker):
        self.broker = broker
        self.admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": broker.address})

    def create(self, topic, partitions=1, **config):
        new = confluent_kafka.admin.NewTopic(topic, partitions, 1, config=config)
        self.admin.create_topics([new])[topic].result(TIMEOUT_S)

    def write(self, topic, records, **settings):
        """Records are dicts of produce()'s arguments; returns their offsets as acknowledged."""
        acknowledged = []

        def on_delivery(error, message):
            assert error is None, error
            acknowledged.append(message.offset())

        producer = confluent_kafka.Producer({"bootstrap.servers": self.broker.address, **settings})
        for record in records:
            while True:
                try:
                    producer.produce(topic, on_delivery=on_delivery, **record)
                    break
                except BufferError:  # its queue is full: as its manual says, let it work
                    producer.poll(0.1)
            producer.poll(0)
        assert producer.flush(TIMEOUT_S) == 0
        return acknowledged

    def consumer(self, topic, offset=confluent_kafka.OFFSET_BEGINNING, partition=0, **settings):
        consumer = confluent_kafka.Consumer(
            {"bootstrap.servers": self.broker.address, "group.id": "none", "enable.auto.commit": False, **settings}
        )
        consumer.assign([confluent_kafka.TopicPartition(topic, partition, offset)])
        return consumer

    def read(self, topic, count, **where):
        consumer = self.consumer(topic, **where)
        try:
            messages = []
            while len(messages) < count:
                some = consumer.consume(min(count - len(messages), 10000), TIMEOUT_S)
                assert some, f"{len(messages)} of {count} messages came"
                messages += some
            for message in messages:
                assert message.error() is None, message.error()
            return messages
        finally:
            consumer.close()


@pytest.fixture
def confluent(broker):
    return Confluent(broker)


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_confluent_text(confluent, compression):
    for topic, text in (("gpl", LICENCE), ("large", large_text())):
        lines = text.splitlines()
        confluent.create(topic)
        offsets = confluent.write(topic, ({"value": line} for line in lines), **{"compression.type": compression})
        assert offsets == list(range(len(lines)))
        messages = confluent.read(topic, len(lines))
        assert b"".join(m.value() + b"\n" for m in messages) == text
        assert [m.offset() for m in messages] == offsets
        assert_codec(confluent.broker, topic, compression)


def test_confluent_keys_headers_nulls_timestamps(confluent):
    records = [
        {"key": "key", "value": "value", "headers": [("a", b"1"), ("a", b"2"), ("empty", b""), ("null", None)]},
        {"key": b"\0\xff", "value": None, "timestamp": AN_HOUR_AGO_MS + 123},
        {"key": None, "value": b"", "timestamp": AN_HOUR_AGO_MS + 456},
        {"key": b"", "value": b"\r\n"},
    ]
    before_ms = int(time.time() * 1000)
    confluent.write("t", records)
    read = confluent.read("t", 4)
    assert [(m.key(), m.value()) for m in read] == [(b"key", b"value"), (b"\0\xff", None), (None, b""), (b"", b"\r\n")]
    assert read[0].headers() == records[0]["headers"]
    assert read[1].headers() is None
    assert [m.timestamp() for m in read[1:3]] == [(confluent_kafka.TIMESTAMP_CREATE_TIME, r["timestamp"]) for r in records[1:3]]
    assert before_ms <= read[0].timestamp()[1] <= int(time.time() * 1000)


def test_confluent_log_append_time(confluent):
    confluent.create("t", **{"message.timestamp.type": "LogAppendTime"})
    before_ms = int(time.time() * 1000)
    confluent.write("t", [{"value": "v", "timestamp": AN_HOUR_AGO_MS + 123}])
    kind, at_ms = confluent.read("t", 1)[0].timestamp()
    assert kind == confluent_kafka.TIMESTAMP_LOG_APPEND_TIME
    assert before_ms <= at_ms <= int(time.time() * 1000)


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_confluent_records_of_999000_bytes(confluent, compression):
    values = [bytes([i]) * 999_000 for i in range(5)]
    confluent.write("t", [{"value": v} for v in values], **{"compression.type": compression})
    assert [m.value() for m in confluent.read("t", 5)] == values


@pytest.mark.parametrize("acks", (0, 1, "all"))
def test_confluent_acks(confluent, acks):
    confluent.create("t")
    confluent.write("t", ({"value": str(i)} for i in range(1000)), acks=acks)
    assert [m.value() for m in confluent.read("t", 1000)] == [b"%d" % i for i in range(1000)]


def test_confluent_offsets_and_watermarks(confluent):
    confluent.write("t", [{"value": str(i), "timestamp": AN_HOUR_AGO_MS + i * 1000} for i in range(100)])
    consumer = confluent.consumer("t")
    try:
        assert consumer.get_watermark_offsets(confluent_kafka.TopicPartition("t", 0), TIMEOUT_S) == (0, 100)

        def offset_for(time_ms):
            found = consumer.offsets_for_times([confluent_kafka.TopicPartition("t", 0, time_ms)], TIMEOUT_S)
            return found[0].offset

        assert offset_for(0) == 0
        assert offset_for(AN_HOUR_AGO_MS) == 0
        assert offset_for(AN_HOUR_AGO_MS + 41001) == 42
        assert offset_for(AN_HOUR_AGO_MS + 42000) == 42
        assert offset_for(AN_HOUR_AGO_MS + 99001) == confluent_kafka.OFFSET_END
    finally:
        consumer.close()
    assert [m.value() for m in confluent.read("t", 10, offset=90)] == [b"%d" % i for i in range(90, 100)]


def test_confluent_partitions(confluent):
    confluent.create("t", partitions=3)
    for partition in range(3):
        confluent.write("t", [{"value": f"{partition}-{i}", "partition": partition} for i in range(10)])
    for partition in range(3):
        values = [m.value() for m in confluent.read("t", 10, partition=partition)]
        assert values == [b"%d-%d" % (partition, i) for i in range(10)]


def test_confluent_partition_end_is_told(confluent):
    confluent.write("t", [{"value": "v"}])
    consumer = confluent.consumer("t", **{"enable.partition.eof": True})
    try:
        assert consumer.poll(TIMEOUT_S).value() == b"v"
        assert consumer.poll(TIMEOUT_S).error().code() == confluent_kafka.KafkaError._PARTITION_EOF
    finally:
        consumer.close()


def test_confluent_waits_for_what_is_not_there_yet(confluent):
    confluent.create("t")
    consumer = confluent.consumer("t")
    try:
        assert consumer.poll(1) is None
        confluent.write("t", [{"value": "now"}])
        assert consumer.poll(TIMEOUT_S).value() == b"now"
    finally:
        consumer.close()


def test_confluent_admin(confluent):
    confluent.create("a", partitions=2, **{"retention.ms": "3600000"})
    confluent.create("b")
    with pytest.raises(confluent_kafka.KafkaException) as error:
        confluent.create("a")
    assert error.value.args[0].code() == confluent_kafka.KafkaError.TOPIC_ALREADY_EXISTS
    with pytest.raises(confluent_kafka.KafkaException) as error:
        confluent.create("c", **{"retention.ms": "soon"})
    assert error.value.args[0].code() == confluent_kafka.KafkaError.INVALID_CONFIG
    with pytest.raises(confluent_kafka.KafkaException) as error:
        confluent.create("no/such/name")
    assert error.value.args[0].code() == confluent_kafka.KafkaError.TOPIC_EXCEPTION

    metadata = confluent.admin.list_topics(timeout=TIMEOUT_S)
    assert set(metadata.topics) == {"a", "b"}
    assert sorted(metadata.topics["a"].partitions) == [0, 1]
    assert metadata.topics["a"].partitions[1].leader == 0
    assert metadata.controller_id == 0
    assert f"{metadata.brokers[0].host}:{metadata.brokers[0].port}" == confluent.broker.address
    assert metadata.cluster_id

    def config_of(kind, name):
        resource = confluent_kafka.admin.ConfigResource(kind, name)
        return confluent.admin.describe_configs([resource])[resource].result(TIMEOUT_S)

    topic = config_of("topic", "a")
    assert topic["retention.ms"].value == "3600000" and not topic["retention.ms"].is_default
    assert topic["cleanup.policy"].value == "delete" and topic["cleanup.policy"].is_default
    assert config_of("topic", "b")["retention.ms"].value == "604800000"
    assert config_of("broker", "0")["log.retention.hours"].value == "168"

    confluent.admin.delete_topics(["a"])["a"].result(TIMEOUT_S)
    assert set(confluent.admin.list_topics(timeout=TIMEOUT_S).topics) == {"b"}
    with pytest.raises(confluent_kafka.KafkaException) as error:
        confluent.admin.delete_topics(["a"])["a"].result(TIMEOUT_S)
    assert error.value.args[0].code() == confluent_kafka.KafkaError.UNKNOWN_TOPIC_OR_PART


# --- kafka-python ----------------------------------------------------------------------------------------------------


class KafkaPython:
    """Writes and reads with kafka-python."""

    def __init__(self, broker):
        self.address = broker.address

    def admin(self):
        return kafka.admin.KafkaAdminClient(bootstrap_servers=self.address)

    def create(self, topic, partitions=1, **config):
        admin = self.admin()
        try:
            admin.create_topics([kafka.admin.NewTopic(topic, partitions, 1, topic_configs=config)])
        finally:
            admin.close()

    def write(self, topic, records, **settings):
        """Records are dicts of send()'s arguments; returns what was acknowledged."""
        producer = kafka.KafkaProducer(bootstrap_servers=self.address, **settings)
        try:
            futures = [producer.send(topic, **record) for record in records]
            producer.flush(TIMEOUT_S)
            return [f.get(TIMEOUT_S) for f in futures]
        finally:
            producer.close()

    def consumer(self, topic, partition=0, offset=0):
        consumer = kafka.KafkaConsumer(bootstrap_servers=self.address, consumer_timeout_ms=TIMEOUT_S * 1000)
        where = kafka.TopicPartition(topic, partition)
        consumer.assign([where])
        consumer.seek(where, offset)
        return consumer

    def read(self, topic, count, **where):
        consumer = self.consumer(topic, **where)
        try:
            messages = []
            for message in consumer:
                messages.append(message)
                if len(messages) == count:
                    break
            assert len(messages) == count
            return messages
        finally:
            consumer.close()


@pytest.fixture
def python(broker):
    return KafkaPython(broker)


def python_compressions():
    """Those for which kafka-python finds a library."""
    there = [None]
    for name in ("gzip", "snappy", "lz4", "zstd"):
        if getattr(kafka.codec, "has_" + name)():
            there.append(name)
    return there


@pytest.mark.parametrize("compression", python_compressions())
def test_python_text(python, compression):
    lines = LICENCE.splitlines()
    python.create("gpl")
    acknowledged = python.write("gpl", ({"value": line} for line in lines), compression_type=compression)
    assert [a.offset for a in acknowledged] == list(range(len(lines)))
    messages = python.read("gpl", len(lines))
    assert b"".join(m.value + b"\n" for m in messages) == LICENCE


def test_python_large_text(python):
    text = large_text()
    lines = text.splitlines()
    python.create("large")
    python.write("large", ({"value": line} for line in lines))
    messages = python.read("large", len(lines))
    assert b"".join(m.value + b"\n" for m in messages) == text
    assert [m.offset for m in messages] == list(range(len(lines)))


def test_python_keys_headers_nulls_timestamps(python):
    records = [
        {"key": b"key", "value": b"value", "headers": [("a", b"1"), ("a", b"2"), ("empty", b"")]},
        {"key": b"\0\xff", "value": None, "timestamp_ms": AN_HOUR_AGO_MS + 123},
        {"key": None, "value": b""},
    ]
    python.write("t", records)
    read = python.read("t", 3)
    assert [(m.key, m.value) for m in read] == [(b"key", b"value"), (b"\0\xff", None), (None, b"")]
    assert read[0].headers == records[0]["headers"]
    assert (read[1].timestamp, read[1].timestamp_type) == (AN_HOUR_AGO_MS + 123, 0)


def test_python_records_of_999000_bytes(python):
    values = [bytes([i]) * 999_000 for i in range(5)]
    python.write("t", [{"value": v} for v in values])
    assert [m.value for m in python.read("t", 5)] == values


@pytest.mark.parametrize("acks", (0, 1, "all"))
def test_python_acks(python, acks):
    python.write("t", ({"value": b"%d" % i} for i in range(1000)), acks=acks)
    assert [m.value for m in python.read("t", 1000)] == [b"%d" % i for i in range(1000)]


def test_python_offsets(python):
    python.write("t", [{"value": b"%d" % i, "timestamp_ms": AN_HOUR_AGO_MS + i * 1000} for i in range(100)])
    consumer = python.consumer("t")
    where = kafka.TopicPartition("t", 0)
    try:
        assert consumer.beginning_offsets([where]) == {where: 0}
        assert consumer.end_offsets([where]) == {where: 100}
        assert consumer.offsets_for_times({where: AN_HOUR_AGO_MS + 41001})[where][:2] == (42, AN_HOUR_AGO_MS + 42000)
        assert consumer.offsets_for_times({where: AN_HOUR_AGO_MS + 99001})[where] is None
        assert consumer.partitions_for_topic("t") == {0}
        assert consumer.topics() == {"t"}
    finally:
        consumer.close()
    assert [m.value for m in python.read("t", 10, offset=90)] == [b"%d" % i for i in range(90, 100)]


def test_python_subscribes_without_a_group(python, broker):
    """With group_id=None, its default, kafka-python takes all partitions itself."""
    python.write("t", [{"value": b"%d" % i} for i in range(10)])
    consumer = kafka.KafkaConsumer("t", bootstrap_servers=broker.address, auto_offset_reset="earliest")
    try:
        assert [next(consumer).value for _ in range(10)] == [b"%d" % i for i in range(10)]
    finally:
        consumer.close()


def test_python_admin(python):
    python.create("a", partitions=2, **{"retention.ms": "3600000"})
    python.create("b")
    admin = python.admin()
    try:
        with pytest.raises(kafka.errors.TopicAlreadyExistsError):
            admin.create_topics([kafka.admin.NewTopic("a", 1, 1)])
        assert sorted(admin.list_topics()) == ["a", "b"]
        (described,) = admin.describe_topics(["a"])
        assert (described["error_code"], described["topic"], len(described["partitions"])) == (0, "a", 2)
        cluster = admin.describe_cluster()
        assert [b["node_id"] for b in cluster["brokers"]] == [0]
        assert cluster["controller_id"] == 0

        resource = kafka.admin.ConfigResource(kafka.admin.ConfigResourceType.TOPIC, "a")
        (answer,) = admin.describe_configs([resource])
        (error, _, kind, name, entries) = answer.resources[0]
        assert (error, kind, name) == (0, 2, "a")
        assert {entry[0]: entry[1] for entry in entries}["retention.ms"] == "3600000"

        admin.delete_topics(["a"])
        wait_until(lambda: admin.list_topics() == ["b"], what="the deletion")
        with pytest.raises(kafka.errors.UnknownTopicOrPartitionError):
            admin.delete_topics(["a"])
    finally:
        admin.close()


# --- each reads what the others wrote --------------------------------------------------------------------------------


@pytest.mark.parametrize("compression", ("none", "gzip"))
def test_clients_read_each_other(broker, confluent, python, compression):
    lines = [line for line in LICENCE.splitlines() if line]
    kcat(broker, "-P", "-t", "kcat", "-z", compression, stdin=LICENCE)
    confluent.write("confluent", [{"value": line} for line in lines], **{"compression.type": compression})
    python.write("python", [{"value": line} for line in lines], compression_type=None if compression == "none" else compression)
    for topic in ("kcat", "confluent", "python"):
        assert kcat(broker, "-C", "-t", topic, "-o", "beginning", "-e").splitlines() == lines
        assert [m.value() for m in confluent.read(topic, len(lines))] == lines
        assert [m.value for m in python.read(topic, len(lines))] == lines
