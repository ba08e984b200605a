# SPDX-License-Identifier: Apache-2.0
"""Random estates of several VPCs: peering, internet gateways, NAT gateways and the routes to them.

What stands inside a VPC is drawn as estate.py does; here are the ways between VPCs and to the internet,
many of them wrong: routes on one side only, to a peer of a peer, to the wrong gateway, to what is gone.
"""

import dataclasses
import ipaddress
import random

import estate
from estate import CIDR_MEMBER, Documents, EVERYONE, Net, OWNER, Plan

REGION = "eu-west-1"
INTERNET_HOSTS = (("192.0.2.77", "2001:db9::77"), ("198.51.100.9", "2001:db9:1::9"))
IDS_A_VPC = 16
HOSTS = {2: 4, 3: 3}  # in each of so many VPCs
BREADTH = 0.75  # a path meets many rules


@dataclasses.dataclass
class Site:
    """One VPC with what leads out of it."""

    plan: Plan
    igw: str = ""
    nats: list[dict] = dataclasses.field(default_factory=list)
    peerings: list[tuple[dict, "Site"]] = dataclasses.field(default_factory=list)
    publics: dict[str, str] = dataclasses.field(default_factory=dict)  # by private address
    groups: list[str] = dataclasses.field(default_factory=list)
    list_id: str = ""  # of blocks that a route may be for

    def nets(self, version: int) -> list[Net]:
        return [net for net in self.plan.vpc_nets if net.version == version]

    def subnets(self, version: int) -> list[Net]:
        return [net for nets in self.plan.subnets.values() for net in nets if net.version == version]


def overlap(one: Plan, other: Plan) -> bool:
    return any(a.version == b.version and a.overlaps(b) for a in one.vpc_nets for b in other.vpc_nets)


def move(nets: list[Net], subnets: dict[str, list[Net]], target: Net) -> None:
    """To another first block of the same size."""
    origin = nets[0]
    nets[0] = target
    for blocks in subnets.values():
        if blocks[0].subnet_of(origin):
            offset = int(blocks[0].network_address) - int(origin.network_address)
            blocks[0] = ipaddress.ip_network((int(target.network_address) + offset, blocks[0].prefixlen))


def taken_by(plan: Plan) -> set:
    taken = {address for _, addresses in plan.hosts.values() for address in addresses}
    taken.update(address for prefix in plan.prefixes.values() for address in prefix)
    return taken


def draw_sites(rng: random.Random) -> list[Site]:
    """VPCs with their hosts; at times two have a block in common, but no address of a host."""
    sites: list[Site] = []
    count = rng.choice(sorted(HOSTS))
    wants_twins = rng.random() < 0.3
    while len(sites) < count:
        first = IDS_A_VPC * len(sites) + 1
        nets, subnets = estate.draw_blocks(rng, first)
        if sites and wants_twins and len(sites) == count - 1:
            move(nets, subnets, sites[0].plan.vpc_nets[0])
        plan = Plan(rng, BREADTH, nets, subnets, vpc=f"vpc-{first:017x}", first=first)
        estate.draw_hosts(plan, HOSTS[count])
        if any(overlap(plan, site.plan) and (nets[0] != site.plan.vpc_nets[0] or
                                             taken_by(plan) & taken_by(site.plan)) for site in sites):
            continue
        sites.append(Site(plan, igw=f"igw-{first:017x}" if rng.random() < 0.95 else ""))
    return sites


def draw_nats(site: Site, publics: list[str], taken: set) -> None:
    """None, one or two NAT gateways, at times private ones."""
    plan, rng = site.plan, site.plan.rng
    for index in range(rng.choice((0, 1, 1, 1, 2))):
        subnet = rng.choice(sorted(plan.subnets))
        entry = {"PrivateIp": str(estate.draw_address(rng, plan.subnets[subnet][0], taken)),
                 "NetworkInterfaceId": f"eni-{plan.first + 12 + index:017x}"}
        is_public = bool(site.igw) and rng.random() < 0.85
        if is_public:
            entry["PublicIp"] = site.publics[entry["PrivateIp"]] = publics.pop()
        site.nats.append({"NatGatewayId": f"nat-{plan.first + index:017x}", "VpcId": plan.vpc,
                          "SubnetId": subnet, "State": "available",
                          "ConnectivityType": "public" if is_public else "private",
                          "NatGatewayAddresses": [entry]})


