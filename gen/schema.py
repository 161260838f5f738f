"""Reads the schema files (schema/README.md has the notation) into a small tree.

    load(folder) -> [File]      one per schema file, in a fixed order
    File                        an api, a coordinator record or a single message
    Message                     root struct plus named structs, with its versions
    Struct, Field               what is written

Every mistake in a file is a SchemaError that names file and line.
"""

import os
import re

OPEN = 127  # the last version of an open range

SCALARS = {
    "bool": ("bool", 1),
    "int8": ("int8_t", 1),
    "int16": ("int16_t", 2),
    "uint16": ("uint16_t", 2),
    "int32": ("int32_t", 4),
    "uint32": ("uint32_t", 4),
    "int64": ("int64_t", 8),
    "float64": ("double", 8),
    "uuid": ("struct uuid", 16),
}
INT_BITS = {"int8": (8, True), "int16": (16, True), "uint16": (16, False), "int32": (32, True),
            "uint32": (32, False), "int64": (64, True)}
TEXTS = ("string", "bytes", "records")
CLASSES = ("client", "broker", "controller")
NEVER = (1, 0)


class SchemaError(Exception):
    pass


class Struct:
    def __init__(self, name, fields):
        self.name = name
        self.fields = fields


class Field:
    """type is the item's type for an array; struct is set when it is one of the message's structs."""

    def __init__(self, name, type_, array, versions, nullable, default, tag, rigid, was, where):
        self.name, self.type, self.array = name, type_, array
        self.versions, self.nullable, self.default = versions, nullable, default
        self.tag, self.rigid, self.was, self.where = tag, rigid, was, where
        self.struct = None

    def is_in(self, version):
        return self.versions[0] <= version <= self.versions[1]

    def is_nullable(self, version):
        return self.nullable[0] <= version <= self.nullable[1]


class Message:
    def __init__(self, name, versions, first_flex, root, structs):
        self.name, self.versions, self.first_flex = name, versions, first_flex
        self.root, self.structs = root, structs  # structs: {name: Struct}, the root's not among them

    def is_flex(self, version):
        return version >= self.first_flex


class File:
    """kind: api, record or message. An api has request and response, a record key and value."""

    def __init__(self, path, kind, name, attrs, messages):
        self.path, self.kind, self.name, self.attrs, self.messages = path, kind, name, attrs, messages


def parse_versions(text):
    m = re.fullmatch(r"(\d+)(?:(\+)|-(\d+))?", text)
    if not m:
        raise ValueError("'%s' is no range of versions" % text)
    first = int(m[1])
    last = OPEN if m[2] else int(m[3]) if m[3] else first
    if first > last:
        raise ValueError("'%s' ends before it begins" % text)
    return first, last


