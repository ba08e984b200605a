# SPDX-License-Identifier: Apache-2.0
"""`weir fetch` against the servers of tests/aws: what is fetched is what the AWS CLI would have printed, and what
goes wrong leaves the old snapshot whole.
"""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/aws"))
pytest.importorskip("botocore")
import botocore  # noqa: E402
from server import AwsServer  # noqa: E402

SHOP, MARKET, ESTATES = (ROOT / "policies/examples/shop", ROOT / "policies/examples/market",
                         ROOT / "tests/data/estates")
FIRST, SECOND = "111122223333", "444455556666"
MARKET_PLACES = [(FIRST, "eu-west-1"), (FIRST, "us-east-1"), (SECOND, "eu-west-1")]
# Calls that the test server, as Debian's botocore, does not know.
NOT_OFFERED = {"ec2:DescribeVpcBlockPublicAccessOptions", "ec2:DescribeVpcBlockPublicAccessExclusions"}
RENAME_TIMEOUT_S = 20


def documents_of(folder: pathlib.Path) -> dict[str, dict]:
    """For the server.  Two calls answer with PrefixLists: these are all of the one that gives their blocks."""
    return {"describe-managed-prefix-lists": {"PrefixLists": []},
            **{path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}}


MARKET_DATA = {place: documents_of(MARKET / place[0] / place[1]) for place in MARKET_PLACES}


class Weir:
    """The program, with an environment that has only the test server's keys."""

    def __init__(self, build: pathlib.Path, aws: AwsServer, folder: pathlib.Path):
        self.program, self.aws, self.snapshot = build / "weir", aws, folder / "snap"

    def environment(self, **more: str) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items()
                 if not name.startswith(("AWS_", "WEIR_")) and name.lower() not in ("http_proxy", "all_proxy")}
        return {**clean, "AWS_MAX_ATTEMPTS": "3", **self.aws.environment(), **more}

    def run(self, *words, **more: str) -> subprocess.CompletedProcess:
        return subprocess.run([self.program, *words], check=False, text=True, timeout=120, capture_output=True,
                              stdin=subprocess.DEVNULL, env=self.environment(**more))

    def fetch(self, *words, status: int = 0, **more: str) -> subprocess.CompletedProcess:
        done = self.run("fetch", "--write", self.snapshot, *words, **more)
        assert done.returncode == status, done.stderr + done.stdout
        return done

    def record(self) -> dict:
        return json.loads((self.snapshot / "weir.json").read_text())

    def document(self, name: str, account: str = FIRST, region: str = "eu-west-1") -> dict:
        return json.loads((self.snapshot / account / region / f"{name}.json").read_text())


@pytest.fixture(name="aws")
def aws_fixture():
    with AwsServer(SHOP) as server:
        yield server


@pytest.fixture(name="weir")
def weir_fixture(build, aws, tmp_path):
    return Weir(build, aws, tmp_path)


@contextlib.contextmanager
def weir_of(build, data, folder):
    with AwsServer(data if all(isinstance(place, tuple) for place in data) else {"*": data}) as server:
        yield Weir(build, server, folder)


def objects_of(folder: pathlib.Path) -> dict[str, list]:
    """Everything in a snapshot, each once, in an order of its own; documents of rows apart by whose they are."""
    found = {}
    for path in sorted(folder.rglob("*.json")):
        document = json.loads(path.read_text())
        if path.name == "weir.json":
            continue
        owner = next((value for name, value in document.items() if isinstance(value, str) and
                      name in ("TransitGatewayRouteTableId", "PrefixListId", "TargetGroupArn", "LoadBalancerArn")),
                     path.stem[path.stem.find("tgw-rtb-"):] if "tgw-rtb-" in path.stem else "")
        for name, value in document.items():
            if isinstance(value, list):
                found.setdefault(f"{name} {owner}".strip(), []).extend(value)
    return {name: sorted({json.dumps(value, sort_keys=True) for value in values})
            for name, values in found.items() if values}


