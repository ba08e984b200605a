# SPDX-License-Identifier: Apache-2.0
"""A sensor that delivers to AWS on loopback while things go wrong, and the truth of what was sent to it.

Every packet is a flow of its own: source and destination port are its number.  So each has one record, and what is
missing or stands twice is known by number.
"""

import contextlib
import ctypes
import gzip
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

from lab import DEFAULT_TIMEOUT_S, Lab, Program, wait_until
from sensors import children_of, plain_wire, status_of
from truth import ACCOUNT, ENI, LEFT, LEFT_MAC, RIGHT, RIGHT_MAC

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/aws"))
from server import AwsServer  # noqa: E402

CLONE_NEWNET = 0x40000000
# How long after its end a window is on its way to the sinks at most: eBPF's maps are looked at four times a second, and
# a machine that has other work takes its time.
CLOSING_S = 1.0
BUCKET, GROUP, REGION = "flow-logs", "flow/logs", "eu-west-1"

# Sends datagrams by number, so many a second, until standard input ends; tells number and time of each.
SENDER = """
import select, socket, struct, sys, time
device, rate, left_mac, right_mac, left, right, number = sys.argv[1:8]
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind((device, 0))
head = bytes.fromhex(left_mac.replace(":", "") + right_mac.replace(":", "") + "0800")
number, begin, sent = int(number), time.monotonic(), 0
ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 32, 0, 0, 64, 17, 0, socket.inet_aton(right), socket.inet_aton(left))
total = sum(struct.unpack("!10H", ip))
total = (total & 0xffff) + (total >> 16)
total = (total & 0xffff) + (total >> 16)
ip = ip[:10] + struct.pack("!H", ~total & 0xffff) + ip[12:]
while not select.select([sys.stdin], [], [], 0)[0]:
    while sent < (time.monotonic() - begin) * float(rate):
        ports = struct.pack("!HHHH", 1024 + number // 50000, 1024 + number % 50000, 12, 0)
        now = time.time()
        link.send(head + ip + ports + b"weir")
        print(number, f"{now:.6f}", flush=sent % 100 == 0)
        number, sent = number + 1, sent + 1
    time.sleep(0.002)
"""


@contextlib.contextmanager
def inside(namespace: str):
    """This thread in a network namespace: sockets that it makes belong there for good."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net", encoding="ascii") as here, \
            open(f"/run/netns/{namespace}", encoding="ascii") as there:
        if libc.setns(there.fileno(), CLONE_NEWNET) < 0:
            raise OSError(ctypes.get_errno(), "setns")
        try:
            yield
        finally:
            libc.setns(here.fileno(), CLONE_NEWNET)


class Traffic:
    """Datagrams from right to left, until stopped."""

    def __init__(self, lab: Lab, rate: int, number: int = 0):
        self.sent: dict[int, float] = {}
        argv = lab.argv("right", [sys.executable, "-c", SENDER, "r0", str(rate), LEFT_MAC, RIGHT_MAC, LEFT, RIGHT,
                                  str(number)])
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()

    def _collect(self) -> None:
        for line in self._process.stdout:
            number, moment = line.split()
            self.sent[int(number)] = float(moment)

    def stop(self) -> dict[int, float]:
        """Number → the time just before it was sent."""
        self._process.stdin.close()
        self._process.wait(DEFAULT_TIMEOUT_S)
        self._reader.join(DEFAULT_TIMEOUT_S)
        return self.sent


def numbers_of(lines: list[str]) -> list[int]:
    """The datagrams that flow-log lines of the default format tell of."""
    found = []
    for line in lines:
        words = line.split(" ")
        if words[0] == "version" or words[-1] != "OK" or words[4] != LEFT or words[7] != "17":
            continue
        assert words[8] == "1", line
        found.append((int(words[5]) - 1024) * 50000 + int(words[6]) - 1024)
    return found


class Scene:
    """Both namespaces, AWS in that of the sensor, a folder for what it keeps."""

    def __init__(self, lab: Lab, build: pathlib.Path, folder: pathlib.Path):
        self.lab, self.build, self.folder = lab, build, folder
        plain_wire(lab)
        with inside(lab.full_name("left")):
            self.aws = AwsServer(ROOT / "policies/examples/shop")
        self.aws.s3.bucket(BUCKET, REGION)
        self.aws.logs.groups[GROUP] = {}

    def start(self, *options: str, backend: str = "bpf", interval: int = 1, before: list[str] = ()) -> Program:
        """A sensor that has attached; before: of its command line."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        sensor = self.lab.start("left", [
            *before, self.build / "weir-sensor", "-i", f"l0={ENI}", "--backend", backend, "--interval", interval,
            "--account-id", ACCOUNT, "--region", REGION, "--state", self.folder / "state", *options],
            env={**clean, **self.aws.environment(REGION)})
        sensor.wait_for_line("^sensor: ")
        return sensor

    def s3_lines(self) -> list[str]:
        lines = []
        for key, body in sorted(self.aws.s3.bucket(BUCKET, REGION).items()):
            text = gzip.decompress(body).decode()
            assert key.endswith(".log.gz") and text.startswith("version "), key
            lines += text.splitlines()[1:]
        return lines

    def log_lines(self) -> list[str]:
        return [message for stream in self.aws.logs.groups[GROUP].values() for _, message in stream]


def compare(sent: dict[int, float], lines: list[str], lossy: list[tuple[float, float]] = ()) -> dict[str, int]:
    """Delivered against sent: each once, but for those sent in a span [from, to) that may be lost."""
    found = numbers_of(lines)
    counts: dict[int, int] = {}
    for number in found:
        counts[number] = counts.get(number, 0) + 1
    missing = [number for number in sent if number not in counts]
    excused = [number for number in missing if any(begin <= sent[number] < end for begin, end in lossy)]
    return {"sent": len(sent), "delivered": len(counts), "twice": sum(count > 1 for count in counts.values()),
            "never sent": sum(number not in sent for number in counts),
            "lost": len(missing) - len(excused), "lost with a window that was open": len(excused)}


COURIERS = ("weir-file", "weir-logs", "weir-s3")


def couriers_of(sensor: Program) -> list[int]:
    """The processes that deliver: those whose parent, which starts them again, has the same name."""
    found = {pid: status_of(pid) for pid in children_of(sensor.pid)}
    names = {pid: status.get("Name") for pid, status in found.items()}
    return [pid for pid, status in found.items()
            if names[pid] in COURIERS and names.get(int(status["PPid"])) == names[pid]]


def size_of(path: pathlib.Path) -> int:
    """0 of a file that got another name meanwhile."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def kill(sensor: Program) -> float:
    """kill -9; when."""
    now = time.time()
    os.kill(sensor.pid, signal.SIGKILL)
    sensor.wait(30)
    return now


def wait_for_window(interval_s: int) -> None:
    """To the beginning of a window of the sensor's."""
    begin = time.time() // interval_s
    wait_until("the next window", lambda: time.time() // interval_s > begin)
