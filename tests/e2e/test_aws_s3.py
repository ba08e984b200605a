# SPDX-License-Identifier: Apache-2.0
"""lib/aws/s3 against the test server: listings in pages, objects in parts, buckets that are elsewhere."""

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
