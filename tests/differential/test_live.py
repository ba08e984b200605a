# SPDX-License-Identifier: Apache-2.0
"""What the sensor says of a flow is what `weir explain` says of the record that it writes, on flows of random worlds
and policies.

WEIR_SEED is the seed (1), WEIR_LIVE_FLOWS how many flows.
"""

import os
import re
import subprocess

SEED = os.environ.get("WEIR_SEED", "1")
FLOWS = int(os.environ.get("WEIR_LIVE_FLOWS", "100000"))
TIMEOUT_S = 280


def test_flows_are_judged_live_as_their_records_are_later(build):
    done = subprocess.run([build / "tests/differential/random_live", str(FLOWS), SEED],
                          check=False, text=True, timeout=TIMEOUT_S, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    assert done.returncode == 0, f"random_live {FLOWS} {SEED}:\n{done.stdout}"
    told = re.search(r"^(\d+) flows.*unexpected (\d+) rejected (\d+) contradiction (\d+)", done.stdout,
                     re.MULTILINE)
    assert told and int(told[1]) >= FLOWS and all(int(count) for count in told.groups()), done.stdout
