# SPDX-License-Identifier: Apache-2.0
"""Load: what share of the packets is in the records, and at what cost; and draining under load."""

import pathlib
import tempfile
from typing import NamedTuple, Optional

from bench_sensor_lab import LabError, Wire, median
from bench_sensor_tools import Sums, Tool, Weir, WeirBpf

FLOWS = (1, 1000, 100000)
PACED_RATE = 100000
CPU_TARGET = 0.4
SEES_ENOUGH = 0.999


class Case(NamedTuple):
    flows: int
    rate: int  # 0: as fast as the generator can
    packets: int

    def title(self) -> str:
        rate = f"{self.rate:,} packets/s" if self.rate else "highest rate"
        return f"{self.flows:,} flow{'s' if self.flows > 1 else ''}, {rate}, {self.packets:,} packets of 46 bytes"


class Run(NamedTuple):
    """One tool once; seconds of processor time."""
    truth: dict
    sums: Sums
    process_s: float
    kernel_s: float
    peak_mib: float
    bpf_mib: float
    said: str

    def packet_share(self) -> float:
        return self.sums.packets / self.truth["packets"]

    def byte_share(self) -> float:
        return self.sums.octets / self.truth["bytes"]

    def cost_us(self) -> float:
        return (self.process_s + self.kernel_s) / self.truth["packets"] * 1e6


def cases(flow_counts: list[int], scale: float) -> list[Case]:
    """Few flows need no time to come up; 100,000 do."""
    paced = [Case(flows, PACED_RATE, int(scale * (200000 if flows > 1000 else 100000))) for flows in flow_counts]
    return paced + [Case(flows, 0, int(scale * 500000)) for flows in flow_counts]


def run_tool(wire: Wire, kind: type[Tool], case: Case, bare: dict) -> Run:
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        tool = kind(wire, pathlib.Path(folder))
        try:
            ready_s = tool.start()
            truth = wire.generate(case.packets, case.flows, case.rate)
            tool.settle()
            process_s = tool.stop() - ready_s
            sums = tool.sums()
        except LabError:
            tool.discard()
            raise
        kernel_s = truth["cpu_s"] - bare["cpu_s"] * truth["packets"] / bare["packets"]
        return Run(truth, sums, process_s, kernel_s, tool.meter.peak_mib, tool.meter.bpf_mib,
                   tool.summary() if isinstance(tool, Weir) else "")


def percent(share: float) -> str:
    """100 is said of all and only of all; anything less is rounded down."""
    if share == 1:
        return "100"
    return f"{int(share * 1e6) / 1e4:.4f}"


HEAD = (f"{'':14}{'packets %':>10}{'worst':>10}{'bytes %':>10}{'us/packet':>11}{'process':>9}{'kernel':>8}"
        f"{'RSS MiB':>9}{'BPF MiB':>9}{'records':>10}{'kpackets/s':>12}")


def row(name: str, runs: list[Run]) -> str:
    packets = runs[0].truth["packets"]
    return (f"{name:14}{percent(median([run.packet_share() for run in runs])):>10}"
            f"{percent(min(run.packet_share() for run in runs)):>10}"
            f"{percent(min(run.byte_share() for run in runs)):>10}"
            f"{median([run.cost_us() for run in runs]):11.3f}"
            f"{median([run.process_s for run in runs]) / packets * 1e6:9.3f}"
            f"{median([run.kernel_s for run in runs]) / packets * 1e6:8.3f}"
            f"{max(run.peak_mib for run in runs):9.0f}{max(run.bpf_mib for run in runs):9.0f}"
            f"{median([run.sums.records for run in runs]):10.0f}"
            f"{median([run.truth['packets'] / run.truth['seconds'] for run in runs]) / 1000:12.0f}")


