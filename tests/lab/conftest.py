"""Fixtures of the lab tests. The executable under test is looked for in $STANDFAST_BIN, else in build/release and build/dev."""

import os
import pathlib
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from lab import Keepalived, Network, Standfast  # noqa: E402


def _end(*_):
    raise KeyboardInterrupt


def pytest_configure(config):
    signal.signal(signal.SIGTERM, _end)  # fixtures still clean up


def pytest_sessionstart(session):
    if os.geteuid() != 0:
        pytest.exit("the lab needs root for its network namespaces: tools/as-root pytest …", returncode=1)


@pytest.fixture
def network():
    with Network() as network:
        yield network


@pytest.fixture
def pair(network):
    """The cookbook's two nodes, and a client that hears what the switch floods."""
    return network.node("a", 18), network.node("b", 28), network.node("client", 200)


@pytest.fixture(scope="session")
def subject():
    """The daemon under test. LAB_SUBJECT=keepalived runs the tests against Debian's instead: a check of the tests themselves."""
    return Keepalived if os.environ.get("LAB_SUBJECT") == "keepalived" else Standfast


@pytest.hookimpl(tryfirst=True, hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows what the daemons said, before the network is taken down."""
    outcome = yield
    report = outcome.get_result()
    network = item.funcargs.get("network") if hasattr(item, "funcargs") else None
    if report.when == "call" and report.failed and network:
        for node in network.nodes.values():
            for daemon in node.daemons:
                report.sections.append((f"{daemon.name} in {node.name}", daemon.log()[-4000:]))
