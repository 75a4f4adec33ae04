"""A router in a VRF: unicast without an interface. And what `disable_local_igmp` does to the whole host."""

import pytest

from lab import TOP, eventually, hold, uml
from lab.configuration import instance, unicast

ADVERT = 0.2
PATIENCE = 4 * ADVERT + 3
VIP = "172.20.76.100"
IGMP = "net.ipv4.igmp_link_local_mcast_reports"


def address_of(node):
    return node.own_addresses[0].partition("/")[0]


def in_vrf(node, priority, peer):
    """The node's link in a VRF, and a configuration that names the VRF where others name an interface."""
    if node.ip("link", "add", "red", "type", "vrf", "table", "10", check=False).returncode != 0:
        pytest.skip("this kernel has no VRF")
    node.ip("link", "set", "red", "up")
    node.ip("link", "set", "eth0", "master", "red")
    text = instance(priority=priority, version=3, advert=ADVERT, addresses=[f"{VIP}/24 dev eth0"],
                    extra=["vrf red", *unicast(address_of(node), address_of(peer))])
    text = "\n".join(line for line in text.splitlines() if "interface eth0" not in line) + "\n"
    return node.network.file(f"{node.name}.conf", text)


def test_unicast_within_a_vrf(pair, subject):
    a, b, _ = pair
    files = {node: in_vrf(node, priority, peer) for node, priority, peer in ((a, 150, b), (b, 100, a))}
    subject(b, files[b])
    on_a = subject(a, files[a])
    eventually(lambda: a.has(VIP, "eth0") and not b.has(VIP, "eth0"), 2 * PATIENCE, "a is master")
    hold(lambda: a.has(VIP, "eth0") and not b.has(VIP, "eth0"), 5 * ADVERT, "they hear each other through the VRF")
    on_a.crash_host()
    eventually(lambda: b.has(VIP, "eth0"), PATIENCE, "b took over")


@pytest.mark.skipif(not uml.available(), reason="tools/fetch-peers has not fetched User Mode Linux")
def test_unicast_within_a_vrf_of_a_kernel_that_has_it():
    done = uml.run_in_guest(["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"{__file__}::test_unicast_within_a_vrf"],
                            modules=["vrf", "veth", "bridge"], timeout=240, environment={"STANDFAST_LAB_PATIENCE": "6"}, directory=TOP)
    said = (done.stdout + done.stderr).decode(errors="replace")
    assert done.returncode == 0 and "1 passed" in said, said[-8000:]


@pytest.mark.parametrize("written", [True, False])
def test_disable_local_igmp_lasts_as_long_as_the_daemon(pair, subject, written):
    a, _, _ = pair
    text = instance(priority=150, advert=ADVERT, version=3)
    if written:
        text = "global_defs {\n    disable_local_igmp\n}\n" + text
    daemon = subject(a, a.network.file("a.conf", text))
    eventually(lambda: a.has(VIP), 2 * PATIENCE, "a is master")
    assert a.run("sysctl", "-n", IGMP).stdout.strip() == ("0" if written else "1")
    daemon.stop()
    assert a.run("sysctl", "-n", IGMP).stdout.strip() == "1"
