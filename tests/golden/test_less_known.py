# SPDX-License-Identifier: Apache-2.0
"""What is not known is never protected: an answer that is not "no" does not become "no" because documents are
missing.  Every golden question whose answer is yes or undecided is asked again without each family of its
snapshot's documents, and without each of its files, in turn."""

import json
import pathlib
import shlex
import subprocess

import pytest

from test_golden import CASES, ROOT, TIMEOUT_S, clean_environment

UNREACHABLE = 1
# Options of `can` whose next word is their value.
VALUED = ("--limit", "--client-ports", "--at", "-o")
NOT_EXPOSED = 0

SNAPSHOTS = [*sorted((ROOT / "tests/data/estates").iterdir()), ROOT / "policies/examples/market",
             ROOT / "policies/examples/shop"]


def documents_of(snapshot: pathlib.Path) -> dict[pathlib.Path, dict]:
    return {path.relative_to(snapshot): json.loads(path.read_text())
            for path in sorted(snapshot.rglob("*.json"))}


def write(documents: dict[pathlib.Path, dict], folder: pathlib.Path) -> pathlib.Path:
    for path, document in documents.items():
        if document:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(json.dumps(document))
    return folder


def less(documents: dict[pathlib.Path, dict]) -> dict[str, dict]:
    """What is left without a family, or without a file."""
    families = {key for document in documents.values() for key in document}
    left = {key: {path: {name: value for name, value in document.items() if name != key}
                  for path, document in documents.items()} for key in families}
    return left | {str(gone): {path: document for path, document in documents.items() if path != gone}
                   for gone in documents}


def questions_of(snapshot: pathlib.Path) -> list[list[str]]:
    """The operands of the golden questions about a snapshot that are not answered with no."""
    found = []
    for case in CASES:
        command = (case / "cmd").read_text().replace("$ROOT", str(ROOT))
        exit_status = (case / "exit").read_text().strip() if (case / "exit").exists() else "0"
        if case.parent.name != "can" or f'{snapshot}"' not in command or exit_status not in ("0", "4"):
            continue
        if "|" in command or "--unknown" in command or "tier:" in command or "\n" in command.strip():
            continue
        words = shlex.split(command)[shlex.split(command).index("can") + 1:]
        words = words[:words.index("-s")]
        question = [word for before, word in zip([""] + words, words)
                    if not word.startswith("-") and before not in VALUED]
        found.append(question[:3])
    return found


def ask(question: list[str], snapshot: pathlib.Path) -> int:
    return subprocess.run(["weir", "can", *question, "-q", "-s", str(snapshot)], check=False,
                          env=clean_environment(), timeout=TIMEOUT_S,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


@pytest.mark.parametrize("snapshot", SNAPSHOTS, ids=lambda path: path.name)
def test_an_answer_does_not_become_no_when_documents_are_missing(snapshot, tmp_path):
    questions = questions_of(snapshot)
    wrong = []
    assert questions
    for number, (gone, documents) in enumerate(sorted(less(documents_of(snapshot)).items())):
        folder = write(documents, tmp_path / str(number))
        wrong += [f"without {gone}: {' '.join(question)}" for question in questions
                  if ask(question, folder) == UNREACHABLE]
    assert not wrong


def ask_all(snapshot: pathlib.Path, port: str) -> dict[tuple, str]:
    """The answer for every two interfaces."""
    done = subprocess.run(["weir", "can", "10.0.0.0/8", "10.0.0.0/8", port, "-o", "json", "-s", str(snapshot)],
                          check=False, env=clean_environment(), timeout=TIMEOUT_S,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    pairs = json.loads(done.stdout).get("pairs", []) if done.stdout else []
    return {(pair["src"]["eni"], pair["src"]["ip"], pair["dst"]["eni"], pair["dst"]["ip"]): pair["verdict"]
            for pair in pairs}


@pytest.mark.parametrize("snapshot", SNAPSHOTS, ids=lambda path: path.name)
def test_nor_does_that_of_any_two_interfaces(snapshot, tmp_path):
    known = {port: ask_all(snapshot, port) for port in ("443", "udp/53")}
    wrong = []
    assert any(known.values())
    for number, (gone, documents) in enumerate(sorted(less(documents_of(snapshot)).items())):
        folder = write(documents, tmp_path / str(number))
        for port, answers in known.items():
            wrong += [f"without {gone}: {pair} {port}" for pair, verdict in ask_all(folder, port).items()
                      if verdict == "unreachable" and answers.get(pair, verdict) != verdict]
    assert not wrong


def exposed(snapshot: pathlib.Path) -> int:
    return subprocess.run(["weir", "exposed", "-q", "-s", str(snapshot)], check=False,
                          env=clean_environment(), timeout=TIMEOUT_S,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


@pytest.mark.parametrize("snapshot", SNAPSHOTS, ids=lambda path: path.name)
def test_nor_is_anything_not_exposed_any_more(snapshot, tmp_path):
    if exposed(snapshot) == NOT_EXPOSED:
        return
    assert [gone for number, (gone, documents) in enumerate(sorted(less(documents_of(snapshot)).items()))
            if exposed(write(documents, tmp_path / str(number))) == NOT_EXPOSED] == []
