"""`python -m services.catalog api | worker | republish | verify | rewrap | import FILE…`."""

from chassis import run

if __name__ == "__main__":
    run.start("catalog", jobs={"import": "services.catalog.importing"})
