# SPDX-License-Identifier: Apache-2.0
"""Where the sensor's benches run: two namespaces and a veth pair, the generator at one end, one tool at
the other, and the processor time and memory that both take.

One method for every tool.  A tool's processor time is that of its processes, from the moment they are
ready to their end, plus what the kernel spends on its behalf in the path of the packets.  That part runs
within the generator's system calls, whether it is a BPF program or the copy into a packet socket's ring,
so it is the generator's time with the tool less that of a run without, just before.
"""

import ctypes
import json
import os
import pathlib
import resource
import signal
import statistics
import sys
import time
from typing import Callable, Iterator, Optional

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/e2e"))
from lab import Lab, LabError, Program, command, wait_until  # noqa: E402,F401

PR_SET_CHILD_SUBREAPER = 36
QUIET_S = 0.1
# A process that waits for packets wakes up now and then.
QUIET_CPU_S = 0.002
CPUS = sorted(os.sched_getaffinity(0))
GENERATOR_CPU = CPUS[0]
TOOL_CPUS = ",".join(map(str, CPUS[1:] or CPUS))


def adopt_orphans() -> None:
    """Makes processes whose parent ends our children, so that their time is accounted to us."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def read_text(path: str) -> str:
    """A file of /proc, empty when what it is about has ended."""
    try:
        return pathlib.Path(path).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def family_of(pid: int) -> list[int]:
    """A process and its descendants."""
    found = [pid]
    for parent in found:
        for task in pathlib.Path(f"/proc/{parent}/task").glob("*"):
            found += [int(child) for child in read_text(f"{task}/children").split()]
    return found


def cpu_of(pid: int) -> float:
    """Seconds on a processor of all threads of a process."""
    spent = [read_text(f"{task}/schedstat").split() for task in pathlib.Path(f"/proc/{pid}/task").glob("*")]
    return sum(int(words[0]) for words in spent if words) / 1e9


def peak_kib_of(pid: int) -> int:
    for line in read_text(f"/proc/{pid}/status").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


def descriptors_of(pid: int) -> Iterator[dict[str, str]]:
    """What the kernel tells about each open descriptor."""
    for path in pathlib.Path(f"/proc/{pid}/fdinfo").glob("*"):
        lines = (line.partition(":") for line in read_text(str(path)).splitlines())
        yield {name: value.strip() for name, _, value in lines}


def bpf_kib_of(pid: int) -> int:
    """Memory of the BPF maps that a process holds."""
    maps = {found["map_id"]: int(found["memlock"]) for found in descriptors_of(pid) if "map_id" in found}
    return sum(maps.values()) // 1024


def bpf_runs_of(pid: int) -> tuple[int, int]:
    """Nanoseconds and runs of the BPF programs that a process holds, since their time is counted."""
    runs = {found["prog_id"]: (int(found["run_time_ns"]), int(found["run_cnt"]))
            for found in descriptors_of(pid) if "run_cnt" in found}
    return sum(ns for ns, _ in runs.values()), sum(count for _, count in runs.values())


class Meter:
    """Processor time and memory of a program and of all that it starts."""

    def __init__(self, program: Program):
        self.program = program
        self._cpu: dict[int, float] = {}
        self._peak: dict[int, int] = {}
        self._bpf_kib = 0

    def sample(self) -> float:
        for pid in family_of(self.program.pid):
            self._cpu[pid] = max(cpu_of(pid), self._cpu.get(pid, 0))
            self._peak[pid] = max(peak_kib_of(pid), self._peak.get(pid, 0))
        self._bpf_kib = max(self._bpf_kib, bpf_kib_of(self.program.pid))
        return sum(self._cpu.values())

    def wait_until_quiet(self, timeout_s: float = 10) -> float:
        """Waits until it has no more work; its processor time until then."""
        last = self.sample()
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            time.sleep(QUIET_S)
            now = self.sample()
            if now - last < QUIET_CPU_S:
                break
            last = now
        return self.sample()

    def end(self, ask: Callable[[], object], timeout_s: float = 30) -> float:
        """Ends it by ask(); all its processor time, with that of what it started."""
        ask()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        deadline = time.monotonic() + timeout_s
        while read_text(f"/proc/{self.program.pid}/stat").rpartition(")")[2].split()[:1] not in ([], ["Z"]):
            self.sample()
            if time.monotonic() > deadline:
                raise LabError(f"{self.program.argv} does not end:\n{self.program.output()}")
            time.sleep(0.005)
        self.program.wait()
        for pid in self._cpu:
            wait_for_orphan(pid)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        # A child whose parent ignores SIGCHLD is in nobody's sum.
        return max(used, sum(self._cpu.values()))

    @property
    def peak_mib(self) -> float:
        return sum(self._peak.values()) / 1024

    @property
    def bpf_mib(self) -> float:
        return self._bpf_kib / 1024


def wait_for_orphan(pid: int) -> None:
    try:
        os.waitpid(pid, 0)
    except ChildProcessError:
        pass


def terminate(program: Program, number: int = signal.SIGTERM) -> None:
    os.kill(program.pid, number)


def softirq_cpu_s() -> float:
    """The thread that takes over packets from a generator that has no time left."""
    for path in pathlib.Path("/proc").glob("[0-9]*/comm"):
        if read_text(str(path)).strip() == f"ksoftirqd/{GENERATOR_CPU}":
            return cpu_of(int(path.parent.name))
    return 0


class Wire(Lab):
    """left s0 <-> r0 right: nothing but what the generator sends from the left passes."""

    def __init__(self, name: str, build: pathlib.Path):
        super().__init__(name)
        self.generator = build / "bench/generator"
        self.empty_tc = build / "bench/empty_tc"

    def __enter__(self) -> "Wire":
        super().__enter__()
        self.namespace("left", "right")
        for name in ("left", "right"):
            self.sysctl(name, "net.ipv6.conf.default.disable_ipv6=1")
        self.link("left", "s0", "right", "r0", offloads=True)
        self.address("right", "r0", "198.18.0.10/24")
        self.wait_for_link("right", "r0")
        return self

    def generate(self, packets: int, flows: int, rate: int = 0, seed: int = 1) -> dict:
        """What the generator sent; cpu_s includes the kernel's share of whoever looks at the packets."""
        softirq = softirq_cpu_s()
        received = self.received()
        done = self.run("left", ["taskset", "-c", GENERATOR_CPU, self.generator, "s0", "-n", packets,
                                 "-f", flows, "-r", rate, "--seed", seed], timeout_s=120)
        truth = json.loads(done.stdout)
        truth["cpu_s"] += softirq_cpu_s() - softirq
        arrived = self.received() - received
        if arrived != truth["packets"]:
            raise LabError(f"the generator sent {truth['packets']} packets, the link took {arrived}")
        return truth

    def received(self) -> int:
        link = json.loads(command(["ip", "-n", self.full_name("right"), "-s", "-j", "link", "show", "r0"]).stdout)
        return link[0]["stats64"]["rx"]["packets"]

    def hook(self) -> str:
        """How the sensor that runs is attached."""
        shown = self.run("right", ["tc", "filter", "show", "dev", "r0", "ingress"]).stdout
        return "clsact" if "bpf" in shown else "tcx"


def median(values: list) -> Optional[float]:
    return statistics.median(values) if values else None
