"""The file of a backup: a plain tar, which any system reads.

It isn't compressed: most of a desk is encrypted, which doesn't shrink, and a dump of PostgreSQL is
compressed already. The manifest comes last, so that what was cut off has none.
"""

import io
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Self

from hubao.desk.config.backup.manifest import BadBackup, Manifest, Member
from hubao.desk.config.backup.streams import AT_ONCE, Hashed, Heard, Told
from hubao.desk.core.durably import sync

MANIFEST: Final = "manifest.json"
MAC: Final = "manifest.mac"
MODE: Final = 0o600  # its owner's alone
_LONGEST: Final = 1 << 20  # bytes of a member that is read as a whole
Described = Callable[[Sequence[Member]], tuple[str, str]]


def write_archive(
    into: Path, *, members: Sequence[Path], described: Described, told: Told | None = None
) -> None:
    """Write a backup's file; when this returns, it is on the disk.

    Args:
        into: the file, which only its owner may read afterwards.
        members: files to put in, under their own names.
        described: gives the manifest and its hash for what was put in.
        told: hears bytes done and bytes in all.
    """
    into.touch(mode=MODE)
    into.chmod(MODE)
    heard = Heard(sum(path.stat().st_size for path in members), told)
    with tarfile.open(into, mode="w", format=tarfile.GNU_FORMAT) as tar:
        found = [_put(tar, path, heard) for path in members]
        for name, text in zip((MANIFEST, MAC), described(found), strict=True):
            raw = text.encode()
            tar.addfile(_info(name, len(raw)), io.BytesIO(raw))
    sync(into)


class Archive:
    """A backup's file that is open.

    Args:
        path: where it is.
        tar: the same, opened.

    Raises:
        BadBackup: it isn't a backup as hubao writes it.
    """

    def __init__(self, path: Path, tar: tarfile.TarFile) -> None:
        self._path, self._tar = path, tar
        with self._reading():
            self._infos = {one.name: one for one in tar.getmembers()}
            count = len(tar.getmembers())
        if not {MANIFEST, MAC} <= self._infos.keys() or len(self._infos) != count:
            raise self._bad("it has no manifest, or parts twice")
        self.text, self.mac = self.read(MANIFEST), self.read(MAC)
        self.manifest = Manifest.read(self.text)
        if {one.name for one in self.manifest.members} != self._infos.keys() - {MANIFEST, MAC}:
            raise self._bad("its parts aren't those that its manifest names")

    @classmethod
    @contextmanager
    def opened(cls, path: Path) -> Iterator[Self]:
        """Open a file; raises as the class does."""
        try:
            tar = tarfile.open(path, "r:")  # noqa: SIM115 - closed below
        except (tarfile.TarError, OSError) as error:
            raise BadBackup(
                f"{path} can't be read as a backup ({type(error).__name__}):"
                " give a file that hubao desk backup wrote."
            ) from None
        with tar:
            yield cls(path, tar)

    def check(self, told: Told | None = None) -> None:
        """Hold every part to its digest in the manifest.

        Raises:
            BadBackup: one isn't what was written.
        """
        heard = Heard(sum(one.bytes for one in self.manifest.members), told)
        for member in self.manifest.members:
            with Path(os.devnull).open("wb") as nowhere:
                self._copy(member, nowhere, heard)

    def extract(self, name: str, to: Path) -> None:
        """Write a part to a file that only its owner may read; raises as `check`."""
        (member,) = (one for one in self.manifest.members if one.name == name)
        to.touch(mode=MODE)
        with to.open("wb") as file:
            self._copy(member, file, Heard(member.bytes, None))

    def read(self, name: str) -> str:
        """Give a small part as text; raises as `check`."""
        with self._reading(), self._stream(name) as stream:
            raw = stream.read(_LONGEST + 1)
        try:
            if len(raw) <= _LONGEST:
                return raw.decode()
        except UnicodeDecodeError:
            pass
        raise self._bad(f"its {name} is no text of hubao's")

    def _copy(self, member: Member, to: IO[bytes], heard: Heard) -> None:
        with self._reading(), self._stream(member.name) as stream:
            hashed = Hashed(stream, heard)
            shutil.copyfileobj(hashed, to, AT_ONCE)
        if (hashed.bytes, hashed.sha256) != (member.bytes, member.sha256):
            raise self._bad(f"its {member.name} isn't what was written")

    def _stream(self, name: str) -> IO[bytes]:
        stream = self._tar.extractfile(self._infos[name]) if self._infos[name].isreg() else None
        if stream is None:
            raise self._bad(f"its {name} is no file")
        return stream

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except tarfile.TarError:
            raise self._bad("it is cut off or damaged") from None

    def _bad(self, why: str) -> BadBackup:
        return BadBackup(f"{self._path} isn't as it was written, {why}: take another backup.")


def _put(tar: tarfile.TarFile, path: Path, heard: Heard) -> Member:
    with path.open("rb") as file:
        hashed = Hashed(file, heard)
        tar.addfile(_info(path.name, path.stat().st_size), hashed)
    return Member(name=path.name, bytes=hashed.bytes, sha256=hashed.sha256)


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, MODE
    return info
