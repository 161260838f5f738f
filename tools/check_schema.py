#!/usr/bin/python3
"""Checks the reader of the schemas and the schema check: each is shown a mistake and must name it, and the same
without the mistake and must be content."""

import contextlib
import copy
import io
import json
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "gen"))
sys.dont_write_bytecode = True
import ottla_gen  # noqa: E402
import schema  # noqa: E402
import schema_check  # noqa: E402

GOOD = """api Walk key 0 class client versions 0-3 flexible 2+ unstable 3

request
    Dog     Dog
        Name    string?1+   = null
        Age     int16       1+  = -1
    Paths   []Path?
        Length  int32
        Stones  []int8
    Mood    string  2+  = "good"  tag 0  was Temper

response
    Ways    []Way
    Best    Way?    3+  = null

    struct Way
        Id      uuid
        Open    bool    = true
"""

# (text in GOOD, what it becomes, a piece of the sentence)
MISTAKES = [
    ("key 0", "key 1", "the API keys must be 0"),
    ("class client", "class friend", "'friend' is no class"),
    ("class client", "colour client", "'colour' is not known"),
    ("versions 0-3", "versions 3-0", "ends before it begins"),
    ("versions 0-3", "versions 0+", "has a last version"),
    ("response\n", "answer\n", "'response' belongs here"),
    ("Dog     Dog", "Dog     Cat\n    Bad     Dog", "'Cat' is no type and no struct"),
    ("Length  int32", "Length  int33", "'int33' is no type"),
    ("Stones  []int8", "Length  []int8", "a second field 'Length'"),
    ("= -1", "= 40000", "40000 does not fit int16"),
    ("= -1", "= x", "walk.schema:6"),
    ("= true", "= 1", "true or false"),
    ('= "good"', "= good", "is quoted"),
    ("Mood    string  2+", "Mood    string  4-2", "ends before it begins"),
    ("tag 0", "tag", "walk.schema:10"),
    ("tag 0", "label 0", "'label' is not understood"),
    ("string  2+", "string  1+", "a tag in a version without tags"),
    ("Length  int32", "Length  int32  = null", "null is the default of what can not be null"),
    ("Best    Way?    3+  = null", "Best    Way?    3+", "the default of a struct that may be null"),
    ("        Stones", "            Stones", "'int32' has its fields elsewhere"),
    ("        Stones", "      Stones", "indent by four spaces"),
    ("Open    bool    = true", "Open    Way", "contains itself"),
    ("Best    Way?    3+  = null", "Best    int8\n\n    struct Unused\n        A   int8", "Unused"),
]

REQUEST = {
    "apiKey": 0, "type": "request", "name": "WalkRequest", "validVersions": "0-3", "flexibleVersions": "2+",
    "latestVersionUnstable": True,
    "fields": [
        {"name": "Dog", "type": "Dog", "versions": "0+", "fields": [
            {"name": "Name", "type": "string", "versions": "0+", "nullableVersions": "1+", "default": "null"},
            {"name": "Age", "type": "int16", "versions": "1+", "default": "-1"}]},
        {"name": "Paths", "type": "[]Path", "versions": "0+", "nullableVersions": "0+", "fields": [
            {"name": "Length", "type": "int32", "versions": "0+"},
            {"name": "Stones", "type": "[]int8", "versions": "0+"}]},
        {"name": "Temper", "type": "string", "versions": "2+", "default": "good", "tag": 0, "taggedVersions": "2+"}]}
RESPONSE = {
    "apiKey": 0, "type": "response", "name": "WalkResponse", "validVersions": "0-3", "flexibleVersions": "2+",
    "fields": [
        {"name": "Ways", "type": "[]Way", "versions": "0+"},
        {"name": "Best", "type": "Way", "versions": "3+", "nullableVersions": "3+", "default": "null"}],
    "commonStructs": [{"name": "Way", "versions": "0+", "fields": [
        {"name": "Id", "type": "uuid", "versions": "0+"},
        {"name": "Open", "type": "bool", "versions": "0+", "default": True}]}]}

# (path of keys into the request, value, a piece of the difference)
DIFFERENCES = [
    (["apiKey"], 1, "has key 1, ours 0"),
    (["name"], "RunRequest", "is missing in ours"),
    (["validVersions"], "0-4", "v4: is missing in ours"),
    (["flexibleVersions"], "1+", "v1: is flexible"),
    (["fields", 0, "fields", 1, "type"], "int32", "is int32, ours int16"),
    (["fields", 0, "fields", 1, "default"], "0", "has default 0, ours -1"),
    (["fields", 0, "fields", 1, "versions"], "0+", "v0.Dog: has fields Name Age, ours Name"),
    (["fields", 0, "fields", 0, "nullableVersions"], "0+", "v0.Dog.Name: may be null"),
    (["fields", 1, "name"], "Roads", "is called Paths in ours"),
    (["fields", 1, "type"], "[]Road", "is []Road, ours []Path"),
    (["fields", 2, "tag"], 1, "has tag 1 Temper"),
    (["fields", 2, "default"], "bad", "has default 'bad', ours 'good'"),
    (["fields", 2, "name"], "Humour", "is called Mood in ours"),
]


def load(folder, text):
    os.makedirs(os.path.join(folder, "api"), exist_ok=True)
    pathlib.Path(folder, "api", "walk.schema").write_text(text, encoding="ascii")
    return schema.load(folder)


def held(folder, files, request):
    """The differences between these files and a tree with this request."""
    tree = os.path.join(folder, "tree")
    os.makedirs(os.path.join(tree, "clients"), exist_ok=True)
    for name, definition in (("WalkRequest", request), ("WalkResponse", RESPONSE)):
        text = "// a comment, as in \"the\" original\n" + json.dumps(definition)
        pathlib.Path(tree, "clients", name + ".json").write_text(text, encoding="ascii")
    check = schema_check.Check(files)
    with contextlib.redirect_stdout(io.StringIO()):
        check.tree(tree)
    return check.differences


def main():
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        files = load(folder, GOOD)
        text = "".join(ottla_gen.generate(files).values())
        for piece in ("struct walk_request_dog dog;", "struct walk_response_way *best;", ".age = -1", ".open = true",
                      "int32_t paths_cnt;", '(const uint8_t *)"good", 4', "API_WALK = 0,", "0x8"):
            if piece not in text:
                failures.append("the generated text has no '%s'" % piece)
        for old, new, piece in MISTAKES:
            try:
                assert old in GOOD, old
                ottla_gen.generate(load(folder, GOOD.replace(old, new, 1)))
                failures.append("'%s' instead of '%s' was accepted" % (new, old))
            except schema.SchemaError as e:
                if piece not in str(e):
                    failures.append("'%s' instead of '%s' gave: %s" % (new, old, e))
        files = load(folder, GOOD)
        for difference in held(folder, files, REQUEST):
            failures.append("no difference, but: %s" % difference)
        for path, value, piece in DIFFERENCES:
            request = copy.deepcopy(REQUEST)
            at = request
            for key in path[:-1]:
                at = at[key]
            at[path[-1]] = value
            found = held(folder, files, request)
            if not any(piece in d for d in found):
                failures.append("%s = %r gave: %s" % (path[-1], value, found))
    for failure in failures:
        print("schema: %s" % failure)
    if not failures:
        print("schema: all is well")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
