# SPDX-License-Identifier: Apache-2.0
"""Events of a live sensor at their receivers, through its processes with the rights and the system calls they have."""

import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import sys

import pytest

from lab import wait_until
from scene import inside, kill
from shop import DB, WEB, interface_id
from test_sensor_live import estate_fixture  # noqa: F401  (the fixture `estate`)

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/aws"))
pytest.importorskip("botocore")
from server import AwsServer  # noqa: E402
from webhook import Webhook  # noqa: E402

SECRET = "sEcReT"


def command_lines() -> list[bytes]:
    """Of all processes, as ps has them."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            found.append(path.read_bytes())
    return found


class Receivers:
    """On loopback of db-1, and sockets in its folder."""

    def __init__(self, estate):
        self._estate = estate
        with inside(estate.lab.full_name("db-1")):
            self.webhook, self.aws = Webhook(), AwsServer()
        self.journal, self.syslog = self._socket("journal"), self._socket("log")
        self.url_file = estate.folder / "webhook.url"
        self.url_file.write_text(self.webhook.url + "\n")
        self.url_file.chmod(0o644)  # the sensor's user is to read it

    def _socket(self, name: str) -> socket.socket:
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        bound.settimeout(20)
        bound.bind(str(self._estate.folder / name))
        os.chmod(self._estate.folder / name, 0o666)
        return bound

    def options(self) -> list[str]:
        folder = self._estate.folder
        return ["--state", folder / "state", "--region", "eu-west-1", "--events", f"webhook:@{self.url_file}",
                "--events", "securityhub", "--events", f"journal,socket={folder}/journal",
                "--events", f"syslog:local1,template=json,socket={folder}/log"]

    def __enter__(self):
        self.webhook.__enter__()
        self.aws.__enter__()
        return self

    def __exit__(self, *_):
        self.webhook.__exit__()
        self.aws.__exit__()
        self.journal.close()
        self.syslog.close()

    def taken(self) -> list[dict]:
        return [event for post in self.webhook.posts if post.status == 200 for event in json.loads(post.body)["events"]]


@pytest.fixture(name="receivers")
def receivers_fixture(estate, monkeypatch):
    with Receivers(estate) as receivers:
        for name, value in receivers.aws.environment().items():
            monkeypatch.setenv(name, value)
        yield receivers


def test_an_event_is_at_every_sink_and_is_the_same_there(estate, receivers):
    sensor = estate.start("packet", *receivers.options())
    estate.connect(WEB, DB, 5432)
    event = estate.await_event("web-1 -> db-1 is told of", verdict="unexpected")
    entry, line = receivers.journal.recv(1 << 20), receivers.syslog.recv(1 << 16)
    assert b"\nWEIR_PATH\n" in entry and b"web -> db tcp/5432" in entry and b"\nPRIORITY=4\n" in entry
    assert json.loads(line.partition(b": @cee: ")[2]) == event
    assert re.match(rb"<140>\w{3} [ \d]\d \d\d:\d\d:\d\d weir-sensor\[\d+\]: @cee: ", line)
    wait_until("the webhook has it", lambda: receivers.taken() == [event])
    wait_until("Security Hub has it", lambda: len(receivers.aws.securityhub.findings) == 1)
    (_, finding_id), = receivers.aws.securityhub.findings
    assert finding_id == f"weir/{interface_id('db-1')}/{event['id']}"
    assert sensor.stop() == 0


def test_an_event_waits_for_its_receiver_through_a_kill_and_comes_once(estate, receivers):
    is_out = True
    receivers.webhook.answer(lambda post: 503 if is_out else 200)
    sensor = estate.start("packet", *receivers.options())
    estate.connect(WEB, DB, 5432)
    wait_until("the webhook refuses", lambda: receivers.webhook.posts)
    kill(sensor)
    is_out = False
    sensor = estate.start("packet", *receivers.options())
    wait_until("the webhook has it", receivers.taken)
    assert sensor.stop() == 0
    assert len(receivers.taken()) == 1
    assert len({post.headers["idempotency-key"] for post in receivers.webhook.posts}) == 1


def test_a_webhooks_url_stands_nowhere_but_in_its_file(estate, receivers):
    receivers.webhook.answer(404, times=1, text=f"Cannot POST /services/{SECRET}".encode())
    sensor = estate.start("packet", *receivers.options())
    estate.connect(WEB, DB, 5432)
    wait_until("the webhook has it", receivers.taken)
    os.kill(sensor.pid, signal.SIGUSR1)
    sensor.wait_for_line("webhook")
    shown = command_lines()
    shown += [str(path).encode() for path in (estate.folder / "state").rglob("*")]
    assert sensor.stop() == 0
    shown.append(sensor.output().encode())
    assert any(b"webhook" in text for text in shown)
    assert not [text for text in shown if SECRET.encode() in text]
