# SPDX-License-Identifier: Apache-2.0
"""The calls of STS that the servers answer."""

import re
import time

from signatures import AwsError, KeyStore, Request

ROLE = re.compile(r"arn:aws[\w-]*:iam::(\d{12}):role/[\w+=,.@/-]+")


class Sts:
    """Roles that exist are those in `roles`, ARN → external id or None; any role when there are none."""

    def __init__(self, keys: KeyStore):
        self.keys = keys
        self.roles = {}
        self.lifetime_s = None  # shorter than what is asked for, for tests of expiry
        self.web_identity_token = "header.payload.signature"

    def answer(self, request: Request, action: str, params: dict) -> dict:
        if action == "GetCallerIdentity":
            return {"Account": request.key.account, "Arn": request.key.arn, "UserId": request.key.access_key}
        if action == "AssumeRole":
            if self.roles.get(params["RoleArn"]) not in (None, params.get("ExternalId")):
                raise AwsError("denied", f"User: {request.key.arn} is not authorized to perform: "
                               f"sts:AssumeRole on resource: {params['RoleArn']}")
            return self.assume(params)
        if action == "AssumeRoleWithWebIdentity":
            if params["WebIdentityToken"] != self.web_identity_token:
                raise AwsError("InvalidIdentityToken", "No OpenIDConnect provider found in your account")
            return {**self.assume(params), "Provider": "arn:aws:iam::111122223333:oidc-provider/x"}
        raise AwsError("unknown_action", action)

    def assume(self, params: dict) -> dict:
        arn, session = params["RoleArn"], params["RoleSessionName"]
        match = ROLE.fullmatch(arn)
        if not match:
            raise AwsError("ValidationError", f"{arn} is invalid")
        if not re.fullmatch(r"[\w+=,.@-]{2,64}", session):
            raise AwsError("ValidationError", "roleSessionName failed to satisfy constraint")
        if self.roles and arn not in self.roles:
            raise AwsError("denied", f"not authorized to perform: sts:AssumeRole on resource: {arn}")
        lifetime = self.lifetime_s if self.lifetime_s is not None else params.get("DurationSeconds", 3600)
        assumed = f"{arn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/{session}"
        key = self.keys.issue(lifetime, match.group(1), assumed)
        return {"Credentials": {"AccessKeyId": key.access_key, "SecretAccessKey": key.secret_key,
                                "SessionToken": key.token,
                                "Expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(key.expires))},
                "AssumedRoleUser": {"AssumedRoleId": f"{key.access_key}:{session}", "Arn": assumed}}
