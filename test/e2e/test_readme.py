"""The READMEs: both show the same commands, and what they show works as printed."""

# labels: slow

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from conftest import BIN, ROOT, free_port, wait_until

READMES = {"en": ROOT / "README.md", "zh-CN": ROOT / "README.zh-CN.md"}
BUILD = pathlib.Path(os.environ.get("OTTLA_BUILD", BIN.parent))
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


def blocks(name="en"):
    """(language, text) of each block of code."""
    return FENCE.findall(READMES[name].read_text())


def commands():
    """Every line of every sh block."""
    return [line for language, text in blocks() if language == "sh" for line in text.splitlines()]


def block(language, containing):
    (found,) = [text for lang, text in blocks() if lang == language and containing in text]
    return found


def run(command, broker, stdin=None, timeout_s=60):
    """A command as printed, but for the port."""
    done = subprocess.run(
        ["bash", "-c", command.replace("localhost:9092", broker.address)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        cwd=ROOT,
        env={**os.environ, "OTTLA_BIN": str(BIN)},
        check=False,
    )
    return done.returncode, done.stdout


def test_both_readmes_show_the_same():
    assert blocks("en") == blocks("zh-CN")
    headings = [len(re.findall(r"^## ", path.read_text(), re.M)) for path in READMES.values()]
    assert headings[0] == headings[1]


@pytest.mark.parametrize("name", READMES)
def test_what_is_named_exists(name):
    text = READMES[name].read_text()
    for target in re.findall(r"\]\(([^)]+)\)", text):
        assert (ROOT / target).exists(), target
    for path in set(re.findall(r"(?<!/)\b((?:bin|config|include|docs)/[\w./-]*\w)", text)):
        assert (ROOT / path).exists(), path
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"`?\bmake (\w+)`?$", text, re.M)) | {"run", "test"}:
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_settings_that_are_named_exist(make_broker):
    """A setting that is unknown is named in the log at start."""
    broker = make_broker(start=False)
    text = READMES["en"].read_text()
    overrides = dict(re.findall(r"--override ([\w.]+)=(\S*)", text))
    overrides["auto.create.topics.enable"] = "false"
    overrides["log.durability"] = "fsync"
    for key in ("listeners", "advertised.listeners"):
        overrides.pop(key)
    broker.settings.update(overrides)
    broker.start()
    assert "config.note" not in broker.log


def test_tutorial(broker):
    """Start, create, list, describe, produce, consume: the lines of the tutorial in their order."""
    lines = [line for line in commands() if line.startswith("bin/kafka-") and "server-start" not in line]
    create, listing, describe, produce, consume = lines[:5]
    assert run(create, broker) == (0, "Created topic test.\n")
    assert run(listing, broker) == (0, "test\n")
    code, described = run(describe, broker)
    assert code == 0
    assert re.match(r"Topic: test\tTopicId: \S{22}\tPartitionCount: 1\tReplicationFactor: 1\t", described)
    assert "\tTopic: test\tPartition: 0\tLeader: 0\tReplicas: 0\tIsr: 0" in described
    typed = typed_messages()
    assert run(produce, broker, stdin=typed)[0] == 0
    assert run(consume + " --max-messages 2", broker) == (0, typed)
    code, _ = run(create, broker)
    assert code == 1, "a topic is not created twice"


def typed_messages():
    """What the tutorial types into the console producer."""
    (text,) = [text for language, text in blocks() if language == "" and text.startswith("This is")]
    return text


