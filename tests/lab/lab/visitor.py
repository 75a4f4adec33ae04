"""A visitor of a web site: one connection and one request after the other at a steady rate, and who answered, or that nobody did."""

import json
import pathlib
import subprocess
import sys
import threading
import time

from lab.wait import PATIENCE, eventually


PROGRAM = str(pathlib.Path(__file__).with_name("visit.py"))


class Visitor:
    def __init__(self, node, address, port=80, rate=50, limit=1.0):
        self.visits = []  # (time of the request, answer or None, why not) in the order in which they began, without gaps
        self._process = subprocess.Popen(
            ["ip", "netns", "exec", node.namespace, sys.executable, PROGRAM, address, str(port), str(rate / PATIENCE), str(limit * PATIENCE)],
            stdout=subprocess.PIPE, text=True, start_new_session=True)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        node.network.on_close(self.close)

    def _read(self):
        for line in self._process.stdout:
            self.visits.append(tuple(json.loads(line)))

    def since(self, when):
        """The answers to requests that began after `when`; None for each that failed."""
        return [answer for begun, answer, _ in list(self.visits) if begun >= when]

    def failures(self, since=0.0):
        return [(round(begun - since, 3), why) for begun, answer, why in list(self.visits) if begun >= since and answer is None]

    def served(self, seconds=2.0):
        """Who answered in the next `seconds`, and why nobody did."""
        begun = time.time()
        eventually(lambda: self.visits and self.visits[-1][0] > begun + seconds, seconds + 5, "requests go on")
        return {answer or f"nobody: {why}" for when, answer, why in list(self.visits) if when >= begun}

    def close(self):
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait(5)
        self._thread.join(5)
