"""Debian's keepalived as master and as backup against standfast, over every form of VRRP that both speak.

Each row is a network of its own; all rows run at once, because what takes time is waiting for protocol timers. The result is
written to docs/INTEROP.md, which names no time and no date: it changes only when the behaviour does.
"""

import concurrent.futures
import dataclasses
import itertools

import pytest

from lab import Keepalived, Network, Sniffer, TOP, eventually, judge
from lab.configuration import instance, password, unicast

AT_ONCE = 6
STEPS = ["settles", "takeover on kill", "takes back", "graceful stop", "adverts"]


@dataclasses.dataclass(frozen=True)
class Row:
    version: int
    family: int
    delivery: str
    authentication: str
    keepalived: str  # "master" or "backup"

    def __str__(self):
        return f"v{self.version}-ipv{self.family}-{self.delivery}-{self.authentication}-keepalived-{self.keepalived}"

    @property
    def advert(self):
        return 1 if self.version == 2 else 0.2

    @property
    def vip(self):
        return "172.20.76.100" if self.family == 4 else "fd00:76::100"

    @property
    def patience(self):
        return 4 * self.advert + 3


def rows():
    for version, family, delivery, authentication, role in itertools.product(
            (2, 3), (4, 6), ("multicast", "unicast"), ("none", "PASS", "AH"), ("master", "backup")):
        if authentication != "none" and (version, family) != (2, 4):
            continue  # only version 2 over IPv4 has authentication
        yield Row(version, family, delivery, authentication, role)


ROWS = list(rows())


def configuration(row, me, other, priority):
    extra = []
    if row.family == 6:
        vips = ["fe80::76:100/64", f"{row.vip}/64"]
    else:
        vips = [f"{row.vip}/24"]
    if row.delivery == "unicast":
        last = {"a": "18", "b": "28"}
        prefix = "172.20.76." if row.family == 4 else "fd00:76::"
        extra += unicast(prefix + last[me], prefix + last[other])
    if row.authentication != "none":
        extra += password(kind=row.authentication)
    return instance(priority=priority, version=row.version, advert=f"{row.advert:g}", addresses=vips, extra=extra)


class Contest:
    """One row: node a is the better one; a dies and returns, then ends in an orderly way."""

    def __init__(self, row, subject):
        self.row = row
        self.kinds = {"a": Keepalived, "b": subject} if row.keepalived == "master" else {"a": subject, "b": Keepalived}
        self.results = {}

    def start(self, node):
        other = "b" if node.name == "a" else "a"
        text = configuration(self.row, node.name, other, 150 if node.name == "a" else 100)
        path = node.network.file(f"{node.name}.conf", text)
        return self.kinds[node.name](node, path)

    def on_only(self, node, within):
        others = [n for n in (self.a, self.b) if n is not node]
        eventually(lambda: node.has(self.row.vip) and not any(n.has(self.row.vip) for n in others), within,
                   f"{self.row.vip} on {node.name} only")

    def run(self):
        with Network() as network:
            self.a, self.b = network.node("a", 18), network.node("b", 28)
            sniffers = [Sniffer(self.a), Sniffer(self.b)]
            daemons = {}
            try:
                for step in STEPS[:-1]:
                    getattr(self, step.replace(" ", "_"))(daemons, sniffers)
                    self.results[step] = "yes"
                self.results["adverts"] = self.adverts(network, sniffers)
            except AssertionError as failure:
                logs = "".join(f"--- {d.name} in {n.name}\n{d.log()[-2500:]}" for n in (self.a, self.b) for d in n.daemons)
                self.results[step] = f"{failure}\n{logs}"
        return self

    def settles(self, daemons, sniffers):
        daemons["b"] = self.start(self.b)
        daemons["a"] = self.start(self.a)
        self.on_only(self.a, 2 * self.row.patience)

    def takeover_on_kill(self, daemons, sniffers):
        daemons["a"].crash_host()
        eventually(lambda: self.b.has(self.row.vip), self.row.patience, "b takes over")

    def takes_back(self, daemons, sniffers):
        self.a.reboot()
        daemons["a"] = self.start(self.a)
        self.on_only(self.a, 2 * self.row.patience)

    def graceful_stop(self, daemons, sniffers):
        assert daemons["a"].stop() == 0, "exit status"
        self.on_only(self.b, self.row.advert + 1.5)
        goodbyes = [x for x in sniffers[1].adverts() if x.resigns and x.source_mac == self.a.mac()]
        assert goodbyes, "an advert with priority 0"

    def adverts(self, network, sniffers):
        complaints, judged = [], 0
        for node, sniffer in zip((self.a, self.b), sniffers):
            said, packets = judge(sniffer, f"{network.directory}/{node.name}.pcap")
            complaints, judged = complaints + said, judged + packets
        assert judged >= 8, f"only {judged} adverts captured"
        return "yes" if not complaints else "\n".join(complaints[:5])


@pytest.fixture(scope="module")
def contests(subject):
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        finished = list(pool.map(lambda row: Contest(row, subject).run(), ROWS))
    if subject is not Keepalived:
        write_table(finished)
    return {contest.row: contest for contest in finished}


def write_table(contests):
    lines = [
        "# Interoperation with keepalived",
        "",
        "Written by `tests/lab/test_interop.py` from a run against Debian 12's keepalived 2.2.7: two nodes on a bridge, the better one",
        "(priority 150) killed with its cable, brought back, and stopped in an orderly way; every advert of both judged by tshark.",
        "",
        "| VRRP | over | delivery | authentication | keepalived is | " + " | ".join(STEPS) + " |",
        "|---|---|---|---|---|" + "---|" * len(STEPS),
    ]
    for contest in contests:
        row = contest.row
        cells = [("yes" if contest.results.get(step) == "yes" else "**no**") for step in STEPS]
        lines.append(f"| {row.version} | IPv{row.family} | {row.delivery} | {row.authentication} | {row.keepalived} | "
                     + " | ".join(cells) + " |")
    lines += [
        "",
        "*settles*: the address is on the better node and on no other. *takeover on kill*: the other node takes it after three adverts",
        "and the skew time. *takes back*: the better node returns and is master again. *graceful stop*: it ends with a priority-0",
        "advert and the other node has the address within the skew time. *adverts*: none malformed, every checksum right.",
        "Version 2 over IPv6 is keepalived's own extension; authentication exists in version 2 over IPv4 only.",
        "",
    ]
    (TOP / "docs").mkdir(exist_ok=True)
    (TOP / "docs/INTEROP.md").write_text("\n".join(lines), encoding="utf-8")


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_row(contests, row):
    results = contests[row].results
    assert [results.get(step, "not reached") for step in STEPS] == ["yes"] * len(STEPS), "\n".join(
        f"{step}: {results.get(step, 'not reached')}" for step in STEPS)
