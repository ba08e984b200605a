# SPDX-License-Identifier: Apache-2.0
"""What the test servers know of an account and a Region: a folder of documents as the AWS CLI prints them.

Answers are cut into pages as EC2 and ELBv2 do it; tokens are bound to the call that they came from.
"""

import base64
import fnmatch
import hashlib
import hmac
import json
import pathlib
import re

import botocore

from model import filter_names, operation_of, paginators
from signatures import AwsError

TOKEN_KEY = b"the servers' own"
# Lists of several calls that have one name in JSON: what an element of the other call has.
NOT_OF = {"DescribePrefixLists": "PrefixListArn"}
# Filters whose name is not that of a member.
FILTER_PATHS = {"vpc-id": ["VpcId", "Attachments.VpcId", "VpcAttachments.VpcId", "Instances.VpcId"],
                "tag-key": ["Tags.Key", "TagSet.Key"], "state": ["State", "State.Code", "State.Name"],
                "attachment.vpc-id": ["Attachments.VpcId", "VpcAttachments.VpcId"],
                "group-id": ["GroupId", "Groups.GroupId"]}


def camel(text: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in text.split("-"))


def values_at(value, path: str) -> list[str]:
    """All scalars at a dotted path, through lists; names of lists may be in the plural."""
    if isinstance(value, list):
        return [found for item in value for found in values_at(item, path)]
    if not path:
        return [] if isinstance(value, dict) else [str(value).lower() if isinstance(value, bool) else str(value)]
    if not isinstance(value, dict):
        return []
    head, _, rest = path.partition(".")
    for name in (head, f"{head}s", f"{head}Set", head.replace("Acl", "NetworkAcl")):
        if name in value:
            return values_at(value[name], rest)
    return []


def passes(item: dict, wanted: dict) -> bool:
    """One filter of EC2: any of its values, * and ? in them."""
    name = wanted["Name"]
    if name.startswith("tag:"):
        tags = item.get("Tags", item.get("TagSet", []))
        found = [tag["Value"] for tag in tags if tag["Key"] == name[4:]]
    else:
        paths = FILTER_PATHS.get(name, [".".join(camel(part) for part in name.split("."))])
        found = [value for path in paths for value in values_at(item, path)]
    return any(fnmatch.fnmatchcase(value, pattern) for value in found for pattern in wanted.get("Values", []))


class Data:
    """Documents of one folder, or given as dictionaries by file name."""

    def __init__(self, source: pathlib.Path | dict[str, dict]):
        if isinstance(source, dict):
            self.documents = source
        else:
            self.documents = {path.stem: json.loads(path.read_text())
                              for path in sorted(pathlib.Path(source).glob("*.json"))
                              if path.name not in ("weir.json",)}

    def members(self, action: str, params: dict) -> dict:
        """The members of the answer's document: from the file named after the call, else wherever they are."""
        own = self.documents.get(botocore.xform_name(action, "-"))
        if own is not None:
            return own
        operation, owners = operation_of(*self._place(action)), {}
        names = [name for name in operation.output_shape.members if name != "NextToken"]
        for name, value in params.items():  # "TransitGatewayRouteTableId" beside "Routes"
            if isinstance(value, str):
                owners[name] = value
        found = {}
        for stem, document in self.documents.items():
            if self._is_of_another(stem, document, owners):
                continue
            for name in names:
                if name in document and isinstance(document[name], list):
                    found.setdefault(name, []).extend(document[name])
                elif name in document:
                    found[name] = document[name]
        return found

    @staticmethod
    def _place(action: str) -> tuple[str, str]:
        """Which service has the call."""
        for service in ("ec2", "elasticloadbalancing"):
            try:
                operation_of(service, action)
                return service, action
            except AwsError:
                continue
        raise AwsError("unknown_action", action)

    @staticmethod
    def _is_of_another(stem: str, document: dict, owners: dict[str, str]) -> bool:
        """A document about one object ("PrefixListId", or the name of its file) answers only for that one."""
        for name in ("TransitGatewayRouteTableId", "PrefixListId", "TargetGroupArn", "LoadBalancerArn"):
            said = document.get(name) if isinstance(document.get(name), str) else None
            if not said and name.startswith(("Transit", "Prefix")) and stem.startswith(("tgw-rtb-", "pl-")):
                said = stem if (name[0] == "T") == stem.startswith("tgw") else None
            if said and owners.get(name) != said:
                return True
        return False

    def answer(self, service: str, action: str, params: dict) -> dict:
        """A page."""
        members = dict(self.members(action, params))
        members = {name: members[name] for name in operation_of(service, action).output_shape.members
                   if name in members and name not in ("NextToken", "NextMarker")}
        pager = paginators(service).get(action)
        list_name = pager["result_key"] if pager else next(
            (name for name, value in members.items() if isinstance(value, list)), None)
        if isinstance(list_name, list):
            list_name = list_name[0]
        if list_name is None or list_name not in operation_of(service, action).output_shape.members:
            return members
        items = chosen(service, action, members.get(list_name, []), params)
        if action == "SearchTransitGatewayRoutes":
            limit = params.get("MaxResults", 1000)
            return {list_name: items[:limit], "AdditionalRoutesAvailable": len(items) > limit}
        if not pager:
            return {**members, list_name: items}
        return {**members, **page(action, pager, list_name, items, params)}


