"""The tests of test_services.py over the kernel's IPVS, in a guest that has it."""

import pytest

from lab import TOP, uml


# What is the balancer's alone and not the plane's is not tried twice: the guest takes its time.
WHAT = "as_written or dead_servers or flushes"


@pytest.mark.skipif(not uml.available(), reason="tools/fetch-peers has not fetched User Mode Linux")
def test_the_same_with_ipvs():
    done = uml.run_in_guest(
        ["/usr/bin/python3", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-k", WHAT, TOP / "tests/lab/test_services.py"],
        modules=["ip_vs", "veth", "bridge"], timeout=900, memory="1G", environment={"STANDFAST_LAB_PATIENCE": "6"},
        directory=TOP)
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")[-8000:]
