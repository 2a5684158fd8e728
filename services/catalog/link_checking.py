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
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import urllib3
from google.protobuf.json_format import MessageToDict
from rich.console import Console
from urllib3.util import Url

from chassis.parts import Parts
from services.catalog import store, store_files
from services.catalog.model_life import PUBLISHED

SECONDS = 8.0
# For one address with all it leads on to.
TOTAL = 20.0
# So many addresses of a site late one after the other: the site is away.
LATE_MOST = 3
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
LATE = Outcome(DOUBTFUL, "超时")


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
    """Whether an address can be opened. Addresses within the own network are not asked unless `inside`: a guide is no way into it.

    Takes `TOTAL` seconds at most, however slowly a site looks names up, shakes hands or answers.
    """
    return _in_time(lambda: _followed(url, inside))


def _in_time(ask: Callable[[], Outcome]) -> Outcome:
    """What `ask` gives in time. A thread that is late is left behind, since nothing ends a site that sends a byte now and then."""
    answer = Future[Outcome]()

    def run() -> None:
        try:
            answer.set_result(ask())
        except BaseException as error:
            answer.set_exception(error)

    Thread(target=run, daemon=True).start()
    try:
        return answer.result(TOTAL)
    except FutureTimeout:
        return LATE


def _followed(url: str, inside: bool) -> Outcome:
    for _ in range(REDIRECTS + 1):
        try:
            outcome, url = _asked(url, inside)
        except urllib3.exceptions.NewConnectionError:
            return Outcome(DEAD, "无法连接")
        except urllib3.exceptions.TimeoutError:
            return LATE
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            return Outcome(DEAD, f"无法连接（{type(error).__name__}）")
        if outcome:
            return outcome
    return Outcome(DEAD, "转向次数过多")


def _asked(url: str, inside: bool) -> tuple[Outcome | None, str]:
    """The outcome, or where it leads on to."""
    place = urllib3.util.parse_url(url)
    host = (place.host or "").strip("[]")
    if place.scheme not in ("http", "https") or not host:
        return Outcome(DEAD, "不是网址"), url
    if place.auth:
        return Outcome(DEAD, "网址中有账号或密码"), url
    try:
        addresses = list(dict.fromkeys(str(one[4][0]) for one in socket.getaddrinfo(host, None)))
    except (OSError, UnicodeError):
        return Outcome(DEAD, "域名无法解析"), url
    if not inside and not all(map(_public, addresses)):
        return Outcome(DEAD, "指向内部网络，公众无法打开"), url
    answer = _answer(place, host, addresses)
    if 300 <= answer.status < 400 and (onward := answer.get_redirect_location()):
        return None, urljoin(url, onward)
    return _judged(answer.status), url


def _public(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_global


def _answer(place: Url, host: str, addresses: list[str]) -> urllib3.BaseHTTPResponse:
    """The answer of the first address that can be reached. Addresses, not the name: asked for again it could be told otherwise."""
    for last, address in enumerate(addresses, 1 - len(addresses)):
        try:
            with _pool(place, host, address) as pool:
                answer = _ask(pool, "HEAD", place)
                # Some sites know no HEAD, or answer it wrongly.
                return answer if answer.status < 400 else _ask(pool, "GET", place)
        except urllib3.exceptions.NewConnectionError:
            if not last:
                raise
    raise ValueError("no address")


def _pool(place: Url, host: str, address: str) -> urllib3.HTTPConnectionPool:
    timeout = urllib3.Timeout(connect=SECONDS / 2, read=SECONDS)
    if place.scheme == "http":
        return urllib3.HTTPConnectionPool(address, place.port, timeout)
    return urllib3.HTTPSConnectionPool(address, place.port, timeout, assert_hostname=host, server_hostname=host)


def _ask(pool: urllib3.HTTPConnectionPool, method: str, place: Url) -> urllib3.BaseHTTPResponse:
    told = {"User-Agent": AGENT, "Host": place.netloc or ""}
    answer = pool.request(method, place.request_uri, headers=told, redirect=False, retries=False, preload_content=False)
    answer.close()
    return answer


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
        hosts[_host(url)].append(url)
    with ThreadPoolExecutor(HOSTS_AT_ONCE) as pool:
        rounds = pool.map(lambda urls: _of_host(urls, inside), hosts.values())
        known = {url: outcome for found in rounds for url, outcome in found.items()}
    for link in links:
        missing = Outcome(ALIVE, "") if has_file.get(link.file) else Outcome(DEAD, "文件不存在")
        yield link, known[link.url] if link.url else missing


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _of_host(urls: list[str], inside: bool) -> dict[str, Outcome]:
    """The addresses of one site, one after the other; one that is late again and again is not waited for any longer."""
    found: dict[str, Outcome] = {}
    late = 0
    for url in urls:
        found[url] = opened(url, inside) if late < LATE_MOST else Outcome(DOUBTFUL, "网站多次超时，未再打开")
        late = late + 1 if found[url] == LATE else 0 if late < LATE_MOST else late
    return found


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
