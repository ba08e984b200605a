# SPDX-License-Identifier: Apache-2.0
"""Probes between VPCs, to the internet and from it, and what of Weir's answers about them must hold."""

import dataclasses
import re
from typing import Optional

from kernel import addresses_of
from probes import AIMED, Drawer, ECHOES, Probe, TIMESTAMP, disagreement, listeners_of
from reading import Address, ICMP, ICMPV6, Interface, Rule, TCP, UDP
from routed_reading import INTERNET, RoutedReading

NAT_PORTS = (1024, 65535)
NAT_DOUBT = re.compile(r"network-acl (acl-\w+): some of the NAT gateway's ports pass, others do not")
MEMBER_DOUBT = re.compile(
    r"security-group (sg-\w+): the members of a referenced group are not in the snapshot")
NEW_SOURCE = re.compile(r"source \S+ becomes (\S+?)(?:,|$)")
OTHER_PROTOCOL = 47
PROBABLY_TO_PUBLIC, PROBABLY_TO_NAT, PROBABLY_TO_ITSELF = 0.3, 0.03, 0.04
PROBABLY_BY_NAT = 0.3


class RoutedDrawer(Drawer):
    """
    As Drawer, from anywhere to anywhere, a host's own public address too.  ICMP only asks: translators have no
    place for bare answers.
    """

    _reading: RoutedReading

    def __init__(self, reading: RoutedReading, seed: int):
        super().__init__(reading, seed)
        nats = {nat.id for nat in reading.nats}
        self._behind_nats = [item for item in reading.interfaces if item.subnet != INTERNET
                             and any(route.target in nats for route in reading.routes(item.subnet))]

    def _draw_one(self, number: int) -> Optional[Probe]:
        rng = self._rng
        src, dst = rng.sample(self._reading.interfaces, 2)
        if rng.random() < PROBABLY_TO_ITSELF:
            dst = src
        elif rng.random() < PROBABLY_BY_NAT and self._behind_nats:
            src = rng.choice(self._behind_nats)
            stays = rng.random() < 0.3
            dst = rng.choice([other for other in self._reading.interfaces if other is not src
                              and (stays or self._reading.vpc_of(other) != self._reading.vpc_of(src))])
        if src.subnet == dst.subnet == INTERNET:
            return None
        source, target = self._draw_ends(src, dst)
        if source is None or target is None:
            return None
        rules = [rule for rule in self._reading.group_rules(dst, False) if rule.net.version == source.version]
        rule = rng.choice(rules) if rules and rng.random() < AIMED else None
        icmp = ICMP if source.version == 4 else ICMPV6
        protocol = rng.choices((TCP, UDP, icmp, OTHER_PROTOCOL), (55, 22, 20, 3))[0]
        if rule and rule.protocol in (TCP, UDP, icmp):
            protocol = rule.protocol
        probe = Probe(number, str(source), str(target), src.eni, dst.eni, protocol)
        return probe if self._fill(probe, dst, rule) else None

    def _draw_ends(self, src: Interface, dst: Interface) -> tuple[Optional[Address], Optional[Address]]:
        """Whom it is for by a private or a public address, or, seldom, a NAT gateway in its stead."""
        rng, publics = self._rng, self._reading.publics
        targets = addresses_of(dst)
        if dst.subnet != INTERNET:
            outside = [publics[address] for address in targets if address in publics]
            outside += [address for address in targets if address.version == 6]
            if src.subnet == INTERNET:
                targets = outside
            elif src is dst:
                targets = [address for address in outside if address.version == 4]
            elif outside and rng.random() < PROBABLY_TO_PUBLIC:
                targets = outside
            nats = [address for nat in self._reading.nats for address in (nat.address, nat.public)
                    if address and (src.subnet != INTERNET or address == nat.public)]
            if nats and rng.random() < PROBABLY_TO_NAT:
                targets = nats
        if not targets:
            return None, None
        target = rng.choice(targets)
        sources = [address for address in addresses_of(src) if address.version == target.version]
        return (rng.choice(sources) if sources else None), target

    def _fill(self, probe: Probe, dst: Interface, rule: Optional[Rule]) -> bool:
        """An ICMP that is a question."""
        if probe.protocol not in (ICMP, ICMPV6):
            return super()._fill(probe, dst, rule)
        kinds = ECHOES | {TIMESTAMP}
        probe.icmp_type = self._rng.choice([kind for protocol, kind in sorted(kinds)
                                            if protocol == probe.protocol])
        return True


