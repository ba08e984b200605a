# SPDX-License-Identifier: Apache-2.0
"""Interfaces that appear and vanish while weir-sensor runs.

l0 is there all the time.  p0, p1 … come and go; what is sent on them once the sensor says that they are measured is
in its records exactly, and what is sent on l0 meanwhile too.
"""

import os
import pathlib
import re
import signal

import pytest
from scapy.all import IP, UDP, Ether

from lab import Lab, Program, wait_until
from sensors import keeper_of
from test_sensor import A_DAY, READY, Sensors, send, sensors_fixture, summary, wire_fixture  # noqa: F401
from test_sensor_privileges import NEEDED, without_root
from truth import ENI, LEFT, LEFT_MAC, RIGHT, RIGHT_MAC, in_order, truth

WAYS = {"tcx": ["bpf", "--hook", "tcx"], "clsact": ["bpf", "--hook", "clsact"], "packet": ["packet"]}
HERE, THERE = "10.8.0.1", "10.8.0.2"
CAME, GONE = "'{}' is there, measured from now on$", "'{}' disappeared"


@pytest.fixture(name="way", params=list(WAYS))
def way_fixture(request) -> list[str]:
    return WAYS[request.param]


def come(lab: Lab, name: str = "p0", address: str = HERE) -> None:
    """A veth pair that there was not: NAME of the left, and q… of the right."""
    lab.link("left", name, "right", name.replace("p", "q"))
    if address:
        lab.address("left", name, f"{address}/24")
    lab.wait_for_link("left", name)


def frame(sport: int, src: str = THERE, dst: str = HERE) -> Ether:
    """From the right; swapped, from the left."""
    return Ether(src=RIGHT_MAC, dst=LEFT_MAC) / IP(src=src, dst=dst) / UDP(sport=sport, dport=9)


def wait_for(sensor: Program, pattern: str, count: int = 1) -> None:
    """Until so many lines like that were said."""
    wait_until(f"{count} lines like {pattern}",
               lambda: sum(bool(re.search(pattern, line)) for line in sensor.stderr) >= count)


def packets_of(sensors: Sensors, name: str, eni: str) -> dict[str, int]:
    """By source port, of the records of one interface."""
    packets: dict[str, int] = {}
    for record in sensors.records(name):
        if record["interface-id"] == eni:
            packets[record["srcport"]] = packets.get(record["srcport"], 0) + int(record["packets"])
    return packets


@pytest.mark.parametrize("asked", ["p0=eni-p", "p*=eni-p"])
def test_what_comes_back_is_measured_again_and_the_others_lose_nothing(wire, sensors, way, asked):
    sensor = sensors.start(*way, "--interface", asked, "--wait", "--interval", "1", name="log")
    sent = []
    for turn in range(3):
        come(wire)
        wait_for(sensor, CAME.format("p0"), turn + 1)
        for namespace, device, frames, direction in (
                ("right", "q0", [frame(100 * turn + port) for port in range(1, 9)], "ingress"),
                ("left", "p0", [frame(100 * turn + port, HERE, THERE) for port in range(11, 19)], "egress")):
            seconds = send(wire, namespace, device, frames)
            sent += [(one, direction, second) for one, second in zip(frames, seconds, strict=True)]
            send(wire, "right", "r0", [frame(1, RIGHT, LEFT)] * 5)
        wire.ip("left", "link del p0")
        wait_for(sensor, GONE.format("p0"), turn + 1)
    sensors.stop()
    records = [record for record in sensors.records("log") if record["interface-id"] == "eni-p"]
    assert in_order(records, ("interface-id",)) == in_order(truth(sent, HERE), ("interface-id",))
    assert packets_of(sensors, "log", ENI) == {"1": 30}
    assert summary(sensor)["lost"] == 0
    assert wire.run("left", ["tc", "filter", "show", "dev", "l0", "ingress"]).stdout == ""


