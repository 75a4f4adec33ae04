"""A visitor of a web site: one connection and one request after the other at a steady rate, and who answered, or that nobody did."""

import json
import subprocess
import sys
import threading
import time

from lab.wait import eventually


class Visitor:
    def __init__(self, node, address, port=80, rate=50, limit=1.0):
        self.visits = []  # (time of the request, answer or None, why not)
        self._process = subprocess.Popen(
            ["ip", "netns", "exec", node.namespace, sys.executable, __file__, address, str(port), str(rate), str(limit)],
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
        """Who answered in the next `seconds`."""
        begun = time.time()
        eventually(lambda: self.visits and self.visits[-1][0] > begun + seconds, seconds + 5, "requests go on")
        return set(self.since(begun))

    def close(self):
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait(5)
        self._thread.join(5)


async def _visit(address, port, limit, report):
    import asyncio

    async def ask():
        reader, writer = await asyncio.open_connection(address, port)
        try:
            writer.write(f"GET / HTTP/1.0\r\nHost: {address}\r\n\r\n".encode())
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
            if b" 200 " not in head.split(b"\r\n")[0]:
                raise OSError(f"answered {head[:40]!r}")
            return body.decode().strip()
        finally:
            writer.close()

    begun = time.time()
    try:
        report([begun, await asyncio.wait_for(ask(), limit), None])
    except (OSError, asyncio.TimeoutError) as error:
        report([begun, None, str(error) or "no answer in time"])


async def _main(address, port, rate, limit):
    import asyncio
    under_way, next_time = set(), asyncio.get_running_loop().time()
    while True:
        task = asyncio.create_task(_visit(address, port, limit, lambda line: print(json.dumps(line), flush=True)))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        next_time += 1 / rate
        await asyncio.sleep(max(0.0, next_time - asyncio.get_running_loop().time()))


if __name__ == "__main__":
    import asyncio
    try:
        asyncio.run(_main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])))
    except (KeyboardInterrupt, BrokenPipeError):
        pass
