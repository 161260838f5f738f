"""Requests about topics, offsets and settings, byte by byte, against a real broker over its real log."""

import time

from conftest import wait_until
from wire import Reader, Writer, call, produce

LIST_OFFSETS, METADATA, CREATE_TOPICS, DELETE_TOPICS = 2, 3, 19, 20
DESCRIBE_CONFIGS, DESCRIBE_TOPIC_PARTITIONS = 32, 75
LATEST, EARLIEST, MAX_TIMESTAMP, EARLIEST_LOCAL, LATEST_TIERED, PENDING_UPLOAD = -1, -2, -3, -4, -5, -6


def create(broker, *topics, version=7, validate_only=False, timeout_ms=10000):
    """topics: (name, partitions, {setting: value}); gives (name, id, error, message, partitions, replicas, settings)."""
    w = Writer(flex=version >= 5)

    def topic(t):
        name, partitions, settings = t
        w.string(name).put("ih", partitions, 1).array([], None)
        w.array(list(settings.items()), lambda kv: w.string(kv[0]).string(kv[1]).tags()).tags()

    w.array(topics, topic).put("i", timeout_ms)
    if version >= 1:
        w.put("?", validate_only)
    r = call(broker, CREATE_TOPICS, version, w.tags())
    if version >= 2:
        assert r.get("i") == 0

    def setting():
        row = (r.string(), r.string(), r.get("?"), r.get("b"), r.get("?"))
        r.tags()
        return row

    def result():
        name = r.string()
        topic_id = r.raw(16) if version >= 7 else None
        error = r.get("h")
        message = r.string() if version >= 1 else None
        partitions = replicas = settings = None
        if version >= 5:
            partitions, replicas = r.get("ih")
            settings = {row[0]: row for row in r.array(setting)}
        r.tags()
        return name, topic_id, error, message, partitions, replicas, settings

    results = r.array(result)
    r.tags()
    r.end()
    return results


def delete(broker, *names, version=4, timeout_ms=10000):
    w = Writer(flex=version >= 4)
    r = call(broker, DELETE_TOPICS, version, w.array(names, w.string).put("i", timeout_ms).tags())
    if version >= 1:
        assert r.get("i") == 0

    def result():
        row = (r.string(), r.get("h"))
        if version >= 5:
            r.string()
        r.tags()
        return row

    return r.array(result)


def list_offsets(broker, topic, timestamp, partition=0, version=7, isolation=0, epoch=-1):
    """(error, timestamp, offset, leader epoch)"""
    w = Writer(flex=version >= 6).put("i", -1)
    if version >= 2:
        w.put("b", isolation)

    def part(p):
        w.put("i", p)
        if version >= 4:
            w.put("i", epoch)
        w.put("q", timestamp).tags()

    w.array([topic], lambda t: w.string(t).array([partition], part).tags())
    if version >= 10:
        w.put("i", 1000)
    r = call(broker, LIST_OFFSETS, version, w.tags())
    if version >= 2:
        assert r.get("i") == 0

    def result():
        index, error, found, offset = r.get("ihqq")
        assert index == partition
        leader_epoch = r.get("i") if version >= 4 else None
        r.tags()
        return error, found, offset, leader_epoch

    def topic_result():
        assert r.string() == topic
        rows = r.array(result)
        r.tags()
        return rows

    (rows,) = r.array(topic_result)
    r.tags()
    r.end()
    return rows[0]


def list_offsets_v0(broker, topic, timestamp, count):
    w = Writer().put("i", -1)
    w.array([topic], lambda t: w.string(t).array([0], lambda p: w.put("iqi", p, timestamp, count)))
    r = call(broker, LIST_OFFSETS, 0, w)
    assert r.get("i") == 1 and r.string() == topic
    assert r.get("ii") == (1, 0)
    error = r.get("h")
    return error, r.array(lambda: r.get("q"))


