# SPDX-License-Identifier: Apache-2.0
"""The program in each host's namespace: sends probes, answers others', tells what it saw.

A line of JSON on stdin, a line of JSON on stdout, three kinds, until stdin ends:
  {"addresses": […], "tcp": [[address, port], …], "udp": …}   opens the host       {"ready": true}
  {"probes": […], "wait_s": 0.3}                              sends, and waits     {"answered": [id, …]}
  {"report": true}                                            what was let in      {"arrived": [[id, …], …]}

Raw sockets get their copy of a packet after netfilter's input hook, so they see what the host's security
groups let in, and nothing else.  What arrived is told as [id, source], the id that the probe carried and the
address that it bears here; of ICMP as [id, source, type, code].  A SYN carries its id as the segment size
that it asks for and ICMP as the sequence number: translators leave both alone, and change ports and
identifiers.
"""

import errno
import json
import os
import selectors
import socket
import struct
import sys
import time

TCP, UDP, ICMP, ICMPV6 = 6, 17, 1, 58
OTHER_PROTOCOLS = (47, 50, 99)
ASK, ANSWER = b"weir-ask:", b"weir-answer:"
SYN, ACK = 0x02, 0x10
ICMP_SHAPE = "!BBHHH"  # type, code, checksum, identifier, sequence
SEGMENT_BASE = 500  # plus the id
SEGMENT_OPTION, NO_OPERATION, END_OF_OPTIONS = 2, 1, 0


