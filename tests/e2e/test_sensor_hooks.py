# SPDX-License-Identifier: Apache-2.0
"""Where weir-sensor hangs its programs, and what it leaves of others' and of its own."""

import os
import pathlib
import re
import signal

import pytest
from scapy.all import ICMP, IP, UDP, Ether

from lab import Lab, Program, command, wait_until
from sensors import children_of, kill_with_keeper, read_of
from test_sensor import LEFT, LEFT_MAC, RIGHT, RIGHT_MAC, send, sensors_fixture, wire_fixture  # noqa: F401

HOOKS = ["tcx", "clsact"]
OTHERS = "dev l0 ingress protocol ip u32 match u32 0 0 flowid 1:1"
FRAME = Ether(src=RIGHT_MAC, dst=LEFT_MAC) / IP(src=RIGHT, dst=LEFT) / UDP(sport=1, dport=2)


def filters(lab: Lab) -> str:
    """What hangs on clsact."""
    return "".join(lab.run("left", ["tc", "filter", "show", "dev", "l0", hook]).stdout
                   for hook in ("ingress", "egress"))


def programs() -> set[str]:
    """The ids of the programs that the kernel holds of all sensors, those of other tests too."""
    listed = command(["bpftool", "prog", "list"]).stdout
    return {line.split(":")[0] for line in listed.splitlines() if " name flow_" in line}


def programs_of(sensor: Program) -> set[str]:
    """Those that it holds, or a process of its."""
    held = set()
    for pid in (sensor.pid, *children_of(sensor.pid)):
        for info in pathlib.Path(f"/proc/{pid}/fdinfo").glob("*"):
            held.update(re.findall(r"^prog_id:\s*(\d+)", read_of(pid, f"fdinfo/{info.name}"), re.MULTILINE))
    return held & programs()


@pytest.mark.parametrize("hook", HOOKS)
def test_nothing_of_the_sensor_is_left_behind(wire, sensors, hook):
    sensor = sensors.start("bpf", "--hook", hook)
    assert hook in sensor.stderr[0].lower()
    ours = programs_of(sensor)
    assert len(ours) >= 2
    assert ("flow_ingress" in filters(wire) and "flow_egress" in filters(wire)) == (hook == "clsact")
    sensors.stop()
    wait_until("the kernel has let the programs go", lambda: not ours & programs())
    assert filters(wire) == ""
    assert "clsact" not in wire.run("left", ["tc", "qdisc", "show", "dev", "l0"]).stdout


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_filters_of_others_survive(wire, sensors, hook, when):
    if when == "before" or hook == "tcx":
        wire.run("left", ["tc", "qdisc", "add", "dev", "l0", "clsact"])
    if when == "before":
        wire.run("left", ["tc", "filter", "add", *OTHERS.split()])
    sensors.start("bpf", "--hook", hook)
    if when == "meanwhile":
        wire.run("left", ["tc", "filter", "add", *OTHERS.split()])
    send(wire, "right", "r0", [Ether(src=RIGHT_MAC, dst=LEFT_MAC) / IP(src=RIGHT, dst=LEFT) / ICMP()])
    sensors.stop()
    assert "u32" in filters(wire) and "flow_" not in filters(wire)
    # Theirs ends the chain; ours stands before it.
    assert len(sensors.records("left-bpf")) == 1


def test_a_sensor_says_that_others_stand_before_it_on_clsact(wire, sensors):
    said = "behind filters of others"
    wire.run("left", ["tc", "qdisc", "add", "dev", "l0", "clsact"])
    wire.run("left", ["tc", "filter", "add", *OTHERS.replace("protocol ip", "protocol ip prio 1").split()])
    first = sensors.start("bpf", "--hook", "clsact")
    assert said in first.stderr[0]
    wire.run("left", ["tc", "filter", "del", "dev", "l0", "ingress"])
    second = sensors.start("bpf", "--hook", "clsact", name="second")
    third = sensors.start("bpf", "--hook", "clsact", name="third")
    assert said not in second.stderr[0]
    assert said not in third.stderr[0], "sensors let each other see all"
    sensors.stop()


@pytest.mark.parametrize("hook", HOOKS)
def test_two_sensors_share_an_interface_and_both_see_all(wire, sensors, hook):
    sensors.start("bpf", "--hook", hook)
    sensors.start("auto", "--hook", hook)
    send(wire, "right", "r0", [FRAME])
    sensors.stop()
    assert len(sensors.records("left-bpf")) == len(sensors.records("left-auto")) == 1
    assert filters(wire) == ""


def killed(wire, sensors, hook: str) -> set[str]:
    """The programs that it had."""
    sensor = sensors.start("bpf", "--hook", hook)
    ours = programs_of(sensor)
    kill_with_keeper(sensor)
    del sensors.running["left-bpf"]
    return ours


def test_a_killed_sensor_leaves_nothing_on_tcx(wire, sensors):
    ours = killed(wire, sensors, "tcx")
    assert ours
    wait_until("the kernel has let the programs go", lambda: not ours & programs())


def test_what_a_killed_sensor_has_on_clsact_is_removed_by_who_attached_it(wire, sensors):
    sensor = sensors.start("bpf", "--hook", "clsact")
    os.kill(sensor.pid, signal.SIGKILL)
    sensor.wait()
    del sensors.running["left-bpf"]
    wait_until("the filters are gone", lambda: filters(wire) == "")
    wait_until("the qdisc is", lambda: "clsact" not in wire.run("left", ["tc", "qdisc", "show", "dev", "l0"]).stdout)


def test_what_a_killed_sensor_left_on_clsact_is_replaced_by_the_next(wire, sensors):
    killed(wire, sensors, "clsact")
    assert filters(wire).count("flow_") > 0
    sensors.start("bpf", "--hook", "clsact")
    send(wire, "right", "r0", [FRAME])
    sensors.stop()
    assert filters(wire) == "" and len(sensors.records("left-bpf")) == 1
