"""Fixtures of the lab tests. The executable under test is $STANDFAST (build/dev/bin/standfast if unset)."""

import os
import pathlib
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from lab import Network  # noqa: E402


def pytest_configure(config):
    # A run that is told to end still runs its fixtures' clean-up.
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))


def pytest_sessionstart(session):
    if os.geteuid() != 0:
        pytest.exit("the lab needs root for its network namespaces (tools/as-root)", returncode=1)


@pytest.fixture
def network():
    with Network() as network:
        yield network


@pytest.fixture
def pair(network):
    """The cookbook's two nodes, and a client that hears what the switch floods."""
    return network.node("a", 18), network.node("b", 28), network.node("client", 200)
