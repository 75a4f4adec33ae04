"""The examples, with their files unchanged."""

import socket
import threading

import pytest

from lab import Haproxy, Keepalived, Sniffer, TOP, eventually, hold, judge

EXAMPLES = TOP / "examples"
MASTER_DOWN = 2 * 3 + 1  # seconds, at the examples' advert_int 2
PATIENCE = MASTER_DOWN + 3


def start(subject, node, example):
    return subject(node, EXAMPLES / example / f"node-{node.name}.conf")


def holds_alone(node, other, addresses):
    return lambda: node.addresses() >= set(addresses) and not other.addresses() & set(addresses)


def settle(node, other, addresses, within=PATIENCE):
    eventually(holds_alone(node, other, addresses), within, f"{', '.join(addresses)} on {node.name} only")


def answers_tcp(node, client, address):
    """A listener on the node, a connection from the client."""
    with node.inside():
        listener = socket.create_server((address, 8080), backlog=1)
    with listener:
        thread = threading.Thread(target=lambda: listener.accept()[0].sendall(b"here"), daemon=True)
        thread.start()
        with client.inside():
            connection = socket.create_connection((address, 8080), timeout=2)
        with connection:
            return connection.recv(4) == b"here"


def test_01_the_address_answers_ping_and_tcp_and_moves_and_returns(pair, subject):
    a, b, client = pair
    vip = ["172.20.76.100"]
    sniffer = Sniffer(client)
    on_a, on_b = start(subject, a, "01-multicast"), start(subject, b, "01-multicast")
    settle(a, b, vip)
    label = next(i["label"] for link in a.links() for i in link["addr_info"] if i.get("local") == vip[0])
    assert label == "eth0:0"
    assert client.ping(vip[0], count=3), "ping of the address"
    assert answers_tcp(a, client, vip[0])

    assert on_a.stop() == 0
    settle(b, a, vip, within=2)  # a said goodbye: skew only
    assert client.ping(vip[0], count=3) and answers_tcp(b, client, vip[0])

    on_a = start(subject, a, "01-multicast")
    settle(a, b, vip)
    on_a.crash_host()
    eventually(lambda: b.has(vip[0]), PATIENCE, "b takes the address of the dead a")
    assert client.ping(vip[0], count=3)
    assert on_b.stop() == 0 and not b.addresses()

    adverts = sniffer.adverts()
    assert {x.destination for x in adverts} == {"224.0.0.18"} and {x.interval for x in adverts} == {2}
    complaints, judged = judge(sniffer, f"{a.network.directory}/01.pcap")
    assert judged == len(adverts) > 3 and not complaints


def test_02_unicast_sends_nothing_to_the_group(pair, subject):
    a, b, client = pair
    example, vip = "02-unicast", "172.20.76.187"
    at_a, everywhere = Sniffer(a), Sniffer(client)
    on_a, _ = start(subject, a, example), start(subject, b, example)
    settle(a, b, [vip])
    eventually(lambda: at_a.adverts(source="172.20.76.18", destination="172.20.76.28"), 5, "an advert from a to b")
    assert client.ping(vip)
    on_a.crash_host()
    eventually(lambda: b.has(vip), PATIENCE, "b takes over")
    a.reboot()
    start(subject, a, example)
    settle(a, b, [vip])
    everyone = at_a.adverts() + everywhere.adverts()
    assert not [x for x in everyone if x.destination == "224.0.0.18"]
    assert {x.authentication for x in everyone} == {1}


@pytest.mark.parametrize("victim", ["a", "b"])
def test_03_all_four_addresses_go_to_the_node_that_is_left(pair, subject, victim):
    a, b, client = pair
    first, second = ["172.20.76.187", "172.20.76.188"], ["172.20.76.189", "172.20.76.190"]
    daemons = {node: start(subject, node, "03-two-virtual-routers") for node in (a, b)}
    settle(a, b, first)
    settle(b, a, second)
    dead, left = (a, b) if victim == "a" else (b, a)
    assert daemons[dead].stop() == 0
    settle(left, dead, first + second, within=2)
    assert all(client.ping(address) for address in first + second)
    start(subject, dead, "03-two-virtual-routers")
    settle(a, b, first)
    settle(b, a, second)


def test_04_the_address_stays_on_b_after_a_has_returned(pair, subject):
    a, b, _ = pair
    vip = ["172.20.76.187"]
    on_a, _ = start(subject, a, "04-nopreempt"), start(subject, b, "04-nopreempt")
    settle(a, b, vip)
    on_a.crash_host()
    eventually(lambda: b.has(vip[0]), PATIENCE, "b takes over")
    a.reboot()
    start(subject, a, "04-nopreempt")
    hold(holds_alone(b, a, vip), MASTER_DOWN + 2, "the address stays on b")


def test_04_with_equal_priorities_whoever_is_master_stays(pair, subject):
    a, b, _ = pair
    vip = ["172.20.76.187"]

    def equal(node):
        text = (EXAMPLES / "04-nopreempt" / f"node-{node.name}.conf").read_text()
        text = text.replace("   nopreempt ", "   #nopreempt ").replace("priority 50", "priority 100")
        return subject(node, a.network.file(f"equal-{node.name}.conf", text))

    equal(a)
    settle(a, b, vip)
    equal(b)
    hold(holds_alone(a, b, vip), MASTER_DOWN + 2, "the address stays on a, though b has the higher address")


def test_06_three_nodes_serve_one_after_the_other(network, subject):
    nodes = [network.node(name, last) for name, last in (("a", 18), ("b", 28), ("c", 38))]
    client = network.node("client", 200)
    vip = "172.20.76.86"
    for node in nodes:
        node.sysctl("net.ipv4.ip_nonlocal_bind", 1)
    proxies = [Haproxy(node, EXAMPLES / "06-three-nodes/haproxy.cfg") for node in nodes]
    daemons = [start(subject, node, "06-three-nodes") for node in nodes]

    def served_by(name):
        answer = client.run("curl", "-s", "-m", "1", f"http://{vip}/", check=False).stdout
        return answer == f"served by {name}\n"

    for node, daemon in zip(nodes, daemons):
        eventually(lambda: served_by(node.name), 12, f"{node.name} serves")
        daemon.crash_host()
    assert all(proxy.running() for proxy in proxies), "haproxy ran with the address absent"


def test_debians_keepalived_drops_what_ours_answers(pair):
    """Why example 1 is one: the same files under Debian's keepalived give an address that answers nobody."""
    a, b, client = pair
    start(Keepalived, a, "01-multicast")
    eventually(lambda: a.has("172.20.76.100"), PATIENCE, "keepalived takes the address")
    assert not client.ping("172.20.76.100", count=2)
