"""One vrrp_instance with addresses of both families: two routers on the wire, one state, one set of hooks."""

import signal
import time

from lab import TOP, Sniffer, eventually
from lab.configuration import instance

VIP, VIP6 = "172.20.76.100", "fd00:76::100"
ADVERT = 0.2
PATIENCE = 4 * ADVERT + 3


def text(node, priority, addresses=(f"{VIP}/24", f"{VIP6}/64", "fe80::76:100/64"), script=None):
    hooks = [f'notify "{script}"'] if script else []
    return instance(priority=priority, version=3, advert=ADVERT, addresses=addresses, extra=hooks)


def start(subject, node, content):
    return subject(node, node.network.file(f"{node.name}.conf", content))


def has_both(node):
    return node.has(VIP) and node.has(VIP6)


def has_none(node):
    return not node.has(VIP) and not node.has(VIP6)


def hook(node):
    """Writes its words and what the interface has while it runs."""
    out = node.network.file(f"{node.name}.said", "")
    script = node.network.file(f"{node.name}.sh", f'#!/bin/sh\necho "$@" $(ip -o addr show dev eth0 | grep -c -e {VIP}/ -e {VIP6}/) >> {out}\n')
    node.run("chmod", "755", script)
    return script, out


def lines(path):
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


def test_a_failover_moves_both_and_both_are_advertised(pair, subject):
    a, b, client = pair
    sniffer = Sniffer(client)
    script, said = hook(b)
    on_b = start(subject, b, text(b, 100, script=script))
    on_a = start(subject, a, text(a, 150))
    eventually(lambda: has_both(a) and has_none(b), 3 * PATIENCE, "a has both")
    before = time.time()
    eventually(lambda: len(sniffer.adverts(before)) > 8, PATIENCE, "adverts")
    heard = {(advert.destination, advert.vrid, advert.addresses) for advert in sniffer.adverts(before)}
    assert heard == {("224.0.0.18", 51, 1), ("ff02::12", 51, 2)}
    assert client.ping(VIP) and client.ping(VIP6)

    on_a.crash_host()
    eventually(lambda: has_both(b), 2 * PATIENCE, "b has both")
    eventually(lambda: lines(said)[-1] == "INSTANCE VI MASTER 100 2", 3, "told once, with both addresses there")
    assert [line for line in lines(said) if "MASTER" in line][-1:] == ["INSTANCE VI MASTER 100 2"]
    routers = on_b.status()["routers"]
    assert [router["name"] for router in routers] == ["VI"]
    assert routers[0]["other_family"]["state"] == "master" and routers[0]["other_family"]["family"] == "ipv6"


def test_better_adverts_of_one_family_take_both(pair, subject):
    a, b, client = pair
    on_b = start(subject, b, text(b, 100))
    eventually(lambda: has_both(b), 2 * PATIENCE, "b has both")
    start(subject, a, text(a, 150, addresses=(f"{VIP}/24",)))
    eventually(lambda: has_none(b) and a.has(VIP), 3 * PATIENCE, "b gives way with both")
    assert on_b.status()["routers"][0]["state"] == "backup"


def test_a_reload_adds_the_other_family_without_a_failover(pair, subject):
    a, b, client = pair
    daemon = start(subject, a, text(a, 150, addresses=(f"{VIP}/24",)))
    eventually(lambda: a.has(VIP), 2 * PATIENCE, "master")
    sniffer = Sniffer(client)
    before = time.time()
    with open(daemon.configuration, "w", encoding="utf-8") as out:
        out.write(text(a, 150))
    daemon.signal(signal.SIGHUP)
    eventually(lambda: has_both(a), 3, "both are there")
    eventually(lambda: len(sniffer.adverts(before, destination="ff02::12")) > 3, PATIENCE, "the other family is advertised")
    assert not [advert for advert in sniffer.adverts(before) if advert.resigns]
    daemon.stop()
    eventually(lambda: len([x for x in sniffer.adverts(before) if x.resigns]) == 2, 2, "both resign")
    assert has_none(a)


def test_the_example_moves_both_addresses(pair, subject):
    a, b, client = pair
    folder = TOP / "examples/14-dual-stack"
    on_b = subject(b, folder / "node-b.conf")
    on_a = subject(a, folder / "node-a.conf")
    eventually(lambda: has_both(a) and has_none(b), 20, "a has both")
    assert client.ping(VIP) and client.ping(VIP6)
    on_a.stop()
    eventually(lambda: has_both(b), 5, "b has both after a's goodbye")
    counters = on_b.status()["routers"][0]["counters"]
    assert not [name for name in counters if name.startswith("signature_") and counters[name]]
