#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""EC2, ELBv2, STS, S3, CloudWatch Logs and Security Hub on loopback, in one process, for tests.

From a test:

    with AwsServer({"eu-west-1": "policies/examples/shop"}) as aws:   # or one folder for every Region
        run(["weir", "fetch", "--endpoint-url", aws.url, …], env={**os.environ, **aws.environment()})
        aws.fault("throttle", action="DescribeVpcs", times=2)          # faults.Fault has the list
        aws.rate("Describe*", burst=5, per_second=10)                  # as EC2's token buckets
        aws.calls                                                      # what came, in order

From a shell: prints its URL and runs until standard input ends.

    tests/aws/server.py policies/examples/shop [--fault throttle:DescribeVpcs:2] [--port 8000] [--skew -3600]

Keys: aws.keys.first (AKIDEXAMPLE, the secret of AWS's own examples); aws.keys.issue(seconds) makes a
temporary one.  Every signature is computed again by botocore's signer; what is not signed right gets the
error that the service would give.  Data is what the AWS CLI prints, one folder for each Region, or by
(account, Region); a key of another account sees that account's.  EC2's documents are written through botocore's
model of the service; MaxResults is held to the model's limits, pages are real, unknown parameters and
filters are refused.  `aws.skew` moves the server's clock.  aws.s3.bucket(NAME)[KEY] = bytes;
aws.s3.writes(NAME) is what was put; aws.logs.groups; aws.securityhub.findings; aws.sts.roles[ARN] = external id.
"""

import argparse
import contextlib
import dataclasses
import http.server
import json
import pathlib
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import errors  # noqa: E402
from data import Data  # noqa: E402
from faults import Fault, Faults  # noqa: E402
from logs import Logs  # noqa: E402
from model import read_form, write_answer  # noqa: E402
from s3 import S3, Elsewhere  # noqa: E402
from securityhub import SecurityHub  # noqa: E402
from signatures import AUTHORIZATION, ACCOUNT, AwsError, KeyStore, Request, verify  # noqa: E402
from sts import Sts  # noqa: E402

PAGE = (b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>"
        b"<body><h1>502 Bad Gateway</h1></body></html>\n")
UNSIGNED = ("AssumeRoleWithWebIdentity",)


@dataclasses.dataclass
class Call:
    """What came, as the tests ask for it."""

    service: str
    region: str
    action: str
    params: dict
    account: str
    status: int
    code: str  # of the error; "" when it went well
    headers: dict[str, str]
    at: float  # seconds, monotonic


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    code: str = ""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_message(self, *_):
        pass

    def date_time_string(self, timestamp=None):
        return super().date_time_string(self.server.owner.now() if timestamp is None else timestamp)

    def setup(self):
        super().setup()
        self.server.owner.connections += 1

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.owner.serve(self, Request(self.command, self.path, headers, body))

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = serve

    def send(self, answer: Answer, part: float = 1.0, pause_s: float = 0.0) -> None:
        """All of an answer, or the first part of its body and then the end."""
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        body = answer.body[:int(len(answer.body) * part)]
        for piece in ([body[at:at + 1] for at in range(len(body))] if pause_s else [body]):
            self.wfile.write(piece)
            self.wfile.flush()
            time.sleep(pause_s)
        self.close_connection |= part < 1

    def reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    owner: "AwsServer"

    def handle_error(self, request, client_address):
        error = sys.exc_info()[1]
        if not isinstance(error, (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)

    def shutdown_request(self, request):
        """No shutdown(2): it would send an end of stream before a reset."""
        self.close_request(request)


class AwsServer:
    def __init__(self, snapshot=None, port: int = 0):
        self.keys, self.s3, self.logs, self.faults = KeyStore(), S3(), Logs(), Faults()
        self.sts, self.securityhub = Sts(self.keys), SecurityHub()
        self.data = {}
        self.skew, self.calls, self.connections = 0.0, [], 0
        self.denied = set()  # actions, "ec2:DescribeFlowLogs"
        self._lock = threading.Lock()
        self.listener = Listener(("127.0.0.1", port), Handler)
        self.listener.owner = self
        self.url = f"http://127.0.0.1:{self.listener.server_address[1]}"
        sources = snapshot if isinstance(snapshot, dict) else {"*": snapshot} if snapshot else {}
        for place, source in sources.items():
            account, region = place if isinstance(place, tuple) else (ACCOUNT, place)
            self.load(source, region, account)

    def load(self, source, region: str = "*", account: str = ACCOUNT) -> None:
        """A folder of documents, or {file name: document}, for a Region ("*": every other)."""
        self.data[account, region] = Data(source)

    def __enter__(self):
        threading.Thread(target=self.listener.serve_forever, kwargs={"poll_interval": 0.05},
                         daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown()
        self.listener.server_close()

    @contextlib.contextmanager
    def held(self):
        """Nothing is answered meanwhile."""
        with self._lock:
            yield

    def now(self) -> float:
        return time.time() + self.skew

    def fault(self, kind: str, **how) -> None:
        self.faults.add(Fault(kind, **how))

    def rate(self, action: str, burst: float, per_second: float) -> None:
        self.faults.rate(action, burst, per_second)

    def environment(self, region: str = "eu-west-1") -> dict[str, str]:
        """What a client must know, and nothing that could come from this machine's own files."""
        return {"AWS_ACCESS_KEY_ID": self.keys.first.access_key,
                "AWS_SECRET_ACCESS_KEY": self.keys.first.secret_key, "AWS_REGION": region,
                "AWS_DEFAULT_REGION": region, "AWS_ENDPOINT_URL": self.url,
                "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/nonexistent",
                "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "NO_PROXY": "127.0.0.1"}

    # One request

    def serve(self, handler: Handler, request: Request) -> None:
        match = AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        service, region = (match.group(4), match.group(3)) if match else ("sts", "")
        action, params, answer, fault = "", {}, None, None
        try:
            if request.path == "/_faults" and request.method == "POST":  # from another process
                self.fault(**json.loads(request.body))
                handler.send(Answer(204, {}, b""))
                return
            action, params = self.read(service, request)
            fault = self.faults.next(service, region, action)
            if fault and fault.kind == "slow":
                time.sleep(fault.seconds)
            if fault and fault.kind == "outage":
                handler.reset()
                return
            if fault and fault.kind in errors.WORDS:
                raise AwsError(fault.kind, f"{action}: {fault.kind} on demand")
            answer = self.answer(request, action, params)
        except AwsError as error:
            answer = self.refusal(service, error)
        if fault and fault.kind == "repeat_token":
            answer = self.repeated(request, action, params, answer)
        if fault:
            answer.headers.update(fault.headers)
        with self._lock:
            account = request.key.account if request.key else ""
            self.calls.append(Call(service, region, action, params, account, answer.status, answer.code,
                                   request.headers, time.monotonic()))
        self.deliver(handler, answer, fault)

    def read(self, service: str, request: Request) -> tuple[str, dict]:
        if service == "s3":
            return S3.action(request), {"path": request.path, "query": request.query}
        if service == "logs":
            return Logs.action(request), Logs.params(request)
        if service == "securityhub":
            return SecurityHub.action(request), {}
        if request.method != "POST" or request.path != "/":
            raise AwsError("unknown_action", f"{request.method} {request.path}")
        if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            raise AwsError("unknown_action", "the Content-Type is not that of a form")
        return read_form(service, request.body)

    def answer(self, request: Request, action: str, params: dict) -> Answer:
        if action not in UNSIGNED:
            verify(request, self.keys, self.now())
        else:
            request.service = "sts"
        service = request.service
        account = request.key.account if request.key else ""
        if self.faults.is_throttled(account, request.region, action):
            raise AwsError("throttle", "Request limit exceeded.")
        if f"{service}:{action}" in self.denied:
            raise AwsError("denied", f"You are not authorized to perform this operation. User: {request.key.arn} "
                           f"is not authorized to perform: {service}:{action} because no identity-based "
                           "policy allows it")
        kind = {"Content-Type": errors.content_type(service), "x-amzn-RequestId": "req-" + action}
        if service == "s3":
            status, headers, body = self.s3.answer(request)
            return Answer(status, {**headers, "x-amz-request-id": "REQ" + action}, body)
        if service == "logs":
            return Answer(200, kind, json.dumps(self.logs.answer(request, action)).encode())
        if service == "securityhub":
            return Answer(200, kind, json.dumps(self.securityhub.answer(request)).encode())
        values = self.sts.answer(request, action, params) if service == "sts" else \
            self.data_of(account, request.region).answer(service, action, params)
        return Answer(200, kind, write_answer(service, action, values))

    def data_of(self, account: str, region: str) -> Data:
        return self.data.get((account, region)) or self.data.get((account, "*")) or Data({})

    @staticmethod
    def refusal(service: str, error: AwsError) -> Answer:
        status, code, body = errors.document(service, error)
        headers = {"Content-Type": errors.content_type(service), "x-amzn-RequestId": "req-error"}
        if service == "s3":
            headers["x-amz-request-id"] = "REQERROR"
        if service == "securityhub":
            headers["x-amzn-ErrorType"] = code
        if isinstance(error, Elsewhere):
            headers["x-amz-bucket-region"] = error.region
        return Answer(status, headers, body, code)

    def repeated(self, request: Request, action: str, params: dict, answer: Answer) -> Answer:
        """The same page with the token that was sent, as a server that goes round in circles."""
        values = self.data_of(request.key.account, request.region).answer(request.service, action, params)
        sent = params.get("NextToken") or params.get("Marker")
        if not sent or answer.code:
            return answer
        name = "NextMarker" if request.service == "elasticloadbalancing" else "NextToken"
        return Answer(200, answer.headers, write_answer(request.service, action, {**values, name: sent}))

    @staticmethod
    def deliver(handler: Handler, answer: Answer, fault: Fault | None) -> None:
        kind = fault.kind if fault else ""
        if kind == "late":
            time.sleep(fault.seconds)
        if kind == "reset":
            handler.reset()
        elif kind == "close":
            handler.close_connection = True
        elif kind == "truncate":
            handler.send(answer, 0.5)
        elif kind == "trickle":
            handler.send(answer, pause_s=fault.seconds)
        elif kind == "bad_xml":
            handler.send(dataclasses.replace(answer, body=answer.body[:len(answer.body) * 2 // 3]))
        elif kind == "empty":
            handler.send(dataclasses.replace(answer, body=b""))
        elif kind in ("html", "html502"):
            handler.send(Answer(200 if kind == "html" else 502, {"Content-Type": "text/html"}, PAGE))
        else:
            handler.send(answer)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("snapshot", nargs="?", help="a folder of what the AWS CLI printed")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--skew", type=float, default=0.0, metavar="SECONDS", help="of the server's clock")
    parser.add_argument("--fault", action="append", default=[], metavar="KIND[:ACTION[:TIMES]]")
    parser.add_argument("--deny", action="append", default=[], metavar="SERVICE:ACTION")
    arguments = parser.parse_args()
    with AwsServer(arguments.snapshot, arguments.port) as server:
        server.skew = arguments.skew
        server.denied.update(arguments.deny)
        for text in arguments.fault:
            kind, action, times = (text.split(":") + ["", ""])[:3]
            server.fault(kind, action=action or "*", times=None if times == "*" else int(times or 1))
        print(server.url, flush=True)
        sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())
