"""Kill -9, clean stops and damaged files: what was acknowledged or read is there afterwards, in order and once."""

import random
import threading
import time

import confluent_kafka
import confluent_kafka.admin
import pytest

from conftest import frame, recv_frame, wait_until
from wire import Writer, produce

TIMEOUT_S = 30


def admin_of(broker):
    return confluent_kafka.admin.AdminClient({"bootstrap.servers": broker.address})


def create(broker, topic, partitions=1, **config):
    new = confluent_kafka.admin.NewTopic(topic, partitions, 1, config={k.replace("_", "."): v for k, v in config.items()})
    admin = admin_of(broker)  # a client whose last name goes gives up what it has begun
    admin.create_topics([new])[topic].result(TIMEOUT_S)


def topics(broker):
    return set(admin_of(broker).list_topics(timeout=TIMEOUT_S).topics)


def consumer_of(broker, topic, partition=0, offset=0):
    consumer = confluent_kafka.Consumer(
        {
            "bootstrap.servers": broker.address,
            "group.id": "none",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
            "fetch.wait.max.ms": 10,  # the end is told by an empty answer
        }
    )
    consumer.assign([confluent_kafka.TopicPartition(topic, partition, offset)])
    return consumer


def read_all(broker, topic, partition=0):
    """Every record up to the end; their offsets must follow each other without a gap."""
    consumer = consumer_of(broker, topic, partition)
    try:
        values = []
        while True:
            message = consumer.poll(TIMEOUT_S)
            assert message is not None, f"nothing came after offset {len(values)}"
            if message.error() is not None:
                assert message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF, message.error()
                return values
            assert message.offset() == len(values)
            values.append(message.value())
    finally:
        consumer.close()


def end_offset(broker, topic, partition=0):
    consumer = consumer_of(broker, topic, partition)
    try:
        return consumer.get_watermark_offsets(confluent_kafka.TopicPartition(topic, partition), TIMEOUT_S)[1]
    finally:
        consumer.close()


def write(broker, topic, values, partition=0):
    """One record a batch, each acknowledged with acks=all."""
    for value in values:
        produce(broker, topic, [(int(time.time() * 1000), value)], partition)


def log_file(broker, topic, partition=0, segment=0):
    return broker.folder / "data" / f"{topic}-{partition}" / f"{segment:020}.log"


class Load(threading.Thread):
    """Writes numbers with acks=all until it is ended. No retries: a record is acknowledged, or it failed and may be there
    all the same, but never twice."""

    def __init__(self, broker, topic, first):
        super().__init__(daemon=True)
        self.topic = topic
        self.next = first
        self.acknowledged = {}  # offset → value
        self.ending = threading.Event()
        self.producer = confluent_kafka.Producer(
            {
                "bootstrap.servers": broker.address,
                "acks": "all",
                "retries": 0,
                "linger.ms": 1,
                "batch.num.messages": 100,
                "log_level": 0,
            }
        )

    def on_delivery(self, error, message):
        if error is None:
            self.acknowledged[message.offset()] = message.value()

    def run(self):
        while not self.ending.is_set():
            try:
                self.producer.produce(self.topic, b"%d" % self.next + b"x" * (self.next % 300), on_delivery=self.on_delivery)
                self.next += 1
            except BufferError:
                self.producer.poll(0.01)
            self.producer.poll(0)

    def end(self):
        self.ending.set()
        self.join()
        self.producer.purge()
        self.producer.flush(TIMEOUT_S)


class Reader(threading.Thread):
    """Reads along and remembers what it saw: that must not vanish."""

    def __init__(self, broker, topic, offset):
        super().__init__(daemon=True)
        self.seen = {}
        self.ending = threading.Event()
        self.consumer = consumer_of(broker, topic, offset=offset)

    def run(self):
        while not self.ending.is_set():
            for message in self.consumer.consume(1000, 0.05):
                if message.error() is None:
                    self.seen[message.offset()] = message.value()

    def end(self):
        self.ending.set()
        self.join()
        self.consumer.close()


