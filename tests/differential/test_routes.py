# SPDX-License-Identifier: Apache-2.0
"""What `weir can` foretells of ways between VPCs and to the internet against what the kernel does.

WEIR_ROUTED_ESTATES is how many estates are built (44), WEIR_SEED the seed of the first (1).
"""

import concurrent.futures
import os
import pathlib
import shutil

import pytest

import estate
import routed_estate
from lab import Lab, require_root_and_netns
from kernel import refusal
from probes import Probe, send
from reading import read
from routed_kernel import RoutedNetwork
from routed_probes import RoutedDrawer, listeners_behind, routed_disagreement
from routed_reading import RoutedReading
from weir import ask_all

ESTATES = int(os.environ.get("WEIR_ROUTED_ESTATES", "44"))
FIRST_SEED = int(os.environ.get("WEIR_SEED", "1"))
PROBES_AN_ESTATE = 60
WAIT_S, PATIENT_WAIT_S = 0.3, 2.0
AT_ONCE = 2  # building waits for the kernel, probing waits for packets


@pytest.fixture(name="kernel", scope="module", autouse=True)
def kernel_fixture() -> None:
    """Skips where the kernel cannot be the judge."""
    require_root_and_netns()
    if not shutil.which("nft"):
        pytest.skip("nft is not installed")
    with Lab("refusal") as lab:
        reason = refusal(lab)
    if reason:
        pytest.skip(reason)


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


def test_weir_foretells_ways_between_vpcs_and_to_the_internet(build, folder):
    seeds = range(FIRST_SEED, FIRST_SEED + ESTATES)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        done = list(pool.map(lambda seed: run_estate(seed, build, folder), seeds))
    probes, answers, wrong = ([item for part in parts for item in part] for parts in zip(*done))
    print(f"seeds {seeds[0]} to {seeds[-1]}: {len(probes)} probes")
    assert not wrong, "\n".join(wrong)
