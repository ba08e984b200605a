# SPDX-License-Identifier: Apache-2.0
"""Rules as Z3 formulas over the bits of a packet, and the answer of `weir can` as one of the same packet."""

import dataclasses
from typing import Optional

import z3

from reading import Address, ICMP, ICMPV6, Interface, Reading, Rule, TCP, UDP

NUMBERS = {"tcp": TCP, "udp": UDP, "icmp": ICMP, "icmpv6": ICMPV6, "gre": 47, "esp": 50, "sctp": 132}
# RFC 792 and RFC 4443: errors and answers, which nothing answers.
QUERIES = {ICMP: (8, 13, 15, 17), ICMPV6: (128,)}  # all others are never answered
ECHO_ANSWERS = {ICMP: (8, 0), ICMPV6: (128, 129)}
WITH_PORTS_OR_TYPES = (TCP, UDP, ICMP, ICMPV6)


@dataclasses.dataclass(frozen=True)
class Packet:
    """The header fields that rules look at, as unknowns."""

    src: z3.BitVecRef
    dst: z3.BitVecRef
    protocol: z3.BitVecRef
    port: z3.BitVecRef
    icmp_type: z3.BitVecRef
    icmp_code: z3.BitVecRef

    @classmethod
    def unknown(cls, name: str, version: int) -> "Packet":
        bits = 32 if version == 4 else 128
        widths = {"src": bits, "dst": bits, "protocol": 8, "port": 16, "icmp_type": 8, "icmp_code": 8}
        return cls(**{field: z3.BitVec(f"{name}.{field}", width) for field, width in widths.items()})

    def answers(self, asked: "Packet") -> z3.BoolRef:
        """It goes back; an echo's answer has a known type and, as Linux does it, the code of the question."""
        echoes = [z3.Implies(z3.And(asked.protocol == protocol, asked.icmp_type == ask),
                             z3.And(self.icmp_type == answer, self.icmp_code == asked.icmp_code))
                  for protocol, (ask, answer) in ECHO_ANSWERS.items()]
        return z3.And(self.src == asked.dst, self.dst == asked.src, self.protocol == asked.protocol, *echoes)

    def is_never_answered(self) -> z3.BoolRef:
        return z3.Or([z3.And(self.protocol == protocol, *[self.icmp_type != kind for kind in kinds])
                      for protocol, kinds in QUERIES.items()])


def within(value: z3.BitVecRef, low: int, high: int) -> z3.BoolRef:
    return z3.And(z3.UGE(value, low), z3.ULE(value, high))


def in_net(address: z3.BitVecRef, net) -> z3.BoolRef:
    """The bits that the prefix covers are the network's."""
    bits = address.size()
    if bits != net.max_prefixlen:
        return z3.BoolVal(False)
    if net.prefixlen == 0:
        return z3.BoolVal(True)
    prefix = int(net.network_address) >> (bits - net.prefixlen)
    return z3.Extract(bits - 1, bits - net.prefixlen, address) == z3.BitVecVal(prefix, net.prefixlen)


def matches(rule: Rule, peer: z3.BitVecRef, packet: Packet) -> z3.BoolRef:
    terms = [in_net(peer, rule.net)]
    if rule.protocol is not None:
        terms.append(packet.protocol == rule.protocol)
    if rule.ports is not None:
        terms.append(within(packet.port, *rule.ports))
    if rule.icmp_type is not None:
        terms.append(packet.icmp_type == rule.icmp_type)
    if rule.icmp_code is not None:
        terms.append(packet.icmp_code == rule.icmp_code)
    return z3.And(terms)


def groups_allow(rules: list[Rule], peer: z3.BitVecRef, packet: Packet) -> z3.BoolRef:
    return z3.Or([matches(rule, peer, packet) for rule in rules])


def acl_allows(rules: list[Rule], peer: z3.BitVecRef, packet: Packet) -> z3.BoolRef:
    """First match decides: the last rule is the innermost."""
    answer = z3.BoolVal(False)
    for rule in reversed(rules):
        answer = z3.If(matches(rule, peer, packet), z3.BoolVal(rule.allow), answer)
    return answer


def route_leads(reading: Reading, subnet: str, packet: Packet) -> z3.BoolRef:
    """Longest prefix first; only `local` stays in the VPC."""
    answer = z3.BoolVal(False)
    for route in sorted(reading.routes(subnet), key=lambda route: route.net.prefixlen):
        answer = z3.If(in_net(packet.dst, route.net), z3.BoolVal(route.local and not route.blackhole), answer)
    return answer


def crosses(reading: Reading, src: Interface, dst: Interface, packet: Packet) -> z3.BoolRef:
    """From subnet to subnet, as ACLs and routes have it; inside one subnet they have no say."""
    if src.subnet == dst.subnet:
        return z3.BoolVal(True)
    return z3.And(acl_allows(reading.acl_rules(src.subnet, True), packet.dst, packet),
                  route_leads(reading, src.subnet, packet),
                  acl_allows(reading.acl_rules(dst.subnet, False), packet.src, packet))


def arrives(reading: Reading, src: Interface, dst: Interface, packet: Packet) -> z3.BoolRef:
    """aws-semantics.md 8, forward, inside one VPC."""
    return z3.And(groups_allow(reading.group_rules(src, True), packet.dst, packet),
                  crosses(reading, src, dst, packet),
                  groups_allow(reading.group_rules(dst, False), packet.src, packet))


def is_at(packet: Packet, src: Address, dst: Address) -> z3.BoolRef:
    return z3.And(packet.src == int(src), packet.dst == int(dst))


def covers(item: dict, packet: Packet, named: set[int]) -> z3.BoolRef:
    """One entry of "ports": "other" is every protocol that no rule on the way names."""
    if item["protocol"] == "other":
        return z3.And([packet.protocol != number for number in {*named, *WITH_PORTS_OR_TYPES}])
    number = NUMBERS.get(item["protocol"]) or int(item["protocol"])
    terms = [packet.protocol == number]
    if number in (TCP, UDP):
        terms.append(within(packet.port, item["from"], item["to"]))
    elif number in (ICMP, ICMPV6):
        terms.append(within(packet.icmp_type, item["from"], item["to"]))
        if "code" in item:
            terms.append(within(packet.icmp_code, item["code"], item["code_to"]))
    return z3.And(terms)


def named_protocols(reading: Reading, src: Interface, dst: Interface) -> set[int]:
    """By a rule on the way: of the groups of both, and of the ACLs unless both are in one subnet."""
    rules = [rule for interface in (src, dst) for egress in (True, False)
             for rule in reading.group_rules(interface, egress)]
    if src.subnet != dst.subnet:
        rules += [rule for interface in (src, dst) for egress in (True, False)
                  for rule in reading.acl_rules(interface.subnet, egress)]
    return {rule.protocol for rule in rules if rule.protocol is not None}


def counterexample(*claims: z3.BoolRef) -> Optional[str]:
    """Values that make all claims true, or None when there are none."""
    solver = z3.Solver()
    solver.add(*claims)
    if solver.check() == z3.unsat:
        return None
    model = solver.model()
    return ", ".join(sorted(f"{unknown} = {model[unknown]}" for unknown in model.decls()))
