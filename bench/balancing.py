"""What a client of balanced services sees: new connections through the nftables plane, and how long a dead server is still asked."""

import json
import subprocess
import time

import report
from lab import Network, Standfast, Visitor, eventually, program

VIP, PORT = "172.20.76.187", "8080"
RATE = 200  # visits a second
CHECK = {"delay_loop": 1, "connect_timeout": 1, "retry": 1, "delay_before_retry": 1}
# The check that finds it dead begins a delay_loop after the last good one.
PROMISED_S = CHECK["delay_loop"] + CHECK["connect_timeout"] + CHECK["retry"] * (CHECK["delay_before_retry"] + CHECK["connect_timeout"])


class Site:
    """A client, a director and servers behind it, which reach nobody but through it."""

    def __init__(self, network, servers):
        self.client, self.director = network.node("client", 200), network.node("director", 18)
        self.director.sysctl("net.ipv4.ip_forward", 1)
        self.director.batch(["addr add 10.9.1.1/24 dev eth0", f"addr add {VIP}/24 dev eth0"])
        self.client.batch(["route add 10.9.1.0/24 via 172.20.76.18"])
        self.servers = []
        for last in range(2, 2 + servers):
            server = network.node(f"s{last}", 30 + last)
            server.batch(["addr flush dev eth0 scope global", f"addr add 10.9.1.{last}/24 dev eth0", "route add default via 10.9.1.1"])
            serving = subprocess.Popen(["ip", "netns", "exec", server.namespace, program("bench_checkloop"), "serve", PORT])
            network.on_close(lambda serving=serving: (serving.kill(), serving.wait()))
            listening = f":{int(PORT):04X} 00000000:0000 0A"
            eventually(lambda server=server: listening in server.run("cat", "/proc/net/tcp").stdout, 5, "the server listens")
            self.servers.append(server)

    def configuration(self):
        check = "\n".join(f"            {word} {CHECK[word]}" for word in ("connect_timeout", "retry", "delay_before_retry"))
        servers = "\n".join(f"    real_server 10.9.1.{2 + n} {PORT} {{\n        TCP_CHECK {{\n{check}\n        }}\n    }}"
                            for n in range(len(self.servers)))
        return (f"global_defs {{\n    lvs_data_plane nftables\n}}\nvirtual_server {VIP} {PORT} {{\n    delay_loop {CHECK['delay_loop']}\n"
                f"    lb_algo rr\n    lb_kind NAT\n    protocol TCP\n{servers}\n}}\n")

    def start(self):
        director = Standfast(self.director, self.director.network.file("director.conf", self.configuration()))

        def serving():
            answer = director.enter(program("standfast"), "status", "--json", check=False)
            services = json.loads(answer.stdout).get("services", {}) if answer.returncode == 0 else {}
            return sum(server["serves"] for service in services.get("virtual_servers", []) for server in service["servers"])
        eventually(lambda: serving() == len(self.servers), 15, "every server serves")
        return director


def connections_a_second(seconds=3):
    """(direct, by a plain dnat rule, through us)."""
    with Network() as network:
        site = Site(network, 1)
        # A forgotten connection must not be in the way of the next with its port.
        site.director.sysctl("net.netfilter.nf_conntrack_tcp_timeout_close", 1)
        site.client.sysctl("net.ipv4.ip_local_port_range", "1024 65535")

        def rush(address):
            site.client.run(program("bench_checkloop"), "rush", address, PORT, 1)
            time.sleep(2)
            return float(site.client.run(program("bench_checkloop"), "rush", address, PORT, seconds).stdout.split()[0])

        direct = rush("10.9.1.2")
        site.director.run("nft", "add table ip plain; add chain ip plain in { type nat hook prerouting priority -105; }; "
                                 f"add rule ip plain in ip daddr {VIP} tcp dport {PORT} dnat to 10.9.1.2:{PORT}")
        plain = rush(VIP)
        site.director.run("nft", "delete table ip plain")
        director = site.start()
        ours = rush(VIP)
        director.stop()
        return direct, plain, ours


def nftables(repetitions=5):
    direct, plain, ours = zip(*(connections_a_second() for _ in range(repetitions)))
    # The figure is a rate, the more the better: as time a connection the bound reads like every other one.
    report.ratio("time a new connection through the nftables plane", "µs", [1e6 / x for x in ours], [1e6 / x for x in plain],
                 1 / 0.9, peer="a plain dnat rule")
    report.note("connections a second: " + "; ".join(f"{name} {' '.join(f'{x:,.0f}' for x in values)}" for name, values in
                                                     (("standfast", ours), ("a plain dnat rule", plain), ("routed without NAT", direct))))


def last_request():
    """Seconds from a server's death until the last request that was sent to it."""
    with Network() as network:
        site = Site(network, 2)
        site.start()
        visitor = Visitor(site.client, VIP, port=int(PORT), rate=RATE)
        eventually(lambda: len(visitor.visits) > RATE, 10, "visits")
        died = time.time()
        site.servers[0].silence()
        eventually(lambda: time.time() > died + PROMISED_S + 3, PROMISED_S + 5, "it is over")
        failed = [begun for begun, _ in visitor.failures(died)]
        assert failed, "nobody noticed that a server died"
        return max(failed)


def dead_server(repetitions=7):
    times = [last_request() for _ in range(repetitions)]
    report.absolute("last request sent to a dead server, worst", "s", [max(times)], None, PROMISED_S)
    report.note(f"all: {' '.join(f'{x:.2f}' for x in sorted(times))}; promised: delay_loop {CHECK['delay_loop']} + connect_timeout "
                f"{CHECK['connect_timeout']} + {CHECK['retry']} retry of delay_before_retry {CHECK['delay_before_retry']} + connect_timeout "
                f"{CHECK['connect_timeout']}")
