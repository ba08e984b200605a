# SPDX-License-Identifier: Apache-2.0
"""Frames as they were on a wire, read without scapy: thousands of a capture in no time; and their records.

It knows nothing that needs no knowing of a frame that the kernel made: lengths are right, chains end.
"""

import collections
import json
import pathlib
import socket
import struct
from typing import Iterable, Iterator, NamedTuple, Optional

from truth import FIELDS, in_order, record_of

TAGS = (0x8100, 0x88A8)
EXTENSIONS = (0, 43, 44, 51, 60, 135, 139, 140)
FRAGMENT, AUTHENTICATION = 44, 51
TCP, UDP, SCTP = 6, 17, 132
FRAGMENTS_JOIN_S = 30
# The same in every record of a test.
UNTOLD = ("version", "account-id", "interface-id", "action", "log-status", "vpc-id", "type")


class Seen(NamedTuple):
    """What flow logs say of one packet, and of a fragment which datagram it is of."""

    src: str
    dst: str
    number: int
    ports: tuple[int, int]
    flags: int
    size: int
    datagram: Optional[tuple] = None
    later: bool = False


def flags_of(bits: int) -> int:
    """tcp-flags: a SYN-ACK is 18, of the rest FIN, SYN and RST count (aws-semantics.md 1.4)."""
    return 18 if bits & 18 == 18 else bits & 7


def seen_of_transport(frame: bytes, at: int, number: int) -> tuple[tuple[int, int], int]:
    ports = struct.unpack_from("!HH", frame, at) if number in (TCP, UDP, SCTP) else (0, 0)
    return ports, flags_of(frame[at + 13]) if number == TCP else 0


def seen_of_ipv4(frame: bytes, at: int) -> Seen:
    first, size, ident, fragment, number = struct.unpack_from("!BxHHHxB", frame, at)
    src, dst = (socket.inet_ntop(socket.AF_INET, frame[i:i + 4]) for i in (at + 12, at + 16))
    datagram = (src, dst, number, ident) if fragment & 0x3FFF else None
    if fragment & 0x1FFF:
        return Seen(src, dst, number, (0, 0), 0, size, datagram, True)
    return Seen(src, dst, number, *seen_of_transport(frame, at + (first & 15) * 4, number), size, datagram)


def seen_of_ipv6(frame: bytes, at: int) -> Seen:
    length, number = struct.unpack_from("!HB", frame, at + 4)
    src, dst = (socket.inet_ntop(socket.AF_INET6, frame[i:i + 16]) for i in (at + 8, at + 24))
    size, at, datagram = length + 40, at + 40, None
    while number in EXTENSIONS:
        kind, (number, units, fragment, ident) = number, struct.unpack_from("!BBHI", frame, at)
        if kind == FRAGMENT and fragment & 0xFFF9:
            datagram = (src, dst, ident)
            if fragment & 0xFFF8:
                return Seen(src, dst, number, (0, 0), 0, size, datagram, True)
        at += 8 if kind == FRAGMENT else (units + 2) * 4 if kind == AUTHENTICATION else (units + 1) * 8
    return Seen(src, dst, number, *seen_of_transport(frame, at, number), size, datagram)


def seen_of_frame(frame: bytes) -> Optional[Seen]:
    """None for a frame that flow logs leave out."""
    at = 12
    while struct.unpack_from("!H", frame, at)[0] in TAGS:
        at += 4
    kind = struct.unpack_from("!H", frame, at)[0]
    return {0x0800: seen_of_ipv4, 0x86DD: seen_of_ipv6}.get(kind, lambda *_: None)(frame, at + 2)


def frames_of(capture: pathlib.Path) -> Iterator[tuple[int, bytes, int]]:
    """(second, frame, its size on the wire) of a file that tcpdump wrote on this machine."""
    content, at = capture.read_bytes(), 24
    while at < len(content):
        second, _, there, size = struct.unpack_from("=IIII", content, at)
        yield second, content[at + 16:at + 16 + there], size
        at += 16 + there


class Datagrams:
    """Later fragments join the flow of their datagram's first when that was seen no more than 30 s before."""

    def __init__(self):
        self._firsts: dict[tuple, tuple] = {}
        self.strays = 0

    def identity(self, seen: Seen, direction: str, second: int) -> tuple:
        """(source, destination, ports…, protocol) that a packet is recorded under."""
        mine = (seen.src, seen.dst, *seen.ports, seen.number)
        if seen.datagram is None:
            return mine
        if not seen.later:
            self._firsts[direction, seen.datagram] = mine, second
        first, then = self._firsts.get((direction, seen.datagram), (mine, None))
        if then is None or second - then > FRAGMENTS_JOIN_S:
            self.strays += 1
            return mine
        return first


def records_of(seen: Iterable[tuple[Seen, str, int]], primary: str) -> list[dict]:
    """The records of (packet, direction, second)."""
    flows: dict[tuple, list] = {}
    datagrams = Datagrams()
    for packet, direction, second in seen:
        key = (direction, *datagrams.identity(packet, direction, second))
        flow = flows.setdefault(key, [0, 0, 0, second, second])
        flow[0], flow[1], flow[2] = flow[0] + 1, flow[1] + packet.size, flow[2] | packet.flags
        flow[3], flow[4] = min(flow[3], second), max(flow[4], second)
    return [record_of(key, flow, primary) for key, flow in flows.items()]


def check_same(found: list[dict], expected: list[dict], without: tuple = (), what: str = "") -> None:
    """Fails with the records that are on one side only, by the fields that tell flows apart and add up."""
    told = [field for field in FIELDS if field not in (*without, *UNTOLD)]
    counts = collections.Counter(in_order(found, without))
    counts.subtract(collections.Counter(in_order(expected, without)))
    lines = [f"{'recorded' if count > 0 else 'not recorded'}: " +
             " ".join(f"{field} {json.loads(record)[field]}" for field in told)
             for record, count in sorted(counts.items()) if count]
    assert not lines, "\n".join([what, *lines])
