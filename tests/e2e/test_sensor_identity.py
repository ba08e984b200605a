# SPDX-License-Identifier: Apache-2.0
"""Who a sensor says it is: the instance metadata by MAC, what is given, and what it does where nobody answers."""

import os
import pathlib
import re
import signal
import sys
import time
from typing import NamedTuple

import pytest

from lab import Lab, Program, command, wait_until
from sensors import status_of

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "aws"))
from imds import MAC, Imds  # noqa: E402
from signatures import ACCOUNT  # noqa: E402

FIELDS = ("interface-id", "account-id", "vpc-id", "subnet-id", "instance-id", "region", "az-id", "srcaddr",
          "dstaddr", "pkt-srcaddr", "pkt-dstaddr", "flow-direction", "traffic-path", "log-status")
FORMAT = " ".join(f"${{{field}}}" for field in FIELDS)
READY = "^sensor: .* windows of"
SECOND_MAC = "0a:ff:c2:00:00:02"
# What is known at once, and what is waited for a second; of so many starts one is undisturbed.
AT_ONCE_S, WAITED_S, STARTS_MAX = 0.5, 1.5, 6
AUTO = ("--identity", "auto")
# How many seconds an answer may take; a second where nothing is said.
PATIENT, IMPATIENT = {"AWS_METADATA_SERVICE_TIMEOUT": "30"}, {"AWS_METADATA_SERVICE_TIMEOUT": "1"}


