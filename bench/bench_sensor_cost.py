# SPDX-License-Identifier: Apache-2.0
"""Cost where the packets are: nanoseconds over an empty program, and what is left of iperf3's throughput."""

import json
import pathlib
import tempfile
from typing import NamedTuple

from bench_sensor_lab import CPUS, Lab, Program, Wire, bpf_runs_of, median
from bench_sensor_tools import Nfpcapd, Softflowd, Tool, WeirBpf

LIVE_TARGETS_NS = {1: 45, 1000: 60, 100000: 210}
LIVE_PACKETS = 500000
IPERF_TARGET = 0.97
IPERF_PORT = 5201
STREAMS = 4


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
          f"{'flows':>9}{'ours':>8}{'empty':>8}{'over':>8}{'lowest':>8}{'target':>8}{'by generator':>14}  hook")
    for flows in flow_counts:
        ours, empty = [], []
        for _ in range(rounds):
            ours.append(time_weir(wire, flows))
            empty.append(time_empty(wire, flows, ours[-1][2]))
        over = median([mine[0] - nothing[0] for mine, nothing in zip(ours, empty)])
        # What else the machine does only ever adds.
        lowest = min(mine[0] for mine in ours) - min(nothing[0] for nothing in empty)
        by_generator = median([mine[1] - nothing[1] for mine, nothing in zip(ours, empty)])
        target = LIVE_TARGETS_NS.get(flows)
        print(f"{flows:9,}{median([mine[0] for mine in ours]):8.0f}{median([nothing[0] for nothing in empty]):8.0f}"
              f"{over:8.0f}{lowest:8.0f}{'<= ' + str(target) if target else '':>8}{by_generator:14.0f}  {ours[0][2]}")


class Stream(NamedTuple):
    gigabits: float  # a second
    gigabytes: float
    cpu_s: float

    def cost(self) -> float:
        return self.cpu_s / self.gigabytes


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

    def stream(self, seconds: int) -> Stream:
        # Several streams and no estimate of the bandwidth: one stream alone has two speeds, by chance, as
        # its data still are in the cache or no longer.
        done = self.run("client", ["taskset", "-c", CPUS[0], "iperf3", "-c", "198.18.0.2", "-p", IPERF_PORT,
                                   "-C", "reno", "-P", STREAMS, "-t", seconds, "-J"], timeout_s=seconds + 15)
        end = json.loads(done.stdout)["end"]
        busy = end["cpu_utilization_percent"]["host_total"] + end["cpu_utilization_percent"]["remote_total"]
        return Stream(end["sum_received"]["bits_per_second"] / 1e9, end["sum_received"]["bytes"] / 1e9,
                      busy / 100 * end["sum_received"]["seconds"])


PLACES = {"receiver": ("server", "h0"), "sender": ("client", "c0")}


def stream_beside(hosts: Hosts, kind: type[Tool], place: str, seconds: int) -> Stream:
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        tool = kind(hosts, pathlib.Path(folder), *PLACES[place])
        ready_s = tool.start()
        found = hosts.stream(seconds)
        return found._replace(cpu_s=found.cpu_s + tool.stop() - ready_s)


def run_streams(hosts: Hosts, chosen: list[tuple], rounds: int, seconds: int) -> dict[tuple, list[tuple]]:
    """For each tool and place: pairs of the stream beside it and the mean of those around that."""
    found: dict[tuple, list[tuple]] = {one: [] for one in chosen}
    hosts.stream(1)
    for _ in range(rounds):
        before = hosts.stream(seconds)
        for one in chosen:
            beside = stream_beside(hosts, *one, seconds)
            after = hosts.stream(seconds)
            found[one].append((beside, Stream(*((a + b) / 2 for a, b in zip(before, after)))))
            before = after
    return found


def tell_streams(offloads: bool, kind: type[Tool], place: str, pairs: list[tuple]) -> None:
    ratios = [beside.gigabits / without.gigabits for beside, without in pairs]
    by_cpu = median([without.cost() / beside.cost() for beside, without in pairs])
    verdict = "reached" if median(ratios) >= IPERF_TARGET else "MISSED"
    print(f"{'on' if offloads else 'off':10}{place:>11}{kind.name:>14}"
          f"{median([beside.gigabits for beside, _ in pairs]):9.2f}"
          f"{median([without.gigabits for _, without in pairs]):9.2f}"
          f"{median(ratios):8.3f}{f'{min(ratios):.2f} to {max(ratios):.2f}':>16}{by_cpu:9.3f}"
          f"{'   ' + verdict if kind.is_ours else ''}")


def bench_iperf(tools: list[type[Tool]], rounds: int, seconds: int) -> None:
    """TCP streams beside each tool in turn."""
    print(f"\n== iperf3: {STREAMS} TCP streams over a veth pair for {seconds} s, ratio to the same without a sensor\n"
          "by CPU: the same ratio of bytes a second of processor time, of both ends and the tool\n"
          f"{'offloads':10}{'sensor at':>11}{'tool':>14}{'Gbit/s':>9}{'without':>9}{'ratio':>8}{'range':>16}"
          f"{'by CPU':>9}   target: ratio >= {IPERF_TARGET}")
    chosen = [(kind, place) for kind in tools if kind.is_ours or kind in (Softflowd, Nfpcapd) for place in PLACES
              if issubclass(kind, WeirBpf) or place == "receiver"]
    for offloads in (True, False):
        with Hosts(offloads) as hosts:
            for one, pairs in run_streams(hosts, chosen, rounds, seconds).items():
                tell_streams(offloads, *one, pairs)