def without_empty(document: dict) -> dict:
    """The CLI prints nothing of a list that is missing in an answer."""
    return {name: value for name, value in document.items() if value != []}


def families_of(weir: Weir, snapshot: pathlib.Path) -> dict[str, tuple[int, int]]:
    done = weir.run("check-snapshot", "-s", snapshot, "-o", "json")
    assert done.returncode in (0, 1), done.stderr
    return {family["key"]: (family["objects"], family["left_out"])
            for family in json.loads(done.stdout)["families"] if family["objects"]}


def answers_of(weir: Weir, snapshot: pathlib.Path, ends: list[str]) -> dict:
    """What can each reach of the others, as the JSON of `can` has it."""
    answers = {}
    for src in ends:
        for dst in ends:
            if src == dst:
                continue
            done = weir.run("can", src, dst, "-s", snapshot, "-o", "json")
            answers[src, dst] = (done.returncode, done.stdout)
    return answers


def table(weir: Weir) -> list[list[str]]:
    policy = json.loads(weir.run("help", "iam").stdout)
    return [action.split(":") for action in policy["Statement"][0]["Action"]]


def test_a_fetched_shop_is_the_shop(weir):
    weir.fetch()
    assert objects_of(weir.snapshot) == objects_of(SHOP)
    assert families_of(weir, weir.snapshot) == families_of(weir, SHOP)
    ends = ["web-1", "app-1", "db-1", "internet"]
    assert answers_of(weir, weir.snapshot, ends) == answers_of(weir, SHOP, ends)


def test_a_fetched_market_is_the_market(build, tmp_path):
    """Two accounts side by side, by roles; Regions of one that the other does not use are empty."""
    with weir_of(build, MARKET_DATA, tmp_path) as weir:
        done = weir.fetch("--region", "eu-west-1", "--region", "us-east-1",
                          "--role-arn", f"arn:aws:iam::{FIRST}:role/audit",
                          "--role-arn", f"arn:aws:iam::{SECOND}:role/audit")
        for account in (FIRST, SECOND):
            for region in ("eu-west-1", "us-east-1"):
                assert f"{region} {account}  " in done.stdout or (account, region) == (SECOND, "us-east-1")
        assert objects_of(weir.snapshot) == objects_of(MARKET)
        ends = ["web-eu", "app-eu-1", "app-eu-2", "db-eu", "db-us", "batch-us", "monitor", "internet"]
        assert answers_of(weir, weir.snapshot, ends) == answers_of(weir, MARKET, ends)
        callers = weir.record()["callers"]
    assert [(caller["account"], caller["regions"]) for caller in callers] == \
        [(FIRST, ["eu-west-1", "us-east-1"]), (SECOND, ["eu-west-1", "us-east-1"])]
    assert callers[1]["arn"].startswith(f"arn:aws:sts::{SECOND}:assumed-role/audit/")


AWS_CLI = "/usr/bin/aws"
# The AWS CLI many times in one process: its start takes a second each time.
RUN_CLI = """
import contextlib, io, json, sys
from awscli.clidriver import create_clidriver
answers = []
for words in json.load(sys.stdin):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = create_clidriver().main(words)
    answers.append([status, out.getvalue()])
json.dump(answers, sys.stdout)
"""


def cli_words(weir: Weir, path: pathlib.Path, commands: dict[str, str]) -> list[str]:
    """The command of the AWS CLI that asks what a document of the snapshot answers."""
    command = max((command for command in commands if path.stem.startswith(command)), key=len)
    options = [word for name, value in owner_of(path).items()
               for word in (f"--{botocore.xform_name(name, '-')}", value)]
    if command == "search-transit-gateway-routes":
        options += ["--filters", "Name=state,Values=active,blackhole"]
    return [commands[command], command, *options, "--output", "json", "--endpoint-url", weir.aws.url]


def owner_of(path: pathlib.Path) -> dict[str, str]:
    return {name: value for name, value in json.loads(path.read_text()).items() if isinstance(value, str)}


