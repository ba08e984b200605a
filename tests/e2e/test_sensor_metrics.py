# SPDX-License-Identifier: Apache-2.0
"""/metrics and /healthz of a running sensor, a real Prometheus that reads them, and clients that mean ill.

The dashboard and the alerts in packaging/ are held against what `--help-metrics` says there is.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import sys
import time
import urllib.parse

import pytest
from scapy.all import IP, UDP, Ether

from lab import command, wait_until
from scrape import ask, health_of, page_of, samples
from sensors import keeper_of, plain_wire, read_of, status_of
from test_sensor_privileges import capabilities_of, is_shut, unprivileged_user
from test_sensor import LEFT, LEFT_MAC, RIGHT, RIGHT_MAC, Sensors, send

FRAME = Ether(src=RIGHT_MAC, dst=LEFT_MAC) / IP(src=RIGHT, dst=LEFT) / UDP(sport=1, dport=2)
METRIC = r"\bweir_sensor_\w+"

# Connections that send one byte a second and never a whole request; prints how long the first of them lived.
SLOWLORIS = """
import select, socket, sys, time
host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
begin = time.monotonic()
clients = {}
for _ in range(count):
    client = socket.create_connection((host, port))
    client.sendall(b"GET /metrics HTTP/1.1\\r\\nX: ")
    clients[client] = time.monotonic()
print("open", flush=True)
while clients and time.monotonic() - begin < 60:
    for client in select.select(list(clients), [], [], 1)[0]:
        print(f"closed after {time.monotonic() - clients.pop(client):.1f} s", flush=True)
        client.close()
    for client in list(clients):
        try:
            client.sendall(b"x")
        except OSError:
            print(f"closed after {time.monotonic() - clients.pop(client):.1f} s", flush=True)
            client.close()
print("all closed" if not clients else "still open", flush=True)
"""


def needs(tool: str) -> None:
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not installed")


@pytest.fixture(name="wire")
def wire_fixture(lab):
    plain_wire(lab)
    return lab


@pytest.fixture(name="sensors")
def sensors_fixture(wire, build, tmp_path):
    return Sensors(wire, build, tmp_path)


def start(sensors: Sensors, *options: str, backend: str = "packet"):
    return sensors.start(backend, "--interval", "1", "--metrics", "127.0.0.1:0", *options)


@pytest.fixture(name="known")
def known_fixture(build) -> set[str]:
    """Every metric that --help-metrics names."""
    said = command([str(build / "weir-sensor"), "--help-metrics"]).stdout
    return set(re.findall(rf"^{METRIC}", said, re.MULTILINE))


def test_what_prometheus_reads_is_what_was_sent(wire, sensors, root, tmp_path):
    """A real one, with the shipped alerts, asked through its API."""
    needs("prometheus")
    sensor = start(sensors)
    target = urllib.parse.urlsplit(page_of(sensor)).netloc
    rules = root / "packaging/prometheus/weir-sensor.rules.yml"
    config = tmp_path / "prometheus.yml"
    config.write_text(f"""
