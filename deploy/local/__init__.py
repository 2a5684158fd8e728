"""The whole suite on one machine, in one folder: for `make run`, the tests and the benchmarks alike.

faults → claim → daemon → ports, places → broker, stores, processes → suite → run. Everything listens on 127.0.0.1; a
program is only ever ended by the pid this package recorded when it started it.
"""
