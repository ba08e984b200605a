# SPDX-License-Identifier: Apache-2.0
"""Flow logs read fast are judged as every record is by itself on the plain rules: the same verdicts, rules,
sums and addresses, on two million records of random worlds, policies and formats, whatever the threads.

WEIR_SEED is the seed (1), WEIR_RECORDS how many records.
"""

import os
import re
import subprocess

SEED = os.environ.get("WEIR_SEED", "1")
RECORDS = int(os.environ.get("WEIR_RECORDS", "2000000"))
TIMEOUT_S = 280


def test_logs_read_fast_are_judged_as_each_record_is_by_itself(build):
    done = subprocess.run([build / "tests/differential/random_records", str(RECORDS), SEED],
                          check=False, text=True, timeout=TIMEOUT_S, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    assert done.returncode == 0, f"random_records {RECORDS} {SEED}:\n{done.stdout}"
    judged = sum(int(count) for count in re.findall(r"^(\d+) records", done.stdout, re.MULTILINE))
    assert judged >= RECORDS, done.stdout
