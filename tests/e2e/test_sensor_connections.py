# SPDX-License-Identifier: Apache-2.0
"""weir-sensor on connections in windows of a second: one record a window, and the flags of that window.

The client does each step in a second of its own; tcpdump tells what each second had.
"""

import collections
import sys
from typing import NamedTuple

import pytest

from hop import dump, seen_on
from lab import Lab, require_root_and_netns
from sensors import backends_of
from test_sensor import Sensors, connect_hosts
from truth import LEFT, LEFT_6, RIGHT, RIGHT_6
from wire import check_same, records_of

LONG, SHORT, CLOSED, ABORTED = 5001, 5002, 5003, 5004

# Connections to ADDRESS: one over three seconds, one within a second, one that is refused, one that is aborted.
CLIENT = """
import socket, struct, sys, time

def next_second():
    time.sleep(1.2 - time.time() % 1)

family, address = getattr(socket, sys.argv[1]), sys.argv[2]
LONG, SHORT, CLOSED, ABORTED = map(int, sys.argv[3:])
next_second()
talk = socket.create_connection((address, LONG))
with socket.create_connection((address, SHORT)) as short:
    short.sendall(b"x")
    assert short.recv(1) == b"x"
    short.shutdown(socket.SHUT_WR)
    assert short.recv(1) == b""
try:
    socket.create_connection((address, CLOSED))
    sys.exit("there is a listener")
except ConnectionRefusedError:
    pass
with socket.create_connection((address, ABORTED)) as aborted:
    aborted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
next_second()
for _ in range(5):
    talk.sendall(b"x")
    assert talk.recv(1) == b"x"
next_second()
talk.shutdown(socket.SHUT_WR)
assert talk.recv(1) == b""
"""

# Sends back what it gets until there is no more, and closes then.
ECHO = """
import select, socket, sys
family, address = getattr(socket, sys.argv[1]), sys.argv[2]
ready = [socket.create_server((address, int(port)), family=family) for port in sys.argv[3:]]
listeners = len(ready)
print("listening", flush=True)
while True:
    for one in select.select(ready, [], [])[0]:
        if one in ready[:listeners]:
            ready.append(one.accept()[0])
            continue
        try:
            got = one.recv(100)
        except ConnectionResetError:
            got = b""
        if got:
            one.sendall(got)
        else:
            ready.remove(one)
            one.close()
"""


class Connections(NamedTuple):
    """By backend its records; and what was on the wire, with a window for every second."""

    records: dict[str, list[dict]]
    expected: list[dict]

    def of_port(self, backend: str, direction: str, port: int) -> list[dict]:
        """The records of both families of one connection, in the order of their windows."""
        field = "dstport" if direction == "egress" else "srcport"
        found = [record for record in self.records[backend]
                 if record["flow-direction"] == direction and record[field] == str(port)]
        return sorted(found, key=lambda record: (record["type"], int(record["start"])))


@pytest.fixture(name="connections", scope="module")
def connections_fixture(build, tmp_path_factory):
    require_root_and_netns()
    folder = tmp_path_factory.mktemp("connections")
    with Lab("connections") as lab:
        connect_hosts(lab, offloads=False)
        sensors = Sensors(lab, build, folder)
        for backend in backends_of(build):
            sensors.start(backend, "--interval", "1")
        running = dump(lab, "left", "l0", folder)
        clients = []
        for family, address in (("AF_INET", RIGHT), ("AF_INET6", RIGHT_6)):
            echo = lab.start("right", [sys.executable, "-c", ECHO, family, address, LONG, SHORT, ABORTED])
            echo.wait_for_line("listening")
            clients.append(lab.start("left", [sys.executable, "-c", CLIENT, family, address, LONG, SHORT, CLOSED,
                                              ABORTED]))
        for client in clients:
            assert client.wait() == 0, client.output()
        sensors.stop()
        running.stop()
        yield Connections({backend: only_tcp(sensors.records(f"left-{backend}")) for backend in backends_of(build)},
                          only_tcp(by_second(seen_on(folder / "l0", {LEFT, LEFT_6}))))


def only_tcp(records: list[dict]) -> list[dict]:
    return [record for record in records if record["protocol"] == "6"]


def by_second(seen) -> list[dict]:
    """The records that windows of a second hold."""
    seconds = collections.defaultdict(list)
    for packet, direction, second in seen:
        seconds[second].append((packet, direction, second))
    return [record for packets in seconds.values() for record in records_of(packets, LEFT)]


def flags(records: list[dict]) -> list[int]:
    return [int(record["tcp-flags"]) for record in records]


def test_every_window_has_its_own_record_of_a_connection(connections, backend):
    check_same(connections.records[backend], connections.expected)


def test_a_long_connection_shows_its_flags_in_the_windows_they_were_in(connections, backend):
    """aws-semantics.md 1.4: first interval 2 and 18, middle intervals 0, last interval 1."""
    for direction, opening in (("egress", 2), ("ingress", 18)):
        assert flags(connections.of_port(backend, direction, LONG)) == [opening, 0, 1] * 2, direction


@pytest.mark.parametrize("port, egress, ingress", [(SHORT, 3, 19), (CLOSED, 2, 4), (ABORTED, 6, 18)],
                         ids=["short", "refused", "aborted"])
def test_a_connection_within_a_window_shows_all_its_flags(connections, backend, port, egress, ingress):
    assert flags(connections.of_port(backend, "egress", port)) == [egress] * 2
    assert flags(connections.of_port(backend, "ingress", port)) == [ingress] * 2
