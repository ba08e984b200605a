# SPDX-License-Identifier: Apache-2.0
"""A sensor that fetches by itself what it judges by, from the servers of tests/aws, with the role of its instance."""

import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import sys
import tempfile
from typing import NamedTuple

import pytest

from lab import Lab, Program, command, wait_until
from scrape import ask, health_of, page_of, samples
from sensors import status_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/aws"))
pytest.importorskip("botocore")
from imds import MAC, Imds  # noqa: E402
from server import AwsServer  # noqa: E402
from signatures import ACCOUNT  # noqa: E402

SHOP = ROOT / "policies/examples/shop"
VPC = "vpc-0a1b2c3d4e5f60718"
READY = "^sensor: .* windows of"
# Calls that the test server does not know.
NOT_OFFERED = {"ec2:DescribeVpcBlockPublicAccessOptions", "ec2:DescribeVpcBlockPublicAccessExclusions"}
FIRST_FETCH_S = 6 + 60  # a tenth of the interval, and the fetch itself on a machine that has other work


class Host(NamedTuple):
    """An instance with a role, with the metadata and AWS on its loopback device."""

    lab: Lab
    build: pathlib.Path
    imds: Imds
    aws: AwsServer
    state: pathlib.Path

    def environment(self, **more: str) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return {**clean, "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
                "AWS_MAX_ATTEMPTS": "2", "AWS_METADATA_SERVICE_TIMEOUT": "30", **self.imds.environment(), **more}

    def start(self, *options: str, ready: str = READY, **more: str) -> Program:
        """One that waits until the metadata say which VPC it is in, unless it is told otherwise."""
        identity = () if {"--identity", "--vpc-id"} & set(options) else ("--identity", "imds")
        sensor = self.lab.start("host", [
            self.build / "weir-sensor", "-i", "e1", "--fetch", "60s", "--state", self.state, "--output", "/dev/null",
            "--endpoint-url", self.aws.url, *identity, *options], env=self.environment(**more))
        sensor.wait_for_line(ready)
        return sensor

    @property
    def snapshot(self) -> pathlib.Path:
        return self.state / "snapshot"

    def record(self) -> dict:
        return json.loads((self.snapshot / "weir.json").read_text())

    def await_fetch(self) -> None:
        wait_until("there is a snapshot", (self.snapshot / "weir.json").exists, FIRST_FETCH_S)

    def documents(self) -> dict[str, bytes]:
        return {str(path.relative_to(self.snapshot)): path.read_bytes() for path in self.snapshot.rglob("*.json")}

    def rewrite_record(self, **members) -> None:
        path = self.snapshot / "weir.json"
        path.write_text(json.dumps({**self.record(), **members}))

    def left_over(self) -> list[str]:
        return [path.name for path in self.state.iterdir() if path != self.snapshot]


@pytest.fixture(name="host")
def host_fixture(lab, build):
    lab.namespace("host", "other")
    lab.link("host", "e1", "other", "far")
    lab.ip("host", f"link set e1 address {MAC}")
    lab.address("host", "e1", "10.0.1.10/24")
    lab.wait_for_link("host", "e1")
    with lab.inside("host"):
        aws = AwsServer(SHOP)
        imds = Imds(aws.keys)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-fetch-"))
    folder.chmod(0o755)  # what is in it is to be read by the sensor's user
    with aws, imds:
        imds.add_interface(MAC, "eni-0aaa", vpc_id=VPC)
        yield Host(lab, build, imds, aws, folder / "state")
        lab.__exit__()
    shutil.rmtree(folder)


def test_it_fetches_its_own_vpc_by_the_calls_that_judging_needs(host):
    sensor = host.start()
    host.await_fetch()
    asked = {f"{call.service}:{call.action}" for call in host.aws.calls if call.action}
    policy = json.loads(command([host.build / "weir", "help", "iam", "sensor"]).stdout)
    allowed = set(policy["Statement"][0]["Action"])
    assert asked - {"sts:GetCallerIdentity"} <= allowed
    assert allowed - asked <= {"ec2:GetManagedPrefixListEntries"} | NOT_OFFERED
    assert host.record()["vpcs"] == [VPC]
    assert f"{ACCOUNT}/eu-west-1/describe-network-interfaces.json" in host.documents()
    assert host.left_over() == []
    assert os.stat(host.snapshot).st_uid != 0
    assert sensor.stop() == 0
    assert judged_by(host.build, host.snapshot) == judged_by(host.build, SHOP)


def judged_by(build: pathlib.Path, snapshot: pathlib.Path) -> dict:
    """What is said of a log of the shop by a snapshot of it."""
    log = ROOT / "tests/golden/check/json/flow.log"
    found = command([build / "weir", "check", log, "-s", snapshot, "-p", SHOP / "shop.policy", "-o", "json",
                     "--snapshot-time", "2026-09-25"],
                    check=False)
    return json.loads(found.stdout)["totals"]


