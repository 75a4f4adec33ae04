"""What services cost: the kernel's table programmed, changed and taken away in a guest with IPVS, and the price of a check."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[1]
SERVICES, SERVERS = 1000, 10
TABLE = pathlib.Path("/proc/net/ip_vs")


def configuration(changed_weight):
    """Servers without checks: what is measured is the table."""
    blocks = []
    for service in range(SERVICES):
        servers = "\n".join(
            f"    real_server 10.3.{server}.{service % 250 + 1} {1000 + service // 250} {{\n        weight "
            f"{changed_weight if (service, server) == (SERVICES // 2, 0) else 1}\n    }}"
            for server in range(SERVERS))
        blocks.append(f"virtual_server 10.2.{service // 250}.{service % 250 + 1} 80 {{\n    lb_algo rr\n    lb_kind NAT\n"
                      f"    protocol TCP\n{servers}\n}}")
    return "\n".join(blocks) + "\n"


def entries():
    return sum(1 for line in TABLE.read_text().splitlines()[3:] if line.strip())


def wait(condition, what, within=120):
    begun = time.monotonic()
    while not condition():
        if time.monotonic() > begun + within:
            raise SystemExit(f"not within {within} s: {what}")
        time.sleep(0.002)


def has_weight(weight):
    return lambda: any(line.split()[3] == str(weight) for line in TABLE.read_text().splitlines()[3:] if line.lstrip().startswith("->"))


def memory_kib(pid):
    """Proportional set size of it and all below it."""
    total, waiting = 0, [pid]
    while waiting:
        one = waiting.pop()
        waiting += [int(child) for task in pathlib.Path(f"/proc/{one}/task").iterdir()
                    for child in (task / "children").read_text().split()]
        for line in pathlib.Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total


def measure(argv):
    """In the guest. Seconds: programmed at the start, one weight changed by a reload, stopped; what is left; KiB."""
    file = pathlib.Path("/tmp/services.conf")
    file.write_text(configuration(1))
    begun = time.monotonic()
    daemon = subprocess.Popen([*argv, "-f", file], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait(lambda: entries() == SERVICES * (SERVERS + 1), f"{SERVICES} services of {SERVERS} servers; there are {entries()} entries")
    programmed = time.monotonic() - begun
    time.sleep(5)
    memory = memory_kib(daemon.pid)
    file.write_text(configuration(7))
    begun = time.monotonic()
    daemon.send_signal(signal.SIGHUP)
    wait(has_weight(7), "the weight is 7")
    reloaded = time.monotonic() - begun
    time.sleep(5)
    begun = time.monotonic()
    daemon.terminate()
    daemon.wait()
    stopped = time.monotonic() - begun
    left = entries()
    subprocess.run([TOP / ".cache/peers/bin/ipvsadm", "-C"], check=True)
    return {"programmed": programmed, "reloaded": reloaded, "stopped": stopped, "left": left, "memory": memory}


def in_guest(program):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    link = pathlib.Path("/tmp/keepalived")
    link.symlink_to(program)
    peer = TOP / ".cache/peers/bin/keepalived"
    print(json.dumps({"ours": [measure([link, "-n", "-C"]) for _ in range(2)],
                      "theirs": [measure([peer, "-n", "-C"]) for _ in range(2)]}))


def table():
    import report
    from lab import program, uml
    done = uml.run_in_guest([sys.executable, __file__, program("standfast")], modules=["ip_vs", "ip_vs_rr"], timeout=900, memory="1G",
                            directory=TOP)
    if done.returncode != 0:
        raise SystemExit((done.stdout + done.stderr).decode(errors="replace"))
    both = json.loads(done.stdout)

    def of(key, scale=1.0):
        return [[one[key] * scale for one in both[who]] for who in ("ours", "theirs")]

    report.ratio(f"{SERVICES:,} services x {SERVERS} servers programmed at the start", "s", *of("programmed"), 0.35, digits=2)
    report.ratio(f"a reload that changes one weight of {SERVICES * SERVERS:,}", "s", *of("reloaded"), 0.15, digits=2)
    report.ratio(f"stop with {SERVICES * SERVERS:,} servers", "s", *of("stopped"), 0.1, digits=2)
    report.absolute("entries left behind by the stop", "", *of("left"), 0, digits=0)
    report.ratio(f"memory at {SERVICES * SERVERS:,} servers (PSS)", "MiB", *of("memory", 1 / 1024), 2.0)


def cost_of_checks(repetitions=3, rate=1000, seconds=5):
    """Beside a bare loop: Debian's keepalived checks nothing on a kernel without IPVS."""
    import report
    from lab import program
    port = "18380"
    server = subprocess.Popen([program("bench_checkloop"), "serve", port])
    try:
        for what, words in (("tcp", "TCP_CHECK"), ("http", "HTTP_GET")):
            bare, ours = ([float(subprocess.run([program(name), what, port, str(rate), str(seconds)], check=True, text=True,
                                                capture_output=True).stdout.split()[0]) for _ in range(repetitions)]
                          for name in ("bench_checkloop", "bench_probeloop"))
            report.ratio(f"processor time a {words} at {rate:,} a second", "µs", ours, bare, 1.4, peer="bare loop")
    finally:
        server.kill()
        server.wait()


if __name__ == "__main__":
    os.environ.setdefault("TMPDIR", "/tmp")
    in_guest(sys.argv[1])
