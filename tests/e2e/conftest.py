# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the end-to-end tests."""

import os
import pathlib

import pytest

from lab import Lab, require_root_and_netns

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(name="root")
def root_fixture() -> pathlib.Path:
    """The repository."""
    return ROOT


@pytest.fixture(name="build")
def build_fixture() -> pathlib.Path:
    """Where the programs under test were built: $WEIR_BUILD, else build/."""
    return (ROOT / os.environ.get("WEIR_BUILD", "build")).resolve()


@pytest.fixture(name="lab")
def lab_fixture(request):
    """Namespaces for one test."""
    require_root_and_netns()
    with Lab(request.node.nodeid) as lab:
        yield lab