def test_it_starts_without_a_snapshot_and_judges_by_the_first(host):
    # The first fetch is at any time in the first six seconds.
    with host.aws.held():
        sensor = host.start(ready="^sensor: .* no snapshot until the first fetch")
    sensor.wait_for_line("judging by the new snapshot of ", FIRST_FETCH_S)
    assert sensor.stop() == 0
    again = host.start(ready="^sensor: .*; snapshot of ")
    assert again.stop() == 0


def test_it_is_throttled_and_goes_on(host):
    host.aws.fault("throttle", action="DescribeNetworkInterfaces", times=1)
    sensor = host.start(AWS_MAX_ATTEMPTS="4")
    host.await_fetch()
    assert host.record()["throttled"] == 1
    assert not any("trying again" in line for line in sensor.stderr)


def test_a_call_that_is_denied_is_a_gap_and_named(host):
    host.aws.denied.add("ec2:DescribeInstances")
    sensor = host.start()
    host.await_fetch()
    sensor.wait_for_line("--fetch: ec2:DescribeInstances: UnauthorizedOperation; what it would tell is unknown")
    assert [gap["action"] for gap in host.record()["denied"]] == ["ec2:DescribeInstances"]


def test_an_outage_keeps_the_old_snapshot_and_is_told_once(host):
    first = host.start()
    host.await_fetch()
    first.stop()
    before = host.documents()
    host.aws.fault("reset", times=None)
    sensor = host.start(AWS_MAX_ATTEMPTS="1")
    sensor.wait_for_line("warning: --fetch: .*trying again", FIRST_FETCH_S)
    calls = len(host.aws.calls)
    wait_until("it is tried again", lambda: len(host.aws.calls) > calls, FIRST_FETCH_S)
    assert host.documents() == before and host.left_over() == []
    host.aws.faults.clear()
    sensor.wait_for_line("--fetch: fetched again after [1-9]", 120)
    assert len([line for line in sensor.stderr if "trying again" in line]) == 1
    assert host.record()["time"] > json.loads(before["weir.json"])["time"]


ACLS = "ec2:DescribeNetworkAcls"
UNREADABLE = f'weir_sensor_fetch_unreadable_timestamp_seconds{{action="{ACLS}"}}'


def seed(host: Host) -> dict[str, bytes]:
    """The documents of a snapshot that an earlier sensor fetched, before the rights to read ACLs were taken away."""
    first = host.start()
    host.await_fetch()
    assert first.stop() == 0
    host.aws.denied.add(ACLS)
    return host.documents()


def test_a_right_that_is_taken_away_keeps_the_snapshot_that_has_what_it_was_for_and_is_told(host):
    before = seed(host)
    sensor = host.start("--metrics", "127.0.0.1:0")
    page, health = page_of(sensor), health_of(sensor)
    sensor.wait_for_line(f"--fetch: {ACLS}: UnauthorizedOperation, which the snapshot of .*Z has; "
                         "trying again, until then the old snapshot holds", FIRST_FETCH_S)

    def is_said(part: str) -> bool:
        return part in ask(host.lab, "host", health)[2]

    wait_until("/healthz tells", lambda: is_said(f"fetch: {ACLS} cannot be read for "))
    assert is_said(" s, judging by the snapshot from before\n")
    assert samples(ask(host.lab, "host", page)[2])[UNREADABLE] > 0
    os.kill(sensor.pid, signal.SIGUSR1)
    sensor.wait_for_line(f"fetch: {ACLS} cannot be read since 20.*Z; judging by the snapshot from before")
    assert host.documents() == before and host.left_over() == []
    assert not any("judging by the new snapshot" in line for line in sensor.stderr)
    host.aws.denied.clear()
    sensor.wait_for_line("--fetch: fetched again after [1-9]", 60)
    wait_until("/healthz tells that it is over", lambda: is_said(f"fetch: {ACLS} could not be read, over for "))
    assert UNREADABLE not in samples(ask(host.lab, "host", page)[2])


LET_GO = {
    "it is too old": {"time": (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=6, seconds=1))
                      .strftime("%Y-%m-%dT%H:%M:%SZ")},
    "it is of another VPC": {"vpcs": ["vpc-0fffffffffffffff0"]},
    "it lacks that too": {"denied": [{"action": ACLS, "family": "NetworkAcls"}]},
}


