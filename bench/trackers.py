"""What tracking costs and how fast it acts: a process that dies, and 500 scripts every second."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import time

import report
from lab import Keepalived, KernelChanges, Network, Sniffer, Standfast, eventually, program
from lab.configuration import instance

VIP = "172.20.76.100"
SCRIPTS = 500
WATCHED_S = 10
ADVERT = 0.05  # seconds: adverts may be gathered by 1 % of their interval, so a short one shows lateness


def process_dies(daemon):
    """Milliseconds from the death of the tracked process until the other node has added the address."""
    with Network() as network:
        a, b = network.node("a", 18), network.node("b", 28)
        name = f"sfbench{os.getpid() % 100000}"
        path = pathlib.Path(network.directory) / name
        shutil.copy("/bin/sleep", path)
        served = subprocess.Popen([path, "1000"])
        network.on_close(served.kill)
        for node, priority in ((a, 254), (b, 251)):
            # Only a tracks it: the nodes of the lab share the processes of one machine.
            text = instance(priority=priority, version=3, advert="1", addresses=[f"{VIP}/24"],
                            extra=["track_process {", "    p", "}"] if node is a else [])
            if node is a:
                text = "\n".join(["vrrp_track_process p {", f"    process {name}", "}", text])
            daemon(node, network.file(f"{node.name}.conf", text), joins_by_itself=True)
            if node is a:
                eventually(lambda: a.has(VIP), 15, "a is master")
        changes = KernelChanges(b, ["address4"])
        settle = time.monotonic() + 2
        eventually(lambda: time.monotonic() > settle, 5, "adverts flow")
        died = time.time()
        served.kill()
        served.wait()
        eventually(lambda: changes.since(died, "address added"), 10, "b takes the address")
        return (changes.since(died, "address added")[0][0] - died) * 1000


def process(repetitions=7):
    ours, theirs = [], []
    for _ in range(repetitions):
        ours.append(process_dies(Standfast))
        theirs.append(process_dies(Keepalived))
    report.ratio("process dies, address moved (priorities 254 and 251)", "ms", ours, theirs, bound=1.0)


def cpu_with_children(daemon):
    """(seconds of the daemon's processes themselves, seconds of the scripts they have waited for)."""
    own = children = 0
    for pid in daemon.tree():
        with contextlib.suppress(OSError):
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            own += int(fields[11]) + int(fields[12])
            children += int(fields[13]) + int(fields[14])
    ticks = os.sysconf("SC_CLK_TCK")
    return own / ticks, children / ticks


def lateness(times, interval):
    """How much longer than the interval the longest gap between two adverts was, in milliseconds."""
    return (max(after - before for before, after in zip(times, times[1:])) - interval) * 1000


def many_scripts(daemon):
    """(µs of processor time a run in all, µs of the daemon's own, the worst lateness of an advert in ms, that of a real-time process
    that only sleeps)."""
    with Network() as network:
        a, client = network.node("a", 18), network.node("client", 200)
        script, ticks = pathlib.Path(network.directory) / "tick", pathlib.Path(network.file("ticks", ""))
        shutil.copy(program("bench_tick"), script)
        blocks = [line for n in range(SCRIPTS) for line in
                  (f"vrrp_script s{n} {{", f'    script "{script} {ticks}"', "    interval 1", "    weight 1", "}")]
        uses = ["track_script {", *(f"    s{n}" for n in range(SCRIPTS)), "}"]
        text = "\n".join([*blocks, instance(priority=100, version=3, advert=f"{ADVERT:g}", addresses=[f"{VIP}/24"], extra=uses)])
        subject = daemon(a, network.file("a.conf", text))
        eventually(lambda: a.has(VIP), 20, "master")
        settled = time.monotonic() + 7
        eventually(lambda: time.monotonic() > settled, 10, "announcements are over")
        sniffer = Sniffer(client)
        ticker = subprocess.Popen([program("bench_ticker"), str(round(ADVERT * 1000)), str(WATCHED_S)], stdout=subprocess.PIPE, text=True)
        network.on_close(ticker.kill)
        before, started, counted = cpu_with_children(subject), time.monotonic(), ticks.stat().st_size
        eventually(lambda: time.monotonic() > started + WATCHED_S, WATCHED_S + 5, "the time is over")
        after, seconds = cpu_with_children(subject), time.monotonic() - started
        runs = ticks.stat().st_size - counted
        report.note(f"{daemon.kind}: {runs / seconds / SCRIPTS:.0%} of the runs that were due happened")
        own, children = after[0] - before[0], after[1] - before[1]
        times = [x.time for x in sniffer.adverts()]
        # keepalived starts all its scripts at one moment, and sends few of its adverts on a busy machine.
        assert daemon is Keepalived or len(times) > seconds / ADVERT * 0.9, f"{len(times)} adverts in {seconds:.1f} s"
        return (own + children) / runs * 1e6, own / runs * 1e6, lateness(times, ADVERT), float(ticker.communicate()[0])


def scripts(repetitions=3):
    ours = [many_scripts(Standfast) for _ in range(repetitions)]
    theirs = [many_scripts(Keepalived) for _ in range(repetitions)]
    ours, theirs = list(zip(*ours)), list(zip(*theirs))
    report.ratio(f"CPU a run, {SCRIPTS} scripts every second, the script's own included", "µs", ours[0], theirs[0], bound=0.8)
    report.ratio(f"CPU a run, {SCRIPTS} scripts every second, the daemon's alone", "µs", ours[1], theirs[1], bound=0.8)
    report.absolute(f"worst advert lateness with {SCRIPTS} scripts", "ms", ours[2], theirs[2], bound=1)
    report.note(f"a real-time process that only sleeps was late by, in the same runs: {' '.join(f'{x:.2f}' for x in ours[3] + theirs[3])} ms")
