# SPDX-License-Identifier: Apache-2.0
"""`weir top` where a recorded command line cannot go: short of room for its groups."""

import json
import os
import subprocess


def run_top(build, log, *options, **environment):
    return subprocess.run([build / "weir", "top", log, "--by", "srcaddr,dstport", "-o", "json", "--sort", "bytes",
                           "--memory", "16", *options], env={**os.environ, **environment}, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)


def test_groups_that_memory_does_not_hold_go_to_disk_and_where_there_is_none_are_counted(build, tmp_path):
    records = 400_000
    log = tmp_path / "many.log"
    with log.open("wb") as out:
        for i in range(records):
            out.write(b"2 111122223333 eni-1 10.%d.%d.%d 10.1.0.1 40000 %d 6 1 %d 1790000000 1790000060 ACCEPT OK\n"
                      % (i >> 16, i >> 8 & 255, i & 255, i % 5000, i))
    roomy = run_top(build, log, "--memory", "512")
    on_disk = run_top(build, log, TMPDIR=str(tmp_path))
    capped = run_top(build, log, TMPDIR=str(tmp_path / "nowhere"))
    assert (on_disk.returncode, on_disk.stderr) == (0, b"") and on_disk.stdout == roomy.stdout
    assert json.loads(roomy.stdout)["groups_total"] == records
    answer = json.loads(capped.stdout)
    assert answer["matched"] == records and answer["left_out"] == records - answer["groups_total"] > 0
    assert answer["sums_may_be_low"] is True and b'"sums_may_be_low":false' in on_disk.stdout
    assert capped.returncode == 4
    assert capped.stderr.decode() == (f"weir: warning: {answer['left_out']} records are left out: memory (--memory) had "
                                      f"no room for them, and {tmp_path}/nowhere (TMPDIR) cannot be used: "
                                      "No such file or directory\n")
