# SPDX-License-Identifier: Apache-2.0
"""The sinks of events against receivers: a webhook's, Security Hub's test server, and a journald of the test's own."""

import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/aws"))
pytest.importorskip("botocore")
from journald import JOURNALD, Journald  # noqa: E402
from lab import require_root_and_netns  # noqa: E402
from server import AwsServer  # noqa: E402
from webhook import Webhook  # noqa: E402

HOSTILE = "<!channel> & <http://evil|x>\x1b[31m\n\u202eGO</script>\"\\é"
SECRET = "sEcReT"


def event(number: int = 0, **members) -> dict:
    """An event as the sensor writes it; None leaves a member out."""
    made = {"schema": "weir/event/1", "id": f"{number:016x}", "time": f"2026-11-28T10:41:{number % 60:02}.203Z",
            "verdict": "unexpected", "direction": "ingress", "action": "ACCEPT", "role": "initiator", "model": "allow",
            "layer": None, "rules": [{"kind": "sg", "id": "sg-1", "rule": "sgr-1"}], "path": "app -> db tcp/5432",
            "src_tier": "app", "dst_tier": "db", "policy_line": 4, "policy": "deny any -> db",
            "why": "the policy does not list it", "account_id": "111122223333", "region": "eu-west-1",
            "vpc_id": "vpc-0a1b2c3d", "subnet_id": "subnet-0a1b2c3d", "instance_id": "i-0a1b2c3d4e5f60718",
            "interface_id": "eni-0a1b2c3d4e5f60718", "interface": "ens5", "srcaddr": "10.0.1.5", "dstaddr": "10.0.2.7",
            "srcport": 50123, "dstport": 5432, "protocol": "tcp", "tcp_flags": 2, "src_name": "app-1",
            "dst_name": "db-1", **members}
    return {name: value for name, value in made.items() if value is not None or name == "layer"}


def lines_of(events: list[dict]) -> list[bytes]:
    return [json.dumps(made, separators=(",", ":")).encode() for made in events]


@dataclasses.dataclass
class Outcome:
    status: int
    said: dict[str, str]  # word → the rest of its line
    later: list[str]  # what each attempt that has to be made again said
    text: str


@pytest.fixture(name="deliver")
def deliver_fixture(build, tmp_path):
    """deliver(sink, events, attempts, NAME=value…) → Outcome; the spool is the same in one test, as after a restart."""
    (tmp_path / "spool").mkdir()

    def deliver(sink: str, events: list[dict] | list[bytes], attempts: int = 1, **env: str) -> Outcome:
        clean = {name: value for name, value in os.environ.items()
                 if not name.startswith("AWS_") and not name.lower().endswith("_proxy")}
        texts = events if events and isinstance(events[0], bytes) else lines_of(events)
        done = subprocess.run([build / "tests/aws/deliver", tmp_path / "spool", sink, str(attempts)], check=False,
                              input=b"".join(b"1795862467 1795862467 - " + text + b"\n" for text in texts),
                              capture_output=True, timeout=120,
                              env={**clean, "TZ": "UTC", "ACCOUNT": "111122223333", "REGION": "eu-west-1",
                                   "INSTANCE": "i-0a1b2c3d4e5f60718", **env})
        assert done.returncode in (0, 2, 3, 4, 5), done.stderr
        later = done.stderr.decode().splitlines()
        return Outcome(done.returncode, dict(line.split(" ", 1) for line in done.stdout.decode().splitlines()),
                       later[:-1] if done.returncode else later, (done.stdout + done.stderr).decode())
    return deliver


@pytest.fixture(name="webhook")
def webhook_fixture():
    with Webhook() as server:
        yield server


@pytest.fixture(name="aws")
def aws_fixture():
    with AwsServer() as server:
        yield server


@pytest.fixture(name="journal", scope="module")
def journal_fixture():
    require_root_and_netns()
    if not JOURNALD.exists():
        pytest.skip("systemd-journald is not installed")
    with Journald() as journal:
        yield journal


# Webhooks

