# SPDX-License-Identifier: Apache-2.0
"""weir-sensor on devices that are not a network card: tunnels, VLAN devices, bridges and their ports."""

import pathlib
import sys
from typing import NamedTuple

import pytest

import hosts
from hop import FAR, FAR_6, Way, between, connect, dump, seen_on
from lab import OFFLOADS, Lab, LabError
from sensors import backends_of
from test_sensor import Sensors, join_windows
from truth import LEFT, LEFT_6
from wire import check_same, records_of

TIMES = ("start", "end")
TRANSFER = 300_000
HOSTS = pathlib.Path(hosts.__file__)


class Kind(NamedTuple):
    """A tunnel: what `ip link` calls it, between which addresses, and the protocol that carries it."""

    words: str
    ends: tuple[str, str]
    number: str


FOUR, SIX = (LEFT, FAR), (LEFT_6, FAR_6)
TUNNELS = {
    "vxlan": Kind("vxlan id 7 dstport 4789", FOUR, "17"),
    "vxlan over IPv6": Kind("vxlan id 7 dstport 4789", SIX, "17"),
    "geneve": Kind("geneve id 7", FOUR, "17"),
    "gre": Kind("gre", FOUR, "47"),
    "gretap": Kind("gretap", FOUR, "47"),
    "ipip": Kind("ipip", FOUR, "4"),
    "sit": Kind("sit mode ip4ip4", FOUR, "4"),
    "ip6gre": Kind("ip6gre", SIX, "47"),
    "ip6tnl": Kind("ip6tnl mode ipip6", SIX, "4"),
}
NEAR_INNER, FAR_INNER = "172.16.0.1", "172.16.0.2"


def add_device(lab: Lab, name: str, arguments: str) -> None:
    """`ip link add`; a kind of device that this kernel lacks excuses the test."""
    try:
        lab.ip(name, f"link add {arguments}")
    except LabError as refused:
        if "Unknown device type" in str(refused) or "not supported" in str(refused):
            kind = arguments.split("type ")[1].split()[0]
            pytest.skip(f"this kernel cannot make devices of type {kind}")
        raise


def add_tunnel(lab: Lab, kind: Kind) -> None:
    for name, (here, there) in (("left", kind.ends), ("right", kind.ends[::-1])):
        device = "left" if name == "left" else "right"
        words = kind.words.split()
        # Geneve asks the routes where it is itself.
        local = "" if words[0] == "geneve" else f"local {here} "
        add_device(lab, name, f"{device}-t type {words[0]} {' '.join(words[1:])} {local}remote {there}")
        lab.run(name, ["ethtool", "-K", f"{device}-t", *OFFLOADS], check=False)
        # Room for the largest outer headers.
        lab.ip(name, f"link set {device}-t mtu 1400 addrgenmode none")
        lab.ip(name, f"link set {device}-t up")
    lab.address("left", "left-t", f"{NEAR_INNER}/30")
    lab.address("right", "right-t", f"{FAR_INNER}/30")


def talk(lab: Lab, source: str, address: str, where: str = "right") -> None:
    peer = lab.start(where, [sys.executable, HOSTS, "peer", str(TRANSFER), address])
    peer.wait_for_line("listening")
    lab.run("left", [sys.executable, HOSTS, "talk", str(TRANSFER), f"{source},{address}"], 60)
    lab.run("left", ["ping", "-q", "-c", "3", "-i", "0.02", address])
    peer.stop()


def check(found: list[dict], expected: list[dict], without: tuple, what: str) -> None:
    assert expected, what
    check_same(join_windows(found), join_windows(expected), without, what)


@pytest.mark.parametrize("kind", list(TUNNELS))
def test_a_tunnel_is_recorded_by_its_outer_header_and_its_device_by_the_inner(lab, build, tmp_path, kind):
    connect(lab, Way(offloads=False))
    add_tunnel(lab, TUNNELS[kind])
    sensors = Sensors(lab, build, tmp_path)
    for backend in backends_of(build):
        sensors.start(backend)
        sensors.start(backend, device="left-t", name=f"inner-{backend}")
    dumps = [dump(lab, "right", device, tmp_path) for device in ("r0", "right-t")]
    talk(lab, NEAR_INNER, FAR_INNER)
    sensors.stop()
    for running in dumps:
        running.stop()

    outer = between((TUNNELS[kind].ends,), records_of(seen_on(tmp_path / "r0", {LEFT, LEFT_6}), LEFT))
    inner = between(((NEAR_INNER, FAR_INNER),),
                    records_of(seen_on(tmp_path / "right-t", {NEAR_INNER}), NEAR_INNER))
    carried = {record["protocol"] for record in outer} - {"1", "58"}
    assert carried == {TUNNELS[kind].number}
    for backend in backends_of(build):
        check(between((TUNNELS[kind].ends,), sensors.records(f"left-{backend}")), outer, TIMES, backend)
        check(between(((NEAR_INNER, FAR_INNER),), sensors.records(f"inner-{backend}")), inner, TIMES, backend)