@pytest.mark.parametrize("why", LET_GO)
def test_a_snapshot_is_not_kept_for_what_it_has_when(host, why):
    before = seed(host)
    host.rewrite_record(**LET_GO[why])
    sensor = host.start("--metrics", "127.0.0.1:0")
    health = health_of(sensor)
    sensor.wait_for_line(f"--fetch: {ACLS}: UnauthorizedOperation; what it would tell is unknown", FIRST_FETCH_S)
    assert host.record()["time"] > json.loads(before["weir.json"])["time"]
    assert not [name for name in host.documents() if "network-acls" in name]
    wait_until("/healthz tells", lambda: f"fetch: {ACLS} cannot be read for " in ask(host.lab, "host", health)[2])
    assert "what it would tell is unknown" in ask(host.lab, "host", health)[2]


def test_a_call_that_was_never_offered_is_no_fault_of_anybody(host):
    sensor = host.start("--metrics", "127.0.0.1:0")
    page = page_of(sensor)

    def page_now() -> dict[str, float]:
        return samples(ask(host.lab, "host", page)[2])

    wait_until("it has fetched", lambda: page_now()["weir_sensor_fetches_total"] == 1, FIRST_FETCH_S)
    assert {gap["action"] for gap in host.record()["not_offered"]} == NOT_OFFERED
    assert not any("fetch_unreadable" in name for name in page_now())


def test_without_the_right_to_list_vpcs_it_is_not_said_that_there_is_none(host):
    host.aws.denied.add("ec2:DescribeVpcs")
    sensor = host.start()
    sensor.wait_for_line(f"--fetch: --vpc {VPC}: cannot be looked for: UnauthorizedOperation: ", FIRST_FETCH_S)
    assert not host.snapshot.exists()


def fetcher_of(sensor: Program) -> list[int]:
    """The processes that fetch for a sensor: the one that watches over the other first."""
    listed = command(["ps", "-e", "-o", "pid=,ppid=,comm="]).stdout.splitlines()
    rows = [line.split(None, 2) for line in listed]
    first = [int(pid) for pid, parent, name in rows if name == "weir-fetch" and int(parent) == sensor.pid]
    return first + [int(pid) for pid, parent, _ in rows if int(parent) in first]


def await_fetchers(sensor: Program) -> list[int]:
    """Both, when the one that fetches has begun to."""
    wait_until("there is one that fetches", lambda: len(found := fetcher_of(sensor)) == 2 and
               status_of(found[1]).get("Seccomp") == "2")
    return fetcher_of(sensor)


def test_a_sensor_that_is_killed_in_the_middle_of_a_fetch_leaves_nothing_half_written(host):
    host.aws.fault("slow", action="DescribeSubnets", times=None, seconds=3)
    sensor = host.start()
    fetchers = await_fetchers(sensor)
    wait_until("a draft is there", lambda: bool(host.left_over()), FIRST_FETCH_S)
    os.kill(sensor.pid, signal.SIGKILL)
    wait_until("they have ended", lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in fetchers))
    assert list(host.state.iterdir()) == []


def test_a_fetcher_that_is_killed_begins_again_and_removes_what_it_left(host):
    host.aws.fault("slow", action="DescribeSubnets", times=1, seconds=5)
    sensor = host.start()
    wait_until("a draft is there", lambda: bool(host.left_over()), FIRST_FETCH_S)
    os.kill(fetcher_of(sensor)[1], signal.SIGKILL)
    host.await_fetch()
    assert host.left_over() == []


def test_who_fetches_writes_in_its_folder_alone_and_has_no_privileges(host):
    sensor = host.start()
    for pid in await_fetchers(sensor):
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        assert re.search(r"^Uid:\t(?!0\t)", status, re.M) and re.search(r"^CapEff:\t0+$", status, re.M)


REFUSALS = [
    (["--identity", "none"], "which VPC this is: give --vpc-id", 3),
    (["--identity", "none", "--vpc-id", VPC], "which Region this is: give --region", 3),
    (["--identity", "none", "--vpc-id", VPC, "--region", "Mars"], "which Region this is", 3),
    (["--fetch", "30s"], "'30s' is less than 60 s", 2),
    (["--fetch", "often"], "'often' is no duration", 2),
    (["--snapshot", "shop"], "it judges by that, and not by --snapshot 'shop'", 2),
]


@pytest.mark.parametrize("options,said,status", REFUSALS, ids=[" ".join(case[0]) for case in REFUSALS])
def test_what_cannot_be_fetched_is_refused_at_the_start(host, options, said, status):
    sensor = host.start(*options, ready=said)
    assert sensor.wait() == status


def test_outside_of_ec2_it_fetches_what_is_given(host):
    keys = host.aws.environment()
    host.start("--vpc-id", VPC, "--region", "eu-west-1", **keys)
    host.await_fetch()
    assert host.imds.requests == [] and host.record()["vpcs"] == [VPC]
