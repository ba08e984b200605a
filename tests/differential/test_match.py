# SPDX-License-Identifier: Apache-2.0
"""The compiled matcher decides as the plain evaluation does, rule for rule, on twenty million packets of
random worlds and in every way of evaluation that the processor has.

WEIR_SEED is the seed (1), WEIR_MATCH_PACKETS how many packets.
"""

import os
import re
import subprocess

SEED = os.environ.get("WEIR_SEED", "1")
PACKETS = int(os.environ.get("WEIR_MATCH_PACKETS", "20000000"))
TIMEOUT_S = 280


def test_the_compiled_matcher_decides_as_the_plain_evaluation_does(build):
    done = subprocess.run([build / "tests/differential/random_match", str(PACKETS), SEED],
                          check=False, text=True, timeout=TIMEOUT_S, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    assert done.returncode == 0, f"random_match {PACKETS} {SEED}:\n{done.stdout}"
    compared = sum(int(count) for count in re.findall(r"^(\d+) packets", done.stdout, re.MULTILINE))
    assert compared >= PACKETS, done.stdout
