# SPDX-License-Identifier: Apache-2.0
"""The snapshots in policies/examples are what the AWS CLI prints: botocore's own model of EC2 is the judge."""

import json
import pathlib
import re

import pytest

session = pytest.importorskip("botocore.session", reason="python3-botocore is not installed")

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "policies/examples"
DOCUMENTS = sorted(path for path in EXAMPLES.rglob("*.json"))
TYPES = {"string": str, "integer": int, "long": int, "boolean": bool, "timestamp": str}


@pytest.fixture(name="ec2", scope="module")
def ec2_fixture():
    return session.get_session().get_service_model("ec2")


def operation_of(path: pathlib.Path) -> str:
    """describe-network-acls.json → DescribeNetworkAcls; a table's id may follow"""
    words = re.sub(r"-tgw-rtb-[0-9a-f]+$", "", path.stem)
    return "".join(word.capitalize() for word in words.split("-"))


def strangers(shape, value, where: str) -> list[str]:
    """Where a value is not of its shape: members the model does not know, values of other types."""
    if shape.type_name == "structure":
        if not isinstance(value, dict):
            return [f"{where} is no object"]
        unknown = [f"{where}.{name} is no member" for name in value if name not in shape.members]
        return unknown + [line for name in value if name in shape.members
                          for line in strangers(shape.members[name], value[name], f"{where}.{name}")]
    if shape.type_name == "list":
        if not isinstance(value, list):
            return [f"{where} is no list"]
        return [line for index, item in enumerate(value)
                for line in strangers(shape.member, item, f"{where}[{index}]")]
    if type(value) is not TYPES[shape.type_name]:
        return [f"{where} is no {shape.type_name}"]
    if getattr(shape, "enum", None) and value not in shape.enum:
        return [f"{where} may not be '{value}'"]
    return []


# What AWS prints although its model has another word ("attached", "natGateway", "Available").
AS_PRINTED = {".InternetGateways[].Attachments[].State may not be 'available'",
              ".NetworkInterfaces[].InterfaceType may not be 'nat_gateway'",
              ".VpcEndpoints[].State may not be 'available'"}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(EXAMPLES)))
def test_a_document_is_as_the_model_of_ec2_has_it(ec2, path):
    document = json.loads(path.read_text())
    output = ec2.operation_model(operation_of(path)).output_shape
    found = {re.sub(r"\[\d+\]", "[]", line) for line in strangers(output, document, "")}
    assert document and found <= AS_PRINTED


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(EXAMPLES)))
def test_a_document_is_indented_as_the_cli_indents(path):
    text = path.read_text()
    assert text == json.dumps(json.loads(text), indent=4, ensure_ascii=False) + "\n"


def test_the_judge_sees_a_member_that_is_misspelt(ec2):
    output = ec2.operation_model("DescribeVpcs").output_shape
    assert strangers(output, {"Vpcs": [{"VpcID": "vpc-1"}]}, "") == [".Vpcs[0].VpcID is no member"]
    assert strangers(output, {"Vpcs": [{"IsDefault": "no"}]}, "") == [".Vpcs[0].IsDefault is no boolean"]


def rows_of_groups(groups: list) -> set:
    """(group, egress, protocol, peer) of every rule in describe-security-groups."""
    found = set()
    for group in groups:
        for egress, member in ((False, "IpPermissions"), (True, "IpPermissionsEgress")):
            for permission in group[member]:
                peers = [peer["CidrIp"] for peer in permission["IpRanges"]]
                peers += [peer["GroupId"] for peer in permission["UserIdGroupPairs"]]
                found |= {(group["GroupId"], egress, permission["IpProtocol"],
                           permission.get("FromPort", -1), peer) for peer in peers}
    return found


@pytest.mark.parametrize("folder", sorted({path.parent for path in DOCUMENTS}),
                         ids=lambda path: str(path.relative_to(EXAMPLES)))
def test_groups_and_their_rules_say_the_same(folder):
    groups = json.loads((folder / "describe-security-groups.json").read_text())["SecurityGroups"]
    rules = json.loads((folder / "describe-security-group-rules.json").read_text())["SecurityGroupRules"]
    flat = {(rule["GroupId"], rule["IsEgress"], rule["IpProtocol"], rule["FromPort"],
             rule.get("CidrIpv4") or rule["ReferencedGroupInfo"]["GroupId"]) for rule in rules}
    assert flat == rows_of_groups(groups)
    assert len({rule["SecurityGroupRuleId"] for rule in rules}) == len(rules) == len(flat)
