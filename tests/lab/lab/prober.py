"""The client's view: bench/prober.cpp running in a node, and the silences that it saw."""

import subprocess
import threading

from lab.programs import program
from lab.wait import eventually


class Prober:
    def __init__(self, node, address):
        self._process = subprocess.Popen(["ip", "netns", "exec", node.namespace, program("bench_prober"), address],
                                         stdout=subprocess.PIPE, text=True, start_new_session=True)
        self._silences = []  # (from, to), seconds of the wall clock
        self._answering = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        node.network.on_close(self.close)
        eventually(self._answering.is_set, 5, f"{address} answers the prober")

    def _read(self):
        for line in self._process.stdout:
            first, second = line.split()
            if first == "answers":
                self._answering.set()
            else:
                self._silences.append((float(first), float(second)))

    def silences(self, since=0.0):
        return [(start, end) for start, end in list(self._silences) if end >= since]

    def longest_silence(self, since=0.0):
        return max((end - start for start, end in self.silences(since)), default=0.0)

    def silence_after(self, when, within):
        """How long the address was silent around `when`; waits until it answers again."""
        eventually(lambda: self.silences(when), within, "the address answers again")
        return self.longest_silence(when)

    def close(self):
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait(5)
        self._thread.join(5)
