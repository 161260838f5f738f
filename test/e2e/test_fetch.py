"""Fetch, byte by byte and with real clients: sessions, long polls, limits, errors, old and new versions."""

import subprocess
import threading
import time

import pytest
from conftest import frame, recv_frame, wait_until
from kafka import KafkaConsumer, TopicPartition
from wire import Reader, Writer, call, produce, record_batch

FETCH, METADATA, CREATE_TOPICS, DELETE_TOPICS = 1, 3, 19, 20
FINAL, FIRST = -1, 0
NONE, OUT_OF_RANGE, UNKNOWN_TOPIC, NOT_LEADER, NO_SESSION, BAD_EPOCH, FENCED, UNKNOWN_EPOCH, ZSTD, UNKNOWN_ID, ID_MIX = (
    0, 1, 3, 6, 70, 71, 74, 75, 76, 100, 106
)  # fmt: skip
SESSION_VERSIONS = (7, 11, 12, 13, 18)


def create(broker, name, partitions=1):
    """The topic's id."""
    w = Writer(flex=True)
    w.array([name], lambda n: w.string(n).put("ih", partitions, 1).array([], None).array([], None).tags())
    r = call(broker, CREATE_TOPICS, 7, w.put("i?", 10000, False).tags())
    assert r.get("i") == 0 and r.uvarint() == 2 and r.string() == name
    topic_id = r.raw(16)
    assert r.get("h") == 0
    return topic_id


def delete(broker, name):
    w = Writer()
    r = call(broker, DELETE_TOPICS, 1, w.array([name], w.string).put("i", 10000))
    assert r.get("i") == 0 and r.array(lambda: (r.string(), r.get("h"))) == [(name, 0)]


class Part:
    def __init__(self, **values):
        self.__dict__.update(values)


class Fetcher:
    """One connection. Topics are named as the version wants them: by name, or by id from 13 on."""

    def __init__(self, broker, version, ids=None):
        self.version = version
        self.flex = version >= 12
        self.ids = ids or {}
        self.names = {topic_id: name for name, topic_id in self.ids.items()}
        self.sock = broker.connect()
        self.id = 0
        self.epoch = FINAL

    def close(self):
        self.sock.close()

    def put_topic(self, w, name):
        if self.version >= 13:
            w.data += self.ids.get(name, b"\x77" * 16)
        else:
            w.string(name)

    def send(self, parts=(), forget=(), session=None, wait_ms=0, min_bytes=1, max_bytes=1 << 26, committed=False,
             replica=-1):  # fmt: skip
        """parts: (topic, partition, offset[, {part_max, epoch, last_epoch}])."""
        v, w = self.version, Writer(self.flex)
        if v < 15:
            w.put("i", replica)
        w.put("iiib", wait_ms, min_bytes, max_bytes, 1 if committed else 0)
        if v >= 7:
            w.put("ii", *(session or (self.id, self.epoch)))

        def part(p):
            more = p[3] if len(p) > 3 else {}
            w.put("i", p[1])
            if v >= 9:
                w.put("i", more.get("epoch", -1))
            w.put("q", p[2])
            if v >= 12:
                w.put("i", more.get("last_epoch", -1))
            if v >= 5:
                w.put("q", -1)
            w.put("i", more.get("part_max", 1 << 20)).tags()

        def topic(name):
            self.put_topic(w, name)
            w.array([p for p in parts if p[0] == name], part).tags()

        def forgotten(name):
            self.put_topic(w, name)
            w.array([p for p in forget if p[0] == name], lambda p: w.put("i", p[1])).tags()

        w.array(list(dict.fromkeys(p[0] for p in parts)), topic)
        if v >= 7:
            w.array(list(dict.fromkeys(p[0] for p in forget)), forgotten)
        if v >= 11:
            w.string("")
        self.sock.sendall(frame(FETCH, v, w.tags().data, correlation=5, flexible=self.flex))

    def receive(self):
        """The error, and {(topic, partition): what was said}."""
        v, r = self.version, Reader(recv_frame(self.sock), self.flex)
        assert r.get("i") == 5
        r.tags()
        assert r.get("i") == 0  # throttle
        error = NONE
        if v >= 7:
            error, self.answered_id = r.get("hi")
        parts = {}

        def part(name):
            p = Part()
            p.index, p.error, p.hw, p.lso = r.get("ihqq")
            p.start = r.get("q") if v >= 5 else None
            p.aborted = r.array(lambda: r.get("qq"))
            p.preferred = r.get("i") if v >= 11 else -1
            size = r.uvarint() - 1 if self.flex else r.get("i")
            p.records = r.raw(size) if size >= 0 else None
            p.tags = {}
            if self.flex:
                for _ in range(r.uvarint()):
                    tag = r.uvarint()
                    p.tags[tag] = r.raw(r.uvarint())
            assert (name, p.index) not in parts
            parts[name, p.index] = p

        def topic():
            name = self.names.get(t, t) if v >= 13 and (t := r.raw(16)) else r.string() if v < 13 else None
            r.array(lambda: part(name))
            r.tags()

        r.array(topic)
        r.tags()
        r.end()
        return error, parts

    def fetch(self, *args, **kwargs):
        self.send(*args, **kwargs)
        return self.receive()

    def open(self, parts, **kwargs):
        error, answer = self.fetch(parts, session=(0, FIRST), **kwargs)
        assert error == NONE
        self.id, self.epoch = self.answered_id, 1
        return answer

    def more(self, *args, **kwargs):
        """The next request of the session."""
        error, answer = self.fetch(*args, **kwargs)
        assert error == NONE and self.answered_id == self.id
        self.epoch += 1
        return answer


