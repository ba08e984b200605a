#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`make soak`: a sensor with verdicts and several sinks at the highest rate this machine sends, SOAK_SECONDS (600) long.

The memory of each of its processes is sampled every second.  After WARM_S, when tables and buffers have been used once,
it has to be flat: a straight line through what follows may rise by GROWTH_MAX over the whole time.  Every packet that was
sent is in a record or in a counter.  Exit status 1: it is not so.
"""

import argparse
import collections
import json
import os
import pathlib
import sys
import tempfile
import time

from lab import Lab, Program, netns_refusal, wait_until
from scene import BUCKET, GROUP, REGION, Scene
from scrape import ask, page_of, samples

# An interface of the shop whose packets are judged, with flows that come again in every window.
INTERFACE, ACCOUNT = "eni-016c8c2c6648dfdc6", "111122223333"
FLOWS, INTERVAL_S, PACKETS_MAX = 20000, 10, 2**32 - 1
KIB = 1024
GROWTH_MAX, WARM_S = 2048 * KIB, 60


def rss_of(pid: int) -> int:
    """Bytes of its own: what it shares with the others is not there once for each."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * KIB
    return 0


def name_of(pid: int) -> str:
    return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()


def family_of(pid: int) -> list[int]:
    """A process and all that came of it."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid] + [found for child in children for found in family_of(int(child))]


def slope(points: list[tuple[float, int]]) -> float:
    """Of the straight line through them, by least squares."""
    count = len(points)
    mean_x, mean_y = (sum(point[axis] for point in points) / count for axis in (0, 1))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def start_sensor(scene: Scene, root: pathlib.Path) -> Program:
    shop = root / "policies/examples/shop"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    sensor = scene.lab.start("left", [
        scene.build / "weir-sensor", "-i", f"l0={INTERFACE}", "--interval", INTERVAL_S, "--account-id", ACCOUNT,
        "--region", REGION, "--state", scene.folder / "state", "--metrics", "127.0.0.1:0",
        "--snapshot", shop, "--policy", shop / "shop.policy", "--user", "root",
        "-o", f"s3:{BUCKET}", "-o", f"logs:{GROUP}", "-o", f"file:{scene.folder}/flow.log,size=50MiB,keep=2",
        "--events", "securityhub", "--events", f"file:{scene.folder}/events.jsonl,size=50MiB,keep=2"],
        env={**clean, **scene.aws.environment(REGION)})
    sensor.wait_for_line("^sensor: metrics at ", 60)
    return sensor


def sample(sensor: Program, sender: Program) -> dict[tuple[int, str], list[tuple[float, int]]]:
    """By process, time and bytes, until the sender ends."""
    found, begin = collections.defaultdict(list), time.monotonic()
    while sender.is_running():
        for pid in family_of(sensor.pid):
            found[pid, name_of(pid)].append((time.monotonic() - begin, rss_of(pid)))
        time.sleep(1)
    return found


def judge(memory: dict, seconds: float) -> bool:
    """Prints a line for each process; whether all are flat."""
    flat = True
    print(f"{'process':16} {'first KiB':>10} {'last KiB':>10} {'most KiB':>10} {'KiB/min':>9}")
    for (_, name), points in memory.items():
        late = [point for point in points if point[0] > WARM_S]
        rise = slope(late) if len(late) > 2 else 0.0
        is_flat = rise * seconds <= GROWTH_MAX
        flat &= is_flat
        sizes = [size for _, size in points]
        print(f"{name:16} {sizes[0] // KIB:10,} {sizes[-1] // KIB:10,} {max(sizes) // KIB:10,} {rise * 60 / KIB:9.1f}"
              f"{'' if is_flat else '  GROWS'}")
    return flat


def account_for(page: dict[str, float], sent: int) -> bool:
    """Prints every counter that is not zero; whether each packet is in one."""
    for name, value in sorted(page.items()):
        if "_total" in name and value:
            print(f"{name} {value:,.12g}")
    lost = sum(value for name, value in page.items() if name.startswith("weir_sensor_lost_total"))
    recorded = page["weir_sensor_packets_total"]
    print(f"sent {sent:,}, in records {recorded:,.0f}, lost and counted {lost:,.0f}")
    return recorded + lost >= sent


def soak(scene: Scene, root: pathlib.Path, arguments: argparse.Namespace) -> bool:
    sensor = start_sensor(scene, root)
    sender = scene.lab.start("right", [
        scene.build / "bench/generator", "r0", "-n", PACKETS_MAX, "-f", FLOWS, "-r", arguments.rate, "--seconds",
        arguments.seconds])
    memory = sample(sensor, sender)
    assert sender.wait() == 0, sender.output()
    truth = json.loads(sender.stdout[-1])
    print(f"{truth['packets']:,} packets of {FLOWS:,} flows in {truth['seconds']:.0f} s: "
          f"{truth['packets'] / truth['seconds']:,.0f} a second, seed 1")
    page = {}

    def is_recorded() -> bool:
        page.update(samples(ask(scene.lab, "left", page_of(sensor))[2]))
        return page["weir_sensor_packets_total"] >= truth["packets"] or not page["weir_sensor_open_flows"]

    time.sleep(INTERVAL_S)
    wait_until("the last window is written", is_recorded, 3 * INTERVAL_S)
    flat = judge(memory, truth["seconds"])
    whole = account_for(page, truth["packets"])
    ended = sensor.stop(60)
    print(sensor.stderr[-1])
    print(f"memory is {'flat' if flat else 'NOT flat'}, {'every packet is accounted for' if whole else 'PACKETS ARE MISSING'},"
          f" the sensor ended with {ended}")
    return flat and whole and ended == 0


def main() -> int:
    parser = argparse.ArgumentParser(description="a sensor under load, its memory and its counters")
    parser.add_argument("--build", default="build", type=pathlib.Path)
    parser.add_argument("--seconds", default=600, type=int)
    parser.add_argument("--rate", default=0, type=int, help="packets a second; 0: as many as can be sent")
    arguments = parser.parse_args()
    root = pathlib.Path(__file__).resolve().parents[2]
    refusal = netns_refusal()
    if refusal:
        sys.exit(refusal)
    with tempfile.TemporaryDirectory() as folder, Lab("soak") as lab:
        os.chmod(folder, 0o755)
        scene = Scene(lab, arguments.build.resolve(), pathlib.Path(folder))
        with scene.aws:
            return 0 if soak(scene, root, arguments) else 1


if __name__ == "__main__":
    sys.exit(main())
