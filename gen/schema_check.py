#!/usr/bin/env python3
"""Holds our schemas against Apache Kafka's message definitions.

    gen/schema_check.py DIR...

A DIR is the tree of one Kafka version (with clients/, group-coordinator/ ... in it) or a folder of such
trees. Every message that a tree defines is taken version by version, in those versions the tree calls
valid: key, flexible versions, and each field's name, type, nullability, default and tag must be ours. Then
the other way round: each version of ours must be valid in some tree.

Three things are no differences, and are counted: a name that our schema lists as the old one (`was`); a
tagged field of ours that an older tree does not know yet; and what a tree marks as unstable in its latest
version (and, with the share group's requests, that group's records) where our schema has the stable one. Not held: metadata/ and raft/ (KRaft's own records), and of
storage/ all but the producer snapshot. Exit code 1 on any difference.
"""

import json
import os
import re
import sys

import schema

HELD = ("clients", "group-coordinator", "transaction-coordinator", "share-coordinator", "storage")
SKIPPED = ("metadata", "raft")
INFINITE = 1000
SHARE_GROUP_HEARTBEAT = 76


def read_definition(path):
    """JSON with // comments and now and then a comma too many."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    text = re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*', lambda m: m[1] or "", text)
    return json.loads(re.sub(r",(\s*[\]}])", r"\1", text))


def versions_of(text):
    if text in (None, "none"):
        return range(0)
    first, last = schema.parse_versions(text)
    return range(first, (INFINITE if last == schema.OPEN else last) + 1)


def default_of(field):
    """Their default in the form that schema.Parser.default() gives ours."""
    array, type_ = field["type"].startswith("[]"), field["type"].replace("[]", "")
    value = field.get("default", "")
    if value is None or value == "null":
        return None
    if array:
        return []
    if type_ == "bool":
        return str(value).lower() == "true"
    if type_ in schema.INT_BITS:
        return int(str(value) or "0", 0)
    if type_ == "float64":
        return float(value or 0)
    return 0 if type_ == "uuid" else str(value) if type_ in schema.TEXTS else {}


class Check:
    def __init__(self, files):
        self.messages, self.keys, self.owner = {}, {}, {}
        for f in files:
            for part, message in f.messages.items():
                names = [message.name] + ([f.attrs["was"] + part.capitalize()] if "was" in f.attrs else [])
                for name in names:
                    self.messages[name], self.owner[name] = message, f
                if part == "key":
                    self.keys[f.attrs["of"], f.attrs["type"]] = message
        self.seen = {m.name: set() for m in self.messages.values()}
        self.differences, self.early, self.ours_later = [], [], []
        self.renamed = set()
        self.message_cnt = self.version_cnt = self.field_cnt = 0
        self.sink = self.differences

    def differ(self, where, what):
        self.sink.append("%s: %s" % (where, what))

    # -- one version of one struct --

    def fields(self, where, theirs, ours, commons, v, our_v, flex):
        """Holds one struct in one version."""
        present = [f for f in theirs if v in versions_of(f.get("versions", f.get("taggedVersions")))]
        body = [f for f in present if v not in versions_of(f.get("taggedVersions"))]
        tagged = {int(f["tag"]): f for f in present if v in versions_of(f.get("taggedVersions"))}
        our_body = [f for f in ours.fields if f.is_in(our_v) and f.tag is None]
        our_tagged = {f.tag: f for f in ours.fields if f.is_in(our_v) and f.tag is not None and flex}
        names, our_names = [f["name"] for f in body], [f.name for f in our_body]
        if len(names) != len(our_names):
            self.differ(where, "has fields %s, ours %s" % (" ".join(names), " ".join(our_names)))
            return
        pairs = list(zip(body, our_body))
        for tag in sorted(set(tagged) | set(our_tagged)):
            if tag not in tagged:
                self.ours_later.append("%s.%s" % (where, our_tagged[tag].name))
            elif tag not in our_tagged:
                self.differ(where, "has tag %d %s, ours has not" % (tag, tagged[tag]["name"]))
            else:
                pairs.append((tagged[tag], our_tagged[tag]))
        for their, our in pairs:
            self.field("%s.%s" % (where, their["name"]), their, our, commons, v, our_v, flex)

    def field(self, where, their, our, commons, v, our_v, flex):
        self.field_cnt += 1
        if their["name"] != our.name:
            if their["name"] != our.was:
                self.differ(where, "is called %s in ours" % our.name)
                return
            self.renamed.add("%s is now %s" % (re.sub(r" v\d+", "", where), our.name))
        array, type_ = their["type"].startswith("[]"), their["type"].replace("[]", "")
        same_type = type_ == our.type or our.was and our.struct
        if array != our.array or not same_type:
            self.differ(where, "is %s, ours %s%s" % (their["type"], "[]" if our.array else "", our.type))
            return
        nullable = v in versions_of(their.get("nullableVersions"))
        if nullable != our.is_nullable(our_v):
            self.differ(where, "may %sbe null, ours may %s" % (*(("", "not") if nullable else ("not ", "")),))
        default = default_of(their)
        if default != our.default or type(default) is not type(our.default):
            self.differ(where, "has default %r, ours %r" % (default, our.default))
        if (their.get("flexibleVersions") == "none") != our.rigid:
            self.differ(where, "rigid or not")
        if our.struct:
            self.fields(where, their.get("fields") or commons.get(type_, []), our.struct, commons, v, our_v, flex)

    # -- one message --

    def message(self, where, d, coordinator):
        """Holds one definition in all its valid versions."""
        name, valid = d["name"], versions_of(d["validVersions"])
        if not valid:
            return  # a removed request: an empty definition that keeps the key from being used again
        self.message_cnt += 1
        commons = {c["name"]: c["fields"] for c in d.get("commonStructs", [])}
        for v in valid:
            ours, our_v = self.messages.get(name), v
            # Before 4.0 the key's version was the record's type; later keys have a type and version 0.
            if coordinator and name.endswith("Key"):
                type_ = d.get("apiKey", v)
                ours, our_v = self.keys.get((coordinator, type_)), 0
            if ours is None:
                self.differ(where, "is missing in ours")
                return
            owner = self.owner[ours.name]
            at = "%s %s v%d" % (where, name, v)
            self.sink = self.differences
            if not ours.versions[0] <= our_v <= ours.versions[1]:
                self.differ(at, "is missing in ours")
                continue
            self.sink = self.early if self.is_early(d, v, owner) else self.differences
            flex = v in versions_of(d["flexibleVersions"])
            if flex != ours.is_flex(our_v):
                self.differ(at, "is %sflexible, ours not so" % ("" if flex else "not "))
            if d["type"] in ("request", "response") and d["apiKey"] != owner.attrs["key"]:
                self.differ(at, "has key %d, ours %d" % (d["apiKey"], owner.attrs["key"]))
            if d["type"] == "coordinator-value" and d["apiKey"] != owner.attrs["type"]:
                self.differ(at, "has type %d, ours %d" % (d["apiKey"], owner.attrs["type"]))
            self.version_cnt += 1
            self.seen[ours.name].add(our_v)
            self.fields(at, d.get("fields", []), ours.root, commons, v, our_v, flex)
        self.sink = self.differences

    def is_early(self, d, v, owner):
        """An unstable version there that is a stable one in ours. Only requests say what is unstable: the
        records of share groups are as unstable as the share group's requests."""
        if d["name"].startswith("ShareGroup") and owner.kind == "record":
            return SHARE_GROUP_HEARTBEAT in self.unstable
        request = self.unstable.get(d.get("apiKey")) if d["type"] in ("request", "response") else None
        first, last = owner.attrs.get("unstable", schema.NEVER)
        return request == v and not first <= v <= last

    def tree(self, path):
        before = self.message_cnt, self.version_cnt, self.field_cnt
        definitions = []
        for folder in HELD:
            full = os.path.join(path, folder)
            for name in sorted(os.listdir(full)) if os.path.isdir(full) else []:
                if name.endswith(".json") and (folder != "storage" or name == "ProducerSnapshot.json"):
                    definitions.append((folder, read_definition(os.path.join(full, name))))
        self.unstable = {d["apiKey"]: max(versions_of(d["validVersions"])) for _, d in definitions
                         if d["type"] == "request" and d.get("latestVersionUnstable")}
        for folder, d in definitions:
            coordinator = folder[:-len("-coordinator")] if folder.endswith("-coordinator") else None
            self.message(os.path.basename(path), d, coordinator)
        after = self.message_cnt, self.version_cnt, self.field_cnt
        print("%s: %d messages, %d versions, %d fields held" % (
            os.path.basename(path), *(b - a for a, b in zip(before, after))))

    def unheld(self):
        for f in {id(f): f for f in self.owner.values()}.values():
            for message in f.messages.values():
                for v in range(message.versions[0], message.versions[1] + 1):
                    if v not in self.seen[message.name]:
                        yield "%s v%d" % (message.name, v)


