"""How long a client is without the address: the host of the master dies, or its daemon is stopped in an orderly way."""

import concurrent.futures
import time

import report
from lab import Keepalived, Network, Prober, Sniffer, Standfast, eventually
from lab.configuration import instance

VIP = "172.20.76.100"


def measure(daemon, advert, graceful):
    """One outage, in milliseconds. The master goes right after an advert, so that chance does not decide."""
    with Network() as network:
        a, b, client = network.node("a", 18), network.node("b", 28), network.node("client", 200)
        version = 2 if advert >= 1 else 3
        sniffer = Sniffer(client)
        daemons = {}
        for node, priority in ((a, 150), (b, 100)):
            text = instance(priority=priority, version=version, advert=f"{advert:g}", addresses=[f"{VIP}/24"],
                            extra=["garp_master_delay 1"])
            daemons[node] = daemon(node, network.file(f"{node.name}.conf", text))
        eventually(lambda: a.has(VIP) and not b.has(VIP), 10 + 4 * advert, "a is master")
        prober = Prober(client, VIP)
        seen = len(sniffer.adverts(source_mac=a.mac()))
        mac = a.mac()
        eventually(lambda: len(sniffer.adverts(source_mac=mac)) > seen + 1, 3 * advert + 1, "the next advert")
        when = time.time()
        if graceful:
            daemons[a].process.terminate()
        else:
            a.silence()
        eventually(lambda: b.has(VIP), 4 * advert + 5, "b takes over")
        silence = prober.outage(when, within=5)
        if not graceful:
            daemons[a].kill()
        return silence * 1000


def compare(name, advert, graceful, repetitions, at_once):
    runs = [(daemon, advert, graceful) for _ in range(repetitions) for daemon in (Standfast, Keepalived)]
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        silences = list(pool.map(lambda run: measure(*run), runs))
    report.ratio(name, "ms", silences[0::2], silences[1::2], bound=1.05)


def host_death():
    compare("outage, host dies, advert 1 s", 1, False, 5, at_once=2)
    compare("outage, host dies, advert 100 ms", 0.1, False, 9, at_once=1)
    compare("outage, host dies, advert 10 ms", 0.01, False, 15, at_once=1)


def graceful_stop():
    compare("outage, graceful stop, advert 1 s", 1, True, 7, at_once=1)