def chosen(service: str, action: str, items: list, params: dict) -> list:
    """The elements that ids and filters leave, in their order."""
    items = [item for item in items if not isinstance(item, dict) or NOT_OF.get(action, "\0") not in item]
    for name, wanted in params.items():
        if isinstance(wanted, str) and any(isinstance(item, dict) and name in item for item in items):
            items = [item for item in items if item.get(name) == wanted]
        if name in ("Filters", "Filter") or not isinstance(wanted, list) or not wanted:
            continue
        member = {"Names": "LoadBalancerName", "TargetGroupNames": "TargetGroupName"}.get(
            name, re.sub(r"s$", "", name))
        known = {value for item in items for value in values_at(item, member)} | \
            {value for item in items for value in values_at(item, f"Instances.{member}")}
        for value in wanted:
            if value not in known:
                raise AwsError(f"Invalid{member.removesuffix('Id')}ID.NotFound",
                               f"The {member} '{value}' does not exist")
        items = [item for item in items if set(values_at(item, member) +
                                               values_at(item, f"Instances.{member}")) & set(wanted)]
    for wanted in params.get("Filters", []) + params.get("Filter", []):
        names = filter_names(service, action)
        name = wanted.get("Name", "")
        if names and name not in names and not name.startswith("tag:"):
            raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")
        items = [item for item in items if passes(item, wanted)]
    return items


def token_of(action: str, params: dict, offset: int) -> str:
    """Says where the next page begins, and of which call."""
    text = f"{offset}:{call_hash(action, params)}"
    seal = hmac.new(TOKEN_KEY, text.encode(), hashlib.sha256).hexdigest()[:16]
    return base64.b64encode(f"{text}:{seal}".encode()).decode()


def call_hash(action: str, params: dict) -> str:
    rest = {name: value for name, value in params.items() if name not in ("NextToken", "Marker")}
    return hashlib.sha256(json.dumps([action, rest], sort_keys=True).encode()).hexdigest()[:16]


def offset_of(action: str, params: dict, token: str) -> int:
    try:
        offset = int(base64.b64decode(token).decode().split(":")[0])
    except (ValueError, UnicodeDecodeError):
        offset = -1
    if offset < 0 or token_of(action, params, offset) != token:
        raise AwsError("InvalidPaginationToken" if action[0] == "D" else "InvalidNextToken",
                       "The token is not one that this call gave")
    return offset


def page(action: str, pager: dict, list_name: str, items: list, params: dict) -> dict:
    limit_name, token_name = pager.get("limit_key", "MaxResults"), pager["input_token"]
    if params.get(limit_name) and any(name.endswith("Ids") and value for name, value in params.items()) \
            and action.startswith("Describe"):
        raise AwsError("InvalidParameterCombination", f"The parameter {limit_name} cannot be used with ids")
    token = params.get(token_name)
    start = offset_of(action, params, token) if token else 0
    limit = params.get(limit_name) or (400 if limit_name == "PageSize" else len(items) + 1)
    end = start + limit
    answer = {list_name: items[start:end]}
    if end < len(items):
        answer[pager["output_token"]] = token_of(action, params, end)
    return answer
