"""One load in one process: `python -m loadtests.drive SPEC.json`; the result is one JSON line on standard output.

A process of its own, so that its CPU is counted apart and gevent's patches stay out of everything else.
"""

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

import grpc.experimental.gevent  # noqa: E402

grpc.experimental.gevent.init_gevent()

from loadtests import openloop  # noqa: E402
from loadtests.acts import ACTS  # noqa: E402


def main() -> None:
    spec = json.loads(Path(sys.argv[1]).read_text())
    act = ACTS[spec["act"]](spec)
    for number in range(spec.get("warm", 0)):
        act(10_000_000 + number)
    print(
        json.dumps(
            openloop.run(
                act, spec["act"], spec["rate"], spec["seconds"], spec.get("retry", False), spec.get("poisson", False)
            )
        )
    )


if __name__ == "__main__":
    main()
