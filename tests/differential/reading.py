# SPDX-License-Identifier: Apache-2.0
"""The documents of a snapshot, read a second time, beside docs/aws-semantics.md and no source of Weir.

What comes out are plain lists of rules and routes; the judges compile them, each in its own language.
"""

import dataclasses
import ipaddress
import json
import pathlib
from typing import Optional, Union

Net = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]
Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]

TCP, UDP, ICMP, ICMPV6 = 6, 17, 1, 58
TARGETS = ("GatewayId", "NatGatewayId", "VpcPeeringConnectionId")
NAMES = {"tcp": TCP, "udp": UDP, "icmp": ICMP, "icmpv6": ICMPV6}


@dataclasses.dataclass(frozen=True)
class Rule:
    """Packets: what their peer, protocol, ports or ICMP type and code must be.  None: any."""

    net: Net
    protocol: Optional[int]
    ports: Optional[tuple[int, int]] = None
    icmp_type: Optional[int] = None
    icmp_code: Optional[int] = None
    allow: bool = True
    is_reference: bool = False  # to a group: sees members, not who has their address elsewhere


@dataclasses.dataclass(frozen=True)
class Interface:
    """An interface: its private addresses, its groups and its place."""

    eni: str
    subnet: str
    addresses: tuple[Address, ...]
    prefixes: tuple[Net, ...]
    groups: tuple[str, ...]

    def nets(self) -> list[Net]:
        return [ipaddress.ip_network(address) for address in self.addresses] + list(self.prefixes)


@dataclasses.dataclass(frozen=True)
class Route:
    """To one block."""

    net: Net
    target: str  # "local", or an id
    blackhole: bool

    @property
    def local(self) -> bool:
        return self.target == "local"


def read(folder: pathlib.Path) -> dict[str, list]:
    """All documents of a snapshot folder, by the key at their top."""
    documents: dict[str, list] = {}
    for path in sorted(folder.glob("*.json")):
        for key, items in json.loads(path.read_text()).items():
            documents.setdefault(key, []).extend(items)
    return documents


def any_if_minus_one(number: Optional[int]) -> Optional[int]:
    return None if number in (None, -1) else number


