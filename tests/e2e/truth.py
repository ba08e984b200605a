# SPDX-License-Identifier: Apache-2.0
"""What weir-sensor must record of given frames, worked out by scapy, which shares nothing with it."""

import collections
import json

from scapy.all import (ARP, ICMP, IP, TCP, UDP, Dot1AD, Dot1Q, Ether, GRE, ICMPv6EchoRequest,
                       ICMPv6ND_NS, IPOption_Router_Alert, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
                       IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, Raw, SCTP, fragment, fragment6)

FIELDS = ("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start "
          "end action log-status tcp-flags type pkt-srcaddr pkt-dstaddr flow-direction vpc-id").split()
FORMAT = " ".join("${%s}" % field for field in FIELDS)
ACCOUNT, ENI = "123456789012", "eni-0a1b2c3d4e5f60718"
LEFT, LEFT_2, RIGHT = "10.9.0.1", "10.9.0.7", "10.9.0.2"
LEFT_6, RIGHT_6 = "2001:db8::1", "2001:db8::2"
LEFT_MAC, RIGHT_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"


def read_records(text: str) -> list[dict]:
    """Of a file that is being written too: half a line at its end is none yet."""
    lines = text[:text.rfind("\n") + 1].splitlines()
    assert lines and lines[0].split() == FIELDS
    return [dict(zip(FIELDS, line.split(" "), strict=True)) for line in lines[1:]]


def header_of(packet):
    """The IP header of a frame, the protocol it announces, and where that begins; None without one."""
    ip = packet.getlayer(IP) or packet.getlayer(IPv6)
    if ip is None or packet.getlayer(ARP):
        return None
    if isinstance(ip, IP):
        return ip, ip.proto, ip.payload, ip.frag != 0
    layer, number = ip.payload, ip.nh
    while type(layer).__name__.startswith("IPv6ExtHdr"):
        number, later = layer.nh, isinstance(layer, IPv6ExtHdrFragment) and layer.offset != 0
        layer = layer.payload
        if later:
            return ip, number, layer, True
    return ip, number, layer, False


def datagram_of(packet):
    """What the fragments of a datagram have in common; None for what is no fragment."""
    ip, number, *_ = header_of(packet)
    if isinstance(ip, IP):
        return (ip.src, ip.dst, number, ip.id) if ip.flags.MF or ip.frag else None
    layer = packet.getlayer(IPv6ExtHdrFragment)
    return (ip.src, ip.dst, number, layer.id) if layer and (layer.m or layer.offset) else None


def is_lone(packet, datagrams: dict) -> bool:
    """A later fragment of a datagram whose first is not among those seen."""
    return header_of(packet)[3] and datagram_of(packet) not in datagrams


def truth_of(packet, direction: str, datagrams: dict) -> tuple:
    """The identity of the flow that a frame belongs to, its bytes and its tcp-flags.

    datagrams: the ports by datagram, of those whose first fragment was seen before.
    """
    ip, number, payload, later = header_of(packet)
    ports, flags = (0, 0), 0
    if later:
        ports = datagrams.get(datagram_of(packet), ports)
    elif number in (6, 17, 132):
        ports = (payload.sport, payload.dport)
    if not later and datagram_of(packet):
        datagrams[datagram_of(packet)] = ports
    if not later and number == 6:
        bits = int(payload.flags)
        flags = 18 if bits & 18 == 18 else bits & 7
    size = ip.len if isinstance(ip, IP) else 40 + ip.plen
    return (direction, ip.src, ip.dst, *ports, number), size, flags


def truth(sent: list[tuple], primary: str) -> list[dict]:
    """The records of (frame, direction, second) without the fields that depend on nothing of them."""
    flows: dict[tuple, list] = collections.OrderedDict()
    datagrams: dict[tuple, tuple] = {}
    for packet, direction, second in sent:
        packet = type(packet)(bytes(packet))
        if header_of(packet) is None:
            continue
        key, size, flags = truth_of(packet, direction, datagrams)
        flow = flows.setdefault(key, [0, 0, 0, second, second])
        flow[0], flow[1], flow[2] = flow[0] + 1, flow[1] + size, flow[2] | flags
        flow[3], flow[4] = min(flow[3], second), max(flow[4], second)
    return [record_of(key, flow, primary) for key, flow in flows.items()]


