"""What the daemon tells FIFOs, owner hooks, and scripts that never end."""

import os
import pathlib
import signal
import stat
import threading

import pytest

from lab import eventually, hold
from lab.configuration import instance

VIP = "172.20.76.100"


def globals_(*lines):
    return "\n".join(["global_defs {", "    enable_script_security", "    script_user root", *(f"    {l}" for l in lines), "}", ""])


class Reader:
    """Reads a FIFO as a script would: line by line, until its end."""

    def __init__(self, path):
        self.lines = []
        self._file = open(path, encoding="utf-8")
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._file:
            self.lines.append(line.rstrip("\n"))
        self.lines.append("END")


def script(network, name, body):
    path = network.file(name, f"#!/bin/sh\n{body}\n")
    os.chmod(path, 0o755)
    return path


def start(node, *lines, name="a.conf", **options):
    from lab import Standfast
    text = globals_(*lines) + instance(priority=150, addresses=[f"{VIP}/24"], **options)
    return Standfast(node, node.network.file(name, text))


def test_a_fifo_has_keepaliveds_lines_in_order_and_goes_away(pair):
    a, _, _ = pair
    fifo = pathlib.Path(a.network.directory) / "fifo"
    daemon = start(a, f"vrrp_notify_fifo {fifo}")
    eventually(fifo.exists, 5, "the FIFO is made")
    status = fifo.stat()
    assert stat.S_ISFIFO(status.st_mode) and status.st_uid == 0
    reader = Reader(fifo)
    expected = ['INSTANCE "VI" BACKUP 150', 'INSTANCE "VI" MASTER 150']
    eventually(lambda: reader.lines == expected, 8, f"backup, then master; now {reader.lines}")
    a.unplug()
    expected += ['INSTANCE "VI" FAULT 150']
    eventually(lambda: reader.lines == expected, 4, f"fault; now {reader.lines}")
    daemon.stop()
    expected += ['INSTANCE "VI" STOP 150', "END"]
    eventually(lambda: reader.lines == expected, 4, f"stop and the end; now {reader.lines}")
    assert not fifo.exists(), "we made it, so we take it away"


def test_a_fifo_that_was_there_stays(pair):
    a, _, _ = pair
    fifo = pathlib.Path(a.network.directory) / "fifo"
    os.mkfifo(fifo)
    daemon = start(a, f"notify_fifo {fifo}")
    reader = Reader(fifo)
    eventually(lambda: len(reader.lines) == 2, 8, f"two lines; now {reader.lines}")
    daemon.stop()
    assert fifo.exists()


def test_the_script_of_a_fifo_reads_it_as_its_user_and_ends_with_us(pair):
    a, _, _ = pair
    directory = pathlib.Path(a.network.directory) / "nobodys"
    directory.mkdir()
    os.chmod(directory, 0o777)
    fifo = directory / "fifo"
    log = directory / "log"
    path = script(a.network, "reader.sh", f'echo "$(id -un) $*" >{log}; while read -r line; do echo "$line" >>{log}; done <"$2"')
    daemon = start(a, f"vrrp_notify_fifo {fifo} nobody", f'vrrp_notify_fifo_script "{path} word" nobody')

    def lines():
        return log.read_text().splitlines() if log.exists() else []

    expected = [f"nobody word {fifo}", 'INSTANCE "VI" BACKUP 150', 'INSTANCE "VI" MASTER 150']
    eventually(lambda: lines() == expected, 8, f"the script writes what it reads; now {lines()}")
    daemon.stop()
    assert lines() == expected + ['INSTANCE "VI" STOP 150'], "it had the time to read the last line"
    assert not a.processes(), "and has ended"


def test_a_fifo_nobody_reads_costs_nobody_anything(pair):
    a, b, _ = pair
    unread = pathlib.Path(a.network.directory) / "unread"
    read = pathlib.Path(a.network.directory) / "read"
    daemon = start(a, f"notify_fifo {unread}", f"vrrp_notify_fifo {read}")
    eventually(read.exists, 5, "both are made")
    reader = Reader(read)
    eventually(lambda: a.has(VIP), 8, "master")
    for _ in range(3):
        a.unplug()
        eventually(lambda: not a.has(VIP), 4, "fault")
        a.plug()
        eventually(lambda: a.has(VIP), 10, "master again")
    eventually(lambda: len(reader.lines) == 11, 3, f"the other has every line; now {reader.lines}")
    late = Reader(unread)
    eventually(lambda: late.lines == reader.lines, 3, "who comes late finds every line too")
    daemon.stop()


