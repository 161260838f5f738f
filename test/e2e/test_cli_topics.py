"""ottla topics and ottla api-versions against a broker: Kafka's output, line by line, and the same as JSON."""

import json
import os
import re
import subprocess

from conftest import BIN, ROOT


def ottla(broker, *args, code=0):
    command = [str(BIN), args[0], "--bootstrap-server", broker.address, *args[1:]]
    r = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert r.returncode == code, r
    if code == 0:
        assert r.stderr == "", r
    return r.stdout if code == 0 else r.stderr


def create(broker, name, *args):
    assert ottla(broker, "topics", "--create", "--topic", name, *args) == f"Created topic {name}.\n"


def test_create_list_describe_delete(broker):
    assert ottla(broker, "topics", "--list") == ""
    create(broker, "test")
    create(broker, "alpha", "--partitions", "3", "--replication-factor", "1")
    assert ottla(broker, "topics", "--list") == "alpha\ntest\n"
    lines = ottla(broker, "topics", "--describe", "--topic", "test").split("\n")
    assert re.fullmatch(
        r"Topic: test\tTopicId: [A-Za-z0-9_-]{22}\tPartitionCount: 1\tReplicationFactor: 1\tConfigs: [^\t]*\tDurability: fsync",
        lines[0],
    )
    assert re.fullmatch(
        r"\tTopic: test\tPartition: 0\tLeader: \d+\tReplicas: \d+\tIsr: \d+\tElr: \S*\tLastKnownElr: \S*", lines[1]
    )
    assert lines[2:] == [""]
    described = ottla(broker, "topics", "--describe")
    assert [line.split("\t")[0] for line in described.splitlines() if line.startswith("Topic")] == [
        "Topic: alpha",
        "Topic: test",
    ]
    assert len(described.splitlines()) == 6
    assert ottla(broker, "topics", "--delete", "--topic", "test") == ""
    assert ottla(broker, "topics", "--list") == "alpha\n"


def test_partition_numbers_are_in_order(broker):
    create(broker, "many", "--partitions", "25")
    out = ottla(broker, "topics", "--describe", "--topic", "many", "--partition-size-limit-per-response", "10")
    assert re.findall(r"Partition: (\d+)", out) == [str(i) for i in range(25)]


def test_failures_have_the_words_scripts_look_for(broker):
    create(broker, "test")
    why = ottla(broker, "topics", "--create", "--topic", "test", code=1)
    assert "Error while executing topic command : Topic 'test' already exists." in why
    assert ottla(broker, "topics", "--create", "--topic", "test", "--if-not-exists") == ""
    for action in ("--describe", "--delete"):
        why = ottla(broker, "topics", action, "--topic", "none", code=1)
        assert "Error while executing topic command : Topic 'none' does not exist as expected" in why
        assert ottla(broker, "topics", action, "--topic", "none", "--if-exists") == ""
    for args in (
        ["--topic", "bad name"],
        ["--topic", ".."],
        ["--topic", "x" * 250],
        ["--topic", "r", "--replication-factor", "2"],
        ["--topic", "r", "--replication-factor", "0"],
        ["--topic", "p", "--partitions", "0"],
        ["--topic", "c", "--config", "no.such.setting=1"],
        ["--topic", "c", "--config", "retention.ms=soon"],
        ["--topic", "a", "--replica-assignment", "77"],
    ):
        why = ottla(broker, "topics", "--create", *args, code=1)
        assert "Error while executing topic command : " in why
    why = ottla(broker, "topics", "--create", "--topic", "c", "--config", "nothing", code=1)
    assert "NAME=VALUE" in why
    assert ottla(broker, "topics", "--list") == "test\n"


def test_alter_says_when_it_comes(broker):
    create(broker, "test")
    why = ottla(broker, "topics", "--alter", "--topic", "test", "--partitions", "3", code=1)
    assert "more partitions comes with a later version" in why
    for args in (["--config", "retention.ms=1000"], ["--delete-config", "retention.ms"]):
        why = ottla(broker, "topics", "--alter", "--topic", "test", *args, code=1)
        assert "changing a topic's settings comes with a later version" in why


def test_zookeeper_beside_a_broker_is_ignored(broker):
    for args in (["topics", "--list"], ["api-versions"]):
        command = [str(BIN), *args, "--zookeeper", "localhost:2181", "--bootstrap-server", broker.address]
        r = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=True)
        assert "--zookeeper localhost:2181 is ignored" in r.stderr and r.stderr.count("\n") == 1


def test_more_replicas_in_sync_than_there_are(broker):
    command = [str(BIN), "topics", "--bootstrap-server", broker.address, "--create", "--config"]
    for number, warned in ((1, False), (2, True)):
        full = [*command, f"min.insync.replicas={number}", "--topic", f"min{number}"]
        r = subprocess.run(full, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=True)
        assert r.stdout == f"Created topic min{number}.\n"
        assert ("acks=all will be refused" in r.stderr) == warned and r.stderr.count("\n") == warned


def test_settings_and_durability(broker):
    create(broker, "fast", "--config", "durability=replicated", "--config", "retention.ms=3600000")
    line = ottla(broker, "topics", "--describe", "--topic", "fast").splitlines()[0]
    configs = re.search(r"Configs: ([^\t]*)", line).group(1).split(",")
    assert "retention.ms=3600000" in configs and "durability=replicated" in configs
    assert line.endswith("\tDurability: replicated")
    create(broker, "plain")
    overridden = ottla(broker, "topics", "--describe", "--topics-with-overrides")
    assert "Topic: fast" in overridden and "Partition: " not in overridden


