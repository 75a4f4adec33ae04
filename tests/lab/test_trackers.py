"""What an address depends on: scripts, files, processes, links, groups; and everything that can be wrong with them."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

from lab import Haproxy, Nginx, Sniffer, TOP, eventually, hold
from lab.configuration import instance

EXAMPLES = TOP / "examples"
VIP = "172.20.76.100"


def on_only(node, other, address=VIP):
    return lambda: node.has(address) and not other.has(address)


def router(daemon, name):
    """What status says of it; neither the daemon nor the worker may have begun yet."""
    nothing = {"state": None, "priority": {"effective": None, "parts": []}}
    with contextlib.suppress(AssertionError):
        return next((r for r in daemon.status()["routers"] if r["name"] == name), nothing)
    return nothing


def priority(daemon, name="VI"):
    return router(daemon, name)["priority"]["effective"]


def parts(daemon, name="VI"):
    return [part["what"] for part in router(daemon, name)["priority"]["parts"]]


def state(daemon, name="VI"):
    return router(daemon, name)["state"]


@pytest.fixture
def one(network, subject):
    """A node, and a way to start it with some blocks and lines of its instance."""
    node = network.node("a", 18)

    def start(*blocks, lines=(), **options):
        text = "\n".join(blocks) + "\n" + instance(extra=lines, version=3, advert="0.2", **options)
        return subject(node, network.file("one.conf", text))

    start.node = node
    start.network = network
    return start


def script(network, name, text, mode=0o755):
    path = pathlib.Path(network.file(name, text))
    path.chmod(mode)
    return path


def chk(command, *lines):
    return "\n".join(["vrrp_script chk {", f'    script "{command}"', *(f"    {line}" for line in lines), "}"])


TRACK = ("track_script {", "    chk", "}")


# The cookbook.

def test_09_a_file_costs_50_and_the_address(pair, subject):
    a, b, client = pair
    vip = "172.20.76.109"
    on_a, on_b = [subject(n, EXAMPLES / "09-track-script-file" / f"node-{n.name}.conf") for n in (a, b)]
    eventually(on_only(a, b, vip), 15, "a has it")
    on_a.enter("touch", "/etc/keepalived/down")
    eventually(on_only(b, a, vip), 15, "b takes it after three failures")
    assert "script chk_down (exit 7, 3 of 3)" in parts(on_a, "VI_1")
    on_a.enter("rm", "/etc/keepalived/down")
    eventually(on_only(a, b, vip), 25, "a takes it back after five successes")


def test_10_the_gateway_decides(network, subject):
    gateway, a, b = network.node("gw", 18), network.node("a", 38), network.node("b", 28)
    vip = "172.20.76.110"
    on_a, on_b = [subject(n, EXAMPLES / "10-track-script-ping" / f"node-{n.name}.conf") for n in (a, b)]
    eventually(on_only(a, b, vip), 15, "a has it")
    a.ip("neigh", "replace", "172.20.76.18", "lladdr", "02:00:00:00:00:99", "dev", "eth0", "nud", "permanent")
    eventually(on_only(b, a, vip), 25, "a does not reach the gateway any more: b takes it")
    assert "VRRP_Script(linux_ping)" in on_a.log()
    a.ip("neigh", "del", "172.20.76.18", "dev", "eth0")
    eventually(on_only(a, b, vip), 30, "a takes it back")


def test_11_killing_haproxy_moves_the_address_and_starting_it_brings_it_back(pair, subject):
    a, b, client = pair
    vip, example = "172.20.76.111", EXAMPLES / "11-track-haproxy"
    for node in (a, b):
        node.sysctl("net.ipv4.ip_nonlocal_bind", 1)
    proxies = {node.name: Haproxy(node, example / "haproxy.cfg") for node in (a, b)}

    def served_by():
        return client.run("curl", "-s", "-m", "1", f"http://{vip}/", check=False).stdout

    for node in (a, b):
        subject(node, example / f"node-{node.name}.conf")
    eventually(lambda: served_by() == "served by a\n", 15, "a serves")
    proxies["a"].kill()
    eventually(lambda: served_by() == "served by b\n", 15, "b serves after a's haproxy died")
    Haproxy(a, example / "haproxy.cfg")
    eventually(lambda: served_by() == "served by a\n", 20, "a serves again")


def test_12_an_nginx_that_does_not_answer_moves_the_address(pair, subject):
    a, b, client = pair
    vip, example = "172.20.76.112", EXAMPLES / "12-track-nginx"
    for node in (a, b):
        node.sysctl("net.ipv4.ip_nonlocal_bind", 1)
    servers = {node.name: Nginx(node, example / "nginx.conf") for node in (a, b)}

    def served_by():
        return client.run("curl", "-s", "-m", "1", f"http://{vip}/", check=False).stdout

    for node in (a, b):
        subject(node, example / f"node-{node.name}.conf")
    eventually(lambda: served_by() == "served by a\n", 15, "a serves")
    for pid in servers["a"].tree():
        os.kill(pid, signal.SIGSTOP)
    eventually(lambda: served_by() == "served by b\n", 15, "b serves while a's nginx hangs")
    for pid in servers["a"].tree():
        os.kill(pid, signal.SIGCONT)
    eventually(lambda: served_by() == "served by a\n", 20, "a serves again")
    servers["a"].kill()
    eventually(lambda: served_by() == "served by b\n", 15, "b serves after a's nginx died")


# Scripts that misbehave: the address goes where it should, adverts go on, and the log says it once.

@pytest.mark.parametrize("text, said", [
    ("#!/bin/sh\nexec sleep 1000\n", "timed_out"),
    ("#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 1; done\n", "ignored SIGTERM"),
    ("#!/bin/sh\nkill -SEGV $$\n", "signal 11"),
    ("#!/bin/sh\nexit 3\n", "exited with status 3"),
])
def test_a_bad_script_is_a_fault_and_said_once(one, text, said):
    path = script(one.network, "bad.sh", text)
    daemon = one(chk(path, "interval 0.5"), lines=TRACK)
    eventually(lambda: state(daemon) == "fault", 10, "FAULT")
    hold(lambda: state(daemon) == "fault", 4, "and stays there")
    lines = [line for line in daemon.log().splitlines() if said in line and "VRRP_Script" in line]
    assert "event=script_overlap" not in daemon.log()
    assert len(lines) == 1, daemon.log()


def test_a_script_that_floods_its_output_is_a_script_like_any_other(one):
    path = script(one.network, "flood.sh", "#!/bin/sh\nhead -c 20000000 /dev/zero\nhead -c 20000000 /dev/zero >&2\n")
    daemon = one(chk(path, "interval 1"), lines=TRACK)
    eventually(lambda: one.node.has(VIP), 15, "master")


@pytest.mark.parametrize("damage", ["delete", "directory", "x bit"])
def test_a_script_that_is_damaged_while_it_is_in_use(one, damage):
    path = script(one.network, "chk.sh", "#!/bin/sh\nexit 0\n")
    daemon = one(chk(path, "interval 0.2"), lines=TRACK)
    eventually(lambda: one.node.has(VIP), 10, "master")
    if damage == "x bit":
        path.chmod(0o644)
    else:
        path.unlink()
        if damage == "directory":
            path.mkdir()
    eventually(lambda: state(daemon) == "fault" and not one.node.has(VIP), 5, "FAULT")
    time.sleep(2)
    assert len([line for line in daemon.log().splitlines() if "cannot be started" in line and "VRRP_Script" in line]) == 1
    if damage == "directory":
        path.rmdir()
    if damage != "x bit":
        path.write_text("#!/bin/sh\nexit 0\n")
    path.chmod(0o755)
    eventually(lambda: one.node.has(VIP), 10, "well again, master again")


def test_a_killed_worker_goes_on_with_what_its_trackers_knew(one):
    path = script(one.network, "chk.sh", "#!/bin/sh\nexit 1\n")
    daemon = one(chk(path, "interval 1", "weight -30"), lines=TRACK)
    eventually(lambda: one.node.has(VIP) and priority(daemon) == 70, 10, "master with 70")
    sockets = one.node.run("ss", "-wanp").stdout
    worker = next(pid for pid in daemon.tree() if f"pid={pid}," in sockets)
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: daemon.status()["failover_worker"]["restarts"] == 1 and priority(daemon) == 70, 5, "still 70")
    assert state(daemon) == "master"


def test_a_killed_watcher_is_started_again_and_scripts_go_on(one):
    path = script(one.network, "chk.sh", "#!/bin/sh\n[ ! -e $0.bad ]\n")
    daemon = one(chk(path, "interval 0.2"), lines=TRACK)
    eventually(lambda: one.node.has(VIP), 10, "master")
    watcher = next(pid for pid in daemon.tree() if pathlib.Path(f"/proc/{pid}/comm").read_text() == "standfast-watch\n")
    os.kill(watcher, signal.SIGKILL)
    hold(lambda: one.node.has(VIP), 1.5, "nobody notices")
    pathlib.Path(f"{path}.bad").touch()
    eventually(lambda: state(daemon) == "fault", 5, "the new one runs the script")


# Files.

def test_a_tracked_file(one):
    number = pathlib.Path(one.network.directory) / "number"
    daemon = one("track_file f {", f"    file {number}", "    weight 2", "    init_file 10", "}",
                 lines=("track_file {", "    f", "}"))
    eventually(lambda: priority(daemon) == 120, 10, "the file was made and counts")
    for text, wanted in (("-20\n", 60), ("0x10", 132), ("abc", 100), ("5" * 10_000_000, 254)):
        number.write_text(text)
        eventually(lambda: priority(daemon) == wanted, 5, f"{text[:10]} makes {wanted}")
    number.write_text("7")
    number.chmod(0)
    eventually(lambda: priority(daemon) in (114, 100), 5, "root may read it all the same")
    replacement = number.with_suffix(".new")
    replacement.write_text("-200")
    replacement.rename(number)
    eventually(lambda: state(daemon) == "fault", 5, "-400 is a fault")
    number.unlink()
    eventually(lambda: priority(daemon) == 100 and state(daemon) != "fault", 5, "no file is 0")
    number.mkdir()
    eventually(lambda: "is a directory" in daemon.log(), 5, "said")


# Processes.

def copy_of_sleep(network, name):
    path = pathlib.Path(network.directory) / name
    shutil.copy("/bin/sleep", path)
    return path


def test_a_tracked_process(one):
    name = f"sfp{os.getpid()}"
    path = copy_of_sleep(one.network, name)
    daemon = one("vrrp_track_process p {", f"    process {name}", "    quorum 2", "}",
                 lines=("track_process {", "    p", "}"))
    eventually(lambda: state(daemon) == "fault", 10, "none runs")
    first, second = [subprocess.Popen([path, "1000"]) for _ in range(2)]
    eventually(lambda: one.node.has(VIP), 10, "two are enough")
    dies = time.time()
    first.kill()
    eventually(lambda: not one.node.has(VIP), 2, "one is not")
    assert time.time() - dies < 0.5
    second.kill()
    first.wait(), second.wait()


def test_a_process_storm_makes_no_advert_late_and_loses_nothing(one):
    name = f"sfq{os.getpid()}"
    path = copy_of_sleep(one.network, name)
    client = one.network.node("client", 200)
    sniffer = Sniffer(client)
    kept = subprocess.Popen([path, "1000"])
    daemon = one("vrrp_track_process p {", f"    process {name}", "}", lines=("track_process {", "    p", "}"))
    eventually(lambda: one.node.has(VIP), 10, "master")
    storm = subprocess.Popen(["/usr/bin/python3", "-c",
                              "import os, time\nend = time.time() + 4\nwhile time.time() < end:\n"
                              "    pid = os.fork()\n    if pid == 0: os._exit(0)\n    os.waitpid(pid, 0)"])
    before = time.time()
    storm.wait()
    adverts = [x for x in sniffer.adverts(before)]
    gaps = [b.time - a.time for a, b in zip(adverts, adverts[1:])]
    assert len(gaps) > 15 and max(gaps) < 0.2 + 0.15, f"longest gap {max(gaps):.3f} s"
    assert state(daemon) == "master"
    kept.kill()
    kept.wait()
    eventually(lambda: state(daemon) == "fault", 5, "after the storm it still counts right")


# Links and groups.

def test_another_interface_and_its_delays(one):
    one.node.batch(["link add dum0 type veth peer name dum1", "link set dum0 up", "link set dum1 up"])
    daemon = one("interface_up_down_delays {", "    dum0 0.3 1", "}", lines=("track_interface {", "    dum0", "}"))
    eventually(lambda: one.node.has(VIP), 10, "master")
    one.node.ip("link", "set", "dum1", "down")
    time.sleep(0.1)
    one.node.ip("link", "set", "dum1", "up")
    hold(lambda: one.node.has(VIP), 1, "a flap is nothing")
    one.node.ip("link", "set", "dum1", "down")
    eventually(lambda: state(daemon) == "fault", 3, "it has lasted")
    one.node.ip("link", "set", "dum1", "up")
    eventually(lambda: one.node.has(VIP), 10, "back")


def test_a_sync_group_moves_as_one(pair, subject):
    a, b, client = pair
    second = "172.20.76.101"

    def group(node, base):
        out = node.network.file(f"{node.name}-told", "")
        hook = script(node.network, f"{node.name}-hook.sh", f"#!/bin/sh\necho \"$@\" >> {out}\n")
        text = "\n".join([
            "vrrp_sync_group G {", "    group {", "        VI_1", "        VI_2", "    }", f"    notify {hook}", "}",
            instance("VI_1", 51, base, version=3, advert="0.2", addresses=[f"{VIP}/24"], extra=("track_interface {", "    dum0", "}")),
            instance("VI_2", 52, base, version=3, advert="0.2", addresses=[f"{second}/24"])])
        node.batch(["link add dum0 type veth peer name dum1", "link set dum0 up", "link set dum1 up"])
        return subject(node, node.network.file(f"{node.name}.conf", text)), pathlib.Path(out)

    on_b, told_b = group(b, 100)
    on_a, told_a = group(a, 150)

    def holds_both(node, other):
        return lambda: {VIP, second} <= node.addresses() and not other.addresses() & {VIP, second}

    eventually(holds_both(a, b), 10, "a has both")
    eventually(lambda: told_a.read_text().split("\n")[-2:-1] == ["GROUP G MASTER 0"], 5, "its script was told")
    a.ip("link", "set", "dum1", "down")
    eventually(holds_both(b, a), 5, "b has both: one member's fault is the group's")
    eventually(lambda: told_a.read_text().split("\n")[-2:-1] == ["GROUP G FAULT 0"], 5, "its script was told")
    shown = next(g for g in on_a.status()["groups"] if g["name"] == "G")
    assert shown["state"] == "fault" and shown["members"] == ["VI_1", "VI_2"]
    a.ip("link", "set", "dum1", "up")
    eventually(holds_both(a, b), 10, "a takes both back")
    assert on_a.stop() == 0
    eventually(lambda: told_a.read_text().split("\n")[-2:-1] == ["GROUP G STOP 0"], 5, "its script was told")
