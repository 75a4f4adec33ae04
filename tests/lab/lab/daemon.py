"""Daemons in nodes: standfast, and Debian's keepalived, haproxy, nginx, FRR.

Each runs in a mount namespace of its own with an empty /run and a TMPDIR of its own, so that many run at once and none
touches the machine's pid files and sockets.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

from lab.network import run
from lab.programs import TOP, program
from lab.wait import eventually

PEERS = TOP / ".cache/peers/bin"
FORERUNNERS = {os.path.realpath(path) for path in ("/bin/sh", "/sbin/ip", "/usr/bin/unshare", sys.executable)}


class Daemon:
    def __init__(self, node, argv, name, environment=None, etc=None, joins_by_itself=False):
        """`etc` is a folder that the daemon shall see as /etc/keepalived. A daemon that joins its network namespace by itself is
        started outside: keepalived hears of processes only so."""
        self.node = node
        self.name = name
        self.argv = [str(word) for word in argv]
        directory = pathlib.Path(node.network.directory)
        self.directory = directory / f"{node.name}-{name}-{len(node.daemons)}"
        self.directory.mkdir(mode=0o755)
        self.log_path = self.directory / "log"
        upper, work = self.directory / "etc", self.directory / "etc.work"
        if etc:
            shutil.copytree(etc, upper / "keepalived")
            work.mkdir()
        hide = "mount -t tmpfs lab /run"
        if joins_by_itself:  # by the name in /run/netns, which must stay
            name_in_run = f"/run/netns/{node.namespace}"
            hide = (f"exec 9<{name_in_run} && {hide} && mkdir /run/netns && touch {name_in_run} && "
                    f"mount --no-canonicalize --bind /proc/self/fd/9 {name_in_run} && exec 9<&-")
        overlay = f"mount -t overlay lab -o lowerdir=/etc,upperdir={upper},workdir={work} /etc && " if etc else ""
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [*([] if joins_by_itself else ["ip", "netns", "exec", node.namespace]), "unshare", "--uts", "--mount", "sh", "-c",
                 f'hostname "$1" && shift && {hide} && {overlay}exec "$@"', "sh", node.name, *self.argv],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, "TMPDIR": str(self.directory), **(environment or {})})
        self.pid = self.process.pid
        node.daemons.append(self)
        self._mounts = eventually(self._own_mounts, 5, f"{name} in {node.name} starts\n{self.log()}")

    def _own_mounts(self):
        """The identity of its mount namespace, once the shell in front of the daemon has become the daemon."""
        if self.process.poll() is not None:
            return "ended"
        with contextlib.suppress(OSError):
            if os.readlink(f"/proc/{self.pid}/exe") not in FORERUNNERS:
                return os.readlink(f"/proc/{self.pid}/ns/mnt")
        return None

    def tree(self):
        """Every process of this daemon, also those that lost their parent."""
        found = []
        for pid in self.node.processes():
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{pid}/ns/mnt") == self._mounts and not self._is_zombie(pid):
                    found.append(pid)
        return found

    @staticmethod
    def _is_zombie(pid):
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"

    def signal_all(self, number):
        """The children first: the kernel lets stopped ones go on when the process they belong to ends, and they would clean up."""
        for pid in reversed(self.tree()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self):
        """As a power cut: no process of it gets to do anything more."""
        self.signal_all(signal.SIGSTOP)
        self.signal_all(signal.SIGKILL)
        self.reap()

    def crash_host(self):
        """The node dies: nothing is heard from it any more, its addresses answer nobody."""
        self.node.silence()
        self.kill()

    def freeze(self):
        self.signal_all(signal.SIGSTOP)

    def thaw(self):
        self.signal_all(signal.SIGCONT)

    def signal(self, number):
        os.kill(self.pid, number)

    def stop(self, within=15):
        """Asks it to end and returns its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} in {self.node.name} did not end within {within} s\n{self.log()}") from None

    def wait(self, within):
        return self.process.wait(within)

    def reap(self):
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)

    def running(self):
        return self.process.poll() is None

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def enter(self, *words, **options):
        """Runs a command where the daemon is: its network, its /run."""
        return run("nsenter", "-t", self.pid, "-m", "-n", *words, **options)

    # Cost, for the benchmarks.

    def cpu_seconds(self):
        ticks = 0
        for pid in self.tree():
            with contextlib.suppress(OSError):
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory_kib(self):
        """Proportional set size of the whole tree."""
        total = 0
        for pid in self.tree():
            with contextlib.suppress(OSError):
                for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        total += int(line.split()[1])
        return total


class Keepalived(Daemon):
    """Debian's, as unpacked by tools/fetch-peers."""

    kind = "keepalived"

    def __init__(self, node, configuration, *options, joins_by_itself=False):
        self.configuration = configuration
        options = (*options, "-s", node.namespace) if joins_by_itself else options
        run(TOP / "tools/fetch-peers")
        super().__init__(node, [PEERS / "keepalived", "-n", "-l", "-P", "-f", configuration, *options], self.kind,
                         etc=folder_with_scripts(configuration), joins_by_itself=joins_by_itself)


class Standfast(Daemon):
    kind = "standfast"

    def __init__(self, node, configuration, *options, through=(), joins_by_itself=False):
        """`through`: words of a command that sets something up and becomes the daemon."""
        self.configuration = configuration
        options = (*options, "-s", node.namespace) if joins_by_itself else options
        argv = [*through, compatible_name(node.network), "-n", "-l", "-D", "-f", configuration, *options]
        super().__init__(node, argv, self.kind, etc=folder_with_scripts(configuration), joins_by_itself=joins_by_itself)

    def status(self):
        return json.loads(self.enter(program("standfast"), "status", "--json").stdout)


class Haproxy(Daemon):
    def __init__(self, node, configuration):
        run(TOP / "tools/fetch-peers")
        super().__init__(node, [PEERS / "haproxy", "-db", "-f", configuration], "haproxy")


class Nginx(Daemon):
    def __init__(self, node, configuration):
        run(TOP / "tools/fetch-peers")
        super().__init__(node, [PEERS / "nginx", "-g", "daemon off;", "-c", configuration], "nginx")


class Bfdd(Daemon):
    """FRR's BFD daemon, by itself: no zebra, no watchfrr."""

    def __init__(self, node, configuration):
        run(TOP / "tools/fetch-peers")
        # It insists on a group that its package would have made: this daemon alone sees one.
        groups = node.network.file("group", pathlib.Path("/etc/group").read_text() + "frrvty:x:65000:root\n")
        super().__init__(node, ["sh", "-c", 'mkdir /run/frr && mount --bind "$1" /etc/group && shift && exec "$@"', "sh", groups,
                                PEERS / "bfdd", "-u", "root", "-g", "root", "--log", "stdout", "--vty_socket", "/run/frr",
                                "-i", "/run/frr/bfdd.pid", "-P", "0", "-f", configuration], "bfdd")

    def peers(self):
        done = self.enter(PEERS / "vtysh", "--vty_socket", "/run/frr", "-d", "bfdd", "-c", "show bfd peers json", check=False)
        return json.loads(done.stdout) if done.returncode == 0 and done.stdout.strip() else []


def folder_with_scripts(configuration):
    """Examples name their scripts by the place they have on real machines."""
    folder = pathlib.Path(configuration).parent
    return folder if any((folder / name).exists() for name in ("script.conf", "notify.sh")) else None


def compatible_name(network):
    """standfast under the name keepalived: with that name it takes keepalived's command line."""
    link = pathlib.Path(network.directory) / "keepalived"
    if not link.is_symlink():
        link.symlink_to(program("standfast"))
    return link
