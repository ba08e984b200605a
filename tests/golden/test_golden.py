# SPDX-License-Identifier: Apache-2.0
"""The shipped programs against recorded output.

A case is a folder <area>/<case>/ with `cmd`, one shell command line run in that folder, and what is
expected of it: `out`, `err` (missing: nothing) and `exit` (missing: 0).  `in`, when it is there, is its
standard input.  Input files of a case end in .json, .log, .policy, .txt or .pcap, or lie in its
folders.  $ROOT is the repository.  WEIR_GOLDEN_UPDATE=1 records what the programs do now.
"""

import difflib
import os
import pathlib
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PARTS = {"cmd", "out", "err", "exit", "in"}
INPUT_SUFFIXES = {".json", ".log", ".policy", ".txt", ".pcap"}
TIMEOUT_S = 60


def find_cases(top: pathlib.Path) -> list[pathlib.Path]:
    """Every <area>/<case> folder; one without cmd is still a case, and fails."""
    return sorted(path for path in top.glob("*/*")
                  if path.is_dir() and "__pycache__" not in path.parts)


def problems_of(case: pathlib.Path) -> list[str]:
    """What is wrong with the folder itself."""
    problems = [] if (case / "cmd").is_file() else ["has no cmd"]
    for path in sorted(case.iterdir()):
        if path.is_file() and path.name not in PARTS and path.suffix not in INPUT_SUFFIXES:
            problems.append(f"has a file of no known kind: {path.name}")
    return problems


def clean_environment() -> dict[str, str]:
    """Nothing of the caller's own environment gets in but what a program needs to start."""
    build = (ROOT / os.environ.get("WEIR_BUILD", "build")).resolve()
    kept = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
    return {**kept, "PATH": f"{build}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/nonexistent", "ROOT": str(ROOT)}


def run_case(case: pathlib.Path) -> dict[str, str]:
    """What the command of a case does now."""
    given = case / "in"
    done = subprocess.run(["/bin/sh", "-c", (case / "cmd").read_text()], cwd=case, check=False,
                          input=given.read_bytes() if given.exists() else b"",
                          env=clean_environment(), timeout=TIMEOUT_S,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return {"out": done.stdout.decode(errors="backslashreplace"),
            "err": done.stderr.decode(errors="backslashreplace"), "exit": f"{done.returncode}\n"}


def expected_of(case: pathlib.Path) -> dict[str, str]:
    expected = {"out": "", "err": "", "exit": "0\n"}
    for part in expected:
        if (case / part).exists():
            expected[part] = (case / part).read_text()
    return expected


def record(case: pathlib.Path, actual: dict[str, str]) -> None:
    """Writes what the command does now; a part that is as its absence says has no file."""
    for part, absent in (("out", None), ("err", ""), ("exit", "0\n")):
        if actual[part] == absent:
            (case / part).unlink(missing_ok=True)
        else:
            (case / part).write_text(actual[part])


def differences(expected: dict[str, str], actual: dict[str, str]) -> str:
    lines: list[str] = []
    for part in expected:
        lines += difflib.unified_diff(expected[part].splitlines(), actual[part].splitlines(),
                                      f"{part} expected", f"{part} now", lineterm="")
    return "\n".join(lines)


CASES = find_cases(HERE)


@pytest.mark.parametrize("case", CASES, ids=[str(case.relative_to(HERE)) for case in CASES])
def test_golden(case):
    problems = problems_of(case)
    assert not problems, f"{case.relative_to(ROOT)} {'; '.join(problems)}"
    actual = run_case(case)
    if os.environ.get("WEIR_GOLDEN_UPDATE") == "1":
        record(case, actual)
        return
    expected = expected_of(case)
    if actual != expected:
        command = (case / "cmd").read_text().strip()
        pytest.fail(f"$ {command}\n{differences(expected, actual) or 'line ends differ'}",
                    pytrace=False)


def test_a_case_without_cmd_or_with_an_unknown_file_is_refused(tmp_path):
    case = tmp_path / "area" / "case"
    case.mkdir(parents=True)
    assert find_cases(tmp_path) == [case]
    assert problems_of(case) == ["has no cmd"]
    (case / "cmd").write_text("true\n")
    (case / "out").write_text("")
    (case / "shop.json").write_text("{}")
    assert problems_of(case) == []
    (case / "oust").write_text("")
    assert problems_of(case) == ["has a file of no known kind: oust"]


def test_a_case_is_run_and_compared_and_recorded(tmp_path):
    (tmp_path / "cmd").write_text("cat; echo \"$TZ\" >&2; exit 3\n")
    (tmp_path / "in").write_text("one\n")
    actual = run_case(tmp_path)
    assert actual == {"out": "one\n", "err": "UTC\n", "exit": "3\n"}
    assert "-0" in differences(expected_of(tmp_path), actual)
    record(tmp_path, actual)
    assert expected_of(tmp_path) == actual
