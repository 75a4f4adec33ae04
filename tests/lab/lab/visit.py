"""The program behind lab.visitor: visit.py ADDRESS PORT RATE LIMIT. A line of JSON for each request: when, the answer, why none."""

import asyncio
import json
import sys
import time


async def _visit(address, port, limit, report):
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
    under_way, next_time = set(), asyncio.get_running_loop().time()
    while True:
        task = asyncio.create_task(_visit(address, port, limit, lambda line: print(json.dumps(line), flush=True)))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        next_time += 1 / rate
        await asyncio.sleep(max(0.0, next_time - asyncio.get_running_loop().time()))


if __name__ == "__main__":
    try:
        asyncio.run(_main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])))
    except (KeyboardInterrupt, BrokenPipeError):
        pass
