# SPDX-License-Identifier: Apache-2.0
"""The servers of tests/aws against clients that others wrote: botocore, and the AWS CLI where it is installed."""

import json
import pathlib
import shutil
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/aws"))
botocore_session = pytest.importorskip("botocore.session")
from botocore.config import Config  # noqa: E402
from botocore.exceptions import ClientError  # noqa: E402
from botocore.parsers import ResponseParserError  # noqa: E402
from imds import ContainerEndpoint, Imds  # noqa: E402
from server import AwsServer  # noqa: E402

SHOP = ROOT / "policies/examples/shop"
ESTATES = ROOT / "tests/data/estates"


@pytest.fixture(name="aws")
def aws_fixture(monkeypatch):
    with AwsServer(SHOP) as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        yield server


def client_of(aws: AwsServer, service: str, key=None, attempts: int = 1):
    key = key or aws.keys.first
    return botocore_session.Session().create_client(
        service, region_name="eu-west-1", endpoint_url=aws.url, aws_access_key_id=key.access_key,
        aws_secret_access_key=key.secret_key, aws_session_token=key.token or None,
        config=Config(retries={"total_max_attempts": attempts, "mode": "standard"},
                      s3={"addressing_style": "path"}))


@pytest.mark.parametrize("name,call,member", [
    ("describe-vpcs", "describe_vpcs", "Vpcs"), ("describe-subnets", "describe_subnets", "Subnets"),
    ("describe-security-groups", "describe_security_groups", "SecurityGroups"),
    ("describe-network-acls", "describe_network_acls", "NetworkAcls"),
    ("describe-route-tables", "describe_route_tables", "RouteTables"),
    ("describe-security-group-rules", "describe_security_group_rules", "SecurityGroupRules"),
    ("describe-internet-gateways", "describe_internet_gateways", "InternetGateways")])
def test_what_the_cli_printed_comes_back_through_xml(aws, name, call, member):
    document = json.loads((SHOP / f"{name}.json").read_text())
    assert getattr(client_of(aws, "ec2"), call)()[member] == document[member]


def many_instances(count: int) -> dict:
    return {"describe-instances": {"Reservations": [
        {"ReservationId": f"r-{number}", "Instances": [{"InstanceId": f"i-{number}", "VpcId": f"vpc-{number % 2}"}]}
        for number in range(count)]}}


def test_pages_hold_every_element_once(aws):
    aws.load(many_instances(2003))
    pages = list(client_of(aws, "ec2").get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 1000}))
    found = [row["Instances"][0]["InstanceId"] for page in pages for row in page["Reservations"]]
    assert found == [f"i-{number}" for number in range(2003)]
    assert len(pages) == 3 and "NextToken" not in pages[-1]


@pytest.mark.parametrize("params,code", [
    ({"MaxResults": 101}, "InvalidParameterValue"),
    ({"NextToken": "made up"}, "InvalidPaginationToken"),
    ({"RouteTableIds": ["rtb-none"]}, "InvalidRouteTableID.NotFound"),
    ({"RouteTableIds": ["rtb-none"], "MaxResults": 5}, "InvalidRouteTableID.NotFound"),
    ({"Filters": [{"Name": "no-such", "Values": ["x"]}]}, "InvalidParameterValue")])
def test_what_ec2_refuses_is_refused(aws, params, code):
    with pytest.raises(ClientError) as refusal:
        client_of(aws, "ec2").describe_route_tables(**params)
    assert refusal.value.response["Error"]["Code"] == code


def test_a_token_is_good_only_for_the_call_that_gave_it(aws):
    aws.load(many_instances(20))
    ec2 = client_of(aws, "ec2")
    token = ec2.describe_instances(MaxResults=5)["NextToken"]
    assert ec2.describe_instances(MaxResults=5, NextToken=token)["Reservations"][0]["ReservationId"] == "r-5"
    with pytest.raises(ClientError, match="InvalidPaginationToken"):
        ec2.describe_instances(MaxResults=6, NextToken=token)


def test_filters_choose(aws):
    aws.load(many_instances(10))
    rows = client_of(aws, "ec2").describe_security_groups(Filters=[{"Name": "vpc-id", "Values": ["vpc-none"]}])
    assert rows["SecurityGroups"] == []


def test_a_wrong_secret_a_wrong_token_and_an_old_key_are_refused(aws):
    good, old = aws.keys.issue(3600), aws.keys.issue(-1)
    for key, code in ((good, ""), (old, "RequestExpired"),
                      (type(good)(good.access_key, "other", good.token), "AuthFailure"),
                      (type(good)(good.access_key, good.secret_key, "other"), "AuthFailure"),
                      (type(good)("AKIDNOBODY", "x"), "AuthFailure")):
        if not code:
            client_of(aws, "ec2", key).describe_vpcs()
            continue
        with pytest.raises(ClientError) as refusal:
            client_of(aws, "ec2", key).describe_vpcs()
        assert refusal.value.response["Error"]["Code"] == code


@pytest.mark.parametrize("kind", ["throttle", "error500", "unavailable", "reset", "close", "html502"])
def test_botocore_tries_again_after_a_fault(aws, kind):
    aws.fault(kind, action="DescribeVpcs")
    assert client_of(aws, "ec2", attempts=3).describe_vpcs()["Vpcs"]
    assert len(aws.calls) == 2


@pytest.mark.parametrize("kind", ["truncate", "bad_xml", "html", "empty", "denied"])
def test_botocore_gives_up_at_other_faults(aws, kind):
    aws.fault(kind, action="DescribeVpcs", times=None)
    with pytest.raises((ResponseParserError, ClientError, KeyError)):
        assert client_of(aws, "ec2").describe_vpcs()["Vpcs"]