def family_of(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def checksum(data: bytes) -> int:
    """RFC 1071."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def icmp_message(kind: int, code: int, number: int) -> bytes:
    """IPv6's checksum is the kernel's work."""
    empty = struct.pack(ICMP_SHAPE, kind, code, 0, number, number) + bytes(32)
    return struct.pack(ICMP_SHAPE, kind, code, checksum(empty), number, number) + bytes(32)


def segment_size(segment: bytes) -> int:
    """What a SYN asks for; 0 when it asks for nothing."""
    at, end = 20, min(len(segment), (segment[12] >> 4) * 4)
    while at < end and segment[at] != END_OF_OPTIONS:
        if segment[at] == SEGMENT_OPTION and at + 4 <= end:
            return int.from_bytes(segment[at + 2:at + 4], "big")
        at += 1 if segment[at] == NO_OPERATION or at + 1 >= end else max(2, segment[at + 1])
    return 0


class Agent:
    """One host."""

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self.raw: dict[tuple[str, int], socket.socket] = {}
        self.clients: list[socket.socket] = []
        self.arrived: set = set()
        self.answered: set[int] = set()
        self.asked: dict[int, str] = {}  # whom, by probe

    def watch(self, sock: socket.socket, handler, *arguments, events: int = selectors.EVENT_READ) -> None:
        sock.setblocking(False)
        self.selector.register(sock, events, (handler, arguments))

    def open(self, command: dict) -> None:
        for address in command["addresses"]:
            for protocol in (TCP, ICMPV6 if ":" in address else ICMP, *OTHER_PROTOCOLS):
                sock = socket.socket(family_of(address), socket.SOCK_RAW, protocol)
                sock.bind((address, 0))
                self.raw[address, protocol] = sock
                handler = {TCP: self.on_segment, ICMP: self.on_icmp, ICMPV6: self.on_icmp}
                self.watch(sock, handler.get(protocol, self.on_other), protocol)
        for kind in ("tcp", "udp"):
            for address, port in command[kind]:
                self.listen(kind, address, port)

    def listen(self, kind: str, address: str, port: int) -> None:
        stream = kind == "tcp"
        sock = socket.socket(family_of(address), socket.SOCK_STREAM if stream else socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
        if stream:
            sock.listen(64)
        self.watch(sock, self.on_accept if stream else self.on_datagram)

    # What comes in.

    @staticmethod
    def receive(sock: socket.socket) -> tuple[bytes, str]:
        """What follows the IP header, which raw sockets of IPv4 give too, and whom it is from."""
        data, peer = sock.recvfrom(2048)
        if sock.family == socket.AF_INET and sock.type == socket.SOCK_RAW:
            data = data[(data[0] & 15) * 4:]
        return data, peer[0]

    def on_accept(self, sock: socket.socket) -> None:
        try:
            sock.accept()[0].close()
        except (BlockingIOError, ConnectionAbortedError):
            pass  # the client has gone again

    def on_segment(self, sock: socket.socket, _protocol: int) -> None:
        data, source = self.receive(sock)
        if len(data) >= 20 and data[13] & (SYN | ACK) == SYN:
            self.arrived.add((segment_size(data) - SEGMENT_BASE, source))

    def on_datagram(self, sock: socket.socket) -> None:
        data, peer = sock.recvfrom(2048)
        if data.startswith(ASK):
            self.arrived.add((int(data[len(ASK):]), peer[0]))
            self.send(sock, data.replace(ASK, ANSWER), peer)

    def on_other(self, sock: socket.socket, _protocol: int) -> None:
        data, source = self.receive(sock)
        if data.startswith(ASK):
            self.arrived.add((int(data[len(ASK):]), source))
            self.send(sock, data.replace(ASK, ANSWER), (source, 0))
        elif data.startswith(ANSWER):
            self.note_answer(data, source)

    def on_icmp(self, sock: socket.socket, _protocol: int) -> None:
        """The kernel answers a request itself, with the request's own identifier."""
        data, source = self.receive(sock)
        if len(data) >= 8:
            self.arrived.add((int.from_bytes(data[6:8], "big"), source, data[0], data[1]))

    def on_client(self, sock: socket.socket, probe: dict) -> None:
        if probe["protocol"] == TCP:
            self.selector.unregister(sock)
            if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                self.answered.add(probe["id"])
        else:
            data, peer = sock.recvfrom(2048)
            self.note_answer(data, peer[0])

    def note_answer(self, data: bytes, source: str) -> None:
        """From whom nothing was asked nothing is awaited."""
        if data.startswith(ANSWER):
            number = int(data[len(ANSWER):])
            if self.asked.get(number) == source:
                self.answered.add(number)

    # What goes out.

    @staticmethod
    def send(sock: socket.socket, data: bytes, peer: tuple) -> None:
        """A packet that the host's own filter drops is refused to the sender's face: dropped all the same."""
        try:
            sock.sendto(data, peer)
        except PermissionError:
            pass

    def probe(self, probe: dict) -> None:
        mark = ASK + str(probe["id"]).encode()
        self.asked[probe["id"]] = probe["dst"]
        if probe["protocol"] in (TCP, UDP):
            self.connect(probe, mark)
            return
        data = mark
        if probe["protocol"] in (ICMP, ICMPV6):
            data = icmp_message(probe["icmp_type"], probe["icmp_code"], probe["id"])
        self.send(self.raw[probe["src"], probe["protocol"]], data, (probe["dst"], 0))

    def connect(self, probe: dict, mark: bytes) -> None:
        stream = probe["protocol"] == TCP
        sock = socket.socket(family_of(probe["src"]), socket.SOCK_STREAM if stream else socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setblocking(False)
        sock.bind((probe["src"], probe["client_port"]))
        self.clients.append(sock)
        if not stream:
            self.watch(sock, self.on_client, probe)
            self.send(sock, mark, (probe["dst"], probe["port"]))
            return
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_BASE + probe["id"])
        error = sock.connect_ex((probe["dst"], probe["port"]))
        if error not in (0, errno.EINPROGRESS):
            raise OSError(error, os.strerror(error), str(probe))
        self.watch(sock, self.on_client, probe, events=selectors.EVENT_WRITE)

    def close_clients(self) -> None:
        registered = self.selector.get_map()
        for sock in self.clients:
            if sock in registered:
                self.selector.unregister(sock)
            sock.close()
        self.clients.clear()

    # The conversation with the judge.

    def serve(self, until: float) -> None:
        """Handles what happens until then."""
        while (left := until - time.monotonic()) > 0:
            for key, _ in self.selector.select(left):
                handler, arguments = key.data
                if handler is None:
                    return
                handler(key.fileobj, *arguments)

    def command(self, command: dict) -> dict:
        if "probes" in command:
            for probe in command["probes"]:
                self.probe(probe)
            self.selector.unregister(sys.stdin)
            self.serve(time.monotonic() + command["wait_s"])
            self.selector.register(sys.stdin, selectors.EVENT_READ, (None, ()))
            self.close_clients()
            return {"answered": sorted(self.answered)}
        if "report" in command:
            return {"arrived": sorted(self.arrived)}
        self.open(command)
        return {"ready": True}

    def run(self) -> None:
        self.selector.register(sys.stdin, selectors.EVENT_READ, (None, ()))
        while True:
            self.serve(time.monotonic() + 3600)
            line = sys.stdin.readline()
            if not line:
                return
            print(json.dumps(self.command(json.loads(line))), flush=True)


if __name__ == "__main__":
    Agent().run()
