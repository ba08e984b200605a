# SPDX-License-Identifier: Apache-2.0
"""The signatures that AWS publishes for its test suite and in its documentation."""

import hashlib
import pathlib
import re
import subprocess

import pytest

DATA = pathlib.Path(__file__).resolve().parents[1] / "data/sigv4"


def cases() -> list[tuple[str, str, str, str]]:
    """(name, mode, lines for weir-sign, signature)."""
    found = []
    for path in (DATA / "suite", DATA / "documentation"):
        for block in path.read_text().split("\n\n"):
            lines = block.strip("\n").split("\n")
            request = "\n".join(line for line in lines if not line.startswith(("# ", "= ")))
            for line in lines:
                if line.startswith("= "):
                    _, mode, signature = line.split(" ")
                    found.append((lines[0].removeprefix("# "), mode, request, signature))
    return found


CASES = cases()


def sign(build, request: str, mode: str, section: str) -> str:
    return subprocess.run([build / "weir-sign", section], input=f"{request}\nmode {mode}\n".encode(), check=True,
                          stdout=subprocess.PIPE).stdout.decode()


def test_there_are_signatures_to_compare():
    assert len(CASES) > 70


@pytest.mark.parametrize("name,mode,request_,signature", CASES, ids=[f"{case[0]}-{case[1]}" for case in CASES])
def test_a_published_request_gets_its_published_signature(build, name, mode, request_, signature):
    final = sign(build, request_, mode, "--query" if mode == "query" else "--authorization")
    canonical = sign(build, request_, mode, "--canonical-request")
    to_sign = sign(build, request_, mode, "--string-to-sign")
    assert re.search(r"Signature=([0-9a-f]{64})", final).group(1) == signature, f"{name}:\n{canonical}"
    assert to_sign.split("\n")[3] == hashlib.sha256(canonical.encode()).hexdigest()
