# SPDX-License-Identifier: Apache-2.0
"""lib/aws/s3 against the test server: listings in pages, objects in parts, buckets that are elsewhere."""

import gzip
import hashlib
import os
import pathlib
import random
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/aws"))
pytest.importorskip("botocore")
from server import AwsServer  # noqa: E402


@pytest.fixture(name="aws")
def aws_fixture():
    with AwsServer() as server:
        yield server


@pytest.fixture(name="objects")
def objects_fixture(build, aws):
    """objects(words…) → (status, standard output, standard error)."""
    def objects(*words: str | bytes, **env: str) -> tuple[int, bytes, str]:
        clean = {name: value for name, value in os.environ.items()
                 if not name.startswith("AWS_") and name.lower() not in ("http_proxy", "all_proxy")}
        done = subprocess.run([build / "tests/aws/objects", *words], check=False, timeout=120, capture_output=True,
                              env={**clean, **aws.environment(), **env})
        return done.returncode, done.stdout, done.stderr.decode()
    return objects


def keys_of(out: bytes) -> list[str]:
    return [row.decode().split(" ", 2)[2] for row in out.split(b"\0")[:-1]]


def test_every_object_below_a_prefix_is_listed_once_and_in_order(objects, aws):
    bucket = aws.s3.bucket("logs")
    for number in range(2345):
        bucket[f"AWSLogs/{number:05}.gz"] = b"x" * (number % 7)
    bucket["other"] = b""
    status, out, text = objects("logs", "list", "AWSLogs/")
    assert status == 0, text
    assert keys_of(out) == [f"AWSLogs/{number:05}.gz" for number in range(2345)]
    assert out.split(b"\0")[6] == b'6 "' + hashlib.md5(b"x" * 6).hexdigest().encode() + b'" AWSLogs/00006.gz'
    assert [call.action for call in aws.calls] == ["ListObjectsV2"] * 3


def test_keys_come_back_as_they_are_whatever_is_in_them(objects, aws):
    rng = random.Random(8)
    alphabet = "ab/+ %&<>\"'é€😀\x01\n=~*."
    keys = {"".join(rng.choice(alphabet) for _ in range(rng.randrange(1, 20))) for _ in range(300)}
    for key in keys:
        aws.s3.bucket("logs")[key] = b"1"
    status, out, text = objects("logs", "list", "")
    assert status == 0, text
    assert keys_of(out) == sorted(keys, key=lambda key: key.encode())


@pytest.mark.parametrize("size,part", [(0, 10), (1, 10), (10, 10), (25, 10), (100000, 33333), (300000, 1 << 20)])
def test_an_object_is_read_in_parts(objects, aws, size, part):
    aws.s3.bucket("logs")["a b/c=d+é.gz"] = os.urandom(size)
    status, out, text = objects("logs", "read", "a b/c=d+é.gz", str(part))
    assert status == 0, text
    assert out == aws.s3.bucket("logs")["a b/c=d+é.gz"]


def test_a_part_that_breaks_off_is_read_again(objects, aws):
    aws.s3.bucket("logs")["k"] = os.urandom(50000)
    aws.fault("truncate", after=1, times=2)
    aws.fault("reset", after=2, times=1)
    status, out, text = objects("logs", "read", "k", "10000")
    assert status == 0, text
    assert out == aws.s3.bucket("logs")["k"]


def test_parts_of_two_objects_are_never_put_together(objects, aws):
    bucket, part = aws.s3.bucket("logs"), aws.s3.part
    bucket["k"] = b"1" * 50000

    def overwritten(body: bytes, wanted: str | None):
        bucket["k"] = b"2" * 50000
        return part(body, wanted)

    aws.s3.part = overwritten
    status, _, text = objects("logs", "read", "k", "10000")
    assert status == 5
    assert "'k': s3 GetObject in eu-west-1: PreconditionFailed" in text


def test_a_bucket_in_another_region_is_found(objects, aws):
    aws.s3.bucket("far", "ap-southeast-2")["k"] = b"here"
    status, out, text = objects("far", "read", "k", "100")
    assert (status, out) == (0, b"here"), text
    assert [call.region for call in aws.calls] == ["eu-west-1", "ap-southeast-2"]


