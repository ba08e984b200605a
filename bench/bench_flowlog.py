#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Flow logs: `weir top` and `weir check` beside DuckDB, mawk and gawk.  bench/README.md says how to read it.

The exit status tells whether all answers were equal; speed never makes it fail.
"""

import argparse
import os
import pathlib
import platform
import subprocess
import sys
import time

from bench_flowlog_cases import compare_every_group, make_cases
from bench_flowlog_tools import ALL_CPUS, FORMS, PACKINGS, ROOT, BenchError, Log, Tool, find_tools

NICE = -15
PARTS = (*PACKINGS, "check")
# How many times fewer lines the logs have of which every group is compared.
SMALLER = 10


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build", help="where the programs are (build)")
    parser.add_argument("--data", type=pathlib.Path, help="where logs are made and kept (BUILD/bench/flowlogs)")
    parser.add_argument("--only", action="append", choices=PARTS, help="this part; repeatable (all)")
    parser.add_argument("--format", action="append", choices=FORMS, help="of the logs; repeatable (both)")
    parser.add_argument("--tool", action="append", metavar="NAME",
                        help="only tools whose name has this in it, and Weir; repeatable (all)")
    parser.add_argument("--lines", type=int, default=10_000_000, help="of a log (10000000)")
    parser.add_argument("--seed", type=int, default=1, help="of the logs (1)")
    parser.add_argument("--rounds", type=int, default=3, help="(3)")
    return parser.parse_args()


def tell_machine() -> None:
    lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="ascii").splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model"))),
                 platform.machine())
    print(f"{model}, {ALL_CPUS} CPUs, Linux {platform.release()}")
    tell_load()


def tell_load() -> None:
    print("load average " + " ".join(f"{load:.2f}" for load in os.getloadavg()))


def choose_tools(args: argparse.Namespace) -> list[Tool]:
    """Ours and the others that are here; those that are not are named."""
    chosen = []
    for tool in find_tools(args.build):
        if args.tool and not tool.is_ours and not any(name in tool.name for name in args.tool):
            continue
        if tool.missing():
            print(f"{tool.name}: left out, not installed: {tool.missing()}")
            continue
        chosen.append(tool)
        if not tool.is_ours:
            print(f"{tool.name}: {tool.version()}")
    return chosen


def make_log(args: argparse.Namespace, form: str, packing: str, lines: int) -> Log:
    """The log as the generator of this build writes it, made when it is not there."""
    generator = args.build / "bench/flowlog_generator"
    path = args.data / f"{form}-{lines}-{args.seed}.log{'.gz' if packing == 'gzip' else ''}"
    if not path.exists() or path.stat().st_mtime < generator.stat().st_mtime:
        draft = path.with_suffix(".draft")
        with open(draft, "wb") as out:
            subprocess.run([generator, "--lines", str(lines), "--seed", str(args.seed),
                            *(["--v5"] if form == "v5" else []), *(["--gzip"] if packing == "gzip" else [])],
                           stdout=out, check=True)
        draft.rename(path)
    return Log(path, form, packing, lines)


def make_snapshot(args: argparse.Namespace) -> pathlib.Path:
    folder = args.data / "snapshot"
    folder.mkdir(exist_ok=True)
    subprocess.run([args.build / "bench/flowlog_generator", "--snapshot", folder], check=True)
    return folder


def run(args: argparse.Namespace) -> bool:
    parts = args.only or PARTS
    tools = choose_tools(args)
    equal = True
    snapshot = make_snapshot(args)
    for form in args.format or FORMS:
        for packing in PACKINGS:
            if packing not in parts and (packing != "plain" or "check" not in parts):
                continue
            log = make_log(args, form, packing, args.lines)
            small = make_log(args, form, packing, max(1, args.lines // SMALLER))
            for case in make_cases(args.build, log, snapshot, tools, parts):
                equal = case.measure(args.build, args.rounds) and equal
                case.tell()
            equal = compare_every_group(args.build, tools, small) and equal
    return equal


def main() -> int:
    args = parse_arguments()
    args.build = args.build.resolve()
    args.data = (args.data or args.build / "bench/flowlogs").resolve()
    args.data.mkdir(parents=True, exist_ok=True)
    sys.stdout.reconfigure(line_buffering=True)
    # All that is measured inherits it; what else the machine does then disturbs less.
    if os.geteuid() == 0:
        os.nice(NICE)
    begin = time.monotonic()
    tell_machine()
    try:
        equal = run(args)
    except (BenchError, OSError, subprocess.SubprocessError) as error:
        print(f"bench_flowlog: {error}", file=sys.stderr)
        return 2
    tell_load()
    print(f"{time.monotonic() - begin:.0f} s; the answers were {'equal' if equal else 'NOT EQUAL'}")
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
