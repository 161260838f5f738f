"""The command as a stranger meets it: help, mistakes, no broker. Every failure is a sentence on stderr and exit code 1."""

import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import threading
import time

import pytest
from conftest import BIN, ROOT, free_port

COMMANDS = ["server", "topics", "produce", "consume", "api-versions"]
SCRIPTS = {
    "kafka-server-start.sh": "server",
    "kafka-topics.sh": "topics",
    "kafka-console-producer.sh": "produce",
    "kafka-console-consumer.sh": "consume",
    "kafka-broker-api-versions.sh": "api-versions",
}


def ottla(*args, program=BIN, env=None):
    return subprocess.run(
        [str(program), *args], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, env=env
    )


def fails(*args, says):
    r = ottla(*args)
    assert r.returncode == 1, r
    assert r.stdout == "", r
    for text in [says] if isinstance(says, str) else says:
        assert text in r.stderr, r.stderr
    assert r.stderr.count("\n") == 1, r.stderr
    return r


def test_overview():
    for args in ([], ["help"], ["--help"], ["-h"]):
        r = ottla(*args)
        assert r.returncode == 0 and r.stderr == ""
        for command in COMMANDS:
            assert f"  {command} " in r.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(command):
    first = ottla("help", command)
    assert first.returncode == 0 and first.stderr == ""
    for word in ("Usage", "Examples", "Flags", f"ottla {command} "):
        assert word in first.stdout
    for args in ([command, "--help"], [command, "-h"]):
        assert ottla(*args).stdout == first.stdout
    assert "\x1b" not in first.stdout


def test_version():
    r = ottla("--version")
    assert r.returncode == 0 and r.stdout.startswith("ottla ")
    for command in COMMANDS[1:]:
        assert ottla(command, "--version").stdout == r.stdout


def test_near_misses():
    fails("topcs", says="did you mean topics?")
    fails("comsume", says="did you mean consume?")
    fails("help", "prodce", says="did you mean produce?")
    fails("help", "console-producer", says="did you mean produce?")
    fails("kafka-console-producer", says="did you mean produce?")
    fails("kafka-console-consumer.sh", says="did you mean consume?")
    fails("kafka-topics", "--list", says="did you mean topics?")
    fails("kafka-topcs", says="did you mean topics?")
    fails("topics", "--list", "--broker-list", "localhost:1", says="did you mean --bootstrap-server?")
    fails("zzzzzzz", says="ottla help lists them")
    fails("topics", "--lst", says="did you mean --list?")
    fails("topics", "--list", "--bootstrap-sever=localhost:1", says="did you mean --bootstrap-server?")
    fails("produce", "--topc", "x", says="did you mean --topic?")
    fails("consume", "--from-begining", says="did you mean --from-beginning?")
    fails("api-versions", "--jsn", says="did you mean --json?")
    fails("topics", "--list", "word", says="'word'")


def test_wrong_use():
    fails("topics", says="exactly one action")
    fails("topics", "--list", "--create", says="exactly one action")
    fails("topics", "--create", says="--topic")
    fails("topics", "--delete", says="--topic")
    fails("topics", "--list", "--partitions", "3", says="--partitions has no meaning together with --list")
    fails("topics", "--create", "--topic", "x", "--partitions", "three", says="whole number")
    fails("topics", "--list", "--topic", says="--topic needs a value")
    fails("produce", says="--topic TOPIC is missing")
    fails("produce", "--topic", "x", "--request-required-acks", "2", says="all (or -1), 1 or 0")
    fails("produce", "--topic", "x", "--compression-codec", "brotli", says=["none, gzip, snappy, lz4 or zstd", "'brotli'"])
    fails("produce", "--topic", "x", "--reader-property", "nothing", says="KEY=VALUE")
    fails("consume", says="Exactly one of --include/--topic is required")
    fails("consume", "--topic", "x", "--offset", "5", says="The partition is required")
    fails("consume", "--topic", "x", "--partition", "0", "--offset", "-5", says="'-5' is incorrect")
    fails("consume", "--topic", "x", "--partition", "0", "--offset", "1", "--from-beginning", says="cannot be specified together")
    fails("consume", "--topic", "x", "--formatter", "my.own.Formatter", says="is a Java class")


@pytest.mark.parametrize(
    "args",
    [["topics", "--list"], ["produce", "--topic", "x"], ["consume", "--topic", "x"], ["api-versions"]],
)
def test_no_broker(args):
    port = free_port()
    says = [f"no broker answers at localhost:{port}: connection refused", "make run"]
    fails(*args, "--bootstrap-server", f"localhost:{port}", says=says)
    fails(*args, "--bootstrap-server", "localhost:99999", says="port from 1 to 65535")
    fails(*args, "--bootstrap-server", "no-such-host.invalid:9092", says="no such host")


