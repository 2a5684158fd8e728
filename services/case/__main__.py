"""`python -m services.case api | worker | republish | verify | rewrap`."""

from chassis import run

if __name__ == "__main__":
    run.start("case")
