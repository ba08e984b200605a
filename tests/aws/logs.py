# SPDX-License-Identifier: Apache-2.0
"""CloudWatch Logs as far as a writer of events needs it, with the limits that AWS documents.

What is asked must be as botocore's model of the service has it.
"""

import dataclasses
import json
import re
import threading
import time

import botocore.session
import botocore.validate

from signatures import AwsError, Request

BATCH_BYTES_MAX, BATCH_EVENTS_MAX, EVENT_OVERHEAD = 1_048_576, 10_000, 26
PAGE_BYTES_MAX, PAGE_EVENTS_MAX = 1_048_576, 10_000
DAY_MS = 24 * 3600 * 1000


@dataclasses.dataclass
class Batch:
    """A PutLogEvents that was taken."""

    group: str
    stream: str
    events: list[tuple[int, str]]  # as sent, with those that were rejected


class Logs:
    def __init__(self):
        self.lock = threading.Lock()
        self.groups = {}  # name → stream → list of (timestamp in ms, message)
        self.batches = []
        self.retention_days = {}  # of a group; none: for ever
        self.lag_s = 0.0  # so long an event cannot be read yet
        self.taken = {}  # (group, stream, index) → when, monotonic
        self.page_events_max = PAGE_EVENTS_MAX
        self.model = botocore.session.Session().get_service_model("logs")

    @staticmethod
    def action(request: Request) -> str:
        return request.headers.get("x-amz-target", "").removeprefix("Logs_20140328.")

    @staticmethod
    def params(request: Request) -> dict:
        """What is asked, without the events."""
        try:
            asked = json.loads(request.body)
        except ValueError:
            return {}
        return {name: value for name, value in asked.items() if name != "logEvents"}

    def answer(self, request: Request, action: str) -> dict:
        if request.headers.get("content-type") != "application/x-amz-json-1.1":
            raise AwsError("SerializationException", "the Content-Type must be application/x-amz-json-1.1")
        call = {"CreateLogGroup": self.create_group, "CreateLogStream": self.create_stream,
                "PutLogEvents": self.put_events, "GetLogEvents": self.get_events,
                "DescribeLogStreams": self.describe_streams}.get(action)
        if not call:
            raise AwsError("unknown_action", action)
        try:
            params = json.loads(request.body)
        except ValueError as error:
            raise AwsError("SerializationException", str(error)) from error
        report = botocore.validate.ParamValidator().validate(params, self.model.operation_model(action).input_shape)
        if report.has_errors():
            raise AwsError("InvalidParameterException", report.generate_report())
        with self.lock:
            return call(params)

    def create_group(self, params: dict) -> dict:
        name = params["logGroupName"]
        if not re.fullmatch(r"[._/A-Za-z0-9#-]{1,512}", name):
            raise AwsError("InvalidParameterException", f"'{name}' is no name of a group")
        if name in self.groups:
            raise AwsError("ResourceAlreadyExistsException", "The specified log group already exists")
        self.groups[name] = {}
        return {}

    def group(self, params: dict) -> dict:
        if params["logGroupName"] not in self.groups:
            raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
        return self.groups[params["logGroupName"]]

    def create_stream(self, params: dict) -> dict:
        group, name = self.group(params), params["logStreamName"]
        if not re.fullmatch(r"[^:*]{1,512}", name):
            raise AwsError("InvalidParameterException", f"'{name}' is no name of a stream")
        if name in group:
            raise AwsError("ResourceAlreadyExistsException", "The specified log stream already exists")
        group[name] = []
        return {}

    def describe_streams(self, params: dict) -> dict:
        names = [name for name in sorted(self.group(params))
                 if name.startswith(params.get("logStreamNamePrefix", ""))]
        return {"logStreams": [{"logStreamName": name} for name in names]}

    def stream(self, params: dict) -> list:
        group = self.group(params)
        if params["logStreamName"] not in group:
            raise AwsError("ResourceNotFoundException", "The specified log stream does not exist.")
        return group[params["logStreamName"]]

    def put_events(self, params: dict) -> dict:
        stream, events = self.stream(params), params["logEvents"]
        times = [event["timestamp"] for event in events]
        sizes = [len(event["message"].encode()) + EVENT_OVERHEAD for event in events]
        if len(events) > BATCH_EVENTS_MAX or sum(sizes) > BATCH_BYTES_MAX:
            raise AwsError("InvalidParameterException", f"a batch of {len(events)} events, {sum(sizes)} bytes")
        if times != sorted(times) or times[-1] - times[0] > DAY_MS:
            raise AwsError("InvalidParameterException", "Log events in a single PutLogEvents request must be "
                           "in chronological order and within 24 hours.")
        now = time.time() * 1000
        days = self.retention_days.get(params["logGroupName"])
        old = sum(moment < now - 14 * DAY_MS for moment in times)
        expired = sum(moment < now - days * DAY_MS for moment in times) if days else 0
        new = sum(moment > now + 2 * 3600 * 1000 for moment in times)
        for event in events[max(old, expired):len(events) - new]:
            self.taken[params["logGroupName"], params["logStreamName"], len(stream)] = time.monotonic()
            stream.append((event["timestamp"], event["message"]))
        self.batches.append(Batch(params["logGroupName"], params["logStreamName"],
                                  [(event["timestamp"], event["message"]) for event in events]))
        rejected = {}
        if old:
            rejected["tooOldLogEventEndIndex"] = old
        if expired:
            rejected["expiredLogEventEndIndex"] = expired
        if new:
            rejected["tooNewLogEventStartIndex"] = len(events) - new
        return {"nextSequenceToken": "0", **({"rejectedLogEventsInfo": rejected} if rejected else {})}

    def get_events(self, params: dict) -> dict:
        """From the head only.  The first page is empty, as it may be; the last one has the token that was sent."""
        if not params.get("startFromHead"):
            raise AwsError("InvalidParameterException", "only startFromHead is here")
        name, stream = (params["logGroupName"], params["logStreamName"]), self.stream(params)
        seen = time.monotonic() - self.lag_s
        rows = sorted((row[0], number) for number, row in enumerate(stream)
                      if params.get("startTime", 0) <= row[0] < params.get("endTime", 1 << 62)
                      and self.taken[*name, number] <= seen)
        if "nextToken" not in params:
            return {"events": [], "nextForwardToken": "f/0", "nextBackwardToken": "b/0"}
        start, page, size = int(params["nextToken"].removeprefix("f/")), [], 0
        for moment, number in rows[start:]:
            size += len(stream[number][1].encode()) + EVENT_OVERHEAD
            if len(page) == min(params.get("limit", PAGE_EVENTS_MAX), self.page_events_max) or size > PAGE_BYTES_MAX:
                break
            page.append({"timestamp": moment, "message": stream[number][1], "ingestionTime": int(time.time() * 1000)})
        return {"events": page, "nextForwardToken": f"f/{start + len(page)}", "nextBackwardToken": "b/0"}
