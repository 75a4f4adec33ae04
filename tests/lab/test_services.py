"""Virtual servers as an operator sets them up: directors with VRRP, real web servers, a client that counts every failed request.

On a kernel without IPVS these run over the nftables plane; test_services_ipvs.py runs them in a guest with IPVS."""

import os
import shutil
import time

import pytest

from lab import PEERS, Nginx, TOP, Visitor, eventually, hold, program, run

IN_GUEST = "STANDFAST_IN_GUEST" in os.environ
VIP = "172.20.76.187"
WEB = {"c": 38, "d": 48, "sorry": 58}


class Site:
    """Two directors, two web servers and one that says sorry."""

    def __init__(self, network, subject, example, changes=()):
        self.network, self.subject = network, subject
        self.folder = TOP / "examples" / example
        if changes:
            copy = network.directory + "/site"
            shutil.copytree(self.folder, copy)
            self.folder = type(self.folder)(copy)
            self.change(*changes)
        self.directors = {name: network.node(name, last) for name, last in (("a", 18), ("b", 28))}
        self.client = network.node("client", 200)
        self.servers, self.nginx = {}, {}
        for name, last in WEB.items():
            self.servers[name] = network.node(name, last)
            self.start_server(name)
        self.daemons = {}

    def change(self, *changes):
        path = self.folder / "conf/web.conf"
        text = path.read_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path.write_text(text)

    def start_server(self, name):
        node = self.servers[name]
        self.nginx[name] = nginx = Nginx(node, self.folder / "nginx.conf")
        nginx.enter("sh", "-c", "mkdir -p /run/www/test && echo well >/run/www/test/index.html")
        nginx.enter(program("standfast"), "real-server", "up", VIP)

    def start(self, name):
        self.daemons[name] = self.subject(self.directors[name], self.folder / f"node-{name}.conf")
        return self.daemons[name]

    def status(self, name="a"):
        return self.daemons[name].status()["services"]["virtual_servers"]

    def up(self, name="a"):
        """Last octets of the servers that serve."""
        return {int(s["address"].rpartition(".")[2]) for v in self.status(name) for s in v["servers"] if s["serves"]}


def flush(node):
    """As somebody does who wants to start afresh."""
    if IN_GUEST:
        return node.run(PEERS / "ipvsadm", "-C")
    for table in node.run("nft", "list", "tables").stdout.splitlines():
        if "standfast" in table:
            node.run("nft", "delete", *table.split())


def nothing_is_left(node):
    if IN_GUEST:
        return "TCP" not in node.run(PEERS / "ipvsadm", "-Ln").stdout
    return "standfast" not in node.run("nft", "list", "ruleset").stdout


FAST = (("delay_loop 6", "delay_loop 1"), ("nb_get_retry 3", "nb_get_retry 1"), ("delay_before_retry 3", "delay_before_retry 1"),
        ("connect_timeout 5", "connect_timeout 1"))
BOTH = {"served by c", "served by d"}


@pytest.fixture
def site(network, subject):
    return lambda example, changes=FAST: Site(network, subject, example, changes)


def started(site):
    for name in ("a", "b"):
        site.start(name)
    visitor = Visitor(site.client, VIP)
    eventually(lambda: set(visitor.since(time.time() - 1)) == BOTH, 20, "both web servers serve")
    return visitor


def test_07_as_written_alternates_between_the_servers(site):
    site = site("07-lvs-dr-tcp", changes=())
    visitor = started(site)
    begun = time.time()
    assert visitor.served(3) == BOTH
    answers = visitor.since(begun)
    assert abs(answers.count("served by c") - answers.count("served by d")) <= 2
    assert {s["method"] for v in site.status() for s in v["servers"]} == {"DR"}
    assert site.daemons["a"].status()["services"]["plane"] == ("ipvs" if IN_GUEST else "nftables")


def test_07_dead_servers_leave_the_sorry_server_stands_in_and_goes(site):
    site = site("07-lvs-dr-tcp")
    visitor = started(site)
    site.nginx["c"].kill()
    eventually(lambda: site.up() == {48}, 10, "c is out")
    assert visitor.served() == {"served by d"}
    site.nginx["d"].kill()
    eventually(lambda: visitor.since(time.time() - 1) and set(visitor.since(time.time() - 1)) == {"served by sorry"}, 10, "sorry")
    site.start_server("c")
    eventually(lambda: set(visitor.since(time.time() - 1)) == {"served by c"}, 10, "c is back, sorry is gone")


