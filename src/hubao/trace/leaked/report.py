"""The leaked-file report as dataclasses."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from hubao.trace.report import Suspect, Verdict


class Match(StrEnum):
    """How rows may be matched to records."""

    AUTO = "auto"
    EXACT = "exact"
    FUZZY = "fuzzy"


class Kind(StrEnum):
    """What an origin is in the log."""

    ACTOR = "actor"
    BATCH = "batch"


@dataclass(frozen=True)
class FileRead:
    """One file as it was read.

    Attributes:
        path: as the user gave it.
        role: leaked, access, policies, history or actors.
        rows: rows found, readable or not.
        rejected: rows set aside.
        sha256: hex digest of the bytes; None for a table handed over in memory.
    """

    path: str
    role: str
    rows: int
    rejected: int
    sha256: str | None


@dataclass(frozen=True)
class Rows:
    """What became of the leaked file's rows.

    Attributes:
        rows: readable rows.
        by_id: matched by their policy id.
        by_columns: matched because exactly one record agrees in every shared column.
        by_likeness: matched by linkage, with a probability of at least 0.99.
        ambiguous: rows that fit several records equally well.
        unmatched: rows that fit none: strangers, or cells too spoilt.
        records: distinct records among the matched rows.
        columns: columns compared, by their names in the policies table.
        coded_otherwise: shared columns left out, because cells of the same record rarely agree.
    """

    rows: int
    by_id: int
    by_columns: int
    by_likeness: int
    ambiguous: int
    unmatched: int
    records: int
    columns: Sequence[str]
    coded_otherwise: Sequence[str]

    @property
    def matched(self) -> int:
        """Rows that stand for one record."""
        return self.by_id + self.by_columns + self.by_likeness


@dataclass(frozen=True)
class Dating:
    """When the rows were copied, by the values that were in force.

    Attributes:
        best_from, best_until: between these moments most cells are as the history has them.
        likely_from, likely_until: the 95 % interval, which allows for wrong cells.
        cells: cells whose field and record the history knows.
        consistent: cells that were in force at the best moment.
    """

    best_from: str
    best_until: str
    likely_from: str
    likely_until: str
    cells: int
    consistent: int


@dataclass(frozen=True)
class Origin:
    """One actor or export in the shortest explanation of the file.

    Attributes:
        origin: the actor's or the batch's name in the log.
        kind: which of the two.
        actor: who made the batch; the actor itself otherwise.
        records: records it had seen before the file was found.
        inside: records of the file among them.
        share: estimated share, in [0, 1], of the file's records that come from it.
        gain: nats by which the description of the file gets longer without it.
        same_records_as: origins that hold the same records of the file, and as many in all.
        seen_from, seen_until: when it saw them; None where it saw none of the file.
        dating: of the rows that are most likely its own; None without a history.
    """

    origin: str
    kind: Kind
    actor: str
    records: int
    inside: int
    share: float
    gain: float
    same_records_as: Sequence[str]
    seen_from: str | None
    seen_until: str | None
    dating: Dating | None


@dataclass(frozen=True)
class Marks:
    """How the file was made: facts only, no evidence against anybody.

    Attributes:
        format: CSV, JSON lines, Parquet or XLSX, with gzip named where it is around it.
        encoding: utf-8 or gb18030, with a byte order mark named; None for binary formats.
        delimiter: of a CSV file, else None.
        line_ends: "LF", "CRLF" or "CR"; None for binary formats.
        columns: headers, in order.
        unknown_columns: headers that the policies table does not have.
        null_styles: spellings of an empty cell, the most frequent first, with their counts.
        sorted_by: columns whose values never fall (">" before the name: never rise).
        repeated_rows: rows whose record another row has already given.
        formula_cells: cells that a spreadsheet would run as a formula.
    """

    format: str
    encoding: str | None
    delimiter: str | None
    line_ends: str | None
    columns: Sequence[str]
    unknown_columns: Sequence[str]
    null_styles: Sequence[tuple[str, int]]
    sorted_by: Sequence[str]
    repeated_rows: int
    formula_cells: int


@dataclass(frozen=True)
class LeakedReport:
    """Where a leaked file came from, how sure that is, and when it was copied.

    Attributes:
        verdict: one of four words, as in the trace report.
        named: groups of origins that can't be told apart, each named as a group.
        rows: what became of the file's rows.
        origins: the shortest explanation of the file, the largest share first; not an accusation.
        elsewhere: estimated share, in [0, 1], of the file's records from no origin in the log.
        suspects: the leading suspects of the trace over a sample of the records, best first.
        sample: records in that sample.
        dating: of all rows together; None without a history.
        marks: how the file was made.
        found_at: the moment at which the log was cut (RFC 3339, UTC).
        alpha: bound on the chance that any innocent is named.
        family: actors and batches in the log, all of which the bound covers.
        strata: what records were compared within.
        records: records at risk.
        inputs: what was read.
        cautions: stable codes of what the reader must know.
        version: hubao's version.
    """

    verdict: Verdict
    named: Sequence[Sequence[str]]
    rows: Rows
    origins: Sequence[Origin]
    elsewhere: float
    suspects: Sequence[Suspect]
    sample: int
    dating: Dating | None
    marks: Marks
    found_at: str
    alpha: float
    family: int
    strata: Sequence[str]
    records: int
    inputs: Sequence[FileRead]
    cautions: Sequence[str]
    version: str
