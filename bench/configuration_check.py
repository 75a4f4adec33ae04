"""`check` of very large configurations that one nested sequence makes."""

import statistics
import subprocess
import tempfile
import time

import report
from lab import PEERS, program

VRIDS = 254
LIMIT_S = 300

TEXT = """$ROUTER= \\
vrrp_instance V${{G}}_${{V}} {{ \\
    interface lo_absent \\
    virtual_router_id ${{V}} \\
    mcast_dst_ip 224.0.1.${{G}} \\
    priority 100 \\
    virtual_ipaddress {{ \\
        10.1.${{G}}.${{V}}/32 \\
    }} \\
}}
global_defs {{
    dynamic_interfaces
}}
~SEQ(G,0,{last}) ~SEQ(V,1,{vrids}) $ROUTER
"""


def seconds(command, groups):
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(TEXT.format(last=groups - 1, vrids=VRIDS))
        file.flush()
        started = time.monotonic()
        done = subprocess.run([*command, file.name], capture_output=True, text=True, timeout=LIMIT_S)
        assert done.returncode == 0, f"status {done.returncode}: {(done.stdout + done.stderr)[-500:]}"
        return time.monotonic() - started


def large_configurations(full=False):
    ours, theirs = [program("standfast"), "check"], [PEERS / "keepalived", "-n", "-l", "-t", "-f"]
    sizes = {4: [], 40: [], 256: []}
    for groups, taken in sizes.items():
        for _ in range(3):
            taken.append(seconds(ours, groups))
    keepalived = {groups: seconds(theirs, groups) for groups in ([4, 40, 256] if full else [4, 40])}
    for groups in (4, 40):
        report.note(f"{groups * VRIDS} routers: standfast {statistics.median(sizes[groups]):.3f} s, "
                    f"keepalived {keepalived[groups]:.3f} s")
    report.absolute(f"check of {256 * VRIDS} routers from one nested sequence", "s", sizes[256],
                    [keepalived[256]] if full else [], bound=2)
    per_router = {groups: statistics.median(taken) / groups for groups, taken in sizes.items()}
    report.absolute("growth: time a router at 65,024 against 10,160", "×", [per_router[256] / per_router[40]], [], bound=1.3)
