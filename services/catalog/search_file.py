"""The file a process keeps its index in: found again after a restart, thrown away when it does not fit or is damaged.

It is a copy of what the store has, so nothing is lost with it. One thread writes; searches read on connections of their own and
see whole batches only, and wait for nobody (WAL).
"""

import fcntl
import hashlib
import queue
import shutil
import sqlite3
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Final, TextIO

from services.catalog import search_chapters

# Processes that may share a folder, and searches of one process that run side by side; more wait a moment.
MOST_PROCESSES: Final = 64
READERS: Final = 4
# How long a search waits for one: so often, so many seconds.
LOOKS: Final = 15
LOOK_SECONDS: Final = 0.2
SCHEMA: Final = f"""
CREATE TABLE meta (fingerprint TEXT);
CREATE VIRTUAL TABLE words USING fts5(title, about, spelled, codes, tokenize = 'unicode61', detail = 'column');
CREATE TABLE items (number INTEGER PRIMARY KEY, id TEXT UNIQUE, version INTEGER, listed INTEGER, live INTEGER, edition INTEGER,
  digest TEXT, place TEXT, name TEXT, aliases TEXT, about TEXT, tags TEXT, hit BLOB);
CREATE INDEX items_place ON items (live, place);
CREATE TABLE lexicon (word TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE near (key TEXT, word TEXT, PRIMARY KEY (key, word)) WITHOUT ROWID;
{search_chapters.SCHEMA}
"""
# What decides how an item becomes rows: a file written by other rules is of no use.
_RULES: Final = ("search_words.py", "search_rows.py", "search_chapters.py", "search_nearby.py")
_LIBRARIES: Final = ("rjieba", "pypinyin")


def fingerprint() -> str:
    """Of the schema and of the rules by which items become words and rows."""
    here = Path(__file__).parent
    told = [
        SCHEMA,
        *(f"{name} {version(name)}" for name in _LIBRARIES),
        *((here / name).read_text() for name in _RULES),
    ]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


class File:
    """An open index file: `writer` for the one thread that writes, `reading()` for all others."""

    def __init__(self, folder: str = "") -> None:
        self._lock, self.path = _place(folder or _own_folder(self))
        self.reused = self._open()

    def _open(self) -> bool:
        """Opens what is there when it fits and is whole, else begins anew; returns whether it was there."""
        reused = False
        if self.path.exists():
            with suppress(sqlite3.DatabaseError):
                self.writer = _connect(self.path)
                reused = _fits(self.writer)
            if not reused:
                self._remove()
        if not reused:
            self.writer = _connect(self.path)
            _create(self.writer)
        self._readers: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        for _ in range(READERS):
            self._readers.put(_connect(self.path, reading=True))
        return reused

    def begin_anew(self) -> None:
        """Throws the file away for an empty one. Searches under way end with an error of SQLite or with what they have."""
        self._part()
        self._remove()
        self.reused = self._open()

    def close(self) -> None:
        """Closes the file and leaves it to the next process."""
        self._part()
        self._lock.close()

    def _part(self) -> None:
        """Closes what nobody uses at the moment; the rest closes with its last user."""
        with suppress(queue.Empty):
            while True:
                self._readers.get_nowait().close()
        self.writer.close()

    def _remove(self) -> None:
        if hasattr(self, "writer"):
            self.writer.close()
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one state of the index as long as it is held."""
        readers, connection = self._taken()
        try:
            connection.execute("BEGIN")
            yield connection
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            readers.put(connection)

    def _taken(self) -> tuple[queue.LifoQueue[sqlite3.Connection], sqlite3.Connection]:
        """A connection and where it goes back to; looks again meanwhile, since the file may have begun anew or be closed."""
        for _ in range(LOOKS):
            readers = self._readers
            with suppress(queue.Empty):
                return readers, readers.get(timeout=LOOK_SECONDS)
        raise sqlite3.OperationalError("no connection is free")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One batch: all of it is seen at once, or nothing of it."""
        self.writer.execute("BEGIN IMMEDIATE")
        try:
            yield self.writer
            self.writer.execute("COMMIT")
        except BaseException:
            if self.writer.in_transaction:  # SQLite may have ended it by itself
                self.writer.execute("ROLLBACK")
            raise

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self.path.stat().st_size


def _own_folder(owner: File) -> str:
    folder = tempfile.mkdtemp(prefix="yiwang-index-")
    weakref.finalize(owner, shutil.rmtree, folder, ignore_errors=True)
    return folder


def _place(folder: str) -> tuple[TextIO, Path]:
    """The first file of the folder that no living process has, and the lock that says so."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for number in range(MOST_PROCESSES):
        lock = (Path(folder) / f"items-{number}.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            continue
        return lock, Path(folder) / f"items-{number}.sqlite"
    raise RuntimeError(f"more than {MOST_PROCESSES} processes have their index in {folder}")


def _connect(path: Path, reading: bool = False) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode={'ro' if reading else 'rwc'}"
    connection = sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None, cached_statements=32)
    # Pages the system keeps anyway are not kept a second time in every connection.
    connection.execute(f"PRAGMA cache_size = {-1000 if reading else -4000}")
    if not reading:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def _fits(connection: sqlite3.Connection) -> bool:
    row = connection.execute("SELECT fingerprint FROM meta").fetchone()
    whole = connection.execute("PRAGMA quick_check(1)").fetchone()
    return bool(row == (fingerprint(),) and whole == ("ok",))


def _create(connection: sqlite3.Connection) -> None:
    try:
        connection.executescript(SCHEMA)
    except sqlite3.OperationalError as error:
        if "no such module" in str(error):
            raise RuntimeError("this Python's SQLite was built without FTS5") from error
        raise
    connection.execute("INSERT INTO meta VALUES (?)", (fingerprint(),))
