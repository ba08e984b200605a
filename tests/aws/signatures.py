# SPDX-License-Identifier: Apache-2.0
"""Whether a request is signed by whom it says: botocore's own signer computes the signature again."""

import calendar
import dataclasses
import hashlib
import hmac
import re
import secrets
import threading
import time

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

SKEW_MAX_S = 15 * 60
AUTHORIZATION = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/(\d{8})/([^/,\s]+)/([^/,\s]+)/aws4_request, "
                           r"?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})")
ACCOUNT = "111122223333"


class AwsError(Exception):
    """What a service refuses, before it is put into the words of that service.

    `kind` is one of the keys of errors.WORDS; any other is taken for the code itself.
    """

    def __init__(self, kind: str, message: str = "", status: int = 400):
        super().__init__(message or kind)
        self.kind, self.message, self.status = kind, message, status


@dataclasses.dataclass
class Key:
    """An access key and whose it is."""

    access_key: str
    secret_key: str
    token: str = ""
    expires: float = float("inf")  # seconds since 1970
    account: str = ACCOUNT
    arn: str = f"arn:aws:iam::{ACCOUNT}:user/test"


@dataclasses.dataclass
class Request:
    """A request as it came; header names in lower case."""

    method: str
    target: str  # path and query as sent
    headers: dict[str, str]
    body: bytes
    key: Key | None = None
    service: str = ""
    region: str = ""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]


class KeyStore:
    """The keys that the servers know; one long-lived key to begin with."""

    def __init__(self):
        self._lock = threading.Lock()
        self._keys = {}
        self.first = Key("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
        self.add(self.first)

    def add(self, key: Key) -> Key:
        with self._lock:
            self._keys[key.access_key] = key
        return key

    def issue(self, lifetime_s: float, account: str = ACCOUNT,
              arn: str = f"arn:aws:sts::{ACCOUNT}:assumed-role/test/session") -> Key:
        """A temporary key."""
        return self.add(Key("ASIA" + secrets.token_hex(8).upper(), secrets.token_urlsafe(30),
                            secrets.token_urlsafe(120) + "/+==", time.time() + lifetime_s, account, arn))

    def find(self, access_key: str) -> Key | None:
        with self._lock:
            return self._keys.get(access_key)

    def expire_all(self) -> None:
        """Every temporary key issued so far is expired from now on."""
        with self._lock:
            for key in self._keys.values():
                if key.token:
                    key.expires = 0


def seconds_of(stamp: str) -> int:
    if not re.fullmatch(r"\d{8}T\d{6}Z", stamp):
        raise AwsError("incomplete", "X-Amz-Date is missing or malformed")
    return calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))


def expected_signature(request: Request, key: Key, signed: list[str], stamp: str) -> str:
    """What botocore signs the same request with."""
    kind = S3SigV4Auth if request.service == "s3" else SigV4Auth
    signer = kind(Credentials(key.access_key, key.secret_key, key.token or None), request.service,
                  request.region)
    again = AWSRequest(method=request.method, url=f"http://{request.headers['host']}{request.target}",
                       data=request.body)
    for name in signed:
        again.headers[name] = request.headers[name]
    again.context["timestamp"] = stamp
    text = signer.string_to_sign(again, signer.canonical_request(again))
    return signer.signature(text, again)


def check_what_is_signed(request: Request, signed: list[str]) -> None:
    """AWS wants the host and all that starts with x-amz- signed; a body must say what it is, but in S3."""
    for name in signed:
        if name not in request.headers:
            raise AwsError("incomplete", f"'{name}' is signed and not sent")
    for name in request.headers:
        if (name == "host" or name.startswith("x-amz-")) and name not in signed:
            raise AwsError("incomplete", f"'{name}' is not signed")
    if request.body and request.service != "s3" and "content-type" not in request.headers:
        raise AwsError("incomplete", "a body without Content-Type")
    if request.service == "s3":
        said = request.headers.get("x-amz-content-sha256")
        if said not in (hashlib.sha256(request.body).hexdigest(), "UNSIGNED-PAYLOAD"):
            raise AwsError("XAmzContentSHA256Mismatch", "the hash of the body is another")


def verify(request: Request, keys: KeyStore, now: float) -> None:
    """Sets whose request it is, for which service and region, or raises AwsError."""
    authorization = request.headers.get("authorization")
    if not authorization:
        raise AwsError("missing", "Request is missing Authentication Token", 403)
    match = AUTHORIZATION.fullmatch(authorization)
    if not match:
        raise AwsError("incomplete", "Authorization header is malformed")
    access_key, date, request.region, request.service, signed, signature = match.groups()
    stamp = request.headers.get("x-amz-date", "")
    sent = seconds_of(stamp)
    if stamp[:8] != date:
        raise AwsError("incomplete", "the scope has another date than X-Amz-Date")
    check_what_is_signed(request, signed.split(";"))
    key = keys.find(access_key)
    if not key:
        raise AwsError("unknown_key", f"no key '{access_key}'", 403)
    if request.headers.get("x-amz-security-token", "") != key.token:
        raise AwsError("unknown_key", "the security token is another", 403)
    if not hmac.compare_digest(expected_signature(request, key, signed.split(";"), stamp), signature):
        raise AwsError("signature", "The request signature we calculated does not match the signature "
                       "you provided.", 403)
    if abs(sent - now) > SKEW_MAX_S:
        raise AwsError("skew", f"Signature expired: {stamp} is not within 15 minutes of "
                       f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(now))}", 403)
    if now >= key.expires:
        raise AwsError("expired", "The security token included in the request is expired", 403)
    request.key = key
