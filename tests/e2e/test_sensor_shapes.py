# SPDX-License-Identifier: Apache-2.0
"""weir-sensor on frames made to order, against what was sent.

Once as one would think of them, and once in pieces: larger than a page, with nothing but the Ethernet header
where a program can read it directly.
"""

import pytest
from scapy.all import IP, TCP, UDP, Dot1Q, Ether, IPv6, IPv6ExtHdrDestOpt, Raw

import shapes
import wire
from lab import Lab, require_root_and_netns
from sensors import backends_of, plain_wire, send_in_pieces
from test_sensor import Sensors, join_windows, send, summary
from truth import LEFT, LEFT_MAC, RIGHT, RIGHT_MAC, both_ways, truth
from wire import Datagrams, check_same, records_of

PIECES_SIZE = 5000  # more than a page
ETHER = Ether(src=RIGHT_MAC, dst=LEFT_MAC)
FOUR, SIX = IP(src=RIGHT, dst=LEFT), IPv6(src="2001:db8::2", dst="2001:db8::1")
MACS = {"ingress": (RIGHT_MAC, LEFT_MAC), "egress": (LEFT_MAC, RIGHT_MAC)}


class Shown:
    """All groups of frames, sent both ways; what was seen of them and what every sensor says."""

    def __init__(self, lab: Lab, build, folder, pieces: bool):
        plain_wire(lab, mtu=9000)
        sensors = Sensors(lab, build, folder)
        for backend in backends_of(build):
            sensors.start(backend)
        self.seen = []
        for direction, (namespace, device) in {"ingress": ("right", "r0"), "egress": ("left", "l0")}.items():
            frames = [frame for name in shapes.GROUPS
                      for frame in shapes.frames_of_group(name, MACS[direction], direction == "ingress",
                                                          PIECES_SIZE if pieces else shapes.LEAST)]
            seconds = (send_in_pieces if pieces else send)(lab, namespace, device, frames)
            self.seen += [(wire.seen_of_frame(frame), direction, second)
                          for frame, second in zip(frames, seconds, strict=True)]
        sensors.stop()
        self.records = {backend: join_windows(sensors.records(f"left-{backend}")) for backend in backends_of(build)}
        self.counters = {backend: summary(sensors.running[f"left-{backend}"]) for backend in backends_of(build)}


@pytest.fixture(name="shown", scope="module", params=["whole", "in pieces"])
def shown_fixture(request, build, tmp_path_factory):
    require_root_and_netns()
    with Lab(f"shapes {request.param}") as lab:
        yield Shown(lab, build, tmp_path_factory.mktemp("shapes"), request.param == "in pieces")


def of_group(group: str, records: list[dict]) -> list[dict]:
    return [record for record in records if shapes.group_of(record["pkt-srcaddr"]) == group]


@pytest.mark.parametrize("group", list(shapes.GROUPS))
def test_records_are_what_was_sent(shown, backend, group):
    expected = of_group(group, records_of(shown.seen, LEFT))
    assert expected
    check_same(of_group(group, shown.records[backend]), expected)


def test_every_frame_is_counted_and_none_is_lost(shown, backend):
    datagrams = Datagrams()
    for seen, direction, second in shown.seen:
        datagrams.identity(seen, direction, second)
    counters = shown.counters[backend]
    assert counters["packets"] == counters["IP frames"] == len(shown.seen)
    assert counters["lost"] == 0
    assert counters["lone fragments"] == datagrams.strays > 0


def test_headers_beyond_what_is_captured_are_counted(lab, build, tmp_path, backend):
    """The kernel program reads the whole packet; who captures only its beginning says what was short."""
    plain_wire(lab)
    sensors = Sensors(lab, build, tmp_path)
    sensor = sensors.start(backend)
    send(lab, "right", "r0", [ETHER / shapes.chain(SIX, [0, 43], units=40, port=216)])
    sensors.stop()
    counters = summary(sensor)
    if backend == "bpf":
        assert [(record["srcport"], record["bytes"]) for record in sensors.records("left-bpf")] == [("216", "704")]
    else:
        assert counters["lost"] == counters["short IP header"] + counters["short transport header"] == 1


def test_two_readers_that_share_nothing_see_the_same_in_every_frame():
    """scapy and wire.py, by which the other tests judge."""
    frames = both_ways()[0]
    seen = [(wire.seen_of_frame(bytes(frame)), "ingress", 0) for frame in frames]
    check_same(records_of([packet for packet in seen if packet[0]], LEFT),
               truth([(frame, "ingress", 0) for frame in frames], LEFT))


# Each with the counter that must tell of it.
UNREADABLE = {
    "three tags": (ETHER / Dot1Q() / Dot1Q() / Dot1Q() / FOUR / UDP(), "too deep"),
    "nine extension headers": (ETHER / shapes.chain(SIX, [0] + [60] * 8), "too deep"),
    "an IPv4 header of four words": (ETHER / IP(src=RIGHT, dst=LEFT, ihl=4) / UDP(), "bad IP header"),
    "a packet longer than its frame": (ETHER / IP(src=RIGHT, dst=LEFT, len=1400) / UDP(), "bad IP header"),
    "version 6 announced as IPv4": (Ether(src=RIGHT_MAC, dst=LEFT_MAC, type=0x0800) / SIX / UDP(), "bad IP header"),
    "an IPv6 packet longer than its frame": (ETHER / IPv6(plen=1400) / UDP(), "bad IP header"),
    "an extension header beyond the packet":
        (ETHER / IPv6(nh=60) / IPv6ExtHdrDestOpt(nh=17, len=9) / UDP(), "bad IP header"),
    "half a TCP header": (ETHER / IP(src=RIGHT, dst=LEFT, proto=6) / Raw(bytes(TCP())[:10]), "bad transport header"),
    "ports in the padding": (ETHER / IP(src=RIGHT, dst=LEFT, proto=17), "bad transport header"),
}


def test_what_cannot_be_read_has_a_counter(lab, build, tmp_path):
    plain_wire(lab)
    sensors = Sensors(lab, build, tmp_path)
    running = {backend: sensors.start(backend) for backend in backends_of(build)}
    frames = [bytes(frame).ljust(shapes.LEAST, b"\xff") for frame, _ in UNREADABLE.values()]
    send(lab, "right", "r0", frames)
    sensors.stop()
    named = [counter for _, counter in UNREADABLE.values()]
    for backend, sensor in running.items():
        counters = summary(sensor)
        assert {name: counters[name] for name in set(named)} == {name: named.count(name) for name in named}, backend
        assert counters["lost"] == len(frames) and counters["flows"] == 0, backend
