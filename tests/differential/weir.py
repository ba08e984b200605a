# SPDX-License-Identifier: Apache-2.0
"""Questions to the program under test."""

import concurrent.futures
import json
import os
import pathlib
import subprocess

TIMEOUT_S = 60
ANSWERED = (0, 1, 4)  # yes, no, undecided


def ask(build: pathlib.Path, argv: list[str]) -> dict:
    """What `weir ARGV` prints as JSON."""
    done = subprocess.run([str(build / "weir"), *argv], check=False, timeout=TIMEOUT_S, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode not in ANSWERED:
        raise AssertionError(f"weir {' '.join(argv)}: exit {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)


def ask_all(build: pathlib.Path, questions: list[list[str]]) -> list[dict]:
    """The answers in the order of the questions."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda argv: ask(build, argv), questions))
