"""How fast 1,000 routes and 1,000 rules follow an instance."""

import socket
import struct
import time

import report
from lab import Keepalived, KernelChanges, Network, Sniffer, Standfast, eventually
from lab.configuration import instance

COUNT = 1000
ADVERT = 1
PRIORITY_A, PRIORITY_B = 150, 100


def destinations():
    return [f"10.{100 + n // 250}.{n % 250}.0/24" for n in range(COUNT)]


def configuration(priority):
    routes = [f"    {prefix} via 172.20.76.200 dev eth0" for prefix in destinations()]
    rules = [f"    from {prefix} table 100 preference {1000 + n}" for n, prefix in enumerate(destinations())]
    extra = ["virtual_routes {", *routes, "}", "virtual_rules {", *rules, "}"]
    return instance("V", 51, priority, advert=str(ADVERT), addresses=["172.20.76.100/24"], extra=extra)


def count(node):
    routes = node.ip("-4", "route", "show", "table", "main").stdout.count(" via 172.20.76.200 ")
    rules = node.ip("-4", "rule", "show").stdout.count("lookup 100")
    return routes + rules


def moving_time(daemon):
    """Seconds from the end of the master-down timer to the last route or rule on the new master."""
    with Network() as network:
        a, b = network.node("a", 18), network.node("b", 28)
        network.node("gateway", 200)
        on_a = daemon(a, network.file("a.conf", configuration(PRIORITY_A)))
        eventually(lambda: count(a) == 2 * COUNT, 60, "all on a")
        daemon(b, network.file("b.conf", configuration(PRIORITY_B)))
        sniffer, changes = Sniffer(b), KernelChanges(b, ["route4", "rule4"])
        started = time.monotonic()
        eventually(lambda: sniffer.adverts(source="172.20.76.18") and time.monotonic() - started > 8, 15,
                   "a advertises, its announcements are over")
        on_a.crash_host()
        last_heard = sniffer.adverts(source="172.20.76.18")[-1].time
        eventually(lambda: count(b) == 2 * COUNT, 60, "all on b")
        master_down = 3 * ADVERT + (256 - PRIORITY_B) / 256
        last = max(when for when, what, _ in changes.since(last_heard) if what in ("route added", "rule added"))
        return last - (last_heard + master_down)


def message(kind, number, *, destination, length, table, attributes):
    """A request of rtnetlink(7) to make a route or a rule, not to be answered unless it fails."""
    body = struct.pack("=BBBBBBBBI", socket.AF_INET, *(length, 0) if kind == NEW_ROUTE else (0, length), 0, table, 18, 0, 1, 0)
    for attribute, value in ((1 if kind == NEW_ROUTE else 2, destination), *attributes):
        body += struct.pack("=HH", 4 + len(value), attribute) + value
    return struct.pack("=IHHII", 16 + len(body), kind, CREATE, number, 0) + body


NEW_ROUTE, NEW_RULE, CREATE = 24, 32, 0x601  # NLM_F_REQUEST, NLM_F_CREATE, NLM_F_EXCL


def kernel_alone():
    """The same in writes of 128 requests each, nothing else: what the kernel needs, somebody listening as in the other runs."""
    with Network() as network:
        a = network.node("a", 18)
        network.node("gateway", 200)
        changes = KernelChanges(a, ["route4", "rule4"])
        with a.inside():
            interface = struct.pack("=I", socket.if_nametoindex("eth0"))
            kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        gateway = socket.inet_aton("172.20.76.200")
        requests = [message(kind, n, destination=socket.inet_aton(prefix.split("/")[0]), length=24, table=table, attributes=attributes(n))
                    for kind, table, attributes in ((NEW_ROUTE, 254, lambda _: ((5, gateway), (4, interface))),
                                                    (NEW_RULE, 100, lambda n: ((6, struct.pack("=I", 1000 + n)),)))
                    for n, prefix in enumerate(destinations())]
        with kernel:
            started = time.time()
            for first in range(0, len(requests), 128):
                kernel.send(b"".join(requests[first:first + 128]))
        eventually(lambda: count(a) == 2 * COUNT, 10, "all are made")
        return max(when for when, what, _ in changes.since(started) if what in ("route added", "rule added")) - started


def routes(repetitions=3):
    ours, theirs = [], []
    for _ in range(repetitions):
        ours.append(moving_time(Standfast))
        theirs.append(moving_time(Keepalived))
    report.ratio(f"{COUNT:,} routes and {COUNT:,} rules moved with an instance, past the master-down timer", "s", ours, theirs,
                 bound=0.2, digits=3)
    report.note(f"the kernel alone: {' '.join(f'{kernel_alone():.3f}' for _ in range(repetitions))} s")
