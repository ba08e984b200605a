# SPDX-License-Identifier: Apache-2.0
"""The XML of every call of the fetch, read by Weir and by botocore's own parser: the same JSON, key by key.

Documents are made at random from botocore's model of the services: entities, CDATA, comments, empty elements,
members that the model does not know, lists in lists, points in time, truth values, numbers.
WEIR_SEED=N makes the same ones again; WEIR_ANSWERS=N makes N documents for each call.
"""

import json
import os
import pathlib
import random
import subprocess

import botocore.loaders
import botocore.model
import botocore.parsers
import botocore.utils
import pytest

BUILD = pathlib.Path(os.environ.get("WEIR_BUILD", "build")).resolve()
SEED = int(os.environ.get("WEIR_SEED", random.SystemRandom().randrange(1 << 32)))
ANSWERS = int(os.environ.get("WEIR_ANSWERS", "60"))
MODELS = {"ec2": "ec2", "elasticloadbalancing": "elbv2"}
LOADER = botocore.loaders.Loader()
# Secrets, which have no place in a snapshot.
SECRETS = {"CustomerGatewayConfiguration", "PreSharedKey", "ClientSecret", "AuthenticationRequestExtraParams"}
# Calls that came after Debian 12's botocore: nobody here could judge them.
NEWER_CALLS = {"DescribeVpcBlockPublicAccessOptions", "DescribeVpcBlockPublicAccessExclusions"}
TEXTS = ["", " ", "a", "shop-web", "10.0.0.0/16", "0.0.0.0/0", "Zürich", "日本語 🦉", "tab\there", "line\nbreak",
         'quote " and \\ backslash', "<b>&amp;", "]]", "true", "-1", "null", " blanks around ", "\u00a0\u202e",
         "x" * 300]
TIMES = ["2026-09-14T08:12:31.000Z", "2026-09-14T08:12:31Z", "1999-12-31T23:59:59.5Z",
         "2026-09-14T08:12:31.123456Z", "2026-09-14T08:12:31.120Z"]


def calls() -> list[tuple[str, str, int]]:
    listed = subprocess.run([BUILD / "tests/aws/answers", "table"], check=True, text=True,
                            stdout=subprocess.PIPE).stdout
    return [(service, action, int(most)) for service, action, most in map(str.split, listed.splitlines())]


def operation(service: str, action: str) -> botocore.model.OperationModel:
    model = botocore.model.ServiceModel(LOADER.load_service_model(MODELS[service], "service-2"), service)
    return model.operation_model(action)


class Maker:
    """Documents of one call."""

    def __init__(self, rng: random.Random):
        self.rng = rng

    def text(self, value: str) -> str:
        """One of the ways to write a text in XML."""
        if self.rng.random() < 0.2 and "]]" not in value:
            half = len(value) // 2
            return f"{escaped(value[:half])}<![CDATA[{value[half:]}]]>"
        if self.rng.random() < 0.2:
            return "".join(f"&#{ord(c)};" if self.rng.random() < 0.5 else f"&#x{ord(c):x};" for c in value)
        if self.rng.random() < 0.1:
            return f"{escaped(value)}<!-- not &this; -->"
        return escaped(value)

    def scalar(self, shape) -> str:
        kind = shape.type_name
        if kind == "boolean":
            return self.rng.choice(["true", "false"])
        if kind == "integer":
            return str(self.rng.choice([0, -1, 1, 22, 65535, 2**31 - 1, -(2**31)]))
        if kind == "long":
            return str(self.rng.choice([0, 64512, 4294967294, 2**63 - 1]))
        if kind == "timestamp":
            return self.rng.choice(TIMES)
        assert kind == "string", kind
        return self.text(self.rng.choice(TEXTS))

    def element(self, name: str, inside: str) -> str:
        blank = self.rng.choice(["", " ", "\n  "])
        if not inside and self.rng.random() < 0.5:
            return f"<{name}{blank}/>"
        return f"<{name}{blank}>{inside}</{name}{blank}>"

    def unknown(self) -> str:
        return self.element(self.rng.choice(["weirFuture", "item", "zzz-later", "Vpcs2"]), self.rng.choice(
            ["", "1", "<item><key>k</key></item>", "<a><b><c>d</c></b></a>", "<![CDATA[<vpcId>]]>"]))

    def members(self, shape, depth: int) -> str:
        pieces = [self.value(member, member.serialization.get("name", name), depth + 1)
                  for name, member in shape.members.items() if self.rng.random() < (1 if depth == 0 else 0.7)]
        if self.rng.random() < 0.3:
            pieces.insert(self.rng.randrange(len(pieces) + 1), self.unknown())
        if self.rng.random() < 0.2:
            self.rng.shuffle(pieces)
        return self.rng.choice(["", "\n    ", "<!-- -->"]).join(pieces)

    def value(self, shape, name: str, depth: int) -> str:
        if shape.type_name == "structure":
            return self.element(name, self.members(shape, depth))
        if shape.type_name == "list":
            item = shape.member.serialization.get("name", "member")
            count = self.rng.choice([0, 1, 1, 2, 3] if depth < 4 else [0, 1, 2])
            return self.element(name, "".join(self.value(shape.member, item, depth) for _ in range(count)))
        if shape.type_name == "map":
            return self.element(name, "<entry><key>k</key><value>v</value></entry>")
        return f"<{name}>{self.scalar(shape)}</{name}>"

    def answer(self, service: str, action: str) -> bytes:
        inside = self.members(operation(service, action).output_shape, 0)
        if service == "ec2":
            inside = f"<requestId>r-1</requestId>{inside}"
        else:
            inside = (f"<{action}Result>{inside}</{action}Result>"
                      "<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>")
        start = self.rng.choice(["", '<?xml version="1.0" encoding="UTF-8"?>\n', "<?xml version='1.0'?>"])
        return f'{start}<{action}Response xmlns="http://x.amazonaws.com/doc/1/">{inside}</{action}Response>'.encode()


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("]]>", "]]&gt;")


