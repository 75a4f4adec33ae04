"""A machine that refuses: capabilities, descriptors, memory, a read-only /run, a firewall, a kernel that says more than we can read.

Each must be said in one clear line, and nothing may be half done."""

import contextlib
import os
import signal
import socket
import time

import pytest

from lab import Sniffer, Standfast, eventually, hold, run
from lab.configuration import instance

VIP = "172.20.76.100"
ADVERT = 0.2
PATIENCE = 4


def configuration(node, *before, priority=150, name="a.conf", extra=()):
    text = instance(priority=priority, version=3, advert=ADVERT, addresses=[f"{VIP}/24"], extra=extra)
    return node.network.file(name, "\n".join([*before, text]))


@pytest.fixture
def node(network):
    return network.node("a", 18)


def start(node, *before, through=()):
    daemon = Standfast(node, configuration(node, *before), through=through)
    eventually(lambda: node.has(VIP), PATIENCE, "it is master")
    return daemon


def processes(daemon, words):
    """Its processes whose command line begins with these words."""
    found = []
    for pid in daemon.tree():
        with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
            if file.read().replace("\0", " ").startswith(words):
                found.append(pid)
    return found


def process(daemon, words):
    return eventually(lambda: processes(daemon, words), 5, f"a process '{words}'")[0]


def lines(daemon, word):
    return [line for line in daemon.log().splitlines() if word in line]


@pytest.mark.parametrize("capability", ["net_raw", "net_admin"])
def test_a_missing_capability_is_named_and_ends_the_daemon(node, capability):
    daemon = Standfast(node, configuration(node), through=["setpriv", f"--bounding-set=-{capability}", f"--inh-caps=-{capability}"])
    assert daemon.wait(10) == 4
    assert lines(daemon, f"CAP_{capability.upper()}")
    assert not node.has(VIP)


def test_a_read_only_run_directory_is_named_and_nothing_is_left(node):
    daemon = Standfast(node, configuration(node), through=["sh", "-c", 'mount -o remount,ro /run && exec "$@"', "sh"])
    assert daemon.wait(10) != 0
    assert lines(daemon, "/run") and lines(daemon, "Read-only file system")
    assert not node.has(VIP)


def test_more_clients_than_descriptors_leave_the_address_alone(node):
    daemon = start(node, through=["prlimit", "--nofile=90"])
    sniffer = Sniffer(node)
    path = f"/proc/{daemon.pid}/root/run/standfast/control.sock"
    before = time.time()
    with contextlib.ExitStack() as held:
        for _ in range(200):
            client = held.enter_context(socket.socket(socket.AF_UNIX))
            client.settimeout(0.2)
            with contextlib.suppress(OSError):
                client.connect(path)
        hold(lambda: node.has(VIP) and daemon.running(), 1.5, "it is master")
        eventually(lambda: len(sniffer.adverts(before)) >= 5, PATIENCE, "adverts go on")
        assert not [pid for pid in daemon.tree() if cpu_share(pid) > 0.5], "nobody spins"
    eventually(lambda: daemon.status()["routers"][0]["state"] == "master", 5, "it answers again")


def cpu_share(pid, during=0.5):
    def ticks():
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            fields = file.read().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    before, started = ticks(), time.monotonic()
    hold(lambda: True, during, "time")
    return (ticks() - before) / os.sysconf("SC_CLK_TCK") / (time.monotonic() - started)


@contextlib.contextmanager
def no_descriptors(pid):
    """It can open nothing more meanwhile."""
    lowest_free = next(number for number in range(1024) if not os.path.lexists(f"/proc/{pid}/fd/{number}"))
    run("prlimit", f"--pid={pid}", f"--nofile={lowest_free}:")
    try:
        yield
    finally:
        run("prlimit", f"--pid={pid}", "--nofile=1024:")


def test_a_reload_without_descriptors_is_refused_and_the_next_one_works(node):
    daemon = start(node)
    configuration(node, extra=["virtual_ipaddress_excluded {", "    172.20.76.101/24", "}"])
    with no_descriptors(daemon.pid):
        daemon.signal(signal.SIGHUP)
        eventually(lambda: lines(daemon, "Too many open files"), PATIENCE, "the log says why")
        hold(lambda: node.has(VIP) and not node.has("172.20.76.101"), 1, "nothing changes")
    daemon.signal(signal.SIGHUP)
    eventually(lambda: node.has("172.20.76.101"), PATIENCE, "the new address")
    assert node.has(VIP)


