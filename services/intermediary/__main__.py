"""`python -m services.intermediary api | worker | republish | verify | rewrap`."""

from chassis import run

if __name__ == "__main__":
    run.start("intermediary", settings="services.intermediary.settings")
