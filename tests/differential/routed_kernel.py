# SPDX-License-Identifier: Apache-2.0
"""The kernel as judge of routes: VPCs, peering, internet gateways and NAT gateways as namespaces.

    host ── vpc router ── internet gateway ── internet ── host on the internet
    NAT ──┘       └── peering ── vpc router

A VPC's router is that of kernel.py: route tables by the interface that a packet came from, ACLs without state
between its subnets.  What comes in by a gateway or a peering is for hosts of the VPC only.  A NAT gateway is a
host in its subnet that translates with conntrack and lets nothing in; it takes any source port from 1024 up.
An internet gateway rewrites addresses one to one, without state, and drops what AWS's does.  It marks what it
lets in, since references to groups do not see senders there.
"""

import ipaddress
from typing import Optional

from kernel import (Agents, FIRST_TABLE, GATEWAYS, STRANGER, addresses_of, host_ruleset, mac, match_text,
                    of_version)
from lab import Lab
from reading import Address, Interface, Net, Route
from routed_reading import INTERNET, Nat, Peering, RoutedReading

VERSIONS = (4, 6)
UNROUTABLE = "{ 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10 }"
REPLY_TABLE = 900  # to NAT gateways behind a peering
EVERYWHERE = {4: "0.0.0.0/0", 6: "::/0"}


# A sample of what the gateways need of the kernel.
TRANSLATION = """table inet translation {
    chain source { type nat hook postrouting priority srcnat;
        meta l4proto { tcp, udp } snat ip to 192.0.2.1:1024-65535 random
    }
    chain in { type filter hook prerouting priority raw;
        ip daddr set ip daddr map { 192.0.2.1 : 192.0.2.2 }
        ip6 dscp set cs1
    }
}
"""


def text_of(items) -> str:
    return "{ " + ", ".join(map(str, items)) + " }"


def outside_of(nets: list[Net], field: str, version: int) -> str:
    """Matches what is not of these blocks, in nftables' language."""
    family = "ip" if version == 4 else "ip6"
    if nets:
        return f"{family} {field} != {text_of(nets)}"
    return f"meta nfproto ipv{version}"


class Wires:
    """All links of an estate, made by one command; the far end's way back is through a fixed address."""

    def __init__(self, lab: Lab):
        self._lab = lab
        self._links: list[str] = []
        self._commands: dict[tuple[str, int], list[str]] = {}  # by namespace and IP version
        self._ups: dict[str, list[str]] = {}  # by namespace, before all others

    def say(self, namespace: str, version: int, line: str) -> None:
        self._commands.setdefault((namespace, version), []).append(line)

    def connect(self, near: str, near_device: str, far: str, far_device: str) -> int:
        """Each side knows the other as GATEWAYS; the number of the link, of which its MACs are made."""
        number = len(self._links)
        self._links.append(
            f"link add {near_device} netns {self._lab.full_name(near)} address {mac(0, number)} type veth "
            f"peer name {far_device} netns {self._lab.full_name(far)} address {mac(1, number)}")
        for namespace, device, side in ((near, near_device, 1), (far, far_device, 0)):
            self._ups.setdefault(namespace, []).append(f"link set {device} up")
            for version in VERSIONS:
                self.say(namespace, version,
                         f"neigh add {GATEWAYS[version]} lladdr {mac(side, number)} dev {device} nud permanent")
        return number

    def lay(self) -> None:
        batch(self._lab, next(iter(self._ups)), 4, self._links)
        for (namespace, version), lines in sorted(self._commands.items()):
            batch(self._lab, namespace, version, self._ups.pop(namespace, []) + lines)


def batch(lab: Lab, namespace: str, version: int, lines: list[str]) -> None:
    """Many commands of ip(8) in one go."""
    lab.run(namespace, ["ip", f"-{version}", "-batch", "-"], input="\n".join(lines) + "\n")


def via(device: str, version: int) -> str:
    return f"via {GATEWAYS[version]} dev {device} onlink"


