# SPDX-License-Identifier: Apache-2.0
"""Man pages come out of the option tables: groff has nothing to say of them, and shows what --help shows."""

import os
import re
import shutil
import subprocess

import pytest

from test_golden import ROOT

BUILD = (ROOT / os.environ.get("WEIR_BUILD", "build")).resolve()

PROGRAMS = {"weir": 1, "weir-sensor": 8}


def output_of(*argv, **options) -> str:
    return subprocess.run([str(word) for word in argv], check=True, text=True, stdout=subprocess.PIPE,
                          **options).stdout


def verbs_of() -> list[str]:
    listed = output_of(BUILD / "weir", "help")
    return re.findall(r"^  ([a-z-]+) ", listed.partition("\nverbs:\n")[2], re.MULTILINE)


def pages():
    """(name, what --help says, the page) of every page there is; `weir sensor` is the sensor's"""
    yield "weir", None, output_of(BUILD / "weir", "help", "--man")
    for verb in verbs_of():
        if verb not in ("help", "sensor"):
            yield (f"weir-{verb}", output_of(BUILD / "weir", "help", verb),
                   output_of(BUILD / "weir", "help", "--man", verb))
    yield "weir-sensor", output_of(BUILD / "weir-sensor", "--help"), output_of(BUILD / "weir-sensor", "help", "--man")


def render(page: str, tmp_path) -> tuple[str, str]:
    """As a terminal of 200 columns shows it, and what groff complains of."""
    if not shutil.which("man"):
        pytest.skip("man-db is not installed")
    (tmp_path / "page").write_text(page)
    done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", tmp_path / "page"], check=True, text=True,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "200", "MANPAGER": "cat",
                               "MAN_KEEP_FORMATTING": ""}, capture_output=True)
    return done.stdout, done.stderr


def test_groff_has_no_warning_and_shows_all_options_and_examples(tmp_path):
    for name, help_text, page in pages():
        text, complaints = render(page, tmp_path)
        assert complaints == "", name
        if help_text is None:
            continue
        words = " ".join(text.split())
        for option in re.findall(r"^  (?:-\w,|  ) (--[\w-]+)", help_text, re.MULTILINE):
            assert option in words, (name, option)
        for example in help_text.partition("\nexamples:\n")[2].splitlines():
            assert example.strip() in text, (name, example)


def test_a_page_has_its_name_and_section_and_says_what_each_status_means(tmp_path):
    for name, _, page in pages():
        section = PROGRAMS.get(name, 1)
        text, _ = render(page, tmp_path)
        assert f"{name.upper()}({section})" in text
        assert re.search(rf"^NAME\n +{name} - \S", text, re.MULTILINE), name
        statuses = re.findall(r"^ {7}(\d+) +\S", text.partition("\nEXIT STATUS\n")[2], re.MULTILINE)
        assert statuses[:1] == ["0"] and statuses[-1:] == ["70"], name


def test_documents_and_what_is_installed_name_no_verb_that_is_not_there():
    named = {}
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "packaging").rglob("*")]:
        if path.is_file():
            for verb in re.findall(r"(?:`|^    (?:\$ )?)weir ([a-z][a-z-]+)", path.read_text(), re.MULTILINE):
                named.setdefault(verb, path.name)
    assert {"can", "fetch", "help"} <= named.keys()
    assert {verb: name for verb, name in named.items() if verb not in verbs_of()} == {}


@pytest.mark.parametrize("name", ["nothing", "iam"])
def test_an_unknown_verb_and_a_topic_have_no_page(name):
    done = subprocess.run([str(BUILD / "weir"), "help", "--man", name], check=False, capture_output=True)
    assert done.returncode == 2 and done.stdout == b""


def test_a_topic_stands_in_the_page_of_the_program_as_it_is_asked_for(tmp_path):
    text, _ = render(output_of(BUILD / "weir", "help", "--man"), tmp_path)
    assert re.search(r"^ +help iam", text, re.MULTILINE) and "weir-iam" not in text
