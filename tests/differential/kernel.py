# SPDX-License-Identifier: Apache-2.0
"""The kernel as judge: an estate of namespaces that its netfilter and its routing rule.

Each interface of the snapshot is a namespace with one veth to a router.  Its security groups are nftables
in the host's own namespace, stateful with conntrack.  The router tracks nothing: the ACLs are nftables on
its forwarding, asked for every packet that goes from one subnet to another, and the route tables are the
kernel's own, chosen by the interface that a packet came from.
"""

import json
import pathlib
import shutil
import subprocess
import sys
from typing import Optional

import pytest

from lab import Lab, LabError, require_root_and_netns
from reading import Address, ICMP, ICMPV6, Interface, Reading, Rule, TCP, UDP

HERE = pathlib.Path(__file__).resolve().parent
ROUTER = "router"
GATEWAYS = {4: "169.254.1.1", 6: "fe80::1"}
AGENT_TIMEOUT_S = 60
FIRST_TABLE = 1000
FULL_RANGE = (0, 65535)
STRANGER = "cs1"  # what an internet gateway let in: it knows nobody's groups


def match_text(rule: Rule, end: str) -> str:
    """A rule in nftables' language; end is saddr or daddr."""
    words = [f"{'ip' if rule.net.version == 4 else 'ip6'} {end} {rule.net}"]
    if rule.protocol in (TCP, UDP) and rule.ports != FULL_RANGE:
        low, high = rule.ports
        name = "tcp" if rule.protocol == TCP else "udp"
        words.append(f"{name} dport {low}-{high}" if low < high else f"{name} dport {low}")
    elif rule.protocol is not None:
        words.append(f"meta l4proto {rule.protocol}")
    if rule.protocol in (ICMP, ICMPV6):
        name = "icmp" if rule.protocol == ICMP else "icmpv6"
        fields = (("type", rule.icmp_type), ("code", rule.icmp_code))
        words += [f"{name} {field} {value}" for field, value in fields if value is not None]
    if rule.is_reference and rule.net.version == 6 and end == "saddr":
        words.append(f"ip6 dscp != {STRANGER}")
    return " ".join(words)


def host_ruleset(reading: Reading, interface: Interface) -> str:
    """Security groups: any rule allows, none denies, and what answers is let through."""
    lines = ["table inet groups {"]
    for hook, end, egress in (("input", "saddr", False), ("output", "daddr", True)):
        lines += [f"chain {hook} {{", f"type filter hook {hook} priority filter; policy drop;",
                  "meta iiftype loopback accept" if hook == "input" else "meta oiftype loopback accept",
                  "ct state established,related accept"]
        lines += [f"{match_text(rule, end)} accept" for rule in reading.group_rules(interface, egress)]
        lines.append("}")
    return "\n".join([*lines, "}", ""])


def devices_by_subnet(reading: Reading) -> dict[str, list[str]]:
    devices: dict[str, list[str]] = {}
    for index, interface in enumerate(reading.interfaces):
        devices.setdefault(interface.subnet, []).append(f"v{index}")
    return devices


def router_ruleset(reading: Reading) -> str:
    """ACLs: the first rule that matches decides, egress of one subnet, then ingress of the other."""
    devices = devices_by_subnet(reading)
    lines = ["table inet acls {"]
    for index, subnet in enumerate(devices):
        for name, end, egress in (("egress", "daddr", True), ("ingress", "saddr", False)):
            lines.append(f"chain {name}{index} {{")
            lines += [f"{match_text(rule, end)} {'return' if rule.allow else 'drop'}"
                      for rule in reading.acl_rules(subnet, egress)]
            lines += ["drop", "}"]
    lines += ["chain forward {", "type filter hook forward priority filter; policy drop;"]
    sets = [f"{{ {', '.join(names)} }}" for names in devices.values()]
    lines += [f"iifname {names} oifname {names} accept" for names in sets]
    lines += [f"iifname {names} jump egress{index}" for index, names in enumerate(sets)]
    lines += [f"oifname {names} jump ingress{index}" for index, names in enumerate(sets)]
    return "\n".join([*lines, "accept", "}", "}", ""])


def mac(side: int, index: int) -> str:
    return f"02:00:00:00:{side:02x}:{index:02x}"


def link_commands(namespaces: list[str]) -> list[str]:
    lines = []
    for index, namespace in enumerate(namespaces):
        lines.append(f"link add v{index} address {mac(0, index)} type veth "
                     f"peer name eth0 address {mac(1, index)} netns {namespace}")
        lines.append(f"link set v{index} up")
    return lines


def router_commands(reading: Reading, version: int) -> list[str]:
    """
    Routing in three steps: what stays in its subnet goes straight to the host; else the route table of the
    subnet that the packet leaves decides, where `local` means "go on" and all others end here; then the
    host's own route.
    """
    lines = []
    for index, interface in enumerate(reading.interfaces):
        table = FIRST_TABLE + index
        for net in of_version(interface.nets(), version):
            lines.append(f"route add {net} dev v{index}")
        for address in of_version(addresses_of(interface), version):
            lines.append(f"neigh add {address} lladdr {mac(1, index)} dev v{index} nud permanent")
        for net in of_version(reading.subnets[interface.subnet], version):
            lines.append(f"rule add pref 100 iif v{index} to {net} lookup main")
        lines.append(f"rule add pref 200 iif v{index} lookup {table}")
        lines.append(f"route add blackhole default metric 9999 table {table}")
        for route in reading.routes(interface.subnet):
            kind = "throw" if route.local and not route.blackhole else "blackhole"
            if route.net.version == version:
                lines.append(f"route add {kind} {route.net} table {table}")
    return lines


