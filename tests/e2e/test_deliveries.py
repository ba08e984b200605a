# SPDX-License-Identifier: Apache-2.0
"""sensor/delivery/delivery_s3 and delivery_logs against the test servers: what arrives, once, whatever goes wrong."""

import collections
import gzip
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/aws"))
botocore = pytest.importorskip("botocore")
import botocore.session  # noqa: E402
from lab import require_root_and_netns  # noqa: E402
from server import AwsServer  # noqa: E402

SHOP = ROOT / "policies/examples/shop"
ACCOUNT, REGION = "111122223333", "eu-west-1"
HEADER = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
SEED = int(os.environ.get("WEIR_SEED", time.time_ns() % 1000000))
ENIS = ["eni-0a1b2c3d4e5f60718", "eni-0a1b2c3d4e5f60719", "eni-0a1b2c3d4e5f6071a"]
# Records of windows that are over, the second of them in one whose start both sinks know.
WINDOW = int(time.time()) // 300 * 300 - 600


@pytest.fixture(name="aws")
def aws_fixture():
    with AwsServer() as server:
        server.s3.bucket("logs")
        server.logs.groups["flows"] = {}
        yield server


@pytest.fixture(name="environment")
def environment_fixture(aws):
    clean = {name: value for name, value in os.environ.items()
             if not name.startswith("AWS_") and name.lower() not in ("http_proxy", "all_proxy")}
    return {**clean, **aws.environment(), "ACCOUNT": ACCOUNT, "REGION": REGION, "INSTANCE": "i-0123456789abcdef0"}


@pytest.fixture(name="deliver")
def deliver_fixture(build, environment, tmp_path):
    """deliver(sink, records…) → (status, what the board says, standard error)."""
    def deliver(sink: str, records: list = (), attempts: int = 1, state: str = "state", **env: str):
        (tmp_path / state).mkdir(exist_ok=True)
        done = subprocess.run([build / "tests/aws/deliver", tmp_path / state, sink, str(attempts)], check=False,
                              input=framed(records), text=True, timeout=120, capture_output=True,
                              env={**environment, **env})
        return done.returncode, board_of(done.stdout), done.stderr
    return deliver


def board_of(text: str) -> dict:
    rows = [line.split(" ", 1) for line in text.splitlines()]
    return {name: int(value) if value.isdigit() else value for name, value in rows}


def record(number: int, start: int = WINDOW, eni: str = "", seconds: int = 60) -> tuple[int, int, str, str]:
    eni = eni or ENIS[number % 3]
    return (start + seconds, start, eni, f"2 {ACCOUNT} {eni} 10.0.{number // 60000}.1 10.0.1.10 {1024 + number % 60000} "
            f"443 6 5 400 {start} {start + seconds} {'ACCEPT' if number % 5 else 'REJECT'} OK")


def framed(records) -> str:
    return "".join(f"{end} {start} {eni} {text}\n" for end, start, eni, text in records)


def texts(records) -> list[str]:
    return [row[3] for row in records]


def in_bucket(aws, name: str = "logs") -> list[str]:
    """All records, in the order of the keys."""
    found = []
    for _, body in sorted(aws.s3.bucket(name).items()):
        header, *lines = gzip.decompress(body).decode().splitlines()
        assert header == HEADER
        found += lines
    return found


def in_group(aws, name: str = "flows") -> list[str]:
    return [text for stream in aws.logs.groups[name].values() for _, text in stream]


def called(aws, action: str) -> list:
    return [call for call in aws.calls if call.action == action]


# S3

@pytest.mark.parametrize("sink,folder", [
    ("s3:logs", "AWSLogs/111122223333/vpcflowlogs/eu-west-1/%Y/%m/%d/"),
    ("s3:logs/a/b c/", "a/b c/AWSLogs/111122223333/vpcflowlogs/eu-west-1/%Y/%m/%d/"),
    ("s3:logs,hourly", "AWSLogs/111122223333/vpcflowlogs/eu-west-1/%Y/%m/%d/%H/"),
    ("s3:logs/p,hive", "p/AWSLogs/aws-account-id=111122223333/aws-service=vpcflowlogs/aws-region=eu-west-1/"
                       "year=%Y/month=%m/day=%d/"),
    ("s3:logs,hive,hourly", "AWSLogs/aws-account-id=111122223333/aws-service=vpcflowlogs/aws-region=eu-west-1/"
                            "year=%Y/month=%m/day=%d/hour=%H/")])
