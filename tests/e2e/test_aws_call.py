# SPDX-License-Identifier: Apache-2.0
"""Calls of lib/aws against the servers of tests/aws: signatures that botocore's signer checks, and what goes wrong."""

import json
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/aws"))
pytest.importorskip("botocore")
from server import AwsServer  # noqa: E402

SHOP = ROOT / "policies/examples/shop"


@pytest.fixture(name="aws")
def aws_fixture():
    with AwsServer(SHOP) as server:
        yield server


@pytest.fixture(name="call")
def call_fixture(build, aws):
    """call(words…) → (status, standard output, standard error)."""
    def call(*words: str, env: dict[str, str] | None = None, body: str = "") -> tuple[int, bytes, str]:
        clean = {name: value for name, value in os.environ.items()
                 if not name.startswith("AWS_") and name.lower() not in ("http_proxy", "all_proxy")}
        done = subprocess.run([build / "tests/aws/call", *words], check=False, input=body.encode(), timeout=120,
                              capture_output=True, env={**clean, **aws.environment(), **(env or {})})
        return done.returncode, done.stdout, done.stderr.decode()
    return call


def texts(out: bytes, path: str) -> list[str]:
    return [line.split(" ", 1)[1] for line in out.decode().splitlines() if line.split(" ", 1)[0].endswith(path)]


@pytest.mark.parametrize("words,path,expected", [
    (["ec2", "eu-west-1", "DescribeVpcs"], "/vpcSet/item/vpcId", ["vpc-0a1b2c3d4e5f60718"]),
    (["ec2", "eu-west-1", "DescribeVpcs", "Filter.1.Name=vpc-id", "Filter.1.Value.1=vpc-0a1b2c3d4e5f60718"],
     "/vpcSet/item/vpcId", ["vpc-0a1b2c3d4e5f60718"]),
    (["ec2", "us-gov-east-1", "DescribeVpcs", "Filter.1.Name=tag:a b+c/é*~", "Filter.1.Value.1=x"], "/vpcId", []),
    (["sts", "eu-west-1", "GetCallerIdentity"], "/Account", ["111122223333"]),
    (["elasticloadbalancing", "eu-west-1", "DescribeLoadBalancers"], "/LoadBalancerArn", []),
])
def test_a_form_is_signed_as_botocore_signs_it(call, words, path, expected):
    status, out, text = call(*words)
    assert status == 0, text
    assert texts(out, path) == expected


def test_a_session_token_goes_along_signed(call, aws):
    key = aws.keys.issue(3600)
    env = {"AWS_ACCESS_KEY_ID": key.access_key, "AWS_SECRET_ACCESS_KEY": key.secret_key, "AWS_SESSION_TOKEN": key.token}
    status, out, text = call("sts", "eu-west-1", "GetCallerIdentity", env=env)
    assert status == 0, text
    assert texts(out, "/Arn") == [key.arn]


@pytest.mark.parametrize("key", ["plain", "a b/c=d+é%2F&.gz", "/lead//double/../dots/./x", "*'()!~"])
def test_any_key_of_s3_is_read_under_its_own_name(call, aws, key):
    aws.s3.bucket("logs")[key] = os.urandom(100000)
    status, out, text = call("s3", "eu-west-1", "GET", f"path=/logs/{key}")
    assert status == 0, text
    assert out == aws.s3.bucket("logs")[key]


def test_a_listing_of_s3_has_its_query_signed(call, aws):
    for name in ("p q/1", "p q/2", "other"):
        aws.s3.bucket("logs")[name] = b"x"
    status, out, text = call("s3", "eu-west-1", "GET", "path=/logs", "prefix=p q/", "list-type=2", "delimiter=")
    assert status == 0, text
    assert b"<Key>p q/1</Key>" in out and b"other" not in out


def test_logs_take_events_as_json(call, aws):
    place = {"logGroupName": "g", "logStreamName": "s"}
    assert call("logs", "eu-west-1", "CreateLogGroup", body=json.dumps({"logGroupName": "g"}))[0] == 0
    assert call("logs", "eu-west-1", "CreateLogStream", body=json.dumps(place))[0] == 0
    event = {"timestamp": int(time.time() * 1000), "message": "2 é"}
    status, _, text = call("logs", "eu-west-1", "PutLogEvents", body=json.dumps({**place, "logEvents": [event]}))
    assert status == 0, text
    assert aws.logs.groups["g"]["s"] == [(event["timestamp"], "2 é")]


@pytest.mark.parametrize("words,code", [
    (["ec2", "eu-west-1", "DescribeVpcs", "VpcId.1=vpc-0"], "InvalidVpcID.NotFound"),
    (["ec2", "eu-west-1", "DescribeNothing"], "InvalidAction"),
    (["ec2", "eu-west-1", "DescribeVpcs", "Unknown=1"], "UnknownParameter"),
    (["sts", "eu-west-1", "AssumeRole", "RoleArn=x", "RoleSessionName=me"], "ValidationError"),
    (["s3", "eu-west-1", "GET", "path=/none/key"], "NoSuchBucket"),
    (["logs", "eu-west-1", "Nothing"], "UnknownOperationException"),
])
def test_a_refusal_is_read_in_each_services_words_and_not_tried_again(call, words, code):
    status, _, text = call(*words, body="{}")
    assert status == 5
    assert text.startswith("attempts 1 ") and f"code '{code}' denied 0" in text


@pytest.mark.parametrize("kind", ["throttle", "error500", "unavailable", "reset", "close", "truncate", "bad_xml", "html",
                                  "html502", "empty"])
