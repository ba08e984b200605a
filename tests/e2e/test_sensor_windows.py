# SPDX-License-Identifier: Apache-2.0
"""weir-sensor between packets and output: windows without a flow, windows with a loss, what AWS leaves out,
output that nobody reads, interfaces by pattern."""

import collections
import fcntl
import os
import pathlib
import re
import select
import signal
import sys
import time

import pytest
from scapy.all import ICMP, IP, TCP, UDP, Ether, ICMPv6EchoRequest, IPv6

from lab import Lab, Program, command, wait_until
from sensors import kill_with_keeper
from test_sensor import (A_DAY, BACKENDS, COUNTERS, READY, Sensors, send, sensors_fixture, summary,  # noqa: F401
                         wire_fixture)  # noqa: F401
from truth import ACCOUNT, ENI, LEFT, LEFT_2, LEFT_6, LEFT_MAC, RIGHT, RIGHT_6, RIGHT_MAC, read_records

BACKENDS = ["bpf", "packet", "pcap"]
# Of small frames, more than the rings of a backend hold.
TOO_MANY = 200_000

# Sends COUNT datagrams from RIGHT to LEFT, each a flow of its own, as fast as one processor can.
FLOOD = """
import os, socket, struct, sys
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from scapy.all import IP, UDP, Ether
device, first, count, ether_dst, ether_src, src, dst = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:]
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind((device, 0))
frame = bytearray(bytes(Ether(dst=ether_dst, src=ether_src) / IP(src=src, dst=dst) / UDP(chksum=0)))
for i in range(first, first + count):
    frame[34:38] = struct.pack("!HH", 1 + i // 60000, 1 + i % 60000)
    link.send(frame)
"""


def flood(lab: Lab, count: int, first: int = 0) -> None:
    lab.run("right", [sys.executable, "-c", FLOOD, "r0", str(first), str(count), LEFT_MAC, RIGHT_MAC, RIGHT, LEFT])


def records_of(sensors: Sensors, name: str, status: str) -> list[dict]:
    return [record for record in read_records((sensors.folder / name).read_text())
            if record["log-status"] == status]


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_idle_interface_has_one_record_a_window(wire, sensors, backend):
    name = f"left-{backend}"
    sensor = sensors.start(backend, "--interval", "1")
    wait_until("three windows are over", lambda: (sensors.folder / name).read_text().count("NODATA") >= 3)
    frame = Ether(src=RIGHT_MAC, dst=LEFT_MAC) / IP(src=RIGHT, dst=LEFT) / UDP(sport=1, dport=2)
    second = send(wire, "right", "r0", [frame])[0]
    wait_until("one more is over",
               lambda: read_records((sensors.folder / name).read_text())[-1]["start"] > str(second))
    sensors.stop()

    records = read_records((sensors.folder / name).read_text())
    starts = [int(record["start"]) for record in records]
    assert starts == list(range(starts[0], starts[0] + len(records))), "each second has one record"
    for record in records:
        expected = "OK" if record["start"] == str(second) else "NODATA"
        assert (record["log-status"], record["end"]) == (expected, record["start"])
    idle = {"version": "5", "account-id": ACCOUNT, "interface-id": ENI, "log-status": "NODATA"}
    for field, value in records[0].items():
        assert value == idle.get(field, "-") or field in ("start", "end"), field
    assert summary(sensor)["NODATA"] == len(records) - 1 and summary(sensor)["flows"] == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_sensor_that_was_held_up_calls_no_window_idle_that_was_not(wire, sensors, backend):
    sensor = sensors.start(backend, "--interval", "1")
    os.kill(sensor.pid, signal.SIGSTOP)
    frame = Ether(src=RIGHT_MAC, dst=LEFT_MAC) / IP(src=RIGHT, dst=LEFT) / UDP(sport=1, dport=2)
    seconds = send(wire, "right", "r0", [frame] * 40, "spread")
    os.kill(sensor.pid, signal.SIGCONT)
    sensors.stop()
    recorded = sum(int(record["packets"]) for record in sensors.records(f"left-{backend}"))
    # Packet sockets use up a block of their ring in a tenth of a second, whatever is in it.
    assert recorded + summary(sensor)["lost"] == 40 and (recorded == 40 or backend == "packet")
    idle = {int(record["start"]) for record in records_of(sensors, f"left-{backend}", "NODATA")}
    assert not idle & set(seconds)


