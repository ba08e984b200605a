# SPDX-License-Identifier: Apache-2.0
"""What weir-sensor can still do once it runs, and what it needs to start.

That the system calls which are left are enough is what all other tests of the sensor say; what cannot be done
with them is in tests/unit/test_privileges.c.
"""

import os
import pathlib
import pwd
import re
import signal

import pytest
from scapy.all import IP, UDP, Ether, wrpcap

from lab import Program, command, wait_until
from sensors import keeper_of
from test_sensor import LEFT, LEFT_MAC, RIGHT, RIGHT_MAC, send, sensors_fixture, wire_fixture  # noqa: F401

CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF = 1 << 12, 1 << 13, 1 << 39
FRAME = Ether(src=RIGHT_MAC, dst=LEFT_MAC) / IP(src=RIGHT, dst=LEFT) / UDP(sport=1, dport=2)
WAYS = {"tcx": ["bpf", "--hook", "tcx"], "clsact": ["bpf", "--hook", "clsact"], "packet": ["packet"],
        "pcap": ["pcap"]}
# What the process keeps that attaches a sensor to interfaces, and what the sensor says of it.
KEEPS = {"bpf": (CAP_NET_ADMIN | CAP_BPF, ", weir-hooks with CAP_NET_ADMIN CAP_BPF"),
         "packet": (CAP_NET_RAW, ", weir-sockets with CAP_NET_RAW"), "pcap": (0, "")}
NEEDED = {"bpf": "CAP_BPF CAP_NET_ADMIN CAP_PERFMON", "packet": "CAP_NET_RAW", "pcap": "CAP_NET_RAW"}


def status_in(text: str) -> dict[str, str]:
    """What /proc/PID/status says."""
    return {name: value.strip() for name, value in (line.split(":", 1) for line in text.splitlines())}


def status_of(pid: int) -> dict[str, str]:
    return status_in(pathlib.Path(f"/proc/{pid}/status").read_text())


def capabilities_of(status: dict[str, str]) -> dict[str, int]:
    return {name: int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")}


def unprivileged_user() -> pwd.struct_passwd:
    """As --user says: weir, else nobody."""
    try:
        return pwd.getpwnam("weir")
    except KeyError:
        return pwd.getpwnam("nobody")


def is_shut(status: dict[str, str]) -> bool:
    """No way back: a filter of system calls, and no privileges by executing."""
    return (status["Seccomp"], status["NoNewPrivs"]) == ("2", "1")


@pytest.mark.parametrize("way", list(WAYS))
def test_a_running_sensor_is_another_user_without_capabilities(wire, sensors, way):
    sensor = sensors.start(*WAYS[way])
    status, user = status_of(sensor.pid), unprivileged_user()
    assert status["Uid"].split() == [str(user.pw_uid)] * 4
    assert status["Gid"].split() == [str(user.pw_gid)] * 4
    assert status["Groups"] == ""
    assert is_shut(status)
    assert set(capabilities_of(status).values()) == {0}
    assert sensor.stderr[0].endswith(f", as {user.pw_name} without capabilities{KEEPS[WAYS[way][0]][1]}")


@pytest.mark.parametrize("way", ["tcx", "clsact", "packet"])
def test_what_attaches_to_interfaces_keeps_the_capabilities_for_that_and_no_others(wire, sensors, way):
    keeper = status_of(keeper_of(sensors.start(*WAYS[way])))
    user, held = unprivileged_user(), KEEPS[WAYS[way][0]][0]
    assert keeper["Uid"].split() == [str(user.pw_uid)] * 4
    assert keeper["Groups"] == ""
    assert is_shut(keeper)
    assert capabilities_of(keeper) == {"CapInh": 0, "CapPrm": held, "CapEff": held, "CapAmb": 0}


@pytest.mark.parametrize("way", list(WAYS))
def test_what_comes_after_the_drop_is_captured_counted_and_cleaned_up(wire, sensors, way):
    sensor = sensors.start(*WAYS[way])
    send(wire, "right", "r0", [FRAME] * 3)
    os.kill(sensor.pid, signal.SIGUSR1)
    sensor.wait_for_line(r"^\d+ s  ")
    sensors.stop()
    assert [record["packets"] for record in sensors.records(f"left-{WAYS[way][0]}")] == ["3"]
    assert "flow_" not in wire.run("left", ["tc", "filter", "show", "dev", "l0", "ingress"]).stdout
    assert "clsact" not in wire.run("left", ["tc", "qdisc", "show", "dev", "l0"]).stdout


def test_root_stays_root_only_when_asked_and_without_its_privileges(wire, sensors):
    sensor = sensors.start("packet", "--user", "root")
    status = status_of(sensor.pid)
    assert status["Uid"].split() == ["0"] * 4 and is_shut(status)
    assert set(capabilities_of(status).values()) == {0}
    assert sensor.stderr[0].endswith(", as root without capabilities" + KEEPS["packet"][1])


def test_nothing_is_given_up_only_when_asked(wire, sensors):
    sensor = sensors.start("packet", "--no-drop")
    status = status_of(sensor.pid)
    assert (status["Uid"].split()[0], status["Seccomp"], status["NoNewPrivs"]) == ("0", "0", "0")
    assert sensor.stderr[0].endswith(", with all privileges it was started with, weir-sockets with the same")


def test_a_container_that_has_only_root_gets_a_sensor_that_says_so(lab, build):
    lab.namespace("host")
    sensor = lab.start("host", ["unshare", "--user", "--map-root-user", "--net", build / "weir-sensor",
                                "--interface", "lo", "--backend", "packet"])
    assert sensor.wait_for_line("^sensor: ").endswith(
        ", as root (the kernel allows no other user here) without capabilities" + KEEPS["packet"][1])
    assert set(capabilities_of(status_of(sensor.pid)).values()) == {0}
    assert sensor.stop() == 0


def without_root(capabilities: str) -> list[str]:
    """As nobody with these capabilities, as systemd's AmbientCapabilities gives them."""
    names = ["-all"] + [f"+{name.removeprefix('CAP_').lower()}" for name in capabilities.split()]
    return ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups",
            "--inh-caps", ",".join(names), "--ambient-caps", ",".join(names)]


