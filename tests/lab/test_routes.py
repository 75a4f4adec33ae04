"""Routes, rules and static entries: what `ip` would have made, with the master only, back at once, gone at the end."""

import json
import os
import signal
import time

import pytest

from lab import KernelChanges, Sniffer, eventually, hold
from lab.configuration import instance

ADVERT = 0.2
PATIENCE = 4 * ADVERT + 3
VIP = "172.20.76.100"

# The same words for the file and for `ip route prepend`.
ROUTES = [
    "10.1.0.0/16 via 172.20.76.9 dev eth0",
    "10.2.0.0/16 dev eth0",
    "10.3.0.0/16 dev eth0 src 172.20.76.18 table 1000 metric 77 tos 0x10",
    "10.4.0.0/16 via 192.0.2.1 dev eth0 onlink",
    "10.5.0.0/16 via 172.20.76.9 dev eth0 mtu lock 1400 advmss 1300 rtt 400ms rttvar 300ms rto_min 250ms reordering 5"
    " window 9000 cwnd 12 ssthresh 20 initcwnd 10 initrwnd 14 hoplimit 33 features ecn quickack 1 congctl reno"
    " fastopen_no_cookie 1",
    "10.6.0.0/16 dev eth0 scope host",
    "10.7.0.0/16 via 172.20.76.9 dev eth0 realms 3/4",
    "10.8.0.0/16 nexthop via 172.20.76.9 dev eth0 weight 3 nexthop via 172.20.76.8 dev eth0 weight 1 onlink",
    "10.9.0.0/16 encap ip id 42 dst 192.0.2.1 src 192.0.2.2 tos 4 ttl 9 dev eth0",
    "10.10.0.0/16 encap ip6 id 42 dst 2001:db8::1 tc 4 hoplimit 9 dev eth0",
    "local 10.11.0.1/32 dev eth0 table local",
    "broadcast 10.12.0.255/32 dev eth0 table 1001",
    "blackhole 10.13.0.0/16",
    "unreachable 10.14.0.0/16 metric 5",
    "prohibit 10.15.0.0/16",
    "throw 10.16.0.0/16 table 1001",
    "default via 172.20.76.9 dev eth0 table 1002",
    "2001:db8:1::/48 via fe80::9 dev eth0 pref high",
    "2001:db8:2::/48 dev eth0 metric 9 mtu 1400 table 1003",
    "2001:db8:3::/48 from 2001:db8:f::/64 via fe80::9 dev eth0",
    "2001:db8:4::/48 nexthop via fe80::9 dev eth0 weight 2 nexthop via fe80::8 dev eth0 weight 1",
    "blackhole 2001:db8:5::/48",
    "2001:db8:6::/48 encap ip6 id 7 dst 2001:db8::7 dev eth0",
]
RULES = [
    "from 10.1.0.0/16 table 1000 preference 600",
    "to 10.2.0.0/16 iif eth0 fwmark 5/255 table 1000 preference 601 suppress_prefixlength 0",
    "not from 10.3.0.0/16 oif eth0 table 1001 preference 602",
    "from 10.4.0.0/16 tos 0x10 blackhole preference 603",
    "uidrange 10-20 ipproto tcp sport 10-20 dport 80-90 table main preference 604",
    "tunnel-id 99 prohibit preference 605",
    "goto 700 preference 606",
    "from 10.5.0.0/16 realms 3/4 suppress_ifgroup 4 table 1002 preference 607",
    "from 10.6.0.0/16 unreachable preference 608",
    "fwmark 9 nop preference 609",
    "from 2001:db8:1::/48 to 2001:db8:2::/48 table 1003 preference 610",
    "from all iif lo table 1000 preference 700",
]
ROUTE_COMMANDS = {"local", "broadcast", "blackhole", "unreachable", "prohibit", "throw"}


def block(keyword, lines):
    return [f"{keyword} {{", *(f"    {line}" for line in lines), "}"]