def draw_publics(site: Site, publics: list[str]) -> None:
    """Public addresses of about half of the hosts' addresses."""
    for _, addresses in site.plan.hosts.values():
        for address in addresses:
            if address.version == 4 and site.plan.rng.random() < 0.5:
                site.publics[str(address)] = publics.pop()


def peering_side(site: Site) -> dict:
    v4, v6 = site.nets(4), site.nets(6)
    return {"VpcId": site.plan.vpc, "OwnerId": OWNER, "Region": REGION, "CidrBlock": str(v4[0]),
            "CidrBlockSet": [{"CidrBlock": str(net)} for net in v4],
            "Ipv6CidrBlockSet": [{"Ipv6CidrBlock": str(net)} for net in v6]}


def draw_peerings(rng: random.Random, sites: list[Site]) -> list[dict]:
    """Between most pairs of VPCs without a block in common; a few are not accepted yet."""
    documents = []
    for index, one in enumerate(sites):
        for other in sites[:index]:
            if rng.random() > 0.8 or overlap(one.plan, other.plan):
                continue
            status = "active" if rng.random() < 0.9 else "pending-acceptance"
            documents.append({
                "VpcPeeringConnectionId": f"pcx-{len(documents) + 1:017x}", "Status": {"Code": status},
                "RequesterVpcInfo": peering_side(one), "AccepterVpcInfo": peering_side(other)})
            one.peerings.append((documents[-1], other))
            other.peerings.append((documents[-1], one))
    return documents


def name_the_others(sites: list[Site]) -> None:
    """What rules may speak of outside their own VPC, and the groups of accepted peers."""
    publics = [address for site in sites for address in site.publics.values()]
    outside = [address for pair in INTERNET_HOSTS for address in pair] + publics
    for site in sites:
        site.groups = [f"sg-{site.plan.first + index:017x}" for index in range(site.plan.rng.randint(2, 3))]
    for site in sites:
        plan = site.plan
        plan.groups = site.groups
        plan.far = [ipaddress.ip_network(address) for address in outside]
        plan.far += [ipaddress.ip_network(nat["NatGatewayAddresses"][0]["PrivateIp"])
                     for one in sites for nat in one.nats] * 2
        for peering, other in site.peerings:
            plan.far += other.plan.vpc_nets * 3 + other.subnets(4)
            if peering["Status"]["Code"] == "active":
                plan.peers.update({group: {
                    "VpcId": other.plan.vpc, "PeeringStatus": "active",
                    "VpcPeeringConnectionId": peering["VpcPeeringConnectionId"]} for group in other.groups})


class Table:
    """One route table; AWS refuses a second route to the same destination."""

    def __init__(self, site: Site, index: int):
        self.site = site
        self.rng = site.plan.rng
        self.serves_nats = False
        self.associations: list[dict] = []
        self.id = f"rtb-{site.plan.first + index:017x}"
        self.routes = {next(iter(route.values())): route for route in estate.local_routes(site.plan)}

    def add(self, destination, target: dict, state: str = "active") -> None:
        """To a block or to a list; a target that there is not is no route."""
        text = str(destination)
        if not target or not next(iter(target.values())) or text in self.routes:
            return
        name = "DestinationPrefixListId"
        if not text.startswith("pl-"):
            name = "Destination" + CIDR_MEMBER[destination.version]
        self.routes[text] = {name: text, **target, "Origin": "CreateRoute", "State": state}

    def nat_target(self) -> dict:
        """Seldom where NAT gateways are served themselves: it would send to itself."""
        if not self.site.nats or (self.serves_nats and self.rng.random() < 0.75):
            return {}
        return {"NatGatewayId": self.rng.choice(self.site.nats)["NatGatewayId"]}

    def document(self) -> dict:
        routes = list(self.routes.values())
        self.rng.shuffle(routes)
        return {"RouteTableId": self.id, "VpcId": self.site.plan.vpc, "OwnerId": OWNER, "Routes": routes,
                "Associations": self.associations, "PropagatingVgws": []}


def igw_target(site: Site) -> dict:
    return {"GatewayId": site.igw}


def pcx_target(peering: dict) -> dict:
    return {"VpcPeeringConnectionId": peering["VpcPeeringConnectionId"]}


