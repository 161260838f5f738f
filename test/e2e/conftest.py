"""What every end-to-end test stands on: a real broker process of its own, and raw frames to send to it."""

import os
import pathlib
import signal
import socket
import struct
import subprocess
import time

import pytest

ROOT = pathlib.Path(os.environ.get("OTTLA_ROOT", pathlib.Path(__file__).resolve().parents[2]))
BIN = pathlib.Path(os.environ.get("OTTLA_BIN", ROOT / "build" / "ottla"))


def wait_until(condition, timeout_s=20.0, what="the condition"):
    """Waits for a condition with a deadline; never sleeps for luck."""
    deadline = time.monotonic() + timeout_s
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come within {timeout_s} s")
        time.sleep(0.005)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Broker:
    """A broker process. start() may be called again after kill() or stop(): same data, same port."""

    def __init__(self, folder, **settings):
        self.folder = pathlib.Path(folder)
        self.port = free_port()
        self.settings = {
            "log.dirs": str(self.folder / "data"),
            "listeners": f"PLAINTEXT://localhost:{self.port}",
            **{key.replace("__", "."): value for key, value in settings.items()},
        }
        if os.environ.get("OTTLA_REACTORS"):
            self.settings.setdefault("reactors", os.environ["OTTLA_REACTORS"])
        self.process = None
        self.log_path = self.folder / "broker.log"
        self.out_path = self.folder / "broker.out"

    @property
    def address(self):
        return f"localhost:{self.port}"

    def command(self):
        command = [str(BIN), "server", str(ROOT / "config" / "standalone.properties")]
        for key, value in self.settings.items():
            command += ["--override", f"{key}={value}"]
        return command

    def start(self, timeout_s=30.0):
        with open(self.log_path, "ab") as log, open(self.out_path, "wb") as out:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=out, stderr=log, cwd=self.folder
            )
        wait_until(
            lambda: b"Ottla listens" in self.out_path.read_bytes() or self.process.poll() is not None,
            timeout_s,
            "the broker's greeting",
        )
        assert self.process.poll() is None, f"the broker did not start:\n{self.log}"
        return self

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    def kill(self):
        """kill -9"""
        self.process.kill()
        self.process.wait()

    def stop(self, timeout_s=20.0):
        """A clean stop; anything else than exit code 0 is a failure."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout_s) == 0, self.log
        return self

    def end(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def connect(self, timeout_s=10.0):
        return socket.create_connection(("localhost", self.port), timeout_s)

    def wait_log(self, text, timeout_s=20.0):
        wait_until(lambda: text in self.log, timeout_s, f"{text!r} in the log")


@pytest.fixture
def make_broker(tmp_path):
    """make_broker(name="b1", socket__request__max__bytes=1000) starts one; all end with the test."""
    brokers = []

    def make(name="broker", start=True, **settings):
        folder = tmp_path / name
        folder.mkdir()
        broker = Broker(folder, **settings)
        brokers.append(broker)
        return broker.start() if start else broker

    yield make
    for broker in brokers:
        broker.end()


@pytest.fixture
def broker(make_broker):
    return make_broker()


def frame(key, version, body=b"", correlation=1, client=b"test", flexible=False):
    """A request with its length: header v1, or v2 where flexible."""
    head = struct.pack(">hhi", key, version, correlation) + struct.pack(">h", len(client)) + client
    if flexible:
        head += b"\0"
    return struct.pack(">i", len(head) + len(body)) + head + body


def recv_exactly(sock, size):
    data = b""
    while len(data) < size:
        piece = sock.recv(size - len(data))
        if not piece:
            raise EOFError(f"closed after {len(data)} of {size} bytes")
        data += piece
    return data


def recv_frame(sock):
    """An answer without its length."""
    return recv_exactly(sock, struct.unpack(">i", recv_exactly(sock, 4))[0])


def is_closed(sock, timeout_s=10.0):
    """True when the peer closes the connection within the time."""
    sock.settimeout(timeout_s)
    try:
        while sock.recv(65536):
            pass
        return True
    except ConnectionError:
        return True
    except socket.timeout:
        return False