def without_secrets(value):
    if isinstance(value, dict):
        return {name: without_secrets(item) for name, item in value.items() if name not in SECRETS}
    return [without_secrets(item) for item in value] if isinstance(value, list) else value


def judged(service: str, action: str, document: bytes) -> dict:
    """What the AWS CLI prints of the answer: botocore's parser, times in ISO 8601, no token of a next page."""
    factory = botocore.parsers.ResponseParserFactory()
    factory.set_parser_defaults(
        timestamp_parser=lambda text: botocore.utils.parse_timestamp(text).isoformat())
    shape = operation(service, action).output_shape
    parsed = factory.create_parser("ec2" if service == "ec2" else "query").parse(
        {"status_code": 200, "headers": {}, "body": document}, shape)
    for name in ("ResponseMetadata", "NextToken", "NextMarker"):
        parsed.pop(name, None)
    return without_secrets(parsed)


def read_by_weir(questions: list[tuple[str, bytes]]) -> list[str]:
    given = b"".join(b"%s %d\n%s" % (action.encode(), len(document), document)
                     for action, document in questions)
    rest = subprocess.run([BUILD / "tests/aws/answers"], check=True, input=given,
                          stdout=subprocess.PIPE).stdout
    answers = []
    while rest:
        length, _, rest = rest.partition(b"\n")
        answers.append(rest[:int(length)].decode())
        rest = rest[int(length):]
    return answers


@pytest.mark.parametrize("service,action", [(service, action) for service, action, _ in calls()
                                            if action not in NEWER_CALLS])
def test_an_answer_is_what_botocore_makes_of_it(service, action):
    maker = Maker(random.Random(f"{SEED} {action}"))
    documents = [maker.answer(service, action) for _ in range(ANSWERS)]
    answers = read_by_weir([(action, document) for document in documents])
    assert len(answers) == len(documents)
    for document, answer in zip(documents, answers, strict=True):
        wanted = judged(service, action, document)
        assert not answer.startswith("!"), f"WEIR_SEED={SEED}: {answer}\n{document.decode()}"
        assert json.loads(answer) == wanted, f"WEIR_SEED={SEED}\n{document.decode()}"


def test_the_calls_that_nobody_judges_are_those_that_the_judge_does_not_know():
    known = {service: set(botocore.model.ServiceModel(LOADER.load_service_model(name, "service-2"),
                                                      name).operation_names)
             for service, name in MODELS.items()}
    assert {action for service, action, _ in calls() if action not in known[service]} <= NEWER_CALLS


def test_pages_are_as_large_as_the_service_lets_them_be():
    for service, action, most in calls():
        if action in NEWER_CALLS:
            continue
        members = operation(service, action).input_shape.members
        limit = members.get("MaxResults", members.get("PageSize"))
        assert bool(most) == bool(limit), action
        if limit is not None and "max" in limit.metadata:
            assert most == limit.metadata["max"], action


@pytest.mark.parametrize("action,document,said", [
    ("DescribeVpcs", "<vpcSet><item><isDefault>maybe</isDefault></item></vpcSet>",
     "DescribeVpcs: Vpcs.IsDefault is 'maybe', expected true or false"),
    ("DescribeSubnets", "<subnetSet><item><availableIpAddressCount/></item></subnetSet>",
     "DescribeSubnets: Subnets.AvailableIpAddressCount is '', expected a whole number"),
    ("DescribeSubnets", "<subnetSet><item><availableIpAddressCount>1.5</availableIpAddressCount></item></subnetSet>",
     "DescribeSubnets: Subnets.AvailableIpAddressCount is '1.5', expected a whole number")])
def test_a_value_that_is_not_of_its_type_is_an_error_with_its_place(action, document, said):
    answer = read_by_weir([(action, f"<{action}Response>{document}</{action}Response>".encode())])
    assert answer == [f"!{said}"]