@pytest.mark.skipif(not os.access(AWS_CLI, os.X_OK), reason="awscli is not installed")
@pytest.mark.parametrize("folder,documents", [
    (MARKET / FIRST / "eu-west-1", "*.json"),
    (ESTATES / "balancers", "describe-[lt][ao]*.json")], ids=["market", "balancers"])
def test_what_the_aws_cli_prints_is_what_is_fetched(build, tmp_path, folder, documents):
    """Debian's awscli asks the same server the same things."""
    with weir_of(build, documents_of(folder), tmp_path) as weir:
        weir.fetch()
        commands = {botocore.xform_name(action, "-"): "ec2" if service == "ec2" else "elbv2"
                    for service, action in table(weir)}
        paths = [path for path in sorted((weir.snapshot / FIRST / "eu-west-1").glob(documents))
                 if not path.stem.startswith(("describe-rules-", "describe-listeners-"))]
        asked = [cli_words(weir, path, commands) for path in paths]
        done = subprocess.run(["/usr/bin/python3", "-c", RUN_CLI], input=json.dumps(asked), check=True, text=True,
                              stdout=subprocess.PIPE, timeout=600,
                              env=weir.environment(HOME="/nonexistent", AWS_PAGER=""))
    assert len(paths) > 10
    for path, words, (status, text) in zip(paths, asked, json.loads(done.stdout), strict=True):
        assert status == 0, " ".join(words)
        printed = {**owner_of(path), **json.loads(text or "{}")}
        assert without_empty(json.loads(path.read_text())) == without_empty(printed), path.name


@pytest.mark.parametrize("estate", [path.name for path in sorted(ESTATES.iterdir())])
def test_an_estate_with_everything_in_it_comes_back(build, tmp_path, estate):
    with weir_of(build, documents_of(ESTATES / estate), tmp_path) as weir:
        weir.fetch()
        fetched, given = objects_of(weir.snapshot), objects_of(ESTATES / estate)
    assert {name: values for name, values in given.items() if "BlockPublicAccess" not in name} == fetched


def many_instances(count: int) -> dict:
    document = json.loads((SHOP / "describe-instances.json").read_text())
    model = document["Reservations"][0]
    return {"describe-instances": {"Reservations": [
        {**model, "ReservationId": f"r-{number:017x}",
         "Instances": [{**model["Instances"][0], "InstanceId": f"i-{number:017x}"}]} for number in range(count)]}}


def test_two_thousand_instances_come_in_pages(build, tmp_path):
    with weir_of(build, many_instances(2000), tmp_path) as weir:
        done = weir.fetch()
        pages = [call.params for call in weir.aws.calls if call.action == "DescribeInstances"]
        reservations = weir.document("describe-instances")["Reservations"]
    assert "Instances 2,000" in done.stdout
    assert [page["MaxResults"] for page in pages] == [1000, 1000]
    assert [row["Instances"][0]["InstanceId"] for row in reservations] == \
        [f"i-{number:017x}" for number in range(2000)]


def test_throttling_is_waited_out_and_told(weir):
    weir.aws.fault("throttle", action="DescribeVpcs", times=2)
    done = weir.fetch()
    assert "2 tried again, 2 throttled" in done.stdout
    assert weir.record()["throttled"] == 2
    assert objects_of(weir.snapshot) == objects_of(SHOP)


def test_a_vpc_of_its_own(build, tmp_path):
    """With --vpc, what can be chosen by VPC is, at the service where it has a filter, by id where it has none."""
    vpcs = MARKET_DATA[FIRST, "eu-west-1"]["describe-vpcs"]["Vpcs"]
    with weir_of(build, MARKET_DATA, tmp_path) as weir:
        weir.fetch("--vpc", vpcs[0]["VpcId"])
        assert weir.record()["vpcs"] == [vpcs[0]["VpcId"]]
        assert [vpc["VpcId"] for vpc in weir.document("describe-vpcs")["Vpcs"]] == [vpcs[0]["VpcId"]]
        groups = {group["GroupId"] for group in weir.document("describe-security-groups")["SecurityGroups"]}
        rules = weir.document("describe-security-group-rules-1")["SecurityGroupRules"]
        done = weir.fetch("--vpc", "vpc-0", status=2)
    assert groups and {rule["GroupId"] for rule in rules} <= groups
    assert "--vpc vpc-0: not in any of the Regions asked" in done.stderr


