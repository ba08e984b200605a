# SPDX-License-Identifier: Apache-2.0
"""Signatures against botocore's signer: random requests, every section equal.

WEIR_SEED is the seed (1), WEIR_SIGN_REQUESTS how many requests.
"""

import datetime
import os
import random
import subprocess
import urllib.parse

import pytest

botocore_auth = pytest.importorskip("botocore.auth", reason="python3-botocore is not installed")
from botocore.awsrequest import AWSRequest  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.credentials import Credentials  # noqa: E402

SEED = int(os.environ.get("WEIR_SEED", "1"))
REQUESTS = int(os.environ.get("WEIR_SIGN_REQUESTS", "3000"))
UNRESERVED = "-_.~"
ODD = " !\"#$%&'()*+,/:;<=>?@[\\]^`{|}~.-_aZ09é京🦦"
SEGMENTS = ["", ".", "..", "a", "%2F", "%20", "b c", "é", "%E4%BA%AC", "~x", "a+b", "*", "=", "a:b", "%25", "..."]


class Request:
    """One request at random, as both signers are told it."""

    def __init__(self, dice: random.Random):
        self.s3 = dice.random() < 0.4
        self.presigned = dice.random() < 0.4
        self.method = dice.choice(["GET", "PUT", "POST", "DELETE", "HEAD"])
        self.service = "s3" if self.s3 else dice.choice(["ec2", "sts", "logs", "elasticloadbalancing"])
        self.region = dice.choice(["us-east-1", "eu-central-1", "cn-north-1"])
        self.access_key = "AKIA" + self.text(dice, "ABCDEFGHIJ234567", 16)
        self.secret_key = self.text(dice, "abcXYZ019+/", 40)
        self.token = dice.choice([None, self.text(dice, "abcXYZ019+/=", dice.randint(1, 900))])
        self.when = datetime.datetime(2000, 1, 1) + datetime.timedelta(seconds=dice.randrange(3_000_000_000))
        self.path = "/" + "/".join(dice.choice(SEGMENTS) for _ in range(dice.randint(0, 6)))
        self.query = self.pairs(dice)
        self.headers = self.some_headers(dice)
        self.body = b"" if self.presigned else dice.randbytes(dice.choice([0, 0, 1, 100]))
        self.unsigned = not self.presigned and dice.random() < 0.2
        self.expires = dice.randint(1, 604800)
        self.spelling = dice.randrange(3)

    @staticmethod
    def text(dice: random.Random, letters: str, count: int) -> str:
        return "".join(dice.choice(letters) for _ in range(count))

    def pairs(self, dice: random.Random) -> list[tuple[str, str]]:
        pairs = [(self.text(dice, ODD, dice.choice([0, 1, 1, 2, 5])), self.text(dice, ODD, dice.randint(0, 6)))
                 for _ in range(dice.randint(0, 5))]
        if self.presigned:  # botocore keeps one value of a name there
            return list(dict(pairs).items())
        return pairs + dice.choices(pairs, k=2) if pairs and dice.random() < 0.3 else pairs

    def some_headers(self, dice: random.Random) -> list[tuple[str, str]]:
        names = ["X-Amz-Meta-A", "x-amz-meta-a", "Content-Type", "Content-MD5", "Range", "X-Custom", "User-Agent",
                 "Expect", "X-Amzn-Trace-Id", "x-amz-security-token", "Zebra", "accept"]
        found = [(dice.choice(names), self.text(dice, "ab  \t,;=\"é:/", dice.randint(0, 12)))
                 for _ in range(dice.randint(0, 5))]
        if self.presigned:  # a token's parameter and its header at once: the two signers differ, AWS wants one
            found = [pair for pair in found if pair[0] != "x-amz-security-token"]
        dice.shuffle(names)
        return [("Host", dice.choice(["example.amazonaws.com", "localhost:8080"]))] + found

    def encoded_query(self) -> list[tuple[str, str]]:
        return [(urllib.parse.quote(name, safe=UNRESERVED), urllib.parse.quote(value, safe=UNRESERVED))
                for name, value in self.query]

    def lines(self) -> str:
        """For weir-sign, in one of the spellings that it takes."""
        colon = " " if self.spelling == 1 else ":"
        equals = " " if self.spelling == 1 else "="
        lines = [f"access_key {self.access_key}", f"secret_key {self.secret_key}", f"token {self.token or ''}",
                 f"region {self.region}", f"service {self.service}", f"method {self.method}",
                 f"date {self.when:%Y%m%dT%H%M%SZ}", f"mode {'query' if self.presigned else 'header'}"]
        lines += [f"header {name}{colon}{value}" for name, value in self.headers]
        if self.spelling == 2:
            joined = "&".join(f"{name}={value}" for name, value in self.encoded_query())
            lines.append(f"path {self.path}?{joined}")
        else:
            lines.append(f"path {self.path}")
            lines += [f"query {name}{equals}{value}" for name, value in self.encoded_query()]
        if self.presigned:
            lines.append(f"expires {self.expires}")
        if self.unsigned:
            lines += ["payload_hash UNSIGNED-PAYLOAD", "payload_header true"]
        return "\n".join(lines + [f"body_hex {self.body.hex()}", ""])

    def signer(self):
        keys = Credentials(self.access_key, self.secret_key, self.token)
        if self.presigned:
            kind = botocore_auth.S3SigV4QueryAuth if self.s3 else botocore_auth.SigV4QueryAuth
            return kind(keys, self.service, self.region, self.expires)
        kind = botocore_auth.S3SigV4Auth if self.s3 else botocore_auth.SigV4Auth
        return kind(keys, self.service, self.region)

    def for_botocore(self) -> AWSRequest:
        url = f"https://{self.headers[0][1]}{self.path}"
        request = AWSRequest(method=self.method, data=self.body)
        if self.presigned and self.query:
            url += "?" + "&".join(f"{name}={value}" for name, value in self.encoded_query())
        elif not self.presigned:
            request.params = self.query
        request.url = url
        for name, value in self.headers:
            request.headers[name] = value
        request.context["payload_signing_enabled"] = not self.unsigned
        if self.unsigned:  # where S3's signer looks
            request.context["client_config"] = Config(s3={"payload_signing_enabled": False})
        return request