def test_replica_assignment(broker):
    leader = re.search(r"Leader: (\d+)", (create(broker, "x"), ottla(broker, "topics", "--describe", "--topic", "x"))[1])
    ident = leader.group(1)
    create(broker, "byhand", "--replica-assignment", f"{ident},{ident},{ident}")
    assert ottla(broker, "topics", "--describe", "--topic", "byhand").count("Partition: ") == 3


def test_warning_about_names_that_collide(broker):
    out = ottla(broker, "topics", "--create", "--topic", "a.b_c")
    assert out.startswith("WARNING: Due to limitations in metric names") and out.endswith("\nCreated topic a.b_c.\n")
    command = [str(BIN), "topics", "--bootstrap-server", broker.address, "--create", "--topic", "."]
    r = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert r.returncode == 1 and r.stdout == "", "no warning about a name that is none"


def test_patterns(broker):
    for name in ("one", "two", "three", "my.topic", "my-topic"):
        ottla(broker, "topics", "--create", "--topic", name)
    assert ottla(broker, "topics", "--list", "--topic", "t.*") == "three\ntwo\n"
    assert ottla(broker, "topics", "--list", "--topic", "one,two") == "one\ntwo\n"
    assert ottla(broker, "topics", "--list", "--topic", "none") == ""
    # A name that exists is itself and no pattern.
    assert ottla(broker, "topics", "--list", "--topic", "my.topic") == "my.topic\n"
    assert "regular expression" in ottla(broker, "topics", "--list", "--topic", "a(", code=1)
    assert ottla(broker, "topics", "--delete", "--topic", "my.topic") == ""
    assert ottla(broker, "topics", "--delete", "--topic", "t.*") == ""
    assert ottla(broker, "topics", "--list") == "my-topic\none\n"


def test_topic_id(broker):
    create(broker, "test")
    ident = json.loads(ottla(broker, "topics", "--describe", "--json"))["topics"][0]["topic_id"]
    assert "Topic: test\t" in ottla(broker, "topics", "--describe", "--topic-id", ident)
    why = ottla(broker, "topics", "--describe", "--topic-id", "AAAAAAAAAAAAAAAAAAAAAQ", code=1)
    assert "TopicId 'AAAAAAAAAAAAAAAAAAAAAQ' does not exist as expected" in why


def test_replication_reports_are_empty_when_all_is_well(broker):
    create(broker, "test", "--partitions", "2")
    for flag in ("--under-replicated-partitions", "--unavailable-partitions", "--under-min-isr-partitions"):
        assert ottla(broker, "topics", "--describe", flag) == ""
    assert ottla(broker, "topics", "--describe", "--at-min-isr-partitions").count("Partition: ") == 2


def test_json(broker):
    create(broker, "b", "--partitions", "2", "--config", "retention.ms=1000")
    create(broker, "a")
    assert json.loads(ottla(broker, "topics", "--list", "--json")) == {"topics": ["a", "b"]}
    topics = json.loads(ottla(broker, "topics", "--describe", "--json"))["topics"]
    assert [t["topic"] for t in topics] == ["a", "b"]
    b = topics[1]
    assert b["partition_count"] == 2 and b["replication_factor"] == 1 and b["durability"] == "fsync"
    assert b["configs"]["retention.ms"] == "1000" and b["internal"] is False
    assert [p["partition"] for p in b["partitions"]] == [0, 1]
    assert all(p["replicas"] == p["isr"] == [p["leader"]] for p in b["partitions"])


def test_many_topics(broker):
    names = [f"topic-{i:03}" for i in range(60)]
    for name in names:
        create(broker, name)
    assert ottla(broker, "topics", "--list").split() == names
    assert ottla(broker, "topics", "--describe").count("TopicId") == len(names)
    assert ottla(broker, "topics", "--delete", "--topic", "topic-.*") == ""
    assert ottla(broker, "topics", "--list") == ""


def test_api_versions(broker):
    lines = ottla(broker, "api-versions").splitlines()
    assert re.fullmatch(rf"localhost:{broker.port} \(id: \d+ rack: null\) -> \(", lines[0])
    assert lines[-1] == ")"
    for line in lines[1:-1]:
        assert re.fullmatch(r"\t\w+\(\d+\): (UNSUPPORTED|\d+( to \d+)? \[usable: \d+\]),?", line), line
    assert any(re.match(r"\tProduce\(0\): 0 to \d+ \[usable: \d+\],", line) for line in lines)
    brokers = json.loads(ottla(broker, "api-versions", "--json"))["brokers"]
    assert len(brokers) == 1 and brokers[0]["port"] == broker.port
    names = {api["name"]: api for api in brokers[0]["apis"]}
    assert names["Metadata"]["min"] == 0 and names["Metadata"]["usable"] == names["Metadata"]["max"]


def test_scripts_of_kafkas_names(broker):
    env = {**os.environ, "OTTLA_BIN": str(BIN)}

    def script(name, *args):
        command = [str(ROOT / "bin" / name), "--bootstrap-server", broker.address, *args]
        return subprocess.run(command, capture_output=True, text=True, env=env, timeout=60, check=True).stdout

    create_args = ["--create", "--replication-factor", "1", "--partitions", "1", "--topic", "test"]
    assert script("kafka-topics.sh", *create_args) == "Created topic test.\n"
    assert script("kafka-topics.sh", "--list") == "test\n"
    assert "Produce(0)" in script("kafka-broker-api-versions.sh")