def trees_in(dirs):
    for d in dirs:
        d = d.rstrip("/")
        if os.path.isdir(os.path.join(d, "clients")):
            yield d
            continue
        found = [os.path.join(d, n) for n in sorted(os.listdir(d)) if os.path.isdir(os.path.join(d, n, "clients"))]
        if not found:
            raise SystemExit("schema_check: %s: neither it nor a folder in it has a folder clients/" % d)
        yield from found


def main(argv):
    if not argv or argv[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    check = Check(schema.load(os.path.join(root, "schema")))
    trees = list(trees_in(argv))
    for tree in trees:
        check.tree(tree)
    unheld = list(check.unheld())
    print("not held: %s, of storage/ all but ProducerSnapshot" % ", ".join(s + "/" for s in SKIPPED))
    for what, items in (("renamed, old name listed in ours", sorted(check.renamed)),
                        ("tagged in ours, not known there yet", check.ours_later),
                        ("unstable there, ours follows the stable version", check.early),
                        ("versions of ours that no tree here has", unheld)):
        print("%s: %d" % (what, len(items)))
        for item in items:
            print("    " + item)
    for difference in check.differences:
        print("DIFFERENT %s" % difference)
    print("differences: %d" % len(check.differences))
    # One tree alone can not have all versions; two or more are expected to.
    return 1 if check.differences or len(trees) > 1 and unheld else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
