"""`python -m services.rating api | worker | republish | verify | rewrap | recount`."""

from chassis import run

if __name__ == "__main__":
    jobs = {"recount": "services.rating.recount"}
    run.start("rating", jobs=jobs, settings="services.rating.settings")