def add_peer_routes(table: Table, sites: list[Site]) -> None:
    """
    To a peer's blocks, to one of its subnets, to more than the peer has, or to a peer of the peer; at times
    through a NAT gateway.
    """
    rng = table.rng
    for peering, other in table.site.peerings:
        target, roll = pcx_target(peering), rng.random()
        if rng.random() < 0.3:
            table.add(other.nets(4)[0], table.nat_target())
        for version in (4, 6):
            nets, subnets = other.nets(version), other.subnets(version)
            if not nets or rng.random() < (0.15 if version == 4 else 0.4):
                continue
            if roll < 0.7:
                for net in nets:
                    table.add(net, target)
            elif roll < 0.85:
                table.add(rng.choice(subnets), target)
            else:
                table.add(nets[0].supernet(new_prefix=8 if version == 4 else 32), target)
        if rng.random() < 0.15:
            table.add(rng.choice([site for site in sites if site is not table.site]).nets(4)[0], target)
        if rng.random() < 0.04:
            table.add(EVERYONE[4], target)


def add_odd_routes(table: Table, sites: list[Site]) -> None:
    """By another gateway, through a NAT gateway inside the VPC, to nothing any more, by a list."""
    rng, site = table.rng, table.site
    strangers = [ipaddress.ip_network((address, 24 if ":" not in address else 48), strict=False)
                 for pair in INTERNET_HOSTS for address in pair]
    others = [net for other in sites if other is not site for net in (*other.plan.vpc_nets, *other.subnets(4))]
    if rng.random() < 0.25:
        table.add(rng.choice(strangers), rng.choice((igw_target(site), table.nat_target())))
    if rng.random() < 0.4:
        table.add(rng.choice(site.subnets(4)), table.nat_target())
    if rng.random() < 0.2:
        gone = rng.choice(({"NatGatewayId": "nat-0f0f0f0f0f0f0f0f0"}, {"GatewayId": "igw-0f0f0f0f0f0f0f0f0"},
                           {"VpcPeeringConnectionId": "pcx-0f0f0f0f0f0f0f0f0"}))
        table.add(rng.choice(strangers + others), gone, "blackhole")
    if site.list_id and rng.random() < 0.5:
        ways = [igw_target(site), table.nat_target(), *(pcx_target(peering) for peering, _ in site.peerings)]
        table.add(site.list_id, rng.choice(ways))


def draw_tables(site: Site, sites: list[Site]) -> list[dict]:
    """The main table, one that leads to the internet gateway and one that leads to a NAT gateway."""
    rng, plan = site.plan.rng, site.plan
    main, public, private = tables = [Table(site, index) for index in range(3)]
    main.associations.append({"Main": True, "RouteTableAssociationId": f"rtbassoc-{plan.first}",
                              "RouteTableId": main.id})
    for subnet in plan.subnets:
        has_nat = any(nat["SubnetId"] == subnet for nat in site.nats)
        table = rng.choices(tables, (5, 90, 5) if has_nat else (25, 35, 40))[0]
        if table is not main or rng.random() < 0.3:
            table.associations.append({"Main": False, "RouteTableAssociationId": f"rtbassoc-{subnet[7:]}",
                                       "RouteTableId": table.id, "SubnetId": subnet})
        table.serves_nats = table.serves_nats or has_nat
    for table in tables:
        add_odd_routes(table, sites)
        add_peer_routes(table, sites)
    for table, target in ((main, rng.choice(({}, igw_target(site), main.nat_target()))),
                          (public, igw_target(site)), (private, private.nat_target())):
        if table.serves_nats or rng.random() < 0.8:
            table.add(EVERYONE[4], target)
        if 6 in plan.versions and rng.random() < 0.9:
            table.add(EVERYONE[6], target if rng.random() < 0.1 else igw_target(site))
    return [table.document() for table in tables]


def draw_list(site: Site, sites: list[Site]) -> list[dict]:
    """At times a list of blocks outside the VPC, for a route."""
    rng = site.plan.rng
    if rng.random() < 0.6:
        return []
    nets = [net for other in sites if other is not site for net in (*other.nets(4), *other.subnets(4))]
    nets += [ipaddress.ip_network(pair[0]) for pair in INTERNET_HOSTS] + [EVERYONE[4]]
    site.list_id = f"pl-{site.plan.first + 8:017x}"
    return [{"PrefixListId": site.list_id, "PrefixListName": "ways",
             "Entries": [{"Cidr": str(net)} for net in rng.sample(nets, 2)]}]


