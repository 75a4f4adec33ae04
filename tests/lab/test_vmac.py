"""Virtual MAC addresses: the neighbours see the address at one MAC, before, during and after a failover."""

import json
import os
import signal
import time

import pytest

from lab import Keepalived, Prober, Sniffer, eventually, hold, run
from lab.configuration import instance

ADVERT = 0.2
PATIENCE = 4 * ADVERT + 3
VIP, VIP6 = "172.20.76.100", "fd00:76::100"
MAC, MAC6 = "00:00:5e:00:01:33", "00:00:5e:00:02:33"


def configuration(node, priority, vip=f"{VIP}/24", extra=("use_vmac",), **options):
    text = instance(priority=priority, version=3, advert=ADVERT, addresses=[vip], extra=extra, **options)
    return node.network.file(f"{node.name}-{priority}.conf", text)


def link(node, name="vrrp.51"):
    found = json.loads(node.ip("-j", "-d", "link", "show").stdout)
    return next((one for one in found if one["ifname"] == name), None)


def setting(node, key):
    return node.run("sysctl", "-n", key).stdout.strip()


@pytest.fixture
def running(pair, subject):
    a, b, client = pair
    sniffer = Sniffer(client)
    on_b = subject(b, configuration(b, 100))
    on_a = subject(a, configuration(a, 150))
    eventually(lambda: a.has(VIP, "vrrp.51") and not b.has(VIP, "vrrp.51"), 2 * PATIENCE, "a is master")
    return a, b, client, on_a, on_b, sniffer


def test_the_link_is_what_keepalived_makes(running):
    a, b, client, on_a, on_b, sniffer = running
    for node in (a, b):
        made = link(node)
        assert made["address"] == MAC and made["link"] == "eth0" and "UP" in made["flags"]
        assert made["linkinfo"]["info_kind"] == "macvlan" and made["linkinfo"]["info_data"]["mode"] == "private"
        assert made["inet6_addr_gen_mode"] == "none"
        assert setting(node, "net.ipv4.conf.vrrp/51.arp_ignore") == "1"
        assert setting(node, "net.ipv4.conf.vrrp/51.rp_filter") == "0"
        assert setting(node, "net.ipv6.conf.vrrp/51.disable_ipv6") == "1"
        assert setting(node, "net.ipv4.conf.eth0.arp_ignore") == "1"


def test_adverts_leave_from_the_virtual_mac_with_the_own_address(running):
    a, b, client, on_a, on_b, sniffer = running
    before = time.time()
    eventually(lambda: len(sniffer.adverts(before, source_mac=MAC)) > 2, PATIENCE, "adverts from the virtual MAC address")
    assert {advert.source for advert in sniffer.adverts(before, source_mac=MAC)} == {"172.20.76.18"}
    assert not sniffer.adverts(source_mac=a.mac())


def test_neighbours_see_one_mac_through_a_failover(running):
    a, b, client, on_a, on_b, sniffer = running
    prober = Prober(client, VIP)
    assert MAC in client.ip("neigh", "show", VIP).stdout
    before = time.time()
    on_a.crash_host()
    eventually(lambda: b.has(VIP, "vrrp.51"), PATIENCE, "b took over")
    prober.outage(before, PATIENCE)
    assert MAC in client.ip("neigh", "show", VIP).stdout, "the cache never changed"
    assert {mac for _, mac, *_ in sniffer.arps(before, VIP)} <= {MAC}
    # Who asks anew is answered once, and by the master.
    client.ip("neigh", "flush", "dev", "eth0")
    answers = client.run("arping", "-I", "eth0", "-c", "3", "-w", "4", VIP, check=False).stdout if _has_arping(client) else ""
    assert all(MAC.upper() in line.upper() for line in answers.splitlines() if "reply from" in line)
    assert client.ping(VIP)
    assert MAC in client.ip("neigh", "show", VIP).stdout


def _has_arping(node):
    return node.run("sh", "-c", "command -v arping", check=False).returncode == 0


def test_ipv6_is_answered_at_its_virtual_mac(pair, subject):
    a, b, client = pair
    sniffer = Sniffer(client)
    for node, priority in ((b, 100), (a, 150)):
        text = instance(priority=priority, version=3, advert=ADVERT, addresses=["fe80::76:100/64", f"{VIP6}/64"], extra=["use_vmac"])
        subject(node, node.network.file(f"{node.name}.conf", text))
    eventually(lambda: a.has(VIP6, "vrrp.51") and not b.has(VIP6, "vrrp.51"), 2 * PATIENCE, "a is master")
    eventually(lambda: sniffer.adverts(source_mac=MAC6), PATIENCE, "adverts from the virtual MAC address")
    assert client.ping(VIP6, count=2)
    assert MAC6 in client.ip("neigh", "show", VIP6).stdout


def test_a_removed_link_is_back_and_mastership_is_kept(running):
    a, b, client, on_a, on_b, sniffer = running
    before = time.time()
    a.ip("link", "del", "vrrp.51")
    eventually(lambda: link(a) and a.has(VIP, "vrrp.51"), 1, "link and address are back")
    a.ip("link", "set", "vrrp.51", "down")
    eventually(lambda: "UP" in link(a)["flags"], 1, "and up")
    hold(lambda: a.has(VIP, "vrrp.51") and not b.has(VIP, "vrrp.51"), 3 * ADVERT, "a is master still")
    assert not [x for x in sniffer.adverts(before) if x.resigns]
    assert client.ping(VIP)


def test_nothing_is_left_at_the_end(running):
    a, b, client, on_a, on_b, sniffer = running
    sockets = a.run("ss", "-wanp").stdout
    os.kill(next(pid for pid in on_a.tree() if f"pid={pid}," in sockets), signal.SIGKILL)
    hold(lambda: a.has(VIP, "vrrp.51"), 3 * ADVERT, "the next worker takes the link over")
    assert on_a.stop() == 0
    assert link(a) is None
    assert setting(a, "net.ipv4.conf.eth0.arp_ignore") == "0", "put back, by the second worker too"
    assert setting(a, "net.ipv4.conf.eth0.arp_filter") == "0"


def test_adverts_leave_from_the_interface_with_vmac_xmit_base(pair, subject):
    a, _, client = pair
    sniffer = Sniffer(client)
    subject(a, configuration(a, 150, extra=("use_vmac", "vmac_xmit_base")))
    eventually(lambda: a.has(VIP, "vrrp.51"), PATIENCE, "a is master")
    eventually(lambda: sniffer.adverts(source_mac=a.mac()), PATIENCE, "adverts from the interface's own MAC address")
    assert not sniffer.adverts(source_mac=MAC)
    assert client.ping(VIP) and MAC in client.ip("neigh", "show", VIP).stdout


@pytest.mark.parametrize("ours_is_better", [True, False])
def test_with_keepalived_in_the_same_mode(pair, subject, ours_is_better):
    a, b, client = pair
    subject(a, configuration(a, 150 if ours_is_better else 100))
    theirs = Keepalived(b, configuration(b, 120))
    holder, other = (a, b) if ours_is_better else (b, a)
    eventually(lambda: holder.has(VIP, "vrrp.51") and not other.has(VIP, "vrrp.51"), 3 * PATIENCE, "the better one")
    assert client.ping(VIP)
    if ours_is_better:
        assert MAC in client.ip("neigh", "show", VIP).stdout
    else:
        theirs.crash_host()
        eventually(lambda: a.has(VIP, "vrrp.51"), PATIENCE, "ours takes over")
        assert client.ping(VIP, count=3) and MAC in client.ip("neigh", "show", VIP).stdout
