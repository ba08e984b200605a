# SPDX-License-Identifier: Apache-2.0
"""A Debian in a folder, to install packages into for real, and to boot.

It has the packages that every Debian has, those that are asked for and all that these depend on: copies of what this
machine has installed, with what dpkg knows of them.  So a package that does not say what it needs does not run there.
Whatever is mounted is mounted in namespaces, and gone with the last process in them.
"""

import contextlib
import os
import pathlib
import re
import shutil
import signal

import pytest

from lab import Lab, Program, command, wait_until

# For a machine that is busy with other things; all that is waited for has an end of its own.
TIMEOUT_S = 120
DPKG = pathlib.Path("/var/lib/dpkg")
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
# What nothing here reads, and is most of the files; and what a boot would set up of a kernel that is not its own.
LEFT_OUT = re.compile("/usr/share/(doc|man|info|locale|i18n|zoneinfo)/.|/usr/lib/[^/]+/gconv/.|/usr/include/."
                      "|/usr/lib/systemd/system/sysinit.target.wants/.")

ENTER = """
mount --rbind /dev "$0/dev"
mount --rbind /sys "$0/sys"
exec chroot "$0" "$@"
"""

# The first process of the new machine has a cgroup of its own, and sees no other.
BOOT = """
root=$0 group=$1
shift
mount --bind "$root" "$root"
mount -t cgroup2 none "$root/sys"
mkdir "$root/sys/$group"
echo 0 >"$root/sys/$group/cgroup.procs"
umount "$root/sys"
exec unshare --pid --fork --kill-child --cgroup --uts --ipc sh -ec '
read -r pid rest </proc/self/stat
cd "$0"
mount -t proc proc proc
mount -o bind,ro proc/sys proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
for folder in run dev tmp var/tmp; do
	mount -t tmpfs -o mode="$(stat -c %a $folder)" tmpfs $folder
done
for device in null zero full random urandom tty; do
	touch "dev/$device"
	mount --bind "/dev/$device" "dev/$device"
done
ln -s pts/ptmx dev/ptmx
pivot_root . .
umount -l .
echo "the first process is $pid"
exec "$@"' "$root" "$@"
"""

# What BOOT asks of the kernel and may be refused: where this works, a boot that does not is a mistake of ours.
PROBE = """
mount -t cgroup2 none "$0/sys"
mkdir "$0/sys/$1"
rmdir "$0/sys/$1"
umount "$0/sys"
exec unshare --pid --fork --kill-child --cgroup --uts --ipc sh -ec '
mount -t proc proc "$0/proc"
mount -o bind,ro "$0/proc/sys" "$0/proc/sys"
mount -t sysfs -o ro sysfs "$0/sys"
mount -t cgroup2 cgroup2 "$0/sys/fs/cgroup"
mount -t tmpfs tmpfs "$0/run"' "$0"
"""

REMOVE_GROUP = """
mount -t cgroup2 none "$0" || exit 0
[ ! -d "$0/$1" ] || find "$0/$1" -depth -type d -exec rmdir {} +
"""


def names_in(dependencies: str) -> list[list[str]]:
    """The alternatives of each dependency, without their versions: "a | b (>= 2), c" is [[a, b], [c]]."""
    return [[re.match(r"[^\s(:]+", name.strip()).group() for name in each.split("|")]
            for each in dependencies.split(",") if each.strip()]


class Installed:
    """What this machine has installed."""

    def __init__(self):
        form = "${db:Status-Status}\t${Package}\t${binary:Package}\t${Essential}\t${Pre-Depends},${Depends}\t${Provides}\n"
        self.essential: list[str] = []
        self.dpkg_names: dict[str, str] = {}
        self.dependencies: dict[str, list[list[str]]] = {}
        self.providers: dict[str, str] = {}
        for line in command(["dpkg-query", "-W", "-f", form]).stdout.splitlines():
            status, name, dpkg_name, essential, dependencies, provided = line.split("\t")
            if status != "installed":
                continue
            self.dpkg_names[name] = dpkg_name
            self.dependencies[name] = names_in(dependencies)
            self.providers.update({each[0]: name for each in names_in(provided)})
            if essential == "yes":
                self.essential.append(name)

    def choose(self, alternatives: list[str]) -> list[str]:
        """The first of them that is here, or what provides it; none when nothing is."""
        there = [name if name in self.dpkg_names else self.providers.get(name) for name in alternatives]
        return [name for name in there if name][:1]

    def with_dependencies(self, dependencies: list[list[str]]) -> list[str]:
        """What is essential, what these ask for, and all that those depend on, as dpkg names them."""
        left = self.essential + [name for each in dependencies for name in self.choose(each)]
        found = set()
        while left:
            name = left.pop()
            if name not in found:
                found.add(name)
                left += [other for each in self.dependencies[name] for other in self.choose(each)]
        return sorted(self.dpkg_names[name] for name in found)