def metadata(broker, names, version=1, auto_create=True):
    """(brokers, controller, {topic: (error, partitions)}) of a version before the compact ones."""
    w = Writer()
    w.array(names, w.string)
    if version >= 4:
        w.put("?", auto_create)
    r = call(broker, METADATA, version, w)
    if version >= 3:
        assert r.get("i") == 0
    brokers = r.array(lambda: (r.get("i"), r.string(), r.get("i"), r.string() if version >= 1 else None))
    if version >= 2:
        assert len(r.string()) == 22
    controller = r.get("i") if version >= 1 else None

    def part():
        row = r.get("hii")
        if version >= 7:
            r.get("i")
        lists = [r.array(lambda: r.get("i")) for _ in range(3 if version >= 5 else 2)]
        return row + tuple(lists)

    def topic():
        error, name = r.get("h"), r.string()
        if version >= 1:
            r.get("?")
        return name, (error, r.array(part))

    topics = r.array(topic)
    r.end()
    assert len({name for name, _ in topics}) == len(topics)
    return brokers, controller, dict(topics)


def test_offsets_by_time(broker):
    base = int(time.time() * 1000) - 100000
    assert create(broker, ("t", 1, {}))[0][2] == 0
    # An empty log has a beginning and an end, and no times.
    assert list_offsets(broker, "t", LATEST) == (0, -1, 0, 0)
    assert list_offsets(broker, "t", EARLIEST)[:3] == (0, -1, 0)
    assert list_offsets(broker, "t", 0)[:3] == (0, -1, -1)
    assert list_offsets(broker, "t", MAX_TIMESTAMP)[:3] == (0, -1, -1)
    assert produce(broker, "t", [(base + 1000, b"a"), (base + 1500, b"b")]) == 0
    assert produce(broker, "t", [(base + 3000, b"c")]) == 2
    assert produce(broker, "t", [(base + 2000, b"d")]) == 3
    expected = {
        LATEST: (0, -1, 4, 0),
        EARLIEST: (0, -1, 0, 0),
        0: (0, base + 1000, 0, 0),
        base + 1000: (0, base + 1000, 0, 0),
        base + 1001: (0, base + 1500, 1, 0),
        base + 1501: (0, base + 3000, 2, 0),
        base + 3000: (0, base + 3000, 2, 0),
        base + 3001: (0, -1, -1, -1),
    }
    for version in range(1, 12):
        for timestamp, (error, found, offset, epoch) in expected.items():
            want = (error, found, offset, epoch if version >= 4 else None)
            assert list_offsets(broker, "t", timestamp, version=version) == want, (version, timestamp)
        if version >= 2:
            assert list_offsets(broker, "t", LATEST, version=version, isolation=1)[2] == 4
    assert list_offsets(broker, "t", MAX_TIMESTAMP, version=7) == (0, base + 3000, 2, 0)
    assert list_offsets(broker, "t", EARLIEST_LOCAL, version=8) == (0, -1, 0, 0)
    assert list_offsets(broker, "t", LATEST_TIERED, version=9)[:3] == (0, -1, -1)
    assert list_offsets(broker, "t", PENDING_UPLOAD, version=11)[:3] == (0, -1, -1)
    assert list_offsets(broker, "t", MAX_TIMESTAMP, version=6)[0] == 35
    # Epochs: the one that is, one from the future, none.
    assert list_offsets(broker, "t", LATEST, epoch=0)[0] == 0
    assert list_offsets(broker, "t", LATEST, epoch=7)[0] == 75
    assert list_offsets(broker, "t", LATEST, partition=1)[0] == 3
    assert list_offsets(broker, "nope", LATEST)[0] == 3


def test_offsets_in_the_old_style(broker):
    base = int(time.time() * 1000) - 100000
    assert create(broker, ("t", 1, {}))[0][2] == 0
    assert list_offsets_v0(broker, "t", LATEST, 2) == (0, [0])
    produce(broker, "t", [(base, b"a"), (base + 10, b"b"), (base + 20, b"c")])
    assert list_offsets_v0(broker, "t", LATEST, 1) == (0, [3])
    assert list_offsets_v0(broker, "t", LATEST, 100) == (0, [3, 0])
    assert list_offsets_v0(broker, "t", EARLIEST, 100) == (0, [0])
    assert list_offsets_v0(broker, "t", base + 5, 1) == (0, [1])
    assert list_offsets_v0(broker, "t", base + 5, 0) == (0, [])
    assert list_offsets_v0(broker, "t", base + 5, -1) == (0, [])
    assert list_offsets_v0(broker, "nope", LATEST, 1) == (3, [])


