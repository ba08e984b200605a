#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The live sensor beside those that a user could take instead.  bench/README.md says how to read it.

The exit status tells whether every packet and byte was in the records of each of Weir's runs; speed never
makes it fail.
"""

import argparse
import os
import pathlib
import platform
import subprocess
import sys
import time

from bench_sensor_lab import CPUS, GENERATOR_CPU, ROOT, TOOL_CPUS, LabError, Wire, adopt_orphans, read_text
from bench_sensor_cost import bench_iperf, bench_live
from bench_sensor_load import FLOWS, bench_drain, bench_load, cases
from bench_sensor_tools import PEERS, Tool, find_ours
from lab import netns_refusal

NICE = -15
PARTS = ("load", "drain", "live", "iperf")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build", help="where the programs are (build)")
    parser.add_argument("--only", action="append", choices=PARTS, help="this part; repeatable (all)")
    parser.add_argument("--tool", action="append", metavar="NAME",
                        help="only tools whose name has this in it; repeatable (all)")
    parser.add_argument("--flows", action="append", type=int, metavar="N", help="repeatable (1, 1000, 100000)")
    parser.add_argument("--rounds", type=int, default=3, help="of everything but drain (3)")
    parser.add_argument("--drains", type=int, default=6, help="runs of drain (6)")
    parser.add_argument("--scale", type=float, default=1, help="packets of load, times this (1)")
    parser.add_argument("--seconds", type=int, default=1, help="of a run of iperf3 (1)")
    return parser.parse_args()


def tell_machine() -> None:
    model = next((line.partition(":")[2].strip() for line in read_text("/proc/cpuinfo").splitlines()
                  if line.startswith(("model name", "Model"))), platform.machine())
    print(f"{model}, {len(CPUS)} CPUs, Linux {platform.release()}; generator on CPU {GENERATOR_CPU}, "
          f"tools on {TOOL_CPUS}")
    tell_load()


def tell_load() -> None:
    print("load average " + " ".join(f"{load:.2f}" for load in os.getloadavg()))


def choose_tools(args: argparse.Namespace) -> list[type[Tool]]:
    """Ours and the peers that are here; those that are not are named."""
    chosen: list[type[Tool]] = []
    for kind in [*find_ours(args.build / "weir-sensor"), *PEERS]:
        if args.tool and not any(name in kind.name for name in args.tool):
            continue
        missing = kind.missing()
        if missing:
            print(f"{kind.name}: left out, not installed: {' '.join(missing)}")
            continue
        chosen.append(kind)
        print(f"{kind.name}: {' '.join(map(str, kind(None, pathlib.Path('DIR')).argv()))}")
    return chosen


def run(args: argparse.Namespace) -> bool:
    parts = args.only or PARTS
    tools = choose_tools(args)
    flows = args.flows or list(FLOWS)
    has_bpf = any(kind.name == "weir bpf" for kind in tools)
    exact = True
    with Wire("bench-sensor", args.build) as wire:
        if "load" in parts:
            exact = bench_load(wire, tools, args.rounds, cases(flows, args.scale)) and exact
        if "drain" in parts and has_bpf:
            exact = bench_drain(wire, args.drains) and exact
        if "live" in parts and has_bpf:
            bench_live(wire, args.rounds, flows)
    if "iperf" in parts:
        bench_iperf(tools, args.rounds, args.seconds)
    return exact


def main() -> int:
    args = parse_arguments()
    args.build = args.build.resolve()
    sys.stdout.reconfigure(line_buffering=True)
    refusal = netns_refusal()
    if refusal:
        print(f"bench_sensor: {refusal}", file=sys.stderr)
        return 2
    adopt_orphans()
    # All that is measured inherits it; what else the machine does then disturbs less.
    os.nice(NICE)
    begin = time.monotonic()
    tell_machine()
    try:
        exact = run(args)
    except (LabError, subprocess.SubprocessError) as error:
        print(f"bench_sensor: {error}", file=sys.stderr)
        return 2
    tell_load()
    print(f"{time.monotonic() - begin:.0f} s; weir's records were {'exact in every run' if exact else 'NOT EXACT'}")
    return 0 if exact else 1


if __name__ == "__main__":
    sys.exit(main())
