# SPDX-License-Identifier: Apache-2.0
"""weir-sensor held against a wire: what two hosts say to each other, with and without offloads.

The sensors are on l0 of hop.py, where packets are as large as offloads make them; tcpdump is where they are
as on any wire.  Its file is read by wire.py, which shares nothing with the sensor's parser.
"""

import pathlib
import sys

import pytest

import hosts
from hop import BIG_SIZE, FAR, FAR_6, PAIRS, Way, between, connect, dump, seen_on, sizes
from lab import Lab, require_root_and_netns
from sensors import backends_of
from test_sensor import Sensors, join_windows, summary
from truth import LEFT, LEFT_6
from wire import check_same, records_of

OURS = {LEFT, LEFT_6}
TRANSFER = 2 << 20
# The capture on the wire has its times from elsewhere.
TIMES = ("start", "end")
HOSTS = pathlib.Path(hosts.__file__)

WAYS = {
    "without offloads": Way(offloads=False),
    "offloads": Way(),
    "offloads and a bridge": Way(bridge=True),
    "offloads and jumbo frames": Way(mtu=9000),
    # Linux cannot route what it merged to more than 64 KB of IPv6: the header it puts in exceeds the MTU.
    "offloads and BIG TCP": Way(bridge=True, big=True),
}


class Talk:
    """What two hosts said, as the sensors recorded it, as the wire had it, and as the sender counted it."""

    def __init__(self, lab: Lab, build: pathlib.Path, folder: pathlib.Path, way: Way):
        self.way = way
        connect(lab, way)
        sensors = Sensors(lab, build, folder)
        for backend in backends_of(build):
            sensors.start(backend)
        dumps = [dump(lab, name, device, folder) for name, device in (("left", "l0"), ("right", "r0"))]
        self.sent = say(lab)
        sensors.stop()
        for running in dumps:
            running.stop()
        self.largest = {hook: max(size for size_hook, size in sizes(folder / "l0", OURS) if size_hook == hook)
                        for hook in ("ingress", "egress")}
        self.expected = between(PAIRS, join_windows(records_of(seen_on(folder / "r0", OURS), LEFT)))
        self.found = {name.removeprefix("left-"): between(PAIRS, join_windows(sensors.records(name)))
                      for name in sensors.running}
        self.counters = {name.removeprefix("left-"): summary(sensor) for name, sensor in sensors.running.items()}


def say(lab: Lab) -> dict[str, tuple[int, int]]:
    """Everything of hosts.py, and pings; by sender the segments and bytes of its transfer."""
    peer = lab.start("right", [sys.executable, HOSTS, "peer", str(TRANSFER), FAR, FAR_6])
    peer.wait_for_line("listening")
    talk = lab.run("left", [sys.executable, HOSTS, "talk", str(TRANSFER), *map(",".join, PAIRS)], 60)
    for _, address in PAIRS:
        lab.run("left", ["ping", "-q", "-c", "3", "-i", "0.02", "-s", "56", address])
        lab.run("left", ["ping", "-q", "-c", "3", "-i", "0.02", "-s", "11000", address])
    peer.stop()
    lines = [line.split() for line in talk.stdout.splitlines() + peer.stdout if " sent " in line]
    return {address: (int(segments), int(payload)) for address, _, segments, payload in lines}


@pytest.fixture(name="talk", scope="module", params=list(WAYS))
def talk_fixture(request, build, tmp_path_factory):
    require_root_and_netns()
    with Lab(f"talk {request.param}") as lab:
        yield Talk(lab, build, tmp_path_factory.mktemp("talk"), WAYS[request.param])


# What is said, by the ports or the protocol of its flows.
SAID = {
    "transfers": lambda record: record["protocol"] == "6",
    "bursts": lambda record: record["protocol"] == "17" and record["srcport"] == str(hosts.BURSTS),
    "fragments": lambda record: record["protocol"] == "17" and record["srcport"] in (str(hosts.LARGE), "0"),
    "pings": lambda record: record["protocol"] in ("1", "58"),
}


def test_the_sensors_see_packets_that_no_wire_carries(talk):
    """What the other tests of this file stand on: with offloads the packets at the sensors are merged."""
    least, most = (0, talk.way.mtu + 14)
    if talk.way.offloads:
        least, most = 40_000, 65_550
    if talk.way.big:
        least, most = 65_551, BIG_SIZE + 100
    for hook, size in talk.largest.items():
        assert least <= size <= most, hook


@pytest.mark.parametrize("what", list(SAID))
def test_records_of_two_hosts_are_what_the_wire_carried(talk, backend, what):
    """libpcap is not told how many segments were merged: there packets and bytes are at most the wire's."""
    expected, found = ([record for record in records if SAID[what](record)]
                       for records in (talk.expected, talk.found[backend]))
    assert expected
    without = TIMES
    if backend == "pcap" and talk.way.offloads and what in ("transfers", "bursts"):
        without = (*TIMES, "packets", "bytes")
        for field in ("packets", "bytes"):
            assert 0 < sum(int(record[field]) for record in found) <= sum(int(record[field]) for record in expected)
    check_same(found, expected, without)
    assert all(int(record["start"]) <= int(record["end"]) for record in found)


def test_a_transfer_counts_what_its_sender_counted(talk, backend):
    """libpcap is not told how many segments were merged; without offloads it is asked too."""
    flows = {(record["flow-direction"], record["type"]): record for record in talk.found[backend]
             if (record["flow-direction"], record["srcport"]) == ("ingress", str(hosts.DOWN)) or
             (record["flow-direction"], record["dstport"]) == ("egress", str(hosts.UP))}
    assert len(flows) == len(talk.sent) == 4
    for record in flows.values():
        assert record["tcp-flags"] == ("19" if record["flow-direction"] == "ingress" else "3")
        segments, payload = talk.sent[record["pkt-srcaddr"]]
        assert payload >= TRANSFER
        # The kernel counts a SYN-ACK before there is a connection to count for.
        segments += record["flow-direction"] == "ingress"
        # Every packet has time stamps; the SYN has 8 bytes more of options.
        size = payload + segments * ((40 if record["type"] == "IPv6" else 20) + 32) + 8
        if backend == "pcap" and talk.way.offloads:
            assert int(record["packets"]) <= segments and int(record["bytes"]) <= size
        else:
            assert (int(record["packets"]), int(record["bytes"])) == (segments, size)


def test_nothing_of_what_hosts_say_is_lost_or_left_over(talk, backend):
    counters = talk.counters[backend]
    assert counters["lost"] == 0 and counters["lone fragments"] == 0