def test_a_webhook_gets_events_as_json_a_hundred_at_a_time(deliver, webhook):
    events = [event(number) for number in range(250)]
    outcome = deliver(f"webhook:{webhook.url}", events)
    assert outcome.status == 0, outcome.text
    bodies = [json.loads(post.body)["events"] for post in webhook.posts]
    assert [len(body) for body in bodies] == [100, 100, 50]
    assert sum(bodies, []) == events
    assert {post.headers["content-type"] for post in webhook.posts} == {"application/json"}
    assert outcome.said["delivered"] == "250" and outcome.said["left"] == "0"
    assert int(outcome.said["bytes"]) == sum(map(len, lines_of(events)))


def test_a_post_has_at_most_256_kib_of_events(deliver, webhook):
    deliver(f"webhook:{webhook.url}", [event(number, why="x" * 10000) for number in range(60)])
    assert [len(json.loads(post.body)["events"]) for post in webhook.posts] == [24, 24, 12]


def test_the_same_batch_has_the_same_key_after_a_restart_too_and_another_sensors_batch_has_not(deliver, webhook):
    webhook.answer(200, times=1)
    webhook.answer(500, times=2)
    assert deliver(f"webhook:{webhook.url}", [event(number) for number in range(150)], 2).status == 5
    assert deliver(f"webhook:{webhook.url}", []).status == 0
    assert deliver(f"webhook:{webhook.url}", [event(number) for number in range(50)]).status == 0
    keys = [post.headers["idempotency-key"] for post in webhook.posts]
    assert [post.status for post in webhook.posts] == [200, 500, 500, 200, 200]
    assert keys[1] == keys[2] == keys[3] and len(set(keys)) == 3
    assert re.fullmatch(r"\d{8}T\d{4}Z-\d+-0-[0-9a-f]{16}", keys[0])
    assert re.fullmatch(r"\d{8}T\d{4}Z-\d+-1-[0-9a-f]{16}", keys[1])


def test_slack_gets_text_in_which_names_stay_names(deliver, webhook):
    events = [event(number, src_name=HOSTILE, path=HOSTILE) for number in range(12)]
    outcome = deliver(f"webhook:{webhook.url},template=slack", events)
    assert outcome.status == 0, outcome.text
    bodies = [json.loads(post.body) for post in webhook.posts]
    assert [body["text"].count("\n") + 1 for body in bodies] == [10, 2]
    for body in bodies:
        assert (body["mrkdwn"], body["unfurl_links"], body["unfurl_media"]) == (False, False, False)
        assert re.search(r"&lt;!channel&gt; &amp; &lt;http://evil\|x&gt;\\x1b\[31m\\x0a\\u\{202e\}GO", body["text"])
        assert not re.search(r"[<>\x00-\x09\x0b-\x1f\u202e]|&(?!(amp|lt|gt);)", body["text"])


def test_slack_never_gets_more_than_4000_characters(deliver, webhook):
    long = {name: "&é" * 300 for name in ("path", "why", "policy", "src_name", "dst_name", "action", "direction")}
    assert deliver(f"webhook:{webhook.url},template=slack", [event(number, **long) for number in range(30)]).status == 0
    for post in webhook.posts:
        text = json.loads(post.body)["text"]
        assert 300 * 10 < len(text.encode()) <= 4000
        assert not re.search(r"&(?!(amp|lt|gt);)", text)


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408, 401, 403, 404, 410, 301, 307, 0])
def test_what_may_pass_is_tried_again(deliver, webhook, status):
    webhook.answer(status, times=1, headers={"Location": webhook.url})
    outcome = deliver(f"webhook:{webhook.url}", [event()], 2)
    assert outcome.status == 0, outcome.text
    assert [post.status for post in webhook.posts] == [status, 200]
    assert webhook.host in outcome.later[0] and (str(status) in outcome.later[0] or status == 0)
    assert (outcome.said["delivered"], outcome.said["refused"]) == ("1", "0")


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_what_a_receiver_will_never_take_is_counted_and_passed_over(deliver, webhook, status):
    webhook.answer(status, times=1, text=b"invalid_payload")
    outcome = deliver(f"webhook:{webhook.url},template=slack", [event(number) for number in range(1)])
    assert outcome.status == 0, outcome.text
    assert (outcome.said["delivered"], outcome.said["bytes"], outcome.said["refused"]) == ("0", "0", "1")
    assert outcome.said["failure"] == f"'{webhook.host}' answers with status {status}: invalid_payload"


