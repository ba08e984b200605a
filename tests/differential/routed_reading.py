# SPDX-License-Identifier: Apache-2.0
"""The documents of several VPCs, read a second time: aws-semantics.md 4.3 in plain lists."""

import dataclasses
import ipaddress
from typing import Optional

from reading import Address, Interface, Net, Reading, Rule

INTERNET = "internet"  # where the hosts are that are no business of AWS


@dataclasses.dataclass(frozen=True)
class Nat:
    """A NAT gateway: its place, its private address."""

    id: str
    vpc: str
    subnet: str
    address: Address
    public: Optional[Address]


@dataclasses.dataclass(frozen=True)
class Peering:
    id: str
    vpcs: tuple[str, str]
    active: bool


class RoutedReading(Reading):
    """As Reading, with hosts on the internet among the interfaces."""

    def __init__(self, documents: dict[str, list], internet_hosts: tuple):
        super().__init__(documents)
        self.blocks = {item["VpcId"]: self._blocks(item) for item in documents["Vpcs"]}
        self.nats = [self._nat(item) for item in documents["NatGateways"]]
        self.peerings = [Peering(item["VpcPeeringConnectionId"],
                                 (item["RequesterVpcInfo"]["VpcId"], item["AccepterVpcInfo"]["VpcId"]),
                                 item["Status"]["Code"] == "active")
                         for item in documents["VpcPeeringConnections"]]
        self.igws = {item["Attachments"][0]["VpcId"]: item["InternetGatewayId"]
                     for item in documents["InternetGateways"]}
        self.publics: dict[Address, Address] = {}  # by private address, which no two VPCs have in common
        self._owners: dict[Address, str] = {}  # VPC by private address
        for item in documents["NetworkInterfaces"]:
            for entry in item["PrivateIpAddresses"]:
                if "Association" in entry:
                    private = ipaddress.ip_address(entry["PrivateIpAddress"])
                    self.publics[private] = ipaddress.ip_address(entry["Association"]["PublicIp"])
                    self._owners[private] = item["VpcId"]
        self.interfaces += [Interface(f"{INTERNET}-{index}", INTERNET,
                                      tuple(map(ipaddress.ip_address, addresses)), (), ())
                            for index, addresses in enumerate(internet_hosts)]

    @staticmethod
    def _nat(item: dict) -> Nat:
        entry = item["NatGatewayAddresses"][0]
        public = entry.get("PublicIp")
        return Nat(item["NatGatewayId"], item["VpcId"], item["SubnetId"],
                   ipaddress.ip_address(entry["PrivateIp"]), ipaddress.ip_address(public) if public else None)

    def acl_rules(self, subnet: str, egress: bool) -> list[Rule]:
        return [] if subnet == INTERNET else super().acl_rules(subnet, egress)

    def vpc_of(self, interface: Interface) -> Optional[str]:
        """None: on the internet."""
        return self.vpcs.get(interface.subnet)

    def publics_of(self, vpc: str) -> dict[Address, Address]:
        """The pairs of a VPC's internet gateway, by private address."""
        return {private: public for private, public in self.publics.items() if self._owners[private] == vpc}

    def nets_of(self, vpc: str, version: int) -> list[Net]:
        return [net for net in self.blocks[vpc] if net.version == version]
