# SPDX-License-Identifier: Apache-2.0
"""SIGHUP: the end of a terminal ends a sensor that was started there; anybody else asks it to load again."""

import os
import re
import signal
import sys

import pytest
from scapy.all import IP, UDP, Ether

from lab import Program
from sensors import plain_wire
from truth import LEFT, LEFT_MAC, RIGHT, RIGHT_MAC
from test_sensor import send

READY = "^sensor: .* windows of"
NOTHING = "sensor: SIGHUP: there is nothing to load again"

# Runs a program at a terminal of its own and prints what it says there; SIGTERM hangs up.  Ends as the program does.
AT_A_TERMINAL = """
import os, pty, signal, sys

def end(*_):
    os.close(terminal)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests themselves may have been started with nohup
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
signal.signal(signal.SIGTERM, end)
print("pid", pid, flush=True)
while True:
    try:
        print(os.read(terminal, 4096).decode(), end="", flush=True)
    except OSError:
        end()
"""


@pytest.fixture(name="wire")
def wire_fixture(lab):
    plain_wire(lab)
    return lab


def start(wire, build, *options, before=(), **how) -> Program:
    sensor = wire.start("left", [*before, build / "weir-sensor", "-i", "l0", "--backend", "packet", "--identity", "none",
                                 "--interval", "3600", *options], **how)
    sensor.wait_for_line(READY)
    return sensor


def start_at_a_terminal(wire, build, *options) -> tuple[Program, int]:
    """The terminal, which hangs up when it is stopped, and the pid of the sensor at it."""
    terminal = start(wire, build, *options, before=[sys.executable, "-c", AT_A_TERMINAL])
    return terminal, int(re.search("[0-9]+", terminal.wait_for_line("^pid "))[0])


@pytest.mark.parametrize("judges", [False, True], ids=["records", "judges"])
def test_the_end_of_its_terminal_ends_it_with_its_windows_written(wire, build, root, tmp_path, judges):
    log = tmp_path / "flow.log"
    options = ["--snapshot", root / "policies/examples/shop"] if judges else []
    terminal, _ = start_at_a_terminal(wire, build, "--output", log, "--user", "root", *options)
    send(wire, "right", "r0", [Ether(src=RIGHT_MAC, dst=LEFT_MAC) / IP(src=RIGHT, dst=LEFT) / UDP(sport=1, dport=2)])
    assert terminal.stop() == 0
    assert sum(line.endswith(" OK") for line in log.read_text().splitlines()) == 1


@pytest.mark.parametrize("how", ["as a service", "at a terminal", "to outlive its terminal"])
def test_a_reload_of_a_sensor_with_nothing_to_load_is_told_and_ends_nothing(wire, build, tmp_path, how):
    log = tmp_path / "flow.log"
    if how == "at a terminal":
        sensor, pid = start_at_a_terminal(wire, build, "--output", log)
    elif how == "as a service":
        sensor = start(wire, build, "--output", log, start_new_session=True)
        pid = sensor.pid
    else:
        sensor = start(wire, build, "--output", log, before=["nohup"])
        pid = sensor.pid
    os.kill(pid, signal.SIGHUP)
    sensor.wait_for_line(NOTHING)
    os.kill(pid, signal.SIGUSR1)
    sensor.wait_for_line("flows 0  packets 0")
    assert sensor.is_running()