def test_a_map_that_filled_before_its_window_began_is_emptied_before_it_is_full(wire, sensors):
    """--max-flows 4096: maps of 2,048 flows, of which half wake the sensor, behind the slots of a processor."""
    interval_s, slots = 4, 64
    while slots * 2 * os.sysconf("SC_NPROCESSORS_CONF") <= 4096:
        slots *= 2
    sensor = sensors.start("bpf", "--interval", str(interval_s), "--max-flows", "4096")
    log = sensors.folder / "left-bpf"
    os.kill(sensor.pid, signal.SIGSTOP)
    window = time.time() // interval_s
    wait_until("the window is over", lambda: time.time() // interval_s > window)
    flood(wire, slots + 1300)
    os.kill(sensor.pid, signal.SIGCONT)
    wait_until("the sensor knows", lambda: log.read_text().count("\n") > 1)
    flood(wire, slots + 1400, first=slots + 1300)
    sensors.stop()
    counters = summary(sensor)
    assert (counters["lost"], counters["map full"]) == (0, 0)
    recorded = [int(record["packets"]) for record in sensors.records("left-bpf") if record["protocol"] == "17"]
    assert sum(recorded) == 2 * slots + 2700


# A wall clock that is 0.3 s behind the one by which the kernel's timers go.
CLOCK_BEHIND = """
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t id, struct timespec *out)
{
	int result = syscall(SYS_clock_gettime, id, out);
	if (id == CLOCK_REALTIME && (out->tv_nsec -= 300000000) < 0) {
		out->tv_nsec += 1000000000;
		out->tv_sec--;
	}
	return result;
}
"""


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_clock_that_was_set_by_a_little_keeps_no_window_waiting(wire, sensors, tmp_path, backend):
    """As after a clock that was set forward by 0.3 s: by less than what counts as set, and it may be by any timer."""
    behind = tmp_path / "behind.so"
    command(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-x", "c", "-", "-o", str(behind)], input=CLOCK_BEHIND)
    sensor = wire.start("left", ["env", f"LD_PRELOAD={behind}", "ASAN_OPTIONS=verify_asan_link_order=0",
                                 sensors.program, "--interface", "l0", "--backend", backend, "--interval", "1"])
    sensor.wait_for_line(READY)
    wait_until("three windows are over", lambda: sum("NODATA" in line for line in sensor.stdout) >= 3)
    assert sensor.stop() == 0
    assert summary(sensor)["late windows"] == 0


def test_a_sensor_that_stops_at_once_tells_when_it_watched(wire, sensors):
    begin = sensors.start("bpf", "--interval", "86400")
    sensors.stop()
    (record,) = read_records((sensors.folder / "left-bpf").read_text())
    assert record["log-status"] == "NODATA" and summary(begin)["NODATA"] == 1
    assert 0 <= int(record["end"]) - int(record["start"]) <= 5


@pytest.mark.parametrize("backend", ["packet", "pcap"])
def test_a_loss_is_told_by_skipdata_and_by_a_line(wire, sensors, backend):
    name = f"left-{backend}"
    sensor = sensors.start(backend)
    os.kill(sensor.pid, signal.SIGSTOP)
    flood(wire, TOO_MANY)
    os.kill(sensor.pid, signal.SIGCONT)
    sensors.stop()
    counters = summary(sensor)
    assert counters["lost"] == counters["socket full"] > 0
    # ARP, which the left sends before it would answer, may be among what is lost.
    assert TOO_MANY <= counters["packets"] + counters["lost"] <= TOO_MANY + 10
    skipped = records_of(sensors, name, "SKIPDATA")
    assert skipped and counters["SKIPDATA"] == len(skipped)
    assert not records_of(sensors, name, "NODATA")
    told = [line for line in sensor.stderr if "SKIPDATA" not in line and "socket full" in line][0]
    assert re.fullmatch(r"weir-sensor: warning: window \d{4}-\d\d-\d\dT\d\d:\d\d:00Z of l0 lost "
                        r"socket full [\d,]+", told), told


# Datagrams to all hosts of a link, of which the kernel hands the sender a copy.
TO_MANY = """
import socket, sys
with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as many:
    many.bind((sys.argv[1], 7000))
    for _ in range(5):
        many.sendto(bytes(10), ("ff02::1", 7001, 0, socket.if_nametoindex("l0")))
"""


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_a_host_sends_to_many_and_so_to_itself_was_sent_only(lab, build, tmp_path, backend):
    """The address has the EtherType of IPv4 where that of the copy would be, had it a link-layer header."""
    address = "2600:1f18:800::1"
    lab.namespace("left", "right")
    lab.link("left", "l0", "right", "r0")
    lab.address("left", "l0", f"{address}/64")
    lab.wait_for_link("left", "l0")
    sensors = Sensors(lab, build, tmp_path)
    sensor = sensors.start(backend)
    lab.run("left", [sys.executable, "-c", TO_MANY, address])
    sensors.stop()
    record, = [record for record in sensors.records(f"left-{backend}") if record["dstport"] == "7001"]
    assert (record["flow-direction"], record["packets"]) == ("egress", "5")
    counters = summary(sensor)
    assert (counters["lost"], counters["not IP"]) == (0, 0)


def exempt_frames() -> list:
    """What AWS's flow logs leave out, as the left's interface sees it, both ways."""
    def both(make, near, far, layer):
        there, back = layer
        return [Ether(src=LEFT_MAC, dst=RIGHT_MAC) / make(src=near, dst=far) / there,
                Ether(src=RIGHT_MAC, dst=LEFT_MAC) / make(src=far, dst=near) / back]

    def datagram(near, far):
        return UDP(sport=near, dport=far), UDP(sport=far, dport=near)

    def segment(near, far):
        return TCP(sport=near, dport=far, flags="S"), TCP(sport=far, dport=near, flags="SA")

    return [
        *both(IP, LEFT, "169.254.169.253", datagram(40000, 53)), *both(IP, LEFT, "10.9.0.2", datagram(40000, 53)),
        *both(IPv6, LEFT_6, "fd00:ec2::253", datagram(40000, 53)),
        *both(IP, LEFT, "169.254.169.254", segment(40000, 80)),
        *both(IPv6, LEFT_6, "fd00:ec2::254", segment(40000, 80)),
        *both(IP, LEFT, "169.254.169.123", datagram(123, 123)),
        *both(IPv6, LEFT_6, "fd00:ec2::123", datagram(123, 123)),
        *both(IP, LEFT, "169.254.169.250", segment(40000, 1688)),
        *both(IP, LEFT, "10.9.1.1", (ICMP(type=8), ICMP(type=0))),
        *both(IPv6, "fe80::1", "fe80:ec2::1", (ICMPv6EchoRequest(), ICMPv6EchoRequest())),
        *both(IP, "10.9.1.5", "10.9.1.9", datagram(68, 67)), *both(IPv6, "fe80::1", "ff02::1:2", datagram(546, 547))]


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_aws_leaves_out_is_left_out_and_counted(wire, sensors, backend):
    wire.ip("left", "addr flush dev l0")
    wire.address("left", "l0", "10.9.1.5/24")
    wire.route("left", "default", "10.9.1.1")
    sensor = sensors.start(backend, "--vpc-cidr", "10.9.0.0/16")
    kept = sensors.start("auto", "--all-traffic")
    frames = exempt_frames()
    plain = [Ether(src=RIGHT_MAC, dst=LEFT_MAC) / IP(src=RIGHT, dst="10.9.1.5") / UDP(sport=53, dport=53),
             Ether(src=RIGHT_MAC, dst=LEFT_MAC) / IPv6(src=RIGHT_6, dst=LEFT_6) / UDP(sport=53, dport=53)]
    plain[0][IP].src = "10.9.0.3"
    for namespace, device, mac in (("right", "r0", RIGHT_MAC), ("left", "l0", LEFT_MAC)):
        send(wire, namespace, device, [frame for frame in frames + plain if frame.src == mac])
    sensors.stop()
    assert sorted(record["pkt-srcaddr"] for record in sensors.records(f"left-{backend}")) == \
        sorted(["10.9.0.3", RIGHT_6])
    counters = summary(sensor)
    assert counters["flows left out as AWS does"] == counters["packets left out as AWS does"] == len(frames)
    assert counters["lost"] == 0 and counters["flows"] == 2
    assert len(sensors.records("left-auto")) == len(frames) + 2 == summary(kept)["packets"]


def test_a_neighbour_at_the_routers_address_is_no_router(wire, sensors):
    wire.ip("left", "addr flush dev l0")
    wire.address("left", "l0", "10.9.1.5/24")
    sensors.start("bpf")
    send(wire, "right", "r0", [Ether(src=RIGHT_MAC, dst=LEFT_MAC) / IP(src="10.9.1.1", dst="10.9.1.5") / ICMP()])
    sensors.stop()
    assert len(sensors.records("left-bpf")) == 1


class Reader:
    """A named pipe with a reader that reads when it is told to."""

    def __init__(self, path):
        os.mkfifo(path)
        self.fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self.bytes = b""

    def read(self) -> str:
        """All there is by now."""
        try:
            while piece := os.read(self.fd, 1 << 16):
                self.bytes += piece
        except BlockingIOError:
            pass
        return self.bytes.decode()


def ask(sensor: Program) -> dict[str, int]:
    """The counters, by SIGUSR1."""
    before = len(sensor.stderr)
    os.kill(sensor.pid, signal.SIGUSR1)
    wait_until("the sensor answers", lambda: any(re.match(COUNTERS, line) for line in sensor.stderr[before:]))
    return summary(sensor)


@pytest.mark.parametrize("backend", BACKENDS)
def test_output_that_is_not_read_stops_nothing_and_is_counted(wire, sensors, backend):
    reader = Reader(sensors.folder / "pipe")
    sensor = wire.start("left", [sensors.program, "-i", f"l0={ENI}", "--backend", backend, "--interval", "1",
                                 "--output", sensors.folder / "pipe", "--output-queue", "1"])
    sensor.wait_for_line(READY)
    flood(wire, 30000)
    wait_until("records are dropped", lambda: ask(sensor)["output blocked"] > 0)
    wait_until("all windows of the flood are over",
               lambda: (counters := ask(sensor))["packets"] + counters["lost"] == 30000)
    wait_until("the loss is recorded when output flows again", lambda: "SKIPDATA" in reader.read())
    flood(wire, 3)
    wait_until("and records go on", lambda: sum(int(line.split()[8]) for line in reader.read().splitlines()
                                                 if line.endswith(" OK")) == ask(sensor)["packets"])
    assert sensor.stop() == 0
    text = reader.read()
    os.close(reader.fd)

    counters = summary(sensor)
    assert counters["packets"] + counters["output blocked"] == 30003 and counters["lost"] == counters["output blocked"]
    lines = [line.split(" ") for line in text.splitlines()]
    assert text.endswith("\n") and all(len(line) == 14 for line in lines)
    assert sum(int(line[8]) for line in lines if line[13] == "OK") == counters["packets"]
    assert sum(line[13] == "SKIPDATA" for line in lines) == counters["SKIPDATA"] > 0
    assert any(re.search(r" of l0 lost output blocked [\d,]+$", line) for line in sensor.stderr)


def test_the_end_does_not_wait_for_a_reader_that_does_not_read(wire, sensors):
    reader, writer = os.pipe()
    sensor = wire.start("left", [sensors.program, "-i", "l0", "--output", f"/proc/{os.getpid()}/fd/{writer}",
                                 "--interval", A_DAY])
    sensor.wait_for_line(READY)
    flood(wire, 5000)
    assert sensor.stop() == 0
    os.close(writer)
    with open(reader, encoding="ascii") as pipe:
        lines = [line for line in pipe.read().splitlines() if line.endswith(" OK")]
    counters = summary(sensor)
    assert 0 < len(lines) == counters["flows"] == 5000 - counters["output blocked"] < 5000


def test_a_reader_of_standard_output_that_goes_away_is_an_error(wire, sensors):
    sensor = wire.start("left", ["sh", "-c", f"{sensors.program} -i l0 --interval 1 | head -1"])
    sensor.wait_for_line(READY)
    assert sensor.wait() == 0
    assert sensor.stderr[-1] == "weir-sensor: cannot write to standard output: Broken pipe"
    assert len(sensor.stdout) == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_sigusr1_prints_every_counter_and_the_sensor_goes_on(wire, sensors, backend):
    sensor = sensors.start(backend, "--interval", "1")
    assert ask(sensor)["IP frames"] == 0
    frame = Ether(src=RIGHT_MAC, dst=LEFT_MAC) / IP(src=RIGHT, dst=LEFT) / UDP(sport=1, dport=2)
    send(wire, "right", "r0", [frame] * 3)
    wait_until("the frames are recorded", lambda: ask(sensor)["packets"] == 3)
    sensors.stop()
    first, last = [line for line in sensor.stderr if re.match(COUNTERS, line)][-2:]
    assert re.sub(r"[\d,]+", "", first) == re.sub(r"[\d,]+", "", last)
    assert summary(sensor)["packets"] == 3


def test_talk_that_is_not_read_stops_nothing(wire, sensors):
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    output = sensors.folder / "flow.log"
    sensor = wire.start("left", ["sh", "-c", f"exec {sensors.program} -i l0 --interval 1 -o {output} "
                                             f"2>/proc/{os.getpid()}/fd/{writer}"])
    wait_until("it is ready", lambda: select.select([reader], [], [], 0)[0])
    for _ in range(40):
        os.kill(sensor.pid, signal.SIGUSR1)
        wait_until("it goes on", lambda: not is_pending(sensor.pid, signal.SIGUSR1))
    lines = output.read_text().count("NODATA")
    wait_until("windows go on", lambda: output.read_text().count("NODATA") > lines)
    assert sensor.stop() == 0
    os.close(reader)
    os.close(writer)


def is_pending(pid: int, number: int) -> bool:
    """Whether a signal still waits for the process to take it."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    pending = int(re.search(r"^ShdPnd:\t(\w+)$", status, re.MULTILINE).group(1), 16)
    return bool(pending >> (number - 1) & 1)


@pytest.fixture(name="many")
def many_fixture(lab):
    """left has x0, x1 and y0."""
    lab.namespace("left", "right")
    lab.sysctl("left", "net.ipv6.conf.default.disable_ipv6=1")
    for device in ("x0", "x1", "y0"):
        lab.link("left", device, "right", f"r{device}")
        lab.wait_for_link("left", device)
    return lab


@pytest.mark.parametrize("asked, found", [
    (["x*"], "x0 x1"), (["?[01]"], "x0 x1 y0"), (["y0=eni-1", "x1", "*"], "y0 x1 x0"), (["*1=eni-1"], "x1"),
    (["lo"], "lo"), (["x*", "x0"], "x0 x1")])
def test_interfaces_are_found_by_name_and_by_pattern(many, build, asked, found):
    options = [part for name in asked for part in ("-i", name)]
    sensor = many.start("left", [build / "weir-sensor", "--interval", A_DAY, *options])
    assert re.search(rf" on {found}, windows of {A_DAY} s", sensor.wait_for_line(READY))
    assert sensor.stop() == 0
    assert len(sensor.stdout) == len(found.split()), "one NODATA record each"


def test_an_interface_under_an_alternative_name_is_itself(many, build):
    many.ip("left", "link property add dev x0 altname other")
    many.address("left", "x0", f"{LEFT}/24", f"{LEFT_2}/24")
    sensor = many.start("left", [build / "weir-sensor", "-i", f"other={ENI}"])
    assert " on x0, windows of 60 s" in sensor.wait_for_line(READY)
    send(many, "left", "x0", [Ether(src=LEFT_MAC, dst=RIGHT_MAC) / IP(src=LEFT_2, dst=RIGHT) / UDP(sport=1, dport=2)])
    assert sensor.stop() == 0
    # The primary address stands for all of the interface's.
    assert [line.split()[2:5] for line in sensor.stdout if f" {RIGHT} " in line] == [[ENI, LEFT, RIGHT]]


def test_an_interface_cannot_speak_to_the_terminal_by_its_name(many, build):
    many.ip("left", "link add w\x1bx type veth peer name w1")
    sensor = many.start("left", [build / "weir-sensor", "-i", "w?x"])
    assert " on w\\x1bx, windows of 60 s" in sensor.wait_for_line(READY)
    assert sensor.stop() == 0


@pytest.mark.parametrize("asked, status, why", [
    (["z*"], 3, "--interface: no interface matches 'z*'"),
    (["l*"], 3, "--interface: no interface matches 'l*'"),
    (["all"], 3, "--interface: 'all' finds no physical interface"),
    (["x*=eni-1"], 2, "--interface: 'x*' matches 2 interfaces, which cannot all be eni-1"),
    (["x0", "x0"], 2, "--interface: 'x0' stands twice"),
    (["x0", "nope"], 3, "interface 'nope' does not exist")])
def test_what_no_interface_is_found_for_is_one_line(many, build, asked, status, why):
    options = [part for name in asked for part in ("-i", name)]
    done = many.run("left", [build / "weir-sensor", *options], check=False)
    assert (done.returncode, done.stdout, done.stderr) == (status, "", f"weir-sensor: {why}\n")


def test_what_a_killed_sensor_left_is_removed_on_request(wire, sensors):
    sensor = sensors.start("bpf", "--hook", "clsact")
    running = wire.start("left", [sensors.program, "-i", "l0", "--hook", "clsact"])
    running.wait_for_line(READY)
    kill_with_keeper(sensor)
    # What one may not remove is not nothing.
    refused = wire.run("left", ["setpriv", "--bounding-set=-net_admin", sensors.program, "--detach"], check=False)
    why = "l0: cannot remove what was left behind"
    assert (refused.returncode, refused.stdout, refused.stderr) == (3, "", f"weir-sensor: {why}\n")
    removed = wire.run("left", ["setpriv", "--bounding-set=-bpf,-sys_admin", sensors.program, "--detach"])
    assert (removed.stdout, removed.stderr) == ("l0: removed 2 filters\n", "")
    for named in ([], ["-i", "l0"], ["-i", "l*"]):
        assert wire.run("left", [sensors.program, "--detach", *named]).stdout == "nothing was left behind\n"
    # That of a sensor which still runs is not left over.
    shown = wire.run("left", ["tc", "filter", "show", "dev", "l0", "ingress"]).stdout
    assert "flow_ingress" in shown
    assert running.stop() == 0
    gone = wire.run("left", [sensors.program, "--detach", "-i", "nope"], check=False)
    assert (gone.returncode, gone.stderr) == (3, "weir-sensor: interface 'nope' does not exist\n")


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_others_go_on_when_an_interface_disappears(many, build, backend):
    sensor = many.start("left", [build / "weir-sensor", "-i", "x?", "--backend", backend, "--interval", "1"])
    sensor.wait_for_line(READY)
    many.ip("left", "link del x1")
    sensor.wait_for_line("^weir-sensor: warning: interface 'x1' disappeared, going on with the others$")

    def records() -> list[int]:
        """How many each window has, the oldest first."""
        starts = collections.Counter(int(line.split()[10]) for line in sensor.stdout)
        return [starts[second] for second in sorted(starts)]

    wait_until("windows go on", lambda: records()[-3:] == [1, 1, 1])
    # Two a second as long as there were two, and one from then on.
    assert records() == sorted(records(), reverse=True)
    many.ip("left", "link del x0")
    # With libpcap nothing can be attached to any more; the others wait for what is asked for.
    if backend == "pcap":
        assert sensor.wait() == 3
        assert sensor.stderr[-1] == "weir-sensor: interface 'x0' disappeared, and no other is left"
    else:
        sensor.wait_for_line("^weir-sensor: warning: interface 'x0' disappeared, waiting for it or another$")
        assert sensor.stop() == 0


@pytest.mark.parametrize("options, most", [(["--memory", "100"], 100), (["--max-flows", "1000000"], 1000)])
def test_memory_decides_the_flows_and_is_printed(many, build, options, most):
    sensor = many.start("left", [build / "weir-sensor", "-i", "x0", "--backend", "pcap", *options])
    flows, memory = map(int, re.search(r"at most (\d+) flows, memory (\d+) MiB",
                                       sensor.wait_for_line(READY)).groups())
    assert memory <= most and flows > 100000
    assert sensor.stop() == 0


def memory_of_maps(pid: int) -> int:
    """What the kernel counts as taken by the maps that a process holds, in bytes."""
    sizes = {}
    for entry in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir():
        fields = dict(line.split(":", 1) for line in entry.read_text().splitlines() if ":" in line)
        if "map_id" in fields:
            sizes[fields["map_id"]] = int(fields["memlock"])
    return sum(sizes.values())


def test_the_memory_that_is_printed_has_the_kernels_share_in_it(many, build):
    def grown(backend: str) -> tuple[int, int]:
        """By how much half a million flows more let grow what is printed and what the kernel's maps take."""
        sizes = []
        for flows in ("500000", "1000000"):
            sensor = many.start("left", [build / "weir-sensor", "-i", "x0", "--backend", backend, "--max-flows", flows])
            printed = int(re.search(r"memory (\d+) MiB", sensor.wait_for_line(READY)).group(1)) << 20
            sizes.append((printed, memory_of_maps(sensor.pid)))
            assert sensor.stop() == 0
        return sizes[1][0] - sizes[0][0], sizes[1][1] - sizes[0][1]

    printed, taken = grown("bpf")
    assert taken > 0 and printed - grown("pcap")[0] == pytest.approx(taken, rel=0.05)


@pytest.mark.parametrize("options, why", [
    (["--memory", "9"], r"--memory: \d+ MiB are taken before there is a flow; see also --output-queue"),
    (["--memory", "90", "--max-flows", "99"], "--max-flows and --memory: each decides the other, give one"),
    (["--vpc-cidr", "10.0.0.1/16"], r"--vpc-cidr: '10.0.0.1/16' has host bits set: did you mean 10.0.0.0/16\?"),
    (["--region", "us east"], "--region: 'us east' cannot stand in a record: expected one word"),
    (["--vpc-id", ""], "--vpc-id: '' cannot stand in a record: expected one word")])
def test_options_that_cannot_be_are_one_line(many, build, options, why):
    done = many.run("left", [build / "weir-sensor", "-i", "x0", *options], check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(rf"weir-sensor: {why}\n", done.stderr), done.stderr
