"""What is on the wire: a sniffer on a node's eth0, VRRP adverts as values, and tshark as the judge of them."""

import collections
import ctypes
import dataclasses
import ipaddress
import socket
import struct
import threading
import time

from lab.network import run

_SO_TIMESTAMPNS = 35
_ETH_P_ALL = 3
_VRRP = 112
_AH, _AH_SIZE = 51, 24


@dataclasses.dataclass(frozen=True)
class Advert:
    time: float  # seconds of the wall clock, the kernel's stamp
    source_mac: str
    source: str
    destination: str
    ttl: int
    version: int
    vrid: int
    priority: int
    addresses: int
    authentication: int
    interval: float  # seconds

    @property
    def resigns(self):
        return self.priority == 0


def decode_advert(when, frame):
    """An Advert, or None for everything else."""
    kind = struct.unpack_from("!H", frame, 12)[0]
    mac = frame[6:12].hex(":")
    if kind == 0x0800 and (frame[23] == _VRRP or (frame[23] == _AH and frame[14 + (frame[14] & 15) * 4] == _VRRP)):
        payload = frame[14 + (frame[14] & 15) * 4 + (_AH_SIZE if frame[23] == _AH else 0):]
        source, destination, ttl = frame[26:30], frame[30:34], frame[22]
    elif kind == 0x86DD and frame[20] == _VRRP:
        payload = frame[54:]
        source, destination, ttl = frame[22:38], frame[38:54], frame[21]
    else:
        return None
    if len(payload) < 8:
        return None
    version = payload[0] >> 4
    interval = payload[5] if version == 2 else (struct.unpack_from("!H", payload, 4)[0] & 0x0FFF) / 100
    return Advert(when, mac, str(ipaddress.ip_address(source)), str(ipaddress.ip_address(destination)), ttl, version,
                  payload[1], payload[2], payload[3], payload[4] if version == 2 else 0, interval)