global: {{scrape_interval: 500ms, evaluation_interval: 1s}}
rule_files: [{rules}]
scrape_configs: [{{job_name: weir-sensor, static_configs: [{{targets: ["{target}"]}}]}}]
""")
    server = wire.start("left", ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'tsdb'}",
                                 "--web.listen-address=127.0.0.1:9090", "--log.level=warn"])

    def value_of(query: str) -> float:
        url = "http://127.0.0.1:9090/api/v1/query?" + urllib.parse.urlencode({"query": query})
        found = json.loads(ask(wire, "left", url)[2])["data"]["result"]
        return float(found[0]["value"][1]) if found else -1

    wire.wait_for_listener("left", 9090)
    wait_until("it is ready", lambda: ask(wire, "left", "http://127.0.0.1:9090/-/ready")[0] == 200)
    wait_until("it scrapes", lambda: value_of("up") == 1)
    send(wire, "right", "r0", [FRAME] * 40)
    wait_until("the packets are on record", lambda: value_of("weir_sensor_packets_total") == 40)
    assert value_of("sum(weir_sensor_lost_total)") == 0
    assert value_of("weir_sensor_healthy") == 1
    assert abs(value_of("weir_sensor_start_time_seconds") - time.time()) < 60
    assert 0 <= value_of("weir_sensor_heartbeat_age_seconds") < 5
    assert value_of('weir_sensor_notes_total{kind="nodata"}') >= 0
    rules_loaded = json.loads(ask(wire, "left", "http://127.0.0.1:9090/api/v1/rules")[2])["data"]["groups"][0]["rules"]
    wait_until("the alerts were looked at", lambda: all(rule["health"] == "ok" for rule in json.loads(
        ask(wire, "left", "http://127.0.0.1:9090/api/v1/rules")[2])["data"]["groups"][0]["rules"]))
    assert {rule["state"] for rule in rules_loaded} == {"inactive"}
    assert server.stop() == 0


def test_the_page_is_as_prometheus_would_write_it_and_names_nothing_unexplained(wire, sensors, known):
    needs("promtool")
    _, headers, body = ask(wire, "left", page_of(start(sensors)))
    assert headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    command(["promtool", "check", "metrics"], input=body)
    assert set(re.findall(rf"^{METRIC}", body, re.MULTILINE)) <= known


@pytest.mark.parametrize("method, path, status", [
    ("GET", "metrics", 200), ("HEAD", "metrics", 200), ("GET", "metrics?x=1", 200), ("GET", "healthz", 200),
    ("GET", "", 404), ("GET", "metrics/", 404), ("GET", "../etc/passwd", 404), ("POST", "metrics", 405),
    ("DELETE", "healthz", 405), ("GET", "x" * 7000, 404)])
def test_there_are_two_pages_for_two_methods(wire, sensors, method, path, status):
    got, headers, body = ask(wire, "left", page_of(start(sensors)).removesuffix("metrics") + path, method)
    assert got == status and headers["connection"] == "close"
    assert bool(body) == (method != "HEAD")
    assert headers.get("allow") == ("GET, HEAD" if status == 405 else None)


def test_a_request_that_does_not_end_is_refused_and_the_next_one_answered(wire, sensors):
    url = urllib.parse.urlsplit(page_of(start(sensors)))
    flood = ("import socket, sys\nc = socket.create_connection((sys.argv[1], int(sys.argv[2])))\n"
             "c.sendall(b'GET /metrics HTTP/1.1\\r\\n')\n"
             "try:\n    while True: c.sendall(b'X: ' + b'y' * 60000 + b'\\r\\n'); print(c.recv(12)); break\n"
             "except OSError: print('refused')\n")
    said = wire.run("left", [sys.executable, "-c", flood, url.hostname, str(url.port)]).stdout
    assert re.search(r"HTTP/1.1 4|refused|b''", said), said
    assert ask(wire, "left", url.geturl())[0] == 200


def test_clients_that_never_finish_keep_nobody_out_and_slow_nothing(wire, sensors):
    sensor = start(sensors, backend="bpf")
    url = urllib.parse.urlsplit(page_of(sensor))
    crowd = wire.start("left", [sys.executable, "-c", SLOWLORIS, url.hostname, str(url.port), "200"])
    crowd.wait_for_line("^open$")
    assert ask(wire, "left", url.geturl())[0] == 200
    assert crowd.output().count("closed after") < 200, "who asks does not wait until the last of them has gone"
    for _ in range(4):
        assert ask(wire, "left", url.geturl())[0] == 200
    send(wire, "right", "r0", [FRAME] * 100)
    crowd.wait_for_line("^all closed$")
    lived = [float(seconds) for seconds in re.findall(r"after ([\d.]+) s", crowd.output())]
    # Ten seconds, and as many again for a machine that has other work; without an end they would live for a minute.
    assert len(lived) == 200 and max(lived) < 20, lived
    heartbeat = samples(ask(wire, "left", url.geturl())[2])["weir_sensor_heartbeat_age_seconds"]
    assert heartbeat < 5
    sensors.stop()
    assert sum(int(record["packets"]) for record in sensors.records("left-bpf")) == 100


def workers_of(sensor) -> list[int]:
    """Who watches over the server, and the server: below the sensor are these and who attaches it to interfaces."""
    def children(pid: int) -> list[int]:
        found = [int(word) for word in read_of(pid, f"task/{pid}/children").split()]
        return [child for child in found if read_of(child, "comm") == "weir-metrics\n"]

    keepers = [pid for pid in children(sensor.pid) if pid != keeper_of(sensor)]
    return keepers + [worker for keeper in keepers for worker in children(keeper)]


def await_workers(sensor, but: int = 0) -> list[int]:
    """Both, when the server has begun to serve; one that was killed is none."""
    wait_until("there is a server", lambda: len(found := workers_of(sensor)) == 2 and found[1] != but and
               status_of(found[1]).get("Seccomp") == "2")
    return workers_of(sensor)


def test_the_server_is_another_user_without_capabilities_that_holds_nothing_of_the_capture(sensors):
    sensor = start(sensors)
    workers = await_workers(sensor)
    for pid in workers:
        status = status_of(pid)
        assert status["Uid"].split() == [str(unprivileged_user().pw_uid)] * 4
        assert set(capabilities_of(status).values()) == {0} and status["NoNewPrivs"] == "1"
        packet = [link for link in (os.readlink(path) for path in pathlib.Path(f"/proc/{pid}/fd").iterdir())
                  if "packet" in link or "bpf" in link]
        assert not packet
    assert is_shut(status_of(workers[1]))


def test_a_server_that_is_killed_begins_again_and_the_sensor_does_not_notice(wire, sensors):
    sensor = start(sensors)
    first = await_workers(sensor)[1]
    os.kill(first, signal.SIGKILL)
    await_workers(sensor, but=first)
    wait_until("it answers", lambda: samples(ask(wire, "left", page_of(sensor))[2]).get(
        "weir_sensor_metrics_restarts_total") == 1)
    send(wire, "right", "r0", [FRAME] * 3)
    sensors.stop()
    assert sum(int(record["packets"]) for record in sensors.records("left-packet")) == 3


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_server_ends_with_the_sensor(sensors, how):
    sensor = start(sensors)
    workers = await_workers(sensor)
    os.kill(sensor.pid, how)
    sensor.wait()
    wait_until("they are gone", lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in workers))


def test_health_names_what_was_lost_and_when(wire, sensors):
    sensor = start(sensors)
    assert ask(wire, "left", health_of(sensor)) [::2] == (200, "ok\n")
    broken = bytearray(bytes(FRAME))
    broken[14] = 0x41  # a header of four bytes
    send(wire, "right", "r0", [bytes(broken)] * 3)
    told = []
    wait_until("it is told of all three", lambda: told.append(ask(wire, "left", health_of(sensor))) or
               "3 packets" in told[-1][2])
    assert told[-1][0] == 503
    assert re.fullmatch(r"lost: 3 packets \(bad IP header\), the last \d+ s ago\n", told[-1][2])
    page = samples(ask(wire, "left", page_of(sensor))[2])
    assert page['weir_sensor_lost_total{reason="bad_ip_header"}'] == 3 and page["weir_sensor_healthy"] == 0


def test_health_says_that_the_loop_stands_still_and_stays_reachable(wire, sensors):
    sensor = start(sensors)
    page_of(sensor)
    os.kill(sensor.pid, signal.SIGSTOP)
    try:
        wait_until("it is told", lambda: ask(wire, "left", health_of(sensor))[0] == 503)
        assert ask(wire, "left", health_of(sensor))[2] == "capture: its loop stands still for more than 10 s\n"
        assert samples(ask(wire, "left", page_of(sensor))[2])["weir_sensor_heartbeat_age_seconds"] > 10
    finally:
        os.kill(sensor.pid, signal.SIGCONT)
    wait_until("it goes on", lambda: ", over for" in ask(wire, "left", health_of(sensor))[2])


def test_both_families_and_a_port_of_choice(lab, build):
    lab.namespace("host")
    sensor = lab.start("host", [build / "weir-sensor", "-i", "lo", "--backend", "packet", "--metrics", "[::1]:9469"])
    assert page_of(sensor) == "http://[::1]:9469/metrics"
    assert ask(lab, "host", page_of(sensor))[0] == 200


def test_a_port_that_is_taken_is_told_at_start(lab, build):
    lab.namespace("host")
    first = [build / "weir-sensor", "-i", "lo", "--backend", "packet", "--metrics", "127.0.0.1:9469"]
    lab.start("host", first).wait_for_line("metrics at")
    second = lab.run("host", first, check=False)
    assert second.returncode == 70 or second.returncode == 3
    assert second.stderr == "weir-sensor: --metrics 127.0.0.1:9469: cannot listen: Address already in use\n"


@pytest.mark.parametrize("address", ["", "9469", ":9469", "localhost:9469", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
                                     "::1:9469", "[::1]9469", "[127.0.0.1]:9469", "127.0.0.1:9469x"])
def test_an_address_that_is_none_is_refused(build, address):
    done = command([str(build / "weir-sensor"), "-i", "lo", "--metrics", address], check=False)
    assert done.returncode == 2 and f"--metrics: '{address}' is no address with a port" in done.stderr


def test_the_alerts_are_good_rules_and_do_what_they_say(root, known):
    needs("promtool")
    rules = root / "packaging/prometheus/weir-sensor.rules.yml"
    command(["promtool", "check", "rules", "--lint-fatal", str(rules)])
    command(["promtool", "test", "rules", str(root / "tests/data/alerts.yml")])
    text = rules.read_text()
    assert set(re.findall(METRIC, text)) <= known
    alerts = re.split(r"- alert: ", text)[1:]
    assert len(alerts) > 10
    for alert in alerts:
        for part in ("expr:", "severity:", "summary:", "runbook:"):
            assert part in alert, alert.splitlines()[0]


def expressions_of(dashboard: dict) -> list[str]:
    return [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]


def test_the_dashboard_asks_for_nothing_that_is_not_there(root, known, tmp_path):
    needs("promtool")
    dashboard = json.loads((root / "packaging/grafana/weir-sensor.json").read_text())
    expressions = expressions_of(dashboard)
    assert len(expressions) > 20
    asked = set(re.findall(METRIC, json.dumps(dashboard)))
    assert asked <= known and len(asked) > 20
    # Grafana puts these in before it asks.
    filled = [text.replace("$__rate_interval", "1m").replace("$job", "a").replace("$instance", "b") for text in expressions]
    assert not any("$" in text for text in filled)
    rules = [{"record": f"r{at}", "expr": text} for at, text in enumerate(filled)]
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    command(["promtool", "check", "rules", str(tmp_path / "rules.yml")])


def test_the_dashboard_has_the_form_that_grafana_takes(root):
    dashboard = json.loads((root / "packaging/grafana/weir-sensor.json").read_text())
    assert dashboard["uid"] and dashboard["title"] and dashboard["schemaVersion"] >= 36
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}
    assert variables == {"datasource", "job", "instance"}
    taken = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert place["x"] + place["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells
        assert panel["type"] in {"row", "stat", "timeseries"}
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == "${datasource}" and panel["fieldConfig"]["defaults"]["unit"]
            assert [target["refId"] for target in panel["targets"]] == sorted({t["refId"] for t in panel["targets"]})