def test_an_event_that_is_refused_takes_no_others_with_it(deliver, webhook):
    webhook.answer(lambda post: 400 if b'"evil"' in post.body else 200)
    events = [event(number, why="evil" if number == 7 else "good") for number in range(20)]
    outcome = deliver(f"webhook:{webhook.url}", events)
    assert outcome.status == 0, outcome.text
    assert (outcome.said["delivered"], outcome.said["refused"], outcome.said["left"]) == ("19", "1", "0")
    taken = [json.loads(post.body)["events"][0] for post in webhook.posts if post.status == 200]
    assert taken == [made for made in events if made["why"] == "good"]


def test_what_was_sent_by_itself_is_not_sent_again_when_the_receiver_fails_meanwhile(deliver, webhook):
    failures = iter([400, 200, 200, 503])
    webhook.answer(lambda post: next(failures, 200))
    outcome = deliver(f"webhook:{webhook.url}", [event(number) for number in range(5)], 2)
    assert outcome.status == 0, outcome.text
    taken = [json.loads(post.body)["events"][0]["id"] for post in webhook.posts if post.status == 200]
    assert taken == [f"{number:016x}" for number in range(5)]


def test_a_receiver_that_asks_for_time_gets_it(deliver, webhook):
    webhook.answer(429, times=1, headers={"Retry-After": "1"})
    outcome = deliver(f"webhook:{webhook.url}", [event()], 2)
    assert outcome.status == 0, outcome.text
    assert webhook.posts[1].at - webhook.posts[0].at >= 1


def test_lines_that_are_no_events_are_torn_and_not_sent(deliver, webhook):
    lines = [b'{"schema":"weir/event/1","id"', *lines_of([event(1)]), b"[]", b'{"a":1}{"b":2}', b"\xff\xfe",
             *lines_of([event(2, time="yesterday")]), lines_of([event(3)])[0] * 2]
    outcome = deliver(f"webhook:{webhook.url}", lines)
    assert outcome.status == 0, outcome.text
    assert (outcome.said["delivered"], outcome.said["torn"]) == ("1", "6")
    assert json.loads(webhook.posts[0].body)["events"] == [event(1)]


def test_nothing_but_the_host_is_said_of_a_webhook(deliver, webhook):
    webhook.answer(0, times=1)
    webhook.answer(404, times=1, text=f"Cannot POST /services/{SECRET}".encode())
    webhook.answer(400, times=1, text=SECRET.encode())
    outcome = deliver(f"webhook:{webhook.url}?token={SECRET}", [event()], 3)
    assert outcome.said["name"] == f"webhook:{webhook.host}"
    assert len(outcome.later) == 2 and outcome.said["refused"] == "1"
    assert SECRET not in outcome.text


def test_a_url_can_be_in_a_file_and_is_read_at_each_attempt(deliver, webhook, tmp_path):
    file = tmp_path / "webhook.url"
    outcome = deliver(f"webhook:@{file}", [event()])
    assert outcome.status and "there is no such file" in outcome.text
    file.write_text(f"https://{SECRET}@hooks.example/\n")
    outcome = deliver(f"webhook:@{file}", [event()])
    assert outcome.status and SECRET not in outcome.text
    file.write_text(webhook.url + "\n")
    outcome = deliver(f"webhook:@{file}", [event()])
    assert outcome.status == 0, outcome.text
    assert outcome.said["name"] == f"webhook:@{file}"
    assert webhook.posts[0].path == "/services/T000/B000/sEcReT"


