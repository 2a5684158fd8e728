"""Load on a running suite: Locust users over HTTP and gRPC, the benchmarks, and what the resilience tests drive with."""