def host_commands(interface: Interface, index: int, version: int) -> list[str]:
    lines = ["link set eth0 up"]
    for address in of_version(addresses_of(interface), version):
        lines.append(f"addr add {address}{'/32' if version == 4 else '/128 nodad'} dev eth0")
    lines.append(f"neigh add {GATEWAYS[version]} lladdr {mac(0, index)} dev eth0 nud permanent")
    lines.append(f"route add default via {GATEWAYS[version]} dev eth0 onlink")
    return lines


def of_version(items: list, version: int) -> list:
    return [item for item in items if item.version == version]


def addresses_of(interface: Interface) -> list[Address]:
    """What the host answers to: its addresses, and one of each prefix that is delegated to it."""
    return [*interface.addresses, *(net[1] for net in interface.prefixes)]


class Host:
    """The agent in a host's namespace."""

    def __init__(self, argv: list[str]):
        self._process = subprocess.Popen(argv, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=subprocess.PIPE)

    def tell(self, command: dict) -> None:
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict:
        line = self._process.stdout.readline()
        if not line:
            raise LabError(f"an agent ended:\n{self._process.stderr.read()}")
        return json.loads(line)

    def close(self) -> None:
        """The end of its input ends an agent."""
        self._process.stdin.close()
        try:
            self._process.wait(AGENT_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._process.stderr.close()


class Agents:
    """An agent in the namespace h<number> of each interface."""

    def __init__(self, lab: Lab, reading: Reading):
        self._lab = lab
        self._reading = reading
        self.hosts: dict[str, Host] = {}

    def __enter__(self):
        return self

    def __exit__(self, *_exception) -> None:
        for host in self.hosts.values():
            host.close()

    def open(self, listeners: dict[str, dict[str, list]]) -> None:
        """Starts the agents; listeners by interface: what "tcp" and "udp" addresses and ports to answer."""
        for index, interface in enumerate(self._reading.interfaces):
            argv = self._lab.argv(f"h{index}", [sys.executable, "-S", "-E", str(HERE / "agent.py")])
            self.hosts[interface.eni] = Host(argv)
            self.hosts[interface.eni].tell({"addresses": list(map(str, addresses_of(interface))),
                                            **listeners[interface.eni]})
        for host in self.hosts.values():
            host.answer()

    def probe(self, probes: dict[str, list[dict]], wait_s: float) -> dict[str, dict]:
        """Sends every interface's probes at once; by interface what was "answered" and what "arrived"."""
        for eni, host in self.hosts.items():
            host.tell({"probes": probes.get(eni, []), "wait_s": wait_s})
        answered = {eni: host.answer() for eni, host in self.hosts.items()}
        for host in self.hosts.values():
            host.tell({"report": True})
        return {eni: {**answered[eni], **host.answer()} for eni, host in self.hosts.items()}


class Network(Agents):
    """The namespaces of one estate, with an agent in each host."""

    def __init__(self, lab: Lab, reading: Reading, filtered: bool = True):
        super().__init__(lab, reading)
        names = [f"h{index}" for index in range(len(reading.interfaces))]
        lab.namespace(ROUTER, *names)
        lab.forward(ROUTER)
        lab.sysctl(ROUTER, "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0")
        self._batch(ROUTER, 4, link_commands([lab.full_name(name) for name in names]))
        for version in (4, 6):
            self._batch(ROUTER, version, router_commands(reading, version))
        if filtered:
            self._load(ROUTER, router_ruleset(reading))
        for index, (name, interface) in enumerate(zip(names, reading.interfaces)):
            for version in (4, 6):
                self._batch(name, version, host_commands(interface, index, version))
            if filtered:
                self._load(name, host_ruleset(reading, interface))

    def _batch(self, name: str, version: int, commands: list[str]) -> None:
        """Many commands of ip(8) in one go."""
        self._lab.run(name, ["ip", f"-{version}", "-batch", "-"], input="\n".join(commands) + "\n")

    def _load(self, name: str, ruleset: str) -> None:
        self._lab.run(name, ["nft", "-f", "-"], input=ruleset)


def refusal(lab: Lab, *more: str) -> Optional[str]:
    """
    Why the kernel here can be no judge, or None; more: rulesets that it must take.  What nft itself refuses
    is our mistake and raises.
    """
    lab.namespace("refusal")
    ruleset = """table inet t { chain c { type filter hook input priority filter; policy drop;
        ct state established,related accept
        ip saddr 10.0.0.0/8 tcp dport 1-2 accept
        icmpv6 type 128 accept
        }
        }
        """
    commands = [(["nft", "-f", "-"], text) for text in (ruleset, *more)]
    commands += [(["ip", f"-{version}", "rule", "add", "pref", "9", "iif", "lo", "lookup", "1000"], "")
                 for version in (4, 6)]
    for argv, text in commands:
        done = lab.run("refusal", argv, input=text, check=False)
        if "not supported" in done.stderr or "No such file" in done.stderr:
            return f"this kernel cannot do what `{' '.join(argv)}` asks: {done.stderr.strip()}"
        if done.returncode != 0:
            raise LabError(f"{' '.join(argv)}: {done.stderr}")
    return None


def require_judge(*more: str) -> None:
    """Skips the calling test where the kernel cannot be the judge."""
    require_root_and_netns()
    if not shutil.which("nft"):
        pytest.skip("nft is not installed")
    with Lab("refusal") as lab:
        reason = refusal(lab, *more)
    if reason:
        pytest.skip(reason)
