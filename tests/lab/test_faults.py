"""Things that die, freeze, lose their cable or their address."""

import os
import signal
import time

import pytest

from lab import KernelChanges, Sniffer, eventually, hold
from lab.configuration import instance

VIP = "172.20.76.100"
ADVERT = 0.2  # seconds; version 3
SKEWED = 3 * ADVERT + ADVERT  # the longest a backup waits
PATIENCE = SKEWED + 2


def start(subject, node, priority, *before, **options):
    text = "\n".join(before) + "\n" + instance(priority=priority, version=3, advert=ADVERT, addresses=[f"{VIP}/24"], **options)
    return subject(node, node.network.file(f"{node.name}-{priority}.conf", text))


def on_only(node, other):
    return lambda: node.has(VIP) and not other.has(VIP)


@pytest.fixture
def running(pair, subject):
    """a is master at 150, b backup at 100."""
    a, b, client = pair
    sniffer = Sniffer(client)
    on_b, on_a = start(subject, b, 100), start(subject, a, 150)
    eventually(on_only(a, b), 2 * PATIENCE, "a is master")
    eventually(lambda: len(sniffer.adverts(source_mac=a.mac())) > 2, PATIENCE, "a advertises")
    return a, b, client, on_a, on_b, sniffer


def worker(daemon):
    """The process that sends the adverts: the one that holds raw sockets."""
    sockets = daemon.node.run("ss", "-wanp").stdout
    holders = [pid for pid in daemon.tree() if f"pid={pid}," in sockets]
    assert len(holders) == 1, f"one process with raw sockets, found {holders}"
    return holders[0]


def test_mastership_is_kept_when_the_worker_is_killed(running):
    a, b, client, on_a, on_b, sniffer = running
    changes = KernelChanges(a, ["address4"])
    before = time.time()
    os.kill(worker(on_a), signal.SIGKILL)
    eventually(lambda: len(sniffer.adverts(before, source_mac=a.mac())) > 5, PATIENCE, "a new worker advertises")
    assert a.has(VIP) and not b.has(VIP)
    assert not sniffer.adverts(before, source_mac=b.mac()), "b was never asked"
    assert not changes.since(before, "address removed"), "the address was never away"


def test_addresses_are_withdrawn_with_a_goodbye_when_the_supervisor_is_killed(running):
    a, b, client, on_a, on_b, sniffer = running
    before = time.time()
    on_a.signal(signal.SIGKILL)
    eventually(on_only(b, a), PATIENCE, "b has it, a has withdrawn it")
    assert [x for x in sniffer.adverts(before, source_mac=a.mac()) if x.resigns], "priority 0"
    eventually(lambda: not on_a.tree(), 5, "no process is left")


def test_sigterm_says_goodbye_and_ends_with_0(running):
    a, b, client, on_a, on_b, sniffer = running
    before = time.time()
    assert on_a.stop() == 0
    assert not a.has(VIP)
    eventually(on_only(b, a), ADVERT + 1, "b takes over within the skew time")
    assert len([x for x in sniffer.adverts(before, source_mac=a.mac()) if x.resigns]) == 1
    assert not on_a.tree()


def test_cable_cut_moves_the_address_and_healing_returns_it(running):
    a, b, client, on_a, on_b, sniffer = running
    a.unplug()
    eventually(lambda: b.has(VIP) and not a.has(VIP), PATIENCE, "b has it, a in FAULT has not")
    cut = time.time()
    a.plug()
    eventually(on_only(a, b), 2 * PATIENCE, "a listens, then takes it back")
    assert sniffer.adverts(cut, source_mac=a.mac())


def test_a_port_that_drops_silently_ends_in_one_owner_that_announces_again(running):
    a, b, client, on_a, on_b, sniffer = running
    a.silence()
    eventually(lambda: b.has(VIP), PATIENCE, "b takes over")
    hold(lambda: a.has(VIP), 3 * ADVERT, "a cannot know, and keeps it")
    client.ping(VIP)  # the client's neighbour cache points at b now
    healed = time.time()
    a.unsilence()
    eventually(on_only(a, b), PATIENCE, "one owner")
    eventually(lambda: [x for x in sniffer.arps(healed, VIP) if x[1] == a.mac()], ADVERT + 1, "a announces again")
    assert client.ping(VIP, count=2)
    neighbour = client.ip("neigh", "show", VIP).stdout
    assert a.mac() in neighbour, f"the client's cache points at the owner: {neighbour}"


def test_after_ten_seconds_of_pause_no_advert_before_having_listened(running):
    a, b, client, on_a, on_b, sniffer = running
    on_a.freeze()
    eventually(lambda: b.has(VIP), PATIENCE, "b takes over")
    hold(lambda: b.has(VIP), 10, "b keeps it while a is frozen")
    woken = time.time()
    on_a.thaw()
    eventually(on_only(a, b), 2 * PATIENCE, "a takes it back in order")
    first = sniffer.adverts(woken, source_mac=a.mac())[0]
    assert not first.resigns
    heard = [x for x in sniffer.adverts(woken, source_mac=b.mac()) if x.time < first.time]
    assert first.time - woken >= 3 * ADVERT * 0.99, f"a spoke {first.time - woken:.3f} s after it woke"
    assert heard, "a had heard b before it spoke"


def test_an_address_removed_by_hand_is_back_within_100_ms(running):
    a, b, client, on_a, on_b, sniffer = running
    changes = KernelChanges(a, ["address4"])
    before = time.time()
    a.ip("addr", "del", f"{VIP}/24", "dev", "eth0")
    eventually(lambda: changes.since(before, "address added"), 2, "the address is back")
    gone, back = changes.since(before, "address removed")[0][0], changes.since(before, "address added")[0][0]
    assert back - gone < 0.1
    assert not [x for x in sniffer.adverts(before, source_mac=a.mac()) if x.resigns], "mastership was not given up"
    assert on_only(a, b)()


def test_an_interface_that_appears_later_is_used(network, subject):
    a = network.node("a", 18)
    start(subject, a, 100, "global_defs {", "    dynamic_interfaces", "}", interface="late0")
    hold(lambda: not a.addresses("late0"), 1, "nothing to put an address on")
    appear = ["link add late0 type veth peer name late1", "link set late0 up", "link set late1 up",
              "addr add 10.76.0.1/24 dev late0"]
    a.batch(appear)
    eventually(lambda: VIP in a.addresses("late0"), PATIENCE, "the address on late0")
    a.ip("link", "del", "late0")
    a.batch(appear)
    eventually(lambda: VIP in a.addresses("late0"), PATIENCE, "the address on the new late0")