@pytest.mark.parametrize("version", SESSION_VERSIONS)
def test_a_session_tells_what_has_changed(broker, version):
    ids = {name: create(broker, name, 3) for name in ("a", "b")}
    every = [(t, p, 0) for t in ids for p in range(3)]
    f = Fetcher(broker, version, ids)

    full = f.open(every)
    assert f.id > 0
    assert sorted(full) == sorted((t, p) for t, p, _ in every)
    assert all((p.error, p.hw, p.lso, p.records) == (NONE, 0, 0, b"") for p in full.values())
    assert f.more() == {}

    produce(broker, "b", [(1000, b"one")], partition=1)
    batch = record_batch([(1000, b"one")])
    for _ in range(2):  # as long as the reader does not go on
        news = f.more()
        assert list(news) == [("b", 1)]
        assert news["b", 1].hw == 1 and news["b", 1].records[17:] == batch[17:]
    assert f.more([("b", 1, 1)]) == {}
    assert f.more([("b", 1, 0)])["b", 1].records[17:] == batch[17:]
    assert f.more([("b", 1, 1)]) == {}

    # A high watermark alone is told, once.
    produce(broker, "a", [(1000, b"two")])
    assert f.more([("a", 0, 1)])["a", 0].hw == 1
    assert f.more() == {}

    # Forgotten, and nothing is told of it any more, whatever else the request says; asked again, and it is.
    assert f.more([("b", 2, 0)], forget=[("b", 2)]) == {}
    produce(broker, "b", [(1000, b"unheard")], partition=2)
    assert f.more(forget=[("a", 0), ("a", 2), ("b", 9)]) == {}
    produce(broker, "a", [(1000, b"three")])
    assert f.more() == {}
    again = f.more([("a", 0, 2)])
    assert list(again) == [("a", 0)] and again["a", 0].hw == 2

    # Closed.
    error, answer = f.fetch(every, session=(f.id, FINAL))
    assert error == NONE and f.answered_id == 0 and len(answer) == 6
    assert f.fetch(session=(f.id, f.epoch)) == (NO_SESSION, {})


