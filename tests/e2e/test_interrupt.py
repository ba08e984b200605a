# SPDX-License-Identifier: Apache-2.0
"""^C while logs are read from a pipe that stays open: an answer that says it is partial; the second ends the program."""

import contextlib
import csv
import fcntl
import io
import json
import os
import select
import signal
import subprocess

import pytest

DEADLINE_S = 60
PIPE_BYTES = 4096
INTERRUPTED = ("weir: warning: interrupted: the answer is about what was read until then; "
               "^C again ends without one\n")
# To the shop's web tier by HTTPS, as the policy wants it; and by SSH, which its groups deny.
FINE = "2 111122223333 eni-05239d1b5669f2636 198.51.100.7 10.0.1.10 40000 443 6 1 40 1790000000 1790000060 ACCEPT OK\n"
DENIED = FINE.replace(" 443 ", " 22 ")


@contextlib.contextmanager
def open_pipe(path, size=PIPE_BYTES):
    """Both ends of a pipe with a name, of which nobody sees the end while this is open."""
    os.mkfifo(path)
    pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, size)
    try:
        yield pipe
    finally:
        os.close(pipe)


def write_all(pipe, data: bytes) -> None:
    """Writes as there comes room, which is when somebody reads."""
    poll = select.poll()
    poll.register(pipe, select.POLLOUT)
    while data:
        assert poll.poll(DEADLINE_S * 1000), "nobody reads"
        data = data[os.write(pipe, data[:PIPE_BYTES]):]


def write_and_see_read(pipe, lines: str) -> None:
    """After the lines as many empty ones as the pipe holds: when these are in it, the lines have been read."""
    write_all(pipe, lines.encode() + b"\n" * (2 * PIPE_BYTES))


def hear_interrupts() -> None:
    """A job in the background of a shell inherits that SIGINT is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextlib.contextmanager
def start(build, root, verb, *options, stdout=subprocess.PIPE):
    shop = root / "policies/examples/shop"
    given = ["--by", "action"] if verb == "top" else ["-s", shop]
    given += ["-p", shop / "shop.policy"] if verb == "check" else []
    weir = subprocess.Popen([build / "weir", verb, *options, *given], text=True, stdout=stdout,
                            stderr=subprocess.PIPE, preexec_fn=hear_interrupts)
    try:
        yield weir
    finally:
        weir.kill()
        weir.communicate()


@pytest.mark.parametrize("verb, lines, status", [("top", FINE, 4), ("check", FINE, 4), ("check", FINE + DENIED, 1),
                                                 ("rules", FINE, 4)],
                         ids=["top", "check", "check-findings", "rules"])
def test_an_interrupted_answer_is_of_what_was_read_and_says_that_it_is_partial(build, root, tmp_path, verb, lines,
                                                                               status):
    with open_pipe(tmp_path / "log") as pipe, start(build, root, verb, tmp_path / "log", "-o", "json",
                                                    "-o", f"text={tmp_path}/text", "-o", f"csv={tmp_path}/csv") as weir:
        write_and_see_read(pipe, lines)
        weir.send_signal(signal.SIGINT)
        out, err = weir.communicate(timeout=DEADLINE_S)
    answer = json.loads(out)
    assert (weir.returncode, err) == (status, INTERRUPTED)
    assert answer["partial"] is True and answer["records"] == lines.count("\n")
    assert (tmp_path / "text").read_text().startswith("PARTIAL, interrupted after ")
    assert len(list(csv.reader(io.StringIO((tmp_path / "csv").read_text())))) > 1


def test_records_end_after_a_whole_line_when_they_are_interrupted(build, root, tmp_path):
    with open_pipe(tmp_path / "log") as pipe, start(build, root, "check", tmp_path / "log", "--records") as weir:
        write_and_see_read(pipe, FINE * 3)
        weir.send_signal(signal.SIGINT)
        out, err = weir.communicate(timeout=DEADLINE_S)
    assert (weir.returncode, err) == (4, INTERRUPTED)
    assert out.endswith("\n") and [json.loads(line)["line"] for line in out.splitlines()] == [1, 2, 3]


@pytest.mark.parametrize("threads", ["1", "2", "7"])
def test_pipes_that_nobody_has_written_to_do_not_keep_it(build, root, tmp_path, threads):
    """The first is read; of the others some are being opened or waited for, some have not had their turn."""
    with contextlib.ExitStack() as stack:
        pipes = [stack.enter_context(open_pipe(tmp_path / str(i))) for i in range(4)]
        weir = stack.enter_context(start(build, root, "check", *(tmp_path / str(i) for i in range(4)),
                                         "--threads", threads, "-o", "json"))
        write_and_see_read(pipes[0], FINE)
        weir.send_signal(signal.SIGINT)
        out, err = weir.communicate(timeout=DEADLINE_S)
    assert (weir.returncode, err) == (4, INTERRUPTED)
    assert json.loads(out)["records"] == 1


def test_a_second_interruption_ends_it_at_once(build, root, tmp_path):
    with open_pipe(tmp_path / "log") as pipe, open_pipe(tmp_path / "full") as full:
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(full, b"-" * PIPE_BYTES)
        stdout = os.open(tmp_path / "full", os.O_WRONLY)
        with start(build, root, "check", tmp_path / "log", stdout=stdout) as weir:
            write_and_see_read(pipe, FINE)
            weir.send_signal(signal.SIGINT)
            assert weir.stderr.readline() == INTERRUPTED
            weir.send_signal(signal.SIGINT)
            assert weir.wait(timeout=DEADLINE_S) == -signal.SIGINT
        os.close(stdout)
