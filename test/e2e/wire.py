"""Just enough of the protocol, written by hand, to ask a broker things that client libraries do not ask."""

import struct

from conftest import frame, recv_frame


class Writer:
    """The compact forms where `flex`, the old ones otherwise."""

    def __init__(self, flex=False):
        self.flex = flex
        self.data = b""

    def put(self, fmt, *values):
        self.data += struct.pack(">" + fmt, *values)
        return self

    def uvarint(self, value):
        while value > 127:
            self.data += bytes([value & 127 | 128])
            value >>= 7
        self.data += bytes([value])
        return self

    def string(self, text):
        raw = None if text is None else text.encode()
        if self.flex:
            self.uvarint(0 if raw is None else len(raw) + 1)
        else:
            self.put("h", -1 if raw is None else len(raw))
        self.data += raw or b""
        return self

    def bytes(self, raw):
        if self.flex:
            self.uvarint(len(raw) + 1)
        else:
            self.put("i", len(raw))
        self.data += raw
        return self

    def array(self, items, each):
        """each(item) writes one item."""
        count = -1 if items is None else len(items)
        if self.flex:
            self.uvarint(count + 1)
        else:
            self.put("i", count)
        for item in items or ():
            each(item)
        return self

    def tags(self):
        if self.flex:
            self.data += b"\0"
        return self


class Reader:
    def __init__(self, data, flex=False):
        self.data = data
        self.flex = flex
        self.pos = 0

    def raw(self, size):
        assert 0 <= size <= len(self.data) - self.pos
        self.pos += size
        return self.data[self.pos - size : self.pos]

    def get(self, fmt):
        values = struct.unpack(">" + fmt, self.raw(struct.calcsize(">" + fmt)))
        return values[0] if len(values) == 1 else values

    def uvarint(self):
        value = shift = 0
        while True:
            byte = self.raw(1)[0]
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def string(self):
        size = self.uvarint() - 1 if self.flex else self.get("h")
        return None if size < 0 else self.raw(size).decode()

    def array(self, each):
        count = self.uvarint() - 1 if self.flex else self.get("i")
        return None if count < 0 else [each() for _ in range(count)]

    def tags(self):
        """Skips tagged fields, or says which tags there were."""
        seen = []
        if self.flex:
            for _ in range(self.uvarint()):
                seen.append(self.uvarint())
                self.raw(self.uvarint())
        return seen

    def end(self):
        assert self.pos == len(self.data), f"{len(self.data) - self.pos} bytes too many"


def call(broker, key, version, writer, timeout_s=20.0):
    """Sends one request on a connection of its own and gives a reader of the answer's body."""
    with broker.connect(timeout_s) as s:
        s.sendall(frame(key, version, writer.data, correlation=99, flexible=writer.flex))
        reader = Reader(recv_frame(s), writer.flex)
    assert reader.get("i") == 99
    reader.tags()
    return reader


def _crc32c_table():
    table = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
        table.append(n)
    return table


_TABLE = _crc32c_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def _varint(value):
    return Writer().uvarint(value * 2 if value >= 0 else -value * 2 - 1).data


def record_batch(records):
    """records: (timestamp, value) pairs."""
    first = records[0][0]
    body = b""
    for delta, (timestamp, value) in enumerate(records):
        one = b"\0" + _varint(timestamp - first) + _varint(delta) + _varint(-1) + _varint(len(value)) + value + _varint(0)
        body += _varint(len(one)) + one
    last = len(records) - 1
    greatest = max(timestamp for timestamp, _ in records)
    checked = struct.pack(">hiqqqhii", 0, last, first, greatest, -1, -1, -1, len(records)) + body
    return struct.pack(">qiibI", 0, len(checked) + 9, -1, 2, crc32c(checked)) + checked


def produce(broker, topic, records, partition=0, acks=-1):
    """Produce v3; gives the base offset."""
    w = Writer().string(None).put("hi", acks, 10000)
    w.array([topic], lambda t: w.string(t).array([partition], lambda p: w.put("i", p).bytes(record_batch(records))))
    r = call(broker, 0, 3, w)
    assert r.get("i") == 1
    assert r.string() == topic
    count, index, error, base, _ = r.get("iihqq")
    assert (count, index, error) == (1, partition, 0)
    return base
