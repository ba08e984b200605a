#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The instance metadata service, version 2, and the container credentials endpoint, for tests.

    with Imds(aws.keys) as imds:
        run([…], env={**os.environ, **imds.environment()})
        imds.expire_sessions()      # the next GET with an old token is a 401
        imds.requests               # "PUT /latest/api/token", … in order

As the real one: a session token comes from a PUT that says its life (1 to 21600 s) and was not forwarded; every
GET needs it; what does not apply is a 404.  `imds.lifetime_s` is how long the role's keys live,
`imds.role = ""` is an instance without a role, `imds.silent = True` answers no PUT at all (what a container
sees behind a hop limit of 1), `imds.enabled = False` answers 403, `imds.fail_next(status, times)` fails GETs.
`imds.interfaces[mac]` is what it says of an interface, by path; `imds.add_interface(mac, eni, …)` attaches one;
`imds.texts[path]` is said instead of what would be (None: 404); `imds.pause_s` is how long each answer takes.

From a shell: tests/aws/imds.py prints its URL and runs until standard input ends.

    with ContainerEndpoint(aws.keys) as container:
        env = container.environment()   # AWS_CONTAINER_CREDENTIALS_FULL_URI and …AUTHORIZATION_TOKEN
"""

import http.server
import json
import pathlib
import secrets
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from signatures import ACCOUNT, KeyStore  # noqa: E402

TTL_HEADER, TOKEN_HEADER = "X-aws-ec2-metadata-token-ttl-seconds", "X-aws-ec2-metadata-token"
TTL_MAX_S = 21600
MAC = "0a:ff:c2:00:00:01"
NOT_FOUND = b"""<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
\t"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
 <head>
  <title>404 - Not Found</title>
 </head>
 <body>
  <h1>404 - Not Found</h1>
 </body>
