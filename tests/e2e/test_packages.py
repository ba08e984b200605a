# SPDX-License-Identifier: Apache-2.0
"""The Debian packages: they are built, lintian has nothing to say, and what is unpacked is there and runs."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

from lab import command

BUILD_TIMEOUT_S = 280
TOOLS = {"dpkg-buildpackage": "dpkg-dev", "dh": "debhelper", "lintian": "lintian"}
PROMISED = {
    "weir": ["usr/bin/weir", "usr/share/bash-completion/completions/weir", "usr/share/man/man1/weir.1.gz",
             "usr/share/man/man1/weir-can.1.gz", "usr/share/doc/weir/README.md", "usr/share/doc/weir/docs/cli.md",
             "usr/share/doc/weir/policies/examples/shop/shop.policy", "usr/share/doc/weir/copyright"],
    "weir-sensor": ["usr/sbin/weir-sensor", "usr/share/bash-completion/completions/weir-sensor",
                    "usr/share/man/man8/weir-sensor.8.gz", "etc/weir/sensor.conf",
                    "lib/systemd/system/weir-sensor.service", "usr/share/weir-sensor/grafana/weir-sensor.json",
                    "usr/share/weir-sensor/prometheus/weir-sensor.rules.yml"],
}


@pytest.fixture(name="packages", scope="module")
def packages_fixture(tmp_path_factory):
    """Built without optimization: what is asked is what is in them, and the build is a third of the time."""
    missing = [package for tool, package in TOOLS.items() if not shutil.which(tool)]
    if missing:
        pytest.skip(f"not installed: {' '.join(missing)}")
    root = pathlib.Path(__file__).resolve().parents[2]
    version = re.search(r"^VERSION +:= (\S+)$", (root / "Makefile").read_text(), re.MULTILINE).group(1)
    build = tmp_path_factory.mktemp("build")
    command([str(root / "packaging/make-deb"), str(build)], timeout_s=BUILD_TIMEOUT_S,
            env={**os.environ, "VERSION": version,
                 "DEB_BUILD_OPTIONS": f"noopt noautodbgsym parallel={os.cpu_count()}"})
    return build / "deb"


@pytest.fixture(name="unpacked", scope="module")
def unpacked_fixture(packages, tmp_path_factory):
    """By package, the folder it is unpacked in."""
    folders = {}
    for name in PROMISED:
        folders[name] = tmp_path_factory.mktemp(name)
        command(["dpkg-deb", "-x", str(next(packages.glob(f"{name}_*.deb"))), str(folders[name])])
    return folders


def test_lintian_has_nothing_to_say(packages):
    # The maintainer's address is that of whoever publishes the packages.
    done = subprocess.run(["lintian", "--fail-on", "error,warning", "--suppress-tags", "bogus-mail-host,"
                           "bogus-mail-host-in-debian-changelog", *map(str, packages.glob("*.changes"))], check=False,
                          text=True, stdin=subprocess.DEVNULL, capture_output=True)
    found = [line for line in done.stdout.splitlines() if re.match("[EW]: ", line)]
    assert found == [] and done.returncode == 0, done.stdout + done.stderr


def test_every_promised_file_is_in_its_package_and_in_no_other(unpacked):
    there = {name: {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}
             for name, folder in unpacked.items()}
    for name, paths in PROMISED.items():
        assert set(paths) <= there[name], name
    assert not there["weir"] & there["weir-sensor"]


def test_the_version_is_that_of_the_programs(packages, unpacked):
    said = command([str(unpacked["weir"] / "usr/bin/weir"), "--version"]).stdout.split()[1]
    for name in PROMISED:
        package = next(packages.glob(f"{name}_*.deb"))
        assert command(["dpkg-deb", "-f", str(package), "Version"]).stdout.strip() == said


def test_the_unpacked_program_answers_about_its_examples(unpacked):
    weir = str(unpacked["weir"] / "usr/bin/weir")
    documents = unpacked["weir"] / "usr/share/doc/weir"
    assert "can" in command([weir, "help"]).stdout
    shop = documents / "policies/examples/shop"
    answer = command([weir, "can", "web-1", "db-1", "5432", "-s", ".", "-p", "shop.policy"], cwd=shop).stdout
    assert "REACHABLE" in answer
    market = command([weir, "can", "batch-us", "db-eu", "5432", "-s", "../market"], cwd=shop, check=False)
    assert market.returncode == 1
    sensor = str(unpacked["weir-sensor"] / "usr/sbin/weir-sensor")
    records = command([sensor, "--read", str(documents / "tests/data/shop-db-1.pcap"), "-i", "eth0=eni-1", "--local",
                       "10.0.3.10"]).stdout
    assert " eni-1 " in records


def test_the_config_stays_the_administrators_and_the_service_waits_for_it(packages):
    package = str(next(packages.glob("weir-sensor_*.deb")))
    listed = subprocess.run(["dpkg-deb", "-I", package, "conffiles"], check=True, text=True, stdout=subprocess.PIPE)
    assert listed.stdout.split() == ["/etc/weir/sensor.conf"]
    # deb-systemd-invoke starts nothing that is neither enabled nor running.
    script = command(["dpkg-deb", "-I", package, "postinst"]).stdout
    assert "was-enabled 'weir-sensor.service'" in script and "systemctl start" not in script
    assert "deb-systemd-invoke stop 'weir-sensor.service'" in command(["dpkg-deb", "-I", package, "prerm"]).stdout
