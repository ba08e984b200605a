# SPDX-License-Identifier: Apache-2.0
"""weir-sensor on real packets: all backends against each other and against what was sent.

What is compared is every field of every record.  The truth is made by scapy, which shares nothing with
the sensor's parser.
"""

import collections
import json
import os
import pathlib
import re
import signal
import sys

import pytest
from scapy.all import IP, UDP, Ether, Raw, rdpcap

from lab import Lab, Program, wait_until
from truth import (ACCOUNT, ENI, FORMAT, LEFT, LEFT_2, LEFT_6, LEFT_MAC, RIGHT, RIGHT_6, RIGHT_MAC,
                   both_ways, in_order, read_records, truth)

READY = "^sensor: "
COUNTERS = r"^\d+ s  flows "
BACKENDS = ("bpf", "packet", "pcap")
A_DAY = "86400"

# Sends frames (hexadecimal, one a line) through a packet socket; prints the second they were sent in.
# With "spread" it sends one every 100 ms.  Each is some way off a full second, late as it may be woken: eBPF dates
# packets by the tick.
SEND = """
import socket, sys, time
device, spread = sys.argv[1], sys.argv[2:] == ["spread"]
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind((device, 0))
frames = [bytes.fromhex(line) for line in sys.stdin]
if not spread:
    while not 0.05 < time.time() % 1 < 0.5:
        time.sleep(0.01)
for frame in frames:
    if spread:
        time.sleep(0.15 - time.time() % 0.1)
    while not 0.03 < time.time() % 1 < 0.97:
        time.sleep(0.01)
    print(int(time.time()))
    link.send(frame)
"""


class Sensors:
    """Sensors of several backends on one interface."""

    def __init__(self, lab: Lab, build: pathlib.Path, folder: pathlib.Path):
        self.lab, self.program, self.folder = lab, build / "weir-sensor", folder
        self.running: dict[str, Program] = {}

    def start(self, backend: str, *options: str, namespace: str = "left", device: str = "l0",
              name: str = "") -> Program:
        """One that has attached.  What a test does is in one window, unless it gives --interval."""
        name = name or f"{namespace}-{backend}"
        window = () if "--interval" in options else ("--interval", A_DAY)
        sensor = self.lab.start(namespace, [
            self.program, "--interface", f"{device}={ENI}", "--backend", backend, "--account-id", ACCOUNT,
            "--format", FORMAT, "--output", self.folder / name, *window, *options])
        sensor.wait_for_line(READY)
        self.running[name] = sensor
        return sensor

    def stop(self) -> None:
        for name, sensor in self.running.items():
            assert sensor.stop() == 0, (name, sensor.output())

    def records(self, name: str) -> list[dict]:
        """The records of flows; a window without any has one of another kind."""
        return [record for record in read_records((self.folder / name).read_text())
                if record["log-status"] == "OK"]


def summary(sensor: Program) -> dict[str, int]:
    """The counters, as last told: "20 s  flows 18,204  …  lost 0 (map full 0, …)  besides: …"."""
    told = [line for line in sensor.stderr if re.match(COUNTERS, line)]
    line = re.sub(COUNTERS, "flows ", told[-1]).replace("besides:", "")
    found = re.findall(r"([A-Za-z][A-Za-z ]*?) (\d[\d,]*)", line)
    return {name.strip(): int(number.replace(",", "")) for name, number in found}


@pytest.fixture(name="wire")
def wire_fixture(lab):
    """left l0 <-> r0 right without addresses of the right: nothing answers, frames are what we send."""
    lab.namespace("left", "right")
    lab.sysctl("left", "net.ipv6.conf.default.disable_ipv6=1")
    lab.sysctl("right", "net.ipv6.conf.default.disable_ipv6=1")
    lab.link("left", "l0", "right", "r0")
    lab.ip("left", f"link set l0 address {LEFT_MAC}")
    lab.ip("right", f"link set r0 address {RIGHT_MAC}")
    lab.address("left", "l0", f"{LEFT}/24", f"{LEFT_2}/24")
    lab.wait_for_link("left", "l0")
    return lab


@pytest.fixture(name="network")
def network_fixture(lab):
    """Two hosts that talk to each other over both families."""
    connect_hosts(lab, offloads=False)
    return lab


def connect_hosts(lab: Lab, offloads: bool) -> None:
    lab.namespace("left", "right")
    lab.link("left", "l0", "right", "r0", offloads=offloads)
    lab.address("left", "l0", f"{LEFT}/24", f"{LEFT_6}/64")
    lab.address("right", "r0", f"{RIGHT}/24", f"{RIGHT_6}/64")
    lab.wait_for_link("left", "l0")


