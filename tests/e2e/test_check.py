# SPDX-License-Identifier: Apache-2.0
"""`weir check` and `weir rules` where a recorded command line cannot go: short of room for what waits to be judged."""

import json
import os
import subprocess

import pytest

# Flags that do not tell who opened the connection: such records wait, one row for each conversation.
WAITS = b"5 111122223333 eni-05239d1b5669f2636 198.51.%d.%d 10.0.1.10 %d 443 6 1 40 1790000000 1790000060 ACCEPT OK 16\n"


@pytest.mark.parametrize("verb", ["check", "rules"])
def test_an_answer_without_the_records_that_found_no_room_is_partial_and_no_clean_bill(build, root, tmp_path, verb):
    records = 400_000
    log = tmp_path / "many.log"
    shop = root / "policies/examples/shop"
    with log.open("wb") as out:
        out.write(b"version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end "
                  b"action log-status tcp-flags\n")
        for i in range(records):
            out.write(WAITS % (i >> 8 & 255, i & 255, 32768 + (i >> 16)))
    command = [build / "weir", verb, log, "-s", shop, "--threads", "1", "--memory", "16"]
    command += ["-p", shop / "shop.policy"] if verb == "check" else []

    def run(folder, *options):
        return subprocess.run([*command, *options], env={**os.environ, "TMPDIR": str(folder)}, check=False, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    on_disk, capped = run(tmp_path, "-o", "json"), run(tmp_path / "nowhere", "-o", "json")
    whole, part = json.loads(on_disk.stdout), json.loads(capped.stdout)
    assert (on_disk.returncode, whole["records"], whole["partial"]) == (0, records, False)
    left_out = records - part["records"]
    assert (capped.returncode, part["partial"]) == (4, True) and left_out > 0
    assert f"{left_out} records are left out" in capped.stderr
    assert f"{left_out} LEFT OUT, not judged" in run(tmp_path / "nowhere").stdout