def test_a_sensor_begins_without_an_interface_when_it_is_to_wait(wire, sensors, way):
    sensor = wire.start("left", [sensors.program, "--interface", "p?=eni-p", "--wait", "--interval", A_DAY, "--backend",
                                 *way])
    assert f" on no interface yet, windows of {A_DAY} s" in sensor.wait_for_line(READY)
    come(wire, "p7")
    sensor.wait_for_line(CAME.format("p7"))
    send(wire, "right", "q7", [frame(1)] * 4)
    assert sensor.stop() == 0
    assert [line.split()[2:10] for line in sensor.stdout] == [["eni-p", THERE, HERE, "1", "9", "17", "4", "112"]]


def open_files(pid: int) -> int:
    return len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))


def test_to_come_and_go_a_hundred_times_leaves_nothing_open(wire, sensors, way):
    """Each time by another number, and more of them than there are places."""
    sensor = sensors.start(*way, "--interface", "p0=eni-p", "--wait", "--interval", "1", "--max-interfaces", "8",
                           name="log")
    pids = (sensor.pid, keeper_of(sensor))
    before = [open_files(pid) for pid in pids]
    for turn in range(100):
        wire.run("left", ["ip", "link", "add", "p0", "type", "veth", "peer", "name", "o0"])
        wait_for(sensor, CAME.format("p0"), turn + 1)
        wire.ip("left", "link del p0")
        wait_for(sensor, GONE.format("p0"), turn + 1)
    come(wire)
    wait_for(sensor, CAME.format("p0"), 101)
    send(wire, "right", "q0", [frame(1)] * 3)
    wire.ip("left", "link del p0")
    # No more than there were: while it looks around, the process has one more open.
    wait_until("what was opened is closed",
               lambda: all(open_files(pid) <= count for pid, count in zip(pids, before, strict=True)))
    sensors.stop()
    assert packets_of(sensors, "log", "eni-p") == {"1": 3}
    assert summary(sensor)["lost"] == 0


def test_a_flood_of_changes_stops_nothing(wire, sensors, way, tmp_path):
    sensor = sensors.start(*way, "--interface", "p*", "--wait", name="log")
    keeper = keeper_of(sensor)
    changes = "".join(f"link set dev o0 mtu {1000 + i % 400}\naddr add 10.7.{i % 250}.1/24 dev p1\n"
                      f"addr del 10.7.{i % 250}.1/24 dev p1\n" for i in range(2000))
    come(wire, "p1", "")
    wait_for(sensor, CAME.format("p1"))
    wire.run("left", ["ip", "link", "add", "o0", "type", "veth", "peer", "name", "o1"])
    (tmp_path / "changes").write_text(changes)
    flood = wire.start("left", ["ip", "-batch", tmp_path / "changes"])
    for _ in range(3):
        send(wire, "right", "r0", [frame(1, RIGHT, LEFT)] * 10)
    assert flood.wait(60) == 0, flood.output()
    come(wire, "p2")
    wait_for(sensor, CAME.format("p2"))
    assert keeper_of(sensor) == keeper
    sensors.stop()
    assert packets_of(sensors, "log", ENI) == {"1": 30}
    assert summary(sensor)["lost"] == 0


def test_what_finds_no_place_waits_until_one_is_written(wire, sensors, way):
    sensor = sensors.start(*way, "--interface", "p*", "--wait", "--max-interfaces", "2", "--interval", "1", name="log")
    come(wire, "p0")
    wait_for(sensor, CAME.format("p0"))
    come(wire, "p1")
    wait_for(sensor, "'p1' waits for a place, 2 are taken; see --max-interfaces$")
    wire.ip("left", "link del p0")
    wait_for(sensor, CAME.format("p1"))
    send(wire, "right", "q1", [frame(1)] * 2)
    sensors.stop()
    assert packets_of(sensors, "log", "-") == {"1": 2}