def test_what_goes_wrong_once_is_tried_again(call, aws, kind):
    aws.fault(kind, action="DescribeVpcs", times=1)
    status, out, text = call("ec2", "eu-west-1", "DescribeVpcs")
    assert status == 0, text
    assert texts(out, "/vpcId") == ["vpc-0a1b2c3d4e5f60718"]
    assert text.startswith("attempts 2 calls 1 retries 1")


@pytest.mark.parametrize("kind,said", [
    ("throttle", "tried again in vain: RequestLimitExceeded"), ("error500", "InternalError"),
    ("reset", "broke the connection off"), ("truncate", "broke the connection off"),
    ("bad_xml", "XML that is not well-formed"), ("html", "an HTML page where XML is expected"),
    ("html502", "status 502 and no error document"), ("empty", "an empty answer where XML is expected")])
def test_what_stays_wrong_is_named(call, aws, kind, said):
    aws.fault(kind, times=None)
    status, out, text = call("ec2", "eu-west-1", "DescribeVpcs", env={"AWS_MAX_ATTEMPTS": "2"})
    assert (status, out) == (5, b"")
    assert "attempts 2" in text and said in text


@pytest.mark.parametrize("kind,code,denied", [("denied", "UnauthorizedOperation", 1), ("expired", "RequestExpired", 0),
                                              ("unknown_key", "AuthFailure", 0), ("signature", "AuthFailure", 0)])
def test_what_no_attempt_mends_is_not_tried_again(call, aws, kind, code, denied):
    aws.fault(kind, times=None)
    status, _, text = call("ec2", "eu-west-1", "DescribeVpcs")
    assert status == 5
    assert text.startswith("attempts 1 ") and f"code '{code}' denied {denied}" in text


@pytest.mark.parametrize("skew_s", [-7200, -1000, 1000, 86400 * 400])
@pytest.mark.parametrize("words", [["ec2", "eu-west-1", "DescribeVpcs"], ["sts", "eu-west-1", "GetCallerIdentity"],
                                   ["s3", "eu-west-1", "GET", "path=/logs/k"]])
def test_a_clock_that_is_wrong_is_corrected_from_the_servers_date(call, aws, skew_s, words):
    aws.skew = skew_s
    aws.s3.bucket("logs")["k"] = b"body"
    status, _, text = call("--times", "3", *words)
    assert status == 0, text
    assert text.startswith("attempts 1 calls 3 retries 1")
    assert len(aws.calls) == 4


def test_a_retry_after_is_waited_for(call, aws):
    aws.fault("unavailable", headers={"Retry-After": "1"})
    status, _, text = call("ec2", "eu-west-1", "DescribeVpcs")
    assert status == 0, text
    assert aws.calls[1].at - aws.calls[0].at >= 1


def test_a_client_slows_down_to_what_is_let_through(call, aws):
    aws.rate("DescribeVpcs", burst=20, per_second=20)
    status, _, text = call("--times", "100", "ec2", "eu-west-1", "DescribeVpcs")
    assert status == 0, text
    assert sum(call.code == "RequestLimitExceeded" for call in aws.calls) <= 15


def test_threads_share_a_client(call, aws):
    aws.skew = 7200
    aws.rate("DescribeVpcs", burst=30, per_second=20)
    aws.fault("error500", after=10, times=5)
    status, out, text = call("--threads", "8", "--times", "15", "ec2", "eu-west-1", "DescribeVpcs")
    assert status == 0, text
    assert texts(out, "/vpcId") == ["vpc-0a1b2c3d4e5f60718"] * 120
    assert "calls 120" in text
    assert sum(call.code == "RequestLimitExceeded" for call in aws.calls) <= 30


def test_a_connection_is_used_for_many_calls(call, aws):
    status, _, text = call("--times", "50", "ec2", "eu-west-1", "DescribeVpcs")
    assert status == 0, text
    assert len(aws.calls) == 50 and aws.connections == 1


def test_nothing_secret_is_said(call, aws):
    key = aws.keys.issue(3600)
    env = {"AWS_ACCESS_KEY_ID": key.access_key, "AWS_SECRET_ACCESS_KEY": key.secret_key + "x",
           "AWS_SESSION_TOKEN": key.token}
    for words in (["ec2", "eu-west-1", "DescribeVpcs"], ["logs", "eu-west-1", "PutLogEvents"],
                  ["s3", "eu-west-1", "GET", "path=/b/k"], ["sts", "eu-west-1", "GetCallerIdentity"]):
        status, _, text = call(*words, env=env, body="{}")
        assert status == 5
        assert "Signature" in text or "AuthFailure" in text
        assert key.secret_key not in text and key.token not in text


@pytest.fixture(name="certificate")
def certificate_fixture(tmp_path):
    """A certificate of nobody's for 127.0.0.1, and its key."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", tmp_path / "key.pem", "-out", tmp_path / "ca.pem", "-days", "1",
                    "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"], check=True,
                   stderr=subprocess.DEVNULL)
    return tmp_path


def test_a_certificate_is_checked_against_the_authorities_of_aws_ca_bundle(call, aws, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "ca.pem", certificate / "key.pem")
    aws.listener.socket = context.wrap_socket(aws.listener.socket, server_side=True)
    url = aws.url.replace("http:", "https:")
    status, _, text = call("ec2", "eu-west-1", "DescribeVpcs", env={"AWS_ENDPOINT_URL": url})
    assert status == 5 and "attempts 1" in text
    assert "no trusted connection to '127.0.0.1:" in text
    status, _, text = call("ec2", "eu-west-1", "DescribeVpcs",
                           env={"AWS_ENDPOINT_URL": url, "AWS_CA_BUNDLE": str(certificate / "ca.pem")})
    assert status == 0, text