class Sniffer:
    """Records every frame that reaches the node's eth0, from construction to close."""

    def __init__(self, node, interface="eth0", only_outgoing=False):
        """With `only_outgoing` the kernel leaves out everything but what the node itself sends."""
        with node.inside():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
            if only_outgoing:
                self._filter_outgoing()
            self._socket.bind((interface, _ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.settimeout(0.05)
        self._frames = collections.deque()
        self._adverts = collections.deque()
        self._stopping = False
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()
        node.network.on_close(self.close)

    def _filter_outgoing(self):
        """A socket filter: packet type (ancillary load) is PACKET_OUTGOING, or nothing."""
        program = b"".join(struct.pack("=HBBI", *line) for line in (
            (0x20, 0, 0, 0xFFFFF004), (0x15, 0, 1, 4), (0x06, 0, 0, 0xFFFFFFFF), (0x06, 0, 0, 0)))
        buffer = ctypes.create_string_buffer(program, len(program))
        self._socket.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HP", 4, ctypes.addressof(buffer)))  # SO_ATTACH_FILTER

    def _receive(self):
        while not self._stopping:
            try:
                frame, control, _, _ = self._socket.recvmsg(65536, 64)
            except TimeoutError:
                continue
            except OSError:
                return
            seconds, nanoseconds = struct.unpack_from("qq", control[0][2])
            when = seconds + nanoseconds / 1e9
            self._frames.append((seconds, nanoseconds, frame))
            advert = decode_advert(when, frame)
            if advert:
                self._adverts.append(advert)

    def close(self):
        if self._stopping:
            return
        self._stopping = True
        self._thread.join()
        self._socket.close()

    def frames(self):
        return list(self._frames)

    def adverts(self, since=0.0, **wanted):
        """The adverts after `since` whose fields are as `wanted`: adverts(source="…", vrid=76)."""
        return [a for a in list(self._adverts)
                if a.time >= since and all(getattr(a, name) == value for name, value in wanted.items())]

    def arps(self, since=0.0, sender=None):
        """Gratuitous ARP: (time, source hardware address, address) of ARP whose sender and target are one."""
        found = []
        for seconds, nanoseconds, frame in list(self._frames):
            if frame[12:14] != b"\x08\x06" or frame[28:32] != frame[38:42]:
                continue
            when = seconds + nanoseconds / 1e9
            address = str(ipaddress.ip_address(frame[28:32]))
            if when >= since and sender in (None, address):
                found.append((when, frame[6:12].hex(":"), address))
        return found

    def neighbour_adverts(self, since=0.0, target=None):
        """Unsolicited neighbour advertisements: (time, source hardware address, address)."""
        found = []
        for seconds, nanoseconds, frame in list(self._frames):
            if frame[12:14] != b"\x86\xdd" or frame[20] != 58 or len(frame) < 78 or frame[54] != 136:
                continue
            when = seconds + nanoseconds / 1e9
            address = str(ipaddress.ip_address(frame[62:78]))
            if when >= since and not frame[58] & 0x40 and target in (None, address):
                found.append((when, frame[6:12].hex(":"), address))
        return found

    def save(self, path):
        """Writes a capture file with nanosecond times."""
        with open(path, "wb") as out:
            out.write(struct.pack("=IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65536, 1))
            for seconds, nanoseconds, frame in self.frames():
                out.write(struct.pack("=IIII", seconds, nanoseconds, len(frame), len(frame)) + frame)
        return path


def judge(sniffer, capture):
    """What tshark holds against the adverts of a sniffer, saved to `capture`: a list of sentences; and the number of adverts."""
    sniffer.save(capture)
    frames = sniffer.frames()
    fields = ["frame.number", "vrrp.checksum.status", "_ws.expert.message", "_ws.malformed"]
    done = run("tshark", "-r", capture, "-Y", "vrrp and not icmp and not icmpv6", "-T", "fields", "-E", "separator=|",
               *(word for field in fields for word in ("-e", field)))
    complaints, packets = [], 0
    for line in done.stdout.splitlines():
        number, checksum, expert, malformed = (line.split("|") + [""] * 4)[:4]
        packets += 1
        frame = frames[int(number) - 1][2]
        advert = decode_advert(0, frame)
        if advert and advert.version == 2 and ":" in advert.source:
            # tshark leaves out the pseudo-header here, the kernel does not; so we judge the sum ourselves.
            checksum, expert = ("1", "") if _ipv6_checksum_right(frame) else ("0", "wrong checksum")
        if checksum not in ("1", "Good") or malformed or expert:
            complaints.append(f"packet {number} of {advert}: checksum status {checksum} {malformed} {expert}".rstrip())
    return complaints, packets


def _ipv6_checksum_right(frame):
    payload = frame[54:54 + struct.unpack_from("!H", frame, 18)[0]]
    covered = frame[22:54] + struct.pack("!II", len(payload), _VRRP) + payload
    total = sum(struct.unpack(f"!{len(covered) // 2}H", covered))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total == 0xFFFF


def _changed_address(message):
    """The address in a message about one: the local one where there are two."""
    found = {}
    position = 8
    while position + 4 <= len(message):
        length, kind = struct.unpack_from("=HH", message, position)
        found[kind] = message[position + 4:position + length]
        position += max(4, (length + 3) & ~3)
    raw = found.get(2, found.get(1))
    return str(ipaddress.ip_address(raw)) if raw else ""


class KernelChanges:
    """Every change of links, addresses, routes and rules that a node's kernel announces: (time, what, address or "")."""

    GROUPS = {"link": 1 << 0, "address4": 1 << 4, "route4": 1 << 6, "rule4": 1 << 7, "address6": 1 << 8, "route6": 1 << 10}
    NAMES = {16: "link added", 17: "link removed", 20: "address added", 21: "address removed", 24: "route added",
             25: "route removed", 32: "rule added", 33: "rule removed"}

    def __init__(self, node, groups=None):
        wanted = sum(bit for name, bit in self.GROUPS.items() if groups is None or name in groups)
        with node.inside():
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
            self._socket.bind((0, wanted))
        self._socket.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)
        self._socket.settimeout(0.05)
        self._changes = []
        self._stopping = False
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()
        node.network.on_close(self.close)

    def _receive(self):
        while not self._stopping:
            try:
                data = self._socket.recv(1 << 20)
            except TimeoutError:
                continue
            except OSError:
                return
            now = time.time()
            while len(data) >= 16:
                length, kind = struct.unpack_from("=IH", data)
                address = _changed_address(data[16:length]) if kind in (20, 21) else ""
                self._changes.append((now, self.NAMES.get(kind, str(kind)), address))
                data = data[(length + 3) & ~3:]

    def close(self):
        if self._stopping:
            return
        self._stopping = True
        self._thread.join()
        self._socket.close()

    def since(self, when=0.0, name=None):
        return [change for change in list(self._changes) if change[0] >= when and name in (None, change[1])]
