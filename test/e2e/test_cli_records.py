"""ottla produce and ottla consume against a broker: every byte comes back, in Kafka's forms."""

import os
import pty
import signal
import subprocess
import time

import pytest
from conftest import BIN, ROOT, wait_until

TEXT = "/usr/share/common-licenses/GPL-3"


def run(broker, command, *args, data=b"", code=0, timeout=120):
    r = subprocess.run(
        [str(BIN), command, "--bootstrap-server", broker.address, *args], input=data, capture_output=True, timeout=timeout
    )
    assert r.returncode == code, r.stderr.decode()
    return r


def produce(broker, topic, data, *args, **more):
    return run(broker, "produce", "--topic", topic, *args, data=data, **more)


def consume(broker, topic, cnt, *args):
    """The first cnt records."""
    r = run(broker, "consume", "--topic", topic, "--from-beginning", "--max-messages", str(cnt), "--timeout-ms", "20000", *args)
    assert f"Processed a total of {cnt} messages\n" in r.stderr.decode()
    return r.stdout


def test_the_tutorial(broker):
    r = produce(broker, "test", b"This is a message\nThis is another message\n")
    assert r.stdout == b"" and r.stderr == b""
    assert consume(broker, "test", 2) == b"This is a message\nThis is another message\n"


def test_a_text_byte_for_byte(broker):
    data = open(TEXT, "rb").read()
    lines = data.count(b"\n")
    assert produce(broker, "text", data).stderr == b""
    assert consume(broker, "text", lines) == data
    broker.kill()
    broker.start()
    assert consume(broker, "text", lines) == data


def test_odd_lines(broker):
    data = b"\n\r\n \n\x00\x01\xff\xfe\n\xc3\xa4\n" + b"x" * 100000 + b"\nno end"
    produce(broker, "odd", data)
    assert consume(broker, "odd", 7) == data + b"\n"


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_compression(broker, codec):
    data = b"".join(b"line %d of a text that repeats itself\n" % i for i in range(20000))
    produce(broker, "c", data, "--compression-codec", codec)
    assert consume(broker, "c", 20000) == data


def test_compression_codec_without_a_value_is_gzip(broker):
    produce(broker, "gz", b"a\n", "--compression-codec")
    produce(broker, "gz", b"b\n", "--compression-codec=zstd")
    assert consume(broker, "gz", 2) == b"a\nb\n"


@pytest.mark.parametrize("acks", ["all", "-1", "0", "1"])
def test_acks(broker, acks):
    produce(broker, "acks", b"one\ntwo\n", "--request-required-acks", acks)
    assert consume(broker, "acks", 2) == b"one\ntwo\n"


def test_sync(broker):
    produce(broker, "sync", b"".join(b"%d\n" % i for i in range(20)), "--sync")
    assert consume(broker, "sync", 20) == b"".join(b"%d\n" % i for i in range(20))


def test_keys_headers_and_nulls(broker):
    produce(
        broker,
        "kv",
        b"h1:a,h2:NIL\tk1\tv1\n\tk2\tNIL\n\tNIL\tv3\n",
        "--property", "parse.key=true", "--property", "parse.headers=true", "--property", "null.marker=NIL",
    )  # fmt: skip
    assert consume(broker, "kv", 3) == b"v1\nnull\nv3\n"
    out = consume(
        broker,
        "kv",
        3,
        "--property", "print.key=true", "--formatter-property", "print.headers=true", "--property", "key.separator=|",
        "--property", "print.offset=true", "--property", "print.partition=true", "--property", "null.literal=-",
    )  # fmt: skip
    assert out == b"Partition:0|Offset:0|h1:a,h2:-|k1|v1\nPartition:0|Offset:1|NO_HEADERS|k2|-\nPartition:0|Offset:2|NO_HEADERS|-|v3\n"
    out = consume(broker, "kv", 3, "--property", "print.timestamp=true", "--property", "print.value=false")
    assert all(line.startswith(b"CreateTime:1") for line in out.splitlines())


