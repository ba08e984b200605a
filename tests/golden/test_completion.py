# SPDX-License-Identifier: Apache-2.0
"""What bash offers on a tab, by the script that the programs make of their option tables."""

import os
import subprocess

import pytest

from test_golden import ROOT

BUILD = (ROOT / os.environ.get("WEIR_BUILD", "build")).resolve()

ASK = """
complete() { :; }
. "$1"
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
"_${1//-/_}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def offered(tmp_path, *words: str) -> list[str]:
    for program in ("weir", "weir-sensor"):
        script = subprocess.run([str(BUILD / program), "help", "--completion"], check=True, stdout=subprocess.PIPE)
        (tmp_path / program).write_bytes(script.stdout)
    done = subprocess.run(["bash", "-uc", ASK, "bash", str(tmp_path / words[0]), *words], check=True, text=True,
                          capture_output=True)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize("line, expected", [
    ("weir ca", ["can"]),
    ("weir check", ["check", "check-snapshot"]),
    ("weir help ma", ["matrix"]),
    ("weir help ia", ["iam"]),
    ("weir ia", []),
    ("weir can --client", ["--client-ports"]),
    ("weir can web-1 db-1 --li", ["--limit"]),
    ("weir can --unknown d", ["deny"]),
    ("weir can --unknown = a", ["allow"]),
    ("weir can --unknown =", ["fail", "deny", "allow"]),
    ("weir can -s /no/such", []),
    ("weir can we", []),
    ("weir sensor --backend b", ["bpf"]),
    ("weir-sensor --ho", ["--hook"]),
    ("weir-sensor --backend p", ["packet", "pcap"]),
    ("weir-sensor --conf", ["--config"]),
])
def test_a_tab_offers_verbs_options_and_their_choices(tmp_path, line, expected):
    assert offered(tmp_path, *line.split()) == expected


def test_every_option_of_help_is_offered(tmp_path):
    help_text = subprocess.run([str(BUILD / "weir"), "check", "--help"], check=True, text=True,
                               stdout=subprocess.PIPE).stdout
    names = {word for word in help_text.partition("examples:")[0].split() if word.startswith("--")}
    assert names <= set(offered(tmp_path, "weir", "check", "--"))
