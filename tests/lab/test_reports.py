"""What the daemon tells scripts, dumps and people."""

import json
import os
import pathlib
import signal

from lab import eventually
from lab.configuration import instance

VIP = "172.20.76.100"


def scripts(directory):
    """One script that writes down how it was called; as a hook's file must be, nobody but root may write it."""
    log, path = directory / "calls", directory / "hook.sh"
    path.write_text(f'#!/bin/sh\necho "$@" >>{log}\n')
    path.chmod(0o755)
    return log, path


def hooks(path):
    return [f'notify_{state} "{path} {state}"' for state in ("master", "backup", "fault", "stop")] + [f'notify "{path} any"']


def test_notify_scripts_run_in_order_with_their_arguments(pair, subject):
    a, _, _ = pair
    network = a.network
    log, path = scripts(pathlib.Path(network.directory))
    options = "global_defs {\n    enable_script_security\n    script_user root\n}\n"
    config = network.file("a.conf", options + instance(priority=150, addresses=[f"{VIP}/24"], extra=hooks(path)))
    daemon = subject(a, config)

    def calls():
        return log.read_text().splitlines() if log.exists() else []

    expected = ["backup", "any INSTANCE VI BACKUP 150", "master", "any INSTANCE VI MASTER 150"]
    eventually(lambda: calls() == expected, 8, f"backup then master; now {calls()}")
    a.unplug()
    expected += ["fault", "any INSTANCE VI FAULT 150"]
    eventually(lambda: calls() == expected, 4, f"fault; now {calls()}")
    a.plug()
    expected += ["backup", "any INSTANCE VI BACKUP 150", "master", "any INSTANCE VI MASTER 150"]
    eventually(lambda: calls() == expected, 10, f"backup and master again; now {calls()}")
    daemon.stop()
    expected += ["stop", "any INSTANCE VI STOP 150"]
    eventually(lambda: calls() == expected, 4, f"stop; now {calls()}")


def test_an_unsafe_script_is_refused_by_name(pair, subject):
    a, _, _ = pair
    path = a.network.file("unsafe.sh", "#!/bin/sh\ntrue\n")
    os.chmod(path, 0o777)
    options = "global_defs {\n    enable_script_security\n    script_user root\n}\n"
    config = a.network.file("a.conf", options + instance(addresses=[f"{VIP}/24"], extra=[f'notify_master "{path}"']))
    daemon = subject(a, config)
    eventually(lambda: path in daemon.log(), 5, "the script is named in the log")


def test_status_tells_the_truth(pair, subject):
    a, b, _ = pair
    daemons = {}
    for node, priority in ((a, 150), (b, 100)):
        daemons[node] = subject(node, node.network.file(
            f"{node.name}.conf", instance(priority=priority, addresses=[f"{VIP}/24"])))
    eventually(lambda: a.has(VIP) and not b.has(VIP), 8, "a is master")

    def router(node):
        routers = daemons[node].status()["routers"]
        assert len(routers) == 1
        return routers[0]

    eventually(lambda: router(b)["master"]["address"] == "172.20.76.18", 3, "b knows its master")
    assert router(a)["state"] == "master" and router(b)["state"] == "backup"
    assert router(a)["addresses"][0]["installed"] and not router(b)["addresses"][0]["installed"]
    assert router(a)["name"] == "VI" and router(a)["vrid"] == 51 and router(a)["interface"] == "eth0"
    daemons[a].crash_host()
    eventually(lambda: router(b)["state"] == "master", 6, "b says MASTER when it is")
    assert router(b)["last_transition"]["reason"]["id"] == "master_silent" and b.has(VIP)
    b.unplug()
    eventually(lambda: router(b)["state"] == "fault" and not b.has(VIP), 4, "b says FAULT")
    assert "eth0" in json.dumps(router(b)["faults"]), "and names the interface"


def dump(daemon, number, name):
    path = daemon.directory / name
    daemon.signal(number)
    eventually(path.exists, 3, f"{name} is written")
    return path.read_text()


def test_dumps_are_where_tools_look_and_can_be_parsed(pair, subject):
    a, _, _ = pair
    daemon = subject(a, a.network.file("a.conf", instance(priority=150, addresses=[f"{VIP}/24"])))
    eventually(lambda: a.has(VIP), 8, "master")
    assert "VRRP Instance = VI" in dump(daemon, signal.SIGUSR1, "keepalived.data")
    statistics = dump(daemon, signal.SIGUSR2, "keepalived.stats")
    assert "VRRP Instance: VI" in statistics and "Became master: 1" in statistics
    listed = json.loads(dump(daemon, signal.SIGRTMIN + 2, "keepalived.json"))
    data, counted = listed[0]["data"], listed[0]["stats"]
    assert data["iname"] == "VI" and data["state"] == 2 and data["vrid"] == 51 and data["effective_priority"] == 150
    assert any(vip.split()[0] == f"{VIP}/24" or vip.split()[0] == VIP for vip in data["vips"])
    assert counted["become_master"] == 1 and counted["advert_sent"] >= 1
    assert not list(daemon.directory.glob("*.tmp*")), "nothing half written is left"
