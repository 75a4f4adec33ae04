"""A guest kernel that has IPVS: User Mode Linux, an ordinary process.

Its root is this machine's file system, read-only below and a tmpfs above: whatever the guest writes vanishes with it. What is
run there is told by its words; its output comes back byte for byte, and so does its exit status.

    done = run_in_guest(["/usr/bin/python3", "test.py"], modules=["ip_vs", "veth"])
"""

import dataclasses
import os
import pathlib
import pickle
import random
import shutil
import subprocess
import tempfile

PEERS = pathlib.Path(__file__).resolve().parents[3] / ".cache" / "peers"
INIT = pathlib.Path(__file__).with_name("uml_init.py")


class GuestFailed(AssertionError):
    """The guest did not boot, or ended before the command did; the text is what its kernel said last."""


@dataclasses.dataclass
class Done:
    returncode: int
    stdout: bytes
    stderr: bytes


def available():
    return (PEERS / "bin" / "linux.uml").exists()


def run_in_guest(argv, modules=(), timeout=120, memory="512M", environment=None, directory=None):
    exchange = pathlib.Path(tempfile.mkdtemp(prefix="standfast-guest-", dir="/tmp"))
    try:
        (exchange / "order").write_bytes(pickle.dumps({
            "argv": [str(word) for word in argv],
            "modules": list(modules),
            "environment": {**os.environ, **(environment or {})},
            "directory": str(directory or os.getcwd()),
            "peers": str(PEERS),
        }))
        os.chmod(INIT, 0o755)
        # Its memory is a file; on a disk the guest would be as slow as that.
        environment_of_kernel = {**os.environ, "TMPDIR": "/dev/shm"}
        kernel = [
            str(PEERS / "bin" / "linux.uml"), f"mem={memory}", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro",
            f"init={INIT}", f"standfast_guest={exchange}", f"uml_dir={exchange}", "umid=guest",
            "con=null", "con0=null,fd:2", "con1=null,null", "stderr=1", "loglevel=4", "panic=-1",
        ]
        try:
            run = subprocess.run(kernel, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout,
                                 env=environment_of_kernel, preexec_fn=_stay_on_one_processor)
        except subprocess.TimeoutExpired as late:
            raise GuestFailed(f"{argv[0]} took longer than {timeout} s in the guest\n"
                              f"{_read(exchange / 'stdout').decode(errors='replace')[-3000:]}\n"
                              f"{_read(exchange / 'stderr').decode(errors='replace')[-3000:]}\n"
                              f"{(late.stderr or b'').decode(errors='replace')[-1000:]}") from None
        status = _read(exchange / "status")
        if not status:
            said = (run.stdout + run.stderr).decode(errors="replace")
            raise GuestFailed(f"the guest ended without an exit status\n{said[-3000:]}")
        return Done(int(status), _read(exchange / "stdout"), _read(exchange / "stderr"))
    finally:
        shutil.rmtree(exchange, ignore_errors=True)


def _stay_on_one_processor():
    """The guest's kernel and its processes take turns at each system call and page fault and never run at once; between two
    processors that turn takes six times as long (140 against 20 us a system call, 390 against 75 us a page)."""
    os.sched_setaffinity(0, {random.choice(sorted(os.sched_getaffinity(0)))})


def _read(path):
    return path.read_bytes() if path.exists() else b""
