"""`python -m services.message api | worker | send | republish | verify | rewrap`."""

from chassis import run

if __name__ == "__main__":
    run.start("message", jobs={"send": "services.message.job_send"}, settings="services.message.settings")
