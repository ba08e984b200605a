# SPDX-License-Identifier: Apache-2.0
"""Buckets in memory: objects whole and in ranges, listed in pages, written."""

import base64
import dataclasses
import hashlib
import re
import threading
import urllib.parse
from xml.sax.saxutils import escape

from signatures import AwsError, Request

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
MODIFIED = "Sat, 28 Nov 2026 07:00:00 GMT"
KEY_MAX = 1024


@dataclasses.dataclass
class Write:
    """A PutObject that was signed right, whether it was carried out or not."""

    key: str
    body: bytes
    headers: dict[str, str]
    refused: str = ""  # the code


class Bucket:
    def __init__(self, region: str):
        self.region = region
        self.objects = {}  # key → bytes
        self.writes = []
        self.size_max = 5 << 30  # of an object


class S3:
    """Paths are /bucket/key, or /key with the bucket as the first label of the host."""

    def __init__(self):
        self.lock = threading.Lock()
        self.buckets = {}

    def bucket(self, name: str, region: str = "eu-west-1") -> dict[str, bytes]:
        """The objects of a bucket, which is made when it is new."""
        return self.buckets.setdefault(name, Bucket(region)).objects

    def writes(self, name: str) -> list[Write]:
        return self.buckets[name].writes

    @staticmethod
    def place(request: Request) -> tuple[str, str]:
        path = urllib.parse.unquote(request.path, errors="strict")
        label, _, rest = request.headers["host"].partition(".")
        if rest.startswith("s3."):
            return label, path[1:]
        name, _, key = path[1:].partition("/")
        return name, key

    @staticmethod
    def action(request: Request) -> str:
        _, key = S3.place(request)
        return f"{request.method.title()}Object" if key else "ListObjectsV2"

    def answer(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        name, key = self.place(request)
        bucket = self.buckets.get(name)
        if not bucket:
            raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
        if bucket.region != request.region:
            raise Elsewhere(bucket.region, request.region)
        if key and request.method == "PUT":
            return self.write(bucket, key, request)
        if request.method not in ("GET", "HEAD"):
            raise AwsError("MethodNotAllowed", "not here", 405)
        if not key:
            return 200, {"Content-Type": "application/xml"}, self.listing(name, bucket, request.query)
        if key not in bucket.objects:
            raise AwsError("NoSuchKey", "The specified key does not exist.", 404)
        wanted = request.headers.get("if-match")
        if wanted and wanted != f'"{hashlib.md5(bucket.objects[key]).hexdigest()}"':
            raise AwsError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412)
        return self.part(bucket.objects[key], request.headers.get("range"))

    def write(self, bucket: Bucket, key: str, request: Request) -> tuple[int, dict[str, str], bytes]:
        write = Write(key, request.body, request.headers)
        hashed = base64.b64encode(hashlib.sha256(request.body).digest()).decode()
        with self.lock:
            bucket.writes.append(write)
            try:
                if len(key.encode()) > KEY_MAX:
                    raise AwsError("KeyTooLongError", "Your key is too long", 400)
                if len(request.body) > bucket.size_max:
                    raise AwsError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size.")
                if request.headers.get("x-amz-checksum-sha256", hashed) != hashed:
                    raise AwsError("BadDigest", "The SHA256 you specified did not match the calculated checksum.")
                if request.headers.get("if-none-match", "*") != "*":
                    raise AwsError("NotImplemented", "If-None-Match can be * only", 501)
                if "if-none-match" in request.headers and key in bucket.objects:
                    raise AwsError("PreconditionFailed",
                                   "At least one of the pre-conditions you specified did not hold", 412)
            except AwsError as error:
                write.refused = error.kind
                raise
            bucket.objects[key] = request.body
        return 200, {"ETag": f'"{hashlib.md5(request.body).hexdigest()}"'}, b""

    @staticmethod
    def part(body: bytes, wanted: str | None) -> tuple[int, dict[str, str], bytes]:
        headers = {"Content-Type": "binary/octet-stream", "Last-Modified": MODIFIED,
                   "ETag": f'"{hashlib.md5(body).hexdigest()}"', "Accept-Ranges": "bytes"}
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted or "")
        if not match:
            return 200, headers, body
        start, end = int(match.group(1)), min(int(match.group(2) or len(body) - 1), len(body) - 1)
        if start >= len(body) or end < start:
            raise AwsError("InvalidRange", "The requested range is not satisfiable", 416)
        headers["Content-Range"] = f"bytes {start}-{end}/{len(body)}"
        return 206, headers, body[start:end + 1]

    @staticmethod
    def listing(name: str, bucket: Bucket, query: str) -> bytes:
        params = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        if params.get("list-type") != "2":
            raise AwsError("NotImplemented", "only ListObjectsV2 is here", 501)
        prefix, delimiter = params.get("prefix", ""), params.get("delimiter", "")
        after = params.get("start-after", "")
        if "continuation-token" in params:
            after = base64.b64decode(params["continuation-token"]).decode()
        limit = min(int(params.get("max-keys", 1000)), 1000)
        rows, last = [], ""
        is_encoded = params.get("encoding-type") == "url"

        def shown(text: str) -> str:  # as S3 does it: what XML cannot hold is safe, and a space is +
            return escape(urllib.parse.quote_plus(text, safe="/*") if is_encoded else text)
        keys = [key for key in sorted(bucket.objects, key=lambda key: key.encode())
                if key.startswith(prefix) and key > after]
        groups = set()
        for key in keys:
            rest = key[len(prefix):]
            group = prefix + rest.split(delimiter)[0] + delimiter if delimiter and delimiter in rest else ""
            if group in groups:
                last = key
                continue
            if len(rows) == limit:
                break
            if group:
                groups.add(group)
                rows.append(f"<CommonPrefixes><Prefix>{shown(group)}</Prefix></CommonPrefixes>")
            else:
                body = bucket.objects[key]
                rows.append(f"<Contents><Key>{shown(key)}</Key><LastModified>2026-11-28T07:00:00.000Z"
                            f'</LastModified><ETag>"{hashlib.md5(body).hexdigest()}"</ETag>'
                            f"<Size>{len(body)}</Size><StorageClass>STANDARD</StorageClass></Contents>")
            last = key
        more = bool(keys) and last != keys[-1]
        token = f"<NextContinuationToken>{base64.b64encode(last.encode()).decode()}</NextContinuationToken>" \
            if more else ""
        encoding = "<EncodingType>url</EncodingType>" if is_encoded else ""
        return ('<?xml version="1.0" encoding="UTF-8"?>\n'
                f'<ListBucketResult xmlns="{NAMESPACE}"><Name>{name}</Name><Prefix>{shown(prefix)}</Prefix>'
                f"<KeyCount>{len(rows)}</KeyCount><MaxKeys>{limit}</MaxKeys>"
                f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>{encoding}{''.join(rows)}{token}"
                "</ListBucketResult>").encode()


class Elsewhere(AwsError):
    """The bucket is in another Region than the request is signed for."""

    def __init__(self, region: str, said: str):
        super().__init__("AuthorizationHeaderMalformed", "The authorization header is malformed; the region "
                         f"'{said}' is wrong; expecting '{region}'", 400)
        self.region = region
