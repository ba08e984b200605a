# SPDX-License-Identifier: Apache-2.0
"""Two hosts with a wire between them that carries nothing merged, whatever offloads there are at the left.

	left l0 ─── m0 middle m1 ─── r0 right

Between m1 and r0 there are no offloads: the kernel has cut every packet into what a wire carries, and tcpdump
sees that on r0.
"""

import pathlib
import sys
from typing import NamedTuple

import pytest

import wire
from lab import Lab
from truth import LEFT, LEFT_6

FAR, FAR_6 = "10.9.1.2", "2001:db8:1::2"
PAIRS = ((LEFT, FAR), (LEFT_6, FAR_6))

# RTM_NEWLINK with the largest sizes of merged packets; iproute2 of Debian 12 knows those of IPv6 only.
BIG = """
import socket, struct, sys
IFLA_GSO_MAX_SIZE, IFLA_GRO_MAX_SIZE, IFLA_GSO_IPV4_MAX_SIZE, IFLA_GRO_IPV4_MAX_SIZE = 41, 58, 63, 64
size, index = int(sys.argv[2]), socket.if_nametoindex(sys.argv[1])
body = struct.pack("=BxHiII", 0, 0, index, 0, 0)
for kind in (IFLA_GSO_MAX_SIZE, IFLA_GRO_MAX_SIZE, IFLA_GSO_IPV4_MAX_SIZE, IFLA_GRO_IPV4_MAX_SIZE):
    body += struct.pack("=HHI", 8, kind, size)
link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
link.send(struct.pack("=IHHII", 16 + len(body), 16, 5, 1, 0) + body)
sys.exit(-struct.unpack_from("=i", link.recv(4096), 16)[0])
"""
BIG_SIZE = 200_000


DEVICES = (("left", "l0"), ("middle", "m0"), ("middle", "m1"), ("right", "r0"))


class Way(NamedTuple):
    """How two hosts are connected."""

    offloads: bool = True
    bridge: bool = False
    mtu: int = 1500
    big: bool = False


def connect(lab: Lab, way: Way) -> None:
    """The three namespaces; the right is reached through a router, or through a bridge."""
    lab.namespace("left", "middle", "right")
    lab.link("left", "l0", "middle", "m0", offloads=way.offloads)
    lab.link("middle", "m1", "right", "r0")
    for name, device in DEVICES:
        lab.ip(name, f"link set {device} mtu {way.mtu}")
    if way.offloads:
        # What comes from the wire is merged before it goes on to the left.
        lab.run("middle", ["ethtool", "-K", "m1", "gro", "on", "rx-udp-gro-forwarding", "on"])
    if way.big:
        for name, device in DEVICES:
            if lab.run(name, [sys.executable, "-c", BIG, device, str(BIG_SIZE)], check=False).returncode:
                pytest.skip("this kernel cannot merge packets to more than 64 KB")
    lab.address("left", "l0", f"{LEFT}/24", f"{LEFT_6}/64")
    lab.address("right", "r0", f"{FAR}/24", f"{FAR_6}/64")
    if way.bridge:
        lab.ip("middle", "link add b0 type bridge")
        for device in ("m0", "m1"):
            lab.ip("middle", f"link set {device} master b0")
        lab.ip("middle", "link set b0 up")
        for name, device, others in (("left", "l0", ("10.9.1.0/24", "2001:db8:1::/64")),
                                     ("right", "r0", ("10.9.0.0/24", "2001:db8::/64"))):
            for destination in others:
                lab.ip(name, f"route add {destination} dev {device}")
    else:
        lab.address("middle", "m0", "10.9.0.254/24", "2001:db8::fe/64")
        lab.address("middle", "m1", "10.9.1.254/24", "2001:db8:1::fe/64")
        lab.forward("middle")
        for name, gateways in (("left", ("10.9.0.254", "2001:db8::fe")),
                               ("right", ("10.9.1.254", "2001:db8:1::fe"))):
            for gateway in gateways:
                lab.route(name, "default", gateway)
    for name, device in (("left", "l0"), ("right", "r0")):
        lab.wait_for_link(name, device)


def dump(lab: Lab, name: str, device: str, folder: pathlib.Path):
    """tcpdump on a device, writing to a file of its name."""
    started = lab.start(name, ["tcpdump", "-i", device, "-w", folder / device, "--immediate-mode", "-U", "-s", "200",
                               "-B", "16384", "-Z", "root"])
    started.wait_for_line("listening")
    return started


def seen_on(capture: pathlib.Path, ours: set[str]):
    """The packets of a file as the side of these addresses sees them."""
    for second, frame, _ in wire.frames_of(capture):
        seen = wire.seen_of_frame(frame)
        if seen:
            yield seen, "egress" if seen.src in ours else "ingress", second


def sizes(capture: pathlib.Path, ours: set[str]):
    """The direction and the size of its frames."""
    for _, frame, size in wire.frames_of(capture):
        seen = wire.seen_of_frame(frame)
        if seen:
            yield "egress" if seen.src in ours else "ingress", size


def between(pairs: tuple, records: list[dict]) -> list[dict]:
    """Only what these hosts say to each other, without the discovery of their neighbours."""
    wanted = {frozenset(pair) for pair in pairs}
    return [record for record in records
            if frozenset((record["pkt-srcaddr"], record["pkt-dstaddr"])) in wanted]
