# SPDX-License-Identifier: Apache-2.0
"""What bench_flowlog measures: cases, each of several runners over one log, in rounds, in rotated order.

A figure is the median over rounds.  A ratio is the median of the rounds' ratios, so that what else the machine
did in a round has less to say, with the lowest and the highest beside it.
"""

import hashlib
import pathlib
import statistics
from typing import Callable, NamedTuple

from bench_flowlog_tools import ALL_CPUS, EVERY_GROUP, LIMIT, Cost, Log, Tool, Weir, run_pipeline

WEIR, WEIR_ALL = "weir, 1 thread", f"weir, {ALL_CPUS} threads"
CHECK, CHECK_ALL = "weir check, 1 thread", f"weir check, {ALL_CPUS} threads"
NEWLINES, PARSING, INFLATING = "newlines alone", "parsing alone", "inflating alone"
DIFFERENCES_SHOWN = 5
# There are findings, and records that are undecided.
CHECK_STATUSES = (1, 4)


class Runner(NamedTuple):
    """What is measured, and what its answer is compared by: the same for all with the same question."""
    name: str
    commands: list[list[str]]
    question: str
    statuses: tuple[int, ...] = (0,)


class Target(NamedTuple):
    """The time of runner is to be at least (or at most) ratio times that of base."""
    runner: str
    base: str
    ratio: float
    at_most: bool = False


TARGETS = {
    "plain": [Target("DuckDB, 1 thread", WEIR, 8), Target("mawk", WEIR, 20), Target(NEWLINES, PARSING, 0.25),
              Target(WEIR, WEIR_ALL, 1.8)],
    "gzip": [Target("DuckDB, 1 thread", WEIR, 6), Target("zcat | mawk", WEIR, 18), Target(INFLATING, WEIR, 0.7),
             Target(WEIR, WEIR_ALL, 1.8)],
    "check": [Target(CHECK, WEIR, 1.5, at_most=True), Target(CHECK, CHECK_ALL, 1.8)],
}


def rows_of(answer: str) -> list[tuple[int, str]]:
    """The answer's groups as (records, key).  What a record does not have is nothing, or - as the log has it."""
    rows = (line.rpartition(",") for line in answer.splitlines())
    return [(int(records), ",".join("" if word == "-" else word for word in key.split(","))) for key, _, records in rows]


def same_best(one: str, other: str) -> bool:
    """Whether the same groups come first; of those with as many records as the last one, any may be there."""
    first, second = rows_of(one), rows_of(other)
    if [records for records, _ in first] != [records for records, _ in second] or not first:
        return False
    least = first[-1][0]
    return {row for row in first if row[0] > least} == {row for row in second if row[0] > least}


def tell_difference(title: str, one: list[str], other: list[str]) -> None:
    """What only one of them has, the first of it."""
    print(f"{title} differ:")
    for sign, lines in (("-", set(one) - set(other)), ("+", set(other) - set(one))):
        for line in sorted(lines)[:DIFFERENCES_SHOWN]:
            print(f"  {sign} {line}")


