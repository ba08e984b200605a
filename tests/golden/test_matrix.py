# SPDX-License-Identifier: Apache-2.0
"""A matrix is what `can` says of every two interfaces: the cells of `weir matrix --by instance`, spread over the
parties that are shown as one, against one packet after another."""

import json
import pathlib
import subprocess

import pytest

from test_golden import ROOT, TIMEOUT_S, clean_environment

SNAPSHOTS = [*sorted((ROOT / "tests/data/estates").iterdir()), ROOT / "policies/examples/market",
             ROOT / "policies/examples/shop", ROOT / "tests/golden/matrix/many-groups/services.json"]
POLICIES = [ROOT / "tests/data/estates/doors/doors.policy", ROOT / "policies/examples/market/market.policy",
            ROOT / "policies/examples/shop/shop.policy"]
WORDS = ["unintended", "silent", "intended"]
PORTS = ["443", "5432", "9100"]
OPENNESS = {"unreachable": 0, "undecided": 1, "reachable": 2, "unknown": 1, "allow": 2}


def ask(*words: str) -> dict:
    done = subprocess.run(["weir", *words, "-o", "json"], check=False, env=clean_environment(),
                          timeout=TIMEOUT_S, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return json.loads(done.stdout)


def members_of(party: dict) -> list[str]:
    return [member["id"] for member in party.get("members", [party])]


def cells_of(snapshot: pathlib.Path, port: str) -> tuple[set, dict]:
    """The hosts, and how open it is from one to another, where it is not closed."""
    answer = ask("matrix", port, "--by", "instance", "-s", str(snapshot))
    members = [members_of(party) for party in answer["parties"]]
    cells = {(src, dst): max(OPENNESS[piece["verdict"]] for piece in cell["ports"])
             for cell in answer["cells"] for src in members[cell["from_party"]]
             for dst in members[cell["to_party"]] if src != dst}
    return {host for hosts in members for host in hosts if host}, cells


def pairs_of(snapshot: pathlib.Path, port: str) -> dict:
    """The same from the walks of all pairs of IPv4 addresses."""
    pairs: dict = {}
    for pair in ask("can", "10.0.0.0/8", "10.0.0.0/8", port, "-s", str(snapshot))["pairs"]:
        ends = tuple(pair[end]["instance"] or pair[end]["eni"] for end in ("src", "dst"))
        pairs[ends] = max(pairs.get(ends, 0), OPENNESS[pair["verdict"]])
    return pairs


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.parametrize("snapshot", SNAPSHOTS, ids=lambda path: path.stem)
def test_every_cell_is_what_is_walked_between_its_hosts(snapshot: pathlib.Path, port: str) -> None:
    hosts, cells = cells_of(snapshot, port)
    walked = {ends: verdict for ends, verdict in pairs_of(snapshot, port).items()
              if ends[0] != ends[1] and set(ends) <= hosts}
    assert walked
    assert {ends: verdict for ends, verdict in walked.items() if cells.get(ends, 0) != verdict} == {}


def policies_of_matrix(words: list[str], names: list[str]) -> dict:
    """The worst word of the policy in each cell."""
    answer = ask("matrix", *words)
    members = [members_of(party) for party in answer["parties"]]
    return {(src or answer["parties"][cell["from_party"]]["label"], dst):
            min((piece["policy"] for piece in cell["ports"]), key=WORDS.index)
            for cell in answer["cells"] for src in members[cell["from_party"]]
            for dst in members[cell["to_party"]] if dst in names and src != dst}


@pytest.mark.parametrize("snapshot", POLICIES, ids=lambda path: path.parent.stem)
def test_who_says_of_the_policy_what_the_matrix_says(snapshot: pathlib.Path) -> None:
    words = ["--by", "instance", "-s", str(snapshot.parent), "-p", str(snapshot), "--at", "2026-10-01"]
    names = [member for party in ask("matrix", *words)["parties"] for member in members_of(party)
             if member]
    told = {(row["id"] or row["party"], name): row["policy"]
            for name in names for row in ask("who", name, *words)["rows"]}
    assert told
    assert told == policies_of_matrix(words, names)