def test_kill_while_producing(broker):
    """Five times: nothing acknowledged and nothing read is lost, doubled or moved; the end never goes back."""
    seed = random.randrange(2**32)
    rng = random.Random(seed)
    print("seed", seed)
    create(broker, "t", segment_bytes="200000")
    acknowledged, seen = {}, {}
    number = end = 0
    for _ in range(5):
        load, reader = Load(broker, "t", number), Reader(broker, "t", end)
        load.start()
        reader.start()
        wanted = rng.randrange(1, 20000)
        wait_until(lambda: len(load.acknowledged) >= wanted and reader.seen, 60, f"{wanted} acknowledgements")
        broker.kill()
        load.end()
        reader.end()
        acknowledged.update(load.acknowledged)
        seen.update(reader.seen)
        number = load.next
        broker.start()
        end_at_start = end_offset(broker, "t")
        values = read_all(broker, "t")
        assert len(values) == end_at_start
        assert end_at_start >= max(max(acknowledged), max(seen)) + 1
        for offset, value in {**acknowledged, **seen}.items():
            assert values[offset] == value, offset
        numbers = [int(v.rstrip(b"x")) for v in values]
        assert all(a < b for a, b in zip(numbers, numbers[1:])), "out of order, or twice"
        assert all(v == b"%d" % n + b"x" * (n % 300) for v, n in zip(values, numbers))
        end = end_at_start
    assert "partition.faulty" not in broker.log


def test_clean_stops_keep_everything_and_recover_nothing(broker):
    create(broker, "t", partitions=2, segment_bytes="100000")
    create(broker, "empty")
    values = [b"%d" % i + b"y" * 500 for i in range(1000)]
    write(broker, "t", values[:500])
    write(broker, "t", values[500:], partition=1)
    marker = broker.folder / "data" / ".kafka_cleanshutdown"
    for _ in range(3):
        assert not marker.exists()
        broker.stop()
        assert marker.exists()
        broker.start()
        assert end_offset(broker, "t") == 500
        assert read_all(broker, "t") == values[:500]
        assert read_all(broker, "t", 1) == values[500:]
        assert read_all(broker, "empty") == []
    assert topics(broker) == {"t", "empty"}
    assert "partition.recovered" not in broker.log
    write(broker, "t", [b"more"])
    assert read_all(broker, "t") == values[:500] + [b"more"]


def test_settings_of_topics_and_identity_survive(broker):
    create(broker, "t", partitions=3, retention_ms="3600000")
    resource = confluent_kafka.admin.ConfigResource("topic", "t")

    def state():
        admin = admin_of(broker)
        metadata = admin.list_topics(timeout=TIMEOUT_S)
        config = admin.describe_configs([resource])[resource].result(TIMEOUT_S)
        return metadata.cluster_id, sorted(metadata.topics["t"].partitions), config["retention.ms"].value

    before = state()
    assert before[1:] == ([0, 1, 2], "3600000")
    broker.kill()
    broker.start()
    assert state() == before
    broker.stop()
    broker.start()
    assert state() == before


@pytest.mark.parametrize("until", ("sent", "first folder renamed", "answered"))
def test_deletion_interrupted_by_kill(make_broker, until):
    """After the restart the topic is there as a whole, or it is gone with all its folders, and its name can be used."""
    broker = make_broker(log__segment__delete__delay__ms="60000")
    data = broker.folder / "data"
    create(broker, "kept")
    write(broker, "kept", [b"kept"])
    create(broker, "doomed", partitions=30)
    for partition in range(30):
        write(broker, "doomed", [b"%d" % partition], partition)
    body = Writer()
    body.array(["doomed"], body.string).put("i", 10000)
    with broker.connect() as s:
        s.sendall(frame(20, 1, body.data))
        if until == "first folder renamed":
            wait_until(lambda: any(data.glob("doomed-*-delete")), what="a renamed folder")
        elif until == "answered":
            assert recv_frame(s)
        broker.kill()
    broker.start()
    assert read_all(broker, "kept") == [b"kept"]
    if until != "sent":
        assert topics(broker) == {"kept"}
    if "doomed" in topics(broker):
        for partition in (0, 7, 15, 29):
            assert read_all(broker, "doomed", partition) == [b"%d" % partition]
        return
    wait_until(lambda: not any(data.glob("doomed-*")), what="the end of the deletion")
    create(broker, "doomed")
    assert read_all(broker, "doomed") == []
    write(broker, "doomed", [b"new"])
    broker.stop()
    broker.start()
    assert read_all(broker, "doomed") == [b"new"]