class Case:
    """Runners over one log."""

    def __init__(self, title: str, log: Log, runners: list[Runner], targets: list[Target]):
        self.title, self.log, self.runners, self.targets = title, log, runners, targets
        self.costs: dict[str, list[Cost]] = {runner.name: [] for runner in runners}

    def measure(self, build: pathlib.Path, rounds: int) -> bool:
        """Whether all answers were equal."""
        equal = True
        for turn in range(rounds):
            shift = turn % len(self.runners)
            for runner in self.runners[shift:] + self.runners[:shift]:
                warm(self.log.path)
                self.costs[runner.name].append(run_pipeline(build, runner.commands, runner.statuses))
            equal = self.compare() and equal
        return equal

    def compare(self) -> bool:
        """Holds the round's answers against that of the first runner with the same question."""
        first: dict[str, Runner] = {}
        equal = True
        for runner in self.runners:
            base = first.setdefault(runner.question, runner)
            one, other = self.costs[base.name][-1].answer, self.costs[runner.name][-1].answer
            if same_best(one, other) if runner.question == "best" else one == other:
                continue
            tell_difference(f"{self.title}: {base.name} and {runner.name}", one.splitlines(), other.splitlines())
            equal = False
        return equal

    def tell(self) -> None:
        print(f"\n{self.title}\n{'':28} {'seconds':>8} {'CPU s':>8} {'M lines/s':>10} {'peak MiB':>9} {'ratio':>7}")
        for runner in self.runners:
            costs = self.costs[runner.name]
            wall_s = statistics.median(cost.wall_s for cost in costs)
            cpu_s = statistics.median(cost.cpu_s for cost in costs)
            peak_mib = max(cost.peak_mib for cost in costs)
            ratio = statistics.median(self.ratios(runner.name, WEIR, lambda cost: cost.wall_s))
            print(f"{runner.name:28} {wall_s:8.3f} {cpu_s:8.3f} {self.log.lines / wall_s / 1e6:10.2f} "
                  f"{peak_mib:9.0f} {ratio:7.2f}")
        for target in self.targets:
            if target.runner in self.costs and target.base in self.costs:
                self.tell_target(target)

    def tell_target(self, target: Target) -> None:
        ratios = self.ratios(target.runner, target.base, lambda cost: cost.wall_s)
        by_cpu = statistics.median(self.ratios(target.runner, target.base, lambda cost: cost.cpu_s))
        wanted = f"{'at most' if target.at_most else 'at least'} {target.ratio:g}"
        print(f"  {target.runner} : {target.base} = {statistics.median(ratios):.2f} "
              f"({min(ratios):.2f} to {max(ratios):.2f}; by CPU {by_cpu:.2f}), wanted {wanted}")

    def ratios(self, runner: str, base: str, figure: Callable[[Cost], float]) -> list[float]:
        pairs = zip(self.costs[runner], self.costs[base])
        return [figure(one) / figure(other) for one, other in pairs]


def warm(path: pathlib.Path) -> None:
    """Into the page cache, from which a virtual machine's host may have taken it in between."""
    with open(path, "rb", buffering=0) as file:
        buffer = bytearray(1 << 20)
        while file.readinto(buffer):
            pass


def make_cases(build: pathlib.Path, log: Log, snapshot: pathlib.Path, tools: list[Tool], parts: list[str]) -> list[Case]:
    floor = str(build / "bench/flowlog_floor")
    ours = [tool for tool in tools if isinstance(tool, Weir)]
    top = [Runner(tool.name_on(log), tool.pipeline(log, LIMIT), "best") for tool in tools]
    cases = []
    if log.packing in parts:
        if log.packing == "plain":
            alone = [Runner(NEWLINES, [[floor, "newlines", str(log.path)]], "newlines"),
                     Runner(PARSING, [[floor, "parse", str(log.path)]], "parse")]
        else:
            alone = [Runner(INFLATING, [[floor, "inflate", str(log.path)]], "inflate")]
        cases.append(Case(f"{log.form}, {log.packing}: records by source, destination and port", log, top + alone,
                          TARGETS[log.packing]))
    if log.packing == "plain" and "check" in parts:
        check = [Runner(f"weir check, {tool.name.partition(', ')[2]}",
                        [tool.argv("check", log, "-s", str(snapshot), "-p", str(snapshot / "estate.policy"), "-o",
                                   "json")], "check", CHECK_STATUSES)
                 for tool in ours]
        cases.append(Case(f"{log.form}, {log.packing}: verdicts", log,
                          [runner for runner in top if runner.name in (WEIR, WEIR_ALL)] + check, TARGETS["check"]))
    return cases


def compare_every_group(build: pathlib.Path, tools: list[Tool], log: Log) -> bool:
    """All groups of a smaller log, by everyone."""
    answers = [[f"{key},{records}" for records, key in
                sorted(rows_of(run_pipeline(build, tool.pipeline(log, EVERY_GROUP)).answer))] for tool in tools]
    equal = True
    for tool, answer in zip(tools, answers):
        if answer != answers[0]:
            tell_difference(f"{log.form}, {log.packing}: all groups of {tools[0].name} and {tool.name}", answers[0], answer)
            equal = False
    digest = hashlib.sha256("\n".join(answers[0]).encode()).hexdigest()[:16]
    print(f"{log.form}, {log.packing}: all {len(answers[0])} groups of {log.lines} lines "
          f"{'equal' if equal else 'NOT EQUAL'}, SHA-256 {digest}…")
    return equal
