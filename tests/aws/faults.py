# SPDX-License-Identifier: Apache-2.0
"""What goes wrong on demand, and how many calls a second are let through."""

import dataclasses
import fnmatch
import threading
import time


@dataclasses.dataclass
class Fault:
    """What happens to calls that match, instead of or beside their answer.

    kind    a refusal in the service's words (errors.WORDS: throttle error500 unavailable expired denied
            signature unknown_key gone …) or one of
            reset         the connection is reset; what was asked for is done
            close         it is closed without an answer; the same
            outage        it is reset, and nothing is done
            late          what was asked for is done, and `seconds` pass before the answer
            truncate      half the body, then the end
            slow          `seconds` pass before the answer
            trickle       a byte every `seconds`
            bad_xml       a document that stops in the middle
            html          a page, status 200;  html502 the same with status 502
            empty         status 200 and no body
            repeat_token  the page's token is the one that was sent
    action, service, region   patterns with * and ?
    times   for so many calls; None: always
    after   so many matching calls go well before
    lasts   seconds from now on; None: no end
    headers more of them, {"Retry-After": "2"}
    """

    kind: str
    action: str = "*"
    service: str = "*"
    region: str = "*"
    times: int | None = 1
    after: int = 0
    lasts: float | None = None
    seconds: float = 0.0
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    since: float = dataclasses.field(default_factory=time.monotonic)

    def is_over(self) -> bool:
        return self.lasts is not None and time.monotonic() - self.since > self.lasts


class Faults:
    def __init__(self):
        self._lock = threading.Lock()
        self._faults = []
        self._rates = []
        self._buckets = {}

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()
            self._rates.clear()
            self._buckets.clear()

    def rate(self, action: str, burst: float, per_second: float) -> None:
        """EC2's token bucket, one for each account, Region and action."""
        with self._lock:
            self._rates.append((action, burst, per_second))

    def next(self, service: str, region: str, action: str) -> Fault | None:
        """The first fault that this call meets, counted."""
        with self._lock:
            for fault in self._faults:
                if not (fnmatch.fnmatchcase(action, fault.action) and
                        fnmatch.fnmatchcase(service, fault.service) and
                        fnmatch.fnmatchcase(region, fault.region)) or fault.is_over():
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                if fault.times is None:
                    return fault
                if fault.times > 0:
                    fault.times -= 1
                    return fault
        return None

    def is_throttled(self, account: str, region: str, action: str) -> bool:
        now = time.monotonic()
        with self._lock:
            for pattern, burst, per_second in self._rates:
                if not fnmatch.fnmatchcase(action, pattern):
                    continue
                tokens, then = self._buckets.get((account, region, action), (burst, now))
                tokens = min(burst, tokens + (now - then) * per_second)
                throttled = tokens < 1
                self._buckets[account, region, action] = (tokens - (not throttled), now)
                return throttled
        return False