@pytest.mark.parametrize(
    "garbage",
    (b"\0" * 5000, b"garbage " * 1000, b"\xff", b"\0" * 61),
    ids=("zeros", "text", "one byte", "a head of zeros"),
)
def test_garbage_behind_the_last_record_is_cut_and_named(broker, garbage):
    values = [b"%d" % i for i in range(100)]
    create(broker, "t")
    write(broker, "t", values)
    broker.kill()
    path = log_file(broker, "t")
    size = path.stat().st_size
    with open(path, "ab") as log:
        log.write(garbage)
    broker.start()
    assert "partition.recovered topic=t partition=0" in broker.log
    assert read_all(broker, "t") == values
    assert path.stat().st_size == size
    write(broker, "t", [b"next"])
    assert read_all(broker, "t") == values + [b"next"]


def test_the_beginning_of_a_batch_behind_the_last_record_is_cut(broker):
    """The bytes of a real write, cut everywhere."""
    create(broker, "t")
    write(broker, "t", [b"first"])
    size = log_file(broker, "t").stat().st_size
    write(broker, "t", [b"second"])
    broker.kill()
    path = log_file(broker, "t")
    whole = path.read_bytes()
    for cut in [*range(size + 1, len(whole), 7), len(whole) - 1]:
        path.write_bytes(whole[:cut])
        broker.start()
        assert read_all(broker, "t") == [b"first"], cut
        broker.kill()
        assert path.stat().st_size == size, cut
    path.write_bytes(whole)
    broker.start()
    assert read_all(broker, "t") == [b"first", b"second"]


def test_a_flipped_bit_takes_one_partition_offline(broker):
    """Damage with valid records behind it is not a torn write: nothing is cut, and the others are served."""
    values = [b"%d" % i for i in range(100)]
    create(broker, "t", partitions=2)
    create(broker, "other")
    write(broker, "t", values)
    write(broker, "t", values, partition=1)
    write(broker, "other", values)
    broker.kill()
    path = log_file(broker, "t")
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 0x10
    path.write_bytes(damaged)
    expected = list(values)
    for _ in range(2):
        broker.start()
        lines = [line for line in broker.log.splitlines() if "partition.faulty topic=t partition=0" in line]
        assert lines and path.name in lines[-1], broker.log
        with pytest.raises(AssertionError):  # the answer holds an error
            write(broker, "t", [b"no"])
        write(broker, "t", [b"yes"], partition=1)
        expected.append(b"yes")
        assert read_all(broker, "t", 1) == expected
        assert read_all(broker, "other") == values
        assert path.read_bytes() == damaged
        broker.kill()


def test_a_lost_index_is_made_anew(broker):
    values = [b"%d" % i + b"z" * 1000 for i in range(300)]
    create(broker, "t", segment_bytes="100000", index_interval_bytes="1000")
    write(broker, "t", values)
    for end in (broker.stop, broker.kill):
        end()
        folder = log_file(broker, "t").parent
        indexes = [*folder.glob("*.index"), *folder.glob("*.timeindex")]
        assert len(indexes) >= 4
        for path in indexes:
            path.unlink()
        broker.start()
        assert read_all(broker, "t") == values
        consumer = consumer_of(broker, "t", offset=150)
        assert consumer.poll(TIMEOUT_S).value() == values[150]
        consumer.close()


def test_kill_while_starting(broker):
    """Recovery is itself killed, again and again, and loses nothing."""
    values = [b"%d" % i for i in range(200)]
    create(broker, "t", segment_bytes="5000")
    write(broker, "t", values)
    broker.kill()
    for _ in range(10):
        broker.start()
        broker.kill()
    broker.start()
    assert read_all(broker, "t") == values