def test_a_webhooks_certificate_is_checked(deliver, webhook, tmp_path):
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", tmp_path / "key.pem", "-out", tmp_path / "ca.pem", "-days", "1",
                    "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"], check=True,
                   stderr=subprocess.DEVNULL)
    webhook.use_tls(tmp_path / "ca.pem", tmp_path / "key.pem")
    for sink, events in ((f"webhook:{webhook.url}", [event()]), (f"webhook:{webhook.url},insecure", [])):
        outcome = deliver(sink, events)
        assert outcome.status and f"no trusted connection to '{webhook.host}'" in outcome.later[0]
    assert deliver(f"webhook:{webhook.url}", [], AWS_CA_BUNDLE=str(tmp_path / "ca.pem")).status == 0
    assert len(webhook.posts) == 1


def test_a_webhook_of_this_host_is_asked_without_the_proxy(deliver, webhook):
    assert deliver(f"webhook:{webhook.url}", [event()], http_proxy="http://127.0.0.1:1").status == 0


# Security Hub

def test_security_hub_takes_every_finding_as_botocores_model_has_it(deliver, aws):
    events = [event(number, verdict=verdict, **more) for number, (verdict, more) in enumerate([
        ("unexpected", {}), ("contradiction", {"model": "deny", "layer": "security-group"}),
        ("would-deny", {"direction": "egress", "action": "REJECT"}), ("not-known-yet", {}),
        ("unexpected", {"srcaddr": "2001:db8::1", "dstaddr": "2001:db8::2"}),
        ("unexpected", {"protocol": "icmp", "srcport": 0, "dstport": 0}),
        ("unexpected", {"process": {"pid": 4711, "comm": "psql" + HOSTILE, "uid": 0}}),
        ("unexpected", {"interface_id": None, "instance_id": None, "path": None, "policy": None, "why": None}),
        ("unexpected", {"srcaddr": "evil", "direction": HOSTILE, "interface_id": "eni-" + HOSTILE})])]
    outcome = deliver("securityhub", events, **aws.environment())
    assert outcome.status == 0, outcome.text
    assert (outcome.said["delivered"], outcome.said["refused"]) == (str(len(events)), "0"), outcome.text
    assert len(aws.securityhub.findings) == len(events)


def test_a_finding_says_where_it_was_seen_and_how_bad_it_is(deliver, aws):
    assert deliver("securityhub", [event(7, suppressed=3)], **aws.environment()).status == 0
    finding = aws.securityhub.findings["eu-west-1", "weir/eni-0a1b2c3d4e5f60718/0000000000000007"]
    assert finding["ProductArn"] == "arn:aws:securityhub:eu-west-1:111122223333:product/111122223333/default"
    assert finding["FindingProviderFields"] == {"Severity": {"Label": "HIGH"},
                                                "Types": ["Unusual Behaviors/Network Flow"]}
    assert finding["Title"] == "Traffic that the policy does not expect: app -> db tcp/5432"
    assert finding["Description"] == ("unexpected: app -> db tcp/5432: 10.0.1.5:50123 (app-1) -> 10.0.2.7:5432 (db-1), "
                                      "ingress at eni-0a1b2c3d4e5f60718, ACCEPT; deny any -> db (line 4); "
                                      "the policy does not list it; 3 more not said")
    assert finding["Network"] == {"Direction": "IN", "Protocol": "tcp", "SourceIpV4": "10.0.1.5", "SourcePort": 50123,
                                  "DestinationIpV4": "10.0.2.7", "DestinationPort": 5432}
    assert [(item["Type"], item["Id"]) for item in finding["Resources"]] == [
        ("AwsEc2NetworkInterface", "arn:aws:ec2:eu-west-1:111122223333:network-interface/eni-0a1b2c3d4e5f60718"),
        ("AwsEc2Instance", "arn:aws:ec2:eu-west-1:111122223333:instance/i-0a1b2c3d4e5f60718")]
    assert finding["ProductFields"]["weir/more_of_it"] == "3"