@pytest.fixture(name="sensors")
def sensors_fixture(request, build, tmp_path):
    lab = request.getfixturevalue("wire" if "wire" in request.fixturenames else "network")
    return Sensors(lab, build, tmp_path)


def send(lab: Lab, namespace: str, device: str, frames: list, *how: str) -> list[int]:
    """Sends frames of scapy's; the second of each."""
    text = "".join(bytes(frame).hex() + "\n" for frame in frames)
    done = lab.run(namespace, [sys.executable, "-c", SEND, device, *how], input=text)
    return [int(line) for line in done.stdout.split()]


def test_every_backend_records_what_was_sent(wire, sensors):
    to_left, from_left = both_ways()
    started = {backend: sensors.start(backend) for backend in BACKENDS}
    sent = []
    for namespace, device, frames, direction in (("right", "r0", to_left, "ingress"),
                                                 ("left", "l0", from_left, "egress")):
        seconds = send(wire, namespace, device, frames)
        sent += [(frame, direction, second) for frame, second in zip(frames, seconds, strict=True)]
    sensors.stop()

    # The left answers what it can by ARP requests that nobody answers, and by nothing of IP.
    expected = truth(sent, LEFT)
    for backend, sensor in started.items():
        assert in_order(sensors.records(f"left-{backend}")) == in_order(expected), backend
        counters = summary(sensor)
        assert counters["lost"] == 0 and counters["flows"] == len(expected)
        # Of the datagrams whose first fragment came last: two fragments each way.
        assert counters["lone fragments"] == 4


TALK = """
import socket, struct, sys
role, family, address, size = sys.argv[1], getattr(socket, sys.argv[2]), sys.argv[3], int(sys.argv[4])
if role == "server":
    server = socket.create_server((address, 5001), family=family)
    print("listening", flush=True)
    talk = server.accept()[0]
    got = 0
    while got < size:
        got += len(talk.recv(1 << 16))
    talk.sendall(b"thanks")
    talk.close()
else:
    talk = socket.create_connection((address, 5001), source_address=(sys.argv[5], 0))
    talk.sendall(bytes(size))
    assert talk.recv(6) == b"thanks"
    assert talk.recv(1) == b""
    talk.shutdown(socket.SHUT_WR)
    # struct tcp_info: tcpi_segs_out and tcpi_bytes_sent, retransmissions and all.
    info = talk.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    print(*struct.unpack_from("=I", info, 136), *struct.unpack_from("=Q", info, 200))
    talk.close()
    with socket.socket(family, socket.SOCK_DGRAM) as datagrams:
        for _ in range(20):
            datagrams.sendto(bytes(3000), (address, 5002))
"""


def talk(lab: Lab, size: int) -> dict[str, tuple[int, int]]:
    """A transfer and fragmented datagrams over both families, and pings.

    By family what the kernel says that it sent in the transfer: segments, bytes of payload.
    """
    sent = {}
    for family, left, right in (("AF_INET", LEFT, RIGHT), ("AF_INET6", LEFT_6, RIGHT_6)):
        server = lab.start("right", [sys.executable, "-c", TALK, "server", family, right, str(size)])
        server.wait_for_line("listening")
        client = lab.run("left", [sys.executable, "-c", TALK, "client", family, right, str(size), left])
        assert server.wait() == 0
        lab.run("left", ["ping", "-c", "3", "-i", "0.05", right])
        segments, payload = client.stdout.split()
        sent["IPv6" if ":" in left else "IPv4"] = int(segments), int(payload)
    return sent


def test_every_backend_agrees_with_tcpdump_on_what_hosts_say(network, sensors, tmp_path):
    capture = tmp_path / "truth.pcap"
    started = [sensors.start(backend) for backend in BACKENDS]
    dump = network.start("left", ["tcpdump", "-i", "l0", "-w", capture, "--immediate-mode", "-U", "-s", "200",
                                  "-B", "16384", "-Z", "root"])
    dump.wait_for_line("listening")
    talk(network, 1 << 20)
    sensors.stop()
    dump.stop()

    mac = json.loads(network.ip("left", "-j link show dev l0"))[0]["address"]
    sent = [(packet, "egress" if packet.src == mac else "ingress", int(packet.time))
            for packet in rdpcap(str(capture))]
    # Discovery of neighbours goes on by itself, before and after tcpdump.
    discovery = {"58"}
    expected = [record for record in truth(sent, LEFT) if record["protocol"] not in discovery]
    found = [[record for record in sensors.records(f"left-{backend}") if record["protocol"] not in discovery]
             for backend in BACKENDS]
    # One and the same packet gets its time at different places, a second may lie between them.
    times = ("start", "end")
    for records in found:
        assert in_order(join_windows(records), times) == in_order(expected, times)
        assert all(int(record["start"]) <= int(record["end"]) for record in records)
    assert all(summary(sensor)["lost"] == 0 for sensor in started)


