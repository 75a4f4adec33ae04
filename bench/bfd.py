"""What 500 BFD sessions at 50 ms cost: processor time of one end, packets sent and heard counted on its interface."""

import time

import report
from lab import Keepalived, Network, Standfast, eventually

SESSIONS, INTERVAL_MS, MULTIPLIER = 500, 50, 5
WATCHED_S = 15


def address(node, number):
    return f"10.{node}.{number // 250}.{number % 250 + 1}"


def sessions(me, other):
    return "".join(f"bfd_instance B{n} {{\n  neighbor_ip {address(other, n)}\n  source_ip {address(me, n)}\n  min_rx {INTERVAL_MS}\n"
                   f"  min_tx {INTERVAL_MS}\n  multiplier {MULTIPLIER}\n}}\n" for n in range(SESSIONS))


def packets(node):
    read = lambda which: int(node.run("cat", f"/sys/class/net/eth0/statistics/{which}_packets").stdout)  # noqa: E731
    return read("tx"), read("rx")


def cost(daemon):
    """(processor seconds a second, µs a packet sent or heard) of one end, all sessions up."""
    options = ["-a"] if daemon is Keepalived else []
    with Network() as network:
        a, b = network.node("a", 18), network.node("b", 28)
        for node, number, other in ((a, 31, 32), (b, 32, 31)):
            node.batch([f"addr add {address(number, n)}/32 dev eth0" for n in range(SESSIONS)] +
                       [f"route add 10.{other}.0.0/16 dev eth0"])
            node.sysctl("net.ipv4.neigh.default.gc_thresh1", 4096)
        one = daemon(a, network.file("a.conf", sessions(31, 32)), *options)
        daemon(b, network.file("b.conf", sessions(32, 31)), *options)
        wanted = SESSIONS * 1000 / INTERVAL_MS

        def rate():
            before = packets(a), time.monotonic()
            while time.monotonic() < before[1] + 1:
                time.sleep(0.05)
            return (packets(a)[0] - before[0][0]) / (time.monotonic() - before[1])

        eventually(lambda: rate() > 0.9 * wanted, 60, "all sessions are up")
        settled = time.monotonic() + 3
        eventually(lambda: time.monotonic() > settled, 5, "settled")
        before = packets(a), one.cpu_seconds(), time.monotonic()
        eventually(lambda: time.monotonic() > before[2] + WATCHED_S, WATCHED_S + 5, "the time is over")
        elapsed, cpu = time.monotonic() - before[2], one.cpu_seconds() - before[1]
        sent, heard = (now - then for now, then in zip(packets(a), before[0]))
        assert sent / elapsed > 0.9 * wanted, f"{sent / elapsed:.0f} packets a second: some session is down"
        if daemon is Standfast:
            lost = sum(each["counters"]["went_down"] for each in one.status()["bfd"]["sessions"])
            assert lost == 0, f"{lost} sessions went down meanwhile"
        return cpu / elapsed, cpu / (sent + heard) * 1e6


def sessions_at_50_ms(repetitions=3):
    ours, theirs = [], []
    for _ in range(repetitions):
        ours.append(cost(Standfast))
        theirs.append(cost(Keepalived))
    ours, theirs = list(zip(*ours)), list(zip(*theirs))
    report.absolute(f"processors busy with {SESSIONS} BFD sessions at {INTERVAL_MS} ms", "", ours[0], theirs[0], bound=1)
    report.ratio("CPU a BFD packet sent or heard", "µs", ours[1], theirs[1], bound=1)
