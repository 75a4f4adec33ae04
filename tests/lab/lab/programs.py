"""Where the executables are: in $STANDFAST_BIN, else in one of the builds that ./demo and ./check make."""

import os
import pathlib

TOP = pathlib.Path(__file__).resolve().parents[3]


def program(name):
    """The path of a program of this project's build."""
    return _built(pathlib.Path("bin") / name)


def _built(name):
    builds = [pathlib.Path(os.environ["STANDFAST_BIN"]).parent] if "STANDFAST_BIN" in os.environ else [
        TOP / "build" / preset for preset in ("release", "dev")]
    for build in builds:
        path = build / name
        if path.exists():
            return path
    raise AssertionError(f"{name} is not built (looked in {', '.join(map(str, builds))}): cmake --preset release &&"
                         " cmake --build build/release")


def unit_test(folder):
    """The unit tests of a folder, as one executable."""
    return _built(pathlib.Path("src") / folder / f"{folder}_test")