def test_each_account_and_region_has_its_own_data(aws):
    aws.load({"describe-vpcs": {"Vpcs": [{"VpcId": "vpc-far"}]}}, "*", "222233334444")
    sts = client_of(aws, "sts")
    role = sts.assume_role(RoleArn="arn:aws:iam::222233334444:role/reader", RoleSessionName="me")["Credentials"]
    key = aws.keys.find(role["AccessKeyId"])
    assert client_of(aws, "ec2", key).describe_vpcs()["Vpcs"] == [{"VpcId": "vpc-far"}]
    assert client_of(aws, "sts", key).get_caller_identity()["Account"] == "222233334444"


def test_a_role_wants_its_external_id(aws):
    arn = "arn:aws:iam::222233334444:role/reader"
    aws.sts.roles[arn] = "shibboleth"
    sts = client_of(aws, "sts")
    with pytest.raises(ClientError, match="AccessDenied"):
        sts.assume_role(RoleArn=arn, RoleSessionName="me")
    assert sts.assume_role(RoleArn=arn, RoleSessionName="me", ExternalId="shibboleth")["Credentials"]


def test_load_balancers_listeners_and_the_health_of_targets(monkeypatch):
    with AwsServer(ESTATES / "balancers") as aws:
        for name, value in aws.environment().items():
            monkeypatch.setenv(name, value)
        elb = client_of(aws, "elbv2")
        arns = {row["LoadBalancerName"]: row["LoadBalancerArn"] for row in elb.get_paginator(
            "describe_load_balancers").paginate(PaginationConfig={"PageSize": 1}).search("LoadBalancers[]")}
        ports = {name: [row["Port"] for row in elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]]
                 for name, arn in arns.items()}
        groups = {row["TargetGroupName"]: row["TargetGroupArn"] for row in elb.describe_target_groups()["TargetGroups"]}
        health = elb.describe_target_health(TargetGroupArn=groups["db"])["TargetHealthDescriptions"]
    assert ports == {"shop": [443, 80, 8081], "tcp": [5432, 6379, 9000]}
    assert [row["Target"]["Id"] for row in health] == ["i-db-b", "i-db-a"]


def test_routes_of_a_transit_gateway_belong_to_their_table(monkeypatch):
    with AwsServer(ESTATES / "tgw") as aws:
        for name, value in aws.environment().items():
            monkeypatch.setenv(name, value)
        ec2 = client_of(aws, "ec2")
        counts = {table: len(ec2.search_transit_gateway_routes(
            TransitGatewayRouteTableId=table, Filters=[{"Name": "state", "Values": ["active", "blackhole"]}])["Routes"])
            for table in ("tgw-rtb-0a1", "tgw-rtb-0b2")}
    assert counts == {"tgw-rtb-0a1": 8, "tgw-rtb-0b2": 2}


def test_objects_of_s3_are_listed_in_pages_and_read_in_parts(aws):
    objects = aws.s3.bucket("logs")
    for number in range(2500):
        objects[f"p/{number:05}"] = b"x"
    objects["a b/c=d+é.gz"] = bytes(range(256))
    s3 = client_of(aws, "s3")
    names = [row["Key"] for row in s3.get_paginator("list_objects_v2").paginate(Bucket="logs").search("Contents[]")]
    assert names == sorted(objects, key=lambda key: key.encode())
    assert s3.list_objects_v2(Bucket="logs", Delimiter="/")["CommonPrefixes"] == [{"Prefix": "a b/"}, {"Prefix": "p/"}]
    assert s3.get_object(Bucket="logs", Key="a b/c=d+é.gz", Range="bytes=10-19")["Body"].read() == bytes(range(10, 20))
    s3.put_object(Bucket="logs", Key="new", Body=b"hello")
    assert objects["new"] == b"hello"


def test_logs_hold_a_writer_to_the_limits(aws):
    logs, place = client_of(aws, "logs"), {"logGroupName": "g", "logStreamName": "s"}
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(**place)
    now = int(time.time() * 1000)
    events = [{"timestamp": now - 15 * 24 * 3600 * 1000, "message": "old"}]
    assert logs.put_log_events(**place, logEvents=events)["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    for bad in ([{"timestamp": now, "message": "b"}, {"timestamp": now - 1, "message": "a"}],
                [{"timestamp": now, "message": "x" * 1_048_576}]):
        with pytest.raises(ClientError, match="InvalidParameterException"):
            logs.put_log_events(**place, logEvents=bad)


def test_botocore_gets_keys_from_the_metadata_service_and_the_container(aws, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with Imds(aws.keys) as imds, ContainerEndpoint(aws.keys) as container:
        for name, value in imds.environment().items():
            monkeypatch.setenv(name, value)
        key = botocore_session.Session().get_credentials().get_frozen_credentials()
        assert aws.keys.find(key.access_key).token == key.token
        assert imds.requests[0] == "PUT /latest/api/token"
        for name, value in container.environment().items():
            monkeypatch.setenv(name, value)
        key = botocore_session.Session().get_credentials().get_frozen_credentials()
        assert aws.keys.find(key.access_key).token == key.token


def test_the_aws_cli_reads_the_same(aws):
    if not shutil.which("aws"):
        pytest.skip("the AWS CLI is not installed")
    done = subprocess.run(["aws", "ec2", "describe-vpcs", "--endpoint-url", aws.url, "--output", "json"], check=True,
                          capture_output=True, text=True, timeout=60)
    assert json.loads(done.stdout) == json.loads((SHOP / "describe-vpcs.json").read_text())
