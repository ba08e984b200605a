# SPDX-License-Identifier: Apache-2.0
"""Deliveries while things go wrong: what was delivered against the packets that were sent.

WEIR_FAULTS=full takes the times and counts that the table in the closing note is made with (`make faults`); otherwise
each is as short as it can be and still shows what it is about.  Each test prints its row.
"""

import gzip
import os
import pathlib
import re
import signal
import tempfile
import time

import pytest

import lab as labs
from lab import wait_until
from scene import (BUCKET, CLOSING_S, GROUP, Scene, Traffic, compare, couriers_of, kill, numbers_of, size_of,
                   wait_for_window)
from scrape import ask, health_of, page_of, samples
from sensors import status_of
from truth import ACCOUNT, ENI

IS_FULL = os.environ.get("WEIR_FAULTS") == "full"
S3, LOGS = f"s3:{BUCKET}", f"logs:{GROUP}"


@pytest.fixture(name="folder")
def folder_fixture():
    """One that the sensor's user may enter."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield pathlib.Path(name)


@pytest.fixture(name="scene")
def scene_fixture(request, build, folder):
    pytest.importorskip("botocore")
    labs.require_root_and_netns()
    with labs.Lab(request.node.name) as lab:
        scene = Scene(lab, build, folder)
        with scene.aws:
            yield scene


def tell(what: str, row: dict) -> None:
    print(f"\n| {what} | " + " | ".join(f"{name} {value:,}" for name, value in row.items()) + " |")


def expect_whole(what: str, row: dict) -> None:
    tell(what, row)
    assert row["sent"] > 0 and row["delivered"] == row["sent"] and not row["twice"] and not row["never sent"], row


def has_all(sent: dict[int, float], lines: list[str]) -> bool:
    return not compare(sent, lines)["lost"]


def deliver_the_rest(scene, interval: int, sinks=(S3, LOGS)) -> None:
    """What the last five seconds were not enough for is the next sensor's."""
    def is_left() -> bool:
        return any(size_of(path) for path in (scene.folder / "state/spool").glob("*/2*"))
    for _ in range(5):
        if is_left():
            assert scene.start(*(word for sink in sinks for word in ("-o", sink)), interval=interval).stop() == 0
    assert not is_left()


def test_an_outage_of_s3_and_logs_loses_nothing_and_writes_nothing_twice(scene):
    seconds = 300 if IS_FULL else 12
    sensor = scene.start("-o", S3, "-o", LOGS)
    traffic = Traffic(scene.lab, 500)
    wait_until("the first records arrive", lambda: bool(scene.log_lines()))
    for kind in ("reset", "unavailable", "close"):
        scene.aws.faults.clear()
        scene.aws.fault(kind, action="Put*", times=None)
        time.sleep(seconds / 3)
    scene.aws.faults.clear()
    sent = traffic.stop()
    wait_until("Logs catches up", lambda: has_all(sent, scene.log_lines()), 180)
    assert sensor.stop() == 0, sensor.output()
    deliver_the_rest(scene, 1)
    expect_whole(f"outage of {seconds} s, Logs", compare(sent, scene.log_lines()))
    expect_whole(f"outage of {seconds} s, S3", compare(sent, scene.s3_lines()))
    for stream in scene.aws.logs.groups[GROUP].values():
        assert [moment for moment, _ in stream] == sorted(moment for moment, _ in stream)


def test_a_slow_sink_does_not_slow_another(scene):
    """There is an object for S3 from the beginning, and it takes that longer than all the rest of it."""
    scene.aws.fault("unavailable", service="s3", times=None)
    assert scene.start("-o", S3).stop() == 0
    scene.aws.faults.clear()
    scene.aws.fault("slow", service="s3", seconds=300, times=None)
    sensor = scene.start("-o", S3, "-o", LOGS)
    traffic = Traffic(scene.lab, 500)
    time.sleep(30 if IS_FULL else 4)
    sent = traffic.stop()
    wait_until("Logs has all", lambda: has_all(sent, scene.log_lines()))
    assert not scene.s3_lines()
    assert sensor.stop() == 0, sensor.output()
    expect_whole("a sink that takes minutes for an object, the other one", compare(sent, scene.log_lines()))