def test_a_line_without_its_separator(broker):
    r = produce(broker, "bad", b"k\tv\nnothing\n", "--property", "parse.key=true", code=1)
    assert b"No key separator found on line number 2: 'nothing'" in r.stderr
    assert consume(broker, "bad", 1) == b"v\n"
    produce(broker, "bad", b"nothing\n", "--property", "parse.key=true", "--property", "ignore.error=true")
    assert consume(broker, "bad", 2) == b"v\nnothing\n"


def test_the_largest_records(broker):
    data = b"a" * 999000 + b"\n" + b"b" * 999000 + b"\n"
    produce(broker, "large", data)
    assert consume(broker, "large", 2) == data
    r = produce(broker, "large", b"c" * 2000000 + b"\nsmall\n", code=1)
    assert b"line 1 has 2000000 bytes" in r.stderr and b"1 of 2 records were not delivered" in r.stderr
    assert consume(broker, "large", 3) == data + b"small\n"


def test_records_refused_by_the_broker_are_a_failure(broker):
    subprocess.run(
        [BIN, "topics", "--create", "--topic", "narrow", "--config", "max.message.bytes=1000", "--bootstrap-server", broker.address],
        check=True, capture_output=True,
    )  # fmt: skip
    r = produce(broker, "narrow", b"x" * 5000 + b"\n", code=1)
    assert b"a record was not delivered to narrow" in r.stderr and b"max.message.bytes" in r.stderr
    subprocess.run(
        [BIN, "topics", "--create", "--topic", "compact", "--config", "cleanup.policy=compact", "--bootstrap-server", broker.address],
        check=True, capture_output=True,
    )  # fmt: skip
    r = produce(broker, "compact", b"no key\n", code=1)
    assert b"cleanup.policy=compact takes only records with a key" in r.stderr


def test_replicas_that_are_missing_are_named_before_the_timeout(broker):
    subprocess.run(
        [BIN, "topics", "--create", "--topic", "two", "--config", "min.insync.replicas=2", "--bootstrap-server", broker.address],
        check=True, capture_output=True,
    )  # fmt: skip
    r = produce(broker, "two", b"x\n", "--producer-property", "message.timeout.ms=6000", code=1)
    first, second, _ = r.stderr.splitlines()
    assert b"no acknowledgement for 3 s" in first and b"min.insync.replicas" in first
    assert b"was not delivered to two" in second and b"min.insync.replicas" in second


def test_a_line_that_is_too_long_names_the_limit(broker):
    r = produce(broker, "long", b"x" * 3000000 + b"\n", code=1)
    for text in (b"2097152 bytes", b"1048576", b"--producer-property max.request.size=", b"max.message.bytes"):
        assert text in r.stderr, r.stderr


def test_a_topic_that_reading_creates_is_named(broker):
    args = ["--topic", "nosuch", "--timeout-ms", "300"]
    assert b"topic 'nosuch' did not exist: the broker has created it" in run(broker, "consume", *args).stderr
    assert b"did not exist" not in run(broker, "consume", *args).stderr


def test_a_topic_that_is_not_created_is_a_failure(make_broker):
    broker = make_broker(auto__create__topics__enable="false")
    r = run(broker, "consume", "--topic", "nosuch", "--timeout-ms", "300", code=1)
    assert b"there is no topic nosuch" in r.stderr and b"has created it" not in r.stderr


def test_properties_nobody_knows_are_named(broker):
    r = produce(broker, "props", b"k\tv\n", "--property", "parse.keys=true")
    assert b"parse.keys is ignored; did you mean parse.key?" in r.stderr and r.stderr.count(b"\n") == 1
    once = ["--from-beginning", "--max-messages", "1", "--timeout-ms", "20000"]
    r = run(broker, "consume", "--topic", "props", *once, "--property", "print.keys=true", "--property", "wholly.other=1")
    assert b"print.keys is ignored; did you mean print.key?" in r.stderr and b"wholly.other is ignored" in r.stderr
    longs = "org.apache.kafka.common.serialization.LongDeserializer"
    r = run(broker, "consume", "--topic", "props", *once, "--value-deserializer", longs)
    assert longs.encode() + b" is ignored: keys and values are printed as they are" in r.stderr
    texts = "org.apache.kafka.common.serialization.StringDeserializer"
    assert b"ignored" not in run(broker, "consume", "--topic", "props", *once, "--value-deserializer", texts).stderr


