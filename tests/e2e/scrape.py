# SPDX-License-Identifier: Apache-2.0
"""A client in a namespace, for tests of what a sensor answers on its --metrics address."""

import json
import re
import sys

from lab import Lab, Program

# One request; prints status, headers and body as JSON.
ASK = """
import http.client, json, sys, urllib.parse
method, url = sys.argv[1:3]
parts = urllib.parse.urlsplit(url)
connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
connection.request(method, parts.path + ("?" + parts.query if parts.query else ""),
                   body="x" * 100000 if method == "POST" else None)
answer = connection.getresponse()
print(json.dumps([answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()]))
"""


def ask(lab: Lab, namespace: str, url: str, method: str = "GET") -> tuple[int, dict[str, str], str]:
    """Status, headers and body."""
    status, headers, body = json.loads(lab.run(namespace, [sys.executable, "-c", ASK, method, url]).stdout)
    return status, headers, body


def page_of(sensor: Program) -> str:
    """The URL of /metrics that a sensor said it has."""
    return re.search(r"metrics at (\S+)", sensor.wait_for_line("^sensor: metrics at ")).group(1)


def health_of(sensor: Program) -> str:
    return page_of(sensor).removesuffix("metrics") + "healthz"


def samples(body: str) -> dict[str, float]:
    """By name with labels, as it stands on the page."""
    lines = [line for line in body.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}
