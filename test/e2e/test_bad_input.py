"""What strangers and broken clients send. The broker says what it was, closes that connection, and serves the others."""

import os
import socket
import struct
import subprocess
import time

from conftest import BIN, Broker, frame, is_closed, recv_exactly, recv_frame, wait_until

API_VERSIONS = 18
METADATA = 3


def alive(broker):
    with broker.connect() as s:
        s.sendall(frame(API_VERSIONS, 0, correlation=77))
        answer = recv_frame(s)
    correlation, error = struct.unpack(">ih", answer[:6])
    assert (correlation, error) == (77, 0)
    return True


def test_lengths_that_cannot_be(broker):
    for length in (-1, -(2**31), 0, 1, 7, 2**31 - 1, 104857601):
        with broker.connect() as s:
            s.sendall(struct.pack(">i", length) + b"x" * 64)
            assert is_closed(s), length
    broker.wait_log("connection.bad_frame")
    assert alive(broker)


def test_tls_http_zookeeper_are_recognised(broker):
    with broker.connect() as s:
        s.sendall(bytes.fromhex("16030100c8010000c40303") + b"\0" * 64)
        assert is_closed(s)
    broker.wait_log("the peer speaks TLS")
    with broker.connect() as s:
        s.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert recv_exactly(s, 12) == b"HTTP/1.1 400"
        assert is_closed(s)
    broker.wait_log("the peer speaks HTTP")
    with broker.connect() as s:
        # ZooKeeper's connect request: protocol version, last zxid, time-out, session id, password, read-only.
        s.sendall(struct.pack(">iiqiqi", 45, 0, 0, 30000, 0, 16) + b"\0" * 17)
        assert is_closed(s)
    broker.wait_log("ZooKeeper client")
    assert alive(broker)


def test_unknown_keys_and_versions_close_with_a_line(broker):
    for key, version in ((999, 0), (-1, 0), (METADATA, 99), (METADATA, -1), (11, 0)):
        with broker.connect() as s:
            s.sendall(frame(key, version, b"\0" * 16))
            assert is_closed(s), (key, version)
    broker.wait_log("request.refused")
    assert alive(broker)


def test_api_versions_too_new_is_answered_in_version_0(broker):
    with broker.connect() as s:
        s.sendall(frame(API_VERSIONS, 99, b"\xff" * 40, correlation=5))
        answer = recv_frame(s)
        correlation, error, count = struct.unpack(">ihi", answer[:10])
        assert (correlation, error, count) == (5, 35, 1)
        key, low, high = struct.unpack(">hhh", answer[10:16])
        assert (key, low) == (18, 0) and high >= 4
        s.sendall(frame(API_VERSIONS, 0, correlation=6))
        assert struct.unpack(">ih", recv_frame(s)[:6]) == (6, 0)


def test_bodies_cut_at_every_byte(broker):
    body = struct.pack(">i", 2) + b"\0\4abcd" + b"\0\3xyz"
    for cut in range(len(body)):
        with broker.connect() as s:
            s.sendall(frame(METADATA, 1, body[:cut]))
            assert is_closed(s), cut
    assert alive(broker)


def test_counts_that_claim_more_than_there_is(broker):
    for count in (2**31 - 1, 1000000, -2):
        with broker.connect() as s:
            s.sendall(frame(METADATA, 1, struct.pack(">i", count)))
            assert is_closed(s), count
    assert alive(broker)


def test_bytes_one_at_a_time_are_still_a_request(broker):
    with broker.connect() as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in frame(API_VERSIONS, 0, correlation=9):
            s.sendall(bytes([byte]))
        assert struct.unpack(">ih", recv_frame(s)[:6]) == (9, 0)


def test_many_requests_in_one_piece_are_answered_in_order(broker):
    with broker.connect() as s:
        s.sendall(b"".join(frame(API_VERSIONS, 0, correlation=i) for i in range(500)))
        for i in range(500):
            assert struct.unpack(">i", recv_frame(s)[:4])[0] == i


