"""`check` of very large configurations that one nested sequence makes."""

import resource
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
    """(by the wall clock, of processor time)"""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(TEXT.format(last=groups - 1, vrids=VRIDS))
        file.flush()
        started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([*command, file.name], capture_output=True, text=True, timeout=LIMIT_S)
        assert done.returncode == 0, f"status {done.returncode}: {(done.stdout + done.stderr)[-500:]}"
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return time.monotonic() - started, processor


def large_configurations(full=False):
    ours, theirs = [program("standfast"), "check"], [PEERS / "keepalived", "-n", "-l", "-t", "-f"]
    sizes = {groups: [seconds(ours, groups) for _ in range(3)] for groups in (4, 40, 256)}
    keepalived = {groups: seconds(theirs, groups) for groups in ([4, 40, 256] if full else [4, 40])}
    processor = {groups: statistics.median(cpu for _, cpu in taken) for groups, taken in sizes.items()}
    for groups in (4, 40):
        report.note(f"{groups * VRIDS} routers, processor time: standfast {processor[groups]:.3f} s, "
                    f"keepalived {keepalived[groups][1]:.3f} s")
    report.absolute(f"check of {256 * VRIDS} routers from one nested sequence", "s", [wall for wall, _ in sizes[256]],
                    [keepalived[256][0]] if full else [], bound=2)
    report.note(f"of processor time: {processor[256]:.2f} s")
    report.absolute("growth: processor time a router at 65,024 against 10,160", "×",
                    [(processor[256] / 256) / (processor[40] / 40)], [], bound=1.3)