def test_later_events_of_an_id_update_the_finding_and_a_call_has_it_once(deliver, aws):
    events = [event(1), event(2), event(1, time="2026-11-28T10:42:01.203Z", suppressed=5), event(3)]
    outcome = deliver("securityhub", events, **aws.environment())
    assert outcome.status == 0 and outcome.said["delivered"] == "4", outcome.text
    assert [finding["Id"][-1] for finding in aws.securityhub.imports[0]] == ["2", "1", "3"]
    assert aws.securityhub.imports[0][1]["ProductFields"]["weir/more_of_it"] == "6"
    assert deliver("securityhub", [event(1, time="2026-11-28T10:43:01Z")], **aws.environment()).status == 0
    assert len(aws.securityhub.findings) == 3
    assert aws.securityhub.findings["eu-west-1", "weir/eni-0a1b2c3d4e5f60718/0000000000000001"]["UpdatedAt"] == \
        "2026-11-28T10:43:01Z"


def test_a_call_has_at_most_a_hundred_findings(deliver, aws):
    assert deliver("securityhub", [event(number) for number in range(230)], **aws.environment()).status == 0
    assert [len(findings) for findings in aws.securityhub.imports] == [100, 100, 30]


def test_findings_of_hostile_names_stay_within_the_formats_limits(deliver, aws):
    long = {name: (HOSTILE * 200)[:5000] for name in ("path", "why", "policy", "src_name", "dst_name", "action",
                                                      "model", "layer", "role", "vpc_id", "subnet_id", "interface")}
    outcome = deliver("securityhub", [event(number, **long) for number in range(40)], **aws.environment())
    assert outcome.status == 0 and outcome.said["delivered"] == "40", outcome.text
    assert not re.search(r"[\x00-\x1f\u202e]", json.dumps(aws.securityhub.imports, ensure_ascii=False))


@pytest.mark.parametrize("arn,region", [
    ("arn:aws:securityhub:eu-west-1:111122223333:product/111122223333/default", "eu-west-1"),
    ("arn:aws-us-gov:securityhub:us-gov-west-1::product/company/weir", "us-gov-west-1"),
    ("arn:aws-cn:securityhub:cn-north-1:111122223333:product/111122223333/default", "cn-north-1")])
def test_a_product_of_ones_own_says_the_region_and_the_partition(deliver, aws, arn, region):
    outcome = deliver(f"securityhub:{arn}", [event(1)], **aws.environment())
    assert outcome.status == 0, outcome.text
    finding = aws.securityhub.imports[0][0]
    assert finding["ProductArn"] == arn and aws.calls[0].region == region
    assert all(item["Partition"] == arn.split(":")[1] and item["Id"].startswith(f"arn:{arn.split(':')[1]}:ec2:{region}:")
               for item in finding["Resources"])


@pytest.mark.parametrize("kind,code", [("denied", "AccessDeniedException"), ("gone", "InvalidAccessException"),
                                       ("error500", "InternalException"), ("throttle", "TooManyRequestsException"),
                                       ("signature", "InvalidSignatureException"), ("html502", "502"),
                                       ("html", "no JSON"), ("empty", "no JSON"), ("truncate", "broke"), ("reset", "broke")])
def test_what_stands_in_the_way_of_all_findings_is_named_and_they_wait(deliver, aws, kind, code):
    aws.fault(kind, times=1)
    outcome = deliver("securityhub", [event(1)], 2, AWS_MAX_ATTEMPTS="1", **aws.environment())
    assert outcome.status == 0, outcome.text
    assert len(outcome.later) == 1 and code in outcome.later[0], outcome.text
    assert (outcome.said["delivered"], outcome.said["refused"]) == ("1", "0")


def test_findings_that_fail_inside_a_call_that_goes_well_are_counted(deliver, aws):
    aws.securityhub.failing[f"weir/eni-0a1b2c3d4e5f60718/{4:016x}"] = "InvalidInput"
    events = [event(number) for number in range(6)]
    outcome = deliver("securityhub", events, **aws.environment())
    assert outcome.status == 0, outcome.text
    assert (outcome.said["delivered"], outcome.said["refused"]) == ("5", "1")
    assert int(outcome.said["bytes"]) == sum(map(len, lines_of(events[:4] + events[5:])))
    assert outcome.said["failure"] == \
        "securityhub BatchImportFindings: 1 of 6 findings failed: InvalidInput: on demand"