def configuration(node, priority, routes=(), rules=(), before=()):
    extra = [*block("virtual_routes", routes), *block("virtual_rules", rules)]
    text = "\n".join(before) + "\n" + instance(priority=priority, version=3, advert=ADVERT, addresses=[f"{VIP}/24"], extra=extra)
    return node.network.file(f"{node.name}-{priority}.conf", text)


def routes_of(node, protocol="keepalived"):
    """Every route of the protocol as `ip` shows it, without what differs from one moment to the next."""
    found = []
    for family in ("-4", "-6"):
        shown = node.ip("-j", "-d", family, "route", "show", "table", "all", "proto", protocol).stdout
        for route in json.loads(shown or "[]"):
            route.pop("expires", None)
            found.append(route)
    return sorted(found, key=lambda route: json.dumps(route, sort_keys=True))


def rules_of(node):
    found = []
    for family in ("-4", "-6"):
        shown = json.loads(node.ip("-j", "-d", family, "rule", "show").stdout or "[]")
        found += [rule for rule in shown if rule.get("protocol") == "keepalived"]
    return sorted(found, key=lambda rule: json.dumps(rule, sort_keys=True))


def with_protocol(line):
    """`ip` wants the protocol before the first next hop."""
    return line.replace(" nexthop", " proto keepalived nexthop", 1) if " nexthop" in line else f"{line} proto keepalived"


def made_by_ip(node):
    for line in ROUTES:
        family = "-6" if "2001:db8:" in line.split(" encap")[0] else "-4"
        node.ip(family, "route", "prepend", *with_protocol(line).split())
    for line in RULES:
        family = "-6" if "2001:db8:" in line else "-4"
        words = line.replace("tunnel-id", "tun_id").replace("fwmark 9 nop", "nop fwmark 9").split()
        node.ip(family, "rule", "add", *words, "protocol", "keepalived")


def test_every_option_is_what_ip_would_have_made(pair, subject):
    a, b, _ = pair
    b.batch(["addr add 172.20.76.18/24 dev eth0", f"addr add {VIP}/24 dev eth0"])
    made_by_ip(b)
    subject(a, configuration(a, 150, ROUTES, RULES))
    eventually(lambda: a.has(VIP) and len(routes_of(a)) >= len(routes_of(b)), PATIENCE, "a is master with its routes")
    eventually(lambda: len(rules_of(a)) == len(RULES), PATIENCE, "and its rules")
    ours, theirs = routes_of(a), routes_of(b)
    for mine, other in zip(ours, theirs):
        assert mine == other
    assert len(ours) == len(theirs)
    assert rules_of(a) == rules_of(b)


@pytest.fixture
def running(pair, subject):
    a, b, client = pair
    on_b = subject(b, configuration(b, 100, ROUTES[:3], RULES[:2]))
    on_a = subject(a, configuration(a, 150, ROUTES[:3], RULES[:2]))
    eventually(lambda: a.has(VIP) and not b.has(VIP) and len(rules_of(a)) == 2, 2 * PATIENCE, "a is master")
    return a, b, client, on_a, on_b


def test_they_move_with_the_address_and_leave_nothing(running):
    a, b, client, on_a, on_b = running
    assert len(routes_of(a)) == 3 and not routes_of(b) and not rules_of(b)
    assert on_a.stop() == 0
    assert not routes_of(a) and not rules_of(a)
    eventually(lambda: b.has(VIP) and len(rules_of(b)) == 2, PATIENCE, "b has address and rules")
    # The source address of the third is a's: b cannot have it, says so, and is master all the same.
    assert len(routes_of(b)) == 2
    assert "the kernel refused route 10.3.0.0/16" in on_b.log()
    assert on_b.stop() == 0
    assert not routes_of(b) and not rules_of(b)


def test_what_somebody_removes_is_back_within_100_ms(running):
    a, b, client, on_a, on_b = running
    changes = KernelChanges(a, ["route4", "rule4"])
    sniffer = Sniffer(client)
    for kind, words in (("route", "del 10.1.0.0/16"), ("rule", "del pref 600")):
        before = time.time()
        a.ip(kind, *words.split())
        eventually(lambda: changes.since(before, f"{kind} added"), 2, f"the {kind} is back")
        gone, back = changes.since(before, f"{kind} removed")[0][0], changes.since(before, f"{kind} added")[0][0]
        assert back - gone < 0.1
    assert len(routes_of(a)) == 3 and len(rules_of(a)) == 2
    assert not [x for x in sniffer.adverts(source_mac=a.mac()) if x.resigns], "mastership was not given up"


