# SPDX-License-Identifier: Apache-2.0
"""Cost where the packets are: nanoseconds over an empty program, and what is left of iperf3's throughput."""

import json
import pathlib
import tempfile

from bench_sensor_lab import CPUS, Lab, Program, Wire, bpf_runs_of, median
from bench_sensor_tools import Nfpcapd, Softflowd, Tool, Weir, WeirBpf

LIVE_TARGETS_NS = {1: 45, 1000: 60, 100000: 210}
LIVE_PACKETS = 500000
IPERF_TARGET = 0.97
IPERF_PORT = 5201


class LiveWeir(WeirBpf):
    """One window, so that all flows are known the second time."""
    interval_s = 86400


def timed(wire: Wire, pid: int, flows: int) -> tuple[float, float]:
    """Nanoseconds a packet by the kernel's count of program run time, and of the generator."""
    wire.generate(LIVE_PACKETS, flows)
    ns, count = bpf_runs_of(pid)
    truth = wire.generate(LIVE_PACKETS, flows)
    ns_after, count_after = bpf_runs_of(pid)
    return (ns_after - ns) / max(count_after - count, 1), truth["cpu_s"] / truth["packets"] * 1e9


def start_counting(wire: Wire, *arguments: str) -> Program:
    counting = wire.start("right", [wire.empty_tc, *arguments])
    counting.wait_for_line("^ready$")
    return counting


def time_weir(wire: Wire, flows: int) -> tuple[float, float, str]:
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        counting = start_counting(wire)
        tool = LiveWeir(wire, pathlib.Path(folder))
        tool.start()
        hook = wire.hook()
        ns, generator_ns = timed(wire, tool.meter.program.pid, flows)
        tool.stop()
        counting.stop()
        return ns, generator_ns, hook


def time_empty(wire: Wire, flows: int, hook: str) -> tuple[float, float]:
    empty = start_counting(wire, "r0", "--hook", hook)
    result = timed(wire, empty.pid, flows)
    empty.stop()
    return result


def bench_live(wire: Wire, rounds: int, flow_counts: list[int]) -> None:
    """Known flows: each packet was sent once before it counts."""
    print("\n== live: ns a packet over an empty tc program that is attached the same way\n"
          "Counted by the kernel (bpf statistics), and beside it as the difference of the generator's time.\n"
          f"{'flows':>9}{'ours':>8}{'empty':>8}{'over':>8}{'target':>8}{'by generator':>14}  hook")
    for flows in flow_counts:
        ours, empty = [], []
        for _ in range(rounds):
            ours.append(time_weir(wire, flows))
            empty.append(time_empty(wire, flows, ours[-1][2]))
        over = median([mine[0] - nothing[0] for mine, nothing in zip(ours, empty)])
        by_generator = median([mine[1] - nothing[1] for mine, nothing in zip(ours, empty)])
        target = LIVE_TARGETS_NS.get(flows)
        print(f"{flows:9,}{median([mine[0] for mine in ours]):8.0f}{median([nothing[0] for nothing in empty]):8.0f}"
              f"{over:8.0f}{'<= ' + str(target) if target else '':>8}{by_generator:14.0f}  {ours[0][2]}")


class Hosts(Lab):
    """client c0 <-> h0 server, with or without offloads."""

    def __init__(self, offloads: bool):
        super().__init__(f"bench-iperf-{offloads}")
        self.offloads = offloads

    def __enter__(self) -> "Hosts":
        super().__enter__()
        self.namespace("client", "server")
        self.link("client", "c0", "server", "h0", offloads=self.offloads)
        self.address("client", "c0", "198.18.0.1/24")
        self.address("server", "h0", "198.18.0.2/24")
        self.wait_for_link("client", "c0")
        self.start("server", ["taskset", "-c", CPUS[-1], "iperf3", "-s", "-p", IPERF_PORT])
        self.wait_for_listener("server", IPERF_PORT)
        return self

    def gigabits(self, seconds: int) -> float:
        done = self.run("client", ["taskset", "-c", CPUS[0], "iperf3", "-c", "198.18.0.2", "-p", IPERF_PORT,
                                   "-t", seconds, "-J"], timeout_s=seconds + 15)
        return json.loads(done.stdout)["end"]["sum_received"]["bits_per_second"] / 1e9


PLACES = {"receiver": ("server", "h0"), "sender": ("client", "c0")}


def gigabits_beside(hosts: Hosts, kind: type[Tool], place: str, seconds: int) -> float:
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        tool = kind(hosts, pathlib.Path(folder), *PLACES[place])
        tool.start()
        result = hosts.gigabits(seconds)
        tool.stop()
        return result


def bench_iperf(tools: list[type[Tool]], rounds: int, seconds: int) -> None:
    """One TCP stream beside each tool in turn; the ratio is to the runs without before and after it."""
    print(f"\n== iperf3: one TCP stream over a veth pair for {seconds} s, ratio to the same without a sensor\n"
          f"{'offloads':10}{'sensor at':>11}{'tool':>14}{'Gbit/s':>9}{'without':>9}{'ratio':>8}   target >= {IPERF_TARGET}")
    chosen = [(kind, place) for kind in tools if kind.is_ours or kind in (Softflowd, Nfpcapd) for place in PLACES
              if issubclass(kind, WeirBpf) or place == "receiver"]
    for offloads in (True, False):
        with Hosts(offloads) as hosts:
            hosts.gigabits(1)
            found: dict[tuple, list[tuple[float, float]]] = {one: [] for one in chosen}
            for _ in range(rounds):
                without = hosts.gigabits(seconds)
                for one in chosen:
                    beside = gigabits_beside(hosts, *one, seconds)
                    after = hosts.gigabits(seconds)
                    found[one].append((beside, (without + after) / 2))
                    without = after
        for (kind, place), pairs in found.items():
            ratio = median([beside / without for beside, without in pairs])
            print(f"{'on' if offloads else 'off':10}{place:>11}{kind.name:>14}{median([pair[0] for pair in pairs]):9.2f}"
                  f"{median([pair[1] for pair in pairs]):9.2f}{ratio:8.3f}"
                  f"{'   ' + ('reached' if ratio >= IPERF_TARGET else 'MISSED') if issubclass(kind, Weir) else ''}")
