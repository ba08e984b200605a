# SPDX-License-Identifier: Apache-2.0
"""Verdicts as packets flow, on db-1 of the shop's estate: the rest of it is a router that has all its addresses.

The policy lets app-1 (10.0.2.10) to the database and nobody else; the groups let in the whole VPC.
"""

import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import sys
import tempfile

import pytest

from lab import Lab, Program, command, wait_until
from scrape import ask, health_of
from shop import ACCOUNT, APP, DB, SNAPSHOT, WEB, broad_rule, interface_id, write_without_broad_rule

ELSEWHERE = "203.0.113.10"
CLOCK_S = 0.1  # eBPF dates packets by the tick, as the kernel does files
FORMAT = "${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${start} ${end} ${action} " \
         "${flow-direction} ${tcp-flags} ${log-status}"

# One connection: from an address, to an address and port; prints when its first packet was sent.
CONNECT = """
import socket, sys, time
client = socket.socket()
client.bind((sys.argv[1], 0))
client.settimeout(float(sys.argv[4]))
print(time.time(), flush=True)
try:
    client.connect((sys.argv[2], int(sys.argv[3])))
except OSError:
    pass
"""


class Estate:
    """db-1 and everybody else."""

    def __init__(self, lab: Lab, build: pathlib.Path, folder: pathlib.Path):
        self.lab, self.build, self.folder = lab, build, folder
        self.snapshot, self.policy = folder / "shop", folder / "shop.policy"
        self.log, self.events_path = folder / "flow.log", folder / "events.json"
        shutil.copytree(SNAPSHOT, self.snapshot)
        (self.snapshot / "shop.policy").rename(self.policy)
        lab.namespace("db-1", "others")
        for host in ("db-1", "others"):
            lab.sysctl(host, "net.ipv6.conf.default.disable_ipv6=1")
        lab.link("db-1", "eth0", "others", "peer")
        lab.address("db-1", "eth0", f"{DB}/24")
        lab.address("others", "peer", "10.0.3.1/24", f"{WEB}/32", f"{APP}/32", f"{ELSEWHERE}/32")
        lab.route("db-1", "default", "10.0.3.1")
        lab.start("db-1", ["socat", "TCP-LISTEN:5432,fork,reuseaddr", "EXEC:cat"])
        lab.wait_for_listener("db-1", 5432)

    def start(self, backend: str = "packet", *options: str) -> Program:
        sensor = self.lab.start("db-1", [
            *self.with_events_in_a_file(), self.build / "weir-sensor", "--interface", f"eth0={interface_id('db-1')}", "--account-id", ACCOUNT,
            "--backend", backend, "--snapshot", self.snapshot, "--policy", self.policy, "--interval", "2",
            "--format", FORMAT, "--output", self.log, "--events", "-", *options])
        sensor.wait_for_line("^sensor: .*; snapshot of .* old\\), 3 interfaces, .* rules, policy ")
        return sensor

    def with_events_in_a_file(self) -> list[str]:
        """Runs a sensor whose standard output it is."""
        return ["sh", "-c", 'exec "$@" > "$0"', str(self.events_path)]

    def connect(self, src: str, dst: str, port: int, timeout_s: float = 5) -> float:
        """The second in which it was sent."""
        namespace = "db-1" if src == DB else "others"
        argv = [sys.executable, "-c", CONNECT, src, dst, str(port), str(timeout_s)]
        return float(self.lab.run(namespace, argv).stdout)

    def events(self) -> list[dict]:
        if not self.events_path.exists():
            return []
        text = self.events_path.read_text()
        return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]

    def await_event(self, what: str, **members) -> dict:
        """The first event that has all of these."""
        def found() -> list[dict]:
            return [event for event in self.events() if members.items() <= event.items()]

        wait_until(what, lambda: bool(found()))
        return found()[0]


@pytest.fixture(name="estate")
def estate_fixture(lab, build):
    # The sensor reads as nobody, and pytest's folders are root's alone.
    with tempfile.TemporaryDirectory(prefix="weir-live-") as folder:
        os.chmod(folder, 0o755)
        yield Estate(lab, build, pathlib.Path(folder))