class Clock(datetime.datetime):
    now_is = None

    @classmethod
    def utcnow(cls):
        return cls.now_is


def judged(request: Request, monkeypatch) -> tuple[str, str, str]:
    """What botocore says: canonical request, string to sign, and what is sent."""
    Clock.now_is = request.when
    monkeypatch.setattr(botocore_auth.datetime, "datetime", Clock)
    signer, sent, sections = request.signer(), request.for_botocore(), []
    for name in ("canonical_request", "string_to_sign"):
        def keep(*given, plain=getattr(signer, name)):
            sections.append(plain(*given))
            return sections[-1]
        setattr(signer, name, keep)
    signer.add_auth(sent)
    monkeypatch.undo()
    return (*sections, urllib.parse.urlsplit(sent.url).query if request.presigned else sent.headers["Authorization"])


def signed(build, request: Request) -> tuple[str, str, str]:
    done = subprocess.run([build / "weir-sign", "--canonical-request", "--string-to-sign",
                           "--query" if request.presigned else "--authorization"], check=False,
                          input=request.lines().encode(), capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    lines = done.stdout.decode().split("\n")
    return "\n".join(lines[:-5]), "\n".join(lines[-5:-1]), lines[-1]


def sorted_query(text: str) -> list[str]:
    return sorted(text.split("&"))


def test_random_requests_are_signed_as_botocore_signs_them(build, monkeypatch):
    for number in range(REQUESTS):
        request = Request(random.Random(f"{SEED}/{number}"))
        canonical, to_sign, sent = judged(request, monkeypatch)
        ours = signed(build, request)
        place = f"WEIR_SEED={SEED}, request {number}:\n{request.lines()}"
        assert ours[0] == canonical, place
        assert ours[1] == to_sign, place
        if request.presigned:
            assert sorted_query(ours[2]) == sorted_query(sent), place
        else:
            assert ours[2] == sent, place