def join_windows(records: list[dict]) -> list[dict]:
    """One record a flow, also when the minute turned while it ran."""
    joined: dict[tuple, dict] = {}
    for record in records:
        key = tuple(record[field] for field in ("flow-direction", "pkt-srcaddr", "pkt-dstaddr", "srcport",
                                                "dstport", "protocol"))
        if key not in joined:
            joined[key] = dict(record)
            continue
        for field in ("packets", "bytes"):
            joined[key][field] = str(int(joined[key][field]) + int(record[field]))
        joined[key]["tcp-flags"] = str(int(joined[key]["tcp-flags"]) | int(record["tcp-flags"]))
    return list(joined.values())


@pytest.mark.parametrize("backend", ["bpf", "packet"])
def test_offloaded_packets_count_as_they_would_be_on_the_wire(lab, build, tmp_path, backend):
    connect_hosts(lab, offloads=True)
    sensors = Sensors(lab, build, tmp_path)
    sensors.start(backend)
    sensors.start(backend, namespace="right", device="r0")
    sent = talk(lab, 4 << 20)
    sensors.stop()

    for host, direction in (("left", "egress"), ("right", "ingress")):
        transfers = [record for record in join_windows(sensors.records(f"{host}-{backend}"))
                     if record["dstport"] == "5001" and record["flow-direction"] == direction]
        assert len(transfers) == 2
        for record in transfers:
            segments, payload = sent[record["type"]]
            headers = (40 if record["type"] == "IPv6" else 20) + 32
            assert int(record["packets"]) == segments > (4 << 20) / 1500
            # Every packet has time stamps; the SYN has 8 bytes more of options.
            assert int(record["bytes"]) == payload + segments * headers + 8


def test_a_packet_is_in_the_window_of_its_second(wire, sensors):
    for backend in BACKENDS:
        sensors.start(backend, "--interval", "1")
    frame = Ether(src=RIGHT_MAC, dst=LEFT_MAC) / IP(src=RIGHT, dst=LEFT) / UDP(sport=1, dport=2)
    seconds = collections.Counter(send(wire, "right", "r0", [frame] * 33, "spread"))
    assert len(seconds) >= 3
    # A window is written when it has ended, not when the sensor ends.
    wait_until("three windows are in the file",
               lambda: all((sensors.folder / name).read_text().count(" OK ") >= 3
                           for name in sensors.running))
    sensors.stop()
    expected = sorted((str(second), str(second), str(count)) for second, count in seconds.items())
    for name in sensors.running:
        assert [(record["start"], record["end"], record["packets"])
                for record in sensors.records(name)] == expected


def test_a_hundred_times_more_flows_than_the_map_holds_are_all_recorded(wire, sensors):
    sensor = sensors.start("bpf", "--max-flows", "16")
    frames = [Ether(src=RIGHT_MAC, dst=LEFT_MAC) / IP(src=RIGHT, dst=LEFT) / UDP(sport=1, dport=port)
              for port in range(1, 2001)]
    send(wire, "right", "r0", frames)
    sensors.stop()
    assert summary(sensor)["lost"] == 0 and summary(sensor)["packets"] == 2000
    assert sum(int(record["packets"]) for record in sensors.records("left-bpf")) == 2000
    assert {record["dstport"] for record in sensors.records("left-bpf")} == set(map(str, range(1, 2001)))


def test_a_map_that_fills_slowly_is_emptied_in_time(wire, sensors):
    sensor = sensors.start("bpf", "--max-flows", "16")
    frames = [Ether(src=RIGHT_MAC, dst=LEFT_MAC) / IP(src=RIGHT, dst=LEFT) / UDP(sport=1, dport=port)
              for port in range(1, 34)]
    send(wire, "right", "r0", frames, "spread")
    sensors.stop()
    assert {record["dstport"] for record in sensors.records("left-bpf")} == set(map(str, range(1, 34)))
    assert summary(sensor)["lost"] == 0 and summary(sensor)["packets"] == 33


def test_a_full_table_writes_early_and_loses_nothing(wire, sensors):
    sensor = sensors.start("pcap", "--max-flows", "16")
    frames = [Ether(src=RIGHT_MAC, dst=LEFT_MAC) / IP(src=RIGHT, dst=LEFT) / UDP(sport=1, dport=port)
              for port in range(1, 201)]
    send(wire, "right", "r0", frames)
    sensors.stop()
    counters = summary(sensor)
    assert len(sensors.records("left-pcap")) == counters["packets"] == 200
    assert counters["lost"] == 0 and counters["written early"] > 0


