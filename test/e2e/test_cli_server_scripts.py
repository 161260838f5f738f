"""kafka-server-start.sh and kafka-server-stop.sh, with a copy of the program: the stop script ends every broker of its build."""

import os
import shutil
import subprocess

import pytest
from conftest import BIN, ROOT, free_port, wait_until


@pytest.fixture
def script(tmp_path):
    """script("kafka-server-stop.sh", ...) runs it; what is still alive in the end is killed."""
    program = tmp_path / "build" / "ottla"
    program.parent.mkdir()
    shutil.copy(BIN, program)

    def run(name, *args):
        # Files, not pipes: a broker in the background keeps what it was given.
        with open(tmp_path / "out", "w+") as out, open(tmp_path / "err", "w+") as err:
            code = subprocess.run(
                [str(ROOT / "bin" / name), *args],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=tmp_path, timeout=60,
                env={**os.environ, "OTTLA_BIN": str(program)},
            ).returncode  # fmt: skip
        return code, (tmp_path / "out").read_text(), (tmp_path / "err").read_text()

    yield run
    run("kafka-server-stop.sh")


def test_start_in_the_background_and_stop(script, tmp_path):
    address = f"localhost:{free_port()}"
    code, out, err = script(
        "kafka-server-start.sh", "-daemon", str(ROOT / "config" / "server.properties"),
        "--override", "zookeeper.connect=", "--override", f"log.dirs={tmp_path}/data",
        "--override", f"listeners=PLAINTEXT://{address}",
    )  # fmt: skip
    assert code == 0, err

    def answers():
        return script("kafka-topics.sh", "--list", "--bootstrap-server", address)[0] == 0

    wait_until(answers, what="the broker in the background")
    code, out, err = script("kafka-server-stop.sh")
    assert (code, out, err) == (0, "", "")
    wait_until(lambda: not answers(), what="its end")


def test_nothing_to_stop(script):
    code, out, err = script("kafka-server-stop.sh")
    assert (code, out) == (1, "No kafka server to stop\n")


def test_the_tutorials_file_wants_zookeeper(script):
    code, out, err = script("kafka-server-start.sh", str(ROOT / "config" / "server.properties"))
    assert code == 1
    assert "clusters on ZooKeeper come with a later version" in err
