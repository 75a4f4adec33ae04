"""Addresses that accept nothing: nobody can talk to them, everybody can find them."""

import contextlib
import json
import os
import signal
import socket
import time

from lab import eventually, hold
from lab.configuration import instance

VIP, VIP6, LINK_LOCAL = "172.20.76.100", "fd00:76::100", "fe80::76:100"
ADVERT = 0.2
PATIENCE = 4 * ADVERT + 3


def text(node, priority, vip=f"{VIP}/24", word="no_accept", more=""):
    return more + instance(priority=priority, version=3, advert=ADVERT, addresses=[vip] if isinstance(vip, str) else vip,
                           extra=[word])


def start(subject, node, content):
    return subject(node, node.network.file(f"{node.name}.conf", content))


def table(node, name="standfast"):
    found = node.run("nft", "-j", "list", "table", "inet", name, check=False)
    return json.loads(found.stdout)["nftables"] if found.returncode == 0 else []


def blocked(node, name="standfast"):
    return {str(element) for one in table(node, name) if "set" in one for element in one["set"].get("elem", [])}


def answers_arp(client, address=VIP):
    client.ip("neigh", "flush", "dev", "eth0")
    client.ping(address)
    return "lladdr" in client.ip("neigh", "show", address).stdout


def reaches_tcp(node, client, address):
    with node.inside():
        listener = socket.create_server((address, 8099))
    with client.inside():
        probe = socket.socket()
    with contextlib.closing(listener), contextlib.closing(probe):
        probe.settimeout(0.5)
        return probe.connect_ex((address, 8099)) == 0


def test_nobody_can_talk_to_the_address_and_arp_answers(pair, subject):
    a, b, client = pair
    daemon = start(subject, a, text(a, 150))
    eventually(lambda: a.has(VIP), 2 * PATIENCE, "master")
    assert blocked(a) == {VIP}
    assert not client.ping(VIP) and not reaches_tcp(a, client, VIP)
    assert answers_arp(client)
    assert client.ping("172.20.76.18"), "its own address is nobody's business"
    daemon.stop()
    assert not table(a), "nothing is left"


def test_accept_answers_and_has_no_table(pair, subject):
    a, b, client = pair
    start(subject, a, text(a, 150, word="accept"))
    eventually(lambda: a.has(VIP), 2 * PATIENCE, "master")
    assert not table(a)
    assert client.ping(VIP) and reaches_tcp(a, client, VIP)


def test_neighbours_are_discovered_where_ipv6_is_refused(pair, subject):
    a, b, client = pair
    start(subject, a, text(a, 150, [f"{LINK_LOCAL}/64", f"{VIP6}/64"]))
    eventually(lambda: a.has(VIP6), 2 * PATIENCE, "master")
    assert VIP6 in blocked(a) and len(blocked(a)) == 2
    assert not client.ping(VIP6) and not client.ping(f"{LINK_LOCAL}%eth0")
    assert answers_arp(client, VIP6)


def test_the_table_follows_the_master(pair, subject):
    a, b, client = pair
    on_b = start(subject, b, text(b, 100))
    on_a = start(subject, a, text(a, 150))
    eventually(lambda: a.has(VIP) and not b.has(VIP), 2 * PATIENCE, "a is master")
    assert blocked(a) == {VIP} and not blocked(b)
    on_a.stop()
    eventually(lambda: b.has(VIP), 2 * PATIENCE, "b took over")
    assert blocked(b) == {VIP} and not client.ping(VIP)
    on_b.signal(signal.SIGTERM)


def test_a_table_that_somebody_flushed_comes_back(pair, subject):
    a, b, client = pair
    daemon = start(subject, a, text(a, 150, more="global_defs {\n nftables mine\n nftables_counters\n}\n"))
    eventually(lambda: a.has(VIP), 2 * PATIENCE, "master")
    assert not client.ping(VIP)
    for command in (["flush", "ruleset"], ["flush", "table", "inet", "mine"],
                    ["delete", "element", "inet", "mine", "blocked_v4", f"{{ {VIP} }}"]):
        a.run("nft", *command)
        eventually(lambda: blocked(a, "mine") == {VIP} and sum("rule" in one for one in table(a, "mine")) == 10, 1, f"back after {command}")
        assert not client.ping(VIP)
        time.sleep(0.2)
    assert "firewall_touched" in daemon.log() or "somebody changed our nftables table" in daemon.log()


def test_a_killed_worker_leaves_the_address_blocked(pair, subject):
    a, b, client = pair
    daemon = start(subject, a, text(a, 150))
    eventually(lambda: a.has(VIP), 2 * PATIENCE, "master")
    worker = daemon.status()["failover_worker"]["pid"]
    os.kill(worker, signal.SIGKILL)
    hold(lambda: VIP in blocked(a) and not client.ping(VIP, timeout=0.2), 3, "blocked all the time")
    eventually(lambda: daemon.status()["failover_worker"]["pid"] not in (worker, 0), 5, "a new worker")
    assert blocked(a) == {VIP}