def test_a_device_without_ethernet_is_measured(lab, build, tmp_path):
    if not os.path.exists("/dev/net/tun"):
        pytest.skip("this kernel cannot make tun devices")
    lab.namespace("left")
    lab.ip("left", "tuntap add dev t0 mode tun")
    lab.address("left", "t0", f"{LEFT}/24")
    lab.ip("left", "link set t0 up")
    sensors = Sensors(lab, build, tmp_path)
    for backend in BACKENDS:
        sensors.start(backend, device="t0")
    inject = ("import fcntl, os, struct, sys\n"
              "tun = os.open('/dev/net/tun', os.O_RDWR)\n"
              "fcntl.ioctl(tun, 0x400454ca, struct.pack('16sH', b't0', 0x1001))\n"
              "os.write(tun, bytes.fromhex(sys.argv[1]))\n")
    packet = IP(src=RIGHT, dst=LEFT) / UDP(sport=1, dport=2) / Raw(b"hello")
    lab.run("left", [sys.executable, "-c", inject, bytes(packet).hex()])
    sensors.stop()
    for name in sensors.running:
        mine = [record for record in sensors.records(name) if record["flow-direction"] == "ingress"]
        assert [(record["srcaddr"], record["dstport"], record["bytes"]) for record in mine] == [(RIGHT, "2", "33")]


def test_packet_sockets_take_over_where_bpf_is_refused(wire, sensors):
    sensor = wire.start("left", ["setpriv", "--bounding-set=-bpf,-sys_admin", sensors.program, "-i", "l0"])
    sensor.wait_for_line(READY)
    assert sensor.stop() == 0
    assert re.fullmatch(r"weir-sensor: warning: --backend bpf is refused, trying packet: .*not permitted",
                        sensor.stderr[0]), sensor.stderr
    assert "packet sockets" in sensor.stderr[1]
    refused = wire.run("left", ["setpriv", "--bounding-set=-bpf,-sys_admin", sensors.program, "-i", "l0",
                                "--backend", "bpf"], check=False)
    assert refused.returncode == 3 and len(refused.stderr.splitlines()) == 1


def test_bpf_is_refused_in_a_time_namespace_whose_clock_would_misdate_packets(wire, sensors):
    shifted = ["unshare", "--time", "--monotonic", "1000000", sensors.program, "-i", "l0"]
    if wire.run("left", [*shifted[:4], "true"], check=False).returncode:
        pytest.skip("this kernel cannot make time namespaces")
    sensor = wire.start("left", shifted)
    sensor.wait_for_line(READY)
    assert sensor.stop() == 0
    why = "this time namespace has another clock than the kernel"
    assert sensor.stderr[0] == f"weir-sensor: warning: --backend bpf is refused, trying packet: {why}"
    refused = wire.run("left", [*shifted, "--backend", "bpf"], check=False)
    assert (refused.returncode, refused.stderr) == (3, f"weir-sensor: {why}\n")


def test_without_the_right_to_capture_every_backend_is_named(wire, sensors):
    done = wire.run("left", ["setpriv", "--bounding-set=-bpf,-sys_admin,-net_raw", sensors.program, "-i", "l0"],
                    check=False)
    assert done.returncode == 3
    assert [re.search("backend [a-z]+ is refused, trying [a-z]+|$", line)[0] for line in done.stderr.splitlines()] == [
        "backend bpf is refused, trying packet", "backend packet is refused, trying pcap", ""], done.stderr


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_end_prints_a_summary_with_every_counter(wire, sensors, end):
    for backend in BACKENDS:
        sensor = sensors.start(backend)
        os.kill(sensor.pid, end)
        assert sensor.wait() == 0
        assert re.fullmatch(r"\d+ s  flows 0  packets 0  IP frames \d+  lost 0 \((?:[a-zA-Z ]+ 0(?:, )?)+\)  "
                            r"besides: not IP \d+, .*", sensor.stderr[-1]), sensor.stderr


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_was_seen_before_an_interface_went_away_is_written(wire, sensors, backend):
    sensor = sensors.start(backend)
    frames = [Ether(src=RIGHT_MAC, dst=LEFT_MAC) / IP(src=RIGHT, dst=LEFT) / UDP(sport=1, dport=port)
              for port in range(1, 4)]
    send(wire, "right", "r0", frames)
    wire.ip("left", "link del l0")
    if backend == "pcap":
        assert sensor.wait() == 3
        assert sensor.stderr[-1] == "weir-sensor: interface 'l0' disappeared, and no other is left"
    else:
        sensor.wait_for_line("'l0' disappeared, waiting for it or another$")
        assert sensor.stop() == 0
    assert len(sensors.records(f"left-{backend}")) == 3
