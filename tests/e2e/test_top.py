# SPDX-License-Identifier: Apache-2.0
"""`weir top` where a recorded command line cannot go: interrupted, and short of room for its groups."""

import array
import fcntl
import json
import os
import signal
import subprocess
import termios
import time

DEADLINE_S = 20


def line_of(port: int) -> bytes:
    return (f"2 111122223333 eni-0123456789abcdef0 10.0.{port >> 8}.{port & 255} 10.1.0.1 40000 {port} 6 1 40 "
            "1790000000 1790000060 ACCEPT OK\n").encode()


def unread_bytes(pipe) -> int:
    """What of a pipe nobody has read yet."""
    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]


def test_an_interrupted_run_answers_with_what_it_has_and_says_so(build):
    with subprocess.Popen([build / "weir", "top", "-", "--by", "action", "-o", "json"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as weir:
        weir.stdin.write(b"".join(line_of(port) for port in range(100)))
        weir.stdin.flush()
        deadline = time.monotonic() + DEADLINE_S
        while unread_bytes(weir.stdin) and time.monotonic() < deadline:
            os.sched_yield()
        weir.send_signal(signal.SIGINT)
        out, err = weir.communicate(timeout=DEADLINE_S)
    answer = json.loads(out)
    assert (weir.returncode, err) == (4, b"")
    assert answer["partial"] and answer["records"] == answer["matched"] == 100
    assert answer["groups"] == [{"key": {"action": "ACCEPT"}, "records": 100, "packets": 100, "bytes": 4000}]


def run_top(build, log, *options, **environment):
    return subprocess.run([build / "weir", "top", log, "--by", "srcaddr,dstport", "-o", "json", "--sort", "bytes",
                           "--memory", "16", *options], env={**os.environ, **environment}, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)


def test_groups_that_memory_does_not_hold_go_to_disk_and_where_there_is_none_are_counted(build, tmp_path):
    records = 400_000
    log = tmp_path / "many.log"
    with log.open("wb") as out:
        for i in range(records):
            out.write(b"2 111122223333 eni-1 10.%d.%d.%d 10.1.0.1 40000 %d 6 1 %d 1790000000 1790000060 ACCEPT OK\n"
                      % (i >> 16, i >> 8 & 255, i & 255, i % 5000, i))
    roomy = run_top(build, log, "--memory", "512")
    on_disk = run_top(build, log, TMPDIR=str(tmp_path))
    capped = run_top(build, log, TMPDIR=str(tmp_path / "nowhere"))
    assert (on_disk.returncode, on_disk.stderr) == (0, b"") and on_disk.stdout == roomy.stdout
    assert json.loads(roomy.stdout)["groups_total"] == records
    answer = json.loads(capped.stdout)
    assert answer["matched"] == records and answer["left_out"] == records - answer["groups_total"] > 0
    assert capped.returncode == 0
    assert capped.stderr.decode() == (f"weir: warning: {answer['left_out']} records found no room and are in no group: "
                                      "give more --memory\n")
