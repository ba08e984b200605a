# SPDX-License-Identifier: Apache-2.0
"""Those who answer the bench's question: how many records by source, destination and port of the destination,
the most first.  Each is a pipeline of processes that prints `srcaddr,dstaddr,dstport,records`.
"""

import json
import os
import pathlib
import shutil
import subprocess
import time
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[1]
DUCKDB_PACKAGE, DUCKDB_VERSION = "@duckdb/node-api", "1.5.6-r.1"
FORMS = ("v2", "v5")
PACKINGS = ("plain", "gzip")
ALL_CPUS = len(os.sched_getaffinity(0))
LIMIT = 20
EVERY_GROUP = 10 ** 9

# What DuckDB is told of the columns; the order is that of bench/made_flowlog.
COLUMNS = {
    "v2": "version:VARCHAR account_id:VARCHAR interface_id:VARCHAR srcaddr:VARCHAR dstaddr:VARCHAR srcport:INTEGER "
          "dstport:INTEGER protocol:INTEGER packets:BIGINT bytes:BIGINT start:BIGINT end:BIGINT action:VARCHAR "
          "log_status:VARCHAR",
    "v5": "version:VARCHAR srcaddr:VARCHAR dstaddr:VARCHAR srcport:INTEGER dstport:INTEGER protocol:INTEGER "
          "start:BIGINT end:BIGINT type:VARCHAR packets:BIGINT bytes:BIGINT account_id:VARCHAR vpc_id:VARCHAR "
          "subnet_id:VARCHAR instance_id:VARCHAR interface_id:VARCHAR region:VARCHAR az_id:VARCHAR "
          "sublocation_type:VARCHAR sublocation_id:VARCHAR action:VARCHAR tcp_flags:INTEGER pkt_srcaddr:VARCHAR "
          "pkt_dstaddr:VARCHAR pkt_src_aws_service:VARCHAR pkt_dst_aws_service:VARCHAR traffic_path:INTEGER "
          "flow_direction:VARCHAR log_status:VARCHAR",
}
AWK_KEY = {form: "$%d \",\" $%d \",\" $%d" % tuple(
    1 + [column.partition(":")[0] for column in columns.split()].index(name)
    for name in ("srcaddr", "dstaddr", "dstport")) for form, columns in COLUMNS.items()}
# Awk keeps the best itself: sort(1) over all groups would take a fifth of its time again.
AWK_BEST = """
END {
    for (key in n)
        if (n[key] > c[%d]) {
            for (i = %d; i > 1 && n[key] > c[i - 1]; i--) { c[i] = c[i - 1]; k[i] = k[i - 1] }
            c[i] = n[key]; k[i] = key
        }
    for (i = 1; i in k; i++) print k[i] "," c[i]
}"""
AWK_ALL = "END { for (key in n) print key \",\" n[key] }"


class Log(NamedTuple):
    """A log of the bench."""
    path: pathlib.Path
    form: str  # of FORMS
    packing: str  # of PACKINGS
    lines: int


class Cost(NamedTuple):
    """What a pipeline took."""
    wall_s: float
    cpu_s: float
    peak_mib: float  # summed over its processes
    answer: str


class BenchError(Exception):
    """The bench cannot go on."""


def run_pipeline(build: pathlib.Path, commands: list[list[str]], statuses: tuple[int, ...] = (0,)) -> Cost:
    """Runs it to its end; a process that ends with another status is an error."""
    begin = time.monotonic()
    processes: list[subprocess.Popen] = []
    told, tell = os.pipe()
    for argv in commands:
        last = processes[-1].stdout if processes else subprocess.DEVNULL
        processes.append(subprocess.Popen([str(build / "bench/cost"), str(tell), *argv], stdin=last, pass_fds=[tell],
                                          stdout=subprocess.PIPE, env=os.environ | {"LC_ALL": "C"}))
        if len(processes) > 1:
            last.close()
    os.close(tell)
    with processes[-1].stdout, os.fdopen(told) as costs:
        answer = processes[-1].stdout.read().decode()
        figures = [[float(word) for word in line.split()] for line in costs]
    for process, argv in zip(processes, commands):
        if process.wait() not in statuses:
            raise BenchError(f"exit {process.returncode}: {' '.join(argv)}")
    return Cost(time.monotonic() - begin, sum(cpu_s for cpu_s, _ in figures), sum(peak for _, peak in figures), answer)


