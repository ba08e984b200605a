# SPDX-License-Identifier: Apache-2.0
"""The estate of policies/examples/shop on real packets: each instance a namespace, the VPC a router.

The router has the first address of each subnet, and does for web-1 what an internet gateway does: one
public address for one private one.  The servers are real; PostgreSQL where it is installed, else socat.
"""

import json
import pathlib
import shutil
from typing import Optional

from lab import DEFAULT_TIMEOUT_S, Lab, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
SNAPSHOT = ROOT / "policies/examples/shop"
ACCOUNT = "111122223333"
HOSTS = {"web-1": "10.0.1", "app-1": "10.0.2", "db-1": "10.0.3"}
CUSTOMER, PUBLIC = "203.0.113.10", "198.51.100.10"
WEB, APP, DB = (f"{net}.10" for net in HOSTS.values())

NAT = f"""
table ip igw {{
	chain in {{
		type nat hook prerouting priority dstnat;
		iif "to-internet" ip daddr {PUBLIC} dnat to {WEB}
	}}
	chain out {{
		type nat hook postrouting priority srcnat;
		oif "to-internet" ip saddr {WEB} snat to {PUBLIC}
	}}
}}
"""


def documents(name: str) -> list:
    """What the snapshot's describe-NAME.json lists."""
    return next(iter(json.loads((SNAPSHOT / f"describe-{name}.json").read_text()).values()))


def interface_id(host: str) -> str:
    """The eni-… of an instance, by its Name tag."""
    for interface in documents("network-interfaces"):
        if {"Key": "Name", "Value": host} in interface["TagSet"]:
            return interface["NetworkInterfaceId"]
    raise KeyError(host)


def broad_rule() -> dict:
    """The rule that should not be there: the database open to the whole VPC."""
    return next(rule for rule in documents("security-group-rules")
                if rule.get("CidrIpv4") == "10.0.0.0/16" and rule["FromPort"] == 5432)


def write_without_broad_rule(target: pathlib.Path) -> None:
    """A copy of the snapshot as it would be with that rule revoked."""
    shutil.copytree(SNAPSHOT, target)
    rule = broad_rule()
    path = target / "describe-security-group-rules.json"
    document = json.loads(path.read_text())
    document["SecurityGroupRules"].remove(rule)
    path.write_text(json.dumps(document, indent=4) + "\n")
    path = target / "describe-security-groups.json"
    document = json.loads(path.read_text())
    for group in document["SecurityGroups"]:
        for permission in group["IpPermissions"]:
            permission["IpRanges"] = [peer for peer in permission["IpRanges"]
                                      if group["GroupId"] != rule["GroupId"]
                                      or peer["CidrIp"] != rule["CidrIpv4"]]
    path.write_text(json.dumps(document, indent=4) + "\n")


class Shop:
    """The estate, up and serving."""

    def __init__(self, lab: Lab, scratch: pathlib.Path):
        self.lab = lab
        self._scratch = scratch
        self._connect()
        self._serve_web()
        self.database = self._serve_postgresql() or self._serve_socat()
        lab.wait_for_listener("db-1", 5432)

    def _connect(self) -> None:
        lab = self.lab
        lab.namespace("router", "internet", *HOSTS)
        lab.forward("router")
        for host, net in HOSTS.items():
            lab.sysctl(host, "net.ipv6.conf.default.disable_ipv6=1")
            self._attach(host, f"to-{host}", f"{net}.10/24", f"{net}.1")
        self._attach("internet", "to-internet", f"{CUSTOMER}/24", "203.0.113.1")
        lab.run("router", ["nft", "-f", "-"], input=NAT)

    def _attach(self, host: str, device: str, address: str, gateway: str) -> None:
        self.lab.link(host, "eth0", "router", device)
        self.lab.address(host, "eth0", address)
        self.lab.address("router", device, f"{gateway}/24")
        self.lab.route(host, "default", gateway)

    def _serve_web(self) -> None:
        page = self._scratch / "www"
        page.mkdir()
        (page / "index.html").write_text("shop\n")
        for host, port in (("web-1", "443"), ("app-1", "8080")):
            self.lab.start(host, ["python3", "-m", "http.server", port, "--directory", page])
            self.lab.wait_for_listener(host, int(port))

    def _serve_postgresql(self) -> Optional[str]:
        """A server of its own, made for this run; None where PostgreSQL is not installed."""
        binaries = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
        if not binaries or not shutil.which("psql"):
            return None
        data = self._scratch / "postgresql"
        data.mkdir(mode=0o700)
        shutil.chown(data, "postgres", "postgres")
        as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        self.lab.run("db-1", [*as_postgres, binaries[-1] / "initdb", "-D", data, "-A", "trust",
                              "--no-sync", "--no-instructions"], timeout_s=60, cwd="/")
        with (data / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 10.0.0.0/16 trust\n")
        server = self.lab.start("db-1", [*as_postgres, binaries[-1] / "postgres", "-D", data,
                                         "-c", f"listen_addresses={DB}", "-k", data], cwd="/")
        server.wait_for_line("ready to accept connections", 60)
        return "PostgreSQL"

    def _serve_socat(self) -> str:
        self.lab.start("db-1", ["socat", "TCP-LISTEN:5432,fork,reuseaddr",
                                "SYSTEM:read question; echo 42"])
        return "socat in PostgreSQL's place"

    def fetch(self, host: str, url: str) -> str:
        """The page that a host gets from a URL."""
        program = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=5).read())"
        return self.lab.run(host, ["python3", "-c", program, url]).stdout

    def ask_database(self, host: str) -> str:
        """What the database answers a host."""
        if self.database == "PostgreSQL":
            return self.lab.run(host, ["psql", "-h", DB, "-U", "postgres", "-AtXc", "select 6 * 7"],
                                cwd="/").stdout.strip()
        return self.lab.run(host, ["socat", "-t5", "-", f"TCP:{DB}:5432"], input="6 * 7\n").stdout.strip()

    def closed(self, host: str) -> None:
        """Waits until every connection of a host has been closed to its last packet."""
        def nothing_open() -> bool:
            command = ["ss", "-Htn", "state", "all", "exclude", "listening", "exclude", "time-wait"]
            return not self.lab.run(host, command).stdout.strip()

        wait_until(f"{host} has closed its connections", nothing_open, DEFAULT_TIMEOUT_S)
