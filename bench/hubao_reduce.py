"""Time hubao's reduce step by itself: from the log's rows to the small tables, before deciding."""

import time
from pathlib import Path
from statistics import median

from hubao.lake.engines.duckdb import DuckDB
from hubao.lake.reading import Reading, read_access, read_victims
from hubao.lake.steps import step
from hubao.trace.analyse import reduce
from hubao.trace.arrivals import arrivals
from hubao.trace.reduce import Log


def time_reduce(access: Path, victims: Path, *, threads: int, times: int = 3) -> float:
    """Return the median seconds of reducing, over fresh engines of so many threads.

    Finding the files, checking their rows and their digests come before and are not counted:
    they are part of the whole command's time. The log's rows are still in the file.
    """
    return median(_seconds(access, victims, threads) for _ in range(times))


def _seconds(access: Path, victims: Path, threads: int) -> float:
    with DuckDB(threads=threads) as engine:
        reading = Reading(engine)
        read_access(reading, [access])
        read_victims(reading, victims)
        begin = time.perf_counter()
        log = Log(engine, columns=None, asked=None)
        found = arrivals(engine.fetch(step("SELECT * FROM victims")), log.suspected())
        reduce(log, found)
        return time.perf_counter() - begin
