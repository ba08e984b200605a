# SPDX-License-Identifier: Apache-2.0
"""weir-sensor where the kernel merges packets, drops them, or takes the interface away and brings it back."""

import os
import signal
import sys

import pytest
from scapy.all import IP, UDP, Ether

from lab import wait_until
from test_sensor import (BACKENDS, Sensors, connect_hosts, join_windows, network_fixture, send, sensors_fixture,
                         summary, talk, wire_fixture)
from truth import ENI, LEFT, LEFT_MAC, RIGHT, RIGHT_6, RIGHT_MAC

__all__ = ["network_fixture", "sensors_fixture", "wire_fixture"]

# Datagrams that the kernel is to cut into segments of 1,000 bytes: 33 of them, the last of 17 bytes.
SEGMENTED = """
import socket, sys
SOL_UDP, UDP_SEGMENT = 17, 103
with socket.socket(getattr(socket, sys.argv[1]), socket.SOCK_DGRAM) as datagrams:
    datagrams.setsockopt(SOL_UDP, UDP_SEGMENT, 1000)
    for _ in range(5):
        assert datagrams.sendto(bytes(32017), (sys.argv[2], 5002)) == 32017
"""


@pytest.mark.parametrize("backend", ["bpf", "packet"])
def test_segmented_datagrams_count_as_they_would_be_on_the_wire(lab, build, tmp_path, backend):
    connect_hosts(lab, offloads=True)
    sensors = Sensors(lab, build, tmp_path)
    for host, device in (("left", "l0"), ("right", "r0")):
        sensors.start(backend, namespace=host, device=device)
    for family, address in (("AF_INET", RIGHT), ("AF_INET6", RIGHT_6)):
        lab.run("left", [sys.executable, "-c", SEGMENTED, family, address])
    sensors.stop()
    for host in ("left", "right"):
        found = {record["type"]: (record["packets"], record["bytes"])
                 for record in join_windows(sensors.records(f"{host}-{backend}")) if record["dstport"] == "5002"}
        assert found == {"IPv4": (str(5 * 33), str(5 * (32017 + 33 * 28))),
                         "IPv6": (str(5 * 33), str(5 * (32017 + 33 * 48)))}, host


@pytest.mark.parametrize("backend", ["bpf", "packet"])
def test_packets_of_more_than_64_kilobytes_count_as_they_would_be_on_the_wire(lab, build, tmp_path, backend):
    connect_hosts(lab, offloads=True)
    for host, device in (("left", "l0"), ("right", "r0")):
        lab.ip(host, f"link set {device} gso_max_size 180000 gro_max_size 180000")
    sensors = Sensors(lab, build, tmp_path)
    for host, device in (("left", "l0"), ("right", "r0")):
        sensors.start(backend, namespace=host, device=device)
    larger = lab.start("right", ["tcpdump", "-i", "r0", "-c", "1", "-Z", "root", "ip6 and greater 66000"])
    larger.wait_for_line("listening")
    sent = talk(lab, 16 << 20)
    assert larger.wait() == 0
    sensors.stop()
    for host, direction in (("left", "egress"), ("right", "ingress")):
        record, = [record for record in join_windows(sensors.records(f"{host}-{backend}"))
                   if record["dstport"] == "5001" and record["flow-direction"] == direction
                   and record["type"] == "IPv6"]
        segments, payload = sent["IPv6"]
        assert (int(record["packets"]), int(record["bytes"])) == (segments, payload + segments * 72 + 8)


def test_what_the_kernel_drops_is_counted_to_the_packet(wire, sensors):
    sensor = sensors.start("packet")
    frame = bytes(Ether(src=RIGHT_MAC, dst=LEFT_MAC) / IP(src=RIGHT, dst=LEFT) / UDP(sport=1, dport=2))
    os.kill(sensor.pid, signal.SIGSTOP)
    try:
        sent = len(send(wire, "right", "r0", [frame] * 120000))
    finally:
        os.kill(sensor.pid, signal.SIGCONT)
    sensors.stop()
    counters = summary(sensor)
    recorded = sum(int(record["packets"]) for record in sensors.records("left-packet")
                   if record["dstport"] == "2")
    assert counters["socket full"] == counters["lost"] > 0
    # What the left sends by itself is not among the records, and finds no room either.
    assert sent <= recorded + counters["lost"] <= sent + 20


def test_an_interface_that_comes_back_is_measured_on(wire, sensors):
    sensor = sensors.start("packet", "--interval", "1")
    frame = Ether(src=RIGHT_MAC, dst=LEFT_MAC) / IP(src=RIGHT, dst=LEFT) / UDP(sport=1, dport=2)
    log = sensors.folder / "left-packet"
    send(wire, "right", "r0", [frame])
    wire.ip("left", "link set l0 down")
    wire.ip("left", "link set l0 up")
    wire.wait_for_link("left", "l0")
    wait_until("the first packet is in a record", lambda: f" {RIGHT} " in log.read_text())
    send(wire, "right", "r0", [frame] * 3)
    assert sensor.is_running()
    sensors.stop()
    assert sum(int(record["packets"]) for record in sensors.records("left-packet")) == 4


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_last_packets_of_an_interface_that_goes_are_recorded(wire, sensors, backend):
    wire.link("left", "l1", "right", "r1")
    wire.wait_for_link("left", "l1")
    sensor = sensors.start(backend, "--interface", "l1=eni-1", "--interval", "1")
    frame = Ether(src=RIGHT_MAC, dst=LEFT_MAC) / IP(src=RIGHT, dst=LEFT) / UDP(sport=1, dport=9)
    send(wire, "right", "r1", [frame] * 3)
    wire.ip("left", "link del l1")
    sensor.wait_for_line("'l1' disappeared")
    send(wire, "right", "r0", [frame] * 2)
    sensors.stop()
    packets = {"eni-1": 0, ENI: 0}
    for record in sensors.records(f"left-{backend}"):
        packets[record["interface-id"]] += int(record["packets"]) if record["dstport"] == "9" else 0
    assert packets == {"eni-1": 3, ENI: 2}


def test_the_other_interface_is_measured_as_well(wire, sensors):
    wire.link("left", "l1", "right", "r1")
    wire.wait_for_link("left", "l1")
    sensor = sensors.start("packet", "--interface", "l1=eni-1")
    for port, device in ((1, "r0"), (2, "r1"), (3, "r0")):
        send(wire, "right", device, [Ether(src=RIGHT_MAC, dst=LEFT_MAC) / IP(src=RIGHT, dst=LEFT)
                                     / UDP(sport=port, dport=9)])
    sensors.stop()
    found = {(record["srcport"], record["interface-id"]) for record in sensors.records("left-packet")}
    assert {port for port, eni in found if eni == "eni-1"} == {"2"}
    assert {port for port, eni in found if eni != "eni-1"} == {"1", "3"}
    assert summary(sensor)["lost"] == 0