class Tool:
    """One that answers the question."""

    name = ""
    is_ours = False

    def missing(self) -> str:
        """What it needs and does not have."""
        return ""

    def version(self) -> str:
        """Which of it, where it is not of this build."""
        return ""

    def name_on(self, log: Log) -> str:
        """With all that a log of its packing needs."""
        return self.name

    def pipeline(self, log: Log, limit: int) -> list[list[str]]:
        raise NotImplementedError


class Weir(Tool):
    """`weir top`."""

    is_ours = True

    def __init__(self, program: pathlib.Path, threads: int):
        self.program, self.threads = program, threads
        self.name = f"weir, {threads} thread{'s' if threads > 1 else ''}"

    def argv(self, verb: str, log: Log, *options: str) -> list[str]:
        return [str(self.program), verb, str(log.path), "--threads", str(self.threads), "--no-progress", *options]

    def pipeline(self, log: Log, limit: int) -> list[list[str]]:
        return [self.argv("top", log, "--by", "srcaddr,dstaddr,dstport", "--show", "records", "--sort", "records",
                          "--limit", str(limit), "--no-header", "-o", "csv")]


class DuckDb(Tool):
    """In a process of Node's."""

    def __init__(self, module: pathlib.Path, threads: int):
        self.module, self.threads = module, threads
        self.name = f"DuckDB, {threads} thread{'s' if threads > 1 else ''}"

    def missing(self) -> str:
        if not shutil.which("node"):
            return "node"
        return "" if self.module.is_dir() else f"{DUCKDB_PACKAGE} (npm)"

    def version(self) -> str:
        package = json.loads((self.module / "package.json").read_text(encoding="utf-8"))
        return f"{DUCKDB_PACKAGE} {package['version']}"

    def pipeline(self, log: Log, limit: int) -> list[list[str]]:
        return [["node", str(ROOT / "bench/bench_flowlog_duckdb.js"), str(self.module), str(self.threads), str(limit),
                 str(log.path), *COLUMNS[log.form].split()]]


class Awk(Tool):
    """An array by key; behind zcat where the log is packed."""

    def __init__(self, program: str):
        self.program = self.name = program

    def missing(self) -> str:
        return "" if shutil.which(self.program) else self.program

    def version(self) -> str:
        done = subprocess.run([self.program, "-W", "version"], check=True, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
        return done.stdout.splitlines()[0]

    def name_on(self, log: Log) -> str:
        return self.name if log.packing == "plain" else f"zcat | {self.name}"

    def pipeline(self, log: Log, limit: int) -> list[list[str]]:
        end = AWK_ALL if limit == EVERY_GROUP else AWK_BEST % (limit, limit)
        awk = [self.program, "NR > 1 { n[%s]++ }\n%s" % (AWK_KEY[log.form], end)]
        if log.packing == "plain":
            return [[*awk, str(log.path)]]
        return [["zcat", str(log.path)], awk]


def find_duckdb(build: pathlib.Path) -> pathlib.Path:
    """The package in build/, installed when it is not there; npm tells what went wrong."""
    folder = build / "bench/duckdb"
    module = folder / "node_modules" / DUCKDB_PACKAGE
    if not module.is_dir() and shutil.which("npm"):
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix",
                        str(folder), f"{DUCKDB_PACKAGE}@{DUCKDB_VERSION}"], check=False)
    return module


def find_tools(build: pathlib.Path) -> list[Tool]:
    """All, Weir's first; those that are not here are named by missing()."""
    duckdb = find_duckdb(build)
    threads = [1, ALL_CPUS] if ALL_CPUS > 1 else [1]
    return [*(Weir(build / "weir", n) for n in threads), *(DuckDb(duckdb, n) for n in threads), Awk("mawk"), Awk("gawk")]