def told_after(estate: Estate, sent: float, event: dict) -> float:
    """Seconds from a packet to the event's line."""
    assert event["time"][-1] == "Z"
    packet = datetime.datetime.fromisoformat(event["time"][:-1] + "+00:00").timestamp()
    told = estate.events_path.stat().st_mtime
    assert sent - CLOCK_S < packet < told + CLOCK_S
    return told - packet


def test_an_unexpected_connection_is_an_event_within_a_second_of_its_first_packet(estate, backend):
    sensor = estate.start(backend, "--interval", "60")
    estate.connect(APP, DB, 5432)
    sent = estate.connect(WEB, DB, 5432)
    event = estate.await_event("web-1 -> db-1 is told of", verdict="unexpected")
    assert told_after(estate, sent, event) < 1
    assert event["schema"] == "weir/event/1" and re.fullmatch("[0-9a-f]{16}", event["id"])
    assert (event["path"], event["direction"], event["action"]) == ("web -> db tcp/5432", "ingress", "ACCEPT")
    assert (event["srcaddr"], event["dstaddr"], event["dstport"]) == (WEB, DB, 5432)
    assert (event["src_name"], event["dst_name"], event["interface"]) == ("web-1", "db-1", "eth0")
    assert (event["policy"], event["policy_line"], event["role"]) == ("deny any -> db", 15, "initiator")
    assert [rule["id"] for rule in event["rules"]][0] == broad_rule()["SecurityGroupRuleId"]
    assert (event["account_id"], event["interface_id"]) == (ACCOUNT, interface_id("db-1"))
    assert sensor.stop() == 0
    assert len(estate.events()) == 1  # not again when the window ends, nor for the replies


def test_what_the_groups_will_drop_is_told_and_its_record_says_reject(estate, backend):
    sensor = estate.start(backend)
    sent = estate.connect(DB, ELSEWHERE, 25, timeout_s=0.2)
    event = estate.await_event("db-1 -> internet is told of", verdict="would-deny")
    assert told_after(estate, sent, event) < 1
    assert (event["direction"], event["action"], event["model"]) == ("egress", "REJECT", "deny")
    assert (event["layer"], event["path"]) == ("network-acl", "db -> internet tcp/25")
    estate.connect(APP, DB, 5432)
    assert sensor.stop() == 0
    actions = {}
    for line in estate.log.read_text().splitlines()[1:]:
        words = line.split()
        if words[-1] == "OK":
            actions.setdefault((words[1], words[2], words[9]), set()).add(words[8])
    assert actions[DB, ELSEWHERE, "egress"] == {"REJECT"}
    assert actions[APP, DB, "ingress"] == actions[DB, APP, "egress"] == {"ACCEPT"}


def test_what_leaves_is_told_with_the_process_that_opened_the_socket(estate):
    sensor = estate.start("bpf")
    if not any(", processes)" in line for line in sensor.stderr):
        pytest.skip(f"this kernel cannot tell processes: {sensor.stderr}")
    estate.connect(DB, ELSEWHERE, 25, timeout_s=0.2)
    process = estate.await_event("db-1 -> internet is told of", verdict="would-deny")["process"]
    assert process["comm"].startswith("python") and process["uid"] == os.getuid()
    assert process["pid"] > 1 and not pathlib.Path(f"/proc/{process['pid']}").exists()  # it has ended
    estate.connect(WEB, DB, 5432)
    assert "process" not in estate.await_event("web-1 -> db-1 is told of", verdict="unexpected")
    assert sensor.stop() == 0


