# SPDX-License-Identifier: Apache-2.0
"""The set of packets that `weir can` without PORT gives, against the same rules as formulas: Z3 looks for a
packet that the two judge differently and finds none.

WEIR_SEED is the seed of the first estate (1).
"""

import os
import pathlib
import random
from typing import Iterator, Optional

import pytest

import estate
from reading import Address, ICMP, ICMPV6, Interface, Reading, TCP, UDP, read
from weir import ask

z3 = pytest.importorskip("z3", reason="python3-z3 is not installed")

from formulas import (WITH_PORTS_OR_TYPES, Packet, arrives, counterexample, covers,  # noqa: E402
                      crosses, groups_allow, is_at, named_protocols, within)

FIRST_SEED = int(os.environ.get("WEIR_SEED", "1"))
SEEDS = range(FIRST_SEED, FIRST_SEED + 40)
PAIRS_AN_ESTATE = 3
SIZES = ((4, 0.5), (12, 0.15), (34, 0.04))  # permissions a direction, and how broad they are
LARGE_SIZE, LARGE_RULES_MIN = (260, 0.001), 300  # and how many rules the groups of a pair have at least
LARGE_SEEDS = range(FIRST_SEED + 1000, FIRST_SEED + 1006)
CLIENT_PORTS = (32768, 60999)
CHECKS = ("tcp", "udp", "icmp", "other protocols", "the rules it names")


class Pair:
    """Two addresses of an estate, what Weir says of them, and the formulas that the documents make."""

    def __init__(self, reading: Reading, ends: tuple, client_ports: tuple[int, int], answer: dict):
        self.reading, (self.src, src, self.dst, dst) = reading, ends
        self.client_ports, self.items = client_ports, answer["ports"]
        self.packet = Packet.unknown("packet", src.version)
        self.reply = Packet.unknown("reply", src.version)
        self.here = is_at(self.packet, src, dst)
        self.forward = arrives(reading, self.src, self.dst, self.packet)
        self.back = z3.And(self.reply.answers(self.packet), crosses(reading, self.dst, self.src, self.reply))
        self.named = named_protocols(reading, self.src, self.dst)

    def judged(self, verdict: str) -> z3.BoolRef:
        """The packets that Weir gives this verdict."""
        items = [item for item in self.items if item["verdict"] == verdict]
        return z3.Or([covers(item, self.packet, self.named) for item in items])

    def set_differs(self, protocol: z3.BoolRef) -> Optional[str]:
        """Where no reply is needed the set is exact."""
        return (counterexample(self.here, protocol, z3.Xor(self.forward, self.judged("allow")))
                or counterexample(self.here, protocol, self.judged("unknown")))

    def connection_differs(self, protocol: z3.BoolRef, reply: z3.BoolRef) -> Optional[str]:
        """Allowed: whatever reply there may be gets back.  Denied: none does.  Unknown: the rest."""
        allow, unknown = self.judged("allow"), self.judged("unknown")
        here = (self.here, protocol, reply, self.reply.answers(self.packet))
        connects = z3.And(self.forward, self.back)
        suffices = z3.Or(connects, z3.And(self.forward, self.packet.is_never_answered()))
        return (counterexample(*here, allow, z3.Not(suffices))
                or counterexample(*here, z3.Not(z3.Or(allow, unknown)), connects)
                or counterexample(*here, unknown, z3.Not(self.forward)))

    def tcp(self) -> Optional[str]:
        """Undecided only when some client ports get their replies and others do not."""
        protocol = self.packet.protocol == TCP
        client_port = within(self.reply.port, *self.client_ports)
        wrong = self.connection_differs(protocol, client_port)
        if wrong or counterexample(self.here, protocol, self.judged("unknown")) is None:
            return wrong
        here = (self.here, protocol, client_port, self.reply.answers(self.packet))
        halves = (self.back, z3.Not(self.back))
        differ = all(counterexample(*here, half) for half in halves)
        return None if differ else "undecided, yet all client ports fare alike"

    def udp(self) -> Optional[str]:
        return self.set_differs(self.packet.protocol == UDP)

    def icmp(self) -> Optional[str]:
        """An echo without a code of its own is always decided."""
        number, echo = (ICMP, 8) if self.packet.src.size() == 32 else (ICMPV6, 128)
        protocol = self.packet.protocol == number
        is_echo = z3.And(self.packet.icmp_type == echo, self.packet.icmp_code == 0)
        return (self.connection_differs(protocol, z3.BoolVal(True))
                or counterexample(self.here, protocol, is_echo, self.judged("unknown")))

    def other_protocols(self) -> Optional[str]:
        return self.set_differs(z3.And([self.packet.protocol != number for number in WITH_PORTS_OR_TYPES]))

    def the_rules_it_names(self) -> Optional[str]:
        """A rule that is said to let a range in lets all of it in, and the receiver carries its group."""
        for item in self.items:
            if not item["rule"]:
                continue
            group, egress, rules = self.reading.row(item["rule"])
            lets_in = groups_allow(rules, self.packet.src, self.packet)
            wrong = counterexample(self.here, covers(item, self.packet, self.named), z3.Not(lets_in))
            if wrong or egress or group not in self.dst.groups:
                return f"{item['rule']} does not let in all of {item}: {wrong}"
        return None

    def differences(self) -> Iterator[str]:
        for check in CHECKS:
            wrong = getattr(self, check.replace(" ", "_"))()
            if wrong:
                yield f"{check}: {wrong}"


