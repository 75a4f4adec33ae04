"""What services cost: the kernel's table programmed, changed and taken away in a guest with IPVS, and the price of a check."""

import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[1]
SERVICES, SERVERS = 1000, 10
TABLE = pathlib.Path("/proc/net/ip_vs")
CHECKED, CHECKED_S, PORT = 1000, 15, "18380"  # servers checked every second, for so long
NAMES = {"tcp": "TCP_CHECK", "http": "HTTP_GET"}
CHECKS = {"tcp": f"TCP_CHECK {{\n            connect_port {PORT}\n        }}",
          "http": f"HTTP_GET {{\n            url {{\n                path /\n                status_code 200\n            }}\n"
                  f"            connect_port {PORT}\n        }}"}


def place(service):
    return f"10.2.{service // 250}.{service % 250 + 1}", 80


def configuration(changed_weight, check):
    """`check`: of every server, or nothing: then what is measured is the table."""
    blocks = []
    for service in range(SERVICES):
        servers = "\n".join(
            f"    real_server 10.3.{server}.{service % 250 + 1} {1000 + service // 250} {{\n        weight "
            f"{changed_weight if (service, server) == (SERVICES // 2, 0) else 1}\n        {check}\n    }}"
            for server in range(SERVERS))
        blocks.append(f"virtual_server 10.2.{service // 250}.{service % 250 + 1} 80 {{\n    lb_algo rr\n    lb_kind NAT\n"
                      f"    protocol TCP\n{servers}\n}}")
    return "\n".join(blocks) + "\n"


def entries():
    return sum(1 for line in TABLE.read_text().splitlines()[3:] if line.strip())


def wait(condition, what, pause=0.01, within=120):
    begun = time.monotonic()
    while not condition():
        if time.monotonic() > begun + within:
            raise SystemExit(f"not within {within} s: {what}")
        time.sleep(pause)


class Ipvs:
    """Asks the kernel for the servers of one service (generic netlink, linux/ip_vs.h): reading the whole table takes long."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)  # NETLINK_GENERIC
        self.family = 0x10  # nlctrl itself
        self.family = struct.unpack("=H", self.ask(3, 1, 1, attribute(2, b"IPVS\0"))[0][1])[0]

    def ask(self, command, wanted, flags, payload):
        """The values of the attribute `wanted` of every answer."""
        self.socket.send(struct.pack("=IHHII", 20 + len(payload), self.family, flags, 1, 0) + struct.pack("=BBH", command, 1, 0) + payload)
        found = []
        while True:
            answers = self.socket.recv(1 << 16)
            while answers:
                length, kind, flag = struct.unpack_from("=IHH", answers)
                if kind in (2, 3):
                    return found
                found += [(name, value) for name, value in attributes(answers[20:length]) if name == wanted]
                if not flag & 2:
                    return found
                answers = answers[(length + 3) & ~3:]

    def weights(self, service):
        address, port = place(service)
        key = b"".join((attribute(1, struct.pack("=H", socket.AF_INET)), attribute(2, struct.pack("=H", socket.IPPROTO_TCP)),
                        attribute(3, socket.inet_aton(address) + bytes(12)), attribute(4, struct.pack("!H", port))))
        servers = self.ask(8, 2, 0x301, attribute(1 | 0x8000, key))
        return [struct.unpack("=I", dict(attributes(server))[4])[0] for _, server in servers]


def attribute(name, value):
    return struct.pack("=HH", 4 + len(value), name) + value + bytes(-len(value) % 4)


def attributes(octets):
    found = []
    while len(octets) >= 4:
        length, name = struct.unpack_from("=HH", octets)
        found.append((name & 0x3fff, octets[4:length]))
        octets = octets[(length + 3) & ~3:]
    return found


def memory_kib(pid):
    """Proportional set size of it and all below it."""
    return sum(int(line.split()[1]) for one in tree(pid) for line in pathlib.Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
               if line.startswith("Pss:"))


def measure(check, argv):
    """In a namespace of its own in the guest. Seconds: programmed at the start, one weight changed by a reload, stopped; what is
    left; KiB."""
    file = pathlib.Path("/tmp/services.conf")
    file.write_text(configuration(1, CHECKS.get(check, "")))
    kernel = Ipvs()
    begun = time.monotonic()
    daemon = subprocess.Popen([*argv, "-f", file], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait(lambda: len(kernel.weights(SERVICES - 1)) == SERVERS, "the last service has its servers")  # either daemon makes it last
    programmed = time.monotonic() - begun
    assert entries() == SERVICES * (SERVERS + 1), f"there are only {entries()} entries"
    time.sleep(3)
    memory = memory_kib(daemon.pid)
    file.write_text(configuration(7, CHECKS.get(check, "")))
    begun = time.monotonic()
    daemon.send_signal(signal.SIGHUP)
    wait(lambda: 7 in kernel.weights(SERVICES // 2), "the weight is 7")
    reloaded = time.monotonic() - begun
    time.sleep(3)
    begun = time.monotonic()
    daemon.terminate()
    daemon.wait()
    stopped = time.monotonic() - begun
    left = entries()
    return {"programmed": programmed, "reloaded": reloaded, "stopped": stopped, "left": left, "memory": memory}


def checked_configuration(check):
    """As many servers as checks a second, all on this machine."""
    blocks = []
    for service in range(CHECKED // SERVERS):
        servers = "\n".join(f"    real_server 10.3.{server}.{service + 1} {PORT} {{\n        {check}\n    }}" for server in range(SERVERS))
        blocks.append(f"virtual_server 10.2.0.{service + 1} 80 {{\n    delay_loop 1\n    lb_algo rr\n    lb_kind NAT\n"
                      f"    protocol TCP\n{servers}\n}}")
    return "\n".join(blocks) + "\n"


def tree(pid):
    """It and all below it."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += [int(child) for task in pathlib.Path(f"/proc/{one}/task").iterdir()
                    for child in (task / "children").read_text().split()]
    return found


