"""Runs a program in the environment of a service of the running suite, with the gateway's address for load generators.

python -m deploy.local.command case python -m services.topology
"""

import os
import sys

from .claim import is_held
from .faults import LocalFault
from .places import FOLDER, load_places
from .reset import LOCK


def main(arguments: list[str]) -> int:
    """Becomes the program; says what is missing when that cannot be."""
    if len(arguments) < 2:
        print("usage: python -m deploy.local.command SERVICE PROGRAM [ARGUMENT…]", file=sys.stderr)
        return 2
    service, *command = arguments
    try:
        if not is_held(FOLDER / LOCK):
            raise LocalFault("the suite is not running: start it with make run in another terminal")
        places = load_places(FOLDER)
        if service not in places.stores:
            raise LocalFault(f"there is no service {service}; there are {', '.join(places.stores)}")
        addresses = {f"{name.upper()}_ADDRESS": address for name, address in places.addresses.items()}
        load = {"GATEWAY_URL": places.gateway_url, "LOCUST_HOST": places.gateway_url}
        program = sys.executable if command[0] == "python" else command[0]
        os.execvpe(program, [program, *command[1:]], {**places.environment(service), **addresses, **load})  # noqa: S606  # nosec B606
    except OSError as error:
        print(f"cannot run {command[0]}: {error.strerror}", file=sys.stderr)
    except LocalFault as fault:
        print(fault, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