def test_all_regions_are_those_that_the_account_has_enabled(build, tmp_path):
    regions = {"describe-regions": {"Regions": [{"RegionName": name, "Endpoint": f"ec2.{name}.amazonaws.com"}
                                                for name in ("eu-west-1", "us-east-1")]}}
    data = {**MARKET_DATA, (FIRST, "eu-north-1"): regions}
    with weir_of(build, data, tmp_path) as weir:
        weir.fetch("--region", "all", AWS_REGION="eu-north-1")
        assert weir.record()["callers"][0]["regions"] == ["eu-west-1", "us-east-1"]
        assert weir.document("describe-vpcs", region="us-east-1")["Vpcs"]


# What goes wrong


def test_a_denied_call_is_a_gap_that_later_answers_quote(weir):
    weir.aws.denied.update({"ec2:DescribeNetworkAcls", "elasticloadbalancing:DescribeTargetGroups"})
    done = weir.fetch()
    assert "eu-west-1 111122223333: ec2:DescribeNetworkAcls: UnauthorizedOperation" in done.stderr
    record = weir.record()
    assert [(gap["action"], gap["code"]) for gap in record["denied"]] == \
        [("ec2:DescribeNetworkAcls", "UnauthorizedOperation"),
         ("elasticloadbalancing:DescribeTargetGroups", "AccessDenied")]
    assert {gap["action"] for gap in record["not_offered"]} == NOT_OFFERED
    answer = weir.run("can", "web-1", "app-1", "8080", "-s", weir.snapshot)
    assert answer.returncode == 4, "an ACL that nobody could read must not be taken for open or closed"
    assert "ec2:DescribeNetworkAcls was denied when the snapshot was fetched (UnauthorizedOperation)" in answer.stderr
    checked = weir.run("check-snapshot", "-s", weir.snapshot)
    assert checked.returncode == 1
    assert "NetworkAcls                             0         0  not all could be read" in checked.stdout


def test_a_caller_who_may_read_nothing_gets_no_snapshot(weir):
    weir.aws.denied.update(f"{service}:{action}" for service, action in table(weir))
    done = weir.fetch(status=5)
    assert "nothing could be read: ec2 Describe" in done.stderr
    assert not weir.snapshot.exists()


def test_the_least_policy_is_what_is_asked(build, tmp_path):
    """Every call of a fetch is in the policy of `weir help iam`, and all in the policy are calls."""
    with weir_of(build, documents_of(ESTATES / "balancers"), tmp_path) as weir:
        weir.fetch()
        weir.fetch("--region", "all", status=5)  # the estate has no Regions
        asked = {(call.service, call.action) for call in weir.aws.calls if call.service != "sts" and call.action}
        listed = {tuple(words) for words in table(weir)}
    assert asked <= listed
    of_others = {("ec2", name) for name in
                 ("SearchTransitGatewayRoutes", "GetTransitGatewayRouteTableAssociations",
                  "GetTransitGatewayRouteTablePropagations", "GetManagedPrefixListEntries")}
    unknown = {tuple(name.split(":")) for name in NOT_OFFERED}
    assert listed - asked <= of_others | unknown


FAULTS = [
    ("expired", {"action": "DescribeRouteTables", "times": None}, "ec2 DescribeRouteTables in eu-west-1"),
    ("reset", {"region": "eu-west-1", "service": "ec2", "times": None}, "in eu-west-1"),
    ("error500", {"action": "DescribeSubnets", "times": None}, "ec2 DescribeSubnets in eu-west-1"),
    ("html", {"action": "DescribeVpcs", "times": None}, "an HTML page where XML is expected"),
    ("bad_xml", {"action": "DescribeVpcs", "times": None}, "ec2 DescribeVpcs in eu-west-1"),
    ("truncate", {"action": "DescribeVpcs", "times": None}, "ec2 DescribeVpcs in eu-west-1"),
]


