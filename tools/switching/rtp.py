# SPDX-License-Identifier: GPL-2.0-or-later
"""RTP datagrams in a file, each behind its length (RFC 4571), and their headers (RFC 3550)."""

import struct
from dataclasses import dataclass

from build.progress import Failed


@dataclass(frozen=True)
class Datagram:
    marker: bool
    payload_type: int
    seq: int
    timestamp: int
    ssrc: int
    payload: bytes

    @property
    def content(self):
        """What a relay leaves as it is."""
        return self.payload_type, self.timestamp, self.ssrc, self.payload


def parse(data):
    first, second, seq, timestamp, ssrc = struct.unpack_from(">BBHII", data)
    if first >> 6 != 2:
        raise Failed("a datagram is not of RTP version 2")
    head = 12 + 4 * (first & 0xf)
    if first & 0x10:
        head += 4 + 4 * struct.unpack_from(">H", data, head + 2)[0]
    tail = data[-1] if first & 0x20 else 0
    return Datagram(bool(second & 0x80), second & 0x7f, seq, timestamp, ssrc,
                    data[head:len(data) - tail])


def at(data, timestamp):
    """A datagram with another timestamp."""
    return data[:4] + struct.pack(">I", timestamp & 0xffffffff) + data[8:]


def raw(path):
    data = path.read_bytes()
    pos = 0
    while pos < len(data):
        length, = struct.unpack_from(">H", data, pos)
        if pos + 2 + length > len(data):
            raise Failed(f"{path} is cut short")
        yield data[pos + 2:pos + 2 + length]
        pos += 2 + length


def read(path):
    return [parse(data) for data in raw(path)]


def write(path, datagrams):
    path.write_bytes(b"".join(struct.pack(">H", len(data)) + data for data in datagrams))