def test_a_finding_that_the_service_fails_at_is_tried_again_and_given_up_in_the_end(deliver, aws):
    aws.securityhub.failing[f"weir/eni-0a1b2c3d4e5f60718/{1:016x}"] = "InternalException"
    outcome = deliver("securityhub", [event(1), event(2)], 3, **aws.environment())
    assert outcome.status and len(outcome.later) == 3 and outcome.said["left"] == "2"
    outcome = deliver("securityhub", [], 9, **aws.environment())
    assert outcome.status == 0 and len(outcome.later) == 4
    assert (outcome.said["delivered"], outcome.said["refused"]) == ("1", "1")


def test_a_call_that_is_refused_is_made_finding_by_finding(deliver, aws):
    aws.fault("invalid", times=2)
    outcome = deliver("securityhub", [event(number) for number in range(3)], **aws.environment())
    assert outcome.status == 0, outcome.text
    assert (outcome.said["delivered"], outcome.said["refused"]) == ("2", "1")
    assert [call.status for call in aws.calls] == [400, 400, 200, 200]


def test_security_hub_wants_to_know_whose_findings_they_are(deliver, aws):
    outcome = deliver("securityhub", [event(1)], **aws.environment(), ACCOUNT="")
    assert outcome.status == 2 and "whose findings are they?  --account-id ID" in outcome.text


# The journal and syslog

def test_the_journal_has_an_events_members_as_fields(deliver, journal):
    made = event(1, path="journal fields", suppressed=2)
    outcome = deliver(f"journal,socket={journal.socket}", [made])
    assert outcome.status == 0 and outcome.said["delivered"] == "1", outcome.text
    entry = journal.entries(1, WEIR_PATH="journal fields")[0]
    assert entry["MESSAGE"].startswith("unexpected: journal fields: 10.0.1.5:50123 (app-1) -> 10.0.2.7:5432 (db-1), ")
    assert json.loads(entry["WEIR_EVENT"]) == made
    assert {name: entry[name] for name in ("PRIORITY", "SYSLOG_IDENTIFIER", "_TRANSPORT", "WEIR_VERDICT",
                                           "WEIR_INTERFACE_ID", "WEIR_DSTPORT", "WEIR_SUPPRESSED")} == {
        "PRIORITY": "4", "SYSLOG_IDENTIFIER": "weir-sensor", "_TRANSPORT": "journal", "WEIR_VERDICT": "unexpected",
        "WEIR_INTERFACE_ID": "eni-0a1b2c3d4e5f60718", "WEIR_DSTPORT": "5432", "WEIR_SUPPRESSED": "2"}


def test_nothing_in_a_name_is_a_field_of_the_journal(deliver, journal):
    hostile = "x\nPRIORITY=0\nWEIR_FORGED=1\n\nMESSAGE=forged"
    made = event(2, why="hostile", src_name=hostile, path=hostile, verdict="would-deny")
    assert deliver(f"journal,socket={journal.socket}", [made]).status == 0
    entry = journal.entries(1, WEIR_WHY="hostile")[0]
    assert entry["PRIORITY"] == "5" and entry["WEIR_PATH"] == hostile and "WEIR_FORGED" not in entry
    assert "\n" not in entry["MESSAGE"] and r"x\x0aPRIORITY=0" in entry["MESSAGE"]


def test_the_journal_gets_many_events_in_order(deliver, journal):
    assert deliver(f"journal,socket={journal.socket}", [event(number, why="many") for number in range(1000)]).status == 0
    entries = journal.entries(1000, WEIR_WHY="many")
    assert [entry["WEIR_EVENT_ID"] for entry in entries] == [f"{number:016x}" for number in range(1000)]