@pytest.mark.parametrize("kind", ["denied", "throttle"])
def test_refusals_are_waited_out(scene, kind):
    scene.aws.fault(kind, action="Put*", times=None)
    sensor = scene.start("-o", S3, "-o", LOGS)
    traffic = Traffic(scene.lab, 500)
    time.sleep(60 if IS_FULL else 5)
    scene.aws.faults.clear()
    sent = traffic.stop()
    wait_until("Logs has all", lambda: has_all(sent, scene.log_lines()), 120)
    assert sensor.stop() == 0, sensor.output()
    expect_whole(f"{kind}, Logs", compare(sent, scene.log_lines()))


def test_kill_9_loses_the_open_window_at_most_and_writes_nothing_twice(scene):
    kills, interval = (20 if IS_FULL else 5), 2
    traffic = Traffic(scene.lab, 500)
    lossy, begin = [], time.time()
    for turn in range(kills):
        sensor = scene.start("-o", S3, "-o", LOGS, interval=interval)
        lossy.append((begin, time.time()))
        if turn % 2:
            wait_for_window(interval)
        time.sleep(interval + turn % 5 * 0.4)
        # A window whose end came in the moment before is not finished either.
        begin = (kill(sensor) - CLOSING_S) // interval * interval
    sensor = scene.start("-o", S3, "-o", LOGS, interval=interval)
    lossy.append((begin, time.time()))
    time.sleep(interval)
    sent = traffic.stop()
    assert sensor.stop() == 0, sensor.output()
    deliver_the_rest(scene, interval)
    for what, lines in (("Logs", scene.log_lines()), ("S3", scene.s3_lines())):
        row = compare(sent, lines, lossy)
        tell(f"kill -9, {kills} times, {what}", row)
        assert not row["lost"] and not row["twice"] and not row["never sent"], row


def test_a_process_that_delivers_goes_on_where_it_was_killed(scene):
    kills = 12 if IS_FULL else 3
    sensor = scene.start("-o", S3, "-o", LOGS)
    traffic = Traffic(scene.lab, 2000)
    for turn in range(kills):
        wait_until("both deliver", lambda: len(couriers_of(sensor)) == 2, 120)
        time.sleep(turn % 7 * 0.31)
        for pid in couriers_of(sensor):
            os.kill(pid, signal.SIGKILL)
    wait_until("both deliver", lambda: len(couriers_of(sensor)) == 2, 120)
    sent = traffic.stop()
    wait_until("Logs has all", lambda: has_all(sent, scene.log_lines()), 60)
    assert sensor.stop() == 0, sensor.output()
    deliver_the_rest(scene, 1)
    expect_whole(f"kill -9 of what delivers, {kills} times, Logs", compare(sent, scene.log_lines()))
    expect_whole(f"kill -9 of what delivers, {kills} times, S3", compare(sent, scene.s3_lines()))


# The sensor's wall clock, and that of its processes, is ahead by what the file has: eight bytes of nanoseconds.
SET_CLOCK = """
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
static volatile int64_t *ahead_ns;
__attribute__((constructor)) static void find(void)
{
	int fd = open(getenv("CLOCK_FILE"), O_RDONLY);
	ahead_ns = mmap(0, 8, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
}
int clock_gettime(clockid_t id, struct timespec *out)
{
	int result = syscall(SYS_clock_gettime, id, out);
	if (id == CLOCK_REALTIME) {
		int64_t ns = out->tv_sec * INT64_C(1000000000) + out->tv_nsec + *ahead_ns;
		out->tv_sec = ns / 1000000000;
		out->tv_nsec = ns % 1000000000;
	}
	return result;
}
"""


