# SPDX-License-Identifier: Apache-2.0
"""What `weir can` foretells against what the kernel does with the same packet.

WEIR_ESTATES is how many estates are built (60), WEIR_SEED the seed of the first (1).
"""

import os
import pathlib

import pytest

import estate
from kernel import Network, require_judge
from lab import Lab
from probes import Drawer, Probe, disagreement, listeners_of, send
from reading import Reading, read
from weir import ask_all

ESTATES = int(os.environ.get("WEIR_ESTATES", "60"))
FIRST_SEED = int(os.environ.get("WEIR_SEED", "1"))
ESTATES_A_TEST = 20
PROBES_AN_ESTATE = 60
WAIT_S, PATIENT_WAIT_S = 0.3, 2.0
SEEDS = range(FIRST_SEED, FIRST_SEED + ESTATES)
BATCHES = [SEEDS[start:start + ESTATES_A_TEST] for start in range(0, ESTATES, ESTATES_A_TEST)]


@pytest.fixture(name="kernel", scope="module", autouse=True)
def kernel_fixture() -> None:
    require_judge()


def disagreements(probes: list[Probe], answers: list[dict]) -> list[tuple[Probe, str]]:
    found = [(probe, disagreement(probe, answer)) for probe, answer in zip(probes, answers)]
    return [(probe, what) for probe, what in found if what]


def run_estate(seed: int, build: pathlib.Path, folder: pathlib.Path, filtered: bool = True):
    """Builds one estate, sends its probes; the probes, and where Weir and the kernel disagree."""
    snapshot = estate.write(estate.generate(seed), folder / f"seed-{seed}")
    reading = Reading(read(snapshot))
    probes = Drawer(reading, seed).draw(PROBES_AN_ESTATE)
    answers = ask_all(build, [probe.command(snapshot) for probe in probes])
    with Lab(f"estate {seed}") as lab, Network(lab, reading, filtered) as network:
        network.open(listeners_of(reading, probes))
        send(network, probes, WAIT_S)
        # A busy machine may be late, it never invents a packet: what is missing is asked for again.
        late = [probe for probe, _ in disagreements(probes, answers)]
        if late:
            send(network, late, PATIENT_WAIT_S)
    return probes, [f"seed {seed}: weir {' '.join(probe.command(snapshot))}: {what}"
                    for probe, what in disagreements(probes, answers)]


@pytest.mark.parametrize("seeds", BATCHES, ids=lambda seeds: f"seeds-{seeds[0]}-to-{seeds[-1]}")
def test_weir_foretells_what_the_kernel_does(seeds, build, folder):
    probes, wrong = [], []
    for seed in seeds:
        sent, disagreeing = run_estate(seed, build, folder)
        probes += sent
        wrong += disagreeing
    arrived = sum(probe.arrived for probe in probes)
    answered = sum(probe.answered for probe in probes)
    print(f"{len(seeds)} estates, {len(probes)} probes, {arrived} arrived, {answered} answered")
    assert not wrong, "\n".join(wrong)
    # Too few or too many would make the agreement cheap.
    assert 0.25 < arrived / len(probes) < 0.75
    assert any(probe.arrived and not probe.answered and probe.has_a_known_answer() for probe in probes)


def test_a_kernel_that_filters_nothing_is_seen_to_disagree(build, folder):
    _, wrong = run_estate(FIRST_SEED, build, folder, filtered=False)
    assert wrong
