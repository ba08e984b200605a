# SPDX-License-Identifier: Apache-2.0
"""The Debian packages: built, found clean by lintian, installed by dpkg where nothing is that they do not depend on, and
run there by a systemd, upgraded, removed and purged."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest
from scapy.all import IP, UDP, Ether

from debian_root import TIMEOUT_S, DebianRoot, Machine, booted, names_in
from lab import command, wait_until
from scrape import ask, samples
from sensors import plain_wire
from test_sensor import send
from test_sensor_privileges import capabilities_of, is_shut, status_in
from truth import LEFT, LEFT_MAC, RIGHT, RIGHT_MAC

BUILD_TIMEOUT_S = 280
TOOLS = {"dpkg-buildpackage": "dpkg-dev", "dh": "debhelper", "lintian": "lintian", "man": "man-db",
         "systemctl": "systemd"}
CONFIG = "etc/weir/sensor.conf"
SERVICE = "weir-sensor.service"
FRAME = Ether(src=RIGHT_MAC, dst=LEFT_MAC) / IP(src=RIGHT, dst=LEFT) / UDP(sport=1, dport=2)
# The maintainer's address is that of whoever publishes the packages; the build of the test is not optimized; the service
# is systemd's alone.
UNSAID = ["bogus-mail-host", "bogus-mail-host-in-debian-changelog", "hardening-no-fortify-functions",
          "package-supports-alternative-init-but-no-init.d-script"]
PROMISED = {
    "weir": ["usr/bin/weir", "usr/share/bash-completion/completions/weir", "usr/share/man/man1/weir.1.gz",
             "usr/share/man/man1/weir-can.1.gz", "usr/share/doc/weir/README.md", "usr/share/doc/weir/docs/cli.md",
             "usr/share/doc/weir/policies/examples/shop/shop.policy", "usr/share/doc/weir/copyright"],
    "weir-sensor": ["usr/sbin/weir-sensor", "usr/share/bash-completion/completions/weir-sensor",
                    "usr/share/man/man8/weir-sensor.8.gz", CONFIG,
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


@pytest.fixture(name="debian", scope="module")
def debian_fixture(packages, tmp_path_factory):
    """A Debian with what the packages depend on, and what these tests ask."""
    if os.geteuid() != 0:
        pytest.skip("not root: installing packages needs it")
    needed = [each for package in packages.glob("*.deb")
              for each in names_in(command(["dpkg-deb", "-f", str(package), "Depends"]).stdout)]
    folder = tmp_path_factory.mktemp("debian")
    yield DebianRoot(folder, [*needed, ["man-db"], ["systemd"]])
    # A hundred megabytes, which pytest would keep.
    shutil.rmtree(folder)


def install(where, *packages: pathlib.Path, options: tuple[str, ...] = ()) -> None:
    """Into a root or a machine that runs."""
    for package in packages:
        shutil.copy(package, where.folder / "root")
    where.run("dpkg", "--force-unsafe-io", *options, "--install", *(f"/root/{package.name}" for package in packages))


def later(package: pathlib.Path, to: pathlib.Path, version: str) -> pathlib.Path:
    """The package of a later version, with a line more in its config."""
    tree, made = to / version, to / f"{version}.deb"
    command(["dpkg-deb", "-R", str(package), str(tree)])
    control = tree / "DEBIAN/control"
    control.write_text(re.sub(r"^Version: .*", f"Version: {version}", control.read_text(), flags=re.MULTILINE))
    with (tree / CONFIG).open("a") as config:
        config.write(f"# {version}\n")
    command(["dpkg-deb", "-b", str(tree), str(made)])
    return made


@pytest.fixture(name="clean")
def clean_fixture(debian):
    """That Debian, and nothing there of what a test before left."""
    debian.run("dpkg", "--force-unsafe-io", "--purge", *PROMISED)
    return debian


@pytest.fixture(name="installed")
def installed_fixture(clean, packages):
    install(clean, *packages.glob("*.deb"))
    return clean


@pytest.fixture(name="machine")
def machine_fixture(lab, clean, packages):
    """Booted, then installed on."""
    plain_wire(lab)
    with booted(lab, "left", clean) as machine:
        install(machine, *packages.glob("*.deb"))
        yield machine


def property_of(machine: Machine, name: str) -> str:
    return machine.run("systemctl", "show", f"--property={name}", "--value", SERVICE).stdout.strip()


def test_lintian_has_nothing_to_say(packages):
    done = subprocess.run(["lintian", "--pedantic", "--display-info", "--fail-on", "error,warning,info,pedantic",
                           "--suppress-tags", ",".join(UNSAID), *map(str, packages.glob("*.changes"))], check=False,
                          text=True, stdin=subprocess.DEVNULL, capture_output=True)
    assert done.stdout == "" and done.returncode == 0, done.stdout + done.stderr


def test_dpkg_has_them_whole_with_all_that_they_depend_on(installed, packages):
    said = installed.run("weir", "--version").stdout.split()[1]
    asked = installed.run("dpkg-query", "--show", "--showformat=${Package} ${Version} ${Status}\n", *PROMISED)
    assert asked.stdout.splitlines() == [f"{name} {said} install ok installed" for name in PROMISED]
    for what in ("--audit", "--verify"):
        assert installed.run("dpkg", what, *PROMISED).stdout == ""
    for name, paths in PROMISED.items():
        assert set(paths) <= {path[1:] for path in installed.run("dpkg", "--listfiles", name).stdout.splitlines()}


def test_the_installed_programs_answer_about_their_examples(installed):
    documents = "/usr/share/doc/weir"
    shop = f"{documents}/policies/examples/shop"
    can = installed.run("env", "-C", shop, "weir", "can", "web-1", "db-1", "5432", "-s", ".", "-p", "shop.policy")
    assert "REACHABLE" in can.stdout
    market = installed.run("weir", "can", "batch-us", "db-eu", "5432", "-s", f"{shop}/../market", check=False)
    assert market.returncode == 1
    # The verb finds the other package's program.
    records = installed.run("weir", "sensor", "--read", f"{documents}/tests/data/shop-db-1.pcap", "-i", "eth0=eni-1",
                            "--local", "10.0.3.10")
    assert " eni-1 " in records.stdout
    assert "can be opened" in installed.run("weir-sensor", "--check-privileges").stdout


def test_the_pages_are_found_and_systemd_has_nothing_against_the_unit(installed):
    pages = installed.run("man", "--where", "weir", "weir-can", "weir-sensor").stdout.splitlines()
    assert pages == [f"/usr/share/man/{page}.gz" for page in ("man1/weir.1", "man1/weir-can.1", "man8/weir-sensor.8")]
    # Also that the programs it runs and the page it names are there.
    done = installed.run("systemd-analyze", "verify", SERVICE)
    assert done.stdout + done.stderr == ""


def test_a_config_that_nobody_edited_is_the_packages_an_edited_one_stays(installed, packages, tmp_path):
    package = next(packages.glob("weir-sensor_*.deb"))
    config = installed.folder / CONFIG
    shipped = config.read_text()
    install(installed, later(package, tmp_path, "98"))
    assert config.read_text() == f"{shipped}# 98\n"
    edited = shipped.replace("interface = all", "interface = ens5")
    config.write_text(edited)
    # There is nobody to ask.
    install(installed, later(package, tmp_path, "99"), options=("--force-confold",))
    assert config.read_text() == edited != shipped
    assert config.with_name("sensor.conf.dpkg-dist").read_text() == f"{shipped}# 99\n"


def test_the_service_waits_for_the_administrator_and_runs_with_the_shipped_config(machine, lab):
    assert machine.run("systemctl", "is-enabled", SERVICE, check=False).stdout == "disabled\n"
    assert property_of(machine, "ActiveState") == "inactive"
    # It returns when the sensor has said that it is ready.
    machine.run("systemctl", "enable", "--now", SERVICE)
    status = status_in(machine.run("cat", f"/proc/{property_of(machine, 'MainPID')}/status").stdout)
    assert "0" not in status["Uid"].split() and is_shut(status)
    assert set(capabilities_of(status).values()) == {0}
    assert ask(lab, "left", "http://127.0.0.1:9469/healthz")[0] == 200
    machine.run("systemctl", "stop", SERVICE)
    assert property_of(machine, "Result") == "success"


def test_the_service_records_takes_up_its_snapshot_again_and_comes_back_when_killed(machine, lab):
    (machine.folder / CONFIG).write_text(
        "interface = l0=eni-1\noutput = file:/var/log/weir/flow.log\ninterval = 1\nmetrics = 127.0.0.1:9469\n"
        "snapshot = /usr/share/doc/weir/policies/examples/shop\n")
    machine.run("systemctl", "start", SERVICE)
    began = property_of(machine, "MainPID")

    def loads() -> float:
        return samples(ask(lab, "left", "http://127.0.0.1:9469/metrics")[2])["weir_sensor_model_loads_total"]

    def records() -> int:
        # It is there from the first record on.
        files = (machine.folder / "var/log/private/weir").glob("flow.log")
        return sum(len(re.findall(" eni-1 .* 1 28 ", path.read_text())) for path in files)

    send(lab, "right", "r0", [FRAME])
    wait_until("it is on record", lambda: records() == 1, TIMEOUT_S)
    before = loads()
    machine.run("systemctl", "reload", SERVICE)
    wait_until("the snapshot is taken up again", lambda: loads() > before, TIMEOUT_S)
    assert property_of(machine, "MainPID") == began
    machine.run("systemctl", "kill", "--kill-whom=main", "--signal=KILL", SERVICE)
    wait_until("it is ready again", lambda: property_of(machine, "NRestarts") == "1"
               and property_of(machine, "ActiveState") == "active", TIMEOUT_S)
    assert property_of(machine, "MainPID") != began
    send(lab, "right", "r0", [FRAME])
    wait_until("it is on record", lambda: records() == 2, TIMEOUT_S)


def test_an_upgrade_restarts_what_runs_removing_ends_it_and_purging_leaves_nothing(machine, packages, tmp_path):
    machine.run("systemctl", "enable", "--now", SERVICE)
    began = property_of(machine, "MainPID")
    install(machine, later(next(packages.glob("weir-sensor_*.deb")), tmp_path, "99"))
    assert property_of(machine, "ActiveState") == "active" and property_of(machine, "MainPID") not in ("0", began)
    machine.run("dpkg", "--remove", *PROMISED)
    assert property_of(machine, "ActiveState") == "inactive"
    for path in (CONFIG, "var/log/private/weir", "var/lib/private/weir"):
        assert (machine.folder / path).exists(), path
    machine.run("dpkg", "--purge", *PROMISED)
    assert [path for path in machine.folder.rglob("*weir*") if path.parent != machine.folder / "root"] == []
