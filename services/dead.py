"""`python -m services.dead list | show QUEUE | replay QUEUE`: messages that were given up after the last retry.

Shown are ids, types, attempts and the kind of the last error; the content stays in the journal it came from.
"""

import sys

from chassis import bus
from chassis.config import BrokerSettings, read
from services.topology import EVENTS

USAGE = "usage: python -m services.dead list | show QUEUE | replay QUEUE"


def main() -> None:
    uri, command = read(BrokerSettings).amqp_uri, sys.argv[1:]
    match command:
        case ["list"]:
            for name, _ in bus.queues(EVENTS):
                print(f"{bus.dead_count(uri, name):6d}  {name}")
        case ["show", queue]:
            for letter in bus.dead_letters(uri, queue):
                print("  ".join(f"{key}={value}" for key, value in letter.items()))
        case ["replay", queue]:
            print(f"{bus.replay_dead(uri, queue)} sent to {queue} again")
        case _:
            sys.exit(USAGE)


if __name__ == "__main__":
    main()
