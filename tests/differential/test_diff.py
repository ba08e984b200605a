# SPDX-License-Identifier: Apache-2.0
"""What `weir diff` says of two hosts is what `weir can` says of them before and after: random changes of the
estates made by hand, and hosts and ports with and without a difference.  Of a single change every
difference is traced to it.

WEIR_SEED is the first seed (1), WEIR_DIFFS how many pairs of snapshots.
"""

import json
import os
import pathlib
import random
import shutil

import pytest

from conftest import ROOT
from snapshot_changes import change, documents
from weir import ask, ask_all

FIRST_SEED = int(os.environ.get("WEIR_SEED", "1"))
SEEDS = range(FIRST_SEED, FIRST_SEED + int(os.environ.get("WEIR_DIFFS", "40")))
ESTATES = [ROOT / "policies/examples/shop", ROOT / "policies/examples/market",
           *sorted((ROOT / "tests/data/estates").iterdir())]
PORTS = (22, 80, 443, 5432, 8080, 8081, 1024)
DAY = ["--at", "2026-10-01"]


def make_pair(dice: random.Random, folder: pathlib.Path, changes: int) -> tuple[list[str], list[str]]:
    """Two snapshots in a folder, and what tells them apart."""
    estate = dice.choice(ESTATES)
    sides = [folder / "before", folder / "after"]
    shutil.copytree(estate, sides[0])
    for path in documents(sides[0]):  # rules by what they say: their rows would be disputed
        if "SecurityGroupRules" in json.loads(path.read_text()):
            path.unlink()
    shutil.copytree(sides[0], sides[1])
    said = [change(dice, sides[1]) for _ in range(changes)]
    return [str(side) for side in sides], [estate.name, *said]


def hosts(folder: str) -> list[str]:
    """Instances, and interfaces without one; what others pass through is in no row."""
    found = set()
    for path in documents(pathlib.Path(folder)):
        for eni in json.loads(path.read_text()).get("NetworkInterfaces", []):
            if "gateway" not in eni.get("InterfaceType", "").lower():
                found.add(eni.get("Attachment", {}).get("InstanceId") or eni["NetworkInterfaceId"])
    return sorted(found)


def holds(pieces: list[dict], protocol: str, port: int) -> bool:
    return any(piece["protocol"] == "all"
               or (piece["protocol"] == "other" and protocol not in piece["except"])
               or (piece["protocol"] == protocol and piece["from"] <= port <= piece["to"])
               for piece in pieces)


def ids(ends: list[dict]) -> list[str]:
    return [end["id"] for end in ends if end["id"]]


def questions(dice: random.Random, answer: dict, names: list[str]) -> list[tuple]:
    """Some that differ, and some whatever they do."""
    asked = []
    for row in answer["paths"]:
        for piece in row["opened"] + row["closed"] + row["undecided"]:
            if ids(row["src"]) and ids(row["dst"]) and piece["protocol"] in ("tcp", "udp"):
                asked.append((dice.choice(ids(row["src"])), dice.choice(ids(row["dst"])),
                              piece["protocol"], dice.choice((piece["from"], piece["to"]))))
    dice.shuffle(asked)
    chance = [(*dice.sample(names, 2), dice.choice(("tcp", "udp")), dice.choice(PORTS)) for _ in range(4)]
    return [question for question in asked[:4] + chance
            if question[0] != question[1] and question[0] in names and question[1] in names]


def expected(answer: dict, question: tuple) -> set[str]:
    """What the rows about the two say became of the packet."""
    src, dst, protocol, port = question
    rows = [row for row in answer["paths"] if src in ids(row["src"]) and dst in ids(row["dst"])]
    return {what for row in rows for what in ("opened", "closed", "undecided")
            if holds(row[what], protocol, port)}


def agrees(said: set[str], before: str, after: str) -> bool:
    """Hosts of several addresses are reachable if any is: a difference may hide behind another address."""
    if not said:
        return before == after
    return (("opened" in said and after == "reachable") or ("closed" in said and before == "reachable")
            or ("undecided" in said and "undecided" in (before, after)))


@pytest.mark.parametrize("seed", SEEDS)
def test_diff_says_what_can_says_before_and_after(build, folder, seed):
    dice = random.Random(seed)
    snapshots, said = make_pair(dice, folder, dice.choice((1, 2, 3, 4)))
    answer = ask(build, ["diff", *snapshots, "--by", "instance", "-o", "json", *DAY])
    names = sorted(set(hosts(snapshots[0])) & set(hosts(snapshots[1])))
    asked = questions(dice, answer, names)
    verdicts = ask_all(build, [["can", src, dst, f"{protocol}/{port}", "-s", side, "-o", "json", *DAY]
                               for src, dst, protocol, port in asked for side in snapshots])
    for i, question in enumerate(asked):
        before, after = (verdict["verdict"] for verdict in verdicts[2 * i:2 * i + 2])
        assert agrees(expected(answer, question), before, after), \
            f"seed {seed}, {said}: {question}: {before} => {after}, {expected(answer, question)}"


@pytest.mark.parametrize("seed", SEEDS)
def test_every_difference_is_traced_to_the_change(build, folder, seed):
    dice = random.Random(seed)
    snapshots, said = make_pair(dice, folder, 1)
    answer = ask(build, ["diff", *snapshots, "--by", "instance", "-o", "json", *DAY])
    lost = [row for row in answer["paths"] if not row["causes"] or not row["causes_complete"]]
    assert not lost, f"seed {seed}, {said}: {json.dumps(lost[:1])}"