@pytest.mark.parametrize("backend", list(NEEDED))
def test_a_sensor_without_root_starts_with_the_capabilities_it_names(wire, build, backend):
    sensor = wire.start("left", [*without_root(NEEDED[backend]), build / "weir-sensor", "--interface", "l0",
                                 "--backend", backend])
    sensor.wait_for_line(f"^sensor: .*, as nobody without capabilities{KEEPS[backend][1]}$")
    status = status_of(sensor.pid)
    assert set(capabilities_of(status).values()) == {0} and is_shut(status)
    send(wire, "right", "r0", [FRAME])
    assert sensor.stop() == 0
    assert any(" 1 28 " in line for line in sensor.stdout)


def privileges_there(lab, build, capabilities: str, *options: str):
    """--check-privileges with capabilities; the answer and its line for each word that lines begin with."""
    done = lab.run("left", [*without_root(capabilities), build / "weir-sensor", "--check-privileges", *options],
                   check=False)
    return done, {line.split()[0]: line for line in done.stdout.splitlines()}


@pytest.mark.parametrize("backend", list(NEEDED))
def test_the_check_says_yes_with_what_is_needed_and_no_with_one_less(wire, build, backend):
    done, said = privileges_there(wire, build, NEEDED[backend], "--backend", backend)
    assert done.returncode == 0, done.stdout + done.stderr
    assert said["user"] == "user    stays nobody"
    assert "lacks none; can be opened, keeps none" in said[backend]
    for left_out in NEEDED[backend].split():
        rest = " ".join(name for name in NEEDED[backend].split() if name != left_out)
        done, said = privileges_there(wire, build, rest, "--backend", backend)
        assert done.returncode == 1 and f"lacks {left_out}; cannot be opened: " in said[backend]


def test_the_check_names_what_is_needed_for_each_backend(wire, build):
    done, said = privileges_there(wire, build, "CAP_NET_RAW", "--interface", "l0")
    assert done.returncode == 0, "one of them is enough for auto"
    for backend, needed in NEEDED.items():
        told = re.search(r"needs ([A-Z_ ]+);", said[backend])
        assert told and sorted(told.group(1).split()) == needed.split()
    assert "cannot be opened" in said["bpf"] and "can be opened" in said["packet"]


def test_the_check_leaves_no_hook_behind_and_says_what_is_kept(wire, build):
    done = wire.run("left", [build / "weir-sensor", "--check-privileges", "--interface", "l0", "--backend", "bpf",
                             "--hook", "clsact"])
    assert done.stdout.splitlines()[0] == f"user    becomes {unprivileged_user().pw_name}"
    assert done.stdout.splitlines()[1].endswith("can be opened, keeps none; weir-hooks with CAP_NET_ADMIN CAP_BPF")
    assert "clsact" not in wire.run("left", ["tc", "qdisc", "show", "dev", "l0"]).stdout


def reading(build: pathlib.Path, folder: pathlib.Path, *options: str) -> Program:
    """A sensor that reads a pipe in which nothing stands yet, and has begun to."""
    os.mkfifo(folder / "in")
    reader = Program([str(build / "weir-sensor"), "--read", str(folder / "in"), *options])
    wait_until("it has given up its privileges", lambda: status_of(reader.pid)["Seccomp"] == "2")
    return reader


def test_a_file_is_parsed_by_another_user_and_appears_where_only_root_may_write(build, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("not root: there are no privileges to give up")
    tmp_path.chmod(0o700)
    wrpcap(str(tmp_path / "capture"), [FRAME])
    reader = reading(build, tmp_path, "--output", str(tmp_path / "out"))
    status = status_of(reader.pid)
    assert status["Uid"].split() == [str(unprivileged_user().pw_uid)] * 4
    assert set(capabilities_of(status).values()) == {0}
    assert not (tmp_path / "out").exists()
    (tmp_path / "in").write_bytes((tmp_path / "capture").read_bytes())
    assert reader.wait() == 0, reader.output()
    assert " 1 28 " in (tmp_path / "out").read_text()
    assert {path.name for path in tmp_path.iterdir()} == {"capture", "in", "out"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_reader_that_is_ended_leaves_no_half_a_file(build, tmp_path, number):
    reader = reading(build, tmp_path, "--output", str(tmp_path / "out"))
    assert len(list(tmp_path.glob("out.*"))) == 1
    os.kill(reader.pid, number)
    reader.wait()
    # After SIGKILL whoever kept the draft hears of it a moment later.
    wait_until("the draft is gone", lambda: {path.name for path in tmp_path.iterdir()} == {"in"})


@pytest.mark.parametrize("options, said", [
    (["--user", "no-such-user", "-i", "lo"], "--user: there is no user 'no-such-user'"),
    (["--user", "root", "--no-drop", "-i", "lo"], "--user and --no-drop contradict each other"),
    (["--check-privileges", "--read", "-"], "--check-privileges neither reads a file nor detaches"),
])
def test_what_cannot_be_meant_is_refused(build, options, said):
    done = command([str(build / "weir-sensor"), *options], check=False)
    assert done.returncode == 2 and said in done.stderr
