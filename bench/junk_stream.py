"""Adverts that a master owes while somebody floods its segment with bad packets."""

import time

import report
from lab import Keepalived, Network, Sniffer, Standfast, eventually, program
from lab.configuration import instance

VIP, VRID, ADVERT = "172.20.76.100", 51, 1


def missed(daemon, rate, packets):
    """(junk a second that was reached, adverts due but not sent within 100 ms of their time while it lasted)."""
    with Network() as network:
        a = network.node("a", 18)
        daemon(a, network.file("a.conf", instance(vrid=VRID, priority=150, advert=ADVERT, addresses=[f"{VIP}/24"])))
        eventually(lambda: a.has(VIP), 8, "a is master")
        # On a's own side of its cable and only what it sends itself: the flood must not blind the observer.
        sniffer = Sniffer(a, only_outgoing=True)
        eventually(lambda: len(sniffer.adverts(source="172.20.76.18")) >= 2, 5, "adverts")
        # Out of the switch port that a hangs on: a bridge would drop most of it on its way.
        reached = float(network.on_switch(program("bench_junk"), "a", "172.20.76.66", VRID, rate, packets).stdout)
        done = time.time()
        eventually(lambda: sniffer.adverts(done, source="172.20.76.18"), 5, "an advert after the junk")
        times = [advert.time for advert in sniffer.adverts(source="172.20.76.18")]
        gaps = [later - earlier for earlier, later in zip(times, times[1:])]
        return reached, sum(max(0, round(gap / ADVERT) - 1) + (1 if 0.1 < gap - ADVERT < 0.5 else 0) for gap in gaps)


def junk():
    for name, rate, packets in (("100,000 packets a second for 6 s", 100_000, 600_000), ("8 packets 0.3 s apart", 10 / 3, 8),
                                ("40 packets 0.3 s apart", 10 / 3, 40)):
        our_rate, ours = missed(Standfast, rate, packets)
        their_rate, theirs = missed(Keepalived, rate, packets)
        report.absolute(f"adverts missed or late, junk: {name}", "adverts", [ours], [theirs], bound=0, digits=0)
        report.note(f"junk that arrived: {our_rate:.0f} a second at standfast, {their_rate:.0f} at keepalived")
