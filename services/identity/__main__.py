"""`python -m services.identity api | worker | republish | verify | rewrap | load FILE.json`."""

from chassis import run

if __name__ == "__main__":
    run.start("identity", jobs={"load": "services.identity.loading"}, settings="services.identity.settings")
