"""What 2,000 virtual routers cost: processor time an advert, memory; and how fast 2,000 addresses are taken over."""

import statistics
import time

import report
from lab import Keepalived, KernelChanges, Network, Sniffer, Standfast, eventually, program, run
from lab.configuration import instance

ROUTERS, GROUPS = 2000, 8
WATCHED_S = 15
TAKEOVER_ADVERTISED, TAKEOVER_EXCLUDED = 200, 1800  # an advert holds 255 at most; all move at one moment


def many_routers(priority):
    """VRIDs repeat in groups of 250; a multicast group of its own keeps each apart, for either daemon."""
    return "".join(
        instance(f"V{number}", number % 250 + 1, priority, advert="1",
                 addresses=[f"10.1.{number // 250}.{number % 250 + 1}/32"],
                 extra=[f"mcast_dst_ip 224.0.1.{100 + number // 250}"])
        for number in range(ROUTERS))


def sent_packets(node):
    return int(node.run("cat", "/sys/class/net/eth0/statistics/tx_packets").stdout)


def count_addresses(node):
    return len(node.ip("-o", "-4", "addr", "show", "dev", "eth0").stdout.splitlines()) - 1


def cost_of_adverts(daemon):
    """(µs an advert sent, µs an advert received, KiB of the sender's tree, KiB of the receiver's)."""
    with Network() as network:
        a, b = network.node("a", 18), network.node("b", 28)
        master = daemon(a, network.file("a.conf", many_routers(150)))
        eventually(lambda: count_addresses(a) == ROUTERS, 60, f"{ROUTERS} routers are master")
        backup = daemon(b, network.file("b.conf", many_routers(100)))
        settle_until = time.monotonic() + 12  # the second batch of announcements comes after 5 s; both must be idle but for adverts
        eventually(lambda: time.monotonic() > settle_until, 15, "announcements are over")
        assert count_addresses(b) == 0, "b is backup in all"
        before = sent_packets(a), master.cpu_seconds(), backup.cpu_seconds(), time.monotonic()
        eventually(lambda: time.monotonic() > before[3] + WATCHED_S, WATCHED_S + 5, "the time is over")
        packets = sent_packets(a) - before[0]
        assert abs(packets / ROUTERS / WATCHED_S - 1) < 0.1, f"{packets} adverts in {WATCHED_S} s"
        sending, receiving = master.cpu_seconds() - before[1], backup.cpu_seconds() - before[2]
        return sending / packets * 1e6, receiving / packets * 1e6, master.memory_kib(), backup.memory_kib()


def bare_sender(batch):
    with Network() as network:
        a, _ = network.node("a", 18), network.node("b", 28)
        return float(a.run(program("bench_sender"), "eth0", ROUTERS, batch, 4).stdout)


def adverts_and_memory(repetitions=3):
    ours, theirs = [], []
    for _ in range(repetitions):
        ours.append(cost_of_adverts(Standfast))
        theirs.append(cost_of_adverts(Keepalived))
    ours, theirs = list(zip(*ours)), list(zip(*theirs))
    report.ratio(f"CPU an advert sent, {ROUTERS} routers", "µs", ours[0], theirs[0], bound=0.6)
    report.note("a bare sender: " + ", ".join(f"{bare_sender(n):.1f} µs at {n} a wake-up" for n in (1, 2, 20)))
    report.ratio(f"CPU an advert received, {ROUTERS} routers", "µs", ours[1], theirs[1], bound=0.6)
    report.ratio(f"memory of the process tree (PSS), {ROUTERS} routers, master", "MiB",
                 [kib / 1024 for kib in ours[2]], [kib / 1024 for kib in theirs[2]], bound=2)
    report.note(f"as backup: standfast {statistics.median(ours[3]) / 1024:.1f} MiB, keepalived "
                f"{statistics.median(theirs[3]) / 1024:.1f} MiB")


def takeover_addresses():
    total = TAKEOVER_ADVERTISED + TAKEOVER_EXCLUDED
    return [f"10.2.{n // 250}.{n % 250 + 1}/32" for n in range(total)]


def one_router(priority):
    addresses = takeover_addresses()
    excluded = ["virtual_ipaddress_excluded {", *(f"    {x}" for x in addresses[TAKEOVER_ADVERTISED:]), "}"]
    return instance("V", 51, priority, advert="1", addresses=addresses[:TAKEOVER_ADVERTISED], extra=excluded)


def takeover_times(daemon, configuration, router_of):
    """Seconds from the moment a router's master-down timer runs out to its last address installed: the worst router."""
    with Network() as network:
        a, b = network.node("a", 18), network.node("b", 28)
        on_a = daemon(a, network.file("a.conf", configuration(150)))
        eventually(lambda: count_addresses(a) == 2000, 60, "all on a")
        daemon(b, network.file("b.conf", configuration(100)))
        sniffer, changes = Sniffer(b), KernelChanges(b, ["address4"])
        started = time.monotonic()
        eventually(lambda: sniffer.adverts(source="172.20.76.18") and time.monotonic() - started > 8, 15,
                   "a advertises, its announcements are over")
        on_a.crash_host()
        eventually(lambda: len(changes.since(name="address added")) >= 2000, 30, "all on b")
        heard = {}
        for advert in sniffer.adverts(source="172.20.76.18"):
            heard[(advert.destination, advert.vrid)] = advert.time
        master_down = 3 + (256 - 100) / 256
        return max(when - (heard[router_of(address)] + master_down)
                   for when, _, address in changes.since(name="address added"))


def many_router_of(address):
    _, _, group, last = address.split(".")
    return f"224.0.1.{100 + int(group)}", int(last)


def kernel_alone():
    """The same addresses added by one `ip -batch`, nothing else: what the kernel needs."""
    with Network() as network:
        a = network.node("a", 18)
        lines = "".join(f"addr add {x} dev eth0\n" for x in takeover_addresses())
        started = time.monotonic()
        run("ip", "-n", a.namespace, "-batch", "-", input=lines)
        return time.monotonic() - started


def takeover(repetitions=3):
    for name, configuration, router_of in (
            ("one router with 2,000 addresses", one_router, lambda _: ("224.0.0.18", 51)),
            ("2,000 routers with one address each", many_routers, many_router_of)):
        ours, theirs = [], []
        for _ in range(repetitions):
            ours.append(takeover_times(Standfast, configuration, router_of))
            theirs.append(takeover_times(Keepalived, configuration, router_of))
        report.absolute(f"takeover of {name}, past the master-down timer", "s", ours, theirs, bound=0.4, digits=3)
    report.note(f"the kernel alone (ip -batch, 2,000 addresses): {kernel_alone():.3f} s")
