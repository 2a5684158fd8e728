"""`recount [--county SIX_DIGITS]`: counts the months of the market anew from the journals alone, and says whether the numbers agree. Exit
code 1 when something does not.

Nobody is stopped meanwhile: what does not agree is looked at again before it is told, since a worker may be about to count it.
"""

import argparse
import sys
import time

from chassis.parts import Parts
from services.intermediary import model_statistics, store, store_statistics

# Looks at what does not agree, and seconds between them: a worker counts every two seconds.
LOOKS, PAUSE = 3, 3.0


def main(parts: Parts, arguments: list[str]) -> None:
    """The job."""
    parser = argparse.ArgumentParser(prog="intermediary recount")
    parser.add_argument("--county", metavar="SIX_DIGITS")
    wanted = parser.parse_args(arguments)
    all, faults = store.procurements(parts.database), list[str]()
    for county in [wanted.county] if wanted.county else store.counties(parts.database).all():
        months = all.counts.months(all, county)
        found = [
            f"{county}: counts of {month}: {', '.join(names)}"
            for month in months
            if (names := _differs(all, county, month))
        ]
        print(*found, f"{county}: {len(months)} months recounted from the journals, {len(found)} faults", sep="\n")
        faults += found
    if faults:
        sys.exit(1)


def _differs(all: store.Procurements, county: str, month: str) -> list[str]:
    """Which numbers of a month differ each time they are looked at."""
    names: list[str] = []
    for look in range(LOOKS):
        if look:
            time.sleep(PAUSE)
        wanted = model_statistics.kept(model_statistics.counted(store_statistics.replayed(all, county, month)))
        known = model_statistics.kept(all.counts.between(county, month, month))
        if not (names := [name for name in wanted if wanted[name] != known[name]]):
            break
    return names