def test_names_that_are_none(broker):
    for name in ("bad name", "..", "x" * 300):
        for command in ("produce", "consume"):
            r = run(broker, command, "--topic", name, code=1)
            assert b"topic" in r.stderr and r.stderr.count(b"\n") == 1


def test_offsets_and_partitions(make_broker):
    broker = make_broker(num__partitions="3")
    data = b"".join(b"k%d\tv%d\n" % (i, i) for i in range(300))
    produce(broker, "three", data, "--property", "parse.key=true")
    assert sorted(consume(broker, "three", 300).split()) == sorted(b"v%d" % i for i in range(300))
    parts = []
    for p in ("0", "1", "2"):
        r = run(broker, "consume", "--topic", "three", "--partition", p, "--offset", "earliest", "--timeout-ms", "1000")
        parts.append(r.stdout.split())
        r = run(broker, "consume", "--topic", "three", "--partition", p, "--offset", "5", "--max-messages", "3")
        assert r.stdout.split() == parts[-1][5:8]
    assert sum(map(len, parts)) == 300 and all(parts)
    r = run(broker, "consume", "--topic", "three", "--partition", "7", code=1)
    assert b"no partition 7" in r.stderr


def test_include_reads_several_topics(broker):
    for name in ("in-1", "in-2", "out"):
        produce(broker, name, name.encode() + b"\n")
    r = run(broker, "consume", "--include", "in-.*", "--from-beginning", "--max-messages", "2", "--timeout-ms", "20000")
    assert sorted(r.stdout.split()) == [b"in-1", b"in-2"]
    r = run(broker, "consume", "--whitelist", "in-1|in-2", "--from-beginning", "--max-messages", "2", "--timeout-ms", "20000")
    assert sorted(r.stdout.split()) == [b"in-1", b"in-2"]
    r = run(broker, "consume", "--include", "nothing.*", code=1)
    assert b"no topic matches" in r.stderr


def test_group_says_that_groups_come_later(broker):
    produce(broker, "g", b"x\n")
    r = run(broker, "consume", "--topic", "g", "--group", "mine", "--from-beginning", "--max-messages", "1", "--timeout-ms", "20000")
    assert r.stdout == b"x\n" and b"later version" in r.stderr
    config = ["--consumer.config", str(ROOT / "config" / "consumer.properties")]
    same = run(broker, "consume", "--topic", "g", *config, "--from-beginning", "--max-messages", "1", "--timeout-ms", "20000")
    assert same.stdout == b"x\n" and same.stderr == r.stderr


def test_java_settings_are_understood_or_named(broker, tmp_path):
    config = tmp_path / "producer.properties"
    config.write_text("acks=1\nlinger.ms=1\nbuffer.memory=33554432\nkey.serializer=org.example.Some\nmax.request.size=1000000\n")
    r = produce(broker, "java", b"x\n", "--producer.config", str(config), "--producer-property", "no.such=1")
    assert b"key.serializer, no.such" in r.stderr and r.stderr.count(b"\n") == 1
    r = produce(broker, "java", b"x\n", "--producer-property", "linger.ms=soon", code=1)
    assert b"linger.ms=soon" in r.stderr
    r = produce(broker, "java", b"x\n", "--producer-property", "compression.type=brotli", code=1)
    assert b"none, gzip, snappy, lz4 and zstd" in r.stderr