def draw_interfaces(site: Site) -> list[dict]:
    """The hosts', with public addresses, and the NAT gateways'."""
    plan, documents = site.plan, []
    for eni in plan.hosts:
        document = estate.interface(plan, eni, plan.rng.sample(site.groups, plan.rng.choice((1, 1, 2))))
        for entry in document["PrivateIpAddresses"]:
            public = site.publics.get(entry["PrivateIpAddress"])
            if public:
                entry["Association"] = {"PublicIp": public, "IpOwnerId": OWNER}
        documents.append(document)
    for nat in site.nats:
        address = nat["NatGatewayAddresses"][0]
        entry = {"PrivateIpAddress": address["PrivateIp"], "Primary": True}
        if "PublicIp" in address:
            entry["Association"] = {"PublicIp": address["PublicIp"], "IpOwnerId": OWNER}
        documents.append({"NetworkInterfaceId": address["NetworkInterfaceId"], "VpcId": plan.vpc,
                          "SubnetId": nat["SubnetId"], "OwnerId": OWNER, "InterfaceType": "nat_gateway",
                          "RequesterManaged": True, "SourceDestCheck": False, "Status": "in-use",
                          "PrivateIpAddress": address["PrivateIp"], "PrivateIpAddresses": [entry],
                          "Ipv6Addresses": [], "Groups": []})
    return documents


def draw_acls(site: Site, rules_max: int) -> list[dict]:
    """Most NAT gateways stand behind the default ACL: many probes pass them."""
    acls = estate.draw_acls(site.plan, rules_max)
    for nat in site.nats:
        if site.plan.rng.random() < 0.7:
            for acl in acls:
                acl["Associations"] = [item for item in acl["Associations"]
                                       if item["SubnetId"] != nat["SubnetId"]]
    return acls


def draw_groups(site: Site, rules_max: int) -> list[dict]:
    """At times one of them admits nothing but the members of a peer's group."""
    plan = site.plan
    groups = [estate.draw_group(plan, group, rules_max) for group in site.groups]
    if plan.peers and plan.rng.random() < 0.6:
        group = plan.rng.choice(sorted(plan.peers))
        groups[0]["IpPermissions"] = [{
            "IpProtocol": "-1", "IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": [],
            "UserIdGroupPairs": [{"GroupId": group, "UserId": OWNER, **plan.peers[group]}]}]
    return groups


def generate(seed: int, group_rules_max: int = 6, acl_rules_max: int = 3) -> Documents:
    """The documents of one estate; the same for the same arguments."""
    rng = random.Random(f"routed estate {seed}")
    sites = draw_sites(rng)
    publics = [f"203.0.113.{number}" for number in rng.sample(range(1, 255), 60)]
    taken = set().union(*(taken_by(site.plan) for site in sites))
    for site in sites:
        draw_nats(site, publics, taken)
        if site.igw:
            draw_publics(site, publics)
    documents: Documents = {"VpcPeeringConnections": draw_peerings(rng, sites)}
    name_the_others(sites)
    for site in sites:
        plan = site.plan
        vpc = {"VpcId": plan.vpc, "OwnerId": OWNER, "State": "available", **estate.blocks_of(plan.vpc_nets)}
        drawn: Documents = {
            "Vpcs": [vpc], "NatGateways": site.nats,
            "Subnets": [{"SubnetId": subnet, "VpcId": plan.vpc, **estate.blocks_of(blocks)}
                        for subnet, blocks in plan.subnets.items()],
            "InternetGateways": [{"InternetGatewayId": site.igw, "OwnerId": OWNER,
                                  "Attachments": [{"VpcId": plan.vpc, "State": "available"}]}]
            if site.igw else [],
            "PrefixLists": estate.draw_lists(plan) + draw_list(site, sites),
            "SecurityGroups": draw_groups(site, group_rules_max),
            "NetworkAcls": draw_acls(site, acl_rules_max), "NetworkInterfaces": draw_interfaces(site),
            "RouteTables": draw_tables(site, sites)}
        for key, items in drawn.items():
            documents.setdefault(key, []).extend(items)
    return documents
