# SPDX-License-Identifier: Apache-2.0
"""Configuration files as Python's configparser reads them, which is what the AWS CLI has: random texts, all values
and every refusal the same.

WEIR_SEED is the seed (1), WEIR_INI_FILES how many texts.
"""

import configparser
import json
import os
import random
import subprocess

SEED = int(os.environ.get("WEIR_SEED", "1"))
FILES = int(os.environ.get("WEIR_INI_FILES", "1000"))
PIECES = ["[s]", "[profile a b]", "[t", "]", "key", "Key2", "é", "x y", "=", ":", " = ", "=", "v", "a=b", "# c", "; d",
          "#", " ", "  ", "\t", "", "\\", '"q"', "%(x)s", "[[n]]", "[]"]


def text_of(dice: random.Random) -> str:
    lines = ["[first]"] if dice.random() < 0.9 else []
    for _ in range(dice.randint(0, 12)):
        kind = dice.random()
        indent = dice.choice(["", "", "", " ", "\t", "    "])
        if kind < 0.5:
            lines.append(f"{indent}k{dice.randrange(40)}{dice.choice(['=', ' = ', ':', ' :'])}"
                         f"{''.join(dice.choices(PIECES, k=dice.randint(0, 3)))}")
        elif kind < 0.65:
            lines.append(f"{indent}[s{dice.randrange(30)}]{dice.choice(['', ' ', ' # x'])}")
        elif kind < 0.8:
            lines.append(indent + dice.choice(["", "# c", "; [c]", "  # c"]))
        elif kind < 0.95:
            lines.append("    " + "".join(dice.choices(PIECES, k=dice.randint(1, 4))))
        else:
            lines.append("".join(dice.choices(PIECES, k=dice.randint(1, 5))))
    return dice.choice(["\n", "\n", "\r\n"]).join(lines) + dice.choice(["", "\n"])


def theirs(text: str) -> dict | None:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text.replace("\r\n", "\n"))
    except configparser.Error:
        return None
    return {section: {key: parser.get(section, key) or None for key in parser.options(section)}
            for section in parser.sections()}


def test_random_files_say_what_configparser_reads(build, tmp_path):
    path, accepted = tmp_path / "config", 0
    for number in range(FILES):
        text = text_of(random.Random(f"{SEED}/{number}"))
        path.write_text(text, newline="")
        done = subprocess.run([build / "weir-creds", "--ini", path], check=False, text=True, capture_output=True)
        mine = json.loads(done.stdout) if done.returncode == 0 else None
        place = f"WEIR_SEED={SEED}, file {number}: {text!r}\n{done.stderr}"
        assert mine == theirs(text), place
        assert mine is not None or f"{path}:" in done.stderr, place
        accepted += mine is not None
    assert accepted > FILES / 5