def test_the_outside_of_a_tunnel_is_not_told_as_its_inside_s(estate):
    db = "db-1"
    estate.lab.ip(db, f"link add vx0 type vxlan id 7 dev eth0 remote {ELSEWHERE} dstport 4789")
    estate.lab.ip(db, "link set vx0 up")
    estate.lab.address(db, "vx0", "192.168.77.1/24")
    estate.lab.ip(db, "neigh add 192.168.77.2 lladdr 02:00:00:00:77:02 dev vx0")
    sensor = estate.start("bpf")
    estate.lab.run(db, [sys.executable, "-c", CONNECT, "192.168.77.1", "192.168.77.2", "25", "0.2"])
    assert "process" not in estate.await_event("the tunnel is told of", dstaddr=ELSEWHERE, dstport=4789)
    assert sensor.stop() == 0


def test_the_sensor_says_what_weir_explain_says_of_its_records(estate, build):
    sensor = estate.start()
    for port in (5432, 22):
        for src in (WEB, APP):
            estate.connect(src, DB, port, timeout_s=1)
    estate.connect(DB, ELSEWHERE, 25, timeout_s=0.2)
    assert sensor.stop() == 0
    explained = command([str(build / "weir"), "explain", "-s", str(estate.snapshot), "-p", str(estate.policy)],
                        input=estate.log.read_text()).stdout
    later = {verdict for line in explained.splitlines() if (verdict := json.loads(line)["verdict"])
             in ("unexpected", "contradiction", "rejected")}
    assert {event["verdict"] for event in estate.events()} == \
        {verdict.replace("rejected", "would-deny") for verdict in later} == \
        {"unexpected", "contradiction", "would-deny"}


def test_the_same_path_is_told_once_in_an_interval_and_how_often_it_was_suppressed(estate):
    sensor = estate.start("packet", "--event-interval", "3600")
    for _ in range(20):
        estate.connect(WEB, DB, 5432)
    assert sensor.stop() == 0
    events = estate.events()
    assert len({event["id"] for event in events}) == 1
    assert [event.get("suppressed") for event in events] == [None, 18]


def test_a_policy_that_changes_is_judged_by_without_a_signal(estate):
    sensor = estate.start()
    estate.policy.write_text(estate.policy.read_text().replace("allow app -> db ", "allow web -> db "))
    sensor.wait_for_line("judging by the new snapshot of .*, policy ")
    estate.connect(WEB, DB, 5432)
    estate.connect(APP, DB, 5432)
    event = estate.await_event("app-1 is told of now", verdict="unexpected")
    assert event["path"] == "app -> db tcp/5432"
    assert sensor.stop() == 0
    assert len(estate.events()) == 1


def test_a_signal_reads_the_snapshot_again(estate):
    sensor = estate.start()
    os.kill(sensor.pid, signal.SIGHUP)
    sensor.wait_for_line("judging by the new snapshot")
    assert sensor.is_running()
    assert sensor.stop() == 0


def exchange(estate: Estate, folder: pathlib.Path) -> None:
    """Puts a folder in the snapshot's place in one step, as `weir fetch` does."""
    command([sys.executable, "-c",
             "import ctypes, sys\n"
             "libc = ctypes.CDLL(None, use_errno=True)\n"
             "a, b = (argument.encode() for argument in sys.argv[1:])\n"
             "sys.exit(libc.renameat2(-100, a, -100, b, 2))", str(folder), str(estate.snapshot)])


def test_a_snapshot_that_is_exchanged_under_load_takes_the_old_one_s_place_whole(estate, backend):
    sensor = estate.start(backend, "--event-interval", "1")
    write_without_broad_rule(estate.folder / "fixed")
    load = estate.lab.start("others", [sys.executable, "-c", (
        "import itertools, socket\n"
        f"for i in itertools.count():\n"
        "    client = socket.socket()\n"
        f"    client.bind(('{WEB}', 0))\n"
        f"    client.connect(('{DB}', 5432))\n"
        "    client.close()\n")])
    estate.await_event("as long as the rule is there it is unexpected", verdict="unexpected")
    exchange(estate, estate.folder / "fixed")
    sensor.wait_for_line("judging by the new snapshot")
    event = estate.await_event("without the rule it cannot be", verdict="contradiction")
    assert event["model"] == "deny" and event["layer"] == "security-group"
    load.stop()
    assert sensor.stop() == 0
    # By one or by the other: nothing is judged by half of each.
    assert {event["verdict"] for event in estate.events()} == {"unexpected", "contradiction"}
    assert " lost 0 " in sensor.stderr[-1]