def test_a_removed_fifo_comes_back(pair):
    a, _, _ = pair
    fifo = pathlib.Path(a.network.directory) / "fifo"
    start(a, f"vrrp_notify_fifo {fifo}")
    eventually(lambda: a.has(VIP), 8, "master")
    fifo.unlink()
    a.unplug()
    eventually(fifo.exists, 4, "it is made anew")
    reader = Reader(fifo)
    eventually(lambda: 'INSTANCE "VI" FAULT 150' in reader.lines, 3, f"with what is new; now {reader.lines}")


def test_a_file_in_the_place_of_a_fifo_is_named_and_left_alone(pair):
    a, _, _ = pair
    path = a.network.file("no-fifo", "precious\n")
    daemon = start(a, f"vrrp_notify_fifo {path}")
    eventually(lambda: a.has(VIP), 8, "master all the same")
    assert pathlib.Path(path).read_text() == "precious\n"
    daemon.stop()
    assert pathlib.Path(path).read_text() == "precious\n"


def process(daemon, name):
    for pid in daemon.tree():
        comm = pathlib.Path(f"/proc/{pid}/comm")
        if comm.exists() and comm.read_text().strip() == name:
            return pid
    return None


def test_a_killed_notifier_says_the_states_again(pair):
    a, _, _ = pair
    fifo = pathlib.Path(a.network.directory) / "fifo"
    daemon = start(a, f"vrrp_notify_fifo {fifo}")
    eventually(lambda: a.has(VIP), 8, "master")
    os.kill(process(daemon, "standfast-fifo"), signal.SIGKILL)
    # Lines that nobody had read may be in it still: the last is the truth.
    eventually(lambda: process(daemon, "standfast-fifo"), 4, "it is started again")
    reader = Reader(fifo)
    eventually(lambda: reader.lines and reader.lines[-1] == 'INSTANCE "VI" MASTER 150', 4, f"now {reader.lines}")
    assert a.has(VIP)
    daemon.stop()
    assert not fifo.exists(), "it is still ours to take away"


def test_a_reload_repeats_the_states_if_that_is_asked(pair):
    a, _, _ = pair
    fifo = pathlib.Path(a.network.directory) / "fifo"
    daemon = start(a, f"vrrp_notify_fifo {fifo}", "fifo_write_vrrp_states_on_reload")
    eventually(fifo.exists, 5, "the FIFO is made")
    inode = fifo.stat().st_ino
    reader = Reader(fifo)
    eventually(lambda: len(reader.lines) == 2, 8, f"backup, master; now {reader.lines}")
    daemon.signal(signal.SIGHUP)
    eventually(lambda: reader.lines[2:] == ['INSTANCE "VI" MASTER 150'], 4, f"now {reader.lines}")
    assert fifo.stat().st_ino == inode, "what did not change feels nothing"


def test_a_reload_that_changes_nothing_says_nothing(pair):
    a, _, _ = pair
    fifo = pathlib.Path(a.network.directory) / "fifo"
    daemon = start(a, f"vrrp_notify_fifo {fifo}")
    eventually(fifo.exists, 5, "the FIFO is made")
    reader = Reader(fifo)
    eventually(lambda: len(reader.lines) == 2, 8, f"backup, master; now {reader.lines}")
    daemon.signal(signal.SIGHUP)
    hold(lambda: len(reader.lines) == 2, 2, f"no line; now {reader.lines}")


def test_priority_changes_are_written_where_wanted(pair):
    a, _, _ = pair
    fifo = pathlib.Path(a.network.directory) / "fifo"
    daemon = start(a, f"vrrp_notify_fifo {fifo}", "vrrp_notify_priority_changes")
    eventually(fifo.exists, 5, "the FIFO is made")
    reader = Reader(fifo)
    eventually(lambda: len(reader.lines) == 2, 8, f"backup, master; now {reader.lines}")
    configuration = pathlib.Path(daemon.configuration)
    configuration.write_text(configuration.read_text().replace("priority 150", "priority 140"))
    daemon.signal(signal.SIGHUP)
    eventually(lambda: reader.lines[2:] == ['INSTANCE "VI" MASTER_PRIORITY 140'], 4, f"now {reader.lines}")


