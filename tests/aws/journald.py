# SPDX-License-Identifier: Apache-2.0
"""A journal of a test's own: systemd-journald in a mount namespace, with its sockets and files on a tmpfs there."""

import json
import pathlib
import subprocess
import time

JOURNALD = pathlib.Path("/lib/systemd/systemd-journald")
START = ("mount --make-rprivate / && mount -t tmpfs none /run && mkdir -p /run/systemd/journal /run/log/journal"
         f" && exec {JOURNALD}")


class Journald:
    """Of root's.  `socket` takes entries in the native protocol, `syslog` what is meant for /dev/log."""

    def __enter__(self):
        self.process = subprocess.Popen(["unshare", "-m", "sh", "-c", START], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE)
        run = pathlib.Path(f"/proc/{self.process.pid}/root/run")
        self.socket, self.syslog, self.files = run / "systemd/journal/socket", run / "systemd/journal/dev-log", \
            run / "log/journal"
        self.wait_for(self._is_up)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def _is_up(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(self.process.stderr.read().decode())
        return b"systemd-journal" in pathlib.Path(f"/proc/{self.process.pid}/comm").read_bytes() and \
            self.socket.exists() and self.syslog.exists() and any(self.files.rglob("*.journal"))

    @staticmethod
    def wait_for(condition, seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                raise TimeoutError("the journal does not get there")
            time.sleep(0.02)

    def entries(self, count: int, **fields: str) -> list[dict]:
        """The entries with these fields, when there are so many of them."""
        found = []

        def are_there() -> bool:
            done = subprocess.run(["journalctl", "-D", self.files, "-o", "json", "--all", "--no-pager",
                                   *[f"{name}={value}" for name, value in fields.items()]], check=True,
                                  capture_output=True)
            found[:] = [json.loads(line) for line in done.stdout.splitlines()]
            return len(found) >= count

        self.wait_for(are_there)
        return found
