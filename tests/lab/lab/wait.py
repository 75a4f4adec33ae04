"""Waiting for conditions."""

import os
import time

# A guest kernel that runs as a process is so many times slower.
PATIENCE = float(os.environ.get("STANDFAST_LAB_PATIENCE", "1"))


def eventually(condition, within, what):
    """Asks until `condition()` is true and returns its value; fails, naming `what`, after `within` seconds."""
    deadline = time.monotonic() + within * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s: {what}")
        time.sleep(0.005)


def hold(condition, during, what):
    """Asks for `during` seconds and fails as soon as `condition()` is false: for what must stay as it is."""
    deadline = time.monotonic() + during
    while time.monotonic() < deadline:
        assert condition(), f"did not hold for {during} s: {what}"
        time.sleep(0.02)