def test_a_clock_that_is_set_forward_and_back_loses_nothing_and_writes_nothing_twice(scene, folder):
    clock, preload = folder / "clock", folder / "clock.so"
    clock.write_bytes(bytes(8))
    labs.command(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-x", "c", "-", "-o", str(preload)], input=SET_CLOCK)
    sensor = scene.start("-o", S3, "-o", LOGS, before=["env", f"LD_PRELOAD={preload}", f"CLOCK_FILE={clock}",
                                                       "ASAN_OPTIONS=verify_asan_link_order=0"])
    traffic = Traffic(scene.lab, 500)
    for minutes in (0, 50, 0, -50, 0):
        with clock.open("r+b") as file:
            file.write((minutes * 60 * 10**9).to_bytes(8, "little", signed=True))
        time.sleep(20 if IS_FULL else 3)
    sent = traffic.stop()
    assert sensor.stop() == 0, sensor.output()
    deliver_the_rest(scene, 1)
    expect_whole("clock set by 50 minutes, forward and back, Logs", compare(sent, scene.log_lines()))
    expect_whole("clock set by 50 minutes, forward and back, S3", compare(sent, scene.s3_lines()))


def is_full(folder: pathlib.Path) -> bool:
    info = os.statvfs(folder)
    return info.f_bfree * 2 < info.f_blocks


def expect_told(all_lines: list[str], lines: list[str]) -> None:
    """Each record that is not among lines lies in windows that a SKIPDATA record there is of, and none of these is twice."""
    skipped = [line.split(" ") for line in lines if line.endswith(" SKIPDATA")]
    assert skipped and all(row[1:3] == [ACCOUNT, ENI] for row in skipped), skipped
    assert len(skipped) == len(set(map(tuple, skipped)))
    spans = [(int(row[10]), int(row[11])) for row in skipped]
    missing = [line.split(" ") for line in set(all_lines) - set(lines) if not line.startswith("version ")]
    assert not [row for row in missing
                if not any(begin <= int(row[10]) and int(row[11]) <= end for begin, end in spans)], spans


def test_a_full_disk_is_counted_and_the_capture_goes_on(scene, folder):
    state = folder / "state"
    state.mkdir()
    labs.command(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0777", "tmpfs", str(state)])
    try:
        scene.aws.fault("unavailable", action="Put*", times=None)
        sensor = scene.start("-o", LOGS, "-o", str(folder / "all.log"))
        traffic = Traffic(scene.lab, 2000)
        time.sleep(40 if IS_FULL else 8)
        scene.aws.faults.clear()
        wait_until("Logs takes some again", lambda: bool(scene.log_lines()), 90)
        sent = traffic.stop()
        wait_until("there is room again", lambda: not is_full(state))
        # So few that there stays room, however slow the service is.
        traffic = Traffic(scene.lab, 200, max(sent) + 1)
        time.sleep(4)
        later = traffic.stop()
        assert sensor.stop() == 0, sensor.output()
        deliver_the_rest(scene, 1, (LOGS,))
        sent = {**sent, **later}
        expect_whole("disk full, what goes elsewhere", compare(sent, (folder / "all.log").read_text().splitlines()))
        row = compare(sent, scene.log_lines())
        tell("disk full, Logs", row)
        assert not row["twice"] and not row["never sent"] and row["lost"], row
        assert any("not written to disk" in line for line in sensor.stderr), sensor.output()
        row = compare(later, [line for line in scene.log_lines() if set(numbers_of([line])) <= later.keys()])
        expect_whole("disk full, Logs, sent when there was room again", row)
        expect_told((folder / "all.log").read_text().splitlines(), scene.log_lines())
    finally:
        labs.command(["umount", "-l", str(state)])


def test_a_second_sensor_on_the_same_state_says_what_it_waits_for_and_what_its_processes_did_not_take(scene, folder):
    sinks = ("-o", LOGS, "-o", f"file:{folder}/rotated/flow.log")
    first, second = scene.start(*sinks), scene.start(*sinks)
    for what in ("logs:.*: fails: waits for another process that has the spool",
                 "file:.*: fails: waits for another process that writes"):
        second.wait_for_line(f"^sink {what} ")
    os.kill(second.pid, signal.SIGUSR1)
    second.wait_for_line("^sink logs:.*, not taken by its process [1-9].*, behind by .*, FAILING$")
    assert second.stop() == 0
    for sink in ("logs", "file"):
        second.wait_for_line(f"^sink {sink}:.*: delivered 0, .*not taken by its process [1-9]")
    assert first.stop() == 0, first.output()
    first.wait_for_line("^sink logs:.*: delivered [1-9]")
    assert "not taken" not in first.output()


def test_a_file_that_cannot_be_set_aside_grows_on_and_that_is_told(scene, folder):
    sensor = scene.start("-o", f"file:{folder}/rotated/flow.log,size=64KiB", "-o", "none")
    traffic = Traffic(scene.lab, 2000)
    wait_until("there is a file", (folder / "rotated/flow.log").exists)
    os.chmod(folder / "rotated", 0o500)
    sensor.wait_for_line("^sink file:.*: fails: 'flow.log' grows on, it cannot be renamed: Permission denied")
    sent = traffic.stop()
    assert sensor.stop() == 0, sensor.output()
    # One that was being packed then is there twice, or as half a packed one beside it.
    names = {path.name.removesuffix(".gz") for path in (folder / "rotated").glob("flow.log*") if path.suffix != ".part"}
    lines = []
    for path in (folder / "rotated" / name for name in names):
        packed = path.with_name(f"{path.name}.gz")
        text = gzip.decompress(packed.read_bytes()).decode() if packed.exists() else path.read_text()
        lines += text.splitlines()
    expect_whole("a file that cannot be set aside", compare(sent, lines))


def guards_of(sensor) -> list[int]:
    """Who starts a process that delivers again."""
    return [int(status_of(pid)["PPid"]) for pid in couriers_of(sensor)]


def kill_all_that_delivers(sensor) -> None:
    """With the process that would begin it again."""
    wait_until("it has begun", lambda: len(couriers_of(sensor)) == 1)
    for pid in guards_of(sensor) + couriers_of(sensor):
        os.kill(pid, signal.SIGKILL)


def test_a_sink_whose_processes_are_all_killed_says_that_it_needs_another_start(scene, folder):
    sensor = scene.start("-o", LOGS, "-o", str(folder / "all.log"))
    kill_all_that_delivers(sensor)
    sensor.wait_for_line("^sink logs:.*: fails: its processes are gone, only another start of the sensor")
    traffic = Traffic(scene.lab, 200)
    time.sleep(2)
    sent = traffic.stop()
    assert sensor.stop() == 0, sensor.output()
    expect_whole("a sink without processes, the other one", compare(sent, (folder / "all.log").read_text().splitlines()))
    dropped = re.search(r" dropped ([\d,]+) \(", sensor.wait_for_line("^sink logs:.* dropped "))
    assert int(dropped.group(1).replace(",", "")) >= len(sent)  # and the records of windows without a flow


def test_that_its_processes_are_gone_is_seen_before_there_is_a_record_to_write(scene, folder):
    sensor = scene.start("-o", LOGS, "-o", str(folder / "all.log"), "--metrics", "127.0.0.1:0", interval=600)
    name = f'{{sink="{LOGS}"}}'
    assert samples(ask(scene.lab, "left", page_of(sensor))[2])[f"weir_sensor_sink_gone{name}"] == 0
    kill_all_that_delivers(sensor)
    sensor.wait_for_line("^sink logs:.*: fails: its processes are gone, only another start of the sensor")
    assert samples(ask(scene.lab, "left", page_of(sensor))[2])[f"weir_sensor_sink_gone{name}"] == 1
    wait_until("/healthz says so", lambda: f"sink {LOGS}: fails for " in ask(scene.lab, "left", health_of(sensor))[2])
    assert ask(scene.lab, "left", health_of(sensor))[0] == 503
    os.kill(sensor.pid, signal.SIGUSR1)
    sensor.wait_for_line("^sink logs:.*, GONE$")
    assert sensor.stop() == 0, sensor.output()


def test_a_sensor_of_whose_sinks_none_is_left_ends_so_that_it_is_started_again(scene):
    sensor = scene.start("-o", LOGS, interval=600)
    kill_all_that_delivers(sensor)
    assert sensor.wait() == 3, sensor.output()
    assert "no sink is left: whoever reads them or delivers is gone" in sensor.output()
    unit = (pathlib.Path(__file__).parents[2] / "packaging/systemd/weir-sensor.service.in").read_text()
    assert "\nRestart=always\n" in unit and "\nRestartPreventExitStatus=2\n" in unit