def start_consumer(broker, topic, *args):
    return subprocess.Popen(
        [str(BIN), "consume", "--bootstrap-server", broker.address, "--topic", topic, *args],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_live_reading_ends_with_ctrl_c(broker, number):
    produce(broker, "live", b"before\n")
    consumer = start_consumer(broker, "live", "--from-beginning")
    try:
        assert consumer.stdout.readline() == b"before\n"
        produce(broker, "live", b"now\n")
        assert consumer.stdout.readline() == b"now\n"
        began = time.monotonic()
        consumer.send_signal(number)
        out, err = consumer.communicate(timeout=20)
        assert time.monotonic() - began < 5
        assert out == b"" and err == b"Processed a total of 2 messages\n" and consumer.returncode == 0
    finally:
        consumer.kill()
        consumer.wait()


def test_without_from_beginning_only_what_comes(broker):
    produce(broker, "tail", b"old\n")
    consumer = start_consumer(broker, "tail", "--max-messages", "1")
    try:

        def came():
            produce(broker, "tail", b"new\n")
            return consumer.poll() is not None

        wait_until(came, 30, "a record that was produced after the start")
        assert consumer.communicate()[0] == b"new\n"
    finally:
        consumer.kill()
        consumer.wait()


def test_timeout(broker):
    produce(broker, "t", b"x\n")
    r = run(broker, "consume", "--topic", "t", "--timeout-ms", "300")
    assert r.stdout == b"" and r.stderr == b"Processed a total of 0 messages\n"


def test_a_closed_pipe_ends_the_consumer(broker):
    produce(broker, "pipe", b"line\n" * 50000)
    r = subprocess.run(
        f"{BIN} consume --bootstrap-server {broker.address} --topic pipe --from-beginning | head -n 1",
        shell=True, capture_output=True, timeout=60,
    )  # fmt: skip
    assert r.stdout == b"line\n"


def test_full_disk_is_a_sentence(broker):
    produce(broker, "full", b"line\n" * 10)
    r = subprocess.run(
        f"{BIN} consume --bootstrap-server {broker.address} --topic full --from-beginning --max-messages 10 > /dev/full",
        shell=True, capture_output=True, timeout=60,
    )  # fmt: skip
    assert r.returncode == 1 and b"could not be written" in r.stderr


def test_prompt_on_a_terminal_only(broker):
    main, side = pty.openpty()
    with subprocess.Popen(
        [str(BIN), "produce", "--bootstrap-server", broker.address, "--topic", "typed"],
        stdin=side, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as p:  # fmt: skip
        os.close(side)
        assert p.stdout.read(1) == b">"
        os.write(main, b"hello\n")
        assert p.stdout.read(1) == b">"
        assert consume(broker, "typed", 1) == b"hello\n"
        os.write(main, b"\x04")
        assert p.wait(timeout=60) == 0
        os.close(main)


def test_scripts_of_kafkas_names(broker):
    env = {**os.environ, "OTTLA_BIN": str(BIN)}
    subprocess.run(
        [ROOT / "bin" / "kafka-console-producer.sh", "--broker-list", broker.address, "--topic", "test"],
        input=b"This is a message\n", env=env, check=True, timeout=60,
    )  # fmt: skip
    r = subprocess.run(
        [ROOT / "bin" / "kafka-console-consumer.sh", "--bootstrap-server", broker.address, "--topic", "test",
         "--from-beginning", "--max-messages", "1"],
        env=env, check=True, timeout=60, capture_output=True,
    )  # fmt: skip
    assert r.stdout == b"This is a message\n"


def test_a_broker_that_goes_and_comes_back(broker):
    produce(broker, "back", b"before\n")
    consumer = start_consumer(broker, "back", "--from-beginning", "--max-messages", "2")
    try:
        assert consumer.stdout.readline() == b"before\n"
        broker.kill()
        assert b"no broker of " + broker.address.encode() + b" answers; trying again" in consumer.stderr.readline()
        broker.start()
        produce(broker, "back", b"after\n")
        out, err = consumer.communicate(timeout=60)
        assert out == b"after\n" and consumer.returncode == 0
        assert err == b"ottla consume: a broker answers again.\nProcessed a total of 2 messages\n"
    finally:
        consumer.kill()
        consumer.wait()


def test_records_survive_a_broker_killed_while_they_are_produced(broker):
    produce(broker, "killed", b"0\n")
    with subprocess.Popen(
        [str(BIN), "produce", "--bootstrap-server", broker.address, "--topic", "killed"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as p:  # fmt: skip
        p.stdin.write(b"1\n2\n")
        p.stdin.flush()
        assert consume(broker, "killed", 3) == b"0\n1\n2\n"
        broker.kill()
        p.stdin.write(b"3\n4\n")
        p.stdin.flush()
        broker.start()
        p.stdin.close()
        assert p.wait(timeout=60) == 0
    assert consume(broker, "killed", 5) == b"0\n1\n2\n3\n4\n"
