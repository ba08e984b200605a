# SPDX-License-Identifier: Apache-2.0
"""Security Hub as far as who imports findings needs it: botocore's model of the service checks every finding, and the
limits of the format that the model does not have are checked here."""

import json
import re
import threading

from botocore.validate import ParamValidator

from model import operation_of
from signatures import AwsError, Request

ACTION = "BatchImportFindings"
FINDINGS_MAX, FINDING_BYTES_MAX, BODY_BYTES_MAX = 100, 240_000, 6_000_000
TEXTS_MAX = {"Id": 512, "GeneratorId": 512, "Title": 256, "Description": 1024}
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
TYPES = ("Software and Configuration Checks", "TTPs", "Effects", "Unusual Behaviors", "Sensitive Data Identifications")


def complaints(shape, value, where: str) -> list[str]:
    """Patterns and words of the model, which botocore's own check of parameters leaves to the service."""
    if shape.type_name == "structure":
        return [text for name, item in value.items()
                for text in complaints(shape.members[name], item, f"{where}.{name}")]
    if shape.type_name == "list":
        return [text for item in value for text in complaints(shape.member, item, where)]
    if shape.type_name == "map":
        return [text for item in [*value, *value.values()] for text in complaints(shape.value, item, where)]
    found = []
    if shape.type_name == "string":
        if shape.enum and value not in shape.enum:
            found.append(f"{where}: '{value}' is none of {shape.enum}")
        if not re.search(shape.metadata.get("pattern", ""), value):
            found.append(f"{where}: '{value}' is not as the pattern has it")
    return found


def wrong_with(finding: dict, request: Request) -> str:
    """The first mistake of a finding, or "" for none."""
    shape = operation_of("securityhub", ACTION).input_shape.members["Findings"].member
    report = ParamValidator().validate(finding, shape)
    if report.has_errors():
        return report.generate_report()
    found = complaints(shape, finding, "Finding")
    found += [f"{name} has more than {most} characters" for name, most in TEXTS_MAX.items()
              if len(finding[name]) > most]
    found += [f"{name}: '{finding[name]}'" for name in ("CreatedAt", "UpdatedAt", "LastObservedAt")
              if not STAMP.fullmatch(finding.get(name, "2026-01-01T00:00:00Z"))]
    if finding["SchemaVersion"] != "2018-10-08":
        found.append("SchemaVersion")
    if finding["AwsAccountId"] != request.key.account:
        found.append("AwsAccountId is not that of the caller")
    provided = finding.get("FindingProviderFields", {})
    if not provided.get("Severity") or not provided.get("Types"):
        found.append("a finding without a severity or a type")
    found += [f"'{kind}' is no type" for kind in provided.get("Types", []) if kind.split("/")[0] not in TYPES]
    fields = finding.get("ProductFields", {})
    if len(fields) > 50 or any(len(name) > 128 or len(value) > 2048 for name, value in fields.items()):
        found.append("ProductFields are too many or too long")
    if len(json.dumps(finding)) > FINDING_BYTES_MAX:
        found.append("a finding of more than 240 KB")
    return found[0] if found else ""


class SecurityHub:
    def __init__(self):
        self.lock = threading.Lock()
        self.findings = {}  # (Region, id) → finding; an update that is no later is ignored
        self.imports = []  # the findings of each call
        self.failing = {}  # id → error code that its import fails with

    @staticmethod
    def action(request: Request) -> str:
        if request.method != "POST" or request.path != "/findings/import":
            raise AwsError("unknown_action", f"{request.method} {request.path}")
        return ACTION

    def answer(self, request: Request) -> dict:
        if request.headers.get("content-type") != "application/json":
            raise AwsError("InvalidInputException", "the Content-Type must be application/json")
        try:
            findings = json.loads(request.body)["Findings"]
        except (ValueError, KeyError) as error:
            raise AwsError("InvalidInputException", str(error)) from error
        if not 1 <= len(findings) <= FINDINGS_MAX or len(request.body) > BODY_BYTES_MAX:
            raise AwsError("InvalidInputException", f"{len(findings)} findings, {len(request.body)} bytes")
        if len({finding["Id"] for finding in findings}) != len(findings):
            raise AwsError("InvalidInputException", "an id comes twice")
        failed = []
        with self.lock:
            self.imports.append(findings)
            for finding in findings:
                code, message = self.failing.get(finding["Id"]), "on demand"
                if not code and (message := wrong_with(finding, request)):
                    code = "InvalidInput"
                if code:
                    failed.append({"Id": finding["Id"], "ErrorCode": code, "ErrorMessage": message})
                    continue
                before = self.findings.get((request.region, finding["Id"]))
                if not before or before["UpdatedAt"] < finding["UpdatedAt"]:
                    self.findings[request.region, finding["Id"]] = finding
        return {"FailedCount": len(failed), "SuccessCount": len(findings) - len(failed), "FailedFindings": failed}