def test_an_object_has_awss_name_and_what_other_programs_unpack(aws, deliver, tmp_path, sink, folder):
    records = [record(number) for number in range(1000)]
    status, board, text = deliver(sink, records)
    assert (status, board["delivered"], board["left"]) == (0, 1000, 0), text
    (key, body), = aws.s3.bucket("logs").items()
    moment = time.gmtime(WINDOW)
    assert re.fullmatch(re.escape(time.strftime(folder, moment)) + f"{ACCOUNT}_vpcflowlogs_{REGION}_fl-[0-9a-f]{{17}}_"
                        + time.strftime("%Y%m%dT%H%MZ", moment) + r"_[0-9a-f]{8}\.log\.gz", key)
    (tmp_path / "x.gz").write_bytes(body)
    subprocess.run(["gzip", "-t", tmp_path / "x.gz"], check=True)
    unpacked = subprocess.run(["zcat", tmp_path / "x.gz"], check=True, capture_output=True, text=True).stdout
    assert unpacked.splitlines() == [HEADER, *texts(records)]


def test_each_five_minutes_are_an_object_by_the_end_of_their_records(aws, deliver):
    """The window of the name has the records that end in it; one that began before is among them."""
    records = [record(1, WINDOW - 60), record(2, WINDOW + 239), record(3, WINDOW + 240)]
    assert deliver("s3:logs", records)[0] == 0
    stamps = {re.search(r"_(\d{8}T\d{4}Z)_", key).group(1): gzip.decompress(body).decode().count("\n") - 1
              for key, body in aws.s3.bucket("logs").items()}
    assert stamps == {time.strftime("%Y%m%dT%H%MZ", time.gmtime(WINDOW)): 2,
                      time.strftime("%Y%m%dT%H%MZ", time.gmtime(WINDOW + 300)): 1}


def test_a_segment_of_longer_windows_becomes_an_object_for_each_of_its_five_minutes(aws, deliver):
    start = WINDOW // 1200 * 1200
    records = [record(number, start + number * 2, seconds=1) for number in range(600)]
    aws.fault("reset", action="PutObject", after=1, times=2)
    status, board, text = deliver("s3:logs", records, attempts=3, PERIOD="1200")
    assert (status, board["delivered"], board["deliveries"]) == (0, 600, 4), text
    assert in_bucket(aws) == texts(records)


@pytest.mark.parametrize("verb", [["top", "--by", "srcaddr,dstport,action", "-o", "json"],
                                  ["check", "-s", str(SHOP), "-o", "json"]])
@pytest.mark.parametrize("options", ["", ",hive,hourly"])
def test_weir_reads_from_the_bucket_what_the_sensor_put_there(aws, build, deliver, environment, tmp_path, verb, options):
    records = [record(number, WINDOW + number % 600) for number in range(5000)]
    assert deliver(f"s3:logs/p{options}", records)[0] == 0
    (tmp_path / "plain.log").write_text("\n".join([HEADER, *texts(records)]) + "\n")

    def answer(where: str) -> tuple[int, str]:
        done = subprocess.run([build / "weir", verb[0], where, *verb[1:]], check=False, env=environment, timeout=120,
                              capture_output=True, text=True)
        return done.returncode, done.stdout.replace(where, "WHERE"), done.stderr

    for key, body in aws.s3.bucket("logs").items():
        (tmp_path / "copy" / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "copy" / key).write_bytes(body)
    folder, bucket = answer(str(tmp_path / "copy/p")), answer("s3://logs/p")
    assert len(aws.s3.bucket("logs")) >= 2
    assert bucket == folder and bucket[1].count("\n") > 3
    if verb[0] == "top":
        plain, found = json.loads(answer(str(tmp_path / "plain.log"))[1]), json.loads(bucket[1])
        assert (found["totals"], found["groups"]) == (plain["totals"], plain["groups"])


