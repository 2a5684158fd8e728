"""`python -m services.catalog api | worker | republish | verify | rewrap | import FILE… | drift | links`.

`lint FILE…` needs nothing running.
"""

import sys

from chassis import run

if __name__ == "__main__":
    if sys.argv[1:2] == ["lint"]:
        from services.catalog import linting

        sys.exit(linting.main(sys.argv[2:]))
    jobs = {
        "import": "services.catalog.importing",
        "drift": "services.catalog.drifting",
        "links": "services.catalog.link_checking",
    }
    run.start("catalog", jobs=jobs, settings="services.catalog.settings")
