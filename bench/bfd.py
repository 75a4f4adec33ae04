"""What 500 BFD sessions at 50 ms cost: processor time of one end, packets sent and heard counted on its interface."""

import time

import report
from lab import Keepalived, Network, Standfast, eventually

SESSIONS, INTERVAL_MS, MULTIPLIER = 500, 50, 5
WATCHED_S = 15


def address(node, number):
    return f"10.{node}.{number // 250}.{number % 250 + 1}"


def sessions(me, other):
    urgent = "global_defs {\n  vrrp_rt_priority 50\n  vrrp_rlimit_rttime 1000000\n  bfd_rt_priority 50\n  bfd_rlimit_rttime 1000000\n}\n"  # 250 ms of silence are soon over on a busy machine
    return urgent + "".join(f"bfd_instance B{n} {{\n  neighbor_ip {address(other, n)}\n  source_ip {address(me, n)}\n  min_rx {INTERVAL_MS}\n"
                   f"  min_tx {INTERVAL_MS}\n  multiplier {MULTIPLIER}\n}}\n" for n in range(SESSIONS))


def packets(node):
    read = lambda which: int(node.run("cat", f"/sys/class/net/eth0/statistics/{which}_packets").stdout)  # noqa: E731
    return read("tx"), read("rx")


def cost(daemon):
    """(processor seconds a second, µs a packet sent or heard, share of the packets that are due) of one end; the other is ours."""
    options = ["-a"] if daemon is Keepalived else []
    with Network() as network:
        a, b = network.node("a", 18), network.node("b", 28)
        for node, number, peer, other in ((a, 31, b, 32), (b, 32, a, 31)):
            mac = peer.mac()
            node.batch([f"addr add {address(number, n)}/32 dev eth0" for n in range(SESSIONS)] +
                       [f"route add 10.{other}.0.0/16 dev eth0"] +  # permanent: the machine's limit of 1024 is not for these
                       [f"neigh add {address(other, n)} lladdr {mac} dev eth0 nud permanent" for n in range(SESSIONS)])
        one = daemon(a, network.file("a.conf", sessions(31, 32)), *options)
        Standfast(b, network.file("b.conf", sessions(32, 31)))
        wanted = SESSIONS * 1000 / INTERVAL_MS

        def rate():
            before = packets(a), time.monotonic()
            while time.monotonic() < before[1] + 1:
                time.sleep(0.05)
            return (packets(a)[0] - before[0][0]) / (time.monotonic() - before[1])

        patience = time.monotonic() + 20
        eventually(lambda: rate() > 0.9 * wanted or (daemon is Keepalived and time.monotonic() > patience), 60,
                   "all sessions are up")
        settled = time.monotonic() + 3
        eventually(lambda: time.monotonic() > settled, 5, "settled")
        before = packets(a), one.cpu_seconds(), time.monotonic()
        eventually(lambda: time.monotonic() > before[2] + WATCHED_S, WATCHED_S + 5, "the time is over")
        elapsed, cpu = time.monotonic() - before[2], one.cpu_seconds() - before[1]
        sent, heard = (now - then for now, then in zip(packets(a), before[0]))
        if daemon is Standfast:
            assert sent / elapsed > 0.9 * wanted, f"{sent / elapsed:.0f} packets a second: some session is down"
            lost = sum(each["counters"]["went_down"] for each in one.status()["bfd"]["sessions"])
            assert lost == 0, f"{lost} sessions went down meanwhile"
        return cpu / elapsed, cpu / (sent + heard) * 1e6, sent / elapsed / wanted


def sessions_at_50_ms(repetitions=3):
    ours, theirs = [], []
    for _ in range(repetitions):
        ours.append(cost(Standfast))
        theirs.append(cost(Keepalived))
    ours, theirs = list(zip(*ours)), list(zip(*theirs))
    report.absolute(f"processors busy with {SESSIONS} BFD sessions at {INTERVAL_MS} ms", "", ours[0], theirs[0], bound=1)
    report.note(f"packets sent, of those due if every session is up: keepalived {min(theirs[2]):.2f} to {max(theirs[2]):.2f}, "
                f"standfast {min(ours[2]):.2f} to {max(ours[2]):.2f} (jitter shortens the intervals)")
    report.ratio("CPU a BFD packet sent or heard", "µs", ours[1], theirs[1], bound=1)