def test_a_broken_snapshot_is_refused_with_its_errors_and_the_old_one_stays(estate):
    sensor = estate.start()
    document = estate.snapshot / "describe-security-groups.json"
    document.write_text(document.read_text()[:1000])
    error = sensor.wait_for_line("describe-security-groups.json")
    assert re.search(r"describe-security-groups.json:\d+:\d+: ", error)
    sensor.wait_for_line("is refused, judging by the old one")
    estate.connect(WEB, DB, 5432)
    estate.await_event("it judges on", verdict="unexpected")
    assert sensor.stop() == 0


@pytest.mark.parametrize("what", ["nothing", "broken", "policy alone"])
def test_without_something_to_judge_by_it_does_not_start(estate, what):
    options = ["--snapshot", estate.snapshot, "--policy", estate.policy]
    if what == "nothing":
        shutil.rmtree(estate.snapshot)
    elif what == "broken":
        (estate.snapshot / "describe-vpcs.json").write_text("{")
    else:
        options = ["--policy", estate.policy]
    sensor = estate.lab.start("db-1", [estate.build / "weir-sensor", "--interface", "eth0", "--backend", "packet",
                                       *options])
    assert sensor.wait() == (2 if what == "policy alone" else 3)
    assert {"nothing": "shop: ", "broken": "describe-vpcs.json:1:2: ",
            "policy alone": "--snapshot"}[what] in sensor.output()


def test_an_interface_that_is_not_in_the_snapshot_is_told_once(estate):
    for document in ("describe-network-interfaces.json", "describe-instances.json"):
        (estate.snapshot / document).unlink()
    sensor = estate.lab.start("db-1", [
        *estate.with_events_in_a_file(), estate.build / "weir-sensor", "--backend", "packet",
        "--interface", f"eth0={interface_id('db-1')}", "--snapshot", estate.snapshot, "--events", "-",
        "--output", estate.log])
    sensor.wait_for_line("^sensor: ")
    for _ in range(2):
        estate.connect(WEB, DB, 5432)
    sensor.wait_for_line(f"interface 'eth0': {interface_id('db-1')} is not in the snapshot")
    assert sensor.stop() == 0
    assert sum("is not in the snapshot" in line for line in sensor.stderr) == 1
    assert not estate.events()


def test_a_snapshot_of_another_vpc_is_told_before_anything_flows(estate):
    sensor = estate.lab.start("db-1", [
        estate.build / "weir-sensor", "--backend", "packet", "--interface", "eth0", "--vpc-id", "vpc-0fffffffffffffff0",
        "--identity", "none", "--snapshot", estate.snapshot, "--output", estate.log, "--metrics", "127.0.0.1:0"])
    sensor.wait_for_line("interface 'eth0': its VPC, vpc-0fffffffffffffff0, is not in the snapshot")
    health = health_of(sensor)
    wait_until("/healthz tells", lambda: "snapshot: it lacks the VPC of interfaces that are measured" in
               ask(estate.lab, "db-1", health)[2])
    estate.connect(WEB, DB, 5432)
    assert sensor.stop() == 0
    assert sum("is not in the snapshot" in line for line in sensor.stderr) == 1


def test_people_at_a_terminal_get_a_line_for_each_event(estate):
    sensor = estate.start("packet", "--events", "terminal")
    estate.connect(WEB, DB, 5432)
    line = sensor.wait_for_line(" unexpected ")
    assert re.fullmatch(rf"\d\d:\d\d:\d\d\.\d\d\d unexpected    in  web-1 {WEB}:\d+ -> db-1 {DB}:5432 tcp SYN  "
                        r"allowed by sgr-\w+ tcp/5432 from 10\.0\.0\.0/16; policy line 15: deny any -> db", line)
    assert sensor.stop() == 0
