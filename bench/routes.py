"""How fast 1,000 routes and 1,000 rules follow an instance."""

import time

import report
from lab import Keepalived, KernelChanges, Network, Sniffer, Standfast, eventually, run
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


def kernel_alone():
    """The same made by one `ip -batch`, nothing else: what the kernel needs."""
    with Network() as network:
        a = network.node("a", 18)
        lines = "".join(f"route add {prefix} via 172.20.76.200 dev eth0\n" for prefix in destinations())
        lines += "".join(f"rule add from {prefix} table 100 preference {1000 + n}\n" for n, prefix in enumerate(destinations()))
        started = time.monotonic()
        run("ip", "-n", a.namespace, "-batch", "-", input=lines)
        return time.monotonic() - started


def routes(repetitions=3):
    ours, theirs = [], []
    for _ in range(repetitions):
        ours.append(moving_time(Standfast))
        theirs.append(moving_time(Keepalived))
    report.ratio(f"{COUNT:,} routes and {COUNT:,} rules moved with an instance, past the master-down timer", "s", ours, theirs,
                 bound=0.2, digits=3)
    report.note(f"the kernel alone (ip -batch): {kernel_alone():.3f} s")