def test_a_worker_without_descriptors_says_which_router_it_cannot_serve(node):
    daemon = start(node)
    other = instance("W", vrid=52, version=3, advert=ADVERT, addresses=["fe80::99/64", "fd00:76::99/64"])
    configuration(node, other)
    with no_descriptors(process(daemon, "standfast worker failover")):
        daemon.signal(signal.SIGHUP)
        eventually(lambda: lines(daemon, "Too many open files"), PATIENCE, "the log says why")
        hold(lambda: node.has(VIP) and not node.has("fd00:76::99"), 2, "the first router goes on, the second cannot listen")
    eventually(lambda: node.has("fd00:76::99"), PATIENCE, "the second router serves, too")


def test_too_few_descriptors_to_start_is_said(node):
    daemon = Standfast(node, configuration(node), through=["prlimit", "--nofile=7"])
    assert daemon.wait(15) != 0
    assert lines(daemon, "Too many open files")
    assert not node.has(VIP)


def test_a_firewall_that_forbids_adverts_is_counted_and_said_once(node):
    daemon = start(node)
    sniffer = Sniffer(node)

    def counters():
        return daemon.status()["routers"][0]["counters"]

    run("ip", "netns", "exec", node.namespace, "nft", "-f", "-",
        input="table ip test {\n chain out {\n type filter hook output priority 0;\n ip protocol 112 drop\n}\n}\n")
    eventually(lambda: counters()["send_errors"] >= 5, PATIENCE, "refused adverts are counted")
    assert len(lines(daemon, "Operation not permitted")) == 1
    assert node.has(VIP)
    node.run("nft", "delete", "table", "ip", "test")
    before = time.time()
    eventually(lambda: len(sniffer.adverts(before)) >= 3, PATIENCE, "adverts go out again")


def test_what_the_kernel_said_while_nobody_could_listen_is_found_out(node):
    daemon = start(node, "global_defs {", "    vrrp_netlink_monitor_rcv_bufs 4096", "}")
    worker = process(daemon, "standfast worker failover")
    os.kill(worker, signal.SIGSTOP)
    try:
        node.ip("addr", "del", f"{VIP}/24", "dev", "eth0")
        node.batch([f"addr {verb} 10.77.{i // 250}.{i % 250 + 1}/32 dev eth0" for verb in ("add", "del") for i in range(500)])
    finally:
        os.kill(worker, signal.SIGCONT)
    eventually(lambda: node.has(VIP), PATIENCE, "the address is back although its removal was never read")
    assert len(lines(daemon, "overrun")) == 1


def test_a_worker_out_of_memory_is_replaced_and_the_address_stays(node):
    daemon = start(node)
    worker = process(daemon, "standfast worker failover")
    with open(f"/proc/{worker}/statm", encoding="utf-8") as file:
        used = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    run("prlimit", f"--pid={worker}", f"--as={used + (1 << 20)}")
    many = "\n".join(instance(f"V{i}", vrid=i % 250 + 1, addresses=[f"10.88.{i // 250}.{i % 250 + 1}/32"], version=3,
                              extra=[f"mcast_dst_ip 224.0.1.{100 + i // 250}"]) for i in range(3000))
    configuration(node, many)
    daemon.signal(signal.SIGHUP)
    eventually(lambda: processes(daemon, "standfast worker failover") not in ([], [worker]), 10, "a new worker")
    hold(lambda: node.has(VIP), 2, "the address stays")
    assert lines(daemon, "no memory left")


def test_a_script_runner_that_is_killed_is_replaced_and_hooks_still_run(node):
    report = f"{node.network.directory}/report"
    script = node.network.file("hook.sh", f'#!/bin/sh\necho "$3" >>{report}\n')
    os.chmod(script, 0o755)
    text = instance(version=3, advert=ADVERT, addresses=[f"{VIP}/24"], extra=[f"notify {script}"])
    daemon = Standfast(node, node.network.file("a.conf", "global_defs {\n script_user root\n enable_script_security\n}\n" + text))

    def told():
        with contextlib.suppress(OSError), open(report, encoding="utf-8") as file:
            return file.read().split()
        return []

    eventually(lambda: told() == ["BACKUP", "MASTER"], PATIENCE, "the first hooks")
    runner = process(daemon, "standfast worker scripts")
    os.kill(runner, signal.SIGKILL)
    eventually(lambda: processes(daemon, "standfast worker scripts") not in ([], [runner]), 5, "a new runner")
    node.unplug()
    eventually(lambda: told() == ["BACKUP", "MASTER", "FAULT"], PATIENCE, "the hook of FAULT")
    assert daemon.stop() == 0
    assert told()[-1] == "STOP"
