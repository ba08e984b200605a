# SPDX-License-Identifier: Apache-2.0
"""botocore's model of the services, used the other way round: parameters are read, answers are written."""

import functools
import html
import re
import urllib.parse
import uuid
from xml.sax.saxutils import escape

import botocore.loaders
import botocore.model
import botocore.utils

from errors import NAMESPACES
from signatures import AwsError

# How botocore calls what signs with these names.
MODELS = {"ec2": "ec2", "sts": "sts", "elasticloadbalancing": "elbv2", "logs": "logs", "s3": "s3",
          "securityhub": "securityhub"}
LOADER = botocore.loaders.Loader()

# Members that came after Debian 12's botocore: their names in EC2's XML.
NEWER = {"SecurityGroupArn": "securityGroupArn", "SecurityGroupRuleArn": "securityGroupRuleArn",
         "AssociatedSubnets": "associatedSubnetSet", "BlockPublicAccessStates": "blockPublicAccessStates"}


@functools.cache
def service_model(service: str) -> botocore.model.ServiceModel:
    name = MODELS[service]
    return botocore.model.ServiceModel(LOADER.load_service_model(name, "service-2"), name)


@functools.cache
def paginators(service: str) -> dict:
    return LOADER.load_service_model(MODELS[service], "paginators-1")["pagination"]


def operation_of(service: str, name: str) -> botocore.model.OperationModel:
    if name not in service_model(service).operation_names:
        raise AwsError("unknown_action", f"The action {name} is not valid for this web service.")
    return service_model(service).operation_model(name)


@functools.cache
def filter_names(service: str, action: str) -> frozenset[str]:
    """Those that the documentation of the operation lists; empty: it lists none."""
    shape = operation_of(service, action).input_shape
    member = shape.members.get("Filters", shape.members.get("Filter"))
    text = html.unescape(member.documentation) if member else ""
    return frozenset(re.findall(r"<li> <p> <code>([^<]+)</code>", text))


# Parameters

def parameter_name(shape, default: str, is_ec2: bool) -> str:
    if not is_ec2:
        return shape.serialization.get("name", default)
    name = shape.serialization.get("queryName") or shape.serialization.get("name") or default
    return name[0].upper() + name[1:]


def read_scalar(shape, name: str, text: str):
    if shape.type_name in ("integer", "long"):
        if not re.fullmatch(r"-?\d+", text):
            raise AwsError("InvalidParameterValue", f"Invalid value '{text}' for {name}. It must be a number")
        value = int(text)
        low, high = shape.metadata.get("min", value), shape.metadata.get("max", value)
        if not low <= value <= high:
            raise AwsError("InvalidParameterValue", f"Value ( {text} ) for parameter {name} is invalid. "
                           f"Expecting a value between {low} and {high}.")
        return value
    if shape.type_name == "boolean":
        if text not in ("true", "false"):
            raise AwsError("InvalidParameterValue", f"Invalid value '{text}' for {name}: a boolean")
        return text == "true"
    return text


def take_value(shape, prefix: str, left: dict[str, str], is_ec2: bool):
    """The value below prefix, taken out of what is left; None when it is not there."""
    if not any(key == prefix or key.startswith(f"{prefix}.") for key in left):
        return None
    if shape.type_name == "structure":
        return take_structure(shape, f"{prefix}.", left, is_ec2)
    if shape.type_name == "list":
        flat = is_ec2 or shape.serialization.get("flattened")
        stem = prefix if flat else f"{prefix}.{shape.member.serialization.get('name', 'member')}"
        values = []
        while (value := take_value(shape.member, f"{stem}.{len(values) + 1}", left, is_ec2)) is not None:
            values.append(value)
        return values
    text = left.pop(prefix, None)
    return None if text is None else read_scalar(shape, prefix, text)


def take_structure(shape, prefix: str, left: dict[str, str], is_ec2: bool) -> dict:
    values = {}
    for name, member in shape.members.items():
        value = take_value(member, prefix + parameter_name(member, name, is_ec2), left, is_ec2)
        if value is not None:
            values[name] = value
    for name in shape.required_members:
        if name not in values:
            raise AwsError("MissingParameter", f"The request must contain the parameter {name}")
    return values


def read_form(service: str, body: bytes) -> tuple[str, dict]:
    """The action of a form and its parameters, by the names of the model."""
    try:
        pairs = urllib.parse.parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True)
    except (UnicodeDecodeError, ValueError) as error:
        raise AwsError("MalformedQueryString", str(error)) from error
    left = dict(pairs)
    if len(left) != len(pairs):
        raise AwsError("MalformedQueryString", "a parameter comes twice")
    action, version = left.pop("Action", ""), left.pop("Version", "")
    if not action:
        raise AwsError("MissingAction", "The request must contain the parameter Action")
    if version != service_model(service).api_version:
        raise AwsError("InvalidAction" if service != "ec2" else "NoSuchVersion",
                       f"The requested version ({version}) of service {service} does not exist")
    shape = operation_of(service, action).input_shape
    values = take_structure(shape, "", left, service == "ec2") if shape else {}
    if left:
        raise AwsError("UnknownParameter", f"The parameter {sorted(left)[0]} is not recognized")
    return action, values


# Answers

def scalar_text(shape, value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if shape is not None and shape.type_name == "timestamp":
        moment = botocore.utils.parse_timestamp(value)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
    return escape(str(value))


def element(name: str, inside: str) -> str:
    return f"<{name}>{inside}</{name}>" if inside else f"<{name}/>"


def write_value(shape, name: str, value) -> str:
    """An element called name.  A shape of None is of a member that the model does not know."""
    if isinstance(value, dict):
        return element(name, write_members(shape, value))
    if isinstance(value, list):
        member = shape.member if shape is not None else None
        if shape is not None and shape.serialization.get("flattened"):
            return "".join(write_value(member, shape.member.serialization.get("name", name), item)
                           for item in value)
        item_name = member.serialization.get("name", "member") if member is not None else "item"
        return element(name, "".join(write_value(member, item_name, item) for item in value))
    return element(name, scalar_text(shape, value))


def write_members(shape, values: dict) -> str:
    members = shape.members if shape is not None else {}
    pieces = []
    for key, value in values.items():
        if value is None:
            continue
        member = members.get(key)
        name = NEWER.get(key, key[0].lower() + key[1:]) if member is None \
            else member.serialization.get("name", key)
        pieces.append(write_value(member, name, value))
    return "".join(pieces)


def write_answer(service: str, action: str, values: dict) -> bytes:
    """The document of a successful call."""
    shape = operation_of(service, action).output_shape
    inside, request_id = write_members(shape, values), str(uuid.uuid4())
    root = f'<{action}Response xmlns="{NAMESPACES[service]}">'
    if service == "ec2":
        text = f"{root}\n    <requestId>{request_id}</requestId>\n    {inside}\n</{action}Response>"
    else:
        wrapper = shape.serialization.get("resultWrapper", f"{action}Result")
        text = (f"{root}\n  <{wrapper}>{inside}</{wrapper}>\n  <ResponseMetadata>\n"
                f"    <RequestId>{request_id}</RequestId>\n  </ResponseMetadata>\n</{action}Response>\n")
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + text).encode()
