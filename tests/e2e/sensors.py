# SPDX-License-Identifier: Apache-2.0
"""What tests of several files need of sensors, besides what test_sensor.py has."""

import os
import pathlib
import re
import signal
import sys

from lab import Lab, Program, command, wait_until
from truth import LEFT, LEFT_MAC, RIGHT_MAC

# Sends frames (hexadecimal, one a line) through a packet socket, of frames longer than a page only the Ethernet
# header in one piece; prints the second they were sent in, which begins no less than a tick before.
SEND_IN_PIECES = """
import socket, struct, sys, time
SOL_PACKET, PACKET_VNET_HDR = 263, 15
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind((sys.argv[1], 0))
link.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
# struct virtio_net_hdr; hdr_len is how much is to lie in one piece.
head = struct.pack("=BBHHHH", 0, 0, 14, 0, 0, 0)
frames = [head + bytes.fromhex(line) for line in sys.stdin]
while not 0.05 < time.time() % 1 < 0.5:
    time.sleep(0.01)
for frame in frames:
    while not 0.03 < time.time() % 1 < 0.97:
        time.sleep(0.01)
    print(int(time.time()))
    link.send(frame)
"""


def backends_of(build: pathlib.Path) -> list[str]:
    """All ways to capture that the program itself names: "--backend auto|bpf|pcap"."""
    told = command([str(build / "weir-sensor"), "--help"]).stdout
    return re.search(r"--backend auto\|(\S+)", told).group(1).split("|")


def read_of(pid: int, name: str) -> str:
    """What the kernel says of a process; nothing of one that has ended meanwhile."""
    try:
        return pathlib.Path(f"/proc/{pid}/{name}").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def children_of(pid: int) -> list[int]:
    """All that it started, their own children too."""
    found = []
    for child in read_of(pid, f"task/{pid}/children").split():
        found += [int(child), *children_of(int(child))]
    return found


def status_of(pid: int) -> dict[str, str]:
    """Empty of one that has ended."""
    return {line.split(":", 1)[0]: line.split(":", 1)[1].strip() for line in read_of(pid, "status").splitlines()}


def keeper_of(sensor: Program) -> int:
    """The pid of the process that attaches a sensor to interfaces: the child that is called after what it keeps."""
    for path in pathlib.Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":\t", 1) for line in path.read_text().splitlines())
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields["PPid"] == str(sensor.pid) and fields["Name"] in ("weir-hooks", "weir-sockets"):
            return int(fields["Pid"])
    raise AssertionError("the sensor has no such process")


def kill_with_keeper(sensor: Program) -> None:
    """Kills a sensor and, before it can clean up, the process that would."""
    keeper = keeper_of(sensor)
    os.kill(keeper, signal.SIGKILL)
    # Not before it has ended is what it held free; nobody may have waited for it.
    wait_until("it has ended", lambda: not pathlib.Path(f"/proc/{keeper}").exists())
    os.kill(sensor.pid, signal.SIGKILL)
    sensor.wait()


def plain_wire(lab: Lab, mtu: int = 1500) -> None:
    """left l0 <-> r0 right without addresses of the right: nothing answers, frames are what we send."""
    lab.namespace("left", "right")
    lab.sysctl("left", "net.ipv6.conf.default.disable_ipv6=1")
    lab.sysctl("right", "net.ipv6.conf.default.disable_ipv6=1")
    lab.link("left", "l0", "right", "r0")
    lab.ip("left", f"link set l0 address {LEFT_MAC} mtu {mtu}")
    lab.ip("right", f"link set r0 address {RIGHT_MAC} mtu {mtu}")
    lab.address("left", "l0", f"{LEFT}/24")
    lab.wait_for_link("left", "l0")


def send_in_pieces(lab: Lab, namespace: str, device: str, frames: list[bytes]) -> list[int]:
    """Sends frames; the second of each."""
    text = "".join(frame.hex() + "\n" for frame in frames)
    done = lab.run(namespace, [sys.executable, "-c", SEND_IN_PIECES, device], input=text)
    return [int(line) for line in done.stdout.split()]