def draw_pair(reading: Reading, rng: random.Random) -> tuple[Interface, Address, Interface, Address]:
    """Two interfaces, each with an address; both of one family."""
    src, dst = rng.sample(reading.interfaces, 2)
    source = rng.choice(src.addresses)
    target = rng.choice([address for address in dst.addresses if address.version == source.version])
    return src, source, dst, target


def pairs_of(seed: int, build: pathlib.Path, folder: pathlib.Path,
             size: Optional[tuple[int, float]] = None) -> Iterator[tuple[Pair, str]]:
    """Pairs of one estate, each with the command that Weir was asked by."""
    rules_max, breadth = size or SIZES[seed % len(SIZES)]
    documents = estate.generate(seed, rules_max=rules_max, breadth=breadth)
    snapshot = estate.write(documents, folder / f"seed-{seed}")
    reading, rng = Reading(read(snapshot)), random.Random(f"pairs {seed}")
    for _ in range(PAIRS_AN_ESTATE):
        ends = draw_pair(reading, rng)
        low = rng.randint(1024, 65535)
        client_ports = rng.choice((CLIENT_PORTS, (1024, 65535), (low, low)))
        argv = ["can", str(ends[1]), str(ends[3]), "-s", str(snapshot), "-o", "json",
                "--client-ports", f"{client_ports[0]}-{client_ports[1]}"]
        yield Pair(reading, ends, client_ports, ask(build, argv)), "weir " + " ".join(argv)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_solver_finds_no_packet_that_weir_judges_otherwise(seed, build, folder):
    wrong = [f"{command}\n  {what}" for pair, command in pairs_of(seed, build, folder)
             for what in pair.differences()]
    assert not wrong, f"seed {seed}:\n" + "\n".join(wrong)


def rule_count(pair: Pair) -> int:
    """What has a say in the direction of the question."""
    return len(pair.reading.group_rules(pair.src, True)) + len(pair.reading.group_rules(pair.dst, False))


@pytest.mark.parametrize("seed", LARGE_SEEDS)
def test_of_hundreds_of_rules_the_set_is_exact(seed, build, folder):
    pairs = list(pairs_of(seed, build, folder, LARGE_SIZE))
    assert max(rule_count(pair) for pair, _ in pairs) >= LARGE_RULES_MIN
    wrong = [f"{command}\n  {what}" for pair, command in pairs for what in pair.differences()]
    assert not wrong, f"seed {seed}:\n" + "\n".join(wrong)


def test_the_solver_finds_the_packet_that_a_set_leaves_out(build, folder):
    pairs = [pair for seed in SEEDS[:6] for pair, _ in pairs_of(seed, build, folder)]
    ranges = [(pair, item) for pair in pairs for item in pair.items
              if item["protocol"] in ("tcp", "udp") and item["from"] < item["to"]]
    assert ranges
    for pair, item in ranges[:20]:
        item["to"] -= 1
        assert f"packet.port = {item['to'] + 1}," in "".join(pair.differences())
        item["to"] += 1