def test_latest_never_goes_backwards(broker):
    """What was seen as latest stays below latest, also over kill -9."""
    now = int(time.time() * 1000)
    assert create(broker, ("t", 1, {}))[0][2] == 0
    for round_number in range(4):
        for _ in range(5):
            produce(broker, "t", [(now, b"x" * 100)], acks=1 if round_number % 2 else -1)
        # With acks=1 the answer does not wait for the high watermark, which follows by itself.
        wait_until(lambda: list_offsets(broker, "t", LATEST)[2] == 5 * (round_number + 1), what="the high watermark")
        seen = list_offsets(broker, "t", LATEST)[2]
        broker.kill()
        broker.start()
        assert list_offsets(broker, "t", LATEST)[2] >= seen
        assert list_offsets(broker, "t", now)[:3] == (0, now, 0)
    broker.stop().start()
    assert list_offsets(broker, "t", LATEST)[2] >= seen


def test_offsets_of_deleted_records(broker):
    """Two topics of one name are two logs."""
    now = int(time.time() * 1000)
    (first,) = create(broker, ("t", 1, {}))
    produce(broker, "t", [(now, b"x")])
    assert delete(broker, "t") == [("t", 0)]
    assert list_offsets(broker, "t", LATEST)[0] == 3
    (second,) = create(broker, ("t", 1, {}))
    assert second[2] == 0 and second[1] != first[1]
    assert list_offsets(broker, "t", LATEST)[:3] == (0, -1, 0)


def test_create_and_delete_every_version(broker):
    for version in range(8):
        name = f"made-by-v{version}"
        results = create(broker, (name, 2, {"retention.ms": "1234567"}), version=version)
        assert results[0][0] == name and results[0][2] == 0
        if version >= 5:
            assert results[0][4:6] == (2, 1)
            assert results[0][6]["retention.ms"][1:4] == ("1234567", False, 1)
        assert create(broker, (name, 2, {}), version=version)[0][2] == 36
    names = set(metadata(broker, None)[2])
    assert names == {f"made-by-v{version}" for version in range(8)}
    broker.kill()
    broker.start()
    assert set(metadata(broker, None)[2]) == names
    for version in range(6):
        assert delete(broker, f"made-by-v{version}", version=version) == [(f"made-by-v{version}", 0)]
        assert delete(broker, f"made-by-v{version}", version=version) == [(f"made-by-v{version}", 3)]
    broker.kill()
    broker.start()
    assert set(metadata(broker, None)[2]) == {"made-by-v6", "made-by-v7"}


def test_what_creation_refuses(broker):
    wanted = [
        ("", 1, {}, 17),
        ("a/b", 1, {}, 17),
        ("x" * 250, 1, {}, 17),
        ("zero", 0, {}, 37),
        ("negative", -2, {}, 37),
        ("odd", 1, {"no.such.setting": "1"}, 40),
        ("bad", 1, {"retention.ms": "soon"}, 40),
        ("null", 1, {"retention.ms": None}, 40),
        ("twice", 1, {}, 42),
        ("twice", 1, {}, 42),
        ("fine", 1, {}, 0),
    ]
    results = create(broker, *[w[:3] for w in wanted])
    assert [(r[0], r[2]) for r in results] == [(w[0], w[3]) for w in wanted]
    assert all((r[3] is None) == (r[2] == 0) for r in results)
    assert create(broker, ("dry", 3, {}), validate_only=True)[0][2] == 0
    assert create(broker, ("fi.ne", 1, {}), ("fi_ne", 1, {}))[1][2] == 17
    assert set(metadata(broker, None)[2]) == {"fine", "fi.ne"}


def test_many_topics_in_one_request(broker):
    names = [f"many-{i}" for i in range(200)]
    assert [r[2] for r in create(broker, *[(n, 1, {}) for n in names])] == [0] * 200
    assert set(metadata(broker, None)[2]) == set(names)
    assert delete(broker, *names) == [(n, 0) for n in names]
    assert metadata(broker, None)[2] == {}