def test_the_aws_cli_reads_it_too(aws, deliver, environment, tmp_path):
    if not shutil.which("aws"):
        pytest.skip("the AWS CLI is not installed")
    records = [record(number) for number in range(100)]
    assert deliver("s3:logs,hive", records)[0] == 0
    subprocess.run(["aws", "s3", "cp", "--recursive", "--endpoint-url", aws.url, "s3://logs/", tmp_path / "copy"],
                   check=True, env=environment, capture_output=True, timeout=60)
    file, = (tmp_path / "copy").rglob("*.log.gz")
    assert gzip.decompress(file.read_bytes()).decode().splitlines() == [HEADER, *texts(records)]


def test_two_sensors_never_write_the_same_object(aws, deliver):
    records = [record(number) for number in range(10)]
    for number in range(3):
        for sink in ("s3:logs", "s3:logs,flow-log-id=fl-1234abcd"):
            assert deliver(sink, records, state=f"s{number}{len(sink)}", INSTANCE=f"i-{number}")[0] == 0
    assert len(aws.s3.bucket("logs")) == 6
    assert sum("_fl-1234abcd_" in key for key in aws.s3.bucket("logs")) == 3
    assert in_bucket(aws) == texts(records) * 6


def test_an_object_of_another_is_not_overwritten(aws, deliver):
    """As when 32 bits of two hashes are equal, or a state folder was lost and its numbers come again."""
    aws.s3.bucket("second")
    assert deliver("s3:second", [record(1)], state="first")[0] == 0
    key, = aws.s3.bucket("second")
    aws.s3.bucket("logs")[key] = theirs = gzip.compress(f"{HEADER}\ntheirs\n".encode())
    status, board, text = deliver("s3:logs", [record(1)])
    assert (status, board["delivered"]) == (0, 1), text
    assert aws.s3.bucket("logs").pop(key) == theirs
    assert in_bucket(aws) == texts([record(1)])


def test_what_owner_and_kms_ask_for_is_sent_and_signed(aws, deliver):
    arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    assert deliver(f"s3:logs,owner,kms={arn}", [record(1)])[0] == 0
    write, = aws.s3.writes("logs")
    assert write.headers["x-amz-acl"] == "bucket-owner-full-control"
    assert write.headers["x-amz-server-side-encryption"] == "aws:kms"
    assert write.headers["x-amz-server-side-encryption-aws-kms-key-id"] == arn
    assert write.headers["content-type"] == "application/gzip" and "content-encoding" not in write.headers
    assert deliver("s3:logs", [record(1)], state="plain")[0] == 0
    assert not any(name.startswith(("x-amz-acl", "x-amz-server")) for name in aws.s3.writes("logs")[1].headers)


def test_a_bucket_in_another_region_is_found_once(aws, deliver):
    aws.s3.bucket("far", "ap-southeast-2")
    records = [record(number, WINDOW + number * 300) for number in range(2)]
    assert deliver("s3:far", records)[0] == 0
    assert in_bucket(aws, "far") == texts(records)
    assert [call.region for call in aws.calls] == ["eu-west-1", "ap-southeast-2", "ap-southeast-2"]


@pytest.mark.parametrize("kind", ["reset", "close", "outage", "error500", "unavailable", "html502", "truncate"])
def test_an_object_whose_answer_is_lost_is_written_once(aws, deliver, kind):
    aws.fault(kind, action="PutObject", times=2)
    records = [record(number, WINDOW + number % 2 * 300) for number in range(100)]
    status, board, text = deliver("s3:logs", records, attempts=5)
    assert (status, board["delivered"], board["deliveries"]) == (0, 100, 2), text
    assert sorted(in_bucket(aws)) == sorted(texts(records))
    bodies = collections.defaultdict(set)
    for write in aws.s3.writes("logs"):
        bodies[write.key].add(write.body)
    assert len(bodies) == 2 and all(len(body) == 1 for body in bodies.values())
    assert sum(not write.refused for write in aws.s3.writes("logs")) == 2


def test_a_sensor_that_is_killed_while_it_waits_for_the_answer_writes_no_second_object(aws, build, environment,
                                                                                        deliver, tmp_path):
    records = [record(number) for number in range(100)]
    aws.fault("late", action="PutObject", seconds=3)
    kill_when(build, environment, tmp_path, "s3:logs", records, lambda: aws.s3.writes("logs"))
    status, board, text = deliver("s3:logs")
    assert (status, board["left"]) == (0, 0), text
    assert in_bucket(aws) == texts(records)
    first, second = aws.s3.writes("logs")
    assert (first.key, first.body) == (second.key, second.body) and second.refused == "PreconditionFailed"


