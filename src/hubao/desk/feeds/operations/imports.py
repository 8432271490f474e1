"""Import a source: its new files become one batch of the lake, each event once whatever crashes.

A batch's files lie in the lake before it is written down, and that they come is noted before; what
a crash left of such a batch is removed before it is written again. Events that are there already
are left out.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from hubao.desk.core.actor import Actor, Permission
from hubao.desk.core.files import given, rows_by
from hubao.desk.core.transactions import durable
from hubao.desk.feeds.found import Found, check_place, listed, named, new
from hubao.desk.feeds.landing import Landed, land, publish
from hubao.desk.feeds.models import Batch, Source
from hubao.desk.feeds.operations.tidying import tidy
from hubao.desk.feeds.places import Places, write_rejects
from hubao.desk.feeds.queries import batches_near, files_known, source_of, terms_of
from hubao.desk.feeds.rules import Terms, Way, columns_of, months_near
from hubao.desk.feeds.staging import Arrival, Stage
from hubao.desk.feeds.steps import Taken, forget_gone, note_files, write_down
from hubao.desk.people.queries import parties_of
from hubao.desk.policies.numbers import records_or_tokens
from hubao.kit.errors import BadInput
from hubao.seal.fields import Fields

AT_ONCE: Final = 256 << 20  # bytes of files that become one batch
MOST_REJECTS: Final = 100_000  # of a batch, that are listed
REJECTS_KEPT: Final = timedelta(days=180)  # by then a system is mended
Told = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Wires:
    """What an import needs from outside.

    Attributes:
        places: the folders.
        fields: what policy numbers are indexed with.
        told: hears how far it is, how far it goes, and with what.
    """

    places: Places
    fields: Fields
    told: Told | None = None

    def tell(self, done: float, total: float, what: str) -> None:
        """Tell whoever watches."""
        if self.told is not None:
            self.told(int(done), int(total), what)


@dataclass
class _Group:
    """Files that become one batch: staged, by what they are called, and what is noted of them."""

    names: dict[str, str] = field(default_factory=dict)
    digests: list[str] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    skipped: int = 0

    @property
    def digest(self) -> str:
        return hashlib.sha256("".join(self.digests).encode()).hexdigest()


@dataclass
class _End:
    """A file's last line, if nothing ends it: its writer may be in the middle of it.

    It is left for next time, and taken then if the file hasn't changed in between.
    """

    found: Found
    named: bool
    left: bool = False

    def is_whole(self) -> bool:
        self.left = not (self.named or (self.found.rested and self.found.is_as_found()))
        return not self.left

    def taken(self, sha256: str) -> Taken:
        """Note the file; smaller than it is if a line was left, so that it is looked at again."""
        one = self.found
        return Taken(str(one.path), one.size - self.left, one.changed, sha256)


def import_source(
    *,
    name: str,
    files: Sequence[Path] = (),
    actor: Actor,
    at: datetime,
    wires: Wires,
    quiet: timedelta = timedelta(0),
) -> list[Batch]:
    """Take in a source's new files, or those that are named.

    Args:
        name: of the source.
        files: to take in, known or not; none: what is new in its place.
        actor: who imports.
        at: now.
        wires: what the import needs.
        quiet: how long a file must not have changed: until then it may still be written.

    Returns:
        What was written down, mostly one batch; none where nothing is new.

    Raises:
        NotAllowed: the actor may not.
        NoSuchSource: there is no such source.
        Busy: another import of it runs.
        BadInput: the source's place isn't there, or a file that was named, or is its only one,
            can't be used as a whole.
    """
    actor.require(Permission.PUSH_FEEDS)
    source_of(name=name, actor=actor)
    with wires.places.alone(name):
        source = source_of(name=name, actor=actor)
        terms = terms_of(source)
        tidy(source, places=wires.places, by=actor.id, at=at)
        paths = named(files) if files else listed(name, terms, wires.places)
        # One file that always grows would never be quiet; its last line may be left for next time.
        wait = quiet if terms.kind is Way.FOLDER else timedelta(0)
        known = {} if files else files_known(source, [str(path) for path in paths])
        found = new(paths, known, at=at, quiet=wait)
        run = _Run(source, terms, actor, at, wires, forgiving=not files)
        imported = [run.store(group) for group in run.groups(found)]
        wires.places.forget_rejects(name, before=at - REJECTS_KEPT)
        with durable():
            if not files:
                forget_gone(source, {str(path) for path in paths})
            done = {"last_import_at": at, "failed_at": None, "failed_code": None}
            Source.objects.filter(name=name).update(**done)
    return [one for one in imported if one is not None]


@dataclass
class _Run:
    """One import of one source, alone at it."""

    source: Source
    terms: Terms
    actor: Actor
    at: datetime
    wires: Wires
    forgiving: bool

    def __post_init__(self) -> None:
        self._stage = stage_of(self.source, self.terms, self.actor, self.wires.fields)
        self._scratch = self.wires.places.scratch(self.source.name)
        self._count = 0

    def groups(self, found: Iterator[Found]) -> Iterator[_Group]:
        """Stage files one after the other, and give them in groups of some size."""
        group, size = _Group(), 0
        for one in found:
            end = _End(one, named=not self.forgiving)
            try:
                self._add(one, group, end)
            except BadInput:
                if not (self.forgiving and (self.terms.kind is Way.FOLDER or end.left)):
                    raise
                group.taken.append(end.taken(""))
            size += one.size
            if size >= AT_ONCE:
                yield group
                group, size = _Group(), 0
        if group.taken or group.names:
            yield group

    def store(self, group: _Group) -> Batch | None:
        """Bring a group into the lake; none of its files need be usable."""
        if not group.names:
            with durable():
                note_files(self.source, group.taken, batch=None)
            return None
        landed = self._land(group)
        number = self.source.batches + 1
        self.wires.places.begin(self.source.name, number)
        publish(landed.files)
        if landed.rejects:
            rejects = [(group.names[path], line, why) for path, line, why in landed.rejects]
            write_rejects(self.wires.places.rejects(self.source.name, number), rejects)
        batch = self._write_down(group, landed)
        self.wires.places.end(self.source.name)
        for staged in group.names:
            Path(staged).unlink()
        return batch

    def _add(self, one: Found, group: _Group, end: _End) -> None:
        waiting = self.wires.places.waiting(self.source.name)
        if one.path.parent == waiting:  # a push, which is staged already
            group.names[str(one.path)] = one.path.stem
            group.digests.append(one.path.stem)
            return
        if self.forgiving:
            check_place(one.path, self.terms)
        file = given(one.path)
        skipped = self._stage.skipped
        self._count += 1
        staged = self._scratch / f"{self._count:06d}.parquet"
        found = rows_by(
            file,
            columns_of(self.terms.columns),
            told=lambda done: self.wires.tell(done, one.size, one.path.name),
            is_whole=end.is_whole,
        )
        self._stage.write(found, staged, Arrival(min(one.moment, self.at), self.at))
        group.names[str(staged)] = one.path.name
        group.digests.append(file.sha256)
        group.taken.append(end.taken(file.sha256))
        group.skipped += self._stage.skipped - skipped

    def _land(self, group: _Group) -> Landed:
        name, places = self.source.name, self.wires.places
        return land(
            [Path(one) for one in group.names],
            source=name,
            timezone=self.terms.timezone,
            near=lambda first, last: places.of_batches(
                name, batches_near(self.source, first, last), months_near(first, last)
            ),
            lake=places.lake,
            name=places.batch_name(name, self.source.batches + 1),
            most_rejects=MOST_REJECTS,
            told=lambda share: self.wires.tell(100 * share, 100, "storing"),
        )

    def _write_down(self, group: _Group, landed: Landed) -> Batch:
        counts = landed.counts | {"files": len(group.names), "skipped": group.skipped}
        counts["rows"] += group.skipped
        with durable():
            return write_down(
                self.source,
                counts=counts,
                digest=group.digest,
                taken=group.taken,
                hours=landed.hours,
                last_event_at=landed.last_event_at,
                by=self.actor.id,
                at=self.at,
            )


def stage_of(source: Source, terms: Terms, actor: Actor, fields: Fields) -> Stage:
    """Give what stages a source's rows."""
    return Stage(
        terms=terms,
        salt=bytes(source.salt),
        people=lambda logins: parties_of(
            logins=logins, system=terms.system, own_ids=terms.own_ids, actor=actor
        ),
        policies=lambda numbers: records_or_tokens(numbers=numbers, actor=actor, fields=fields),
    )