class Vpc:
    """The router of a VPC: what stands in which subnet, and by which device one gets to each target."""

    def __init__(self, reading: RoutedReading, index: int, vpc: str):
        self._reading = reading
        self.id = vpc
        self.name = f"r{index}"
        self.devices: dict[str, list[str]] = {}  # by subnet
        self.targets: dict[str, str] = {}  # device by id
        self.peers: list[tuple[str, Peering, str]] = []  # device, peering, the other VPC

    def way_of(self, route: Route) -> Optional[str]:
        """What ip(8) does with the route."""
        version, table = route.net.version, "table {table}"
        if route.blackhole or (not route.local and route.target not in self.targets):
            return f"route add blackhole {route.net} {table}"
        if route.local:
            return f"route add throw {route.net} {table}"
        return f"route add {route.net} {via(self.targets[route.target], version)} {table}"

    def attach(self, wires: Wires, device: str, subnet: str, nets: list[Net], addresses: list[Address],
               number: int) -> None:
        """
        Something with an interface in a subnet.  What stays in the subnet goes straight there; then the
        subnet's table decides, where `local` means "go on"; then replies to a peer's NAT gateway, which need
        no route; then whoever has the address.
        """
        self.devices.setdefault(subnet, []).append(device)
        for version in VERSIONS:
            table = FIRST_TABLE + number
            for net in of_version(nets, version):
                wires.say(self.name, version, f"route add {net} dev {device}")
            for address in of_version(addresses, version):
                wires.say(self.name, version,
                          f"neigh add {address} lladdr {mac(1, number)} dev {device} nud permanent")
            for net in of_version(self._reading.subnets[subnet], version):
                wires.say(self.name, version, f"rule add pref 100 iif {device} to {net} lookup main")
            wires.say(self.name, version, f"rule add pref 200 iif {device} lookup {table}")
            if version == 4:
                wires.say(self.name, version, f"rule add pref 300 iif {device} lookup {REPLY_TABLE}")
            for route in of_route_version(self._reading.routes(subnet), version):
                wires.say(self.name, version, self.way_of(route).format(table=table))

    def finish(self, wires: Wires) -> None:
        """The ways back to peers' NAT gateways, and the end of all others."""
        for device, _, other in self.peers:
            for nat in self._reading.nats:
                if nat.vpc == other:
                    wires.say(self.name, 4,
                              f"route add {nat.address}/32 {via(device, 4)} table {REPLY_TABLE}")
        for version in VERSIONS:
            wires.say(self.name, version, f"route add blackhole {EVERYWHERE[version]} metric 9999")

    def ruleset(self) -> str:
        """Peerings carry only what is from one VPC's own blocks to the other's; then the ACLs."""
        lines = ["table inet acls {"]
        for index, subnet in enumerate(self.devices):
            for name, end, egress in (("egress", "daddr", True), ("ingress", "saddr", False)):
                lines.append(f"chain {name}{index} {{")
                lines += [f"{match_text(rule, end)} {'return' if rule.allow else 'drop'}"
                          for rule in self._reading.acl_rules(subnet, egress)]
                lines += ["drop", "}"]
        lines += ["chain forward {", "type filter hook forward priority filter; policy drop;"]
        for device, peering, other in self.peers:
            for version in VERSIONS:
                for vpc, field in ((self.id, "saddr"), (other, "daddr")):
                    outside = outside_of(self._reading.nets_of(vpc, version), field, version)
                    lines.append(f"oifname {device} {outside} drop")
            if not peering.active:
                lines.append(f"oifname {device} drop")
        sets = [text_of(names) for names in self.devices.values()]
        lines += [f"iifname {names} oifname {names} accept" for names in sets]
        lines += [f"iifname {names} jump egress{index}" for index, names in enumerate(sets)]
        lines += [f"oifname {names} jump ingress{index}" for index, names in enumerate(sets)]
        return "\n".join([*lines, "accept", "}", "}", ""])


def of_route_version(routes: list[Route], version: int) -> list[Route]:
    return [route for route in routes if route.net.version == version]


def nat_ruleset(nat: Nat, nets: list[Net]) -> str:
    """TCP, UDP and ICMP of its own VPC; what it did not send for is let in by nobody."""
    return "\n".join([
        "table inet nat {",
        "chain input { type filter hook input priority filter; policy drop; }",
        "chain forward { type filter hook forward priority filter; policy drop;",
        "meta nfproto ipv6 drop", "ct state established accept",
        f"ct state new ip saddr {text_of(nets)} meta l4proto {{ tcp, udp, icmp }} accept", "}",
        "chain source { type nat hook postrouting priority srcnat; policy accept;",
        f"meta l4proto {{ tcp, udp }} snat ip to {nat.address}:1024-65535 random",
        f"meta l4proto icmp snat ip to {nat.address}", "}", "}", ""])


def igw_ruleset(reading: RoutedReading, vpc: str) -> str:
    """One to one; IPv6 as it is, but marked."""
    publics, v6 = reading.publics_of(vpc), reading.nets_of(vpc, 6)
    inward = ", ".join(f"{public} : {private}" for private, public in publics.items())
    outward = ", ".join(f"{private} : {public}" for private, public in publics.items())
    lines = ["table inet igw {", "chain in { type filter hook prerouting priority raw; policy accept;",
             f"iifname inside ip daddr {UNROUTABLE} drop", f"iifname outside ip saddr {UNROUTABLE} drop",
             f"iifname inside {outside_of(list(publics), 'saddr', 4)} drop",
             f"iifname outside {outside_of(list(publics.values()), 'daddr', 4)} drop",
             f"iifname inside {outside_of(v6, 'saddr', 6)} drop",
             f"iifname outside {outside_of(v6, 'daddr', 6)} drop",
             f"iifname outside ip6 dscp set {STRANGER}"]
    if publics:
        lines.append(f"iifname outside ip daddr set ip daddr map {{ {inward} }}")
    lines += ["}", "chain out { type filter hook postrouting priority srcnat; policy accept;"]
    if publics:
        lines.append(f"oifname outside ip saddr set ip saddr map {{ {outward} }}")
    return "\n".join([*lines, "}", "}", ""])