@pytest.mark.parametrize("sink,action", [("s3:logs", "PutObject"), ("logs:flows", "PutLogEvents")])
def test_nothing_is_lost_or_there_twice_when_the_sensor_is_killed_again_and_again(aws, build, environment, deliver,
                                                                                  tmp_path, sink, action):
    rng = random.Random(SEED)
    aws.logs.groups["flows"].update({f"{eni}-all": [] for eni in ENIS})
    # So many that there is something left to be killed at each time.
    records = [record(number, WINDOW - 9000 + number, seconds=1) for number in range(9000)]
    assert deliver(sink, records, attempts=0, PERIOD="600")[1]["left"] == 9000
    aws.fault("late", action=action, seconds=0.2, times=None)
    for _ in range(6):
        count, pause_s = len(called(aws, action)), rng.uniform(0, 0.3)
        kill_when(build, environment, tmp_path, sink, [], lambda so_far=count: len(called(aws, action)) > so_far,
                  pause_s)
    status, board, text = deliver(sink)
    assert (status, board["left"]) == (0, 0), text
    assert sorted(in_bucket(aws) + in_group(aws)) == sorted(texts(records)), f"seed {SEED}"


def kill_when(build, environment, tmp_path, sink: str, records, is_time, pause_s: float = 0) -> None:
    (tmp_path / "state").mkdir(exist_ok=True)
    with subprocess.Popen([build / "tests/aws/deliver", tmp_path / "state", sink, "1"], stdin=subprocess.PIPE,
                          stdout=subprocess.DEVNULL, text=True, env=environment) as process:
        process.stdin.write(framed(records))
        process.stdin.close()
        until = time.monotonic() + 30
        while not is_time() and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(pause_s)
        process.kill()
    assert is_time()


@pytest.mark.parametrize("sink,action,said", [
    ("s3:logs", "s3:PutObject", "AccessDenied: You are not authorized"),
    ("logs:flows", "logs:PutLogEvents", "log group 'flows': logs PutLogEvents in eu-west-1: AccessDeniedException")])
def test_what_is_not_allowed_waits_until_it_is(aws, deliver, sink, action, said):
    aws.denied.add(action)
    records = [record(number) for number in range(90)]
    status, board, text = deliver(sink, records, attempts=3)
    assert (status, board["delivered"], board["refused"], board["left"]) == (5, 0, 0, 90)
    assert text.count(said) == 4 and f"is not authorized to perform: {action}" in text
    aws.denied.clear()
    aws.logs.groups["flows"].update({f"{eni}-all": [] for eni in ENIS})
    assert deliver(sink)[1]["delivered"] == 90
    assert sorted(in_bucket(aws) + in_group(aws)) == sorted(texts(records))
    assert not called(aws, "GetLogEvents")[2:]


def test_what_waits_is_written_under_the_names_its_fields_had(aws, deliver):
    """A sensor is started again with another --format while its bucket cannot be written to."""
    aws.denied.add("s3:PutObject")
    assert deliver("s3:logs", [(WINDOW + 60, WINDOW, ENIS[0], "443 6")], HEADER="dstport protocol")[0] == 5
    aws.denied.clear()
    status, board, text = deliver("s3:logs", [record(1)], HEADER=HEADER)
    assert (status, board["delivered"], board["torn"]) == (0, 2, 0), text
    objects = sorted(gzip.decompress(body).decode() for body in aws.s3.bucket("logs").values())
    assert objects == ["dstport protocol\n443 6\n", f"{HEADER}\n{texts([record(1)])[0]}\n"]