def best_peer(results: dict[type[Tool], list[Run]]) -> Optional[tuple[str, float]]:
    """The cheapest of those that see enough."""
    seen = [(median([run.cost_us() for run in runs]), kind.name) for kind, runs in results.items()
            if not kind.is_ours and median([run.packet_share() for run in runs]) >= SEES_ENOUGH]
    return (min(seen)[1], min(seen)[0]) if seen else None


def tell_case(case: Case, bare_us: float, results: dict[type[Tool], list[Run]]) -> bool:
    """The table of a case; whether ours saw everything, every time."""
    print(f"\n{case.title()}; without a sensor the generator takes {bare_us:.3f} us a packet\n{HEAD}")
    for kind, runs in results.items():
        print(row(kind.name, runs))
    peer = best_peer(results)
    print(f"  best peer that sees >= {SEES_ENOUGH:.1%}: {peer[0] if peer else 'none'}")
    exact = True
    for kind, runs in results.items():
        if not kind.is_ours:
            continue
        if peer:
            target = f" (target <= {CPU_TARGET})" if case.flows == 100000 else ""
            print(f"  {kind.name}: {median([run.cost_us() for run in runs]) / peer[1]:.2f} of its CPU{target}")
        for run in runs:
            if (run.sums.packets, run.sums.octets) != (run.truth["packets"], run.truth["bytes"]):
                exact = False
                print(f"  {kind.name}: NOT EXACT (target 100 %): {run.sums.packets:,} of {run.truth['packets']:,} "
                      f"packets, {run.sums.octets:,} of {run.truth['bytes']:,} bytes; it says: {run.said}")
    return exact


def run_case(wire: Wire, tools: list[type[Tool]], rounds: int, case: Case) -> bool:
    """All tools once, then again in another order; a peer that fails is told of and left out."""
    results: dict[type[Tool], list[Run]] = {kind: [] for kind in tools}
    bare_us = []
    for turn in range(rounds):
        for kind in tools[turn % len(tools):] + tools[:turn % len(tools)]:
            if kind not in results:
                continue
            bare = wire.generate(case.packets // 2, case.flows, case.rate)
            bare_us.append(bare["cpu_s"] / bare["packets"] * 1e6)
            try:
                results[kind].append(run_tool(wire, kind, case, bare))
            except LabError as error:
                if kind.is_ours:
                    raise
                print(f"{kind.name} failed and is left out: {error}")
                del results[kind]
    return tell_case(case, median(bare_us), results)


def bench_load(wire: Wire, tools: list[type[Tool]], rounds: int, chosen: list[Case]) -> bool:
    """Whether ours were exact throughout."""
    print("\n== load: share of packets and bytes in the records, and cost\n"
          "Medians over rounds; packets: median and worst, bytes: worst.  us/packet = process + kernel; kernel is\n"
          "the generator's processor time with the tool less that of a run without, just before.")
    return all([run_case(wire, tools, rounds, case) for case in chosen])


class DrainedWeir(WeirBpf):
    interval_s = 1


def bench_drain(wire: Wire, runs: int, packets: int = 3000000, flows: int = 10) -> bool:
    """Windows of a second end, and are drained, while hot flows run."""
    print(f"\n== drain: {flows} hot flows, {packets:,} packets at the highest rate, windows of 1 s\n"
          f"{'run':>4}{'records':>9}{'lost packets':>14}{'lost bytes':>12}{'kpackets/s':>12}   target 0")
    exact = True
    for number in range(1, runs + 1):
        run = run_tool(wire, DrainedWeir, Case(flows, 0, packets), {"cpu_s": 0, "packets": 1})
        lost = run.truth["packets"] - run.sums.packets
        lost_bytes = run.truth["bytes"] - run.sums.octets
        print(f"{number:4}{run.sums.records:9}{lost:14,}{lost_bytes:12,}"
              f"{run.truth['packets'] / run.truth['seconds'] / 1000:12.0f}")
        if lost or lost_bytes:
            exact = False
            print(f"  NOT EXACT; it says: {run.said}")
    return exact
