# SPDX-License-Identifier: Apache-2.0
"""Network namespaces for tests: veth pairs, addresses, routes, programs.

Names derive from the test's name and the process, so that labs run side by side.  Leaving the `with`
block ends what was started and removes what was made, also after an exception.
"""

import contextlib
import ctypes
import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import termios
import threading
import time
from typing import Callable, Optional, Sequence

OFFLOADS = "tso off gso off gro off tx off rx off".split()
# What is waited for comes at once, unless the machine has much else to do.
DEFAULT_TIMEOUT_S = 60.0


class LabError(Exception):
    """A command of the lab failed, or what was awaited did not come."""


def command(argv: Sequence[str], timeout_s: float = DEFAULT_TIMEOUT_S, check: bool = True,
            **options) -> subprocess.CompletedProcess:
    """Runs argv to its end with its output as text; a failure tells what it printed."""
    done = subprocess.run(list(argv), text=True, timeout=timeout_s, check=False,
                          stdin=subprocess.DEVNULL if "input" not in options else None,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    if check and done.returncode != 0:
        raise LabError(f"{' '.join(argv)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def wait_until(what: str, ready: Callable[[], bool], timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
    """Asks ready() until it says yes, for what has no event to wait on."""
    deadline = time.monotonic() + timeout_s
    while not ready():
        if time.monotonic() > deadline:
            raise LabError(f"after {timeout_s:g} s still not: {what}")
        time.sleep(0.02)


def netns_refusal() -> Optional[str]:
    """Why there can be no lab here, or None."""
    if os.geteuid() != 0:
        return "not root: network namespaces need it"
    for tool in ("ip", "ethtool", "sysctl", "ss"):
        if not shutil.which(tool):
            return f"{tool} is not installed"
    probe = f"weir-probe-{os.getpid()}"
    made = command(["ip", "netns", "add", probe], check=False)
    if made.returncode != 0:
        return f"this kernel cannot make network namespaces: {made.stderr.strip()}"
    command(["ip", "netns", "del", probe])
    return None


def require_root_and_netns() -> None:
    """Skips the calling test, with the reason, where no lab can be made."""
    import pytest  # the demo uses this file without pytest

    refusal = netns_refusal()
    if refusal:
        pytest.skip(refusal)


def has_more(pipe) -> bool:
    """Whether something waits in it to be read."""
    with contextlib.suppress(ValueError):  # it is closed
        return fcntl.ioctl(pipe.fileno(), termios.FIONREAD, bytes(4)) != bytes(4)
    return False


class Program:
    """A program in the background; its lines are kept as they come."""

    def __init__(self, argv: Sequence[str], **options):
        self.argv = list(argv)
        self.stdout: list[str] = []
        self.stderr: list[str] = []
        self._news = threading.Condition()
        self._process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, text=True,
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                         errors="backslashreplace", **options)
        self.pid = self._process.pid
        self._readers = [
            threading.Thread(target=self._collect, args=(pipe, lines), daemon=True)
            for pipe, lines in ((self._process.stdout, self.stdout),
                                (self._process.stderr, self.stderr))]
        self._open_pipes = len(self._readers)
        for reader in self._readers:
            reader.start()

    def _collect(self, pipe, lines: list[str]) -> None:
        for line in pipe:
            with self._news:
                lines.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._open_pipes -= 1
            self._news.notify_all()
        pipe.close()

    def output(self) -> str:
        return "\n".join(self.stdout + self.stderr)

    def is_running(self) -> bool:
        return self._process.poll() is None

    def wait_for_line(self, pattern: str, timeout_s: float = DEFAULT_TIMEOUT_S) -> str:
        """The first line of stdout or stderr that pattern is found in."""
        deadline = time.monotonic() + timeout_s
        with self._news:
            while True:
                for line in self.stdout + self.stderr:
                    if re.search(pattern, line):
                        return line
                left = deadline - time.monotonic()
                if left <= 0 or self._open_pipes == 0:
                    why = "has ended" if self._open_pipes == 0 else f"is silent for {timeout_s:g} s"
                    raise LabError(f"{self.argv}: no line like '{pattern}', and it {why}; "
                                   f"it said:\n{self.output()}")
                self._news.wait(left)

    def wait(self, timeout_s: float = DEFAULT_TIMEOUT_S) -> int:
        """Waits for its end; the exit status, negative when a signal ended it."""
        status = self._process.wait(timeout_s)
        for reader, pipe in zip(self._readers, (self._process.stdout, self._process.stderr)):
            # What it began may have the pipe still: then there is no end of it, but nothing more of its own.
            reader.join(1)
            while reader.is_alive() and has_more(pipe):
                reader.join(0.1)
        return status

    def stop(self, timeout_s: float = DEFAULT_TIMEOUT_S) -> int:
        """SIGTERM, and SIGKILL when that is not obeyed in time; the exit status."""
        if self.is_running():
            os.kill(self.pid, signal.SIGTERM)
        try:
            return self.wait(timeout_s)
        except subprocess.TimeoutExpired:
            os.kill(self.pid, signal.SIGKILL)
            return self.wait()


class Lab:
    """Namespaces, by short names of the test's choice."""

    def __init__(self, test_name: str):
        digest = hashlib.sha256(test_name.encode()).hexdigest()[:6]
        self._prefix = f"weir-{digest}-{os.getpid()}-"
        self._namespaces: list[str] = []
        self._programs: list[Program] = []

    def __enter__(self) -> "Lab":
        return self

    def __exit__(self, *_exception) -> None:
        for program in reversed(self._programs):
            program.stop(3)
        for name in reversed(self._namespaces):
            self._end_left_over(name)
            command(["ip", "netns", "del", self.full_name(name)], check=False)
        self._programs.clear()
        self._namespaces.clear()

    def _end_left_over(self, name: str) -> None:
        """Ends what the programs of a namespace left running in it."""
        listed = command(["ip", "netns", "pids", self.full_name(name)], check=False)
        for pid in listed.stdout.split():
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass

    def full_name(self, name: str) -> str:
        """The name that `ip netns` knows a namespace by."""
        return self._prefix + name

    def namespace(self, *names: str) -> None:
        """Makes namespaces with loopback up and without duplicate address detection."""
        for name in names:
            command(["ip", "netns", "add", self.full_name(name)])
            self._namespaces.append(name)
            self.sysctl(name, "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0",
                        "net.ipv6.conf.default.router_solicitations=0")
            self.ip(name, "link set lo up")

    def ip(self, name: str, arguments: str) -> str:
        """`ip ARGUMENTS` in a namespace; what it printed."""
        return command(["ip", "-n", self.full_name(name), *arguments.split()]).stdout

    def sysctl(self, name: str, *settings: str) -> None:
        self.run(name, ["sysctl", "-qw", *settings])

    def forward(self, name: str) -> None:
        """Makes a namespace a router of both families."""
        self.sysctl(name, "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")

    def link(self, a: str, a_device: str, b: str, b_device: str, offloads: bool = False) -> None:
        """A veth pair between two namespaces, up; without offloads unless asked for."""
        self.ip(a, f"link add {a_device} type veth peer name {b_device} netns {self.full_name(b)}")
        for name, device in ((a, a_device), (b, b_device)):
            if not offloads:
                self.run(name, ["ethtool", "-K", device, *OFFLOADS], check=False)
            self.ip(name, f"link set {device} up")

    def address(self, name: str, device: str, *addresses: str) -> None:
        """Adds addresses of either family, "10.0.1.10/24" or "2001:db8::1/64", usable at once."""
        for address in addresses:
            nodad = " nodad" if ":" in address else ""
            self.ip(name, f"addr add {address} dev {device}{nodad}")

    def route(self, name: str, destination: str, via: str) -> None:
        """A route; destination "default" takes the family of via."""
        family = "-6" if ":" in via else "-4"
        command(["ip", family, "-n", self.full_name(name), "route", "add", destination, "via", via])

    def argv(self, name: str, program: Sequence[str]) -> list[str]:
        """The command line that runs a program in a namespace."""
        return ["ip", "netns", "exec", self.full_name(name), *map(str, program)]

    def run(self, name: str, program: Sequence[str], timeout_s: float = DEFAULT_TIMEOUT_S,
            check: bool = True, **options) -> subprocess.CompletedProcess:
        """Runs a program in a namespace to its end."""
        return command(self.argv(name, program), timeout_s, check, **options)

    def start(self, name: str, program: Sequence[str], **options) -> Program:
        """Starts a program in a namespace; it is ended with the lab unless stopped before."""
        started = Program(self.argv(name, program), **options)
        self._programs.append(started)
        return started

    @contextlib.contextmanager
    def inside(self, name: str):
        """This thread is in a namespace: the sockets that it makes meanwhile are of that one for good."""
        enter = ctypes.CDLL(None, use_errno=True).setns
        with open("/proc/thread-self/ns/net", "rb") as home, \
                open(f"/run/netns/{self.full_name(name)}", "rb") as away:
            if enter(away.fileno(), 0) != 0:
                raise LabError(f"cannot enter {name}: {os.strerror(ctypes.get_errno())}")
            try:
                yield
            finally:
                enter(home.fileno(), 0)

    def wait_for_listener(self, name: str, port: int, protocol: str = "tcp",
                          timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        """Waits until something listens on a port of a namespace."""
        kind = "-Hltn" if protocol == "tcp" else "-Hlun"
        wait_until(f"{protocol}/{port} has a listener in {name}",
                   lambda: bool(self.run(name, ["ss", kind, f"sport = :{port}"]).stdout.strip()),
                   timeout_s)

    def wait_for_link(self, name: str, device: str, timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        """Waits until a device has its carrier."""
        wait_until(f"{device} of {name} is up",
                   lambda: "LOWER_UP" in self.ip(name, f"link show dev {device}"), timeout_s)
