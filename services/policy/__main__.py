"""`python -m services.policy api | worker | republish | verify | rewrap | match | load`."""

from chassis import run

if __name__ == "__main__":
    jobs = {"match": "services.policy.job_match", "load": "services.policy.loading"}
    run.start("policy", jobs=jobs, settings="services.policy.settings")