def test_metadata_makes_topics(broker):
    assert metadata(broker, [], version=0)[2] == {}
    assert metadata(broker, [], version=1)[2] == {}
    assert metadata(broker, ["not-asked-to"], version=4, auto_create=False)[2]["not-asked-to"] == (3, [])
    brokers, controller, topics = metadata(broker, ["made", "made", "a b"], version=4)
    assert brokers[0][1:3] == ("localhost", broker.port)
    assert brokers[0][0] == controller
    assert topics == {"made": (5, []), "a b": (17, [])}
    wait_until(lambda: metadata(broker, ["made"], version=4)[2]["made"][0] == 0, what="the topic")
    error, partitions = metadata(broker, ["made"], version=7)[2]["made"]
    assert partitions == [(0, 0, controller, [controller], [controller], [])]
    # v0: an empty list is everything; v1: nothing, and null is everything
    assert set(metadata(broker, [], version=0)[2]) == {"made"}
    assert metadata(broker, [], version=1)[2] == {}
    assert set(metadata(broker, None, version=1)[2]) == {"made"}


def test_settings_of_topic_and_broker(make_broker):
    broker = make_broker(log__retention__hours="3")
    controller = metadata(broker, [])[1]
    assert create(broker, ("t", 1, {"segment.bytes": "1048576"}))[0][2] == 0

    def describe(kind, name, keys):
        w = Writer(flex=True)
        w.array([name], lambda n: w.put("b", kind).string(n).array(keys, w.string).tags()).put("??", True, True).tags()
        r = call(broker, DESCRIBE_CONFIGS, 4, w)

        def synonym():
            row = (r.string(), r.string(), r.get("b"))
            r.tags()
            return row

        def setting():
            name_, value, read_only, source, sensitive = r.string(), r.string(), r.get("?"), r.get("b"), r.get("?")
            synonyms, kind_, doc = r.array(synonym), r.get("b"), r.string()
            r.tags()
            assert doc and kind_ > 0
            return name_, (value, read_only, source, sensitive, synonyms)

        def result():
            row = (r.get("h"), r.string(), r.get("b"), r.string(), dict(r.array(setting)))
            r.tags()
            return row

        assert r.get("i") == 0
        (row,) = r.array(result)
        r.tags()
        r.end()
        return row

    error, _, kind, name, settings = describe(2, "t", None)
    assert (error, kind, name) == (0, 2, "t")
    assert settings["segment.bytes"][0::2][:2] == ("1048576", 1)
    assert settings["retention.ms"][0] == "10800000"
    assert settings["retention.ms"][2] == 4
    assert set(describe(2, "t", ["retention.ms", "nonsense"])[4]) == {"retention.ms"}
    assert describe(2, "nope", None)[0] == 3
    error, _, _, _, settings = describe(4, str(controller), None)
    assert error == 0
    assert settings["log.retention.hours"][0::2][:2] == ("3", 4)
    assert describe(4, str(controller + 1), None)[0] == 42
    assert describe(16, "x", None)[0] == 42


def test_topic_partitions_page_by_page(broker):
    create(broker, ("c", 3, {}), ("a", 1, {}), ("b", 2, {}))
    pages, cursor = [], None
    while True:
        w = Writer(flex=True).array([], None).put("i", 2)
        if cursor is None:
            w.put("b", -1)
        else:
            w.put("b", 1).string(cursor[0]).put("i", cursor[1]).tags()
        r = call(broker, DESCRIBE_TOPIC_PARTITIONS, 0, w.tags())

        def part():
            error, index, leader, epoch = r.get("hiii")
            assert error == 0 and epoch == 0
            lists = [r.array(lambda: r.get("i")) for _ in range(5)]
            assert lists == [[leader], [leader], [], [], []] or lists == [[leader], [leader], None, None, []]
            r.tags()
            return index

        def topic():
            assert r.get("h") == 0
            name = r.string()
            r.raw(16)
            assert r.get("?") is False
            row = [(name, index) for index in r.array(part)]
            assert r.get("i") == 3576
            r.tags()
            return row

        assert r.get("i") == 0
        pages.append(sum(r.array(topic), []))
        if r.get("b") < 0:
            break
        cursor = (r.string(), r.get("i"))
        r.tags()
    assert pages == [[("a", 0), ("b", 0)], [("b", 1), ("c", 0)], [("c", 1), ("c", 2)]]


def test_reader_of_this_test_is_sound():
    w = Writer(flex=True).string("x")
    w.array([1, 2], lambda i: w.put("i", i)).tags()
    r = Reader(w.data, flex=True)
    assert r.string() == "x" and r.array(lambda: r.get("i")) == [1, 2]
    assert r.tags() == []
    r.end()
