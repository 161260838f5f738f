"""Clients that come, ask for everything at once and leave in the middle, while topics come and go. Nothing may crash, leak
a lock or be lost; under the sanitizers nothing may be touched after its end."""

import random
import socket
import struct
import threading
import time

from conftest import frame, recv_frame
from test_bad_input import alive
from wire import Reader, Writer, call, record_batch

SECONDS = 6
SEED = 20261123
FOREVER_MS = 2**31 - 1


def create(broker, topics, partitions, configs=()):
    w = Writer()

    def one(topic):
        w.string(topic).put("ih", partitions, 1).array([], None)
        w.array(list(configs), lambda pair: w.string(pair[0]).string(pair[1]))

    w.array(topics, one).put("ib", 30000, 0)
    call(broker, 19, 2, w)


def delete(broker, topics):
    w = Writer()
    w.array(topics, w.string).put("i", 30000)
    call(broker, 20, 1, w)


def produce(topic, partitions, acks=-1, timeout_ms=10000, value=b"v" * 100, correlation=1):
    batch = record_batch([(1_700_000_000_000, value)])
    w = Writer().string(None).put("hi", acks, timeout_ms)
    w.array([topic], lambda name: w.string(name).array(partitions, lambda p: w.put("i", p).bytes(batch)))
    return frame(0, 3, w.data, correlation)


def fetch(topic, partitions, wait_ms, min_bytes=1, offset=0, session=(0, -1)):
    w = Writer().put("iiiib", -1, wait_ms, min_bytes, 50 << 20, 0).put("ii", *session)
    w.array(
        [topic],
        lambda name: w.string(name).array(partitions, lambda p: w.put("iiqqi", p, -1, offset, -1, 1 << 20)),
    )
    w.array([], None).string("")
    return frame(1, 11, w.data)


def some_request(rng):
    topic = rng.choice(["k0", "k1", "d0", "d1", "nope"])
    partitions = rng.sample(range(8), rng.randint(1, 8))
    dice = rng.random()
    if dice < 0.5:
        return produce(topic, partitions, rng.choice([-1, -1, -1, 1, 0]), rng.choice([0, 1, 5, 10000, FOREVER_MS]))
    if dice < 0.8:
        return fetch(topic, partitions, rng.choice([0, 1, 500, FOREVER_MS]), rng.choice([1, 1 << 30]),
                     rng.choice([0, 0, 1 << 40]))
    if dice < 0.9:
        return fetch(topic, partitions, rng.choice([1, 50, FOREVER_MS]), 1 << 30, session=(0, 0))
    w = Writer()
    w.array([topic] if rng.random() < 0.5 else None, lambda name: w.string(name)).put("b", rng.choice([0, 1]))
    return frame(3, 4, w.data)


def storm(broker, until, seed):
    rng = random.Random(seed)
    while time.monotonic() < until:
        try:
            with broker.connect(5) as s:
                if rng.random() < 0.5:  # the peer sees a reset, not an end
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                data = b"".join(some_request(rng) for _ in range(rng.randint(1, 60)))
                if rng.random() < 0.3:
                    data = data[: rng.randint(1, len(data))]
                s.settimeout(0.3)
                while data:
                    data = data[s.send(data[: rng.randint(1, 70000)]):]
                if rng.random() < 0.7:
                    for _ in range(rng.randint(0, 10)):
                        s.recv(rng.randint(1, 100000))
        except (OSError, EOFError):
            pass  # what it provokes is its own fault


def topics_come_and_go(broker, until):
    rng = random.Random(SEED)
    while time.monotonic() < until:
        create(broker, ["d0", "d1"], 8, [("durability", rng.choice(["fsync", "memory"])), ("segment.bytes", "1048576")])
        time.sleep(rng.random() * 0.3)
        delete(broker, rng.sample(["d0", "d1"], rng.randint(1, 2)))


def test_a_storm_of_clients_that_leave_in_the_middle(make_broker):
    broker = make_broker(log__retention__check__interval__ms=500)
    create(broker, ["k0", "k1"], 8)
    until = time.monotonic() + SECONDS
    threads = [threading.Thread(target=storm, args=(broker, until, SEED + i)) for i in range(8)]
    threads.append(threading.Thread(target=topics_come_and_go, args=(broker, until)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broker.process.poll() is None, broker.log[-4000:]
    assert alive(broker)
    broker.stop(60)
    assert "broken invariant" not in broker.log and "Sanitizer" not in broker.log, broker.log[-4000:]


def acknowledged(broker, stop, found, number):
    """Writes with several requests under way and notes each acknowledged (partition, offset) with its value."""
    rng = random.Random(SEED + number)
    count = 0
    try:
        with broker.connect(10) as s:
            while not stop.is_set():
                pending = []
                for correlation in range(rng.randint(1, 5)):
                    count += 1
                    value = (b"%d-%d-%d-" % (number, broker.process.pid, count)).ljust(rng.choice([30, 300, 3000]), b"z")
                    partitions = rng.sample(range(6), rng.randint(1, 3))
                    s.sendall(produce("t", partitions, value=value, correlation=correlation))
                    pending.append(value)
                for correlation, value in enumerate(pending):
                    r = Reader(recv_frame(s))
                    assert r.get("i") == correlation
                    for _, parts in r.array(lambda: (r.string(), r.array(lambda: r.get("ihqq")))):
                        for partition, error, offset, _ in parts:
                            if error == 0:
                                assert found.setdefault((partition, offset), value) == value
    except (OSError, EOFError):
        pass  # the kill


def stored(broker, partition):
    """Every batch of a partition by its offset."""
    batches, offset = {}, 0
    with broker.connect(20) as s:
        while True:
            s.sendall(fetch("t", [partition], 0, offset=offset))
            r = Reader(recv_frame(s))
            r.get("i")
            r.get("ihi")
            r.get("i"), r.string(), r.get("i")
            assert r.get("ihqqqi")[1] == 0
            r.get("i")
            data = r.raw(max(r.get("i"), 0))
            if not data:
                return batches
            at = 0
            while at + 61 <= len(data):
                base, length = struct.unpack(">qi", data[at: at + 12])
                if at + 12 + length > len(data):
                    break
                batches[base] = data[at: at + 12 + length]
                offset = base + struct.unpack(">i", data[at + 23: at + 27])[0] + 1
                at += 12 + length


def test_kill_loop_with_requests_under_way_loses_nothing(broker):
    create(broker, ["t"], 6, [("segment.bytes", "1048576")])
    found = {}
    for _ in range(4):
        stop = threading.Event()
        threads = [threading.Thread(target=acknowledged, args=(broker, stop, found, i)) for i in range(4)]
        for thread in threads:
            thread.start()
        before = len(found)
        deadline = time.monotonic() + 20
        while len(found) < before + 200 and time.monotonic() < deadline:
            time.sleep(0.01)
        broker.kill()
        stop.set()
        for thread in threads:
            thread.join()
        assert len(found) >= before + 200
        broker.start()
        for partition in range(6):
            batches = stored(broker, partition)
            for (of, offset), value in found.items():
                assert of != partition or value in batches.get(offset, b""), (partition, offset)