@pytest.mark.parametrize("version", (7, 13))
def test_what_a_session_refuses(broker, version):
    ids = {"a": create(broker, "a", 2)}
    f = Fetcher(broker, version, ids)
    parts = [("a", 0, 0), ("a", 1, 0)]

    for session in ((12345, 1), (0, 1), (-5, 1), (-5, -7), (12345, 2**31 - 1)):
        assert f.fetch(session=session) == (NO_SESSION, {})
        assert f.answered_id == 0
    f.open(parts)
    for epoch in (0x7FFFFFFF, 2, -2):
        assert f.fetch(session=(f.id, epoch)) == (BAD_EPOCH, {})
    assert f.more() == {}
    assert f.fetch(session=(f.id, 1)) == (BAD_EPOCH, {})

    other = Fetcher(broker, 12 if version == 13 else 13, ids)
    assert other.fetch(session=(f.id, f.epoch)) == (ID_MIX, {})

    # From another connection it goes on; two at once it does not.
    other = Fetcher(broker, version, ids)
    other.id, other.epoch = f.id, f.epoch
    other.send(wait_ms=60000)
    for _ in range(20):  # too early, and as soon as the other one waits too many
        assert f.fetch(session=(f.id, f.epoch + 1)) == (BAD_EPOCH, {})
    produce(broker, "a", [(1, b"x")])
    assert list(other.receive()[1]) == [("a", 0)]
    f.epoch += 1
    assert list(f.more()) == [("a", 0)]

    # A new one in place of the old.
    old, epoch = f.id, f.epoch
    error, answer = f.fetch(parts, session=(old, FIRST))
    assert error == NONE and f.answered_id not in (0, old) and len(answer) == 2
    f.id, f.epoch = f.answered_id, 1
    assert f.fetch(session=(old, epoch)) == (NO_SESSION, {})

    # With the last partition the session ends.
    assert f.fetch(forget=[("a", 0), ("a", 1)]) == (NONE, {})
    assert f.answered_id == 0
    assert f.fetch(session=(f.id, 2)) == (NO_SESSION, {})


@pytest.mark.parametrize("version", (7, 13))
def test_topics_that_come_and_go(broker, version):
    ids = {"a": create(broker, "a")}
    unknown = UNKNOWN_ID if version >= 13 else UNKNOWN_TOPIC
    f = Fetcher(broker, version, ids)
    answer = f.open([("a", 0, 0), ("a", 7, 0), ("later", 0, 0)])
    later = b"\x77" * 16 if version >= 13 else "later"
    assert answer["a", 7].error == UNKNOWN_TOPIC and answer[later, 0].error == unknown
    assert answer["a", 0].error == NONE
    for _ in range(2):
        answer = f.more()
        assert {key: p.error for key, p in answer.items()} == {("a", 7): UNKNOWN_TOPIC, (later, 0): unknown}
    if version < 13:
        create(broker, "later")
        produce(broker, "later", [(1, b"x")])
        answer = f.more()
        assert answer["later", 0].error == NONE and answer["later", 0].hw == 1 and answer["later", 0].records
    f.more(forget=[("a", 7), ("later", 0)])

    # A topic that is deleted under a waiting request, or between two.
    f.send(wait_ms=60000)
    delete(broker, "a")
    error, answer = f.receive()
    f.epoch += 1
    assert error == NONE and answer["a", 0].error == unknown and answer["a", 0].hw == -1
    assert f.more()["a", 0].error == unknown
    create(broker, "a")
    if version >= 13:
        assert f.more()["a", 0].error == UNKNOWN_ID
    else:
        answer = f.more()["a", 0]
        assert (answer.error, answer.hw, answer.start) == (NONE, 0, 0)
        delete(broker, "a")
        assert f.more()["a", 0].error == UNKNOWN_TOPIC


