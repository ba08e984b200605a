# SPDX-License-Identifier: Apache-2.0
"""The sensors that are compared, each set up so that no table and no buffer of its own is too small.

A tool is started on an interface of a namespace, is asked to end, and then says what its records add up
to: records, packets and bytes.
"""

import csv
import pathlib
import shutil
import signal
import time
from typing import NamedTuple, Optional

from bench_sensor_lab import TOOL_CPUS, Lab, Meter, command, terminate, wait_until

ENI = "eni-0123456789abcdef0"
ACCOUNT = "123456789012"
MAX_FLOWS = 262144
BUFFER_MIB = 256
NETFLOW_PORT = 9995
# The generator's; with it only its packets are counted.
DESTINATION_PORT = "4739"


class Sums(NamedTuple):
    """What the records of a run add up to."""
    records: int
    packets: int
    octets: int


class Tool:
    """One run of one sensor."""

    name = ""
    programs: tuple[str, ...] = ()  # of Debian's; none are Weir's own
    is_ours = False
    idle_s = 0.0  # that it takes to pass on what it has buffered

    def __init__(self, lab: Lab, folder: pathlib.Path, namespace: str = "right", device: str = "r0"):
        self.lab, self.folder = lab, folder
        self.namespace, self.device = namespace, device
        self.meter: Optional[Meter] = None

    @classmethod
    def missing(cls) -> list[str]:
        return [program for program in cls.programs if not shutil.which(program)]

    def argv(self) -> list:
        raise NotImplementedError

    def start(self) -> float:
        """Starts it and waits until it is ready; the processor time that took."""
        self.meter = Meter(self.lab.start(self.namespace, ["taskset", "-c", TOOL_CPUS, *self.argv()]))
        self.wait_until_ready()
        return self.meter.wait_until_quiet()

    def wait_until_ready(self) -> None:
        wait_until(f"{self.name} captures", lambda: self.has_packet_socket(self.meter.program.pid))

    def has_packet_socket(self, pid: int) -> bool:
        """Whether a packet socket of the process is bound, which libpcap does last."""
        shown = self.lab.run(self.namespace, ["ss", "-0pnH"]).stdout
        return any(f"pid={pid}," in line and f":{self.device}" in line for line in shown.splitlines())

    def settle(self) -> None:
        """Gives it the time to look at all that it has received."""
        time.sleep(self.idle_s)
        self.meter.wait_until_quiet()

    def stop(self) -> float:
        """Ends it; all its processor time."""
        return self.meter.end(self.ask_to_end)

    def ask_to_end(self) -> None:
        terminate(self.meter.program)

    def discard(self) -> None:
        """Ends what is left of it after something went wrong."""
        if self.meter:
            self.meter.program.stop()

    def sums(self) -> Sums:
        raise NotImplementedError


class Weir(Tool):
    """weir-sensor by one of its backends."""

    is_ours = True
    backend = ""
    program = pathlib.Path("weir-sensor")
    interval_s = 60

    def argv(self) -> list:
        return [self.program, "--interface", f"{self.device}={ENI}", "--backend", self.backend, "--account-id", ACCOUNT,
                "--max-flows", MAX_FLOWS, "--interval", self.interval_s, "--output", self.folder / "flow.log"]

    def wait_until_ready(self) -> None:
        self.meter.program.wait_for_line("^sensor: ")

    def sums(self) -> Sums:
        """Of AWS's default format: version account-id interface-id srcaddr dstaddr srcport dstport protocol
        packets bytes start end action log-status."""
        records = packets = octets = 0
        with open(self.folder / "flow.log", encoding="ascii") as log:
            for line in log:
                words = line.split()
                if words[6] == DESTINATION_PORT and words[13] == "OK":
                    records, packets, octets = records + 1, packets + int(words[8]), octets + int(words[9])
        return Sums(records, packets, octets)

    def summary(self) -> str:
        """What it says about losses."""
        return self.meter.program.stderr[-1] if self.meter.program.stderr else ""


class WeirBpf(Weir):
    name, backend = "weir bpf", "bpf"


class WeirPacket(Weir):
    name, backend = "weir packet", "packet"


class WeirPcap(Weir):
    name, backend = "weir pcap", "pcap"