class Parser:
    def __init__(self, path, text):
        self.path = path
        self.lines = [(i + 1, line.rstrip()) for i, line in enumerate(text.split("\n")) if line.strip()]
        self.lines = [(n, line) for n, line in self.lines if not line.lstrip().startswith("#")]
        self.at = 0

    def fail(self, what, n=None):
        raise SchemaError("%s:%d: %s" % (self.path, n or self.lines[min(self.at, len(self.lines) - 1)][0], what))

    def indent(self):
        if self.at == len(self.lines):
            return -1
        line = self.lines[self.at][1]
        spaces = len(line) - len(line.lstrip(" "))
        if spaces % 4 or "\t" in line:
            self.fail("indent by four spaces")
        return spaces // 4

    def next_words(self):
        words = re.findall(r'"[^"]*"|\S+', self.lines[self.at][1])
        self.at += 1
        return words

    def file(self):
        line = self.lines[0][0]
        words = self.next_words()
        if len(words) < 2 or words[0] not in ("api", "record", "message") or len(words) % 2:
            self.fail("begin with api, record or message, a name, and pairs of words", line)
        kind, name = words[:2]
        attrs = dict(zip(words[2::2], words[3::2]))
        known = {"api": {"key", "class", "unstable"}, "record": {"of", "type"}, "message": set()}[kind]
        for word in attrs:
            if word not in known | {"versions", "flexible", "was"}:
                self.fail("'%s' is not known for %s" % (word, kind), line)
        try:
            attrs["versions"] = parse_versions(attrs["versions"])
            flexible = attrs["flexible"]
            attrs["flexible"] = OPEN if flexible == "none" else parse_versions(flexible)[0]
            for number in {"api": ["key"], "record": ["type"], "message": []}[kind]:
                attrs[number] = int(attrs[number])
            if "unstable" in attrs:
                attrs["unstable"] = parse_versions(attrs["unstable"])
            if kind == "api" and attrs["class"] not in CLASSES:
                raise ValueError("'%s' is no class" % attrs["class"])
        except (KeyError, ValueError) as e:
            self.fail("the first line: %s" % e, line)
        versions, flex = attrs["versions"], attrs["flexible"]
        if versions[1] == OPEN:
            self.fail("a message has a last version", line)
        if kind == "message":
            return File(self.path, kind, name, attrs, {"": self.message(name, versions, flex)})
        messages = {}
        for part in {"api": ("request", "response"), "record": ("key", "value")}[kind]:
            if self.indent() != 0 or self.next_words() != [part]:
                self.at -= 1
                self.fail("'%s' belongs here" % part)
            # Keys of coordinator records have one version, and that never a flexible one.
            if part == "key":
                messages[part] = self.message(name + "Key", (0, 0), OPEN)
            else:
                messages[part] = self.message(name + part.capitalize(), versions, flex)
        if self.at != len(self.lines):
            self.fail("nothing belongs here")
        return File(self.path, kind, name, attrs, messages)

    def message(self, name, versions, flex):
        structs = {}
        root = Struct(name, self.fields(1, structs))
        while self.indent() == 1:
            words = self.next_words()
            if len(words) != 2 or words[0] != "struct" or words[1] in structs:
                self.at -= 1
                self.fail("a field or a new 'struct Name' belongs here")
            structs[words[1]] = Struct(words[1], self.fields(2, structs))
        message = Message(name, versions, flex, root, structs)
        for struct in [root] + list(structs.values()):
            for field in struct.fields:
                if field.type not in SCALARS and field.type not in TEXTS:
                    field.struct = structs.get(field.type)
                    if field.struct is None:
                        self.fail("'%s' is no type and no struct of this message" % field.type, field.where)
        return message

    def fields(self, depth, structs):
        fields = []
        while self.indent() == depth and self.lines[self.at][1].split()[0] != "struct":
            field = self.field()
            if any(f.name == field.name for f in fields):
                self.fail("a second field '%s'" % field.name, field.where)
            if self.indent() > depth:
                if field.type in structs or field.type in SCALARS or field.type in TEXTS:
                    self.fail("'%s' has its fields elsewhere" % field.type)
                structs[field.type] = None  # keeps the order of definition
                structs[field.type] = Struct(field.type, self.fields(depth + 1, structs))
            fields.append(field)
        if self.indent() > depth:
            self.fail("indented too far")
        return fields

    def field(self):
        """Name Type [versions] [= default] [tag N] [rigid] [was OldName]"""
        where = self.lines[self.at][0]
        words = self.next_words()
        try:
            name, type_ = words[0], words[1]
            m = re.fullmatch(r"(\[\])?(\w+)(\?(\S+)?)?", type_)
            if not m or not re.fullmatch(r"[A-Za-z]\w*", name):
                raise ValueError("a field is a name and a type")
            array, type_ = bool(m[1]), m[2]
            rest = words[2:]
            versions = parse_versions(rest.pop(0)) if rest and rest[0][0].isdigit() else (0, OPEN)
            nullable = NEVER if not m[3] else parse_versions(m[4]) if m[4] else (0, OPEN)
            given = {}
            while rest:
                word = rest.pop(0)
                if word in given or word not in ("=", "tag", "rigid", "was"):
                    raise ValueError("'%s' is not understood" % word)
                given[word] = True if word == "rigid" else rest.pop(0)
            tag = int(given["tag"]) if "tag" in given else None
            default = self.default(type_, array, nullable, given.get("="))
        except (IndexError, ValueError) as e:
            self.fail(str(e), where)
        return Field(name, type_, array, versions, nullable, default, tag, "rigid" in given,
                     given.get("was"), where)

    @staticmethod
    def default(type_, array, nullable, text):
        """A Python value: int, float, bool, str; None for null; [] and {} for arrays and structs."""
        if text == "null":
            if nullable == NEVER:
                raise ValueError("null is the default of what can not be null")
            return None
        if array or type_ not in SCALARS and type_ not in TEXTS or type_ in ("uuid", "bytes", "records"):
            if text is not None:
                raise ValueError("only null may be the default of this type")
            return [] if array else "" if type_ in TEXTS else 0 if type_ == "uuid" else {}
        if type_ == "string":
            if text is not None and not re.fullmatch(r'"[^"\\]*"', text):
                raise ValueError("the default of a string is quoted")
            return "" if text is None else text[1:-1]
        if type_ == "bool":
            if text not in (None, "true", "false"):
                raise ValueError("the default of a bool is true or false")
            return text == "true"
        if type_ == "float64":
            return float(text or 0)
        value = int(text or "0")
        bits, signed = INT_BITS[type_]
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
        if not low <= value <= high:
            raise ValueError("%d does not fit %s" % (value, type_))
        return value


def load(folder):
    files = []
    for where, folders, names in sorted(os.walk(folder)):
        folders.sort()
        for name in sorted(names):
            if name.endswith(".schema"):
                path = os.path.join(where, name)
                with open(path, encoding="ascii") as f:
                    files.append(Parser(os.path.relpath(path, folder), f.read()).file())
    order = {"api": 0, "record": 1, "message": 2}
    files.sort(key=lambda f: (order[f.kind], f.attrs.get("of", ""), f.attrs.get("key", f.attrs.get("type", 0)), f.path))
    keys = [f.attrs["key"] for f in files if f.kind == "api"]
    if keys != list(range(len(keys))):
        raise SchemaError("%s: the API keys must be 0, 1, 2 ... each once" % folder)
    return files


def reach(message):
    """{struct name: set of versions in which it is written}, the root under its own name."""
    found = {}

    def walk(struct, versions):
        new = versions - found.setdefault(struct.name, set())
        if not new:
            return
        found[struct.name] |= new
        for field in struct.fields:
            if field.struct:
                walk(field.struct, {v for v in new if field.is_in(v)})

    walk(message.root, set(range(message.versions[0], message.versions[1] + 1)))
    return found