def test_half_a_large_frame_holds_no_large_memory(broker):
    """A hundred connections each announce 100 MB and send 1 KB: memory follows what came, not what was said."""

    def resident_kb():
        with open(f"/proc/{broker.process.pid}/status") as status:
            return int(next(line for line in status if line.startswith("VmRSS")).split()[1])

    before = resident_kb()
    sockets = []
    try:
        for _ in range(100):
            s = broker.connect()
            s.sendall(struct.pack(">i", 100_000_000) + b"\0\3\0\1" + b"x" * 1000)
            sockets.append(s)
        assert alive(broker)
        factor = 30 if "asan" in str(BIN) or "tsan" in str(BIN) or "fuzz" in str(BIN) else 1
        assert resident_kb() - before < 20_000 * factor
    finally:
        for s in sockets:
            s.close()


def test_too_many_connections_from_one_address(make_broker):
    broker = make_broker(max__connections__per__ip=5)
    sockets = [broker.connect() for _ in range(5)]
    try:
        for s in sockets:
            s.sendall(frame(API_VERSIONS, 0))
            recv_frame(s)
        with broker.connect() as sixth:
            assert is_closed(sixth)
        broker.wait_log("max.connections.per.ip")
    finally:
        for s in sockets:
            s.close()
    wait_until(lambda: alive_or_refused(broker), what="a place for a new connection")


def alive_or_refused(broker):
    try:
        return alive(broker)
    except (ConnectionError, EOFError):
        return False


def run_server(broker, **settings):
    broker.settings.update({key.replace("__", "."): value for key, value in settings.items()})
    return subprocess.run(
        broker.command(), capture_output=True, text=True, timeout=30, cwd=broker.folder, stdin=subprocess.DEVNULL
    )


def test_a_second_broker_on_the_directory(broker, make_broker):
    second = make_broker("second", start=False)
    result = run_server(second, log__dirs=broker.settings["log.dirs"])
    assert result.returncode == 1
    assert broker.settings["log.dirs"] in result.stderr
    assert alive(broker)


def test_a_used_port_names_the_process(broker, make_broker):
    second = make_broker("second", start=False)
    result = run_server(second, listeners=f"PLAINTEXT://localhost:{broker.port}")
    assert result.returncode == 1
    assert f"(pid {broker.process.pid})" in result.stderr
    assert str(broker.port) in result.stderr


def test_a_directory_that_is_not_ours(make_broker, tmp_path):
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("three years of work")
    result = run_server(make_broker(start=False), log__dirs=str(foreign))
    assert result.returncode == 1 and str(foreign) in result.stderr
    assert sorted(os.listdir(foreign)) == ["thesis.txt"]


def test_a_file_in_place_of_a_directory(make_broker, tmp_path):
    path = tmp_path / "file"
    path.write_text("")
    result = run_server(make_broker(start=False), log__dirs=str(path))
    assert result.returncode == 1 and str(path) in result.stderr


def test_settings_that_are_not_legal(make_broker):
    broker = make_broker(start=False)
    result = run_server(broker, num__partitions="many")
    assert result.returncode == 1 and "num.partitions" in result.stderr and "many" in result.stderr
    del broker.settings["num.partitions"]
    broker.settings["num.partition"] = "3"
    broker.start()
    broker.wait_log("num.partitions")  # the nearest known name


def test_zookeeper_is_told_in_a_sentence(make_broker):
    result = run_server(make_broker(start=False), zookeeper__connect="localhost:2181")
    assert result.returncode == 1
    assert "clusters on ZooKeeper come with a later version" in result.stderr


def test_silence_after_half_a_request_does_not_stop_a_clean_stop(broker):
    with broker.connect() as s:
        s.sendall(frame(METADATA, 1, b"\0" * 100)[:20])
        begin = time.monotonic()
        broker.stop()
        assert time.monotonic() - begin < 10
        assert is_closed(s)
    assert "clean stop" in broker.log
    assert isinstance(broker, Broker)