def test_an_error_that_is_known_hurries_nobody(broker):
    """A session that waits for a topic to be made does not spin."""
    f = Fetcher(broker, 12)
    f.open([("nowhere", 0, 0)], wait_ms=60000)  # news: at once
    begin = time.monotonic()
    assert f.more(wait_ms=300)["nowhere", 0].error == UNKNOWN_TOPIC
    assert time.monotonic() - begin >= 0.29
    assert f.more([("nowhere", 0, 0)], wait_ms=60000)["nowhere", 0].error == UNKNOWN_TOPIC  # asked anew: at once


def test_slots(make_broker):
    broker = make_broker(max__incremental__fetch__session__cache__slots=2)
    ids = {"a": create(broker, "a")}
    produce(broker, "a", [(1, b"x")])
    readers = [Fetcher(broker, 12, ids) for _ in range(3)]
    opened = [r.open([("a", 0, 0)]) for r in readers]
    assert [r.id > 0 for r in readers] == [True, True, False]
    assert all(o["a", 0].records for o in opened)
    # Who got none asks in full, and goes on asking for one.
    assert readers[2].open([("a", 0, 0)])["a", 0].records and readers[2].id == 0
    readers[0].fetch(session=(readers[0].id, FINAL))
    readers[2].open([("a", 0, 0)])
    assert readers[2].id > 0

    none = make_broker("none", max__incremental__fetch__session__cache__slots=0)
    create(none, "a")
    reader = Fetcher(none, 12)
    reader.open([("a", 0, 0)])
    assert reader.id == 0


@pytest.mark.parametrize("version", (12, 13))
def test_a_thousand_partitions_and_one_change(broker, version):
    ids = {"wide": create(broker, "wide", 1000)}
    f = Fetcher(broker, version, ids)
    assert len(f.open([("wide", p, 0) for p in range(1000)])) == 1000
    for p in (999, 0, 500):
        f.send(wait_ms=60000)
        produce(broker, "wide", [(1, b"x")], partition=p)
        error, answer = f.receive()
        assert error == NONE and list(answer) == [("wide", p)] and answer["wide", p].records
        f.epoch += 1
        assert f.more([("wide", p, 1)]) == {}


def test_nobody_starves(broker):
    """With room for one batch only, partitions take turns."""
    ids = {"a": create(broker, "a", 5)}
    for p in range(5):
        for _ in range(3):
            produce(broker, "a", [(1, b"x" * 900)], partition=p)
    f = Fetcher(broker, 12, ids)
    f.open([("a", p, 0) for p in range(5)], max_bytes=1)
    seen = []
    for _ in range(5):
        with_data = [index for (_, index), p in f.more(max_bytes=1).items() if p.records]
        assert len(with_data) == 1
        seen += with_data
    assert sorted(seen) == list(range(5))


