# SPDX-License-Identifier: Apache-2.0
"""What `weir can` foretells of ways between VPCs and to the internet against what the kernel does.

WEIR_ROUTED_ESTATES is how many estates are built (40), WEIR_SEED the seed of the first (1).
"""

import concurrent.futures
import os
import pathlib

import pytest

import estate
import routed_estate
from kernel import require_judge
from lab import Lab
from probes import Probe, send
from reading import read
from routed_kernel import RoutedNetwork, TRANSLATION
from routed_probes import RoutedDrawer, is_undecided, listeners_behind, routed_disagreement
from routed_reading import RoutedReading
from weir import ask_all

ESTATES = int(os.environ.get("WEIR_ROUTED_ESTATES", "40"))
FIRST_SEED = int(os.environ.get("WEIR_SEED", "1"))
PROBES_AN_ESTATE = 60
WAIT_S, PATIENT_WAIT_S = 0.3, 2.0
UNDECIDED_MAX = 0.05  # of the probes
WAYS = ("vpc-peering-connection", "internet-gateway", "nat-gateway")
AT_ONCE = 2  # building waits for the kernel, probing waits for packets


@pytest.fixture(name="kernel", scope="module", autouse=True)
def kernel_fixture() -> None:
    require_judge(TRANSLATION)


def run_estate(seed: int, build: pathlib.Path, folder: pathlib.Path, filtered: bool = True):
    """Builds one estate, sends its probes; the probes, Weir's answers, and where they disagree."""
    snapshot = estate.write(routed_estate.generate(seed), folder / f"seed-{seed}")
    reading = RoutedReading(read(snapshot), routed_estate.INTERNET_HOSTS)
    probes = RoutedDrawer(reading, seed).draw(PROBES_AN_ESTATE)
    answers = ask_all(build, [probe.command(snapshot) for probe in probes])

    def wrong() -> list[tuple[Probe, str]]:
        found = [(probe, routed_disagreement(reading, probe, answer)) for probe, answer in zip(probes, answers)]
        return [(probe, what) for probe, what in found if what]

    with Lab(f"routes {seed}") as lab, RoutedNetwork(lab, reading, filtered) as network:
        network.open(listeners_behind(reading, probes))
        send(network, probes, WAIT_S)
        # A busy machine may be late, it never invents a packet: what is missing is asked for again.
        late = [probe for probe, _ in wrong()]
        if late:
            send(network, late, PATIENT_WAIT_S)
    return probes, answers, [f"seed {seed}: weir {' '.join(probe.command(snapshot))}: {what}"
                             for probe, what in wrong()]


def crosses(answer: dict, kind: str) -> bool:
    return any(hop["kind"] == kind for hop in answer["forward"]["hops"])


def test_weir_foretells_ways_between_vpcs_and_to_the_internet(build, folder):
    seeds = range(FIRST_SEED, FIRST_SEED + ESTATES)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        done = list(pool.map(lambda seed: run_estate(seed, build, folder), seeds))
    probes, answers, wrong = ([item for part in parts for item in part] for parts in zip(*done))
    undecided = sum(map(is_undecided, answers))
    print(f"seeds {seeds[0]} to {seeds[-1]}: {len(probes)} probes, {sum(probe.arrived for probe in probes)} "
          f"arrived, {sum(probe.answered for probe in probes)} answered, {undecided} undecided")
    assert not wrong, "\n".join(wrong)
    assert undecided <= UNDECIDED_MAX * len(probes)
    # Each way must have been open, closed, and open in one direction, or the agreement would be cheap.
    for kind in WAYS:
        sent = [probe for probe, answer in zip(probes, answers) if crosses(answer, kind)]
        arrived = [probe for probe in sent if probe.arrived]
        print(f"{kind}: {len(sent)} probes, {len(arrived)} arrived, "
              f"{sum(probe.answered for probe in arrived)} answered")
        assert 0.05 < len(arrived) / len(sent) < 0.8
        assert any(probe.answered for probe in arrived)
        assert any(not probe.answered and probe.has_a_known_answer() for probe in arrived)


def test_a_kernel_that_routes_everything_without_filters_is_seen_to_disagree(build, folder):
    _, _, wrong = run_estate(FIRST_SEED + 1, build, folder, filtered=False)
    assert wrong
