# SPDX-License-Identifier: Apache-2.0
"""Several outputs of one sensor at once: none of them has a say in what another gets, and a kill takes nothing that
was finished.  The truth is what was sent, one flow for each datagram."""

import contextlib
import gzip
import os
import pathlib
import pwd
import re
import tempfile
import time

import pytest

import lab as labs
from lab import Program, command, wait_until
from scene import CLOSING_S, Traffic, compare, couriers_of, kill, size_of
from sensors import children_of, plain_wire, status_of
from truth import ENI, FORMAT


class Outputs:
    """A wire, a folder that the sensor's user may enter, and sensors on it."""

    def __init__(self, lab: labs.Lab, build: pathlib.Path, folder: pathlib.Path):
        self.lab, self.folder = lab, folder
        self._program = build / "weir-sensor"
        plain_wire(lab)
        os.chmod(folder, 0o755)

    def start(self, *options, env: dict = {}) -> Program:
        sensor = self.lab.start("left", [self._program, "-i", f"l0={ENI}", "--interval", 1,
                                         "--state", self.folder / "state", *options], env={**os.environ, **env})
        sensor.wait_for_line("^sensor: ")
        return sensor

    def lines(self, name: str) -> list[str]:
        """Of a file and of what was set aside of it, the oldest first; of a writer that goes on, as good as it can."""
        while True:
            try:
                return self._read(self.folder / name)
            except FileNotFoundError:
                time.sleep(0.01)

    def _read(self, path: pathlib.Path) -> list[str]:
        aside = {file.name.removesuffix(".gz") for file in path.parent.glob(f"{path.name}.*")
                 if not file.name.endswith(".part")}
        lines = []
        for name in [*sorted(aside, key=lambda name: [int(part) for part in re.findall(r"\d+", name)]), path.name]:
            packed = path.with_name(f"{name}.gz")
            if packed.exists():
                lines += gzip.decompress(packed.read_bytes()).decode().splitlines()
            elif name != path.name or path.exists():
                lines += path.with_name(name).read_text().splitlines()
        return lines


@pytest.fixture(name="outputs")
def outputs_fixture(request, build):
    labs.require_root_and_netns()
    # The folders of pytest are root's, and the sensor's processes are not.
    with tempfile.TemporaryDirectory(prefix="weir-outputs-") as folder, labs.Lab(request.node.name) as lab:
        yield Outputs(lab, build, pathlib.Path(folder))


def sink_line(sensor: Program, name: str) -> str:
    """What the end tells of a sink."""
    return [line for line in sensor.stderr if line.startswith(f"sink {name}: delivered ")][-1]


def test_all_sinks_get_the_same(outputs):
    out = outputs.folder
    sensor = outputs.start("-o", "-", "-o", out / "plain", "-o", f"file:{out}/logs/flow.log", "-o", "none")
    traffic = Traffic(outputs.lab, 300)
    wait_until("records arrive", lambda: len(outputs.lines("logs/flow.log")) > 300)
    sent = traffic.stop()
    assert sensor.stop() == 0, sensor.output()
    for lines in (sensor.stdout, outputs.lines("plain"), outputs.lines("logs/flow.log")):
        row = compare(sent, lines)
        assert row["sent"] == row["delivered"] and not row["twice"] and not row["never sent"], row
    assert re.search(r"delivered \d[\d,]*, dropped 0$", sink_line(sensor, f"file:{out}/logs/flow.log"))


