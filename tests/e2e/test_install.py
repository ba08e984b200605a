# SPDX-License-Identifier: Apache-2.0
"""`make install` puts programs, pages, completion, examples and the service where they are found, and takes them away."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

from lab import command
from sensors import plain_wire
from test_sensor_privileges import capabilities_of, is_shut, status_of

PROMISED = ["bin/weir", "sbin/weir-sensor", "share/man/man1/weir.1", "share/man/man1/weir-can.1",
            "share/man/man8/weir-sensor.8", "share/bash-completion/completions/weir",
            "share/bash-completion/completions/weir-sensor", "share/doc/weir/README.md", "share/doc/weir/docs/cli.md",
            "share/doc/weir/policies/examples/shop/shop.policy", "share/doc/weir/tests/data/shop-db-1.pcap",
            "lib/systemd/system/weir-sensor.service", "share/weir-sensor/grafana/weir-sensor.json",
            "share/weir-sensor/prometheus/weir-sensor.rules.yml"]
PREFIX = "/opt/weir"


def install(root: pathlib.Path, build: pathlib.Path, to: pathlib.Path, *options: str) -> None:
    """As the makefile's targets do once everything is built: `make` itself would build for the flags it is given."""
    if not (build / "pages").exists():
        command(["packaging/pages", str(build)], cwd=root)
    command(["packaging/install", *options, str(build)], cwd=root,
            env={**os.environ, "DESTDIR": str(to), "PREFIX": PREFIX, "SYSCONFDIR": "/etc"})


def files_below(folder: pathlib.Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture(name="installed", scope="module")
def installed_fixture(build, tmp_path_factory):
    to = tmp_path_factory.mktemp("root")
    install(pathlib.Path(__file__).resolve().parents[2], build, to)
    return to


@pytest.fixture(name="service", scope="module")
def service_fixture(installed):
    return installed / f".{PREFIX}/lib/systemd/system/weir-sensor.service"


def test_what_is_promised_is_there_and_runs(installed):
    there = installed / f".{PREFIX}"
    for path in PROMISED:
        assert (there / path).is_file(), path
    shop = there / "share/doc/weir/policies/examples/shop"
    command([str(there / "bin/weir"), "help"])
    answer = command([str(there / "bin/weir"), "can", "web-1", "db-1", "5432", "-s", ".", "-p", "shop.policy"], cwd=shop)
    assert "REACHABLE" in answer.stdout
    # The verb finds the sensor that was installed with it.
    assert "weir-sensor " in command([str(there / "bin/weir"), "sensor", "--version"], env={"PATH": "/nowhere"}).stdout


def test_links_in_the_installed_pages_work(installed):
    pages = list(installed.rglob("*.md"))
    assert len(pages) > 5
    for page in pages:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
            assert target.startswith("http") or (page.parent / target).exists(), (page, target)


def test_a_second_install_keeps_the_config_and_uninstall_a_changed_one(root, build, tmp_path):
    install(root, build, tmp_path)
    config = tmp_path / "etc/weir/sensor.conf"
    before = files_below(tmp_path)
    config.write_text("interface = ens5\n")
    install(root, build, tmp_path)
    assert config.read_text() == "interface = ens5\n" and files_below(tmp_path) == before
    install(root, build, tmp_path, "--remove")
    assert files_below(tmp_path) == ["etc/weir/sensor.conf"]
    config.unlink()
    install(root, build, tmp_path)
    install(root, build, tmp_path, "--remove")
    assert files_below(tmp_path) == [] and not config.parent.exists()


def test_every_key_of_the_shipped_config_is_an_option(root, build, installed, tmp_path):
    lines = (installed / "etc/weir/sensor.conf").read_text().splitlines()
    keys = [line.lstrip("#") for line in lines if re.match(r"#?[a-z-]+ = ", line)]
    config = tmp_path / "all.conf"
    assert len(keys) > 10
    # What flows are judged by is either given or fetched.
    for other in ("snapshot", "fetch"):
        config.write_text("\n".join(key for key in keys if not key.startswith(other)) + "\n")
        done = command([str(build / "weir-sensor"), "--config", str(config), "--help-metrics"], check=False)
        assert done.returncode == 0, done.stderr
    # A capture has no use for sinks of events; and what it would be judged by is not there.
    here = [key for key in keys if key.split(" = ")[0] not in ("events", "snapshot", "policy", "fetch", "identity")]
    config.write_text("\n".join(here) + "\n")
    done = command([str(build / "weir-sensor"), "--config", str(config), "--read", str(root / "tests/data/shop-db-1.pcap"),
                    "--interface", "eth0=eni-1", "--local", "10.0.3.10", "--output", "-"])
    assert " 123456789012 eni-1 " in done.stdout.replace("2 123", " 123")


def test_the_service_is_shut_in_to_a_score_of_2(service):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=20", "--no-pager", str(service)],
                          check=False, text=True, capture_output=True)
    score = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert score and float(score.group(1)) <= 2.0, done.stdout + done.stderr
    assert done.returncode == 0