def test_a_replaced_route_is_put_back(running):
    a, b, client, on_a, on_b = running
    before = routes_of(a)
    a.ip("route", "replace", "10.1.0.0/16", "via", "172.20.76.7", "dev", "eth0")
    eventually(lambda: routes_of(a) == before, 2, "ours is there again")


def test_a_killed_worker_keeps_them(running):
    a, b, client, on_a, on_b = running
    changes = KernelChanges(a, ["route4", "rule4"])
    before = time.time()
    sockets = a.run("ss", "-wanp").stdout
    worker = next(pid for pid in on_a.tree() if f"pid={pid}," in sockets)
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: "resumed" in on_a.log() or "goes on" in on_a.log(), PATIENCE, "a new worker")
    hold(lambda: len(routes_of(a)) == 3 and len(rules_of(a)) == 2, 3 * ADVERT, "nothing is missing")
    assert not changes.since(before), "nothing was touched"
    assert on_a.stop() == 0
    assert not routes_of(a) and not rules_of(a), "the new worker knows that they are its own"


def test_left_overs_of_a_crash_are_removed(running, subject):
    a, b, client, on_a, on_b = running
    on_a.crash_host()
    eventually(lambda: b.has(VIP), PATIENCE, "b took over")
    assert len(routes_of(a)) == 3 and len(rules_of(a)) == 2
    a.unsilence()
    subject(a, configuration(a, 50, ROUTES[:3], RULES[:2]))
    eventually(lambda: not routes_of(a) and not rules_of(a), PATIENCE, "the backup has cleaned up")


def test_static_entries_are_there_whatever_the_state(pair, subject):
    a, b, client = pair
    statics = [*block("static_ipaddress", ["172.20.76.77/24 dev eth0"]),
               *block("static_routes", ["10.60.0.0/16 via 172.20.76.9 dev eth0"]),
               *block("static_rules", ["from 10.60.0.0/16 table 60 preference 660"])]
    on_a = subject(a, configuration(a, 100, before=statics))

    def all_there():
        return a.has("172.20.76.77") and len(routes_of(a)) == 1 and len(rules_of(a)) == 1

    eventually(all_there, 2, "at once, before a is master")
    a.ip("addr", "del", "172.20.76.77/24", "dev", "eth0")
    a.ip("route", "del", "10.60.0.0/16")
    a.ip("rule", "del", "pref", "660")
    eventually(all_there, 0.5, "put back")
    a.unplug()
    a.ip("link", "set", "eth0", "down")
    eventually(lambda: not routes_of(a), 1, "the kernel took the route")
    a.ip("link", "set", "eth0", "up")
    a.plug()
    eventually(all_there, PATIENCE, "back with the interface")
    assert on_a.stop() == 0
    assert not a.has("172.20.76.77") and not routes_of(a) and not rules_of(a)


def test_a_router_follows_the_entries_of_its_track_group(network, subject):
    a = network.node("a", 18)
    a.batch(["link add x0 type veth peer name x1", "link set x0 up", "link set x1 up", "addr add 10.66.0.1/24 dev x0"])
    follow = [*block("track_group G", ["group {", "VI", "}"]),
              *block("static_routes", ["10.60.0.0/16 via 10.66.0.9 dev x0 track_group G"])]
    subject(a, configuration(a, 100, before=follow))
    eventually(lambda: a.has(VIP), PATIENCE, "a is master")
    a.ip("link", "set", "x1", "down")
    eventually(lambda: not a.has(VIP), 2, "the static route's interface is down: FAULT")
    a.ip("link", "set", "x1", "up")
    eventually(lambda: a.has(VIP), PATIENCE, "and back")