def test_what_answers_is_no_broker():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        fails("topics", "--list", "--bootstrap-server", f"127.0.0.1:{server.getsockname()[1]}", says="not a Kafka broker")
        thread.join(10)


@pytest.mark.parametrize("args", [["topics", "--list"], ["produce", "--topic", "x"], ["consume", "--topic", "x"], ["api-versions"]])
def test_zookeeper_is_answered(args):
    fails(*args, "--zookeeper", "localhost:2181", says=["--zookeeper localhost:2181", "--bootstrap-server localhost:9092"])


def test_config_files(tmp_path):
    port = free_port()
    good = tmp_path / "client.properties"
    good.write_text(f"# for the tools\nbootstrap.servers = localhost:{port}\n")
    for args in (["topics", "--list"], ["produce", "--topic", "x"], ["consume", "--topic", "x"]):
        fails(*args, "--command-config", str(good), says=f"localhost:{port}")
        fails(*args, "--command-config", str(tmp_path / "none"), says="can not be read")
    tls = tmp_path / "tls.properties"
    tls.write_text("security.protocol=SSL\n")
    fails("topics", "--list", "--command-config", str(tls), says="security.protocol=SSL")


def test_colour_only_on_a_terminal():
    script = shutil.which("script")
    assert script, "util-linux"

    def on_terminal(**env):
        full = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm"} | env
        return subprocess.run(
            [script, "-qec", f"{BIN} help", "/dev/null"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, env=full, timeout=60,
        ).stdout  # fmt: skip

    assert "\x1b[" in on_terminal()
    assert "\x1b[" not in on_terminal(NO_COLOR="1")
    assert "\x1b[" not in on_terminal(TERM="dumb")
    assert "\x1b[" not in ottla("help", env={"TERM": "xterm", "PATH": os.environ["PATH"]}).stdout


def test_scripts_run_the_commands():
    for script, command in SCRIPTS.items():
        r = ottla("--help", program=ROOT / "bin" / script, env={**os.environ, "OTTLA_BIN": str(BIN)})
        assert r.returncode == 0, r
        assert r.stdout == ottla("help", command).stdout


def test_scripts_without_a_build(tmp_path):
    shutil.copytree(ROOT / "bin", tmp_path / "bin")
    env = {k: v for k, v in os.environ.items() if k != "OTTLA_BIN"}
    for script in [*SCRIPTS, "kafka-server-stop.sh"]:
        r = ottla(program=tmp_path / "bin" / script, env=env)
        assert r.returncode == 1
        assert "run make first" in r.stderr


def test_scripts_where_installed(tmp_path):
    shutil.copytree(ROOT / "bin", tmp_path / "bin")
    os.symlink(BIN, tmp_path / "bin" / "ottla")
    env = {k: v for k, v in os.environ.items() if k != "OTTLA_BIN"}
    elsewhere = tmp_path / "elsewhere.sh"
    elsewhere.symlink_to(tmp_path / "bin" / "kafka-topics.sh")
    for program in (tmp_path / "bin" / "kafka-topics.sh", elsewhere):
        assert ottla("--version", program=program, env=env).returncode == 0


def test_programs_beside_ottla(tmp_path):
    """Installed, they lie in ../libexec/ottla; where there are none, it is said what is missing."""
    (tmp_path / "bin").mkdir()
    shutil.copy(BIN, tmp_path / "bin" / "ottla")
    r = ottla("produce", "--topic", "x", program=tmp_path / "bin" / "ottla")
    assert r.returncode == 1 and "ottla-produce is missing" in r.stderr
    (tmp_path / "libexec" / "ottla").mkdir(parents=True)
    shutil.copy(pathlib.Path(BIN).parent / "libexec" / "ottla-produce", tmp_path / "libexec" / "ottla")
    r = ottla("produce", "--topic", "x", "--bootstrap-server", "localhost:0", program=tmp_path / "bin" / "ottla")
    assert r.returncode == 1 and "port from 1 to 65535" in r.stderr


def test_ottla_does_not_carry_librdkafka():
    libraries = subprocess.run(["ldd", str(BIN)], capture_output=True, text=True, check=True).stdout
    for library in ("rdkafka", "sasl", "zookeeper", "microhttpd"):
        assert library not in libraries


def test_a_command_starts_at_once():
    """The aim is 15 ms; the bound here only catches a start that became another kind of thing."""
    times = []
    for _ in range(11):
        began = time.perf_counter()
        ottla("--version")
        times.append(time.perf_counter() - began)
    assert statistics.median(times) < 0.25, times
