# SPDX-License-Identifier: Apache-2.0
"""Changes that somebody may make between two snapshots: one at random, in the documents of a folder."""

import json
import pathlib
import random
from typing import Optional

BLOCKS = ("0.0.0.0/0", "10.0.0.0/8", "10.0.2.0/24", "10.1.0.0/16", "198.51.100.0/24")
PORTS = (22, 80, 443, 5432, 8080)
TRIES = 40


def targets_of(route: dict) -> list[str]:
    """The members that say where a route leads."""
    return [name for name in route if name.endswith("Id") and not name.startswith("Destination")]


def change_group(dice: random.Random, group: dict, _others: list) -> Optional[str]:
    permissions = group[dice.choice(("IpPermissions", "IpPermissionsEgress"))]
    if permissions and dice.random() < 0.5:
        permissions.pop(dice.randrange(len(permissions)))
        return f"{group['GroupId']}: a permission less"
    port = dice.choice(PORTS)
    permissions.append({"IpProtocol": dice.choice(("tcp", "udp")), "FromPort": port,
                        "ToPort": port + dice.choice((0, 10)),
                        "IpRanges": [{"CidrIp": dice.choice(BLOCKS)}]})
    return f"{group['GroupId']}: a permission more"


def change_acl(dice: random.Random, acl: dict, _others: list) -> Optional[str]:
    entries = acl["Entries"]
    what = dice.choice(("more", "less", "other"))
    if what == "more" or not entries:
        port = dice.choice(PORTS + (1024,))
        entries.append({"RuleNumber": dice.randrange(1, 95), "Egress": dice.random() < 0.5,
                        "RuleAction": dice.choice(("allow", "deny")), "Protocol": "6",
                        "CidrBlock": dice.choice(BLOCKS),
                        "PortRange": {"From": port, "To": dice.choice((port, 60000))}})
    elif what == "less":
        entries.pop(dice.randrange(len(entries)))
    else:
        entry = dice.choice(entries)
        entry["RuleAction"] = "deny" if entry["RuleAction"] == "allow" else "allow"
    return f"{acl['NetworkAclId']}: an entry {what}"


def change_table(dice: random.Random, table: dict, others: list) -> Optional[str]:
    routes, other = table["Routes"], dice.choice(others)
    subnets = [item for item in table.get("Associations", []) if "SubnetId" in item]
    what = dice.choice(("less", "blackhole", "elsewhere", "another table"))
    if what == "another table":
        if other is table or not subnets:
            return None
        moved = dice.choice(subnets)
        table["Associations"].remove(moved)
        other.setdefault("Associations", []).append(moved)
    elif not routes:
        return None
    elif what == "less":
        routes.pop(dice.randrange(len(routes)))
    elif what == "blackhole":
        dice.choice(routes)["State"] = "blackhole"
    else:
        route, model = dice.choice(routes), dict(dice.choice(routes))
        for name in targets_of(route):
            del route[name]
        route.update({name: model[name] for name in targets_of(model)})
    return f"{table['RouteTableId']}: {what}"


def change_interface(dice: random.Random, eni: dict, others: list) -> Optional[str]:
    what = dice.choice(("groups", "check", "public", "gone"))
    if what == "groups":
        eni["Groups"] = dice.choice(others).get("Groups", [])
    elif what == "check":
        eni["SourceDestCheck"] = not eni.get("SourceDestCheck", True)
    elif what == "public":
        for owner in [eni, *eni.get("PrivateIpAddresses", [])]:
            owner.pop("Association", None)
    else:
        others.remove(eni)
    return f"{eni['NetworkInterfaceId']}: {what}"


def change_peering(_dice: random.Random, peering: dict, _others: list) -> Optional[str]:
    peering.setdefault("Status", {})["Code"] = "pending-acceptance"
    return f"{peering['VpcPeeringConnectionId']}: not accepted"


CHANGES = {"SecurityGroups": change_group, "NetworkAcls": change_acl, "RouteTables": change_table,
           "NetworkInterfaces": change_interface, "VpcPeeringConnections": change_peering}
REMOVED = ("NatGateways", "InternetGateways", "EgressOnlyInternetGateways", "VpnGateways", "VpnConnections",
           "VpcEndpoints", "TransitGatewayAttachments", "TransitGatewayVpcAttachments", "Routes",
           "Associations", "TransitGatewayRouteTablePropagations", "PrefixLists", "Entries",
           "LoadBalancers", "Listeners", "TargetGroups", "TargetHealthDescriptions")


def documents(folder: pathlib.Path) -> list[pathlib.Path]:
    return sorted(folder.rglob("*.json"))


def change_document(dice: random.Random, path: pathlib.Path) -> Optional[str]:
    document = json.loads(path.read_text())
    lists = [key for key, items in document.items() if isinstance(items, list) and items]
    key = dice.choice(lists) if lists else ""
    said = None
    if key in CHANGES:
        said = CHANGES[key](dice, dice.choice(document[key]), document[key])
    elif key in REMOVED:
        document[key].pop(dice.randrange(len(document[key])))
        said = f"{path.name}: one of {key} less"
    if said:
        path.write_text(json.dumps(document))
    return said


def change(dice: random.Random, folder: pathlib.Path) -> str:
    """What was changed."""
    for _ in range(TRIES):
        said = change_document(dice, dice.choice(documents(folder)))
        if said:
            return said
    raise AssertionError(f"nothing to change in {folder}")
