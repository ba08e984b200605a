# SPDX-License-Identifier: Apache-2.0
"""Probes of an estate: drawn near what its rules speak of, sent through the kernel, foretold by Weir."""

import dataclasses
import pathlib
import random
from typing import Optional

from kernel import Agents, addresses_of
from reading import ICMP, ICMPV6, Interface, Reading, Rule, TCP, UDP

COMMON_PORTS = (22, 53, 80, 443, 5432, 8080)
DHCP_PORTS = {67, 68, 546, 547}  # never filtered, and no business of rules
OTHER_PROTOCOLS = (47, 50, 99)
ICMP_TYPES = {ICMP: (0, 3, 8, 8, 8, 11, 13), ICMPV6: (1, 3, 4, 128, 128, 128, 129)}
ECHOES = {(ICMP, 8), (ICMPV6, 128)}
TIMESTAMP = (ICMP, 13)  # the kernel answers this one too
AIMED = 0.6  # of the probes


@dataclasses.dataclass
class Probe:
    """One packet and what became of it."""

    id: int
    src: str
    dst: str
    src_eni: str
    dst_eni: str
    protocol: int
    port: int = 0
    client_port: int = 0
    icmp_type: int = 0
    icmp_code: int = 0
    arrived: bool = False
    answered: bool = False
    seen_as: str = ""  # the source that it arrived with

    def question(self) -> str:
        """PORT as `weir can` takes it."""
        if self.protocol in (TCP, UDP):
            return f"{'tcp' if self.protocol == TCP else 'udp'}/{self.port}"
        if self.protocol in (ICMP, ICMPV6):
            return f"{'icmp' if self.protocol == ICMP else 'icmpv6'}/{self.icmp_type}/{self.icmp_code}"
        return f"proto/{self.protocol}"

    def command(self, snapshot: pathlib.Path) -> list[str]:
        argv = ["can", self.src, self.dst, self.question(), "-s", str(snapshot), "-o", "json"]
        if self.client_port:
            argv += ["--client-ports", f"{self.client_port}-{self.client_port}"]
        return argv

    def is_answered_by_nature(self) -> bool:
        """Whether its receiver answers: listeners and echoes do, errors and bare replies get nothing."""
        return self.protocol not in (ICMP, ICMPV6) or (self.protocol, self.icmp_type) in {*ECHOES, TIMESTAMP}

    def has_a_known_answer(self) -> bool:
        """Whether Weir must know the answer's type and code; for others it may say that it does not."""
        return self.protocol not in (ICMP, ICMPV6) or (
            (self.protocol, self.icmp_type) in ECHOES and self.icmp_code == 0)


def interesting_ports(reading: Reading, interface: Interface, protocol: int, egress: bool) -> list[int]:
    """Ports at and beside the boundaries of what an interface's rules speak of."""
    rules = reading.group_rules(interface, egress) + reading.acl_rules(interface.subnet, egress)
    ports = {port + step for rule in rules if rule.protocol == protocol for port in rule.ports
             for step in (-1, 0, 0, 1)}
    return sorted(port for port in ports if 0 < port < 65536 and port not in DHCP_PORTS)