def test_08_a_deleted_page_takes_the_server_out_though_its_port_answers(site):
    site = site("08-lvs-dr-http")
    visitor = started(site)
    site.nginx["d"].enter("rm", "/run/www/test/index.html")
    eventually(lambda: site.up() == {38}, 10, "d is out")
    down = next(s for v in site.status() for s in v["servers"] if not s["up"])
    assert "404" in down["checks"][0]["result"]
    begun = time.time()
    assert visitor.served() == {"served by c"}
    assert not visitor.failures(begun)
    site.nginx["d"].enter("sh", "-c", "echo well >/run/www/test/index.html")
    eventually(lambda: site.up() == {38, 48}, 10, "d is back")
    assert visitor.served() == BOTH


def test_a_director_that_is_stopped_or_dies_is_replaced(site):
    site = site("07-lvs-dr-tcp")
    visitor = started(site)
    when = time.time()
    assert site.daemons["a"].stop() == 0
    eventually(lambda: site.directors["b"].has(VIP), 5, "b takes over")
    assert visitor.served(2) == BOTH
    skew = (256 - 90) / 256  # of b, after a's farewell; the address answers nobody meanwhile
    assert not [at for at, _ in visitor.failures(when) if at > skew + 0.5], visitor.failures(when)
    site.start("a")
    eventually(lambda: site.directors["a"].has(VIP), 15, "a takes it back")
    eventually(lambda: site.up() == {38, 48}, 15, "a knows its servers")
    when = time.time()
    site.daemons["a"].crash_host()
    eventually(lambda: site.directors["b"].has(VIP), 10, "b takes over")
    silence = time.time() - when
    eventually(lambda: set(visitor.since(time.time() - 1)) == BOTH, 10, "b serves")
    late = [at for at, _ in visitor.failures(when) if at > silence + 1.5]
    assert not late, "requests fail only until the address has moved"


def test_a_reload_that_adds_a_server_fails_no_request(site):
    site = site("07-lvs-dr-tcp")
    site.change(("real_server 172.20.76.48 80", "real_server 172.20.76.59 80"))
    site.start("a")
    visitor = Visitor(site.client, VIP, rate=200)
    eventually(lambda: set(visitor.since(time.time() - 1)) == {"served by c"}, 20, "c serves alone")
    when = time.time()
    site.change(("real_server 172.20.76.59 80", "real_server 172.20.76.48 80"))
    site.daemons["a"].enter(program("standfast"), "reload")
    eventually(lambda: set(visitor.since(time.time() - 1)) == BOTH, 10, "d serves too")
    assert not visitor.failures(when)


def test_a_killed_balancer_is_replaced_and_nobody_notices(site):
    site = site("07-lvs-dr-tcp")
    visitor = started(site)
    when = time.time()
    before = site.daemons["a"].status()["balancer_worker"]["pid"]
    run("kill", "-9", before)
    eventually(lambda: site.daemons["a"].status()["balancer_worker"]["state"] == "running"
               and site.daemons["a"].status()["balancer_worker"]["pid"] != before, 10, "another worker")
    assert site.up() == {38, 48}
    assert visitor.served() == BOTH and not visitor.failures(when)


def test_somebody_who_flushes_the_table_is_put_right(site):
    site = site("07-lvs-dr-tcp")
    visitor = started(site)
    flush(site.directors["a"])
    eventually(lambda: set(visitor.since(time.time() - 1)) == BOTH, 30, "the table is back")
    eventually(lambda: "put right" in site.daemons["a"].log(), 30, "and the log says so")


def test_a_stopped_daemon_leaves_nothing_and_real_servers_are_as_before(site):
    site = site("07-lvs-dr-tcp")
    started(site)
    assert site.daemons["a"].stop() == 0
    assert nothing_is_left(site.directors["a"])
    server, nginx = site.servers["c"], site.nginx["c"]
    assert nginx.enter(program("standfast"), "real-server", "status", check=False).returncode == 0
    assert nginx.enter(program("standfast"), "real-server", "up", VIP).returncode == 0, "twice is once"
    server.sysctl("net.ipv4.conf.all.arp_ignore", 0)
    assert nginx.enter(program("standfast"), "real-server", "status", check=False).returncode == 3
    server.sysctl("net.ipv4.conf.all.arp_ignore", 1)
    nginx.enter(program("standfast"), "real-server", "down")
    assert VIP not in server.addresses("lo")
    assert server.run("sysctl", "-n", "net.ipv4.conf.all.arp_ignore", "net.ipv4.conf.lo.arp_announce").stdout.split() == ["0", "0"]


def test_without_an_address_ha_suspend_checks_nothing(site):
    site = site("07-lvs-dr-tcp", changes=(*FAST, ("protocol TCP", "protocol TCP\nha_suspend")))
    started(site)
    assert all(v["suspended"] for v in site.status("b"))
    hold(lambda: sum(c["probes"] for v in site.status("b") for s in v["servers"] for c in s["checks"]) == 0, 3, "b asks nobody")
