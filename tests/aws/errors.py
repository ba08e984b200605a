# SPDX-License-Identifier: Apache-2.0
"""The same refusal in the words of each service: code, status and document."""

import json
import uuid
from xml.sax.saxutils import escape

from signatures import AwsError

# What is refused → by service (code, status); "" is for those not named.
WORDS = {
    "incomplete": {"": ("IncompleteSignature", 400), "s3": ("AuthorizationHeaderMalformed", 400),
                   "securityhub": ("IncompleteSignatureException", 400)},
    "missing": {"": ("MissingAuthenticationToken", 403), "ec2": ("MissingParameter", 400),
                "s3": ("AccessDenied", 403), "logs": ("MissingAuthenticationTokenException", 400),
                "securityhub": ("MissingAuthenticationTokenException", 403)},
    "unknown_key": {"": ("InvalidClientTokenId", 403), "ec2": ("AuthFailure", 401),
                    "s3": ("InvalidAccessKeyId", 403), "logs": ("UnrecognizedClientException", 400),
                    "securityhub": ("UnrecognizedClientException", 403)},
    "signature": {"": ("SignatureDoesNotMatch", 403), "ec2": ("AuthFailure", 401),
                  "logs": ("InvalidSignatureException", 400), "securityhub": ("InvalidSignatureException", 403)},
    "skew": {"": ("SignatureDoesNotMatch", 403), "ec2": ("RequestExpired", 400),
             "s3": ("RequestTimeTooSkewed", 403), "logs": ("InvalidSignatureException", 400),
             "securityhub": ("InvalidSignatureException", 403)},
    "expired": {"": ("ExpiredToken", 403), "ec2": ("RequestExpired", 400), "s3": ("ExpiredToken", 400),
                "logs": ("ExpiredTokenException", 400), "securityhub": ("ExpiredTokenException", 403)},
    "denied": {"": ("AccessDenied", 403), "ec2": ("UnauthorizedOperation", 403),
               "logs": ("AccessDeniedException", 400), "securityhub": ("AccessDeniedException", 403)},
    "throttle": {"": ("Throttling", 400), "ec2": ("RequestLimitExceeded", 503), "s3": ("SlowDown", 503),
                 "logs": ("ThrottlingException", 400), "securityhub": ("TooManyRequestsException", 429)},
    "error500": {"": ("InternalFailure", 500), "ec2": ("InternalError", 500), "s3": ("InternalError", 500),
                 "securityhub": ("InternalException", 500)},
    "unavailable": {"": ("ServiceUnavailable", 503), "ec2": ("Unavailable", 503)},
    "gone": {"": ("TargetGroupNotFound", 400), "ec2": ("InvalidRouteTableID.NotFound", 400),
             "securityhub": ("InvalidAccessException", 401)},
    "invalid": {"": ("ValidationError", 400), "s3": ("InvalidArgument", 400),
                "logs": ("InvalidParameterException", 400), "securityhub": ("InvalidInputException", 400)},
    "unknown_action": {"": ("InvalidAction", 400), "logs": ("UnknownOperationException", 400),
                       "securityhub": ("UnknownOperationException", 404)},
}
TYPES = {"s3": "application/xml", "logs": "application/x-amz-json-1.1", "securityhub": "application/json"}
NAMESPACES = {"ec2": "http://ec2.amazonaws.com/doc/2016-11-15/",
              "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
              "elasticloadbalancing": "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"}


def content_type(service: str) -> str:
    return TYPES.get(service, "text/xml;charset=UTF-8")


def document(service: str, error: AwsError) -> tuple[int, str, bytes]:
    """Status, code and body as that service would answer."""
    words = WORDS.get(error.kind, {})
    code, status = words.get(service) or words.get("") or (error.kind, error.status)
    request_id, message = str(uuid.uuid4()), escape(str(error))
    if service == "logs":
        text = json.dumps({"__type": code, "message": str(error)})
    elif service == "securityhub":
        text = json.dumps({"Message": str(error), "Code": code})  # and the code in a header
    elif service == "s3":
        text = ('<?xml version="1.0" encoding="UTF-8"?>\n'
                f"<Error><Code>{code}</Code><Message>{message}</Message>"
                f"<RequestId>{request_id}</RequestId><HostId>h</HostId></Error>")
    elif service == "ec2":
        text = ('<?xml version="1.0" encoding="UTF-8"?>\n'
                f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error>"
                f"</Errors><RequestID>{request_id}</RequestID></Response>")
    else:
        namespace = NAMESPACES.get(service, NAMESPACES["sts"])
        text = (f'<ErrorResponse xmlns="{namespace}">\n  <Error>\n    <Type>Sender</Type>\n'
                f"    <Code>{code}</Code>\n    <Message>{message}</Message>\n  </Error>\n"
                f"  <RequestId>{request_id}</RequestId>\n</ErrorResponse>\n")
    return status, code, text.encode()
