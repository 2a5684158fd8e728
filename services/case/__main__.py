"""`python -m services.case api | worker | republish | verify | rewrap | fold [--once] | replay NUMBER | restate`."""

from chassis import run

if __name__ == "__main__":
    run.start(
        "case",
        settings="services.case.settings",
        jobs={
            "fold": "services.case.folding",
            "replay": "services.case.replaying",
            "restate": "services.case.restating",
        },
    )
