#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The whole story on real packets: see, judge, answer, and watch.

Web, application and database servers of policies/examples/shop run in network namespaces; sensors
watch; a forbidden connection is made; `weir check` finds it and `weir can` says which rule let it
through.  At the end a sensor that has the snapshot and the policy says so while it happens.  Without root, or where the kernel refuses BPF, the packets come from tests/data/shop-db-1.pcap,
which tcpdump took on db-1's interface while this demo ran.  Exit 1 when anything is not as told.
"""

import argparse
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

from lab import Lab, LabError, Program, netns_refusal
from shop import ACCOUNT, APP, DB, PUBLIC, ROOT, SNAPSHOT, WEB, Shop, broad_rule, interface_id
from shop import write_without_broad_rule

CAPTURE = ROOT / "tests/data/shop-db-1.pcap"
SNAPSHOT_OPTIONS = ["-s", "shop", "-p", "shop/shop.policy"]


class Surprise(Exception):
    """Something is not as the story tells it."""


class NoBpf(Exception):
    """The sensor could not attach."""


def tell(text: str) -> None:
    print(text, flush=True)


def expect(holds: bool, what: str) -> None:
    if not holds:
        raise Surprise(what)
    tell(f"✓ {what}")


def read_flows(path: pathlib.Path) -> dict[tuple, tuple[int, int]]:
    """Packets and bytes of each flow of a log in the default format, over all its windows."""
    flows: dict[tuple, tuple[int, int]] = {}
    for line in path.read_text().splitlines():
        words = line.split()
        if words[0] == "version" or words[13] != "OK":
            continue
        packets, octets = flows.get(tuple(words[3:8]), (0, 0))
        flows[tuple(words[3:8])] = packets + int(words[8]), octets + int(words[9])
    return flows


class Demo:
    """One run: a folder of its own, and the programs of one build."""

    def __init__(self, build: pathlib.Path, folder: pathlib.Path):
        self.build = build
        self.folder = folder
        self.environment = {"PATH": f"{build}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
        shutil.copytree(SNAPSHOT, folder / "shop")

    def run(self, *argv: str) -> subprocess.CompletedProcess:
        """Runs a program in the folder and shows the command, its output and its exit status."""
        tell(f"\n$ {' '.join(argv)}")
        done = subprocess.run([str(self.build / argv[0]), *argv[1:]], cwd=self.folder, check=False,
                              env=self.environment, timeout=60, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        tell(done.stdout.rstrip())
        if done.returncode != 0:
            tell(f"exit {done.returncode}")
        return done

    def sensor_arguments(self, host: str, output: str) -> list[str]:
        return ["--interface", f"eth0={interface_id(host)}", "--account-id", ACCOUNT,
                "--output", output]

    def start_sensor(self, lab: Lab, host: str, backend: str, output: str) -> Program:
        """A sensor that has attached."""
        options = ["--interval", "10", "--backend", backend, *self.sensor_arguments(host, output)]
        tell(f"$ ip netns exec {host} weir-sensor {' '.join(options)} &")
        sensor = lab.start(host, [self.build / "weir-sensor", *options], cwd=self.folder)
        try:
            tell(sensor.wait_for_line("^sensor: "))
        except LabError as error:
            raise NoBpf((sensor.stderr or [str(error)])[-1]) from error
        return sensor

    def see_live(self, lab: Lab) -> None:
        """Real packets through the estate, one connection among them that should not be."""
        shop = Shop(lab, self.folder)
        tell(f"see: internet -> web-1 -> app-1 -> db-1 in network namespaces; {shop.database} on db-1\n")
        sensors = [self.start_sensor(lab, "app-1", "bpf", "app-1.log"),
                   self.start_sensor(lab, "db-1", "bpf", "db-1.log"),
                   self.start_sensor(lab, "db-1", "pcap", "db-1-pcap.log")]
        tell("")
        for host, url in (("internet", f"http://{PUBLIC}:443/"), ("web-1", f"http://{APP}:8080/")):
            expect("shop" in shop.fetch(host, url), f"{host} gets {url}")
        for host in ("app-1", "web-1"):
            expect(shop.ask_database(host) == "42", f"{host} gets an answer of {DB}:5432")
        shop.closed("db-1")
        expect([sensor.stop() for sensor in sensors] == [0, 0, 0], "the sensors end well on SIGTERM")
        expect(all(" lost 0 " in sensor.stderr[-1] for sensor in sensors), "and have lost nothing")
        self.show("db-1.log")
        self.show("app-1.log")
        bpf, pcap = read_flows(self.folder / "db-1.log"), read_flows(self.folder / "db-1-pcap.log")
        expect(len(bpf) >= 4 and bpf == pcap,
               f"eBPF and pcap count the same packets and bytes in all {len(bpf)} flows of db-1")

    def see_recorded(self) -> None:
        """The same packets from a capture, for whoever may not capture."""
        shutil.copy(CAPTURE, self.folder / CAPTURE.name)
        done = self.run("weir-sensor", "--read", CAPTURE.name, "--local", DB,
                        *self.sensor_arguments("db-1", "db-1.log"))
        expect(done.returncode == 0, "the sensor reads the capture")
        self.show("db-1.log")

    def show(self, log: str) -> None:
        tell(f"\n$ cat {log}")
        tell((self.folder / log).read_text().rstrip())

    def judge(self) -> None:
        """Records against configuration and policy."""
        flows = read_flows(self.folder / "db-1.log")
        for name, source in (("app-1", APP), ("web-1", WEB)):
            expect(any(flow[0] == source and flow[1] == DB and flow[3] == "5432" for flow in flows),
                   f"{name} -> db-1 tcp/5432 is on record")
        tell("\njudge: which of it should not have been?")
        logs = [name for name in ("db-1.log", "app-1.log") if (self.folder / name).exists()]
        done = self.run("weir", "check", *logs, *SNAPSHOT_OPTIONS)
        rule = broad_rule()["SecurityGroupRuleId"]
        expect(done.returncode == 1 and "unexpected" in done.stdout and rule in done.stdout,
               f"weir check finds web -> db and names the rule that let it through, {rule}")

    def answer(self) -> None:
        """What is, and what would be."""
        tell("\nanswer: can web-1 reach the database, and would it without that rule?")
        done = self.run("weir", "can", "web-1", "db-1", "5432", *SNAPSHOT_OPTIONS)
        expect(done.returncode == 0 and broad_rule()["SecurityGroupRuleId"] in done.stdout,
               "it can, by that rule")
        expect("forbidden by" in done.stdout, "and the policy forbids it")
        write_without_broad_rule(self.folder / "fixed")
        fixed = ["-s", "fixed", "-p", "shop/shop.policy"]
        done = self.run("weir", "can", "web-1", "db-1", "5432", *fixed)
        expect(done.returncode == 1, "with the rule revoked it cannot")
        done = self.run("weir", "can", "app-1", "db-1", "5432", *fixed)
        expect(done.returncode == 0, "and app-1 still can")

    def watch_live(self, lab: Lab) -> None:
        """The same connection once more, before a sensor that judges what it sees."""
        (self.folder / "again").mkdir()
        shop = Shop(lab, self.folder / "again")
        rule = broad_rule()["SecurityGroupRuleId"]
        options = ["--interface", f"eth0={interface_id('db-1')}", "--account-id", ACCOUNT, "--output", "none",
                   "--events", "terminal", "--snapshot", "shop", "--policy", "shop/shop.policy"]
        tell("\nwatch: and while it happens?")
        tell(f"$ ip netns exec db-1 weir sensor {' '.join(options)} &")
        sensor = lab.start("db-1", [self.build / "weir", "sensor", *options], cwd=self.folder, env=self.environment)
        tell(sensor.wait_for_line("^sensor: "))
        for host in ("app-1", "web-1"):
            tell(f"$ ip netns exec {host} psql -h {DB} …")
            expect(shop.ask_database(host) == "42", f"{host} gets an answer of {DB}:5432")
        event = sensor.wait_for_line("unexpected")
        tell(event)
        expect(f"{WEB}:" in event and rule in event, f"web-1 -> db-1 is told at once, with the rule, {rule}")
        shop.closed("db-1")
        expect(sensor.stop() == 0, "the sensor ends well on SIGTERM")
        expect(not any("unexpected" in line and f"{APP}:" in line for line in sensor.stderr),
               "and of app-1 it says nothing")
        tell(sensor.stderr[-1])


def see(demo: Demo) -> bool:
    """Whether it was on live packets."""
    refusal = netns_refusal()
    if not refusal:
        try:
            with Lab("demo") as lab:
                demo.see_live(lab)
            return True
        except NoBpf as error:
            refusal = str(error)
    tell(f"see: {refusal}; so the packets come from tests/data/{CAPTURE.name}")
    demo.see_recorded()
    return False


def main() -> int:
    parser = argparse.ArgumentParser(description="see, judge, answer, watch: on real packets")
    parser.add_argument("--build", default="build", metavar="DIR", help="where weir was built")
    build = (ROOT / parser.parse_args().build).resolve()
    for program in ("weir", "weir-sensor"):
        if not (build / program).exists():
            parser.error(f"{build / program} is not built")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="weir-demo-") as folder:
        os.chmod(folder, 0o755)  # PostgreSQL runs as its own user
        demo = Demo(build, pathlib.Path(folder))
        try:
            is_live = see(demo)
            demo.judge()
            demo.answer()
            if is_live:
                with Lab("demo-watch") as lab:
                    demo.watch_live(lab)
        except (Surprise, LabError, subprocess.TimeoutExpired) as error:
            tell(f"\n✗ not as told: {error}")
            return 1
    tell("\nall as told")
    return 0


if __name__ == "__main__":
    sys.exit(main())
