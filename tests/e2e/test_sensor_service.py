# SPDX-License-Identifier: Apache-2.0
"""What a sensor tells the service manager that started it, and whoever asks it with SIGUSR1.

A datagram socket stands in for systemd; what systemd makes of the unit is in test_install.py, and
a real one runs it in test_packages.py.
"""

import os
import re
import select
import shutil
import signal
import socket
import struct

import pytest
from scapy.all import IP, UDP, Ether

from lab import DEFAULT_TIMEOUT_S, command, wait_until
from sensors import plain_wire
from test_sensor import LEFT, LEFT_MAC, RIGHT, RIGHT_MAC, Sensors, send

FRAME = Ether(src=RIGHT_MAC, dst=LEFT_MAC) / IP(src=RIGHT, dst=LEFT) / UDP(sport=1, dport=2)
SO_TIMESTAMPNS = 35


@pytest.fixture(name="wire")
def wire_fixture(lab):
    plain_wire(lab)
    return lab


@pytest.fixture(name="sensors")
def sensors_fixture(wire, build, tmp_path):
    return Sensors(wire, build, tmp_path)


class Manager:
    """Hears what is sent to $NOTIFY_SOCKET, with who sent it as the kernel knows it."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.bind(str(path))
        os.chmod(path, 0o777)
        self.socket.settimeout(DEFAULT_TIMEOUT_S)
        self.environment = {**os.environ, "NOTIFY_SOCKET": str(path)}
        self.senders: set[int] = set()
        self.said_s = 0.0  # when the last message was sent, whenever it is read

    def hear(self) -> str:
        message, ancillary, _, _ = self.socket.recvmsg(4096, 256)
        parts = {kind: data for _, kind, data in ancillary}
        self.senders.add(struct.unpack("3i", parts[socket.SCM_CREDENTIALS])[0])
        seconds, nanoseconds = struct.unpack("2l", parts[SO_TIMESTAMPNS])
        self.said_s = seconds + nanoseconds / 1e9
        return message.decode()

    def hear_until(self, pattern: str) -> list[str]:
        said = [self.hear()]
        while not re.search(pattern, said[-1]):
            said.append(self.hear())
        return said


@pytest.fixture(name="manager")
def manager_fixture(tmp_path):
    manager = Manager(tmp_path / "notify")
    yield manager
    manager.socket.close()


def start(wire, build, manager, *options, **environment):
    return wire.start("left", [build / "weir-sensor", "-i", "l0=eni-1", "--interval", "1", *options],
                      env={**manager.environment, **environment})


def test_the_manager_hears_when_it_is_attached_how_it_is_and_when_it_stops(wire, build, backend, manager):
    sensor = start(wire, build, manager, "--backend", backend)
    assert [said for said in manager.hear_until("READY=1") if not said.startswith("STATUS=")] == ["READY=1"]
    # Attached: what is sent from now on is on record.
    send(wire, "right", "r0", [FRAME] * 3)
    manager.hear_until("^STATUS=[1-9][0-9,]* flows, 0 packets lost$")
    wait_until("it is on record", lambda: any(" 3 84 " in line for line in sensor.stdout))
    os.kill(sensor.pid, signal.SIGTERM)
    manager.hear_until("^STOPPING=1$")
    assert sensor.wait() == 0
    assert manager.senders == {sensor.pid}


def test_the_watchdog_is_fed_while_nothing_comes_and_no_window_ends(wire, build, backend, manager):
    start(wire, build, manager, "--backend", backend, "--interval", "600", WATCHDOG_USEC="2000000")
    for _ in range(4):
        manager.hear_until("^WATCHDOG=1$")


def test_the_watchdog_is_fed_twice_in_its_time_and_not_by_a_loop_that_stands_still(wire, build, manager):
    sensor = start(wire, build, manager, WATCHDOG_USEC="2000000")
    times = []
    for _ in range(4):
        manager.hear_until("^WATCHDOG=1$")
        times.append(manager.said_s)
    gaps = [second - first for first, second in zip(times, times[1:])]
    # A machine that is busy makes one longer.
    assert min(gaps) > 0.9 and sorted(gaps)[1] < 2, gaps
    os.kill(sensor.pid, signal.SIGSTOP)
    manager.socket.settimeout(2.5)
    with pytest.raises(TimeoutError):
        while True:
            manager.hear()
    os.kill(sensor.pid, signal.SIGCONT)
    manager.socket.settimeout(DEFAULT_TIMEOUT_S)
    manager.hear_until("^WATCHDOG=1$")
    assert sensor.stop() == 0


def test_the_manager_hears_when_snapshot_and_policy_are_read_again(wire, build, root, manager, tmp_path):
    snapshot = tmp_path / "shop"
    shutil.copytree(root / "policies/examples/shop", snapshot)
    # The folders of a test are for root alone.
    sensor = start(wire, build, manager, "--snapshot", str(snapshot), "--user", "root")
    manager.hear_until("^READY=1$")
    for broken in (False, True):
        if broken:
            next(snapshot.glob("*.json")).write_text("{")
        os.kill(sensor.pid, signal.SIGHUP)
        manager.hear_until(r"^RELOADING=1\nMONOTONIC_USEC=\d+$")
        manager.hear_until("^READY=1$")
    assert sensor.stop() == 0


def test_a_manager_that_does_not_listen_keeps_nothing_from_running(wire, build, manager):
    os.unlink(manager.environment["NOTIFY_SOCKET"])
    sensor = start(wire, build, manager)
    sensor.wait_for_line("^sensor: ")
    assert sensor.wait_for_line("the service manager hears nothing").startswith("weir-sensor: warning: ")
    assert sensor.stop() == 0


def test_a_manager_that_does_not_read_slows_nothing(wire, build, manager):
    sensor = start(wire, build, manager, WATCHDOG_USEC="2")
    sensor.wait_for_line("^sensor: ")
    send(wire, "right", "r0", [FRAME] * 50)
    wait_until("all are on record", lambda: sum(int(line.split()[8]) for line in sensor.stdout if " OK" in line) == 50)
    assert sensor.stop() == 0


def test_the_status_page_has_a_line_for_what_there_is(wire, sensors):
    sensor = sensors.start("packet", "--interval", "1", "--max-flows", "1000")
    send(wire, "right", "r0", [FRAME])
    os.kill(sensor.pid, signal.SIGUSR1)
    sensor.wait_for_line(r"^\d+ s  flows ")
    page = "\n".join(sensor.stderr[1:])
    assert re.match(r"status: packet sockets \(ingress and egress\), up \d+ s, as \w+ without capabilities, "
                    r"weir-sockets with CAP_NET_RAW\n"
                    r"interfaces: l0=eni-\w+\n"
                    r"windows: 1 s, \d flows open of at most 1,000, memory [\d.]+ MiB\n"
                    r"sink \S+/left-packet: taken \d+, delivered \d+ in \d+\n"
                    r"\d+ s  flows \d", page), page


def test_the_status_page_does_not_wait_for_a_reader(wire, build, tmp_path):
    """Its standard error is a full pipe that nobody reads."""
    os.mkfifo(tmp_path / "stderr")
    pipe = os.open(tmp_path / "stderr", os.O_RDWR | os.O_NONBLOCK)
    sensor = wire.start("left", ["sh", "-c", 'exec "$0" -i l0 --interval 1 2>"$1"', build / "weir-sensor",
                                 tmp_path / "stderr"])
    wait_until("it is ready", lambda: select.select([pipe], [], [], 0)[0])
    with pytest.raises(BlockingIOError):
        while True:
            os.write(pipe, b"x" * 4096)
    for sent in range(1, 4):
        os.kill(sensor.pid, signal.SIGUSR1)
        send(wire, "right", "r0", [FRAME])
        wait_until("it is on record", lambda: sum(" 1 28 " in line for line in sensor.stdout) == sent)
    assert sensor.stop() == 0
    os.close(pipe)


def test_every_metric_is_explained_without_an_interface(build):
    done = command([str(build / "weir-sensor"), "--help-metrics"])
    lines = done.stdout.splitlines()
    assert all(re.match(r'weir_sensor_\w+(\{[a-z,]+\})? (counter|gauge): \S|    [a-z]+="[\w:-]+"', line) for line in lines)
