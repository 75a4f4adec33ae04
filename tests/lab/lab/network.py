"""Network namespaces joined by a bridge.

Every name made here starts with a tag that holds the process id of its maker, so several runs do not meet and
tools/clean-lab can tell what a dead run left behind.
"""

import contextlib
import ctypes
import ipaddress
import itertools
import json
import os
import signal
import subprocess
import tempfile

TAG = "sflab"
HOME = "/var/cache/standfast-lab"  # only root may write on its path, or the daemons would refuse scripts below it
_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000
_counter = itertools.count()


def run(*words, check=True, **options):
    """Runs a command and returns what it did; its output is part of the failure."""
    done = subprocess.run([str(w) for w in words], text=True, capture_output=True, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def _ip_batch(namespace, lines):
    run("ip", "-n", namespace, "-batch", "-", input="\n".join(lines) + "\n")


class Node:
    """One namespace with an eth0 on the switch."""

    def __init__(self, network, name, addresses):
        self.network = network
        self.name = name
        self.namespace = f"{network.prefix}-{name}"
        self.own_addresses = list(addresses)
        self.daemons = []
        self._link_local = None

    @contextlib.contextmanager
    def inside(self):
        """The calling thread works in this node's network meanwhile: sockets opened here stay here."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.namespace}", os.O_RDONLY)
        try:
            if _libc.setns(there, _CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), f"setns {self.namespace}")
            yield
        finally:
            _libc.setns(home, _CLONE_NEWNET)
            os.close(there)
            os.close(home)

    def run(self, *words, **options):
        return run("ip", "netns", "exec", self.namespace, *words, **options)

    def ip(self, *words, **options):
        return run("ip", "-n", self.namespace, *words, **options)

    def batch(self, lines):
        _ip_batch(self.namespace, lines)

    def sysctl(self, key, value):
        self.run("sysctl", "-qw", f"{key}={value}")

    def links(self):
        return json.loads(self.ip("-j", "addr", "show").stdout or "[]")

    def addresses(self, interface="eth0"):
        """Everything on the interface but link-local and the node's own addresses."""
        own = {str(ipaddress.ip_interface(a).ip) for a in self.own_addresses} | {self.link_local()}
        return {
            info["local"]
            for link in self.links() if link.get("ifname") == interface
            for info in link["addr_info"] if info.get("local")
        } - own

    def link_local(self):
        """The address that the kernel makes of eth0's hardware address."""
        if self._link_local is None:
            mac = self.mac().split(":")
            groups = [f"{int(mac[0], 16) ^ 2:02x}{mac[1]}", f"{mac[2]}ff", f"fe{mac[3]}", f"{mac[4]}{mac[5]}"]
            self._link_local = str(ipaddress.ip_address("fe80::" + ":".join(groups)))
        return self._link_local

    def mac(self, interface="eth0"):
        return next(link["address"] for link in self.links() if link.get("ifname") == interface)

    def has(self, address, interface="eth0"):
        return address in self.addresses(interface)

    def processes(self):
        """Every process whose network namespace is this one."""
        listed = run("ip", "netns", "pids", self.namespace, check=False).stdout.split()
        return sorted(int(pid) for pid in listed)

    # The cable and the switch port.

    def unplug(self):
        """The carrier goes away on both ends."""
        self.network.switch("link", "set", "dev", self.name, "down")

    def plug(self):
        self.network.switch("link", "set", "dev", self.name, "up")

    def silence(self):
        """The switch drops everything from and to this node, which sees nothing of it: the carrier stays."""
        self._port_state("disabled")

    def unsilence(self):
        self._port_state("forwarding")

    def reboot(self):
        """Comes back after crash_host(): heard again, with its own addresses only."""
        self.batch([f"addr del {address} dev eth0" for address in self._with_prefixes()])
        self.unsilence()

    def _with_prefixes(self, interface="eth0"):
        kept = self.addresses(interface)
        return [f"{info['local']}/{info['prefixlen']}" for link in self.links() if link.get("ifname") == interface
                for info in link["addr_info"] if info.get("local") in kept]

    def _port_state(self, word):
        number = {"disabled": 0, "forwarding": 3}[word]
        run("bridge", "-n", self.network.switch_namespace, "link", "set", "dev", self.name, "state", number)

    def ping(self, address, count=1, timeout=1):
        family = "-6" if ":" in address else "-4"
        return self.run("ping", family, "-n", "-q", "-c", count, "-W", timeout, address, check=False).returncode == 0


class Network:
    """Use as a context manager; whatever happens inside, nothing is left."""

    def __init__(self, subnet="172.20.76", subnet6="fd00:76:"):
        self.prefix = f"{TAG}{os.getpid()}x{next(_counter)}"
        self.subnet = subnet
        self.subnet6 = subnet6
        self.switch_namespace = f"{self.prefix}-switch"
        self.nodes = {}
        self.directory = None
        self._cleanups = []

    def __enter__(self):
        os.makedirs(HOME, mode=0o755, exist_ok=True)
        self.directory = tempfile.mkdtemp(prefix=f"{self.prefix}-", dir=HOME)
        os.chmod(self.directory, 0o755)
        try:
            run("ip", "netns", "add", self.switch_namespace)
            _ip_batch(self.switch_namespace, [
                "link add br0 type bridge stp_state 0 mcast_snooping 0 forward_delay 0",
                "link set br0 up",
            ])
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def switch(self, *words):
        run("ip", "-n", self.switch_namespace, *words)

    def on_switch(self, *words):
        """Runs a command on the switch, whose ports are named as the nodes."""
        return run("ip", "netns", "exec", self.switch_namespace, *words)

    def node(self, name, last):
        """A node at .LAST and ::LAST, both of the lab's networks."""
        addresses = [f"{self.subnet}.{last}/24", f"{self.subnet6}:{last}/64"]
        node = Node(self, name, addresses)
        self.nodes[name] = node
        run("ip", "netns", "add", node.namespace)
        node.run("sh", "-c", "cd /proc/sys/net/ipv6/conf && for i in all default; do echo 0 >$i/accept_dad;"
                 " echo 0 >$i/accept_ra; echo 0 >$i/router_solicitations; done 2>/dev/null; true")
        self.switch("link", "add", "name", name, "type", "veth", "peer", "name", "eth0", "netns", node.namespace)
        self.switch("link", "set", "dev", name, "master", "br0", "up")
        node.batch(["link set lo up", "link set eth0 up"] +
                   [f"addr add {a} dev eth0" + (" nodad" if ":" in a else "") for a in addresses])
        return node

    def on_close(self, action):
        self._cleanups.append(action)

    def file(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def close(self):
        for action in reversed(self._cleanups):
            with contextlib.suppress(Exception):
                action()
        self._cleanups.clear()
        for node in self.nodes.values():
            for pid in node.processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            for daemon in node.daemons:
                daemon.reap()
            run("ip", "netns", "del", node.namespace, check=False)
        run("ip", "netns", "del", self.switch_namespace, check=False)
        self.nodes.clear()
        if self.directory:
            run("rm", "-rf", self.directory, check=False)
            with contextlib.suppress(OSError):
                os.rmdir(HOME)