class Host(NamedTuple):
    """A namespace with two interfaces, each with a neighbour, and the metadata on its loopback device."""

    lab: Lab
    build: pathlib.Path
    imds: Imds
    folder: pathlib.Path

    def start(self, *options: str, ready: str = READY, **more: str) -> Program:
        """One that waits for the metadata, unless it is told otherwise: by itself it does for little more than a second."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        identity = () if "--identity" in options else ("--identity", "imds")
        sensor = self.lab.start("host", [
            self.build / "weir-sensor", "--interval", "1", "--format", FORMAT, "--output", self.folder / "log",
            *identity, *options], env={**clean, **PATIENT, **self.imds.environment(), **more})
        sensor.wait_for_line(ready)
        return sensor

    def start_that_says(self, pattern: str, *options: str, **more: str) -> Program:
        """Of those that do not wait for the metadata one to which they were not too late."""
        for _ in range(STARTS_MAX):
            sensor = self.start(*AUTO, *options, **more)
            if any(re.search(pattern, line) for line in sensor.stderr):
                return sensor
            sensor.stop()
        raise AssertionError(sensor.output())

    def ping(self, name: str) -> None:
        self.lab.run(name, ["ping", "-q", "-c", "1", "10.0.1.10" if name == "one" else "10.0.2.10"])

    def records(self, *status: str) -> list[dict]:
        text = (self.folder / "log").read_text()
        lines = text[:text.rfind("\n") + 1].splitlines()[1:]
        found = [dict(zip(FIELDS, line.split(" "), strict=True)) for line in lines]
        return [record for record in found if record["log-status"] in (status or ("OK",))]

    def await_record(self, what: str, **wanted: str) -> dict:
        """The first record that has those values; the interfaces are kept busy until it is there."""
        names = {name.replace("_", "-"): value for name, value in wanted.items()}

        def find() -> list[dict]:
            return [record for record in self.records() if names.items() <= record.items()]

        def ready() -> bool:
            self.ping("one")
            self.ping("two")
            return bool(find())

        wait_until(what, ready)
        return find()[0]


def plug(lab: Lab, number: str, name: str, mac: str) -> None:
    lab.link("host", f"e{number}", name, "far")
    lab.ip("host", f"link set e{number} address {mac}")
    lab.address("host", f"e{number}", f"10.0.{number}.10/24")
    lab.address(name, "far", f"10.0.{number}.20/24")
    lab.wait_for_link("host", f"e{number}")


@pytest.fixture(name="host")
def host_fixture(lab, build, tmp_path):
    lab.namespace("host", "one", "two")
    for number, name, mac in (("1", "one", MAC), ("2", "two", SECOND_MAC)):
        plug(lab, number, name, mac)
    with lab.inside("host"):
        imds = Imds()
    with imds:
        imds.interfaces.clear()
        imds.add_interface(MAC, "eni-0aaa", subnet_id="subnet-0aaa", local_ipv4s="10.0.1.10\n10.0.1.11")
        imds.add_interface(SECOND_MAC, "eni-0bbb", subnet_id="subnet-0bbb", local_ipv4s="10.0.2.10",
                           owner_id="444455556666", vpc_id="vpc-0bbb")
        yield Host(lab, build, imds, tmp_path)


def test_each_interface_is_the_eni_with_its_mac(host):
    sensor = host.start("-i", "e*")
    one = host.await_record("a record of the first", interface_id="eni-0aaa", flow_direction="ingress")
    two = host.await_record("a record of the second", interface_id="eni-0bbb", flow_direction="egress")
    assert sensor.stop() == 0
    of_instance = {"instance-id": "i-0123456789abcdef0", "region": "eu-west-1", "az-id": "euw1-az1"}
    assert of_instance.items() <= one.items() and of_instance.items() <= two.items()
    assert [one[name] for name in ("account-id", "vpc-id", "subnet-id", "dstaddr")] == [
        ACCOUNT, "vpc-0123456789abcdef0", "subnet-0aaa", "10.0.1.10"]
    assert [two[name] for name in ("account-id", "vpc-id", "subnet-id", "srcaddr")] == [
        "444455556666", "vpc-0bbb", "subnet-0bbb", "10.0.2.10"]
    # 10.0.2.20 is in the blocks that the metadata say.
    assert two["traffic-path"] == "1"
    assert {record["interface-id"] for record in host.records("NODATA")} <= {"eni-0aaa", "eni-0bbb"}


def test_an_interface_in_another_vpc_has_the_blocks_of_that_one(host):
    host.imds.interfaces[SECOND_MAC].update({"vpc-ipv4-cidr-block": "172.31.0.0/16",
                                             "vpc-ipv4-cidr-blocks": "172.31.0.0/16\n10.9.0.0/16"})
    sensor = host.start("-i", "e*")
    one = host.await_record("a record of the first", interface_id="eni-0aaa", flow_direction="egress")
    two = host.await_record("a record of the second", interface_id="eni-0bbb", flow_direction="egress")
    assert sensor.stop() == 0
    # 10.0.2.20 is in no block of the second's VPC.
    assert (one["traffic-path"], two["traffic-path"]) == ("1", "-")


def test_the_primary_address_is_the_one_that_the_metadata_say_first(host):
    host.lab.address("host", "e1", "10.0.1.11/24")
    host.imds.interfaces[MAC]["local-ipv4s"] = "10.0.1.11\n10.0.1.10"
    sensor = host.start("-i", "e1")
    record = host.await_record("a record", flow_direction="ingress")
    sensor.stop()
    assert (record["dstaddr"], record["pkt-dstaddr"]) == ("10.0.1.11", "10.0.1.10")


def test_what_is_given_wins_over_the_metadata(host):
    config = host.folder / "sensor.conf"
    config.write_text("identity = imds\nsubnet-id = subnet-given\nregion = here\n")
    sensor = host.start("--config", str(config), "-i", "e1=eni-given", "-i", "e2", "--account-id", "999988887777",
                        "--vpc-cidr", "192.0.2.0/24")
    first = host.await_record("a record of the first", interface_id="eni-given", flow_direction="egress")
    second = host.await_record("a record of the second", interface_id="eni-0bbb", flow_direction="egress")
    sensor.stop()
    for record in (first, second):
        assert (record["account-id"], record["subnet-id"], record["region"]) == (
            "999988887777", "subnet-given", "here")
        assert record["instance-id"] == "i-0123456789abcdef0"
    assert (first["vpc-id"], second["vpc-id"]) == ("vpc-0123456789abcdef0", "vpc-0bbb")
    assert first["traffic-path"] == second["traffic-path"] == "-"


def test_with_none_nobody_is_asked(host):
    sensor = host.start("-i", "e1", "--identity", "none", "--account-id", ACCOUNT)
    record = host.await_record("a record")
    sensor.stop()
    assert (record["account-id"], record["interface-id"], record["region"]) == (ACCOUNT, "-", "-")
    assert host.imds.requests == []


def test_a_device_that_no_eni_has_the_mac_of_has_no_interface_id(host):
    host.lab.ip("host", "link set e2 address 02:00:00:00:00:99")
    sensor = host.start("-i", "e*", "--verbose")
    sensor.wait_for_line("e2 is no ENI of this instance")
    record = host.await_record("a record of it", interface_id="-")
    sensor.stop()
    assert (record["vpc-id"], record["subnet-id"]) == ("-", "-")
    assert (record["account-id"], record["instance-id"]) == (ACCOUNT, "i-0123456789abcdef0")


class Old(Imds):
    def session(self, path, headers):
        return 404, {}, b""


ABSENCES = {
    "nobody listens": {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1"},
    "there is no route": {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://192.0.2.1"},
    "packets get no answer": {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://10.0.1.20:9"},
    "the environment forbids it": {"AWS_EC2_METADATA_DISABLED": "true"},
}


def start_s(host: Host, *options: str, **more: str) -> float:
    """How long a start takes."""
    begin = time.monotonic()
    sensor = host.start("--backend", "packet", *options, **more)
    seconds = time.monotonic() - begin
    assert [line for line in sensor.stderr if "metadata" in line] == []
    assert sensor.stop() == 0
    return seconds


def check_delay(most_s: float, host: Host, *options: str, **more: str) -> None:
    """Against starts that ask nobody.  What else the machine does can only make a start longer."""
    delays = []
    while not delays or (min(delays) >= most_s and len(delays) < STARTS_MAX):
        asked = start_s(host, *AUTO, *options, **IMPATIENT, **more)
        delays.append(asked - start_s(host, *options, "--identity", "none"))
    assert min(delays) < most_s, delays


@pytest.mark.parametrize("how", ABSENCES)
def test_off_ec2_it_starts_without_delay_and_says_nothing(host, how):
    host.lab.run("one", ["ip", "route", "add", "blackhole", "10.0.1.10/32"])
    check_delay(WAITED_S if how == "packets get no answer" else AT_ONCE_S, host, "-i", "e2", **ABSENCES[how])


@pytest.mark.parametrize("how", ABSENCES)
def test_where_there_have_to_be_metadata_their_absence_is_an_error(host, how):
    host.lab.run("one", ["ip", "route", "add", "blackhole", "10.0.1.10/32"])
    sensor = host.start("-i", "e2", "--identity", "imds", ready="--identity imds: ", **IMPATIENT,
                        **ABSENCES[how])
    assert sensor.wait() == 5


def test_metadata_behind_a_hop_limit_do_not_delay_the_start(host):
    host.imds.silent = True
    check_delay(WAITED_S, host, "-i", "e1")


def test_slow_metadata_are_waited_for_where_there_have_to_be_some(host):
    host.imds.pause_s = 0.2
    sensor = host.start("-i", "e1", "--identity", "imds")
    assert host.await_record("a record", interface_id="eni-0aaa")["region"] == "eu-west-1"
    sensor.stop()


@pytest.mark.parametrize("mode", ["auto", "imds"])
def test_version_1_is_no_identity(host, mode):
    with host.lab.inside("host"):
        old = Old()
    with old:
        old.required = False
        if mode == "imds":
            sensor = host.start("-i", "e1", "--identity", mode, ready="no session token of version 2",
                                **old.environment())
            assert sensor.wait() == 5
        else:
            sensor = host.start_that_says("going on without.* version 2", "-i", "e1", **old.environment())
            sensor.stop()
        assert set(old.requests) == {"PUT /latest/api/token"}


HOSTILE = {"two words": "subnet-1 ACCEPT OK", "lines": "subnet-1\n2 123 eni-1 forged", "a path": "../../../etc",
           "a terminal's orders": "\x1b]0;x\x07", "too long": "s" * 4096, "a page": "<html></html>", "empty": ""}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_an_answer_that_cannot_stand_in_a_record_is_not_believed(host, text):
    host.imds.interfaces[SECOND_MAC]["subnet-id"] = text
    sensor = host.start("-i", "e*")
    sensor.wait_for_line("do not say which ENI e2 is")
    host.await_record("a record of the other", interface_id="eni-0aaa")
    record = host.await_record("a record of it", interface_id="-")
    assert (record["subnet-id"], record["vpc-id"]) == ("-", "-")
    sensor.stop()
    assert not re.search(r"forged|\x1b|<html>", (host.folder / "log").read_text() + sensor.output())


@pytest.mark.parametrize("path", ["mac", "instance-id", "placement/region", "placement/availability-zone-id"])
def test_an_instance_with_a_hostile_name_has_none(host, path):
    host.imds.texts[path] = "a b\nc"
    sensor = host.start_that_says(f"going on without.*{path}: not a", "-i", "e1")
    record = host.await_record("a record")
    assert (record["region"], record["interface-id"]) == ("-", "-")
    sensor.stop()


def test_an_eni_that_the_metadata_know_late_is_known_from_then_on(host):
    late = host.imds.interfaces.pop(SECOND_MAC)
    sensor = host.start("-i", "e*")
    host.await_record("a record without", interface_id="-")
    host.imds.expire_sessions()  # a new token is needed, too
    host.imds.interfaces[SECOND_MAC] = late
    host.await_record("a record with", interface_id="eni-0bbb", subnet_id="subnet-0bbb")
    assert sensor.stop() == 0
    assert host.imds.requests.count("PUT /latest/api/token") == 2


def test_an_eni_that_is_attached_while_the_sensor_runs_is_known_by_its_mac(host):
    host.lab.ip("host", "link del e2")
    sensor = host.start("-i", "e*")
    plug(host.lab, "2", "two", SECOND_MAC)
    record = host.await_record("a record of it", interface_id="eni-0bbb", pkt_dstaddr="10.0.2.10")
    assert (record["subnet-id"], record["dstaddr"]) == ("subnet-0bbb", "10.0.2.10")
    assert sensor.stop() == 0


def test_metadata_that_fail_for_a_while_are_asked_again(host):
    host.imds.texts[f"network/interfaces/macs/{MAC}/interface-id"] = "no id"
    sensor = host.start("-i", "e1")
    host.await_record("a record without", interface_id="-")
    host.imds.fail_next(500, 1)
    host.imds.texts.clear()
    host.await_record("a record with", interface_id="eni-0aaa")
    sensor.stop()


def asker_of(sensor: Program) -> list[int]:
    """The processes that ask for a sensor, the one that watches over the other too."""
    listed = command(["ps", "-e", "-o", "pid=,ppid=,comm="]).stdout.splitlines()
    rows = [line.split(None, 2) for line in listed]
    first = [int(pid) for pid, parent, name in rows if name == "weir-metadata" and int(parent) == sensor.pid]
    return first + [int(pid) for pid, parent, _ in rows if int(parent) in first]


def await_askers(sensor: Program) -> list[int]:
    """Both, when the one that asks has begun to."""
    wait_until("there is one that asks", lambda: len(found := asker_of(sensor)) == 2 and
               status_of(found[1]).get("Seccomp") == "2")
    return asker_of(sensor)


def test_who_asks_has_no_privileges_and_ends_with_the_sensor(host):
    sensor = host.start("-i", "e1")
    askers = await_askers(sensor)
    for pid in askers:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        assert re.search(r"^Uid:\t(?!0\t)", status, re.M) and re.search(r"^CapEff:\t0+$", status, re.M)
    os.kill(sensor.pid, signal.SIGKILL)
    wait_until("they have ended", lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in askers))


def test_an_asker_that_dies_begins_again_where_it_was(host):
    late = host.imds.interfaces.pop(SECOND_MAC)
    sensor = host.start("-i", "e*")
    os.kill(await_askers(sensor)[1], signal.SIGKILL)
    host.imds.interfaces[SECOND_MAC] = late
    host.await_record("a record with", interface_id="eni-0bbb")
    assert sensor.stop() == 0