class RoutedNetwork(Agents):
    """The namespaces of one estate, with an agent in each host."""

    def __init__(self, lab: Lab, reading: RoutedReading, filtered: bool = True):
        super().__init__(lab, reading)
        self._wires = Wires(lab)
        self._names = {item.eni: f"h{index}" for index, item in enumerate(reading.interfaces)}
        self._vpcs = {vpc: Vpc(reading, index, vpc) for index, vpc in enumerate(reading.blocks)}
        self._rulesets: dict[str, str] = {}
        self._nats = {nat.id: f"n{index}" for index, nat in enumerate(reading.nats)}
        self._igws = {vpc: f"g{index}" for index, vpc in enumerate(reading.igws)}
        self._make_namespaces()
        self._connect_gateways()
        for nat in reading.nats:
            self._connect_nat(nat)
        for interface in reading.interfaces:
            self._connect_host(interface)
        for vpc in self._vpcs.values():
            vpc.finish(self._wires)
            self._rulesets[vpc.name] = vpc.ruleset()
        self._wires.lay()
        for name, ruleset in self._rulesets.items():
            if filtered or name in (*self._nats.values(), *self._igws.values()):
                lab.run(name, ["nft", "-f", "-"], input=ruleset)

    def _make_namespaces(self) -> None:
        routers = [*(vpc.name for vpc in self._vpcs.values()), *self._nats.values(), *self._igws.values(),
                   INTERNET]
        self._lab.namespace(*self._names.values(), *routers)
        for name in routers:
            self._lab.sysctl(name, "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1",
                             "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0",
                             "net.ipv4.conf.all.send_redirects=0", "net.ipv4.conf.default.send_redirects=0")

    def _connect_gateways(self) -> None:
        """Peerings and internet gateways, first of all: routes lead there."""
        wires = self._wires
        for index, peering in enumerate(self._reading.peerings):
            one, other = (self._vpcs[vpc] for vpc in peering.vpcs)
            wires.connect(one.name, f"p{index}", other.name, f"p{index}")
            for vpc, far in ((one, other), (other, one)):
                vpc.targets[peering.id] = f"p{index}"
                vpc.peers.append((f"p{index}", peering, far.id))
        for version in VERSIONS:
            wires.say(INTERNET, version, f"route add blackhole {EVERYWHERE[version]} metric 9999")
        for vpc, name in self._igws.items():
            router = self._vpcs[vpc]
            router.targets[self._reading.igws[vpc]] = "igw"
            wires.connect(router.name, "igw", name, "inside")
            wires.connect(INTERNET, name, name, "outside")
            for public in self._reading.publics_of(vpc).values():
                wires.say(INTERNET, 4, f"route add {public}/32 {via(name, 4)}")
            for net in self._reading.nets_of(vpc, 6):
                wires.say(INTERNET, 6, f"route add {net} {via(name, 6)}")
            for version in VERSIONS:
                wires.say(name, version, f"route add {EVERYWHERE[version]} {via('outside', version)}")
                for net in self._reading.nets_of(vpc, version):
                    wires.say(name, version, f"route add {net} {via('inside', version)}")
            self._rulesets[name] = igw_ruleset(self._reading, vpc)
        for nat in self._reading.nats:
            self._vpcs[nat.vpc].targets[nat.id] = self._nats[nat.id]

    def _connect_nat(self, nat: Nat) -> None:
        name, vpc = self._nats[nat.id], self._vpcs[nat.vpc]
        number = self._wires.connect(vpc.name, name, name, "eth0")
        vpc.attach(self._wires, name, nat.subnet, [ipaddress.ip_network(nat.address)], [nat.address], number)
        self._wires.say(name, 4, f"addr add {nat.address}/32 dev eth0")
        self._wires.say(name, 4, f"route add {EVERYWHERE[4]} {via('eth0', 4)}")
        self._rulesets[name] = nat_ruleset(nat, self._reading.nets_of(nat.vpc, 4))

    def _connect_host(self, interface: Interface) -> None:
        name, vpc = self._names[interface.eni], self._vpcs.get(self._reading.vpc_of(interface) or "")
        number = self._wires.connect(vpc.name if vpc else INTERNET, name, name, "eth0")
        for address in addresses_of(interface):
            nodad = " nodad" if address.version == 6 else ""
            self._wires.say(name, address.version, f"addr add {ipaddress.ip_network(address)} dev eth0{nodad}")
        for version in VERSIONS:
            self._wires.say(name, version, f"route add {EVERYWHERE[version]} {via('eth0', version)}")
        if vpc:
            vpc.attach(self._wires, name, interface.subnet, interface.nets(), addresses_of(interface), number)
            self._rulesets[name] = host_ruleset(self._reading, interface)
            return
        for address in interface.addresses:
            net = ipaddress.ip_network(address)
            self._wires.say(INTERNET, net.version, f"route add {net} {via(name, net.version)}")
