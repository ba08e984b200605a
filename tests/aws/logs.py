# SPDX-License-Identifier: Apache-2.0
"""CloudWatch Logs as far as a writer of events needs it, with the limits that AWS documents."""

import json
import re
import threading
import time

from signatures import AwsError, Request

BATCH_BYTES_MAX, BATCH_EVENTS_MAX, EVENT_OVERHEAD = 1_048_576, 10_000, 26
DAY_MS = 24 * 3600 * 1000


class Logs:
    def __init__(self):
        self.lock = threading.Lock()
        self.groups = {}  # name → stream → list of (timestamp in ms, message)

    @staticmethod
    def action(request: Request) -> str:
        return request.headers.get("x-amz-target", "").removeprefix("Logs_20140328.")

    def answer(self, request: Request, action: str) -> dict:
        if request.headers.get("content-type") != "application/x-amz-json-1.1":
            raise AwsError("SerializationException", "the Content-Type must be application/x-amz-json-1.1")
        call = {"CreateLogGroup": self.create_group, "CreateLogStream": self.create_stream,
                "PutLogEvents": self.put_events, "DescribeLogStreams": self.describe_streams}.get(action)
        if not call:
            raise AwsError("unknown_action", action)
        try:
            params = json.loads(request.body)
        except ValueError as error:
            raise AwsError("SerializationException", str(error)) from error
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

    def put_events(self, params: dict) -> dict:
        group, events = self.group(params), params["logEvents"]
        if params["logStreamName"] not in group:
            raise AwsError("ResourceNotFoundException", "The specified log stream does not exist.")
        times = [event["timestamp"] for event in events]
        size = sum(len(event["message"].encode()) + EVENT_OVERHEAD for event in events)
        if not events or len(events) > BATCH_EVENTS_MAX or size > BATCH_BYTES_MAX:
            raise AwsError("InvalidParameterException", f"a batch of {len(events)} events, {size} bytes")
        if times != sorted(times) or times[-1] - times[0] > DAY_MS:
            raise AwsError("InvalidParameterException", "Log events in a single PutLogEvents request must be "
                           "in chronological order and within 24 hours.")
        now = time.time() * 1000
        old = sum(moment < now - 14 * DAY_MS for moment in times)
        new = sum(moment > now + 2 * 3600 * 1000 for moment in times)
        kept = events[old:len(events) - new]
        group[params["logStreamName"]].extend((event["timestamp"], event["message"]) for event in kept)
        rejected = {}
        if old:
            rejected["tooOldLogEventEndIndex"] = old
        if new:
            rejected["tooNewLogEventStartIndex"] = len(events) - new
        return {"nextSequenceToken": "0", **({"rejectedLogEventsInfo": rejected} if rejected else {})}