@pytest.mark.parametrize("kind,how,said", FAULTS, ids=[kind for kind, _, _ in FAULTS])
def test_a_fetch_that_fails_says_where_and_leaves_the_old_snapshot_whole(weir, kind, how, said):
    weir.fetch()
    before = {path: path.read_bytes() for path in weir.snapshot.rglob("*.json")}
    weir.aws.fault(kind, **how)
    done = weir.fetch(status=5, AWS_MAX_ATTEMPTS="2")
    assert said in done.stderr.splitlines()[-1]
    assert {path: path.read_bytes() for path in weir.snapshot.rglob("*.json")} == before
    assert list(weir.snapshot.parent.iterdir()) == [weir.snapshot], "nothing half written"


def test_a_page_token_that_repeats_is_an_error(build, tmp_path):
    with weir_of(build, many_instances(2500), tmp_path) as weir:
        weir.aws.fault("repeat_token", action="DescribeInstances", times=None)
        done = weir.fetch(status=5)
    assert "ec2 DescribeInstances: a page token came twice, its pages would never end" in done.stderr
    assert not weir.snapshot.exists()


def test_a_role_that_expires_in_the_middle_is_assumed_again(build, tmp_path):
    """The first keys are good for two seconds, the fetch takes longer."""
    with weir_of(build, MARKET_DATA, tmp_path) as weir:
        weir.aws.sts.lifetime_s = 2
        weir.aws.fault("throttle", action="DescribeSubnets", headers={"Retry-After": "3"})
        weir.fetch("--role-arn", f"arn:aws:iam::{FIRST}:role/audit", "--jobs", "1")
        assert objects_of(weir.snapshot / FIRST / "eu-west-1") == objects_of(MARKET / FIRST / "eu-west-1")
        keys = {call.headers["authorization"].split("/")[0] for call in weir.aws.calls if call.service == "ec2"}
    assert len(keys) > 1


def test_keys_that_aws_calls_expired_are_asked_for_again(build, tmp_path):
    with weir_of(build, MARKET_DATA, tmp_path) as weir:
        weir.aws.fault("expired", action="DescribeRouteTables", times=1)
        weir.fetch("--role-arn", f"arn:aws:iam::{FIRST}:role/audit")
        assert weir.document("describe-route-tables")["RouteTables"]


def test_what_is_deleted_between_two_calls_is_left_out(build, tmp_path):
    with weir_of(build, documents_of(ESTATES / "balancers"), tmp_path) as weir:
        groups = len(weir.aws.data[FIRST, "*"].documents["estate"]["TargetGroups"])
        weir.aws.fault("gone", action="DescribeTargetHealth", times=1)
        weir.fetch()
        documents = list((weir.snapshot / FIRST / "eu-west-1").glob("describe-target-health-*.json"))
        assert len(documents) == groups - 1
        assert weir.record()["denied"] == []
        weir.aws.fault("gone", action="DescribeVpcs", times=1)
        assert "ec2 DescribeVpcs" in weir.fetch(status=5).stderr, "a list of its own cannot be gone"