def test_first_screen_is_what_make_run_prints(tmp_path):
    """tools/run.sh on an empty directory: the same lines but for dates, times and the port."""
    for folder in ("bin", "config", "tools"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    port = free_port()
    for path in (tmp_path / "tools" / "run.sh", tmp_path / "config" / "standalone.properties"):
        path.write_text(path.read_text().replace("localhost:9092", f"localhost:{port}"))
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "ottla").symlink_to(BIN)
    (tmp_path / "build" / "libexec").symlink_to(BIN.parent / "libexec")
    out = tmp_path / "out"
    with open(out, "wb") as file:
        process = subprocess.Popen(
            ["tools/run.sh"],
            cwd=tmp_path,
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, "OTTLA_BIN": str(BIN)},
        )
    try:
        wait_until(lambda: b"Try in another" in out.read_bytes() and out.read_bytes().endswith(b"beginning\n"), 60)
    finally:
        process.terminate()
        assert process.wait(20) == 0
    shown = blocks()[0][1].removeprefix("$ make run\nbuild: compiling in build\n")

    def plain(text):
        text = text.replace(f"localhost:{port}", "localhost:9092")
        text = re.sub(r"\d+(\.\d)? ms", "N ms", text)
        lines = re.sub(r"^\S+ \S+ info ", "DATE info ", text, flags=re.M).splitlines()
        # The log of the broker and the words of the command are two processes' lines: either may come first.
        return sorted(line for line in lines if "server.stopped" not in line)

    assert plain(out.read_text()) == plain(shown)


def test_kcat(broker):
    produce, consume = [line for line in commands() if "kcat" in line]
    assert run(produce, broker)[0] == 0
    assert run(consume, broker) == (0, "from kcat\n")


@pytest.mark.parametrize("library", ("confluent_kafka", "kafka"))
def test_python(broker, library):
    code = block("python", f"from {library} import").replace("localhost:9092", broker.address)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"0 from {library.replace('_', '-') if library != 'kafka' else 'kafka-python'}\n"


def test_durability_of_a_topic(broker):
    (create,) = [line for line in commands() if "durability=" in line]
    assert run(create, broker)[0] == 0
    code, described = run("bin/kafka-topics.sh --describe --bootstrap-server localhost:9092 --topic metrics", broker)
    assert code == 0
    assert "durability=memory" in described


def test_start_lines(tmp_path):
    """Each way to start that is shown does start; data and port are the test's own."""
    starts = [line for line in commands() if line.startswith("bin/kafka-server-start.sh")]
    assert len(starts) >= 5
    for number, line in enumerate(starts):
        folder = tmp_path / str(number)
        folder.mkdir()
        line = f"exec {line} --override log.dirs={folder}/data"
        host = "" if "listeners=PLAINTEXT://:" in line else "localhost"
        line += f" --override listeners=PLAINTEXT://{host}:0" if "advertised" not in line else ""
        line = line.replace("listeners=PLAINTEXT://:9092 ", f"listeners=PLAINTEXT://:{free_port()} ", 1)
        out = folder / "out"
        with open(out, "wb") as file:
            process = subprocess.Popen(
                ["bash", "-c", line], cwd=ROOT, stdout=file, stderr=subprocess.STDOUT, env={**os.environ, "OTTLA_BIN": str(BIN)}
            )
        try:
            wait_until(lambda: b"Ottla listens" in out.read_bytes() or process.poll() is not None, 30, line)
            assert process.poll() is None, out.read_text()
            if "advertised" in line:
                assert "broker.example.org:9092" in out.read_text()
                wait_until(lambda: "everyone who reaches this address" in out.read_text(), what="the warning")
        finally:
            process.terminate()
            process.wait(20)


def test_embedding(tmp_path):
    """The program compiles with the line that is shown, and runs."""
    library = BUILD / "libottla.a"
    assert library.exists(), f"{library} is not built"
    (tmp_path / "embed.c").write_text(block("c", "ottla_start"))
    (tmp_path / "include").symlink_to(ROOT / "include")
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "libottla.a").symlink_to(library)
    (line,) = [line for line in commands() if line.startswith("cc ")]
    subprocess.run(["bash", "-c", line], cwd=tmp_path, check=True, timeout=60)
    done = subprocess.run(["./embed"], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"a broker on localhost:\d+\n", done.stdout)
