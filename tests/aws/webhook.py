# SPDX-License-Identifier: Apache-2.0
"""A receiver of webhooks on loopback, with what goes wrong at such places.

    with Webhook() as webhook:
        run([…, f"webhook:{webhook.url}"])
        webhook.posts                                       # what came, in order
        webhook.answer(503, times=2, headers={"Retry-After": "1"})
        webhook.answer(lambda post: 400 if b"evil" in post.body else 200)
"""

import dataclasses
import http.server
import ssl
import threading
import time


@dataclasses.dataclass
class Post:
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    at: float  # seconds, monotonic
    status: int = 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_message(self, *_):
        pass

    def do_POST(self):
        owner = self.server.owner
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        post = Post(self.path, {name.lower(): value for name, value in self.headers.items()}, body, time.monotonic())
        post.status, headers, text = owner.judge(post)
        owner.posts.append(post)
        if post.status == 0:  # no answer
            self.close_connection = True
            return
        self.send_response(post.status)
        for name, value in {**headers, "Content-Length": str(len(text))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)


class Webhook:
    def __init__(self, path: str = "/services/T000/B000/sEcReT"):
        self.posts = []
        self._answers = []
        self.listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.listener.daemon_threads = True
        self.listener.owner = self
        self.host = f"127.0.0.1:{self.listener.server_address[1]}"
        self.url = f"http://{self.host}{path}"

    def answer(self, status, times: int | None = None, headers: dict[str, str] | None = None,
               text: bytes = b"") -> None:
        """From now on: a status, 0 for none, or what a function makes of a post; times: for so many posts."""
        self._answers.append([status, times, headers or {}, text])

    def judge(self, post: Post) -> tuple[int, dict[str, str], bytes]:
        for answer in self._answers:
            status, times, headers, text = answer
            if times == 0:
                continue
            if times:
                answer[1] -= 1
            return (status(post) if callable(status) else status), headers, text
        return 200, {}, b"ok"

    def use_tls(self, certificate, key) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.listener.socket = context.wrap_socket(self.listener.socket, server_side=True)
        self.url = self.url.replace("http:", "https:")

    def __enter__(self):
        threading.Thread(target=self.listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown()
        self.listener.server_close()
