# SPDX-License-Identifier: Apache-2.0
"""`make demo` tells the truth, with root on live packets and without on recorded ones."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

from lab import require_root_and_netns
from shop import broad_rule

TOLD = ["judge:", "answer:", "unexpected", broad_rule()["SecurityGroupRuleId"], "all as told"]


def run_demo(root: pathlib.Path, build: pathlib.Path, before=()) -> subprocess.CompletedProcess:
    return subprocess.run([*before, sys.executable, "-B", str(root / "tests/e2e/demo.py"),
                           "--build", str(build)], stdin=subprocess.DEVNULL, text=True, timeout=180,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def check_told(done: subprocess.CompletedProcess, *more: str) -> None:
    assert done.returncode == 0, done.stdout
    for text in (*TOLD, *more):
        assert text in done.stdout, f"no '{text}' in:\n{done.stdout}"
    assert "✗ not as told" not in done.stdout


def test_the_demo_on_live_packets(root, build):
    require_root_and_netns()
    check_told(run_demo(root, build), "--backend bpf", "eBPF and pcap count the same", "watch:", "is told at once")


@pytest.fixture(name="copy")
def copy_fixture(root, build):
    """What the demo needs, where anyone may read it: the repository itself may lie in a private folder."""
    with tempfile.TemporaryDirectory(prefix="weir-demo-copy-") as folder:
        target = pathlib.Path(folder)
        target.chmod(0o755)
        for name in ("tests/e2e", "tests/data", "policies/examples"):
            shutil.copytree(root / name, target / name)
        (target / "build").mkdir()
        for program in ("weir", "weir-sensor"):
            shutil.copy(build / program, target / "build" / program)
        yield target


def test_the_demo_without_root_on_recorded_packets(copy):
    before = []
    if os.geteuid() == 0:
        before = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    check_told(run_demo(copy, copy / "build", before), "not root", "shop-db-1.pcap")