@pytest.mark.parametrize("words,said", [
    (["none", "list", ""], "NoSuchBucket"), (["logs", "read", "no-key", "10"], "'no-key': "),
    (["a/b", "list", ""], "'a/b' is no bucket")])
def test_what_is_not_there_is_named(objects, aws, words, said):
    aws.s3.bucket("logs")
    status, out, text = objects(*words)
    assert status in (2, 5) and out == b""
    assert said in text


def test_a_listing_that_goes_round_in_circles_is_an_error(objects, aws):
    for number in range(2500):
        aws.s3.bucket("logs")[f"{number:05}"] = b""
    page = aws.s3.listing
    aws.s3.listing = lambda name, bucket, query: page(name, bucket, query.split("&continuation-token")[0])
    status, _, text = objects("logs", "list", "")
    assert status == 5
    assert "S3's listing does not get on" in text


def flow_lines(rng: random.Random, count: int) -> bytes:
    """Records of version 2 of the shop's interfaces."""
    lines = ["version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
             "log-status"]
    for _ in range(count):
        lines.append(f"2 111122223333 eni-0a1b2c3d4e5f60718 10.0.{rng.randrange(4)}.{rng.randrange(9)} 10.0.1.10 "
                     f"{rng.randrange(1024, 65536)} {rng.choice([22, 443, 5432])} 6 {rng.randrange(1, 99)} "
                     f"{rng.randrange(40, 99999)} 1790000000 1790000060 {rng.choice(['ACCEPT', 'REJECT'])} OK")
    return "\n".join(lines).encode() + b"\n"


@pytest.fixture(name="logs")
def logs_fixture(aws, tmp_path):
    """The same logs in a folder and in a bucket; one of them is larger than a part."""
    rng = random.Random(9)
    for number, count in enumerate([1, 500, 3000, 200000]):
        body = gzip.compress(flow_lines(rng, count), 1 if number < 3 else 0)
        name = f"AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/10/02/{number}.log.gz"
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(body)
        aws.s3.bucket("logs")[name] = body
    aws.s3.bucket("logs")["AWSLogs/aws-logs-write-test"] = b"test"
    aws.s3.bucket("logs")["other"] = b"no log"
    return tmp_path


@pytest.mark.parametrize("verb", [["top", "--by", "srcaddr,dstport,action", "-o", "json"],
                                  ["check", "-s", str(ROOT / "policies/examples/shop"), "-o", "json"]])
def test_logs_in_a_bucket_are_read_as_the_same_in_a_folder(build, aws, logs, verb):
    env = {**{name: value for name, value in os.environ.items() if not name.startswith("AWS_")}, **aws.environment()}
    aws.fault("truncate", action="GetObject", after=2, times=2)

    def answer(where: str) -> tuple[int, bytes]:
        done = subprocess.run([build / "weir", verb[0], where, *verb[1:]], check=False, env=env, timeout=120,
                              capture_output=True)
        return done.returncode, done.stdout.replace(b"s3://logs", str(logs).encode()), done.stderr.decode()

    folder, bucket = answer(f"{logs}/AWSLogs"), answer("s3://logs/AWSLogs/")
    assert bucket == folder
    assert folder[1].count(b"\n") > 3
    assert sum(call.action == "GetObject" for call in aws.calls) >= 4 + 2 + 2


def test_one_object_is_meant_by_its_whole_name(build, aws, logs):
    name = "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/10/02/1.log.gz"
    aws.s3.bucket("logs")[name + ".more"] = b"not this one"
    env = {**{name: value for name, value in os.environ.items() if not name.startswith("AWS_")}, **aws.environment()}
    outputs = [subprocess.run([build / "weir", "top", where], check=True, env=env, capture_output=True).stdout
               for where in (f"s3://logs/{name}", str(logs / name))]
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize("name,said", [("s3://logs/nothing", "has no flow logs in it"),
                                       ("s3://none/x", "NoSuchBucket"), ("s3://", "'' is no bucket")])
def test_what_is_not_in_a_bucket_is_said(build, aws, name, said):
    aws.s3.bucket("logs")
    env = {**{name: value for name, value in os.environ.items() if not name.startswith("AWS_")}, **aws.environment()}
    done = subprocess.run([build / "weir", "top", name], check=False, env=env, capture_output=True, text=True)
    assert done.returncode in (2, 3, 5) and done.stdout == ""
    assert said in done.stderr
