"""The client's view: bench/prober.cpp running in a node, and the silences that it saw."""

import subprocess
import threading
import time

from lab.programs import program
from lab.wait import eventually


class Prober:
    def __init__(self, node, address):
        self._process = subprocess.Popen(["ip", "netns", "exec", node.namespace, program("bench_prober"), address],
                                         stdout=subprocess.PIPE, text=True, start_new_session=True)
        self._silences = []  # (from, to), seconds of the wall clock
        self._last_answer = 0.0
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        node.network.on_close(self.close)
        eventually(lambda: self._last_answer, 5, f"{address} answers the prober")

    def _read(self):
        for line in self._process.stdout:
            word, *times = line.split()
            if word == "answer":
                self._last_answer = float(times[0])
            else:
                self._silences.append((float(times[0]), float(times[1])))

    def silences(self, since=0.0):
        return [(start, end) for start, end in list(self._silences) if end >= since]

    def longest_silence(self, since=0.0):
        return max((end - start for start, end in self.silences(since)), default=0.0)

    def outage(self, since, within):
        """The longest silence after `since`. To be called when the address has moved: waits for one more answer first."""
        now = time.time()
        eventually(lambda: self._last_answer > now, within, "the address answers again")
        return self.longest_silence(since)

    def close(self):
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait(5)
        self._thread.join(5)
