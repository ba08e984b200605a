# SPDX-License-Identifier: Apache-2.0
"""Whatever names in a snapshot say, no form of an answer obeys them: not a terminal, not a spreadsheet, not a browser."""

import csv
import io
import json
import re
import subprocess

import pytest

from test_golden import ROOT, TIMEOUT_S, clean_environment

SNAPSHOT = ROOT / "tests/data/hostile/names.json"
POLICY = ROOT / "tests/data/hostile/names.policy"
QUESTIONS = [
    ["exposed"],
    ["can", "eni-0", "eni-1", "443"],
    ["can", "eni-0", "eni-1"],
    ["can", "internet", "eni-5"],
    ["matrix", "--by", "instance"],
    ["matrix", "--by", "sg"],
    ["who", "eni-1"],
    ["reach", "eni-1"],
    ["check-snapshot"],
]

# C0 but line ends, DEL, C1, line and paragraph separators, and what reorders text.
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u061c\u2028-\u202e\u2066-\u2069\ufeff]")


def verbs() -> set[str]:
    done = subprocess.run(["weir", "help"], check=True, env=clean_environment(), timeout=TIMEOUT_S,
                          capture_output=True, text=True)
    return set(re.findall(r"^  ([a-z-]+) ", done.stdout, re.MULTILINE))


def answer(question: list[str], form: str) -> str | None:
    """None: the verb has no such form."""
    given = [str(SNAPSHOT)] if question[0] == "check-snapshot" else ["-s", str(SNAPSHOT), "-p", str(POLICY)]
    done = subprocess.run(["weir", *question, *given, "-o", form], check=False,
                          env=clean_environment(), timeout=TIMEOUT_S, capture_output=True)
    complaint = done.stderr.decode()
    assert not OBEYED.search(complaint)
    if done.returncode == 2 and "--output" in complaint:
        return None
    assert done.returncode in (0, 1, 4), complaint
    return done.stdout.decode()


ASKED = [question for question in QUESTIONS if question[0] in verbs()]


@pytest.fixture(name="question", params=ASKED, ids=" ".join)
def question_fixture(request):
    return request.param


def test_text_and_tables_drive_no_terminal(question):
    for form in ("text", "csv", "md"):
        text = answer(question, form)
        assert text is None or not OBEYED.search(text), form
    assert answer(question, "text")


def test_json_drives_no_terminal_and_says_the_names_as_they_are(question):
    text = answer(question, "json")
    if text is None:
        return
    assert not OBEYED.search(text.replace("\t", ""))
    json.loads(text)
    if question == ["exposed"]:
        names = {end["name"] for row in json.loads(text)["exposed"] for end in row.get("interfaces", [])}
        given = {eni["TagSet"][0]["Value"] for eni in json.loads(SNAPSHOT.read_text())["NetworkInterfaces"]
                 if eni.get("TagSet")}
        assert names == given


def test_csv_has_no_formula_and_as_many_cells_in_each_line(question):
    text = answer(question, "csv")
    if text is None:
        return
    lines = list(csv.reader(io.StringIO(text), strict=True))
    assert len(lines) > 1
    assert {len(line) for line in lines} == {len(lines[0])}
    assert [cell for line in lines for cell in line if len(cell) > 1 and cell[0] in "=+-@\t\r"] == []


def test_markdown_has_no_html_and_as_many_cells_in_each_line(question):
    text = answer(question, "md")
    if text is None:
        return
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert tables
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) for row in table.splitlines()}) == 1
    assert "<" not in text
    assert re.findall(r"(?<!\\)[`*\[\]]", text) == []


def test_no_name_is_left_out(question):
    if question not in (["exposed"], ["matrix", "--by", "sg"]):
        return
    for form in ("text", "csv", "md"):
        assert re.search("x{30,}", answer(question, form)), form