</html>
"""


def stamp(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_message(self, *_):
        pass

    def serve(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        owner = self.server.owner
        owner.requests.append(f"{self.command} {self.path}")
        answer = owner.answer(self.command, self.path, self.headers)
        if answer is None:
            owner.released.wait(30)
            self.close_connection = True
            return
        status, headers, body = answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_HEAD = serve


class LoopbackServer:
    """A server on loopback in a thread; `answer` gives status, headers and body, or None for silence."""

    def __init__(self, port: int = 0):
        self.requests, self.released = [], threading.Event()
        self.listener = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.listener.daemon_threads = True
        self.listener.owner = self
        self.url = f"http://127.0.0.1:{self.listener.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.listener.serve_forever, kwargs={"poll_interval": 0.05},
                         daemon=True).start()
        return self

    def __exit__(self, *_):
        self.released.set()
        self.listener.shutdown()
        self.listener.server_close()

    def answer(self, method: str, path: str, headers) -> tuple[int, dict[str, str], bytes] | None:
        raise NotImplementedError


class Imds(LoopbackServer):
    def __init__(self, keys: KeyStore | None = None, port: int = 0):
        super().__init__(port)
        self.keys = keys or KeyStore()
        self.role, self.region, self.lifetime_s = "test-role", "eu-west-1", 6 * 3600.0
        self.silent, self.enabled, self.required = False, True, True
        self.interfaces, self.texts, self.pause_s = {}, {}, 0.0
        self.add_interface(MAC, "eni-0123456789abcdef0")
        self._sessions, self._failures, self._key = {}, [], None

    def add_interface(self, mac: str, eni: str, **others: str) -> None:
        """Attaches an ENI; others are its texts with underscores for hyphens: local_ipv4s="10.0.1.10\\n10.0.1.11"."""
        texts = {"interface-id": eni, "owner-id": ACCOUNT, "mac": mac, "vpc-id": "vpc-0123456789abcdef0",
                 "subnet-id": "subnet-0123456789abcdef0", "local-ipv4s": "10.0.1.10",
                 "vpc-ipv4-cidr-block": "10.0.0.0/16", "vpc-ipv4-cidr-blocks": "10.0.0.0/16"}
        self.interfaces[mac] = {**texts, **{name.replace("_", "-"): text for name, text in others.items()}}

    def environment(self) -> dict[str, str]:
        return {"AWS_EC2_METADATA_SERVICE_ENDPOINT": self.url, "AWS_EC2_METADATA_DISABLED": "false"}

    def expire_sessions(self) -> None:
        self._sessions.clear()

    def fail_next(self, status: int, times: int = 1) -> None:
        self._failures.extend([status] * times)

    def answer(self, method, path, headers):
        self.released.wait(self.pause_s)
        if not self.enabled:
            return 403, {}, b""
        if method == "PUT":
            return self.session(path, headers)
        token = headers.get(TOKEN_HEADER)
        if (token or self.required) and self._sessions.get(token, 0) < time.monotonic():
            return 401, {"Content-Type": "text/plain"}, b""
        if self._failures:
            return self._failures.pop(0), {}, b""
        text = self.text(path)
        if text is None:
            return 404, {"Content-Type": "text/html"}, NOT_FOUND
        return 200, {"Content-Type": "text/plain"}, text.encode()

    def session(self, path, headers):
        if self.silent:
            return None
        ttl = headers.get(TTL_HEADER, "")
        if "X-Forwarded-For" in headers:
            return 403, {}, b""
        if path != "/latest/api/token":
            return 404, {"Content-Type": "text/html"}, NOT_FOUND
        if not ttl.isdecimal() or not 1 <= int(ttl) <= TTL_MAX_S:
            return 400, {"Content-Type": "text/html"}, b"bad ttl"
        token = secrets.token_urlsafe(40) + "=="
        self._sessions[token] = time.monotonic() + int(ttl)
        return 200, {"Content-Type": "text/plain", TTL_HEADER: ttl}, token.encode()

    def text(self, path: str) -> str | None:
        base = "/latest/meta-data/"
        if path.removeprefix(base) in self.texts:
            return self.texts[path.removeprefix(base)]
        role = f"{base}iam/security-credentials/"
        if path == role and self.role:
            return self.role
        if path == role + self.role and self.role:
            return self.credentials()
        if path == "/latest/dynamic/instance-identity/document":
            return json.dumps({"accountId": ACCOUNT, "region": self.region, "instanceId": "i-0123456789abcdef0",
                               "availabilityZone": f"{self.region}a"})
        macs = f"{base}network/interfaces/macs/"
        mac, _, name = path.removeprefix(macs).partition("/") if path.startswith(macs) else ("", "", "")
        if name:
            return self.interfaces.get(mac, {}).get(name)
        return {f"{base}placement/region": self.region,
                f"{base}placement/availability-zone": f"{self.region}a",
                f"{base}placement/availability-zone-id": "euw1-az1",
                f"{base}instance-id": "i-0123456789abcdef0", f"{base}mac": next(iter(self.interfaces)),
                f"{base}local-ipv4": "10.0.1.10",
                macs: "\n".join(f"{known}/" for known in self.interfaces)}.get(path)

    def credentials(self) -> str:
        """New keys appear at least five minutes before the old ones end."""
        if not self._key or self._key.expires - time.time() < 300:
            self._key = self.keys.issue(self.lifetime_s)
        return json.dumps({"Code": "Success", "LastUpdated": stamp(time.time()), "Type": "AWS-HMAC",
                           "AccessKeyId": self._key.access_key, "SecretAccessKey": self._key.secret_key,
                           "Token": self._key.token, "Expiration": stamp(self._key.expires)}, indent=2)


class ContainerEndpoint(LoopbackServer):
    """Gives keys to who knows the authorization token (ECS, EKS Pod Identity)."""

    def __init__(self, keys: KeyStore | None = None, port: int = 0):
        super().__init__(port)
        self.keys, self.lifetime_s = keys or KeyStore(), 6 * 3600.0
        self.token, self.path = secrets.token_urlsafe(20), "/v2/credentials/0123"

    def environment(self) -> dict[str, str]:
        return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": self.url + self.path,
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": self.token}

    def answer(self, method, path, headers):
        if method != "GET" or path != self.path:
            return 404, {}, b""
        if headers.get("Authorization") != self.token:
            return 403, {}, b'{"code": "AccessDenied", "message": "no token"}'
        key = self.keys.issue(self.lifetime_s)
        body = {"AccessKeyId": key.access_key, "SecretAccessKey": key.secret_key, "Token": key.token,
                "Expiration": stamp(key.expires), "AccountId": ACCOUNT}
        return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


def main() -> int:
    with Imds() as imds:
        print(imds.url, flush=True)
        sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())
