# SPDX-License-Identifier: Apache-2.0
"""weir-sensor --read, and what is refused on its command line."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest
from scapy.all import ARP, IP, TCP, UDP, CookedLinux, Ether, Raw, wrpcap, wrpcapng

from lab import Program, command, wait_until
from truth import (ACCOUNT, ENI, FORMAT, LEFT, LEFT_2, LEFT_6, LEFT_MAC, RIGHT, RIGHT_MAC, both_ways,
                   in_order, read_records, truth)


def read_file(build: pathlib.Path, capture: pathlib.Path, *options: str, **how) -> subprocess.CompletedProcess:
    return command([str(build / "weir-sensor"), "--read", str(capture), "--interface", f"eth0={ENI}",
                    "--account-id", ACCOUNT, "--format", FORMAT, *options], check=False, **how)


LOCALS = ("--local", LEFT, "--local", LEFT_2, "--local", LEFT_6)


def timed(frames: list, begin: float) -> list:
    for i, frame in enumerate(frames):
        frame.time = begin + i / 1000
    return frames


def test_files_of_every_kind_give_the_same_records(build, tmp_path):
    to_left, from_left = both_ways()
    # Without what only the wire can tell the direction of.
    to_left = to_left[:-3]
    from_left = from_left[:-1]
    frames = timed(to_left + from_left, 1700000000.25)
    expected = in_order(truth([(frame, "ingress" if frame.src == RIGHT_MAC else "egress", 1700000000)
                               for frame in frames], LEFT))
    untagged = [frame for frame in frames if frame.type not in (0x8100, 0x88a8)]
    cooked = [CookedLinux(pkttype=4 if frame.src == LEFT_MAC else 0, proto=frame.type) / frame.payload
              for frame in frames]
    wrpcap(str(tmp_path / "ethernet.pcap"), frames, linktype=1)
    wrpcap(str(tmp_path / "nano.pcap"), frames, linktype=1, nano=True)
    wrpcapng(str(tmp_path / "ethernet.pcapng"), frames)
    wrpcap(str(tmp_path / "cooked.pcap"), timed(cooked, 1700000000.25), linktype=113)
    cooked2 = [Raw(b"%b%b%c%b" % (frame.type.to_bytes(2, "big"), bytes.fromhex("0000000000020001"),
                                  4 if frame.src == LEFT_MAC else 0, bytes(9)) + bytes(frame.payload))
               for frame in frames]
    wrpcap(str(tmp_path / "cooked2.pcap"), timed(cooked2, 1700000000.25), linktype=276)
    raw = [frame.payload for frame in untagged if frame.type != 0x0806]
    wrpcap(str(tmp_path / "raw.pcap"), timed(raw, 1700000000.25), linktype=101)

    for name in ("ethernet.pcap", "nano.pcap", "ethernet.pcapng"):
        done = read_file(build, tmp_path / name, *LOCALS)
        assert (done.returncode, done.stderr) == (0, ""), name
        assert in_order(read_records(done.stdout)) == expected, name
    for name in ("cooked.pcap", "cooked2.pcap"):
        done = read_file(build, tmp_path / name, *LOCALS)
        assert in_order(read_records(done.stdout)) == expected, name
    done = read_file(build, tmp_path / "raw.pcap", *LOCALS)
    assert in_order(read_records(done.stdout)) == in_order(truth(
        [(frame, "ingress" if frame.src == RIGHT_MAC else "egress", 1700000000) for frame in untagged], LEFT))


def test_records_of_a_file_are_by_window_and_time(build, tmp_path):
    frames = [Ether() / IP(src=RIGHT, dst=LEFT) / UDP(sport=port, dport=53) for port in (3, 1, 2, 1)]
    for frame, second in zip(frames, (1700000039.9, 1700000040.0, 1700000100.5, 1700000159)):
        frame.time = second
    wrpcap(str(tmp_path / "windows.pcap"), frames)
    done = read_file(build, tmp_path / "windows.pcap", "--local", LEFT)
    assert [(record["srcport"], record["start"], record["packets"]) for record in read_records(done.stdout)] == [
        ("3", "1700000039", "1"), ("1", "1700000040", "1"), ("2", "1700000100", "1"), ("1", "1700000159", "1")]
    done = read_file(build, tmp_path / "windows.pcap", "--local", LEFT, "--interval", "86400")
    assert [(record["srcport"], record["end"], record["packets"]) for record in read_records(done.stdout)] == [
        ("3", "1700000039", "1"), ("1", "1700000159", "2"), ("2", "1700000100", "1")]


def test_a_file_has_nodata_for_the_windows_between_its_packets(build, tmp_path):
    frames = [Ether() / IP(src=RIGHT, dst=LEFT) / UDP(sport=1, dport=53) for _ in range(3)]
    for frame, second in zip(frames, (1700000050, 1700000200, 1700009000)):
        frame.time = second
    wrpcap(str(tmp_path / "gap.pcap"), frames)
    done = read_file(build, tmp_path / "gap.pcap", "--local", LEFT)
    # 1700000040 begins a window; more than an hour is no pause of one capture.
    assert [(record["start"], record["end"], record["log-status"]) for record in read_records(done.stdout)] == [
        ("1700000050", "1700000050", "OK"), ("1700000100", "1700000159", "NODATA"),
        ("1700000200", "1700000200", "OK"), ("1700009000", "1700009000", "OK")]


def test_packets_that_are_not_ip_show_too_which_windows_a_file_covers(build, tmp_path):
    frames = [Ether() / ARP(), Ether() / IP(src=RIGHT, dst=LEFT) / UDP(sport=1, dport=53), Ether() / ARP()]
    for frame, second in zip(frames, (1700000050, 1700000110, 1700000200)):
        frame.time = second
    wrpcap(str(tmp_path / "arp.pcap"), frames)
    done = read_file(build, tmp_path / "arp.pcap", "--local", LEFT)
    assert [(record["start"], record["end"], record["log-status"]) for record in read_records(done.stdout)] == [
        ("1700000040", "1700000099", "NODATA"), ("1700000110", "1700000110", "OK"),
        ("1700000160", "1700000219", "NODATA")]


def test_a_file_that_is_cut_is_refused_whole(build, tmp_path):
    capture, output = tmp_path / "cut.pcap", tmp_path / "flow.log"
    frames = [Ether() / IP(src=RIGHT, dst=LEFT) / UDP(sport=i, dport=53) / Raw(bytes(100)) for i in range(3)]
    wrpcap(str(capture), timed(frames, 1700000000))
    whole = capture.read_bytes()
    ends = {40: 1, 24 + 16 + 20: 1, len(whole) - 1: 3, len(whole) - 141: 3}
    output.write_text("as it was\n")
    for end, packet in ends.items():
        capture.write_bytes(whole[:end])
        done = read_file(build, capture, "--output", str(output))
        assert done.returncode == 3 and done.stdout == ""
        assert re.fullmatch(rf"weir-sensor: {re.escape(str(capture))}: packet {packet}: truncated dump file; "
                            r"tried to read \d+ .*bytes, only got \d+\n", done.stderr), done.stderr
        assert output.read_text() == "as it was\n" and sorted(os.listdir(tmp_path)) == ["cut.pcap", "flow.log"]


def test_a_pipe_that_stays_silent_can_be_interrupted(build, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    sensor = Program([str(build / "weir-sensor"), "--read", str(tmp_path / "pipe"), "--output",
                      str(tmp_path / "flow.log")])
    wait_until("the pipe is read", lambda: can_open_for_writing(tmp_path / "pipe"))
    assert sensor.stop() == 3
    assert sensor.stderr == [f"weir-sensor: {tmp_path}/pipe: interrupted"]
    assert os.listdir(tmp_path) == ["pipe"]


def can_open_for_writing(pipe: pathlib.Path) -> bool:
    try:
        os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return False
    return True


def test_a_full_disk_is_told_and_devices_are_not_replaced(build, tmp_path):
    done = read_file(build, small_capture(tmp_path), "--output", "/dev/full")
    assert done.returncode == 3
    assert done.stderr.endswith("weir-sensor: cannot write '/dev/full': No space left on device\n")
    assert pathlib.Path("/dev/full").is_char_device()


@pytest.mark.parametrize("content, why", [
    (None, "cannot be opened: No such file or directory"),
    (b"no capture at all, but long enough", "expected a pcap or pcapng file: unknown file format"),
    (b"", "expected a pcap or pcapng file: truncated dump file; tried to read 4 file header bytes, only got 0"),
    (bytes.fromhex("d4c3b2a1020004000000000000000000ffff000093000000"),
     "link type 147: expected Ethernet, Linux cooked, raw IP, loopback, PPP or HDLC")])
def test_what_is_no_capture_is_one_line(build, tmp_path, content, why):
    capture = tmp_path / "file"
    if content is not None:
        capture.write_bytes(content)
    done = read_file(build, capture)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == f"weir-sensor: {capture}: {why}\n"


def small_capture(folder: pathlib.Path) -> pathlib.Path:
    frames = [Ether() / IP(src=RIGHT, dst=LEFT) / TCP(sport=50000, dport=443, flags="S")]
    wrpcap(str(folder / "small.pcap"), timed(frames, 1700000000))
    return folder / "small.pcap"


def test_records_stay_clean_when_the_sensor_is_started_without_standard_error(build, tmp_path):
    capture, out = tmp_path / "cut.pcap", tmp_path / "out"
    wrpcap(str(capture), timed([Ether(type=0x800) / Raw(b"\x45")], 1700000000))
    told = ["sh", "-c", 'exec "$@" 2>&-', "sh", str(build / "weir-sensor"), "--read", str(capture), "-o", str(out)]
    assert command(told).returncode == 0
    assert re.fullmatch(r"2 - .* SKIPDATA\n", out.read_text()), "and nothing of the warning about it"


@pytest.mark.parametrize("closed, options, why", [
    (">&-", ["--read", "small.pcap"], "cannot write to standard output: Bad file descriptor"),
    (">&-", ["-i", "lo"], "cannot write to standard output: Bad file descriptor"),
    ("<&-", ["--read", "-"], "-: expected a pcap or pcapng file: error reading dump file: Bad file descriptor")])
def test_a_standard_stream_that_is_closed_is_told(build, tmp_path, closed, options, why):
    small_capture(tmp_path).rename(tmp_path / "small.pcap")
    done = command(["sh", "-c", f'exec "$@" {closed}', "sh", str(build / "weir-sensor"), *options], check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.splitlines()[-1] == f"weir-sensor: {why}"


def test_a_format_has_its_version_and_a_header(build, tmp_path):
    sensor = [str(build / "weir-sensor"), "--read", str(small_capture(tmp_path)), "--local", LEFT]
    assert command(sensor).stdout == \
        f"2 - - {RIGHT} {LEFT} 50000 443 6 1 40 1700000000 1700000000 ACCEPT OK\n"
    assert command([*sensor, "--format", "${version} ${srcaddr} ${tcp-flags}"]).stdout == \
        f"version srcaddr tcp-flags\n3 {RIGHT} 2\n"
    assert command([*sensor, "--format", "${version} ${srcaddr}", "--no-header"]).stdout == f"2 {RIGHT}\n"
    odd = command([*sensor, "--format", "${flow-direction} ${srcadr} ${version}", "--no-header"])
    assert odd.stdout == "ingress - 5\n"
    assert odd.stderr.count("\n") == 1 and "srcadr" in odd.stderr and "'srcaddr'" in odd.stderr


def test_a_file_needs_no_privileges(build, tmp_path):
    program = pathlib.Path("/tmp") / f"weir-sensor-{os.getpid()}"
    capture = small_capture(tmp_path)
    shutil.copy(build / "weir-sensor", program)
    try:
        program.chmod(0o755)
        done = subprocess.run([str(program), "--read", "-", "--local", LEFT], stdin=capture.open("rb"),
                              capture_output=True, text=True, timeout=60, check=False,
                              **({"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}))
    finally:
        program.unlink()
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"2 - - {RIGHT} {LEFT} 50000 443 6 1 40 ")


@pytest.mark.parametrize("options", [
    [], ["-i", "lo", "--interval", "0"], ["-i", "lo", "--interval", "86401"], ["-i", "lo", "--backend", "ebpf"],
    ["-i", "lo", "--local", LEFT], ["--read", "x", "--local", "10.0.0"], ["-i", "lo", "-i", "lo=eni-1"],
    ["-i", "lo", "--format", ""], ["-i", "lo", "--account-id", "1 2"], ["-i", "lo="],
    ["-i", "lo", "operand"], ["-i", "lo", "--format", "${srcaddr}${dstaddr}"], ["--read", ""]])
def test_wrong_usage_is_one_line_and_status_2(build, options):
    done = command([str(build / "weir-sensor"), *options], check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch("weir-sensor: .*[^ ]\n", done.stderr)


def test_a_missing_interface_is_one_line(build):
    done = command([str(build / "weir-sensor"), "--interface", "nope0"], check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "weir-sensor: interface 'nope0' does not exist\n"