@pytest.mark.parametrize("version", (4, 5, 6, 7, 12, 13))
def test_limits_of_bytes(broker, version):
    ids = {"a": create(broker, "a", 2)}
    for p in range(2):
        for _ in range(4):
            produce(broker, "a", [(1, b"x" * 1000)], partition=p)
    one = len(record_batch([(1, b"x" * 1000)]))
    f = Fetcher(broker, version, ids)

    def sizes(parts, **kwargs):
        error, answer = f.fetch(parts, **kwargs)
        assert error == NONE and all(p.error == NONE for p in answer.values())
        return [len(answer["a", p].records) for p in range(2)]

    both = [("a", 0, 0), ("a", 1, 0)]
    assert sizes(both) == [4 * one, 4 * one]
    # The first batch whole, whatever the limits; a later one may be cut, the first of a partition is not.
    assert sizes(both, max_bytes=1) == [one, 0]
    assert sizes(both, max_bytes=one + one // 2) == [one + one // 2, 0]
    assert sizes(both, max_bytes=5 * one + 7) == [4 * one, one + 7]
    small = [("a", p, 0, {"part_max": 10}) for p in range(2)]
    assert sizes(small) == [one, 0]
    mid = [("a", p, 0, {"part_max": 2 * one + 3}) for p in range(2)]
    assert sizes(mid) == [2 * one + 3, 2 * one + 3]
    assert sizes([("a", 0, 3), ("a", 1, 4)]) == [one, 0]


def test_the_brokers_own_limit(make_broker):
    broker = make_broker(fetch__max__bytes=3000)
    create(broker, "a")
    for _ in range(5):
        produce(broker, "a", [(1, b"x" * 1000)])
    f = Fetcher(broker, 12)
    _, answer = f.fetch([("a", 0, 0)], min_bytes=1 << 20, wait_ms=60000)
    assert len(answer["a", 0].records) == 3000


@pytest.mark.parametrize("version", (4, 6, 7, 12))
@pytest.mark.parametrize("with_session", (False, True))
def test_waiting(broker, version, with_session):
    if with_session and version < 7:
        version = 9
    create(broker, "a", 3)
    f = Fetcher(broker, version)
    parts = [("a", p, 0) for p in range(3)]
    ask = ([],) if with_session else (parts,)
    if with_session:
        f.open(parts)

    def fetch(*args, **kwargs):
        return f.more(*args, **kwargs) if with_session else f.fetch(*args, **kwargs)[1]

    def elapsed(begin):
        return time.monotonic() - begin

    begin = time.monotonic()
    assert not any(p.records for p in fetch(*ask, wait_ms=300).values())
    assert 0.29 <= elapsed(begin) < 10
    assert not any(p.records for p in fetch(*ask, wait_ms=0).values())

    # Woken by a record.
    f.send(*ask, wait_ms=60000)
    produce(broker, "a", [(1, b"x" * 100)], partition=2)
    _, answer = f.receive()
    f.epoch += 1 if with_session else 0
    assert answer["a", 2].records

    # Not woken by too few of them; what there is comes when the time is over.
    begin = time.monotonic()
    size = len(answer["a", 2].records)
    f.send(*ask, wait_ms=700, min_bytes=3 * size)
    produce(broker, "a", [(1, b"x" * 100)], partition=0)
    _, answer = f.receive()
    assert elapsed(begin) >= 0.69
    assert answer["a", 0].records and answer["a", 2].records
    f.epoch += 1 if with_session else 0

    # Enough of them, from several partitions.
    f.send(*ask, wait_ms=60000, min_bytes=3 * size)
    produce(broker, "a", [(1, b"x" * 100)], partition=1)
    _, answer = f.receive()
    assert [len(answer["a", p].records) for p in range(3)] == [size] * 3


def test_a_reader_that_goes_away(broker):
    create(broker, "a")
    for with_session in (True, False):
        f = Fetcher(broker, 12)
        if with_session:
            f.open([("a", 0, 0)])
            f.send(wait_ms=60000)
        else:
            f.send([("a", 0, 0)], wait_ms=60000)
        f.close()
    # The session is free again as soon as the broker has noticed.
    f = Fetcher(broker, 12)
    f.open([("a", 0, 0)])
    f.send(wait_ms=60000)
    other = Fetcher(broker, 12)
    other.id, other.epoch = f.id, f.epoch + 1
    f.close()
    wait_until(lambda: other.fetch()[0] == NONE, what="the session")


def test_sessions_end_with_the_broker(broker):
    ids = {name: create(broker, name, 4) for name in ("a", "b")}
    readers = [Fetcher(broker, version, ids) for version in (7, 12, 13)]
    for f in readers:
        f.open([(t, p, 0) for t in ids for p in range(4)] + [("none", 0, 0)])
    readers[0].more(forget=[("none", 0)])
    readers[0].send(wait_ms=60000)
    delete(broker, "b")
    readers[0].receive()
    readers[0].send(session=(readers[0].id, 3), wait_ms=60000)
    broker.stop()
    broker.start()
    again = Fetcher(broker, 12, ids)
    assert again.fetch(session=(readers[1].id, 1)) == (NO_SESSION, {})


def test_errors_and_epochs(broker):
    ids = {"a": create(broker, "a")}
    produce(broker, "a", [(1, b"x"), (2, b"y")])
    f = Fetcher(broker, 12, ids)

    def one(offset, wait_ms=60000, **more):
        error, answer = f.fetch([("a", 0, offset, more)], wait_ms=wait_ms)
        assert error == NONE
        return answer["a", 0]

    for offset in (3, -1, 1 << 40, -(1 << 63)):
        p = one(offset)
        assert (p.error, p.records) == (OUT_OF_RANGE, b"")
    assert one(0, epoch=0).error == NONE
    p = one(0, epoch=1)
    assert p.error == UNKNOWN_EPOCH and p.hw == -1
    assert p.tags[1][:8] == b"\0\0\0\0\0\0\0\0"  # led by broker 0 in epoch 0
    # The reader's history goes beyond ours: where it parts from ours.
    p = one(2, last_epoch=0, wait_ms=0)
    assert p.error == NONE and p.tags == {}
    p = one(5, last_epoch=0)
    assert p.error == NONE and p.records == b"" and p.tags[0][:12] == b"\0\0\0\0" + (2).to_bytes(8, "big")
    p = one(2, last_epoch=3)
    assert p.tags[0][:12] == b"\0\0\0\0" + (2).to_bytes(8, "big")

    # In a session an error comes again with every answer, and the marks after it.
    f.open([("a", 0, 9)])
    assert f.more()["a", 0].error == OUT_OF_RANGE
    assert f.more([("a", 0, 2)])["a", 0].hw == 2
    assert f.more() == {}
    # A broker that is no replica.
    assert f.fetch([("a", 0, 0)], replica=7, session=(0, FINAL))[1]["a", 0].error == NOT_LEADER


def test_committed_readers_get_a_list_of_aborted_ones(broker):
    create(broker, "a")
    produce(broker, "a", [(1, b"x")])
    for version in (4, 12):
        f = Fetcher(broker, version)
        assert f.fetch([("a", 0, 0)])[1]["a", 0].aborted is None
        p = f.fetch([("a", 0, 0)], committed=True)[1]["a", 0]
        assert p.aborted == [] and p.lso == 1 and p.records and p.preferred == -1


def test_empty_null_and_double(broker):
    create(broker, "a")
    produce(broker, "a", [(1, b"x")])
    f = Fetcher(broker, 12)
    begin = time.monotonic()
    assert f.fetch(wait_ms=60000) == (NONE, {})
    assert f.fetch(wait_ms=60000, session=(0, FIRST)) == (NONE, {}) and f.answered_id == 0
    assert time.monotonic() - begin < 30
    # The same partition twice: in a session it is one.
    f.open([("a", 0, 5), ("a", 0, 0)])
    assert f.more()["a", 0].records
    w = Writer(flex=True)
    w.put("iiiibii", -1, 0, 1, 1 << 20, 0, 0, -1)
    part = (0, -1, 0, -1, -1, 1000)
    w.array("aa", lambda t: w.string(t).array([part] * 2, lambda p: w.put("iiqiqi", *p).tags()).tags())
    r = call(broker, FETCH, 12, w.array([], None).string("").tags())
    assert r.get("ihi") == (0, 0, 0) and r.uvarint() == 3


def kcat(broker, *args, **kwargs):
    return subprocess.run(["kcat", "-b", broker.address, *args], check=True, timeout=60, capture_output=True, **kwargs)


def test_zstd_only_for_those_who_know_it(broker):
    create(broker, "a", 2)
    produce(broker, "a", [(1, b"plain")])
    old, new = Fetcher(broker, 9), Fetcher(broker, 10)
    assert old.fetch([("a", 0, 0)])[1]["a", 0].records
    kcat(broker, "-P", "-t", "a", "-p", "0", "-z", "zstd", input=b"".join(b"%d\n" % n for n in range(1000)))
    kcat(broker, "-P", "-t", "a", "-p", "1", "-z", "lz4", input=b"".join(b"%d\n" % n for n in range(1000)))
    both = [("a", 0, 0), ("a", 1, 0)]
    everything = new.fetch(both)[1]
    plain = len(record_batch([(1, b"plain")]))
    for _ in range(2):
        answer = old.fetch(both)[1]
        assert answer["a", 0].error == NONE and answer["a", 0].records == everything["a", 0].records[:plain]
        assert answer["a", 1].records == everything["a", 1].records
        answer = old.fetch([("a", 0, 1), ("a", 1, 0)], wait_ms=60000)[1]
        assert answer["a", 0].error == ZSTD and answer["a", 0].records == b"" and answer["a", 0].hw == 1001
        assert answer["a", 1].error == NONE
        # After a restart nobody knows what is in the log before he looks.
        broker.stop()
        broker.start()
        old, new = Fetcher(broker, 9), Fetcher(broker, 10)
    # In a session, too.
    assert old.open(both)["a", 0].error == NONE
    assert old.more([("a", 0, 1)])["a", 0].error == ZSTD


def test_every_way_gives_the_same_bytes(broker):
    """Small ranges are copied, large ones sent from the file; cut anywhere they are the same bytes."""
    create(broker, "a")
    for n in range(40):
        produce(broker, "a", [(n, bytes([n]) * (n * 37))])
    f = Fetcher(broker, 12)
    whole = f.fetch([("a", 0, 0)])[1]["a", 0].records
    first = len(record_batch([(0, b"")]))
    for size in list(range(first, 2100, 97)) + [2047, 2048, 2049, 4096, 10000, len(whole)]:
        assert f.fetch([("a", 0, 0, {"part_max": size})])[1]["a", 0].records == whole[:size]
    # Several small parts in one answer, by a session's cursor and without.
    f.open([("a", 0, 0, {"part_max": 700})])
    seen, offset = b"", 0
    while offset < 40:
        piece = f.more([("a", 0, offset, {"part_max": 700})])["a", 0].records
        pos = 0
        while pos + 12 <= len(piece):
            length = int.from_bytes(piece[pos + 8 : pos + 12], "big") + 12
            if pos + length > len(piece):
                break
            seen += piece[pos : pos + length]
            pos += length
            offset += 1
    assert seen == whole


def test_clients_read_while_others_write(broker):
    """kcat (librdkafka) and python3-kafka, which uses sessions of its own version, follow three partitions."""
    create(broker, "live", 3)
    lines = [b"line %d %s" % (n, b"x" * (n % 300)) for n in range(30000)]
    follower = subprocess.Popen(
        ["kcat", "-b", broker.address, "-C", "-t", "live", "-o", "beginning", "-q", "-c", str(len(lines)), "-u"],
        stdout=subprocess.PIPE,
    )
    seen = []

    def read():
        consumer = KafkaConsumer(bootstrap_servers=broker.address, group_id=None, enable_auto_commit=False)
        consumer.assign([TopicPartition("live", p) for p in range(3)])
        consumer.seek_to_beginning()
        end = time.monotonic() + 90
        while len(seen) < len(lines) and time.monotonic() < end:
            for records in consumer.poll(timeout_ms=500).values():
                seen.extend(r.value for r in records)
        consumer.close()

    reader = threading.Thread(target=read)
    reader.start()
    step = 3000
    for begin in range(0, len(lines), step):
        kcat(broker, "-P", "-t", "live", input=b"\n".join(lines[begin : begin + step]) + b"\n")
    out, _ = follower.communicate(timeout=90)
    reader.join(120)
    assert sorted(out.splitlines()) == sorted(lines)
    assert sorted(seen) == sorted(lines)
