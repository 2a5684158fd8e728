"""`python -m services.catalog links [--report FILE]`: opens every address the published guides name, and looks for every file they keep.

A guide whose form, sample or law cannot be opened is named with field and reason (J23 of the self-assessment: 表格样表, 死链). The lint
reads guides alone and opens nothing, so that it also runs where no network is. Exit code 1 when anything is dead.
"""

import argparse
import ipaddress
import json
import socket
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import urllib3
from google.protobuf.json_format import MessageToDict
from rich.console import Console

from chassis.parts import Parts
from services.catalog import store, store_files
from services.catalog.model_life import PUBLISHED

SECONDS = 8.0
HOSTS_AT_ONCE = 8
REDIRECTS = 5
# What many sites answer to programs: the page is there, it is not for us.
GUARDED = frozenset({401, 403, 405, 429})
AGENT = "yiwang-link-check/1"


class Link(NamedTuple):
    """An address, or a file's id, and where it stands."""

    item: str
    code: str
    name: str
    field: str
    url: str
    file: str


class Outcome(NamedTuple):
    """What became of it: alive, dead, or doubtful (the site is busy, slow or guarded), and why."""

    state: str
    reason: str


ALIVE, DEAD, DOUBTFUL = "alive", "dead", "doubtful"


def links_of(item: str, definition: Mapping[str, Any]) -> Iterator[Link]:
    """Every address and kept file a definition (as proto3 JSON) names, with the path of its field."""
    code, name = definition.get("code", ""), definition.get("name", "")
    for path, part in _parts(definition, ""):
        if part.get("url") or ("id" in part and "name" in part):
            yield Link(item, code, name, path, part.get("url", ""), "" if part.get("url") else part["id"])


def _parts(value: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(value, Mapping):
        yield path, value
        for key, inner in value.items():
            yield from _parts(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _parts(inner, f"{path}[{place}]")


def opened(url: str, inside: bool = False) -> Outcome:
    """Whether an address can be opened. Addresses within the own network are not asked unless `inside`: a guide is no way into it."""
    for _ in range(REDIRECTS + 1):
        host = urlsplit(url).hostname or ""
        if not inside and (blocked := _inside(host)):
            return blocked
        outcome, url = _asked(url)
        if outcome:
            return outcome
    return Outcome(DEAD, "转向次数过多")


def _inside(host: str) -> Outcome | None:
    try:
        found = {str(one[4][0]) for one in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return Outcome(DEAD, "域名无法解析")
    if any(not ipaddress.ip_address(address.partition("%")[0]).is_global for address in found):
        return Outcome(DEAD, "指向内部网络，公众无法打开")
    return None


def _asked(url: str) -> tuple[Outcome | None, str]:
    """The outcome, or where it leads on to."""
    timeout = urllib3.Timeout(connect=SECONDS / 2, read=SECONDS)
    try:
        for method in ("HEAD", "GET"):
            answer = urllib3.request(
                method,
                url,
                timeout=timeout,
                redirect=False,
                retries=False,
                preload_content=False,
                headers={"User-Agent": AGENT},
            )
            answer.close()
            # Some sites know no HEAD, or answer it wrongly.
            if answer.status < 400:
                break
    except urllib3.exceptions.NewConnectionError:
        return Outcome(DEAD, "无法连接"), url
    except urllib3.exceptions.TimeoutError:
        return Outcome(DOUBTFUL, "超时"), url
    except (urllib3.exceptions.HTTPError, ValueError) as error:
        return Outcome(DEAD, f"无法连接（{type(error).__name__}）"), url
    if 300 <= answer.status < 400 and (onward := answer.get_redirect_location()):
        return None, urljoin(url, onward)
    return _judged(answer.status), url


def _judged(status: int) -> Outcome:
    if status < 400:
        return Outcome(ALIVE, "")
    if status in GUARDED or status >= 500:
        return Outcome(DOUBTFUL, f"网站返回 {status}")
    return Outcome(DEAD, f"网站返回 {status}")


def checked(links: list[Link], has_file: Mapping[str, bool], inside: bool = False) -> Iterator[tuple[Link, Outcome]]:
    """Every link with its outcome; an address is asked once, one at a time per host."""
    hosts: dict[str, list[str]] = defaultdict(list)
    for url in dict.fromkeys(link.url for link in links if link.url):
        hosts[urlsplit(url).hostname or ""].append(url)
    with ThreadPoolExecutor(HOSTS_AT_ONCE) as pool:
        rounds = pool.map(lambda urls: {url: opened(url, inside) for url in urls}, hosts.values())
        known = {url: outcome for found in rounds for url, outcome in found.items()}
    for link in links:
        missing = Outcome(ALIVE, "") if has_file.get(link.file) else Outcome(DEAD, "文件不存在")
        yield link, known[link.url] if link.url else missing


def main(parts: Parts, arguments: list[str]) -> None:
    """Checks all published guides, prints what is dead or doubtful, and writes the report when asked to."""
    parser = argparse.ArgumentParser(prog="catalog links", description="检查指南里的网址和文件")
    parser.add_argument("--report", type=Path, metavar="FILE", help="把结果写成 JSON")
    parser.add_argument("--inside", action="store_true", help="也打开内部网络的网址")
    wanted = parser.parse_args(arguments)
    links = [link for id, definition in _published(parts) for link in links_of(id, definition)]
    files = {link.file: store_files.has(parts.database, link.file) for link in links if link.file}
    counts: Counter[str] = Counter()
    lines = []
    console = Console(stderr=True)
    for link, outcome in checked(links, files, wanted.inside):
        counts[outcome.state] += 1
        if outcome.state != ALIVE:
            lines.append(link._asdict() | outcome._asdict())
            told = f"{link.name}（{link.code}） {link.field}：{outcome.reason} {link.url or link.file}"
            console.print(told, markup=False, highlight=False, soft_wrap=True)
    if wanted.report:
        wanted.report.write_text(json.dumps({"counts": counts, "links": lines}, ensure_ascii=False, indent=1), "utf-8")
    sys.stdout.write(f"正常 {counts[ALIVE]}，失效 {counts[DEAD]}，存疑 {counts[DOUBTFUL]}\n")
    if counts[DEAD]:
        sys.exit(1)


def _published(parts: Parts) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The editions in force, as they were published."""
    all = store.items(parts.database)
    for seen in store.published_keys(all):
        if seen["state"]["life"]["status"] == PUBLISHED:
            record = all.get(seen["_id"])
            if found := store.edition(all, record, record.state.life.edition):
                yield record.id, MessageToDict(found[0].definition)
