# SPDX-License-Identifier: Apache-2.0
"""`weir check` and `weir rules` on more addresses than they keep: estimates, and the same whatever the threads."""

import json
import os
import subprocess

import pytest

FILES = 5
SOURCES = 60_000
WEB = "2 111122223333 eni-05239d1b5669f2636 {} 10.0.1.10 {} 443 6 1 40 1790000000 1790000060 ACCEPT OK\n"


@pytest.fixture(name="logs", scope="module")
def logs_fixture(tmp_path_factory):
    """Every source in two of the files, among others each time."""
    folder = tmp_path_factory.mktemp("logs")
    for part in range(FILES):
        with (folder / f"{part}.log").open("w") as out:
            for i in range(SOURCES):
                if i % FILES in (part, (part + 1) % FILES):
                    out.write(WEB.format(f"44.{i >> 16}.{i >> 8 & 255}.{i & 255}", 32768 + i % 1000))
    return folder


def answer(build, root, logs, verb, *options):
    done = subprocess.run([build / "weir", verb, logs, "-s", root / "policies/examples/shop", "-o", "json", *options],
                          check=True, stdout=subprocess.PIPE, timeout=60, env={**os.environ, "TMPDIR": str(logs.parent)})
    return json.loads(done.stdout)


@pytest.mark.parametrize("verb", ["check", "rules"])
def test_any_number_of_threads_gives_the_same_answer(build, root, logs, verb):
    options = ["--snapshot-time", "2026-09-25"] if verb == "check" else []
    alone = answer(build, root, logs, verb, "--threads", "1", *options)
    assert alone["records"] == 2 * SOURCES
    for threads in ("2", "3", "8"):
        assert answer(build, root, logs, verb, "--threads", threads, *options) == alone
    assert answer(build, root, logs, verb, "--memory", "16", *options) == alone


def test_sources_beyond_what_is_kept_are_an_estimate_that_says_so(build, root, logs):
    group, = answer(build, root, logs, "check")["groups"]
    assert group["sources_exact"] is False
    assert abs(group["sources"] - SOURCES) < SOURCES / 20
    assert group["destinations"] == 1
