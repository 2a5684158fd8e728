"""What the rounds of `make bench` say, as figures: medians and ratios, with their goals."""

import statistics
from collections.abc import Callable

import psutil

from deploy.local.suite import Suite
from loadtests.figures import Figure

Rounds = dict[str, list[dict[str, float]]]


def total(cpu: dict[str, float], *names: str) -> float:
    """CPU milliseconds per act of these processes."""
    return sum(cpu.get(name, 0.0) for name in names)


def ratio_figures(rounds: Rounds) -> list[Figure]:
    """Request path against the floor, median over rounds."""
    path = ("client", "case-api", "case-store")

    def middle(value: Callable[[int], float]) -> float:
        return statistics.median(value(number) for number in range(len(rounds["echo"])))

    def floor(number: int, act: str) -> float:
        return total(rounds[act][number], "client", "server")

    figures = [
        Figure(f"spine.{act}_cpu", middle(lambda n, a=act: floor(n, a)), "ms")
        for act in ("echo", "raw_insert", "raw_find")
    ]
    for act, second, goal in (("submit", "raw_insert", 2.0), ("accept", "raw_insert", None), ("get", "raw_find", 2.0)):
        cost = middle(lambda n, a=act: total(rounds[a][n], *path))
        ratio = middle(lambda n, a=act, s=second: total(rounds[a][n], *path) / (floor(n, "echo") + floor(n, s)))
        figures.append(Figure(f"spine.{act}_cpu", cost, "ms"))
        figures += [
            Figure(f"spine.{act}_cpu.{name}", middle(lambda n, a=act, k=name: rounds[a][n][k]), "ms") for name in path
        ]
        figures.append(Figure(f"spine.{act}_cpu_ratio", ratio, "×", goal))
        figures.append(Figure(f"spine.{act}_p99", middle(lambda n, a=act: rounds[a][n]["p99"]), "ms"))
    return figures


def growth_figures(few: dict[str, float], many: dict[str, float], sizes: tuple[int, int]) -> list[Figure]:
    """What an act costs with many cases against few; also in echoes of the same minutes, since the machine's speed drifts."""
    figures = []
    drift = many["echo"] / few["echo"]
    for act, cost in few.items():
        figures.append(Figure(f"spine.{act}_cpu_at_{sizes[0]}", cost, "ms"))
        figures.append(Figure(f"spine.{act}_cpu_at_{sizes[1]}", many[act], "ms"))
        if act != "echo":
            figures.append(Figure(f"spine.{act}_growth", many[act] / cost, "×", 1.2))
            figures.append(Figure(f"spine.{act}_growth_in_echoes", many[act] / cost / drift, "×"))
    return figures


def consequence_figures(causes: list[dict[str, float]], rounds: Rounds) -> list[Figure]:
    """Relay, broker, handler, and the store's work for them: all a submit causes beyond its own write."""
    own_store = statistics.median(one["case-store"] for one in rounds["submit"])
    parts = ("case-worker", "broker")
    values = [total(one, *parts) + max(0.0, one["case-store"] - own_store) for one in causes]
    figures = [
        Figure(f"spine.consequences_cpu.{name}", statistics.median(one[name] for one in causes), "ms") for name in parts
    ]
    store = statistics.median(max(0.0, one["case-store"] - own_store) for one in causes)
    figures.append(Figure("spine.consequences_cpu.case-store", store, "ms"))
    return [*figures, Figure("spine.consequences_cpu", statistics.median(values), "ms", 3.0)]


def idle_figures(suite: Suite, idle: dict[str, float]) -> list[Figure]:
    """Memory and CPU of idle processes: the largest api and worker."""
    figures = []
    for mode, goal in (("api", 70), ("worker", 80)):
        for service in suite.services:
            process = suite.process(service, mode)
            memory = psutil.Process(process.pid).memory_full_info()
            figures.append(Figure(f"spine.idle_{service}_{mode}_rss", memory.rss / 2**20, "MB", goal))
            # Without the libraries' pages that the processes of a machine share.
            figures.append(Figure(f"spine.idle_{service}_{mode}_pss", memory.pss / 2**20, "MB"))
            share = idle[process.name] * 100
            figures.append(
                Figure(f"spine.idle_{service}_{mode}_cpu", share, "% of a core", 1.0 if mode == "worker" else None)
            )
    return figures
