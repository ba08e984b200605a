# SPDX-License-Identifier: Apache-2.0
"""The command lines that a blocked path comes with: botocore's own model of EC2 is the judge of each."""

import pathlib
import re
import shlex

import pytest

session = pytest.importorskip("botocore.session", reason="python3-botocore is not installed")
xform_name = pytest.importorskip("botocore").xform_name

HERE = pathlib.Path(__file__).resolve().parent
FLAGS = {"--ingress": ("Egress", "boolean"), "--egress": ("Egress", "boolean"),
         "--no-source-dest-check": ("SourceDestCheck", "structure")}


def commands() -> list[str]:
    lines = (line.strip() for path in sorted(HERE.glob("can/*/out")) for line in path.read_text().splitlines())
    return sorted({line for line in lines if line.startswith("aws ec2 ")})


@pytest.fixture(name="ec2", scope="module")
def ec2_fixture():
    return session.get_session().get_service_model("ec2")


def operation_of(ec2, name: str):
    return next(ec2.operation_model(operation) for operation in ec2.operation_names
                if xform_name(operation, "-") == name)


def members_of(shape, words: list[str]) -> set[str]:
    """The input members that options name; an option that names none is an error."""
    options = {"--" + xform_name(member, "-"): member for member in shape.members}
    found = set()
    for word in words:
        if word.startswith("--") and word in FLAGS and FLAGS[word][0] in shape.members:
            assert shape.members[FLAGS[word][0]].type_name == FLAGS[word][1]
            found.add(FLAGS[word][0])
        elif word.startswith("--"):
            assert word in options, word
            found.add(options[word])
    return found


def test_there_are_commands_to_judge():
    assert len(commands()) > 20


@pytest.mark.parametrize("line", commands())
def test_a_command_is_one_of_ec2_with_all_it_needs(ec2, line):
    words = shlex.split(re.sub(r'"\$\(aws [^"]*\)"', "made-on-the-way", line))
    operation = operation_of(ec2, words[2])
    given = members_of(operation.input_shape, words[3:])
    assert set(operation.input_shape.required_members) <= given
