"""auth_hmac between two nodes: keys are replaced while adverts go on, a recorded advert is refused."""

import json
import os
import socket
import time

from lab import Sniffer, eventually, hold
from lab.configuration import instance
from lab.programs import program

VIP = "172.20.76.100"
ADVERT = 0.2
PATIENCE = 4 * ADVERT + 3
OLD, NEW = "hex:" + "a1" * 32, "hex:" + "b2" * 40


def signed(priority, keys, active, more=()):
    block = ["auth_hmac {", *(f"    key {number} {key}" for number, key in keys), f"    active_key {active}", *more, "}"]
    return instance(priority=priority, version=3, advert=ADVERT, addresses=[f"{VIP}/24"], extra=block)


def start(subject, node, text):
    return subject(node, node.network.file(f"{node.name}.conf", text))


def reload(daemon, text):
    generation = daemon.status()["configuration"]["generation"]
    with open(daemon.configuration, "w", encoding="utf-8") as out:
        out.write(text)
    daemon.signal(1)
    eventually(lambda: daemon.status()["configuration"]["generation"] == generation + 1, 10, "the new generation is in force")


def counters(daemon):
    return daemon.status()["routers"][0]["counters"]


def refused(daemon):
    return {name: count for name, count in counters(daemon).items() if name.startswith("signature_") and count}


def state(daemon):
    return daemon.status()["routers"][0]["state"]


def running(pair, subject, keys=((1, OLD),), active=1):
    a, b, client = pair
    sniffer = Sniffer(client)
    on_b = start(subject, b, signed(100, keys, active))
    on_a = start(subject, a, signed(150, keys, active))
    eventually(lambda: a.has(VIP) and not b.has(VIP), 2 * PATIENCE, "a is master")
    return a, b, client, on_a, on_b, sniffer


def test_keys_are_replaced_by_reloads_and_no_advert_is_lost(pair, subject):
    a, b, client, on_a, on_b, sniffer = running(pair, subject)
    before = time.time()
    both = ((1, OLD), (2, NEW))
    for keys, active in ((both, 1), (both, 2), (((2, NEW),), 2)):
        for daemon, priority in ((on_a, 150), (on_b, 100)):
            reload(daemon, signed(priority, keys, active))
            time.sleep(2 * ADVERT)
    assert state(on_a) == "master" and state(on_b) == "backup"
    assert not refused(on_a) and not refused(on_b)
    adverts = sniffer.adverts(before)
    gaps = [later.time - earlier.time for earlier, later in zip(adverts, adverts[1:])]
    assert max(gaps) < 1.5 * ADVERT, f"no advert was left out: {max(gaps)}"
    assert {advert.source for advert in adverts} == {"172.20.76.18"}
    last = [frame for _, _, frame in sniffer.frames() if frame[12:14] == b"\x08\x00" and frame[23] == 112][-1]
    assert last[14 + 20 + 12:][:2] == b"\x01\x02", "signed with the new key"


def test_a_recorded_advert_is_refused(pair, subject):
    a, b, client, on_a, on_b, sniffer = running(pair, subject)
    eventually(lambda: len(sniffer.adverts(source="172.20.76.18")) > 3, PATIENCE, "something is recorded")
    recorded = [frame for _, _, frame in sniffer.frames() if frame[12:14] == b"\x08\x00" and frame[23] == 112][-1]
    on_a.stop()
    eventually(lambda: b.has(VIP), 2 * PATIENCE, "b took over")
    with client.inside():
        again = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        again.bind(("eth0", 0))
    for _ in range(10):
        again.send(recorded)
        time.sleep(0.05)
    again.close()
    eventually(lambda: counters(on_b)["signature_replayed"] >= 10, 2, "each of them is counted")
    assert state(on_b) == "master" and b.has(VIP)


def test_an_unsigned_node_is_not_obeyed_by_those_who_enforce(pair, subject):
    a, b, client = pair
    on_b = start(subject, b, signed(100, ((1, OLD),), 1))
    eventually(lambda: b.has(VIP), 2 * PATIENCE, "b is master")
    on_a = start(subject, a, instance(priority=150, version=3, advert=ADVERT, addresses=[f"{VIP}/24"]))
    eventually(lambda: counters(on_b)["signature_missing"] > 3, 2 * PATIENCE, "b counts what it refuses")
    assert state(on_b) == "master"
    reload(on_b, signed(100, ((1, OLD),), 1, ["mode receive-only"]))
    eventually(lambda: state(on_b) == "backup", 2 * PATIENCE, "receive-only obeys")
    assert state(on_a) == "master"


def test_a_worker_that_is_killed_goes_on_with_higher_numbers(pair, subject):
    a, b, client, on_a, on_b, sniffer = running(pair, subject)
    worker = on_a.status()["failover_worker"]["pid"]
    os.kill(worker, 9)
    eventually(lambda: on_a.status()["failover_worker"]["pid"] not in (worker, 0), 5, "a new worker")
    hold(lambda: state(on_b) == "backup", 6 * ADVERT, "b believes the new worker")
    assert not refused(on_b)


def test_a_key_from_a_file_and_its_permissions(pair, subject):
    a, _, _ = pair
    key = a.network.file("key", NEW + "\n")
    os.chmod(key, 0o600)
    daemon = start(subject, a, signed(100, ((7, f"file:{key}"),), 7))
    eventually(lambda: a.has(VIP), 2 * PATIENCE, "master")
    daemon.stop()
    os.chmod(key, 0o644)
    checked = a.run(program("standfast"), "check", daemon.configuration, check=False)
    assert "others may read or write the key file" in checked.stdout + checked.stderr

