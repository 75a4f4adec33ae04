"""Figures as lines: ours, keepalived's, the ratio, the bound, PASS or MISS; raw numbers under each."""

import statistics

RESULTS = []


def _numbers(values, digits):
    return " ".join(f"{value:.{digits}f}" for value in values)


def ratio(name, unit, ours, theirs, bound, digits=1, peer="keepalived"):
    """A figure that must not exceed `bound` × the peer's, by medians."""
    mine, other = statistics.median(ours), statistics.median(theirs)
    _say(name, f"{mine:.{digits}f} {unit}", f"{other:.{digits}f} {unit}", f"{mine / other:.2f} ×", f"≤ {bound} ×",
         mine <= bound * other, peer)
    _raw(ours, theirs, digits, peer)


def absolute(name, unit, ours, theirs, bound, digits=2):
    """A figure that must not exceed `bound`; keepalived's, if measured, stands beside it."""
    mine = statistics.median(ours)
    other = statistics.median(theirs) if theirs else None
    _say(name, f"{mine:.{digits}f} {unit}", f"{other:.{digits}f} {unit}" if theirs else "–",
         f"{mine / other:.2f} ×" if other else "–", f"≤ {bound} {unit}", mine <= bound)
    _raw(ours, theirs, digits)


def note(text):
    print(f"      {text}", flush=True)


def _raw(ours, theirs, digits, peer="keepalived"):
    note(f"raw: standfast {_numbers(ours, digits)}; {peer} {_numbers(theirs, digits) if theirs else 'not run'}")


def _say(name, ours, theirs, relation, bound, passed, peer="keepalived"):
    RESULTS.append((name, passed))
    print(f"{'PASS' if passed else 'MISS'}  {name}: standfast {ours}, {peer} {theirs}, ratio {relation}, bound {bound}",
          flush=True)


def summary():
    missed = [name for name, passed in RESULTS if not passed]
    print(f"\n{len(RESULTS) - len(missed)} of {len(RESULTS)} figures within their bound" +
          (f"; missed: {', '.join(missed)}" if missed else ""))
    return 1 if missed else 0
