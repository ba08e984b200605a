# SPDX-License-Identifier: Apache-2.0
"""Frames of every shape that flow logs have a say about, in groups; each group has addresses of its own."""

import struct
from typing import Callable, NamedTuple

from scapy.all import (ICMP, IP, TCP, UDP, Dot1AD, Dot1Q, Ether, GRE, ICMPv6DestUnreach, ICMPv6EchoReply,
                       ICMPv6EchoRequest, IPOption_NOP, IPOption_Router_Alert, IPv6, IPv6ExtHdrDestOpt,
                       IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, Packet, Raw, SCTP, fragment,
                       fragment6)

AH_NUMBER, FRAGMENT, NONE, UDP_NUMBER, EXPERIMENT = 51, 44, 59, 17, 253
LEAST = 60


class Ends(NamedTuple):
    """Where a group's packets come from and go to: IP headers of both families to put things behind."""

    four: IP
    six: IPv6


def group_ends(number: int, to_left: bool) -> Ends:
    """Addresses 198.51.100.N and 203.0.113.N, 2001:db8:a::N and 2001:db8:b::N, which nobody has."""
    four, six = (f"198.51.100.{number}", f"203.0.113.{number}"), (f"2001:db8:a::{number:x}", f"2001:db8:b::{number:x}")
    if to_left:
        four, six = four[::-1], six[::-1]
    return Ends(IP(src=four[0], dst=four[1]), IPv6(src=six[0], dst=six[1]))


def udp(port: int, size: int = 0) -> Packet:
    return UDP(sport=port, dport=port + 1) / Raw(b"d" * size)


def chain(six: IPv6, kinds: list[int], last: int = UDP_NUMBER, units: int = 0, port: int = 900) -> Packet:
    """Extension headers one after the other, each of eight bytes and units more, in front of UDP."""
    content = bytes(udp(port)) if last == UDP_NUMBER else b""
    for kind, following in reversed(list(zip(kinds, [*kinds[1:], last]))):
        # Of AH the length counts in four bytes; a fragment header has none.
        size = {FRAGMENT: 0, AH_NUMBER: units * 2}.get(kind, units)
        body = bytes([following, size]) + bytes(6 + (0 if kind == FRAGMENT else units * 8))
        content = body + content
    return six.__class__(src=six.src, dst=six.dst, nh=kinds[0]) / Raw(content)


def ipv4_options(ends: Ends) -> list[Packet]:
    four = ends.four
    return [IP(src=four.src, dst=four.dst, options=options) / upper
            for options in ([IPOption_Router_Alert()], [IPOption_NOP()] * 20, [IPOption_NOP()] * 40)
            for upper in (udp(100, 20), TCP(sport=102, dport=103, flags="S"), ICMP(type=8))]


def extension_headers(ends: Ends) -> list[Packet]:
    six = ends.six
    return [chain(six, [0], port=200), chain(six, [60], port=202), chain(six, [43], port=204),
            chain(six, [AH_NUMBER], units=1, port=206), chain(six, [135], NONE), chain(six, [139], port=208),
            chain(six, [140], port=210), chain(six, [0, 60, 43, FRAGMENT, AH_NUMBER, 60], port=212),
            chain(six, [0] + [60] * 7, port=214), chain(six, [60], NONE),
            six / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() / udp(218, 9),
            six / IPv6ExtHdrRouting(addresses=[six.src]) / TCP(sport=220, dport=221, flags="F")]


def icmp(ends: Ends) -> list[Packet]:
    four, six = ends
    return [four / ICMP(type=8) / Raw(b"p" * 56), four / ICMP(type=0) / Raw(b"p" * 56),
            four / ICMP(type=3, code=3) / Raw(b"p" * 28), four / ICMP(type=11) / Raw(b"p" * 28),
            six / ICMPv6EchoRequest(data=b"p" * 56), six / ICMPv6EchoReply(data=b"p" * 56),
            six / ICMPv6DestUnreach(code=4) / Raw(b"p" * 48)]


def other_protocols(ends: Ends) -> list[Packet]:
    frames = []
    for ip in ends:
        def behind(number: int, size: int = 40) -> Packet:
            field = "proto" if isinstance(ip, IP) else "nh"
            return type(ip)(src=ip.src, dst=ip.dst, **{field: number}) / Raw(b"\x45" * size)
        frames += [ip / SCTP(sport=2905, dport=2906) / Raw(b"s" * 16), behind(50), behind(EXPERIMENT), behind(2),
                   behind(103)]
    return frames


def without_payload(ends: Ends) -> list[Packet]:
    """An IP header and nothing behind it but what fills up the frame; no jumbogram is without its option."""
    four, six = ends
    return [IP(src=four.src, dst=four.dst, proto=EXPERIMENT), IPv6(src=six.src, dst=six.dst, nh=NONE),
            IPv6(src=six.src, dst=six.dst, nh=EXPERIMENT)]