def test_limits_of_a_listener_and_of_one_address(make_broker):
    broker = make_broker(listener__name__plaintext__max__connections=3)
    sockets = [broker.connect() for _ in range(3)]
    try:
        for s in sockets:
            s.sendall(frame(API_VERSIONS, 0))
            recv_frame(s)
        with broker.connect() as fourth:
            assert is_closed(fourth)
        broker.wait_log("the listener's max.connections")
    finally:
        for s in sockets:
            s.close()
    other = make_broker("other", max__connections__per__ip__overrides="127.0.0.1:1,[::1]:1")
    with other.connect() as first:
        first.sendall(frame(API_VERSIONS, 0))
        recv_frame(first)
        with other.connect() as second:
            assert is_closed(second)
    result = run_server(make_broker("third", start=False), max__connections__per__ip__overrides="here")
    assert result.returncode == 1 and "max.connections.per.ip.overrides" in result.stderr


def test_frames_beyond_the_memory_wait_and_all_finish(make_broker):
    """Ten frames of 900 KB each with a budget of 1 MB: they wait for each other, and every one is answered."""
    broker = make_broker(frame__memory__bytes=1048576)
    names = b"".join(b"\0\x0aabcdefghij" for _ in range(75000))
    request = frame(METADATA, 1, struct.pack(">i", 75000) + names)
    sockets = [broker.connect(60) for _ in range(10)]
    try:
        for s in sockets:
            s.sendall(request[:500000])
        for s in sockets:
            s.sendall(request[500000:])
        for s in sockets:
            assert struct.unpack(">i", recv_frame(s)[:4])[0] == 1
    finally:
        for s in sockets:
            s.close()
    assert alive(broker)


def test_folders_of_unknown_topics_are_set_aside_and_kept(broker):
    """The metadata is lost, the logs are not: nothing is deleted, and a new topic of the old name has room."""

    def run(*args):
        result = subprocess.run(
            [str(BIN), *args, "--bootstrap-server", broker.address], capture_output=True, text=True, timeout=30
        )
        assert result.returncode == 0, result.stderr

    def kcat(mode, *args, data=b""):
        result = subprocess.run(
            ["kcat", "-b", broker.address, mode, "-t", "kept", "-p", "0", *args],
            input=data, capture_output=True, timeout=30,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    run("topics", "--create", "--topic", "kept", "--partitions", "1")
    kcat("-P", data=b"precious\n")
    broker.stop()
    data = broker.folder / "data"
    (data / "ottla-metadata.mdb").unlink()
    (data / "ottla-metadata.mdb-lock").unlink()
    broker.start()
    broker.wait_log("partition.stray")
    strays = [path for path in data.iterdir() if path.name.startswith("kept-0.") and path.name.endswith("-stray")]
    assert len(strays) == 1 and b"precious" in (strays[0] / ("0" * 20 + ".log")).read_bytes()
    run("topics", "--create", "--topic", "kept", "--partitions", "1")
    kcat("-P", data=b"new\n")
    assert kcat("-C", "-o", "beginning", "-e", "-q") == b"new\n"
    broker.stop()
    broker.start()
    assert strays[0].exists()
    assert kcat("-C", "-o", "beginning", "-e", "-q") == b"new\n"


def test_a_directory_named_twice_and_a_folder_in_place_of_a_file(make_broker):
    broker = make_broker(start=False)
    folder = str(broker.folder / "data")
    result = run_server(broker, log__dirs=f"{folder},{folder}")
    assert result.returncode == 1 and f"log.dirs names {folder} twice" in result.stderr
    result = subprocess.run([str(BIN), "server", str(broker.folder)], capture_output=True, text=True, timeout=30)
    assert result.returncode == 1 and "is a directory" in result.stderr


def test_a_daemon_says_when_it_runs_and_when_not(make_broker):
    broker = make_broker(start=False)
    command = broker.command()
    command.insert(2, "-daemon")
    first = subprocess.run(command, capture_output=True, text=True, timeout=30, cwd=broker.folder)
    assert first.returncode == 0, first.stderr
    pid = int(first.stdout.split("pid ")[1].split(")")[0])
    try:
        assert "ottla-server.log" in first.stdout
        assert alive(broker)
        second = subprocess.run(command, capture_output=True, text=True, timeout=30, cwd=broker.folder)
        assert second.returncode == 1 and "ottla-server.log" in second.stderr
        assert "already listens" in (broker.folder / "ottla-server.log").read_text()
    finally:
        os.kill(pid, 15)
    wait_until(lambda: "clean stop" in (broker.folder / "ottla-server.log").read_text(), what="the stop")