@pytest.mark.parametrize("sink", ["s3:logs", "logs:flows"])
def test_what_a_full_spool_drops_is_told_the_service_once_for_each_interface(aws, deliver, sink):
    """An outage that outlasts its spool, and the sensor that goes on after it: whoever reads there misses nothing unknowingly."""
    aws.logs.groups["flows"].update({f"{eni}-all": [] for eni in ENIS})
    records = [record(number, WINDOW - 3000 + 3 * number, seconds=2) for number in range(1000)]
    dropped = deliver(sink, records, attempts=0, HEADER=HEADER, SPOOL="65536")[1]["full"]
    assert dropped > 0 and not in_bucket(aws) + in_group(aws)
    status, board, text = deliver(sink, HEADER=HEADER, SPOOL="65536")
    assert (status, board["left"], board["full"]) == (0, 0, 0), text
    there = in_bucket(aws) + in_group(aws)
    skipped = [line.split(" ") for line in there if line.endswith(" SKIPDATA")]
    assert sorted(set(there) - set(texts(records))) == sorted(" ".join(words) for words in skipped)
    assert [words[:10] for words in sorted(skipped)] == [["2", ACCOUNT, eni, *"-------"] for eni in ENIS]
    assert len(there) - len(skipped) == len(records) - dropped == len(set(there) & set(texts(records)))
    spans = {words[2]: (int(words[10]), int(words[11])) for words in skipped}
    missing = [row for row in records if row[3] not in there]
    for eni, (begin, end) in spans.items():
        ends = [end for end, _, name, _ in missing if name == eni]
        starts = [start for _, start, name, _ in missing if name == eni]
        assert (begin, end) == (min(starts) // 60 * 60, max(ends) // 60 * 60 + 59)


@pytest.mark.parametrize("sink", ["s3:logs", "logs:flows"])
def test_an_outage_is_sat_out_and_nothing_is_lost_or_out_of_order(aws, deliver, sink):
    aws.fault("outage", times=None, lasts=3)
    records = [record(number, WINDOW + number * 3) for number in range(200)]
    status, board, text = deliver(sink, records, attempts=60)
    assert (status, board["delivered"], board["left"]) == (0, 200, 0), text
    assert sorted(in_bucket(aws) + in_group(aws)) == sorted(texts(records))
    for stream in aws.logs.groups["flows"].values():
        assert [moment for moment, _ in stream] == sorted(moment for moment, _ in stream)
    assert [write.key for write in aws.s3.writes("logs")] == sorted(write.key for write in aws.s3.writes("logs"))


@pytest.mark.parametrize("sink,action", [("s3:logs", "PutObject"), ("logs:flows", "PutLogEvents")])
def test_throttling_is_met_with_patience_and_is_no_failure(aws, deliver, sink, action):
    aws.fault("throttle", action=action, times=2)
    status, board, text = deliver(sink, [record(1)])
    assert (status, text) == (0, "") and board["delivered"] == 1
    assert len(called(aws, action)) >= 3


def test_what_s3_will_never_take_is_counted_and_what_follows_is_delivered(aws, deliver):
    aws.s3.buckets["logs"].size_max = 1000
    records = [record(number) for number in range(1000)] + [record(7, WINDOW + 300)]
    status, board, text = deliver("s3:logs", records)
    assert (status, board["delivered"], board["refused"], board["left"]) == (0, 1, 1000, 0), text
    assert "EntityTooLarge" in board["failure"]
    assert in_bucket(aws) == texts([record(7, WINDOW + 300)])


@pytest.mark.parametrize("sink,env,said", [
    ("s3:logs", {"ACCOUNT": ""}, "the account is part of every object's name and not known: --account-id ID gives it"),
    ("s3:logs", {"REGION": ""}, "the Region is part of every object's name and not known: --region NAME gives it"),
    ("logs:flows", {"REGION": "", "AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, "in which Region?  --region NAME says it"),
    ("s3:logs/AWSLogs", {}, "no folder of a prefix may be called AWSLogs")])
def test_what_is_not_known_is_said_before_anything_is_asked(aws, deliver, sink, env, said):
    status, _, text = deliver(sink, [record(1)], **env)
    assert status == 2 and said in text
    assert not aws.calls


@pytest.mark.parametrize("sink,said", [
    ("securityhub", "'securityhub': whose findings are they?  --account-id ID says it"),
    ("s3:logs", "'s3:logs': the account is part of every object's name and not known: --account-id ID gives it"),
    ("logs:flows", "'logs:flows': in which Region?  --region NAME says it"),
    ("s3:a b", "--output: 's3:a b': 'a b' is no bucket: expected 3 to 255 letters, digits, '-', '.' or '_'")])
def test_a_sensor_that_lacks_what_a_sink_needs_does_not_start(build, environment, tmp_path, sink, said):
    require_root_and_netns()
    nowhere = {name: value for name, value in environment.items() if "REGION" not in name}
    done = subprocess.run([build / "weir-sensor", "-i", "lo", "--identity", "none", "--state", tmp_path,
                           "-s", ROOT / "policies/examples/shop",
                           *(["-o", "none", "--events", sink] if sink == "securityhub" else ["-o", sink])],
                          check=False, env=nowhere, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2 and said in done.stderr


def test_the_policy_in_the_docs_allows_what_is_called_and_nothing_that_there_is_not():
    text = (ROOT / "docs/cli.md").read_text()
    policy = json.loads(re.search(r"```json\n(\{\n    \"Version\".*?)```", text, re.DOTALL).group(1))
    actions = [action for statement in policy["Statement"] for action in statement["Action"]]
    assert {"s3:PutObject", "logs:CreateLogStream", "logs:PutLogEvents", "logs:GetLogEvents"} < set(actions)
    for action in actions:
        service, name = action.split(":")
        assert name in botocore.session.Session().get_service_model(service).operation_names, action


# CloudWatch Logs

def test_records_become_events_of_their_interface_at_their_start(aws, deliver):
    records = [record(number, WINDOW + 7 * number % 50) for number in range(300)]
    status, board, text = deliver("logs:flows", records)
    assert (status, board["delivered"], board["refused"], board["left"]) == (0, 300, 0, 0), text
    assert set(aws.logs.groups["flows"]) == {f"{eni}-all" for eni in ENIS}
    for eni in ENIS:
        mine = sorted(((start * 1000, text) for _, start, name, text in records if name == eni), key=lambda row: row[0])
        assert aws.logs.groups["flows"][f"{eni}-all"] == mine


def test_batches_keep_to_the_limits_and_are_the_same_each_time(aws, deliver):
    """The server refuses what is beyond them; one line is as long as one may be."""
    aws.logs.groups["again"] = {}
    longest = (WINDOW + 60, WINDOW, ENIS[0], "x" * (1_048_576 - 26))
    records = [record(number, eni=ENIS[0]) for number in range(25000)] + [longest]
    for group in ("flows", "again"):
        status, board, text = deliver(f"logs:{group}", records, state=group)
        assert (status, board["delivered"], board["refused"]) == (0, 25001, 0), text
    first, again = ([batch.events for batch in aws.logs.batches if batch.group == group] for group in ("flows", "again"))
    assert first == again and len(first) >= 4
    assert max(map(len, first)) <= 10000


def test_what_is_too_old_or_too_new_is_counted_and_passed_over(aws, deliver):
    """What the clock tells, and what only the service knows: how long the group keeps events."""
    now = int(time.time())
    aws.logs.groups["week"] = {}
    aws.logs.retention_days["week"] = 7
    ages = [-20 * 86400, -15 * 86400, -8 * 86400, -60, 3 * 3600]
    records = [record(0, now + age) for age in ages]
    status, board, text = deliver("logs:flows", records)
    assert (status, board["delivered"], board["refused"], board["left"]) == (0, 2, 3, 0), text
    assert "older than 14 days" in board["failure"]
    assert in_group(aws) == texts(records)[2:4]
    status, board, text = deliver("logs:week", records, state="week")
    assert (status, board["delivered"], board["refused"], board["left"]) == (0, 1, 4, 0), text
    assert in_group(aws, "week") == texts(records)[3:4]


def test_a_group_that_is_not_there_is_made_only_when_that_is_asked_for(aws, deliver):
    status, board, text = deliver("logs:new", [record(1)])
    assert status == 5 and board["left"] == 1 and "new" not in aws.logs.groups
    assert "log group 'new': the group must be there, or the sink say ,create: logs CreateLogStream in eu-west-1: " \
        "ResourceNotFoundException" in text
    status, board, text = deliver("logs:new,create", state="state")
    assert (status, board["delivered"]) == (0, 1), text
    assert in_group(aws, "new") == texts([record(1)])


@pytest.mark.parametrize("kind,lag_s", [("reset", 0), ("reset", 2), ("close", 0), ("outage", 0), ("error500", 0),
                                        ("html502", 0), ("truncate", 0)])
def test_a_batch_whose_answer_is_lost_stands_once_in_its_stream(aws, deliver, kind, lag_s):
    """Over connections that were kept, too: curl sends again what one of those swallowed."""
    aws.logs.groups["flows"].update({f"{eni}-all": [] for eni in ENIS})
    aws.logs.lag_s = lag_s
    aws.fault(kind, action="PutLogEvents", after=1, times=1)
    records = [record(number) for number in range(3000)]
    status, board, text = deliver("logs:flows", records, attempts=5)
    assert (status, board["delivered"], board["left"]) == (0, 3000, 0), text
    assert sorted(in_group(aws)) == sorted(texts(records))
    asked = called(aws, "GetLogEvents")
    assert asked and all(call.params["startTime"] == WINDOW * 1000 and call.params["endTime"] == WINDOW * 1000 + 1 and
                         call.params["logStreamName"] == f"{ENIS[1]}-all" for call in asked)


def test_of_a_batch_that_is_half_there_the_other_half_is_sent(aws, deliver):
    """Equal records are counted: two of which one is there need one more.  Pages are small and many."""
    records = [record(number, eni=ENIS[0]) for number in range(100)]
    records += records[:3]
    half = [(WINDOW * 1000, text) for text in texts(records)[:60]]
    aws.fault("outage", action="PutLogEvents", times=1)
    aws.logs.page_events_max = 7
    aws.logs.groups["flows"][f"{ENIS[0]}-all"] = half
    aws.logs.taken = {("flows", f"{ENIS[0]}-all", number): 0 for number in range(60)}
    status, board, text = deliver("logs:flows", records, attempts=2)
    assert (status, board["delivered"]) == (0, 103), text
    assert sorted(in_group(aws)) == sorted(texts(records))


def test_a_sensor_that_is_killed_while_it_waits_for_the_answer_sends_no_event_twice(aws, build, environment, deliver,
                                                                                     tmp_path):
    aws.logs.groups["flows"].update({f"{eni}-all": [] for eni in ENIS})
    records = [record(number) for number in range(3000)]
    aws.fault("late", action="PutLogEvents", after=1, seconds=3)
    kill_when(build, environment, tmp_path, "logs:flows", records, lambda: len(aws.logs.batches) == 2)
    status, board, text = deliver("logs:flows")
    assert (status, board["left"], board["delivered"]) == (0, 0, 2000), text
    assert sorted(in_group(aws)) == sorted(texts(records))
    assert len(aws.logs.batches) == 3


def test_a_batch_that_cannot_be_looked_up_waits(aws, deliver):
    aws.logs.groups["flows"][f"{ENIS[0]}-all"] = []
    aws.denied.add("logs:GetLogEvents")
    aws.fault("reset", action="PutLogEvents")
    status, board, text = deliver("logs:flows", [record(0)], attempts=2)
    assert (status, board["left"]) == (5, 1)
    assert "whether a batch arrived: logs GetLogEvents in eu-west-1: AccessDeniedException" in text
    aws.denied.clear()
    assert deliver("logs:flows")[0] == 0
    assert in_group(aws) == texts([record(0)])


def test_a_batch_that_logs_will_never_take_is_counted_and_what_follows_is_delivered(aws, deliver):
    aws.logs.groups["flows"].update({f"{eni}-all": [] for eni in ENIS})
    aws.fault("invalid", action="PutLogEvents", after=1)
    records = [record(number) for number in range(30)]
    status, board, text = deliver("logs:flows", records)
    assert (status, board["delivered"], board["refused"], board["left"]) == (0, 20, 10, 0), text
    assert "InvalidParameterException" in board["failure"]
    assert sorted(in_group(aws)) == sorted(text for _, _, eni, text in records if eni != ENIS[1])


def test_the_aws_cli_reads_the_events_too(aws, deliver, environment):
    if not shutil.which("aws"):
        pytest.skip("the AWS CLI is not installed")
    records = [record(number, eni=ENIS[0]) for number in range(20)]
    assert deliver("logs:flows", records)[0] == 0
    done = subprocess.run(["aws", "logs", "get-log-events", "--endpoint-url", aws.url, "--log-group-name", "flows",
                           "--log-stream-name", f"{ENIS[0]}-all", "--start-from-head", "--next-token", "f/0",
                           "--output", "json"], check=True, env=environment, capture_output=True, timeout=60)
    assert [row["message"] for row in json.loads(done.stdout)["events"]] == texts(records)