def tunnels(ends: Ends) -> list[Packet]:
    """VXLAN, Geneve, GRE, IP in IP: by their outer header, as AWS records them."""
    inner = IP(src="192.0.2.1", dst="192.0.2.2") / TCP(sport=1, dport=2, flags="S")
    inner_6 = IPv6(src="2001:db8:c::1", dst="2001:db8:c::2") / TCP(sport=1, dport=2, flags="S")
    vxlan = struct.pack("!II", 0x08000000, 7 << 8)
    geneve = struct.pack("!HHI", 0, 0x6558, 7 << 8)
    frames = []
    for ip in ends:
        field = "proto" if isinstance(ip, IP) else "nh"
        outer = {number: type(ip)(src=ip.src, dst=ip.dst, **{field: number}) for number in (4, 41)}
        frames += [ip / UDP(sport=50000, dport=4789) / Raw(vxlan) / Ether() / inner,
                   ip / UDP(sport=50000, dport=6081) / Raw(geneve) / Ether() / inner_6,
                   ip / GRE() / inner, ip / GRE(key_present=1, key=7, proto=0x6558) / Ether() / inner,
                   outer[4] / Raw(bytes(inner)), outer[41] / Raw(bytes(inner_6))]
    return frames


def tags(ends: Ends) -> list[Packet]:
    frames = []
    for i, ip in enumerate(ends):
        port = 300 + 20 * i
        frames += [Dot1Q(vlan=100) / ip / udp(port, 30), Dot1Q(vlan=0, prio=5) / ip / udp(port + 2),
                   Dot1AD(vlan=5) / Dot1Q(vlan=100) / ip / TCP(sport=port + 4, dport=1, flags="SA"),
                   Dot1Q(vlan=5) / Dot1Q(vlan=100) / ip / udp(port + 6), Dot1AD(vlan=5) / ip / udp(port + 8)]
    return frames


def tcp_flags(ends: Ends) -> list[Packet]:
    """One connection after another; what is recorded are the flags of all its packets together."""
    connections = ["S A PA FA A", "SA A FA", "A PA A", "S", "S R", "RA", "SEC A", "SAE", "FSRPAUEC", "U", "FA RA"]
    return [ip / TCP(sport=400 + i, dport=80, flags=flags) for ip in ends
            for i, connection in enumerate(connections) for flags in connection.split()]


def fragments(ends: Ends) -> list[Packet]:
    """In order, interleaved, the first one last, never, or twice; every datagram has a number of its own."""
    four, six = ends

    def cut(number: int, upper: Packet) -> list[Packet]:
        return fragment(IP(src=four.src, dst=four.dst, id=number) / upper, fragsize=600)

    def cut_6(number: int, upper: Packet) -> list[Packet]:
        return fragment6(six / IPv6ExtHdrFragment(id=number) / upper, 700)

    a, b = cut(1, udp(500, 2000)), cut(2, udp(502, 2000))
    late, orphan, twice = cut(3, udp(504, 1500)), cut(4, udp(506, 1500)), cut(5, udp(508, 1500))
    again = cut(1, udp(510, 1500))
    a6, b6 = cut_6(1, udp(520, 2000)), cut_6(2, udp(522, 2000))
    late_6, orphan_6 = cut_6(3, udp(524, 1500)), cut_6(4, udp(526, 1500))
    return [*a, *[packet for pair in zip(b, a6) for packet in pair], *b6, *late[::-1], *orphan[1:], *twice, *twice[:1],
            *twice[1:], *again, *late_6[::-1], *orphan_6[1:],
            *cut(6, TCP(sport=512, dport=80, flags="FPA") / Raw(b"t" * 1500)), *cut(7, ICMP(type=8) / Raw(b"p" * 1500)),
            *cut(1, TCP(sport=514, dport=80, flags="S") / Raw(b"t" * 900)),
            *cut_6(6, TCP(sport=528, dport=80, flags="FPA") / Raw(b"t" * 1500)),
            *cut_6(7, ICMPv6EchoRequest(data=b"p" * 1500)),
            *fragment6(six / IPv6ExtHdrHopByHop() / IPv6ExtHdrRouting(addresses=[six.src]) /
                       IPv6ExtHdrFragment(id=9) / udp(532, 1500), 700)]


def fragmented_options(ends: Ends) -> list[Packet]:
    """Behind the fragment header are options, in later fragments too it says so; the flow is of the UDP behind."""
    six = ends.six
    datagram = bytes(IPv6ExtHdrDestOpt(nh=UDP_NUMBER) / UDP(sport=530, dport=531, len=8 + 1000) / Raw(b"d" * 1000))
    first, rest = datagram[:512], datagram[512:]
    return [six / IPv6ExtHdrFragment(id=8, nh=60, m=1) / Raw(first),
            six / IPv6ExtHdrFragment(id=8, nh=60, m=0, offset=len(first) // 8) / Raw(rest)]


GROUPS: dict[str, Callable[[Ends], list[Packet]]] = {
    "IPv4 options": ipv4_options, "extension headers": extension_headers, "ICMP": icmp,
    "other protocols": other_protocols, "no payload": without_payload, "tunnels": tunnels, "VLAN tags": tags, "TCP flags": tcp_flags,
    "fragments": fragments, "fragmented options": fragmented_options,
}


def frames_of_group(name: str, macs: tuple[str, str], to_left: bool, size: int = LEAST) -> list[bytes]:
    """The frames of a group, from one MAC address to another; what fills them up is no payload."""
    ends = group_ends(1 + list(GROUPS).index(name), to_left)
    return [bytes(Ether(src=macs[0], dst=macs[1]) / shape).ljust(size, b"\xff") for shape in GROUPS[name](ends)]


def group_of(address: str) -> str:
    """The group that an address is of."""
    last = int(address.rsplit(":", 1)[1], 16) if ":" in address else int(address.rsplit(".", 1)[1])
    return list(GROUPS)[last - 1]