def test_an_address_that_comes_late_is_the_primary_one(wire, sensors, way):
    """As when DHCP answers after the interface is up; a record is written when its window is over."""
    sensor = sensors.start(*way, "--interface", "p0=eni-p", "--interface", "p1", "--wait", name="log")
    come(wire, address="")
    wait_for(sensor, CAME.format("p0"))
    send(wire, "right", "q0", [frame(1, dst="10.8.0.99")])
    wire.address("left", "p0", f"{HERE}/24")
    # What is told of p1 is told after what was there before it.
    come(wire, "p1", "")
    wait_for(sensor, CAME.format("p1"))
    sensors.stop()
    (record,) = [record for record in sensors.records("log") if record["interface-id"] == "eni-p"]
    assert (record["dstaddr"], record["pkt-dstaddr"]) == (HERE, "10.8.0.99")


def test_an_id_of_a_pattern_is_one_interfaces_at_a_time(wire, sensors, way):
    sensor = sensors.start(*way, "--interface", "p*=eni-p", "--wait", name="log")
    for number in (0, 1):
        come(wire, f"p{number}", "")
        wait_for(sensor, CAME.format(f"p{number}"))
        send(wire, "right", f"q{number}", [frame(number + 1)])
    wire.ip("left", "link del p0")
    wait_for(sensor, GONE.format("p0"))
    come(wire, "p2", "")
    wait_for(sensor, CAME.format("p2"))
    send(wire, "right", "q2", [frame(3)])
    sensors.stop()
    assert packets_of(sensors, "log", "eni-p") == {"1": 1, "3": 1}
    assert packets_of(sensors, "log", "-") == {"2": 1}


def test_an_interface_that_was_elsewhere_is_measured_when_it_is_back(wire, sensors, way):
    """Moved to another namespace and back it may have its number again, before its window is written."""
    sensor = sensors.start(*way, "--interface", "p0=eni-p", "--wait", name="log")
    come(wire)
    wait_for(sensor, CAME.format("p0"))
    send(wire, "right", "q0", [frame(1)])
    wire.ip("left", f"link set p0 netns {wire.full_name('right')}")
    wait_for(sensor, GONE.format("p0"))
    wire.ip("right", f"link set p0 netns {wire.full_name('left')}")
    wait_for(sensor, CAME.format("p0"), 2)
    wire.ip("left", "link set p0 up")
    wire.wait_for_link("left", "p0")
    send(wire, "right", "q0", [frame(1)] * 2)
    sensors.stop()
    assert packets_of(sensors, "log", "eni-p") == {"1": 3}


@pytest.mark.parametrize("backend", ["bpf", "packet"])
def test_a_sensor_without_root_measures_what_comes(wire, sensors, backend):
    """As the service has it: another user, with capabilities as systemd's AmbientCapabilities gives them."""
    sensor = wire.start("left", [*without_root(NEEDED[backend]), sensors.program, "--interface", "p0=eni-p", "--wait",
                                 "--interval", A_DAY, "--backend", backend])
    sensor.wait_for_line(READY)
    come(wire)
    sensor.wait_for_line(CAME.format("p0"))
    send(wire, "right", "q0", [frame(1)] * 2)
    assert sensor.stop() == 0
    assert [line.split()[2:10] for line in sensor.stdout] == [["eni-p", THERE, HERE, "1", "9", "17", "2", "56"]]


def test_without_who_attaches_the_sensor_goes_on_with_what_it_has(wire, sensors, way):
    sensor = sensors.start(*way, name="log")
    os.kill(keeper_of(sensor), signal.SIGKILL)
    sensor.wait_for_line("interfaces that come from now on are not measured: what attaches to them has ended$")
    send(wire, "right", "r0", [frame(1, RIGHT, LEFT)] * 3)
    wire.ip("left", "link del l0")
    assert sensor.wait() == 3
    assert sensor.stderr[-1] == "weir-sensor: interface 'l0' disappeared, and no other is left"
    assert packets_of(sensors, "log", ENI) == {"1": 3}


def test_libpcap_says_that_it_measures_nothing_that_comes(wire, sensors):
    sensor = wire.start("left", [sensors.program, "--interface", "l?", "--interface", "p0", "--wait",
                                 "--backend", "pcap"])
    sensor.wait_for_line(READY)
    sensor.wait_for_line("interfaces that come from now on are not measured: libpcap would need privileges$")
    come(wire)
    assert sensor.stop() == 0
    assert not any("p0" in line for line in sensor.stderr)
