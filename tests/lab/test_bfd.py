"""BFD sessions with FRR's bfdd, with Debian's keepalived and with ourselves."""

import json
import os
import signal
import time

import pytest

from lab import Bfdd, Keepalived, Standfast, eventually, hold, program
from lab.configuration import instance

ADDRESSES = {4: ("172.20.76.18", "172.20.76.28"), 6: ("fd00:76::18", "fd00:76::28")}
INTERVAL_MS, MULTIPLIER = 50, 3
DETECTION_S = INTERVAL_MS * MULTIPLIER / 1000
MARGIN_S = 0.25  # what this machine's scheduler and our asking may add


def session(name, neighbour, source, interval=INTERVAL_MS, multiplier=MULTIPLIER, extra=()):
    lines = [f"bfd_instance {name} {{", f"neighbor_ip {neighbour}", f"source_ip {source}", f"min_rx {interval}",
             f"min_tx {interval}", f"multiplier {multiplier}", *extra, "}", ""]
    return "\n".join(lines)


def both_families(me, extra=()):
    other = 1 - me
    return "".join(session(f"B{family}", addresses[other], addresses[me], extra=extra)
                   for family, addresses in ADDRESSES.items())


def frr(me):
    peers = "".join(f" peer {addresses[1 - me]} local-address {addresses[me]}\n"
                    f"  receive-interval {INTERVAL_MS}\n  transmit-interval {INTERVAL_MS}\n"
                    f"  detect-multiplier {MULTIPLIER}\n  no shutdown\n !\n" for addresses in ADDRESSES.values())
    return f"bfd\n{peers}!\n"


def sessions(daemon):
    """By name; none while the daemon starts."""
    answer = daemon.enter(program("standfast"), "status", "--json", check=False)
    return {each["name"]: each for each in json.loads(answer.stdout).get("bfd", {"sessions": []})["sessions"]} \
        if answer.returncode == 0 else {}


def states(daemon):
    return {name: each["state"] for name, each in sessions(daemon).items()}


def all_are(daemon, state):
    found = states(daemon)
    return found and all(each == state for each in found.values())


def start_frr(node):
    return Bfdd(node, node.network.file("frr.conf", frr(1)))


def start_keepalived(node):
    return Keepalived(node, node.network.file("b.conf", both_families(1)), "-a")


def start_standfast(node):
    return Standfast(node, node.network.file("b.conf", both_families(1)))


# FRR asks for the TTL 255 of RFC 5881 over IPv6, too; keepalived and we send 64 unless told.
@pytest.mark.parametrize("start,extra", [(start_frr, ["hoplimit 255"]), (start_keepalived, []), (start_standfast, [])],
                         ids=["frr", "keepalived", "standfast"])
def test_comes_up_notices_a_silent_cable_and_comes_back(pair, start, extra):
    a, b, _ = pair
    ours = Standfast(a, a.network.file("a.conf", both_families(0, extra)))
    start(b)
    eventually(lambda: all_are(ours, "up"), 10, f"both sessions are up\n{ours.log()}")
    eventually(lambda: not any(each["polling"] for each in sessions(ours).values()), 3, "the polls are answered")
    for each in sessions(ours).values():
        assert each["transmit_interval_ms"] == INTERVAL_MS
        assert each["detection_time_ms"] == INTERVAL_MS * MULTIPLIER
    hold(lambda: all_are(ours, "up"), 2, "they stay up")
    b.silence()
    cut = time.monotonic()
    eventually(lambda: all_are(ours, "down"), 5, "both are down")
    asked = time.monotonic()
    for each in sessions(ours).values():
        assert asked - each["last_change"]["age_seconds"] - cut < DETECTION_S + MARGIN_S
    assert {each["last_change"]["reason"]["id"] for each in sessions(ours).values()} == {"neighbour_silent"}
    b.unsilence()
    eventually(lambda: all_are(ours, "up"), 10, "both are up again")


def test_a_passive_session_waits_to_be_spoken_to(pair):
    a, b, _ = pair
    here, there = ADDRESSES[4]
    ours = Standfast(a, a.network.file("a.conf", session("B4", there, here, extra=["passive"])))
    eventually(lambda: states(ours) == {"B4": "down"}, 5, "it waits")
    assert sessions(ours)["B4"]["counters"]["packets_sent"] == 0
    Keepalived(b, b.network.file("b.conf", session("B4", here, there)), "-a")
    eventually(lambda: all_are(ours, "up"), 10, "up")