class Drawer:
    """Draws probes that do not disturb each other: none opens a connection that lets another in."""

    def __init__(self, reading: Reading, seed: int):
        self._reading = reading
        self._rng = random.Random(f"probes {seed}")
        self._taken: set[tuple] = set()

    def draw(self, count: int) -> list[Probe]:
        probes: list[Probe] = []
        while len(probes) < count:
            probe = self._draw_one(len(probes) + 1)
            if probe:
                probes.append(probe)
        listening = {(probe.dst_eni, probe.protocol, probe.port) for probe in probes}
        for probe in probes:
            if probe.protocol in (TCP, UDP):
                probe.client_port = self._client_port(probe, listening)
        return probes

    def _draw_one(self, number: int) -> Optional[Probe]:
        """Half of them aim at what a rule of the receiver lets in; the rest go anywhere."""
        rng = self._rng
        dst = rng.choice(self._reading.interfaces)
        rules = self._reading.group_rules(dst, False)
        rule = rng.choice(rules) if rules and rng.random() < AIMED else None
        sources = [(src, address) for src in self._reading.interfaces if src is not dst
                   for address in addresses_of(src) if rule is None or address in rule.net]
        if not sources:
            return None
        src, source = rng.choice(sources)
        target = rng.choice([address for address in addresses_of(dst) if address.version == source.version])
        icmp = ICMP if source.version == 4 else ICMPV6
        protocol = rng.choices((TCP, UDP, icmp, rng.choice(OTHER_PROTOCOLS)), (52, 20, 20, 8))[0]
        if rule and rule.protocol is not None:
            protocol = rule.protocol
        probe = Probe(number, str(source), str(target), src.eni, dst.eni, protocol)
        return probe if self._fill(probe, dst, rule) else None

    def _fill(self, probe: Probe, dst: Interface, rule: Optional[Rule]) -> bool:
        """Ports, or type and code.  A protocol without ports is tried once between two addresses."""
        rng = self._rng
        if probe.protocol in (ICMP, ICMPV6):
            probe.icmp_type = rng.choice(ICMP_TYPES[probe.protocol])
            probe.icmp_code = rng.choice((0, 0, 1))
            if rule and rule.icmp_type is not None:
                probe.icmp_type = rule.icmp_type
            return (probe.icmp_type, probe.icmp_code) != (TIMESTAMP[1], 1)  # nobody answers that
        if probe.protocol in (TCP, UDP):
            ports = interesting_ports(self._reading, dst, probe.protocol, False) * 2
            probe.port = rng.choice([*ports, *COMMON_PORTS, rng.randrange(1024, 65536)])
            if rule and rule.ports:
                probe.port = rng.choice([*rule.ports, rng.randint(*rule.ports)])
            return 0 < probe.port and probe.port not in DHCP_PORTS
        pair = (frozenset((probe.src, probe.dst)), probe.protocol)
        if pair in self._taken:
            return False
        self._taken.add(pair)
        return True

    def _client_port(self, probe: Probe, listening: set) -> int:
        """An ephemeral port, or one near what the ACL that its replies meet speaks of; nobody else's."""
        interface = self._reading.interface_of_eni(probe.src_eni)
        near = interesting_ports(self._reading, interface, probe.protocol, False)
        while True:
            port = self._rng.randrange(32768, 61000)
            if near and self._rng.random() < 0.35:
                port = self._rng.choice(near)
            key = (probe.src_eni, probe.protocol, port)
            if key not in self._taken and key not in listening:
                self._taken.add(key)
                return port


def listeners_of(reading: Reading, probes: list[Probe]) -> dict[str, dict[str, list]]:
    """What each host must listen on."""
    wanted: dict[str, dict[str, list]] = {item.eni: {"tcp": [], "udp": []} for item in reading.interfaces}
    for probe in probes:
        if probe.protocol in (TCP, UDP):
            ports = wanted[probe.dst_eni]["tcp" if probe.protocol == TCP else "udp"]
            if [probe.dst, probe.port] not in ports:
                ports.append([probe.dst, probe.port])
    return wanted


def send(network: Agents, probes: list[Probe], wait_s: float) -> None:
    """Sends probes through the kernel and notes what became of them."""
    by_source: dict[str, list[dict]] = {}
    for probe in probes:
        by_source.setdefault(probe.src_eni, []).append(dataclasses.asdict(probe))
    seen = network.probe(by_source, wait_s)
    arrived = {eni: {(number, *kind): source for number, source, *kind in report["arrived"]}
               for eni, report in seen.items()}
    for probe in probes:
        mark: tuple = (probe.id,)
        reply: Optional[str] = None
        if probe.protocol in (ICMP, ICMPV6):
            mark = (probe.id, probe.icmp_type, probe.icmp_code)
            kind = probe.icmp_type + (1 if probe.icmp_type in (13, 128) else -8)
            reply = arrived[probe.src_eni].get((probe.id, kind, probe.icmp_code))
        probe.seen_as = arrived[probe.dst_eni].get(mark, "")
        probe.arrived = bool(probe.seen_as)
        probe.answered = probe.id in seen[probe.src_eni]["answered"] or reply == probe.dst


def disagreement(probe: Probe, answer: dict) -> Optional[str]:
    """What Weir foretells otherwise than it came, or None."""
    forward, back = answer["forward"]["verdict"], answer["return"]["verdict"]
    if forward != ("allow" if probe.arrived else "deny"):
        return f"forward is {forward}, and the packet {'arrived' if probe.arrived else 'did not arrive'}"
    if not probe.is_answered_by_nature() or not probe.arrived:
        return None
    if back == "unknown" and not probe.has_a_known_answer():
        return None
    came = "came back" if probe.answered else "did not come back"
    if back != ("allow" if probe.answered else "deny"):
        return f"return is {back}, and the answer {came}"
    needed = probe.protocol not in (UDP, *OTHER_PROTOCOLS)
    expected = "reachable" if probe.answered or not needed else "unreachable"
    if answer["verdict"] != expected:
        return f"the verdict is {answer['verdict']}, and the answer {came}"
    return None