def processor_seconds(pid):
    """User and system time, not of those that ended."""
    ticks = 0
    for one in tree(pid):
        fields = pathlib.Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def accepted():
    """Connections that were opened to this machine since it booted."""
    names, numbers = (line.split() for line in pathlib.Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Tcp:"))
    return int(dict(zip(names, numbers))["PassiveOpens"])


def cost_of_a_check(argv, check):
    """In the guest: µs of processor time a check, checks a second."""
    file = pathlib.Path("/tmp/checked.conf")
    file.write_text(checked_configuration(check))
    daemon = subprocess.Popen([*argv, "-f", file], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait(lambda: entries() == CHECKED + CHECKED // SERVERS, f"{CHECKED} servers are up", pause=1)
    time.sleep(5)
    before = processor_seconds(daemon.pid), accepted(), time.monotonic()
    time.sleep(CHECKED_S)
    after = processor_seconds(daemon.pid), accepted(), time.monotonic()
    daemon.terminate()
    daemon.wait()
    subprocess.run([TOP / ".cache/peers/bin/ipvsadm", "-C"], check=True)
    checks = after[1] - before[1]
    return (after[0] - before[0]) / checks * 1e6, checks / (after[2] - before[2])


def measure_alone(check, bare, argv):
    """What one leaves behind must not slow the next down: IPVS keeps removed servers for two minutes and looks through them."""
    alone = ["unshare", "-n", sys.executable, __file__, "measure", check, bare, *argv]
    return json.loads(subprocess.run(alone, check=True, text=True, stdout=subprocess.PIPE).stdout)


def measure_here(check, bare, *argv):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["ip", "addr", "add", "10.3.0.1/16", "dev", "lo"], check=True)  # each address of it is this machine's
    server = subprocess.Popen([bare, "serve", PORT])
    try:
        print(json.dumps(measure(check, argv)))
    finally:
        server.kill()


def table_in_guest(ours, theirs, bare):
    def pairs(check, count):
        found = [(measure_alone(check, bare, ours), measure_alone(check, bare, theirs)) for _ in range(count)]
        return dict(zip(("ours", "theirs"), map(list, zip(*found))))

    pairs("none", 1)  # the guest has not read either program from its disk before
    return {"none": pairs("none", 4), "tcp": pairs("tcp", 4)}


def checks_in_guest(ours, theirs, bare):
    subprocess.run(["ip", "addr", "add", "10.3.0.1/16", "dev", "lo"], check=True)  # each address of it is this machine's
    server = subprocess.Popen([bare, "serve", PORT])
    try:
        return {name: {"bare": [float(subprocess.run([bare, name, PORT, str(CHECKED), str(CHECKED_S)], check=True, text=True,
                                                     capture_output=True).stdout.split()[0]) for _ in range(2)],
                       "ours": [cost_of_a_check(ours, check) for _ in range(2)],
                       "theirs": [cost_of_a_check(theirs, check) for _ in range(2)]} for name, check in CHECKS.items()}
    finally:
        server.kill()


def in_guest(what, ours, bare):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    link = pathlib.Path("/tmp/keepalived")
    link.symlink_to(ours)
    peer = TOP / ".cache/peers/bin/keepalived"
    print(json.dumps({"table": table_in_guest, "checks": checks_in_guest}[what]([link, "-n", "-C"], [peer, "-n", "-C"], bare)))


def run_in_guest(what):
    from lab import program, uml
    done = uml.run_in_guest([sys.executable, __file__, what, program("standfast"), program("bench_checkloop")],
                            modules=["ip_vs", "ip_vs_rr"], timeout=900, memory="1G", directory=TOP)
    if done.returncode != 0:
        raise SystemExit((done.stdout + done.stderr).decode(errors="replace"))
    return json.loads(done.stdout)


def table():
    import report
    found = run_in_guest("table")
    for check, words in (("none", "without checks"), ("tcp", "with a TCP_CHECK each")):
        def of(key, scale=1.0, both=found[check]):
            return [[one[key] * scale for one in both[who]] for who in ("ours", "theirs")]

        report.note(f"{SERVICES:,} services of {SERVERS} servers, {words}")
        report.ratio(f"programmed at the start, {words}", "s", *of("programmed"), 0.35, digits=2)
        report.ratio(f"a reload that changes one weight, {words}", "s", *of("reloaded"), 0.15, digits=2)
        report.ratio(f"stop, {words}", "s", *of("stopped"), 0.1, digits=2)
        report.absolute(f"entries left behind by the stop, {words}", "", *of("left"), 0, digits=0)
        report.ratio(f"memory (PSS), {words}", "MiB", *of("memory", 1 / 1024), 2.0)


def cost_of_checks(repetitions=3, seconds=5):
    """Beside a bare loop here; beside keepalived, too, in the guest: Debian's checks nothing on a kernel without IPVS."""
    import report
    from lab import program
    server = subprocess.Popen([program("bench_checkloop"), "serve", PORT])
    try:
        for what, words in NAMES.items():
            bare, ours = ([float(subprocess.run([program(name), what, PORT, str(CHECKED), str(seconds)], check=True, text=True,
                                                capture_output=True).stdout.split()[0]) for _ in range(repetitions)]
                          for name in ("bench_checkloop", "bench_probeloop"))
            report.ratio(f"processor time a {words} at {CHECKED:,} a second", "µs", ours, bare, 1.4, peer="bare loop")
    finally:
        server.kill()
        server.wait()
    for what, each in run_in_guest("checks").items():
        ours, theirs = ([cost for cost, _ in each[who]] for who in ("ours", "theirs"))
        report.ratio(f"processor time a {NAMES[what]} in the guest, the whole daemon", "µs", ours, theirs, 0.7)
        rates = "; ".join(f"{name} {' '.join(f'{rate:.0f}' for _, rate in each[who])}" for name, who in
                          (("standfast", "ours"), ("keepalived", "theirs")))
        report.note(f"a bare loop there: {' '.join(f'{x:.1f}' for x in each['bare'])} µs; checks a second: {rates}")


if __name__ == "__main__":
    os.environ.setdefault("TMPDIR", "/tmp")
    if sys.argv[1] == "measure":
        measure_here(*sys.argv[2:])
    else:
        in_guest(*sys.argv[1:])