def test_multihop_with_frr(pair):
    a, b, _ = pair
    here, there = ADDRESSES[4]
    ours = Standfast(a, a.network.file("a.conf", session("far", there, here, extra=["multihop", "max_hops 5"])))
    Bfdd(b, b.network.file("frr.conf", f"bfd\n peer {here} multihop local-address {there}\n  no shutdown\n !\n!\n"))
    eventually(lambda: all_are(ours, "up"), 10, "up by UDP port 4784")


def test_a_reload_is_not_felt_by_who_did_not_change(pair):
    a, b, _ = pair
    path = a.network.file("a.conf", both_families(0))
    ours = Standfast(a, path)
    start_standfast(b)
    eventually(lambda: all_are(ours, "up"), 10, "up")
    before = sessions(ours)["B4"]
    a.network.file("a.conf", both_families(0).replace("B6", "other"))
    ours.signal(signal.SIGHUP)
    eventually(lambda: "other" in states(ours), 5, "reloaded")
    eventually(lambda: all_are(ours, "up"), 10, "the new name is up, too")
    after = sessions(ours)["B4"]
    assert after["discriminator"] == before["discriminator"]
    assert after["counters"]["went_down"] == 0


def test_a_session_goes_on_when_the_worker_is_killed(pair):
    a, b, _ = pair
    addresses = ADDRESSES[4]
    slow = {"interval": 400, "multiplier": 5}
    ours = Standfast(a, a.network.file("a.conf", session("B4", addresses[1], addresses[0], **slow)))
    theirs = Standfast(b, b.network.file("b.conf", session("B4", addresses[0], addresses[1], **slow)))
    eventually(lambda: all_are(ours, "up") and all_are(theirs, "up"), 10, "up")
    eventually(lambda: sessions(ours)["B4"]["transmit_interval_ms"] == 400, 5, "fast")
    discriminator = sessions(ours)["B4"]["discriminator"]
    os.kill(ours.status()["failover_worker"]["pid"], signal.SIGKILL)
    eventually(lambda: ours.status()["failover_worker"]["restarts"] == 1 and all_are(ours, "up"), 10, "a new worker")
    assert sessions(ours)["B4"]["discriminator"] == discriminator
    hold(lambda: all_are(theirs, "up"), 3, "the neighbour notices nothing")
    assert sessions(theirs)["B4"]["counters"]["went_down"] == 0


def test_says_goodbye_when_stopped(pair):
    a, b, _ = pair
    ours = Standfast(a, a.network.file("a.conf", both_families(0)))
    theirs = start_standfast(b)
    eventually(lambda: all_are(theirs, "up"), 10, "up")
    assert ours.stop() == 0
    eventually(lambda: {each["last_change"]["reason"]["id"] for each in sessions(theirs).values()} == {"neighbour_admin_down"},
               2, "the neighbour knows that it was on purpose")


def test_an_instance_that_tracks_a_session_fails_over(pair):
    """a's way to the router (the client) breaks while a and b still hear each other: the address moves."""
    a, b, router = pair
    here, there = ADDRESSES[4][0], f"{a.network.subnet}.200"
    tracked = instance(priority=150, advert="0.2", version=3, extra=["track_bfd {", "    B", "}"])
    on_a = Standfast(a, a.network.file("a.conf", session("B", there, here) + tracked))
    Standfast(b, b.network.file("b.conf", instance(priority=100, advert="0.2", version=3)))
    far = Standfast(router, router.network.file("router.conf", session("B", here, there)))
    eventually(lambda: a.has("172.20.76.100") and not b.has("172.20.76.100"), 15, f"a is master\n{on_a.log()}")
    far.kill()
    eventually(lambda: b.has("172.20.76.100") and not a.has("172.20.76.100"), 3, "b has taken over")
    assert on_a.status()["routers"][0]["state"] == "fault"
    Standfast(router, router.network.file("router.conf", session("B", here, there)))
    eventually(lambda: a.has("172.20.76.100") and not b.has("172.20.76.100"), 10, "a is fit again")