class Reading:
    """Questions about the documents of an estate."""

    def __init__(self, documents: dict[str, list]):
        self.documents = documents
        self.interfaces = [self._interface(item) for item in documents["NetworkInterfaces"]
                           if item["InterfaceType"] == "interface"]
        self.subnets = {item["SubnetId"]: self._blocks(item) for item in documents["Subnets"]}
        self.vpcs = {item["SubnetId"]: item["VpcId"] for item in documents["Subnets"]}

    @staticmethod
    def _interface(item: dict) -> Interface:
        addresses = [entry["PrivateIpAddress"] for entry in item["PrivateIpAddresses"]]
        addresses += [entry["Ipv6Address"] for entry in item["Ipv6Addresses"]]
        prefixes = [entry["Ipv4Prefix"] for entry in item.get("Ipv4Prefixes", [])]
        return Interface(item["NetworkInterfaceId"], item["SubnetId"],
                         tuple(map(ipaddress.ip_address, addresses)),
                         tuple(map(ipaddress.ip_network, prefixes)),
                         tuple(group["GroupId"] for group in item["Groups"]))

    @staticmethod
    def _blocks(item: dict) -> list[Net]:
        texts = [entry["CidrBlock"] for entry in item["CidrBlockAssociationSet"]]
        texts += [entry["Ipv6CidrBlock"] for entry in item["Ipv6CidrBlockAssociationSet"]]
        return [ipaddress.ip_network(text) for text in texts]

    def interface_of_eni(self, eni: str) -> Interface:
        return next(item for item in self.interfaces if item.eni == eni)

    # Security groups: aws-semantics.md 2.

    def group_rules(self, interface: Interface, egress: bool) -> list[Rule]:
        """Every rule of every group of an interface, in one direction; any of them allows."""
        member = "IpPermissionsEgress" if egress else "IpPermissions"
        return [rule for group in self.documents["SecurityGroups"] if group["GroupId"] in interface.groups
                for permission in group[member] for rule in self._permission_rules(permission)]

    def _permission_rules(self, permission: dict) -> list[Rule]:
        """2.2: the cross product with the sources; 2.3: icmp is IPv4's, icmpv6 is IPv6's."""
        name = permission["IpProtocol"]
        protocol = None if name == "-1" else NAMES.get(name) or int(name)
        low, high = permission.get("FromPort"), permission.get("ToPort")
        rules = []
        sources = [(net, False) for net in self._blocks_of_peers(permission)]
        sources += [(net, True) for net in self._members(permission)]
        for net, is_reference in sources:
            if protocol in (TCP, UDP):
                rules.append(Rule(net, protocol, (low, high), is_reference=is_reference))
            elif protocol in (ICMP, ICMPV6):
                if net.version == (4 if protocol == ICMP else 6):
                    rules.append(Rule(net, protocol, None, any_if_minus_one(low), any_if_minus_one(high),
                                      is_reference=is_reference))
            else:
                rules.append(Rule(net, protocol, is_reference=is_reference))
        return rules

    def _blocks_of_peers(self, permission: dict) -> list[Net]:
        """2.4: blocks, and the entries of lists."""
        texts = [item["CidrIp"] for item in permission["IpRanges"]]
        texts += [item["CidrIpv6"] for item in permission["Ipv6Ranges"]]
        for item in permission["PrefixListIds"]:
            texts += self._entries(item["PrefixListId"])
        return [ipaddress.ip_network(text) for text in texts]

    def _members(self, permission: dict) -> list[Net]:
        """2.4: the private addresses of a group's members."""
        return [net for pair in permission["UserIdGroupPairs"]
                if pair.get("PeeringStatus", "active") == "active"
                for member in self.interfaces if pair["GroupId"] in member.groups
                for net in member.nets()]

    def _entries(self, list_id: str) -> list[str]:
        found = next(item for item in self.documents["PrefixLists"] if item["PrefixListId"] == list_id)
        return found["Cidrs"] if "Cidrs" in found else [entry["Cidr"] for entry in found["Entries"]]

    def row(self, rule_id: str) -> tuple[str, bool, list[Rule]]:
        """A row of SecurityGroupRules: its group, whether it is egress, and what it lets through."""
        rows = self.documents["SecurityGroupRules"]
        row = next(item for item in rows if item["SecurityGroupRuleId"] == rule_id)
        members = {"IpRanges": ("CidrIpv4", "CidrIp"), "Ipv6Ranges": ("CidrIpv6", "CidrIpv6"),
                   "PrefixListIds": ("PrefixListId", "PrefixListId")}
        sources = {name: [{there: row[here]}] if here in row else []
                   for name, (here, there) in members.items()}
        pairs = [row["ReferencedGroupInfo"]] if "ReferencedGroupInfo" in row else []
        permission = {**row, **sources, "UserIdGroupPairs": pairs}
        return row["GroupId"], row["IsEgress"], self._permission_rules(permission)

    # Network ACLs: aws-semantics.md 3.

    def acl_rules(self, subnet: str, egress: bool) -> list[Rule]:
        """The rules of a subnet's ACL in one direction, in the order in which they are asked."""
        acls = [item for item in self.documents["NetworkAcls"] if item["VpcId"] == self.vpcs[subnet]]
        acl = next((item for item in acls for association in item["Associations"]
                    if association["SubnetId"] == subnet), None)
        acl = acl or next(item for item in acls if item["IsDefault"])
        entries = [entry for entry in acl["Entries"] if entry["Egress"] == egress]
        return [self._entry_rule(entry) for entry in sorted(entries, key=lambda entry: entry["RuleNumber"])]

    @staticmethod
    def _entry_rule(entry: dict) -> Rule:
        net = ipaddress.ip_network(entry.get("CidrBlock") or entry["Ipv6CidrBlock"])
        allow = entry["RuleAction"] == "allow"
        protocol = None if entry["Protocol"] == "-1" else int(entry["Protocol"])
        if protocol in (TCP, UDP):
            return Rule(net, protocol, (entry["PortRange"]["From"], entry["PortRange"]["To"]), allow=allow)
        if protocol in (ICMP, ICMPV6):
            kind, code = (any_if_minus_one(entry["IcmpTypeCode"][name]) for name in ("Type", "Code"))
            return Rule(net, protocol, None, kind, code, allow)
        return Rule(net, protocol, allow=allow)

    # Route tables: aws-semantics.md 4.1 and 4.2.

    def routes(self, subnet: str) -> list[Route]:
        """
        The routes of a subnet's table that can win, one a block: a propagated one inside the VPC never
        does, nor an entry of a list for what a static route is for.
        """
        tables = [item for item in self.documents["RouteTables"] if item["VpcId"] == self.vpcs[subnet]]
        table = next((item for item in tables for association in item["Associations"]
                      if association.get("SubnetId") == subnet), None)
        table = table or next(item for item in tables for association in item["Associations"]
                              if association["Main"])
        routes: dict[Net, Route] = {}
        for item in sorted(table["Routes"], key=lambda item: "DestinationPrefixListId" in item):
            target = next(item[name] for name in TARGETS if name in item)
            if item["Origin"] == "EnableVgwRoutePropagation":
                continue
            texts = (self._entries(item["DestinationPrefixListId"]) if "DestinationPrefixListId" in item
                     else [item.get("DestinationCidrBlock") or item["DestinationIpv6CidrBlock"]])
            for net in map(ipaddress.ip_network, texts):
                routes.setdefault(net, Route(net, target, item["State"] == "blackhole"))
        return list(routes.values())
