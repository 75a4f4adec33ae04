"""The program behind lab.visitor: visit.py ADDRESS PORT RATE LIMIT. A line of JSON for each request, in the order in which they began: when,
the answer, why none."""

import asyncio
import json
import sys
import time


async def _visit(address, port, limit):
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
        return [begun, await asyncio.wait_for(ask(), limit), None]
    except (OSError, asyncio.TimeoutError) as error:
        return [begun, None, str(error) or "no answer in time"]


async def _report(under_way):
    while True:
        print(json.dumps(await (await under_way.get())), flush=True)


async def _main(address, port, rate, limit):
    under_way, next_time = asyncio.Queue(), asyncio.get_running_loop().time()
    reporter = asyncio.create_task(_report(under_way))
    while not reporter.done():
        under_way.put_nowait(asyncio.create_task(_visit(address, port, limit)))
        next_time += 1 / rate
        await asyncio.sleep(max(0.0, next_time - asyncio.get_running_loop().time()))
    reporter.result()


if __name__ == "__main__":
    try:
        asyncio.run(_main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])))
    except (KeyboardInterrupt, BrokenPipeError):
        pass
