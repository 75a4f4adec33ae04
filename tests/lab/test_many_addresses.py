"""250 addresses, 125 in each of two routers, every node the master of one."""

import pytest

from lab import eventually
from lab.configuration import instance, unicast

FIRST = [f"172.20.77.{n}" for n in range(1, 126)]
SECOND = [f"172.20.78.{n}" for n in range(1, 126)]
LAST = {"a": 18, "b": 28}


def configuration(me, other):
    peers = unicast(f"172.20.76.{LAST[me]}", f"172.20.76.{LAST[other]}")
    return "".join(
        instance(name, vrid, 100 if me == best else 80, "MASTER" if me == best else "BACKUP",
                 addresses=[f"{address}/32 dev eth0" for address in addresses], extra=peers)
        for name, vrid, best, addresses in (("VIP1", 76, "a", FIRST), ("VIP2", 176, "b", SECOND)))


@pytest.mark.parametrize("victim", ["a", "b"])
@pytest.mark.parametrize("way", ["stop", "crash_host"])
def test_all_250_are_on_the_node_that_is_left(pair, subject, victim, way):
    a, b, client = pair
    for subnet in ("172.20.77.0/24", "172.20.78.0/24"):
        client.ip("route", "add", subnet, "dev", "eth0", "src", "172.20.76.200")
    daemons = {}
    for node, other in ((a, b), (b, a)):
        path = node.network.file(f"{node.name}.conf", configuration(node.name, other.name))
        daemons[node.name] = subject(node, path)
    eventually(lambda: a.addresses() == set(FIRST) and b.addresses() == set(SECOND), 15, "125 on each")
    left = b if victim == "a" else a
    getattr(daemons[victim], way)()
    eventually(lambda: left.addresses() == set(FIRST + SECOND), 8, "all 250 on one node")
    assert client.ping(FIRST[0]) and client.ping(FIRST[-1]) and client.ping(SECOND[0]) and client.ping(SECOND[-1])