@pytest.mark.parametrize("kind", ["vxlan", "gre"])
def test_every_segment_of_a_tunnel_has_all_its_headers_again(lab, build, tmp_path, backend, kind):
    """With offloads a packet holds many segments of the tunnel; libpcap is not told how many."""
    connect(lab, Way())
    add_tunnel(lab, TUNNELS[kind])
    lab.run("left", ["ethtool", "-K", "left-t", "tso", "on", "gso", "on", "tx", "on"], check=False)
    sensors = Sensors(lab, build, tmp_path)
    sensors.start(backend)
    running = dump(lab, "right", "r0", tmp_path)
    talk(lab, NEAR_INNER, FAR_INNER)
    sensors.stop()
    running.stop()
    outer = between((FOUR,), records_of(seen_on(tmp_path / "r0", {LEFT}), LEFT))
    without = (*TIMES, "packets", "bytes") if backend == "pcap" else TIMES
    check(between((FOUR,), sensors.records(f"left-{backend}")), outer, without, backend)


VLANS = {
    "802.1Q": [("l0", "tag", "802.1Q", 100)],
    "QinQ": [("l0", "outer", "802.1ad", 5), ("outer", "tag", "802.1Q", 100)],
}


@pytest.mark.parametrize("offloads", [False, True], ids=["without offloads", "offloads"])
@pytest.mark.parametrize("stack", list(VLANS))
def test_a_vlan_is_recorded_on_its_device_and_on_the_one_below(lab, build, tmp_path, stack, offloads):
    """The tags stand before the IP header on l0 and nowhere on the VLAN device: the records are the same."""
    lab.namespace("left", "right")
    lab.link("left", "l0", "right", "r0", offloads=offloads)
    for name, address in (("left", LEFT), ("right", FAR)):
        for below, device, protocol, number in VLANS[stack]:
            below = below if name == "left" else below.replace("l0", "r0")
            add_device(lab, name, f"link {below} name {device} type vlan proto {protocol} id {number}")
            lab.ip(name, f"link set {device} up")
        lab.address(name, "tag", f"{address}/8")
    lab.run("right", ["ethtool", "-K", "r0", *OFFLOADS], check=False)
    sensors = Sensors(lab, build, tmp_path)
    for backend in backends_of(build):
        sensors.start(backend)
        sensors.start(backend, device="tag", name=f"tag-{backend}")
    running = dump(lab, "right", "r0", tmp_path)
    talk(lab, LEFT, FAR)
    sensors.stop()
    running.stop()
    expected = between((FOUR,), records_of(seen_on(tmp_path / "r0", {LEFT}), LEFT))
    for backend in backends_of(build):
        without = (*TIMES, "packets", "bytes") if backend == "pcap" and offloads else TIMES
        # The address is the VLAN device's: l0 has no primary one to put in its place, nor needs one.
        check(between((FOUR,), sensors.records(f"tag-{backend}")), expected, without, f"tag {backend}")
        check(between((FOUR,), sensors.records(f"left-{backend}")), expected, without, f"l0 {backend}")


BRIDGE = "10.9.0.3"


def test_a_bridge_records_what_is_its_own_and_a_port_what_passes(lab, build, tmp_path):
    """left ─ m0 [b0 with an address] m1 ─ right; the wire is at the left, all that is merged is in the middle."""
    connect(lab, Way(offloads=False, bridge=True))
    lab.address("middle", "b0", f"{BRIDGE}/24")
    lab.run("middle", ["ethtool", "-K", "m0", "gro", "on"])
    lab.run("middle", ["ethtool", "-K", "m1", "gro", "on"])
    sensors = Sensors(lab, build, tmp_path)
    for backend in backends_of(build):
        sensors.start(backend, namespace="middle", device="b0", name=f"b0-{backend}")
        sensors.start(backend, namespace="middle", device="m0", name=f"m0-{backend}")
    running = dump(lab, "left", "l0", tmp_path)
    talk(lab, LEFT, BRIDGE, "middle")
    talk(lab, LEFT, FAR)
    sensors.stop()
    running.stop()

    own, passing = ((LEFT, BRIDGE),), ((LEFT, BRIDGE), (LEFT, FAR))
    # What the left sends comes in at the middle; a port has no primary address to show instead of another.
    seen = list(seen_on(tmp_path / "l0", {BRIDGE, FAR}))
    for backend in backends_of(build):
        without = (*TIMES, "packets", "bytes") if backend == "pcap" else TIMES
        check(between(own, sensors.records(f"b0-{backend}")), between(own, records_of(seen, BRIDGE)), without,
              f"b0 {backend}")
        check(between(passing, sensors.records(f"m0-{backend}")), between(passing, records_of(seen, LEFT)),
              (*without, "srcaddr", "dstaddr"), f"m0 {backend}")