@pytest.mark.parametrize("target,facility", [("", "3"), (":local3", "19"), (":authpriv", "10")])
def test_syslog_gets_a_line_with_facility_severity_and_name(deliver, journal, target, facility):
    made = event(1, why=f"facility {facility}", src_name="a\nb\x1b")
    outcome = deliver(f"syslog{target},socket={journal.syslog}", [made])
    assert outcome.status == 0, outcome.text
    entry = next(entry for entry in journal.entries(1, SYSLOG_FACILITY=facility, SYSLOG_IDENTIFIER="weir-sensor")
                 if f"facility {facility}" in entry["MESSAGE"])
    assert entry["MESSAGE"].startswith(r"unexpected: app -> db tcp/5432: 10.0.1.5:50123 (a\x0ab\x1b) -> ")
    assert entry["PRIORITY"] == "4" and entry["SYSLOG_TIMESTAMP"] == "Nov 28 10:41:01 "
    assert entry["SYSLOG_PID"] == entry["_PID"]


def test_syslog_gets_json_behind_the_cookie_that_daemons_look_for(deliver, journal):
    made = event(1, why="in json " + HOSTILE)
    assert deliver(f"syslog:local5,template=json,socket={journal.syslog}", [made]).status == 0
    message = journal.entries(1, SYSLOG_FACILITY="21")[0]["MESSAGE"]
    assert message.startswith("@cee: {") and json.loads(message[6:]) == made


def test_what_is_too_long_for_syslog_is_counted(deliver, journal):
    outcome = deliver(f"syslog,template=json,socket={journal.syslog}", [event(1, why="x" * 9000), event(2)])
    assert outcome.status == 0, outcome.text
    assert (outcome.said["delivered"], outcome.said["refused"]) == ("1", "1")


@pytest.mark.parametrize("sink", ["journal,socket=", "syslog,socket="])
def test_a_socket_that_is_gone_may_come_back(deliver, sink, tmp_path):
    outcome = deliver(f"{sink}{tmp_path}/socket", [event(1)], 2)
    assert outcome.status and len(outcome.later) == 2
    assert f"cannot connect to '{tmp_path}/socket': No such file or directory" in outcome.later[0]
    assert (outcome.said["delivered"], outcome.said["refused"], outcome.said["left"]) == ("0", "0", "1")


# The command line

@pytest.mark.parametrize("sink,said", [
    ("webhook:", "expected webhook:…"), (f"webhok:https://h/{SECRET}", "did you mean 'webhook'?"),
    (f"https://h/{SECRET}", "no kind of sink 'https'"), (f"webhook,x={SECRET}", "expected webhook:…"), ("webhook:ftp://h/", "expected https://HOST"),
    (f"webhook:https://me:{SECRET}@h/", "no user name"), ("webhook:https:///x", "expected a host"),
    ("webhook:https://h:0/", "expected a host"), ("webhook:https://h:x/", "expected a host"),
    (f"webhook:https://h/{SECRET}#x", "fragment"), (f"webhook:https://h/\n{SECRET}", "belong into none"),
    (f"webhook:http://hooks.example/{SECRET}", "lets others read along"),
    (f"webhook:http://127.0.0.1.evil.example/{SECRET}", "lets others read along"),
    (f"webhook:http://localhost.evil.example/{SECRET}", "lets others read along"),
    (f"webhook:http://127.0.0.1\\@h/{SECRET}", "expected a host"),
    ("webhook:https://h/,template=xml", "options are template=json"), (f"webhook:https://h/,{SECRET}", "is %2C"),
    ("webhook:@relative", "the whole path"), (f"webhook:https://h/{SECRET}" + "x" * 2000, "more than 2000 bytes"),
    ("securityhub:arn:aws:s3:::x", "is no arn"), ("securityhub:arn:aws-cn:securityhub:eu-west-1:1:product/x", "is no arn"),
    ("securityhub,x=1", "no option 'x'"), ("syslog,socket=/a,socket=/b", "given twice"), ("syslog:nothing", "no facility 'nothing'"),
    ("syslog,template=xml", "template=text or template=json"), ("syslog,socket=relative", "a path from '/' on"),
    ("journal:x", "stands alone"), ("journal,socket=/" + "x" * 107, "at most 107 bytes")])
def test_what_the_command_line_alone_can_tell_is_told(deliver, sink, said):
    outcome = deliver(sink, [])
    assert outcome.status == 2 and said in outcome.text and SECRET not in outcome.text