def test_one_region_that_is_down_is_named(build, tmp_path):
    with weir_of(build, MARKET_DATA, tmp_path) as weir:
        weir.aws.fault("reset", region="us-east-1", times=None)
        done = weir.fetch("--region", "eu-west-1", "--region", "us-east-1", status=5, AWS_MAX_ATTEMPTS="2")
    assert "in us-east-1" in done.stderr
    assert not weir.snapshot.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_fetch_leaves_nothing_behind(weir, number):
    weir.aws.fault("slow", action="DescribeInstances", seconds=30)
    process = subprocess.Popen([weir.program, "fetch", "-w", weir.snapshot], env=weir.environment(),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + RENAME_TIMEOUT_S
    while not list(weir.snapshot.parent.glob(".snap.*/*/*/*.json")) and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(number)
    assert process.wait(RENAME_TIMEOUT_S) == -number
    assert list(weir.snapshot.parent.iterdir()) == []


def test_a_full_disk_leaves_the_old_snapshot_whole(build, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs root for a small file system")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk], check=True)
    try:
        with weir_of(build, documents_of(SHOP), disk) as weir:
            weir.fetch()
            before = objects_of(weir.snapshot)
            weir.aws.load(many_instances(1000))
            done = weir.fetch(status=5)
            assert "No space left on device" in done.stderr
            assert objects_of(weir.snapshot) == before
            assert list(disk.iterdir()) == [weir.snapshot]
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_a_folder_that_is_no_snapshot_is_not_replaced(weir):
    weir.snapshot.mkdir()
    (weir.snapshot / "thesis.txt").write_text("years of work")
    done = weir.fetch(status=2)
    assert "is a folder without a weir.json" in done.stderr
    assert (weir.snapshot / "thesis.txt").read_text() == "years of work"
    shutil.rmtree(weir.snapshot)
    weir.snapshot.write_text("")
    assert "is a file, expected a folder" in weir.fetch(status=2).stderr


def test_an_empty_folder_and_a_link_to_an_older_snapshot_are_filled(weir):
    weir.snapshot.mkdir()
    weir.fetch()
    link = weir.snapshot.parent / "current"
    link.symlink_to(weir.snapshot)
    before = weir.record()["time"]
    done = weir.run("fetch", "-w", link)
    assert done.returncode == 0, done.stderr
    assert link.is_symlink() and weir.record()["time"] >= before


@pytest.mark.parametrize("words,said", [
    ([], "no place for the snapshot: give --write PATH"),
    (["-w", "x", "--region", "../etc"], "--region '../etc': expected one like eu-west-1"),
    (["-w", "x", "--vpc", "shop"], "--vpc 'shop': expected an id like vpc-0a1b"),
    (["-w", "x", "--jobs", "0"], "--jobs: '0' is not a whole number from 1 to 64"),
    (["-w", "x", "--profile", "a", "--profile", "b", "--role-arn", "c", "--role-arn", "d"],
     "only one of them can be given several times"),
])
def test_a_mistake_on_the_command_line_is_told_before_anything_is_asked(weir, words, said):
    done = weir.run("fetch", *words)
    assert (done.returncode, weir.aws.calls) == (2, [])
    assert said in done.stderr


def test_without_a_region_the_program_says_how_to_give_one(weir):
    done = weir.fetch(status=2, AWS_REGION="", AWS_DEFAULT_REGION="")
    assert "no Region: give --region, set AWS_REGION, or `region` in the profile" in done.stderr


def test_members_that_are_not_kept_are_written_down(weir):
    weir.aws.load({"describe-vpcs": {"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16",
                                               "Quantum": {"State": "on"}}]}})
    weir.fetch()
    assert weir.record()["left_out"] == ["DescribeVpcs: Vpcs.quantum"]
    assert "Quantum" not in weir.document("describe-vpcs")["Vpcs"][0]


def test_secrets_of_tunnels_are_not_kept(weir):
    weir.aws.load({"describe-vpn-connections": {"VpnConnections": [
        {"VpnConnectionId": "vpn-1", "CustomerGatewayConfiguration": "<psk>hunter2</psk>",
         "Options": {"TunnelOptions": [{"OutsideIpAddress": "192.0.2.1", "PreSharedKey": "hunter2"}]}}]}})
    weir.fetch()
    assert b"hunter2" not in b"".join(path.read_bytes() for path in weir.snapshot.rglob("*.json"))
    assert weir.record()["left_out"] == []


def test_the_policy_of_the_sensor_is_the_one_that_the_docs_explain(root, build):
    """Each action of a sink is one that it makes: CloudWatch Logs are read where a batch is in doubt, too."""
    printed = json.loads(subprocess.run([build / "weir", "help", "iam", "sensor"], check=True, capture_output=True).stdout)
    written = re.search(r"```json\n(\{.*?\n\})\n```", (root / "docs/cli.md").read_text(), re.S).group(1)
    assert printed["Statement"][1:] == json.loads(written)["Statement"]
