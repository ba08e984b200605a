# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the end-to-end tests."""

import os
import pathlib

import pytest

from lab import Lab, require_root_and_netns
from sensors import backends_of

ROOT = pathlib.Path(__file__).resolve().parents[2]


# Files whose tests must have the machine to themselves: they look for what sensors leave behind anywhere on it, or make
# what others use.
ALONE = ("test_sensor_hooks", "test_sensor_windows", "test_install", "test_packages", "test_interrupt")


def build_folder() -> pathlib.Path:
    return (ROOT / os.environ.get("WEIR_BUILD", "build")).resolve()


def pytest_configure(config):
    config.addinivalue_line("markers", "alone: not beside other tests")


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.stem in ALONE:
            item.add_marker(pytest.mark.alone)


def pytest_generate_tests(metafunc):
    """A test that takes `backend`, and does not say which, runs once for each that the sensor has."""
    chosen = any(mark.args[0] == "backend" for mark in metafunc.definition.iter_markers("parametrize"))
    if "backend" in metafunc.fixturenames and not chosen:
        metafunc.parametrize("backend", backends_of(build_folder()))


@pytest.fixture(name="root")
def root_fixture() -> pathlib.Path:
    """The repository."""
    return ROOT


@pytest.fixture(name="build", scope="session")
def build_fixture() -> pathlib.Path:
    """Where the programs under test were built: $WEIR_BUILD, else build/."""
    return build_folder()


@pytest.fixture(name="lab")
def lab_fixture(request):
    """Namespaces for one test."""
    require_root_and_netns()
    with Lab(request.node.nodeid) as lab:
        yield lab