def test_the_service_names_the_installed_program_and_nothing_it_does_not_have(service):
    text = service.read_text()
    assert f"ExecStart={PREFIX}/sbin/weir-sensor --config /etc/weir/sensor.conf\n" in text
    assert "Type=notify\n" in text and "@" not in re.sub(r"~?@(system-service|privileged|resources)", "", text)


def calls_of(name: str) -> set[str]:
    """A call, or what systemd means by a set of them."""
    if not name.startswith("@"):
        return {name}
    lines = command(["systemd-analyze", "syscall-filter", "--no-pager", name]).stdout.splitlines()[1:]
    words = [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]
    return {call for word in words for call in calls_of(word)}


def test_the_service_lets_the_sensor_make_its_calls_and_give_up_the_rest(root, service):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    allowed = set()
    for rule in re.findall(r"^SystemCallFilter=(.*)$", service.read_text(), re.MULTILINE):
        calls = {call for word in rule.lstrip("~").split() for call in calls_of(word)}
        allowed = allowed - calls if rule.startswith("~") else allowed | calls
    loop = set(re.findall(r"(?:SCMP_SYS|FOR)\((\w+)", (root / "sensor/call_filter.c").read_text())) - {"call"}
    assert len(loop) > 80
    giving_up = {"capget", "capset", "prctl", "seccomp", "landlock_create_ruleset", "landlock_add_rule",
                 "landlock_restrict_self"}
    children = {"clone", "setsid", "wait4", "pidfd_open", "close_range", "pipe2", "socketpair", "dup3", "mkdir"}
    assert loop | giving_up | children <= allowed
    assert not allowed & {"setuid", "mount", "reboot", "init_module", "ptrace"}


def test_the_capabilities_of_the_service_are_enough_and_are_given_up(service, lab, build, backend, tmp_path):
    """As the service does: another user than root, with these capabilities and no others."""
    granted = re.search(r"^AmbientCapabilities=(.*)$", service.read_text(), re.MULTILINE).group(1)
    names = ",".join("+" + name.removeprefix("CAP_").lower() for name in granted.split())
    plain_wire(lab)
    config = tmp_path / "sensor.conf"
    config.write_text(f"interface = l0=eni-1\nbackend = {backend}\ninterval = 1\noutput = -\n")
    config.chmod(0o644)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    shutil.copy(build / "weir-sensor", tmp_path / "weir-sensor")
    sensor = lab.start("left", ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs",
                                f"--inh-caps=-all,{names}", f"--ambient-caps=-all,{names}",
                                f"--bounding-set=-all,{names}", str(tmp_path / "weir-sensor"), "--config", str(config)])
    sensor.wait_for_line(r"eni-1 .* NODATA|eni-1 .* OK")
    status = status_of(sensor.pid)
    assert set(capabilities_of(status).values()) == {0} and is_shut(status)
    assert sensor.stop() == 0
