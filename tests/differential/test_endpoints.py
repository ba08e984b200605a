# SPDX-License-Identifier: Apache-2.0
"""Where services answer: lib/aws/endpoint against botocore's endpoint rules, in all Regions that it knows."""

import functools
import itertools
import os
import subprocess

import pytest

botocore_provider = pytest.importorskip("botocore.endpoint_provider")
from botocore.exceptions import EndpointProviderError  # noqa: E402
from botocore.loaders import Loader  # noqa: E402

LOADER = Loader()
SERVICES = {"ec2": "ec2", "sts": "sts", "elasticloadbalancing": "elbv2", "logs": "logs", "s3": "s3",
            "securityhub": "securityhub"}
# What came after Debian 12's botocore follows from its patterns; the last ones are in no list.
NEWER = ["ap-southeast-5", "ca-west-1", "eu-central-9", "cn-south-7", "us-gov-north-3", "us-isob-west-2"]
FLAGS = list(itertools.product([False, True], repeat=2))


@functools.cache
def provider(service: str):
    return botocore_provider.EndpointProvider(
        LOADER.load_service_model(SERVICES[service], "endpoint-rule-set-1"), LOADER.load_data("partitions"))


def regions() -> list[str]:
    known = {name for partition in LOADER.load_data("partitions")["partitions"] for name in partition["regions"]}
    known |= {name for partition in LOADER.load_data("endpoints")["partitions"] for name in partition["regions"]}
    return sorted(known | set(NEWER))


def expected(service: str, region: str, fips: bool, dual_stack: bool) -> str:
    """URL and the Region to sign for; STS and S3 without their old global hosts."""
    params = {"Region": region, "UseFIPS": fips, "UseDualStack": dual_stack}
    if service in ("sts", "s3"):
        params["UseGlobalEndpoint"] = False
    if service == "s3":
        params.update(Accelerate=False, ForcePathStyle=False, DisableMultiRegionAccessPoints=False)
    try:
        found = provider(service).resolve_endpoint(**params)
    except EndpointProviderError:
        return "error"
    schemes = found.properties.get("authSchemes", [{}])
    return f"{found.url} {schemes[0].get('signingRegion', region)}"


def ours(build, places: list[tuple[str, str]], fips: bool, dual_stack: bool, *url: str) -> list[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    env.update(AWS_USE_FIPS_ENDPOINT=str(fips).lower(), AWS_USE_DUALSTACK_ENDPOINT=str(dual_stack).lower())
    done = subprocess.run([build / "tests/aws/endpoints", *url], check=True, text=True, env=env,
                          input="".join(f"{service} {region}\n" for service, region in places),
                          stdout=subprocess.PIPE)
    return ["error" if line.startswith("error ") else line for line in done.stdout.splitlines()]


@pytest.mark.parametrize("fips,dual_stack", FLAGS)
def test_every_region_has_the_endpoint_that_botocore_gives_it(build, fips, dual_stack):
    # STS has one global host, for neither; no rule of botocore's says what else would be one.
    places = [(service, region) for service in SERVICES for region in regions()
              if not (service == "sts" and region == "aws-global" and (fips or dual_stack))]
    wrong = [f"{service} {region}: {got}, botocore {want}"
             for (service, region), got in zip(places, ours(build, places, fips, dual_stack), strict=True)
             if got != (want := expected(service, region, fips, dual_stack))]
    assert not wrong, "\n".join(wrong)
    assert len(places) > 190


@pytest.mark.parametrize("fips,dual_stack", [(True, False), (False, True), (True, True)])
def test_ones_own_endpoint_excludes_fips_and_dual_stack_as_in_botocore(build, fips, dual_stack):
    places = [(service, "eu-west-1") for service in SERVICES if service != "s3"]
    assert ours(build, places, fips, dual_stack, "http://127.0.0.1:1") == ["error"] * len(places)
    for service, region in places:
        with pytest.raises(EndpointProviderError):
            provider(service).resolve_endpoint(Region=region, UseFIPS=fips, UseDualStack=dual_stack,
                                               Endpoint="http://127.0.0.1:1",
                                               **({"UseGlobalEndpoint": False} if service == "sts" else {}))