def test_a_sink_that_nobody_reads_slows_no_other_and_is_told_what_it_missed(outputs):
    out = outputs.folder
    os.mkfifo(out / "pipe")
    reader = os.open(out / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        sensor = outputs.start("-o", out / "pipe", "-o", f"file:{out}/logs/flow.log", "--output-queue", "1")
        traffic = Traffic(outputs.lab, 5000)
        sensor.wait_for_line(rf"^sink {out}/pipe: loses \(queue full ")
        sent = traffic.stop()
        wait_until("the other has all", lambda: compare(sent, outputs.lines("logs/flow.log"))["lost"] == 0)
        text = bytearray()

        def has_been_told() -> bool:
            with contextlib.suppress(BlockingIOError):
                while piece := os.read(reader, 1 << 16):
                    text.extend(piece)
            return b"SKIPDATA\n" in text and text.endswith(b"\n")

        wait_until("it is told what it missed", has_been_told)
        assert sensor.stop() == 0, sensor.output()
    finally:
        os.close(reader)
    row = compare(sent, text.decode().splitlines())
    refused = int(re.search(r"queue full ([\d,]+)", sink_line(sensor, f"{out}/pipe")).group(1).replace(",", ""))
    assert row["lost"] >= refused > 0 and not row["twice"], (row, refused)
    assert "output blocked 0" in sensor.stderr[-1]


def test_kill_9_takes_nothing_that_was_finished(outputs):
    out = outputs.folder
    sensor = outputs.start("-o", f"file:{out}/logs/flow.log,size=64KiB")
    traffic = Traffic(outputs.lab, 1000)
    lossy = []
    for _ in range(3):
        have = len(outputs.lines("logs/flow.log"))
        wait_until("more records", lambda least=have + 1000: len(outputs.lines("logs/flow.log")) > least)
        died = kill(sensor)
        sensor = outputs.start("-o", f"file:{out}/logs/flow.log,size=64KiB")
        lossy.append((int(died - CLOSING_S), time.time()))
    sent = traffic.stop()
    assert sensor.stop() == 0, sensor.output()
    begin = min(sent.values())
    row = compare({number: moment for number, moment in sent.items() if moment > begin + 0.1},
                  outputs.lines("logs/flow.log"), lossy)
    assert not row["lost"] and not row["twice"], row


def test_the_processes_of_a_killed_sensor_end(outputs):
    out = outputs.folder
    sensor = outputs.start("-o", f"file:{out}/logs/a.log", "-o", f"file:{out}/logs/b.log")
    wait_until("both have begun", lambda: len(couriers_of(sensor)) == 2)
    children = children_of(sensor.pid)
    kill(sensor)
    wait_until("all have ended", lambda: not any(os.path.exists(f"/proc/{child}") for child in children))


def test_a_process_of_a_sink_is_nobody_and_can_do_little(outputs):
    out = outputs.folder
    sensor = outputs.start("-o", f"file:{out}/logs/flow.log")
    user = next(name for name in ("weir", "nobody") if name in {entry.pw_name for entry in pwd.getpwall()})
    wait_until("it has begun", lambda: [status_of(pid).get("Seccomp") for pid in couriers_of(sensor)] == ["2"])
    status = status_of(couriers_of(sensor)[0])
    assert status["Uid"].split() == [str(pwd.getpwnam(user).pw_uid)] * 4
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
    assert status["NoNewPrivs"] == "1"
    assert sensor.stop() == 0, sensor.output()


def test_a_file_is_set_aside_by_size_and_time_and_packed(outputs):
    out = outputs.folder
    sensor = outputs.start("-o", f"file:{out}/logs/size.log,size=32KiB", "-o", f"file:{out}/logs/time.log,every=1s",
                           "-o", f"file:{out}/logs/few.log,size=32KiB,keep=2", "--format", FORMAT)
    traffic = Traffic(outputs.lab, 1000)
    for name in ("size.log", "time.log", "few.log"):
        wait_until(f"{name} is set aside", lambda name=name: len(list((out / "logs").glob(f"{name}.*Z*.gz"))) >= 2)
    sent = traffic.stop()
    wait_until("all is written", lambda: len(outputs.lines("logs/size.log")) > len(sent))
    assert sensor.stop() == 0, sensor.output()
    header = outputs.lines("logs/size.log")[0]
    for path in (out / "logs").glob("[!.]*"):
        data = path.read_bytes()
        if path.suffix == ".gz":
            assert data[4:8] == bytes(4), "a time stands in it"
            data = gzip.decompress(data)
        assert data.decode().splitlines()[0] == header, path
        assert path.name.startswith("time") or len(data) <= 32 << 10
    numbers = [line for line in outputs.lines("logs/size.log") if line != header]
    assert len(numbers) == len(set(numbers)) >= len(sent)
    assert 1 <= len(list((out / "logs").glob("few.log.*"))) <= 3


def test_a_disk_that_is_full_is_counted_and_named_and_the_others_go_on(outputs):
    out, small = outputs.folder, outputs.folder / "small"
    small.mkdir()
    command(["mount", "-t", "tmpfs", "-o", "size=256k,mode=0777", "tmpfs", str(small)])
    try:
        filler = small / "filler"
        filler.write_bytes(bytes(192 << 10))
        sensor = outputs.start("-o", f"file:{small}/flow.log", "-o", out / "all.log")
        traffic = Traffic(outputs.lab, 1000)
        sensor.wait_for_line(rf"^sink file:{small}/flow.log: (fails|loses): .*No space left on device")
        filler.unlink()
        wait_until("it goes on", lambda: (small / "flow.log").stat().st_size > 70 << 10)
        sent = traffic.stop()
        assert sensor.stop() == 0, sensor.output()
        row = compare(sent, outputs.lines("small/flow.log"))
        missing = int(re.search(r"not written[^\d]*([\d,]+)", sink_line(sensor, f"file:{small}/flow.log"))
                      .group(1).replace(",", ""))
        assert row["lost"] > 0 and not row["twice"] and abs(missing - row["lost"]) <= 10, (row, missing)
        whole = compare(sent, outputs.lines("all.log"))
        assert whole["sent"] == whole["delivered"], whole
    finally:
        command(["umount", "-l", str(small)])


def test_a_disk_that_is_read_only_is_counted_and_named_and_written_to_again(outputs):
    state = outputs.folder / "state"
    state.mkdir()
    # Nobody answers there: all stays in the spool.
    sink = ["-o", "logs:group", "--endpoint-url", "http://127.0.0.1:9", "--region", "eu-west-1"]
    keys = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
    command(["mount", "-t", "tmpfs", "-o", "size=8m,mode=0755", "tmpfs", str(state)])
    try:
        assert outputs.start(*sink, env=keys).stop() == 0
        command(["mount", "-o", "remount,ro", str(state)])
        sensor = outputs.start(*sink, env=keys)
        traffic = Traffic(outputs.lab, 200)
        assert "Read-only file system" in sensor.wait_for_line("^sink logs:group: (fails|loses)")
        wait_until("windows have ended meanwhile", lambda: len(traffic.sent) > 700)
        # The sensor's namespace has a mount of its own, as read-only as it was copied.
        for where in ([], ["nsenter", "--mount", "--target", str(sensor.pid)]):
            command([*where, "mount", "-o", "remount,rw", str(state)])
        wait_until("it is written to", lambda: any(size_of(path) > 1000 for path in state.glob("spool/*/2*Z-*")))
        traffic.stop()
        assert sensor.stop() == 0, sensor.output()
        assert re.search(r"not written.* [1-9].*still spooled [1-9]", sink_line(sensor, "logs:group"))
    finally:
        command(["umount", "-l", str(state)])


@pytest.mark.parametrize("options, told", [
    (["-o", "fil:x"], "did you mean 'file'?"),
    (["-o", "file:x", "-o", "file:x"], "--output: 'file:x' is given twice"),
    (["-o", "file:x,sise=1MiB"], "did you mean 'size'?"),
    (["--events", "flow.log"], "--events: 'flow.log' is no sink of events"),
    (["--events", "journal"], "--events: there are none without a snapshot to judge by"),
    (["-r", "capture", "-o", "file:x"], "'file:x' goes with --interface"),
    (["-r", "capture", "-o", "a", "-o", "b"], "--read writes to one --output"),
])
def test_what_cannot_be_meant_is_told_before_anything_is_done(build, tmp_path, options, told):
    where = [] if "-r" in options else ["-i", "lo"]
    done = command([str(build / "weir-sensor"), *where, *options], check=False, cwd=tmp_path)
    assert done.returncode == 2 and told in done.stderr, done.stderr
    assert not list(tmp_path.iterdir())
