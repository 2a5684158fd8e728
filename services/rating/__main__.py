"""`python -m services.rating api | worker | republish | verify | rewrap`."""

from chassis import run

if __name__ == "__main__":
    run.start("rating", settings="services.rating.settings")
