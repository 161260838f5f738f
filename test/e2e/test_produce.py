"""What a producer is told: the rules of acks, of a topic's settings, and that heavy batches keep their order."""

import os
import subprocess

from conftest import BIN


def ottla(broker, *args):
    return subprocess.run(
        [str(BIN), *args, "--bootstrap-server", broker.address], capture_output=True, text=True, timeout=30
    )


def create(broker, topic, *configs):
    options = [word for config in configs for word in ("--config", config)]
    result = ottla(broker, "topics", "--create", "--topic", topic, "--partitions", "1", *options)
    assert result.returncode == 0, result.stderr


def kcat_produce(broker, topic, data, *options):
    return subprocess.run(
        ["kcat", "-b", broker.address, "-P", "-t", topic, "-p", "0", *options],
        input=data, capture_output=True, timeout=60,
    )


def kcat_consume(broker, topic, *options):
    result = subprocess.run(
        ["kcat", "-b", broker.address, "-C", "-t", topic, "-p", "0", "-o", "beginning", "-e", "-q", *options],
        capture_output=True, timeout=60,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_min_insync_replicas_binds_acks_all_only(broker):
    create(broker, "careful", "min.insync.replicas=2")
    refused = kcat_produce(broker, "careful", b"one\n", "-X", "acks=all", "-X", "message.timeout.ms=2000")
    assert refused.returncode != 0
    assert kcat_produce(broker, "careful", b"two\n", "-X", "acks=1").returncode == 0
    assert kcat_consume(broker, "careful") == b"two\n"


def test_records_above_max_message_bytes_are_refused(broker):
    create(broker, "small", "max.message.bytes=1000")
    refused = kcat_produce(broker, "small", b"x" * 2000 + b"\n", "-X", "message.max.bytes=100000")
    assert b"Message size too large" in refused.stderr
    assert kcat_produce(broker, "small", b"fits\n").returncode == 0
    assert kcat_consume(broker, "small") == b"fits\n"


def test_a_compacted_topic_wants_keys(broker):
    create(broker, "compacted", "cleanup.policy=compact")
    assert kcat_produce(broker, "compacted", b"no key\n", "-X", "message.timeout.ms=3000").returncode != 0
    assert kcat_produce(broker, "compacted", b"k:v\n", "-K:").returncode == 0
    assert kcat_consume(broker, "compacted", "-K:") == b"k:v\n"


def test_log_append_time_is_the_brokers(broker):
    create(broker, "stamped", "message.timestamp.type=LogAppendTime")
    assert kcat_produce(broker, "stamped", b"a\nb\n").returncode == 0
    stamps = kcat_consume(broker, "stamped", "-f", "%T\n").split()
    assert len(stamps) == 2 and all(int(stamp) > 1_600_000_000_000 for stamp in stamps)


def test_a_topic_with_its_own_codec_stores_that_codec(broker):
    lines = b"".join(b"line %d of a text that compresses well, well, well\n" % i for i in range(20000))
    for codec in ("gzip", "lz4", "zstd", "snappy", "uncompressed"):
        create(broker, f"as-{codec}", f"compression.type={codec}")
        assert kcat_produce(broker, f"as-{codec}", lines, "-z", "gzip").returncode == 0
        assert kcat_consume(broker, f"as-{codec}") == lines
        log = broker.folder / "data" / f"as-{codec}-0" / ("0" * 20 + ".log")
        stored = log.read_bytes()
        number = {"uncompressed": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}[codec]
        assert stored[22] & 7 == number, codec
        assert (len(stored) < len(lines) // 2) == (codec != "uncompressed")


def test_heavy_and_light_batches_of_one_connection_keep_their_order(broker):
    """Batches above 32 KiB compressed are opened on a worker; what follows on the connection comes after them."""
    create(broker, "ordered")
    lines = []
    for i in range(60000):
        noise = (i * 2654435761) & 0xFFFFFFFFFFFF
        lines.append(b"%d %x %x %x\n" % (i, noise, noise * 7, noise * 13))
    data = b"".join(lines)
    result = kcat_produce(
        broker, "ordered", data, "-z", "gzip", "-X", "batch.num.messages=5000", "-X", "linger.ms=1", "-X", "acks=all"
    )
    assert result.returncode == 0, result.stderr
    assert kcat_consume(broker, "ordered") == data


def test_a_log_that_left_the_memory_is_read_from_the_disk(broker):
    """Old records are not in the page cache: a worker brings them in, and every byte is the same."""
    create(broker, "cold")
    lines = b"".join(b"%08d %s\n" % (i, b"x" * 90) for i in range(200000))
    assert kcat_produce(broker, "cold", lines, "-X", "acks=all").returncode == 0
    broker.stop()
    log = broker.folder / "data" / "cold-0" / ("0" * 20 + ".log")
    with open(log, "rb") as f:
        os.fsync(f.fileno())
        os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    broker.start()
    assert kcat_consume(broker, "cold") == lines
