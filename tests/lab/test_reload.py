"""A reload is a difference: what did not change feels nothing."""

import pathlib
import signal
import time

from lab import KernelChanges, Sniffer, eventually, hold
from lab.configuration import instance

FIRST, SECOND, THIRD = "172.20.76.100", "172.20.76.101", "172.20.76.102"
ADVERT = 1


def text(*vips, priority=150, more=""):
    return more + instance(priority=priority, advert=ADVERT, addresses=[f"{vip}/24" for vip in vips])


def send(daemon, new_text=None):
    if new_text is not None:
        with open(daemon.configuration, "w", encoding="utf-8") as out:
            out.write(new_text)
    daemon.signal(signal.SIGHUP)


def reload(daemon, new_text=None):
    """Until the daemon says that the configuration is in force."""
    generation = daemon.status()["configuration"]["generation"]
    send(daemon, new_text)
    eventually(lambda: daemon.status()["configuration"]["generation"] == generation + 1, 5, "the new generation is in force")


def start(subject, node, content):
    daemon = subject(node, node.network.file(f"{node.name}.conf", content))
    eventually(lambda: node.has(FIRST), 8, "master")
    return daemon


def test_an_unchanged_file_causes_no_packet_and_no_netlink_write(pair, subject):
    a, _, client = pair
    daemon = start(subject, a, text(FIRST))
    sniffer, changes = Sniffer(client), KernelChanges(a)
    eventually(lambda: len(sniffer.arps(sender=FIRST)) >= 5, 8, "the second batch of announcements is over")
    eventually(lambda: sniffer.adverts()[-1].time > sniffer.arps(sender=FIRST)[-1][0], 3, "one more advert")
    before = time.time()
    reload(daemon)
    eventually(lambda: len(sniffer.adverts(before)) >= 4, 6, "adverts go on")
    times = [sniffer.adverts()[-5].time] + [x.time for x in sniffer.adverts(before)]
    gaps = [later - earlier for earlier, later in zip(times[1:], times[2:])]
    assert all(abs(gap - ADVERT) < 0.1 for gap in gaps), f"adverts at their usual times, gaps {gaps}"
    assert not sniffer.arps(before), "no announcement"
    assert not changes.since(before), "no netlink write"


def test_an_added_and_a_removed_address_touch_only_themselves(pair, subject):
    a, _, client = pair
    daemon = start(subject, a, text(FIRST, SECOND))
    changes = KernelChanges(a, ["address4"])
    before = time.time()
    reload(daemon, text(FIRST, THIRD))
    eventually(lambda: a.addresses() == {FIRST, THIRD}, 3, "the second is gone, the third is there")
    assert len(changes.since(before, "address removed")) == 1
    assert len(changes.since(before, "address added")) == 1


def test_a_new_priority_goes_with_the_next_advert(pair, subject):
    a, _, client = pair
    daemon = start(subject, a, text(FIRST))
    sniffer = Sniffer(client)
    before = time.time()
    reload(daemon, text(FIRST, priority=120))
    eventually(lambda: sniffer.adverts(before, priority=120), 3, "priority 120")
    assert not [x for x in sniffer.adverts(before) if x.resigns]


def test_a_broken_file_changes_nothing(pair, subject):
    a, _, client = pair
    daemon = start(subject, a, text(FIRST))
    sniffer, changes = Sniffer(client), KernelChanges(a)
    before = time.time()
    generation = daemon.status()["configuration"]["generation"]
    send(daemon, text(SECOND).replace("virtual_router_id 51", ""))
    eventually(lambda: "virtual_router_id" in daemon.log(), 5, "the log gives the reason")
    eventually(lambda: len(sniffer.adverts(before, priority=150)) >= 2, 4, "adverts go on")
    hold(lambda: a.addresses() == {FIRST}, 1, "the old address stays")
    assert not changes.since(before)
    assert daemon.status()["configuration"]["generation"] == generation


def test_a_large_broken_file_leaves_no_memory_behind(pair, subject):
    a, _, _ = pair
    daemon = start(subject, a, text(FIRST))
    kib = lambda what: int(pathlib.Path(f"/proc/{daemon.pid}/status").read_text().partition(f"{what}:")[2].split()[0])
    before = kib("RssAnon")
    servers = "".join(f" real_server 10.1.{n // 250}.{n % 250 + 1} 80 {{\n  weight 1\n }}\n" for n in range(30000))
    send(daemon, text(FIRST).replace("virtual_router_id 51", "") + f"virtual_server 10.0.0.1 80 {{\n lb_algo rr\n{servers}}}\n")
    eventually(lambda: "virtual_router_id" in daemon.log(), 10, "the log gives the reason")
    assert kib("VmHWM") > before + 8192, "the file was large"
    eventually(lambda: kib("RssAnon") < before + 2048, 5, "its memory is given back")


def test_a_removed_instance_says_goodbye(pair, subject):
    a, _, client = pair
    other = instance("OTHER", 60, addresses=[f"{SECOND}/24"])
    daemon = start(subject, a, text(FIRST, more=other))
    eventually(lambda: a.addresses() == {FIRST, SECOND}, 6, "both")
    sniffer = Sniffer(client)
    before = time.time()
    reload(daemon, text(FIRST))
    eventually(lambda: a.addresses() == {FIRST}, 3, "its address is gone")
    eventually(lambda: [x for x in sniffer.adverts(before, vrid=60) if x.resigns], 2, "priority 0")
    assert not [x for x in sniffer.adverts(before, vrid=51) if x.resigns]