class DebianRoot:
    """The folder, and programs run with it as their root."""

    def __init__(self, folder: pathlib.Path, dependencies: list[list[str]]):
        self.folder = folder
        folder.chmod(0o755)
        packages = Installed().with_dependencies(dependencies)
        listed = command(["dpkg-query", "-L", *packages]).stdout.splitlines()
        # By the place itself: /bin is a link.
        paths = {os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
                 for path in listed if path.startswith("/")}
        for path in sorted(paths - {"/", "/."}):
            if not LEFT_OUT.match(path):
                self._copy(path)
        self._fill_dpkg(packages)
        # What the maintainer scripts of the packages would have made.
        for name in ("passwd", "group"):
            shutil.copy(folder / f"usr/share/base-passwd/{name}.master", folder / f"etc/{name}")
        (folder / "etc/machine-id").write_text("0123456789abcdef0123456789abcdef\n")
        self.run("ldconfig")

    def _copy(self, path: str) -> None:
        to = self.folder / path[1:]
        to.parent.mkdir(parents=True, exist_ok=True)
        if os.path.islink(path):
            to.symlink_to(os.readlink(path))
        elif os.path.isdir(path):
            to.mkdir(exist_ok=True)
            shutil.copymode(path, to)
        elif os.path.isfile(path):
            shutil.copy(path, to)

    def _fill_dpkg(self, packages: list[str]) -> None:
        to = self.folder / "var/lib/dpkg"
        for name in ("info", "triggers", "updates"):
            (to / name).mkdir(exist_ok=True)
        (to / "status").write_text(command(["dpkg-query", "-s", *packages]).stdout)
        shutil.copy(DPKG / "info/format", to / "info")
        for path in DPKG.glob("info/*.*"):
            if path.stem in packages:
                shutil.copy(path, to / "info")
        triggers = [line for line in (DPKG / "triggers/File").read_text().splitlines() if line.split()[1] in packages]
        (to / "triggers/File").write_text("".join(f"{line}\n" for line in triggers))

    def run(self, *program: str, **options):
        """Runs a program to its end."""
        return command(["unshare", "--mount", "--pid", "--fork", "--kill-child", f"--mount-proc={self.folder}/proc", "sh",
                        "-ec", ENTER, str(self.folder), *program], timeout_s=TIMEOUT_S, env=ENVIRONMENT, **options)


class Machine:
    """A root whose systemd runs as the first process of a machine."""

    def __init__(self, root: DebianRoot, first: int):
        self.folder = root.folder
        self._first = first

    def run(self, *program: str, **options):
        """Runs a program in it to its end."""
        return command(["nsenter", f"--target={self._first}", "--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup",
                        "env", "-C", "/", *program], timeout_s=TIMEOUT_S, env=ENVIRONMENT, **options)

    def is_booted(self) -> bool:
        return self.run("systemctl", "is-system-running", check=False).stdout in ("running\n", "degraded\n")

    def tell(self) -> None:
        """Prints its journal, which pytest shows where a test failed."""
        print(self.run("journalctl", "--no-pager", check=False).stdout)


def end(outside: Program, folder: pathlib.Path, group: str) -> None:
    """The first process ends with what made its namespaces, and all others with the first."""
    if outside.is_running():
        os.kill(outside.pid, signal.SIGKILL)
    outside.wait()
    remove = ["unshare", "--mount", "sh", "-ec", REMOVE_GROUP, f"{folder}/sys", group]
    wait_until("nobody is in its cgroup", lambda: command(remove, check=False).returncode == 0, TIMEOUT_S)


@contextlib.contextmanager
def booted(lab: Lab, name: str, root: DebianRoot):
    """A machine for a while, with the network of a namespace of the lab."""
    group = f"{lab.full_name(name)}-boot"
    probe = command(["unshare", "--mount", "sh", "-ec", PROBE, str(root.folder), group], check=False)
    if probe.returncode != 0:
        pytest.skip(f"this kernel cannot boot a system in namespaces: {probe.stderr}")
    # Nor does it outlive the test when that is killed.
    outside = lab.start(name, ["setpriv", "--pdeathsig=KILL", "unshare", "--mount", "sh", "-ec", BOOT, str(root.folder),
                               group, "/lib/systemd/systemd", "--unit=basic.target", "--show-status=no"],
                        env={**ENVIRONMENT, "container": "weir"})
    with contextlib.ExitStack() as afterwards:
        afterwards.callback(end, outside, root.folder, group)
        first = outside.wait_for_line("^the first process is", TIMEOUT_S).split()[-1]
        machine = Machine(root, int(first))
        afterwards.callback(machine.tell)
        wait_until("it is booted", machine.is_booted, TIMEOUT_S)
        yield machine
