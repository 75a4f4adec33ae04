"""Where the executables are: in $STANDFAST_BIN, else in one of the builds that ./demo and ./check make."""

import os
import pathlib

TOP = pathlib.Path(__file__).resolve().parents[3]


def program(name):
    """The path of a program of this project's build."""
    places = [os.environ["STANDFAST_BIN"]] if "STANDFAST_BIN" in os.environ else [
        TOP / "build" / preset / "bin" for preset in ("release", "dev")]
    for place in places:
        path = pathlib.Path(place) / name
        if path.exists():
            return path
    raise AssertionError(f"{name} is not built (looked in {', '.join(map(str, places))}): cmake --preset release &&"
                         " cmake --build build/release")