def listeners_behind(reading: RoutedReading, probes: list[Probe]) -> dict[str, dict[str, list]]:
    """As listeners_of: who is asked by a public address listens on its private one, NAT gateways on none."""
    privates = {str(public): str(private) for private, public in reading.publics.items()}
    nats = {str(address) for nat in reading.nats for address in (nat.address, nat.public)}
    return listeners_of(reading, [dataclasses.replace(probe, dst=privates.get(probe.dst, probe.dst))
                                  for probe in probes if probe.dst not in nats])


def splits_nat_ports(reading: RoutedReading, acl_id: str, protocol: int) -> bool:
    """Whether an ACL tells a NAT gateway's ports apart."""
    acl = next(item for item in reading.documents["NetworkAcls"] if item["NetworkAclId"] == acl_id)
    ports = [(entry["PortRange"]["From"], entry["PortRange"]["To"]) for entry in acl["Entries"]
             if entry["Protocol"] == str(protocol) and "PortRange" in entry]
    return any(low > NAT_PORTS[0] or high < NAT_PORTS[1] for low, high in ports)


def may_be_a_member(reading: RoutedReading, probe: Probe, group_id: str) -> bool:
    """
    Whether a group that is asked refers to others, and the packet is for an IPv6 address outside the estate:
    unlike a public IPv4 address it may be that of a member's interface.
    """
    src = reading.interface_of_eni(probe.src_eni)
    return (group_id in src.groups and any(rule.is_reference for rule in reading.group_rules(src, True))
            and probe.dst_eni.startswith(INTERNET) and ":" in probe.dst)


def is_undecided(answer: dict) -> bool:
    """Replies to what did not arrive are never known."""
    forward = answer["forward"]["verdict"]
    return forward == "unknown" or (forward == "allow" and answer["return"]["verdict"] == "unknown")


def unfounded_doubt(reading: RoutedReading, probe: Probe, answer: dict) -> Optional[str]:
    """Why an undecided answer has no right to be one, or None."""
    for text in answer["unmodelled"]:
        nat, member = NAT_DOUBT.fullmatch(text), MEMBER_DOUBT.fullmatch(text)
        if not ((nat and splits_nat_ports(reading, nat.group(1), probe.protocol)) or
                (member and may_be_a_member(reading, probe, member.group(1)))):
            return f"undecided, and there is no reason for it: {text}"
    return None if answer["unmodelled"] else "undecided without a reason"


def foretold_source(answer: dict) -> str:
    """The source that the packet bears behind its last hop."""
    hop = answer["forward"]["hops"][-1]
    found = NEW_SOURCE.match(hop["text"] or "")
    return found.group(1) if found else hop["src"]


def routed_disagreement(reading: RoutedReading, probe: Probe, answer: dict) -> Optional[str]:
    """What Weir foretells otherwise than it came, or None."""
    forward = answer["forward"]["verdict"]
    if is_undecided(answer) and (forward == "unknown" or probe.has_a_known_answer()):
        wrong = unfounded_doubt(reading, probe, answer)
        if not wrong and forward == "allow" and not probe.arrived:
            wrong = "forward is allow, and the packet did not arrive"
    else:
        wrong = disagreement(probe, answer)
    if not wrong and probe.arrived and foretold_source(answer) != probe.seen_as:
        wrong = f"it should come from {foretold_source(answer)}, and came from {probe.seen_as}"
    return wrong