def test_a_lower_master_is_mentioned(pair, subject):
    a, b, _ = pair
    fifo = pathlib.Path(a.network.directory) / "fifo"
    subject(b, b.network.file("b.conf", instance(priority=100, addresses=[f"{VIP}/24"])))
    eventually(lambda: b.has(VIP), 8, "b is master first")
    start(a, f"vrrp_notify_fifo {fifo}", extra=["preempt_delay 0"])
    eventually(fifo.exists, 5, "the FIFO is made")
    reader = Reader(fifo)
    eventually(lambda: 'INSTANCE "VI" MASTER 150' in reader.lines, 10, f"a takes over; now {reader.lines}")
    b.silence()
    eventually(lambda: b.has(VIP), 10, "b thinks it is alone")
    b.unsilence()
    eventually(lambda: 'INSTANCE "VI" MASTER_RX_LOWER_PRI 150' in reader.lines, 6, f"now {reader.lines}")


def test_a_hook_that_never_ends_holds_its_queue_for_its_limit_only(pair):
    a, _, _ = pair
    log = pathlib.Path(a.network.directory) / "log"
    hangs = script(a.network, "hangs.sh", f"trap '' TERM; echo $$ >>{log}; while :; do sleep 1; done")
    notes = script(a.network, "notes.sh", f'echo "$@" >>{log}')
    daemon = start(a, "notify_script_timeout 1", extra=[f'notify_backup "{hangs}"', f'notify "{notes}"'])
    eventually(lambda: log.exists() and "INSTANCE VI MASTER 150" in log.read_text(), 12, "what waits behind it runs")
    pid = int(log.read_text().split()[0])
    assert not pathlib.Path(f"/proc/{pid}").exists(), "SIGTERM did not help, SIGKILL did"
    assert a.has(VIP)
    daemon.stop()


# Owner hooks.

OWNER = """
echo "$1" >>{log}
case "$1" in
acquire) echo a >{record} ;;
verify) [ "$(cat {record} 2>/dev/null)" = a ] ;;
release) true ;;
esac
"""


@pytest.fixture
def cloud(network):
    directory = pathlib.Path(network.directory)
    log, record = directory / "calls", directory / "record"
    path = script(network, "owner.sh", OWNER.format(log=log, record=record))
    return path, log, record


def calls(log):
    return log.read_text().split() if log.exists() else []


def test_an_owner_hook_acquires_and_takes_back_what_somebody_else_took(pair, cloud):
    a, _, _ = pair
    path, log, record = cloud
    daemon = start(a, extra=[f'ensure_owner "{path}"', "ensure_owner_interval 1"])
    eventually(lambda: calls(log)[:3] == ["release", "acquire", "verify"], 8, f"backup, then master; now {calls(log)}")
    assert record.read_text() == "a\n"
    record.write_text("somebody else\n")
    eventually(lambda: record.read_text() == "a\n", 4, "it is ours again within the interval")
    daemon.stop()
    assert calls(log)[-1] == "release"


def test_an_owner_hook_is_not_alone_with_its_failure(pair, network):
    a, _, _ = pair
    log = pathlib.Path(network.directory) / "calls"
    path = script(network, "owner.sh", f'echo "$1" >>{log}; exit 1')
    daemon = start(a, extra=[f'ensure_owner "{path}"', "ensure_owner_interval 60", "ensure_owner_retry 1"])
    eventually(lambda: calls(log).count("acquire") >= 2, 10, "it is tried again")
    assert daemon.log().count("ensure_owner of VI: acquire") == 1, "and said once"
    assert a.has(VIP)


def test_an_owner_hook_that_hangs_is_ended_when_the_state_has_passed(pair, network):
    a, _, _ = pair
    log = pathlib.Path(network.directory) / "calls"
    path = script(network, "owner.sh", f'echo "$1" >>{log}; [ "$1" = acquire ] && exec sleep 1000; exit 0')
    start(a, extra=[f'ensure_owner "{path}"'])
    eventually(lambda: calls(log)[-1:] == ["acquire"], 8, "it acquires")
    a.unplug()
    eventually(lambda: calls(log)[-1:] == ["release"], 5, f"and is ended for the release; now {calls(log)}")