def nfdump_sums(folder: pathlib.Path) -> Sums:
    shown = command(["nfdump", "-R", folder, "-I"], timeout_s=60).stdout
    found = dict(line.split(": ") for line in shown.splitlines() if line.count(": ") == 1)
    return Sums(int(found["Flows"]), int(found["Packets"]), int(found["Bytes"]))


class Softflowd(Tool):
    """softflowd, exporting NetFlow 9 to nfcapd, whose time and memory are not counted."""

    name = "softflowd"
    programs = ("softflowd", "softflowctl", "nfcapd", "nfdump")

    def argv(self) -> list:
        return ["softflowd", "-i", self.device, "-n", f"127.0.0.1:{NETFLOW_PORT}", "-v", "9", "-d", "-m", MAX_FLOWS,
                "-B", BUFFER_MIB << 20, "-c", self.folder / "ctl", "-p", self.folder / "pid"]

    def discard(self) -> None:
        super().discard()
        self.collector.program.stop()

    def start(self) -> float:
        (self.folder / "records").mkdir()
        collector = self.lab.start(self.namespace, ["nfcapd", "-w", self.folder / "records", "-b", "127.0.0.1",
                                                    "-p", NETFLOW_PORT, "-t", "3600", "-B", 16 << 20])
        self.collector = Meter(collector)
        self.lab.wait_for_listener(self.namespace, NETFLOW_PORT, "udp")
        return super().start()

    def ask_to_end(self) -> None:
        # SIGTERM ends it without its records.
        command(["softflowctl", "-c", self.folder / "ctl", "shutdown"])

    def stop(self) -> float:
        used = super().stop()
        self.collector.wait_until_quiet()
        self.collector.program.stop()
        return used

    def sums(self) -> Sums:
        return nfdump_sums(self.folder / "records")


class Nfpcapd(Tool):
    """nfpcapd of nfdump, writing its own files."""

    name = "nfpcapd"
    programs = ("nfpcapd", "nfdump")

    def argv(self) -> list:
        return ["nfpcapd", "-i", self.device, "-w", self.folder / "records", "-t", "3600", "-s", "128",
                "-b", BUFFER_MIB, "-B", 2 * MAX_FLOWS]

    def start(self) -> float:
        (self.folder / "records").mkdir()
        return super().start()

    def sums(self) -> Sums:
        return nfdump_sums(self.folder / "records")


class Pmacctd(Tool):
    """pmacctd with the print plugin, which is a process of its own."""

    name = "pmacctd"
    programs = ("pmacctd",)
    idle_s = 1.2
    settings = {
        "daemonize": "false", "plugins": "print", "print_output": "csv", "print_refresh_time": "3600",
        "aggregate": "src_host,dst_host,src_port,dst_port,proto", "print_cache_entries": "131101",
        "plugin_pipe_size": str(BUFFER_MIB << 20), "plugin_buffer_size": str(100 << 10),
        "pmacctd_pipe_size": str(BUFFER_MIB << 20)}

    def argv(self) -> list:
        return ["pmacctd", "-f", self.folder / "pmacctd.conf"]

    def start(self) -> float:
        settings = {"pcap_interface": self.device, "print_output_file": self.folder / "records.csv", **self.settings}
        text = "".join(f"{name}: {value}\n" for name, value in settings.items())
        (self.folder / "pmacctd.conf").write_text(text)
        return super().start()

    def ask_to_end(self) -> None:
        terminate(self.meter.program, signal.SIGINT)

    def sums(self) -> Sums:
        path = self.folder / "records.csv"
        if not path.exists():
            return Sums(0, 0, 0)
        with open(path, encoding="ascii", newline="") as lines:
            rows = list(csv.DictReader(lines))
        return Sums(len(rows), sum(int(row["PACKETS"]) for row in rows), sum(int(row["BYTES"]) for row in rows))


PEERS = (Softflowd, Pmacctd, Nfpcapd)


def find_ours(program: pathlib.Path) -> list[type[Weir]]:
    """The backends that this sensor has."""
    Weir.program = program
    shown = command([str(program), "--help"]).stdout
    offered = next(line for line in shown.splitlines() if "--backend" in line).split()[1].split("|")
    return [tool for tool in (WeirBpf, WeirPacket, WeirPcap) if tool.backend in offered]