def record_of(key: tuple, flow: list, primary: str) -> dict:
    direction, src, dst, sport, dport, number = key
    four = ":" not in src
    values = {
        "version": 5, "account-id": ACCOUNT, "interface-id": ENI,
        "srcaddr": primary if four and direction == "egress" else src,
        "dstaddr": primary if four and direction == "ingress" else dst,
        "srcport": sport, "dstport": dport, "protocol": number, "packets": flow[0], "bytes": flow[1],
        "start": flow[3], "end": flow[4], "action": "ACCEPT", "log-status": "OK", "tcp-flags": flow[2],
        "type": "IPv4" if four else "IPv6", "pkt-srcaddr": src, "pkt-dstaddr": dst,
        "flow-direction": direction, "vpc-id": "-"}
    return {field: str(value) for field, value in values.items()}


def in_order(records: list[dict], without: tuple = ()) -> list[str]:
    return sorted(json.dumps({field: value for field, value in record.items() if field not in without})
                  for record in records)


def frames_of_every_shape(src_mac: str, dst_mac: str, four: tuple, six: tuple) -> list:
    ether = Ether(src=src_mac, dst=dst_mac)
    ip, ip6 = IP(src=four[0], dst=four[1]), IPv6(src=six[0], dst=six[1])
    tcp = TCP(sport=40000, dport=443)
    shapes = [
        ip / TCP(sport=40000, dport=443, flags="S"), ip / TCP(sport=40000, dport=443, flags="A"),
        ip / TCP(sport=40000, dport=443, flags="PA") / Raw(b"x" * 700),
        ip / TCP(sport=40000, dport=443, flags="FA"),
        ip / TCP(sport=443, dport=40001, flags="SA"), ip / TCP(sport=23, dport=40002, flags="RA"),
        ip / TCP(sport=40003, dport=22, flags="SEC", options=[("MSS", 1460), ("Timestamp", (1, 0))]),
        IP(src=four[0], dst=four[1], options=[IPOption_Router_Alert()]) / UDP(sport=53, dport=5353),
        ip / UDP(sport=53, dport=5353) / Raw(b"q" * 33), ip / SCTP(sport=2905, dport=2906),
        ip / ICMP(type=8) / Raw(b"p" * 56), ip / ICMP(type=3, code=3) / Raw(b"p" * 28),
        ip / GRE() / IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=1, dport=2),
        IP(src=four[0], dst=four[1], proto=50) / Raw(b"e" * 40),
        *fragment(IP(src=four[0], dst=four[1], id=7) / UDP(sport=6000, dport=6001) / Raw(b"f" * 3000), fragsize=1400),
        # The first of this one comes last: too late for the others.
        *reversed(fragment(IP(src=four[0], dst=four[1], id=8) / UDP(sport=6002, dport=6003) / Raw(b"f" * 3000),
                           fragsize=1400)),
        ip6 / tcp, ip6 / UDP(sport=53, dport=5353) / Raw(b"q" * 33), ip6 / ICMPv6EchoRequest(data=b"p" * 56),
        ip6 / ICMPv6ND_NS(tgt=six[1]), ip6 / SCTP(sport=2905, dport=2906),
        ip6 / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() / UDP(sport=7000, dport=7001),
        ip6 / IPv6ExtHdrRouting(addresses=[six[0]]) / TCP(sport=7002, dport=7003, flags="F"),
        *fragment6(ip6 / IPv6ExtHdrFragment(id=9) / UDP(sport=7004, dport=7005) / Raw(b"f" * 3000), 1280),
        Dot1Q(vlan=100) / ip / UDP(sport=8000, dport=8001),
        Dot1Q(vlan=100) / ip6 / TCP(sport=8002, dport=8003, flags="S"),
        Dot1AD(vlan=5) / Dot1Q(vlan=100) / ip / TCP(sport=8004, dport=8005, flags="SA"),
        ARP(psrc="192.0.2.9", pdst="192.0.2.8"),
    ]
    frames = [ether / shape for shape in shapes]
    # Ethernet pads to 60 bytes; what pads is no payload.
    return [type(frame)(bytes(frame).ljust(60, b"\xff")) for frame in frames]


def both_ways() -> tuple[list, list]:
    """What the right sends, the last of it to other addresses than the primary one, and the left."""
    to_left = frames_of_every_shape(RIGHT_MAC, LEFT_MAC, (RIGHT, LEFT), (RIGHT_6, LEFT_6))
    for address in (LEFT_2, "100.64.9.9", "10.9.0.255", "224.0.0.251"):
        to_left.append(Ether(src=RIGHT_MAC, dst=LEFT_MAC) / IP(src=RIGHT, dst=address) / UDP(sport=9, dport=9))
    from_left = frames_of_every_shape(LEFT_MAC, RIGHT_MAC, (LEFT, RIGHT), (LEFT_6, RIGHT_6))
    for address in (LEFT_2, "100.64.9.9"):
        from_left.append(Ether(src=LEFT_MAC, dst=RIGHT_MAC) / IP(src=address, dst=RIGHT) / UDP(sport=9, dport=9))
    return to_left, from_left
