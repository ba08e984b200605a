# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the differential tests; namespaces are made as in the end-to-end tests."""

import os
import pathlib
import shutil
import sys
import tempfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))


@pytest.fixture(name="build", scope="session")
def build_fixture() -> pathlib.Path:
    """Where the programs under test were built: $WEIR_BUILD, else build/."""
    return (ROOT / os.environ.get("WEIR_BUILD", "build")).resolve()


@pytest.fixture(name="folder")
def folder_fixture(request):
    """Where snapshots lie; kept when the test fails."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-estates-"))
    failures = request.session.testsfailed
    yield folder
    if request.session.testsfailed == failures:
        shutil.rmtree(folder)
