"""`python -m services.intermediary api | worker | republish | verify | rewrap | recount`."""

from chassis import run

if __name__ == "__main__":
    jobs = {"recount": "services.intermediary.recount"}
    run.start("intermediary", jobs=jobs, settings="services.intermediary.settings")
