# SPDX-License-Identifier: Apache-2.0
"""What the set of two kinds says of a packet is what a walk between any two ends of these kinds says of it, on
millions of packets in hundreds of random estates with every kind of component.

WEIR_SEED is the seed (1), WEIR_REACH_PACKETS how many packets.
"""

import collections
import os
import subprocess

SEED = os.environ.get("WEIR_SEED", "1")
PACKETS = int(os.environ.get("WEIR_REACH_PACKETS", "4000000"))
TIMEOUT_S = 280

# How many of a million packets must have met each: half of what seeds 1 to 5 made, or less.
WANTED = {
    "worlds": 200, "pairs": 40000, "cells": 400,
    "change-packets": 25000, "change-moved": 300,
    "verdict-allow": 50000, "verdict-unknown": 90000, "verdict-deny": 300000,
    "intended-allow": 300000, "intended-deny": 40000,
    "hop-security-group": 500000, "hop-network-acl": 500000, "hop-route-table": 300000,
    "hop-network-interface": 20000, "hop-internet-gateway": 70000, "hop-egress-only-internet-gateway": 3000,
    "hop-nat-gateway": 30000, "hop-vpc-peering-connection": 15000, "hop-transit-gateway": 35000,
    "hop-transit-gateway-route-table": 25000, "hop-vpn-gateway": 5000, "hop-vpc-endpoint": 30000,
    "hop-load-balancer": 40000, "hop-internet": 1500, "hop-on-premises": 5000, "hop-outside": 80000,
    "event-nat": 12000, "event-nat64": 1500, "event-public-source": 3000, "event-public-destination": 14000,
    "event-lb-client-kept": 300, "event-lb-own-source": 1000, "event-appliance": 6000,
}


def counts_of(output: str) -> collections.Counter:
    """The lines "NAME COUNT" of all jobs, added up."""
    counts: collections.Counter = collections.Counter()
    for line in output.splitlines():
        name, _, count = line.partition(" ")
        if name in WANTED or name == "packets":
            counts[name] += int(count)
    return counts


def test_the_set_of_two_kinds_is_what_walks_between_their_ends_say(build):
    done = subprocess.run([build / "tests/differential/random_reach", str(PACKETS), SEED],
                          check=False, text=True, timeout=TIMEOUT_S, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    assert done.returncode == 0, f"random_reach {PACKETS} {SEED}:\n{done.stdout}"
    counts = counts_of(done.stdout)
    assert counts["packets"] >= PACKETS, done.stdout
    seldom = {name: counts[name] for name, wanted in WANTED.items()
              if counts[name] < wanted * min(PACKETS, 4_000_000) // 1_000_000}
    assert not seldom, f"met too seldom for a check: {seldom}\n{done.stdout}"
