"""Restoring: what isn't what was backed up is refused, before anything is touched."""

import tarfile
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hubao.desk.config.backup.accepting import OtherKind
from hubao.desk.config.backup.kinds import ours
from hubao.desk.config.backup.manifest import BadBackup
from hubao.desk.config.backup.verifying import EntriesMissing, NotVerified, Outside
from hubao.desk.core.keys import KeysetFile
from hubao.desk.ledger.checking import check
from hubao.desk.ledger.models import Entry
from hubao.desk.ledger.queries import size
from hubao.desk.ledger.tree import Torn
from hubao.seal.heads import WrongSignature
from hubao.seal.keyset import Key, LocalKey
from hubao.seal.suites import Suite
from tests.desk.config.conftest import (
    ONLY_SQLITE,
    PUBLIC,
    Taken,
    fill,
    forged,
    is_untouched,
    members,
    packed,
    put_back,
    sign,
)
from tests.desk.conftest import use
from tests.desk.ledger.test_checking import CHANGED, CUT_OFF, HOLE, RENAMED, as_owner
from tests.makers.desk import FIELDS

LAST_GONE = "DELETE FROM ledger_entry WHERE id > (SELECT min(id) + 7 FROM ledger_entry)"
ALL_GONE = [
    f"DELETE FROM ledger_{table}"  # noqa: S608 - constants
    for table in ("head", "run", "node", "about", "mark", "entry")
]


@pytest.mark.usefixtures("database")
class TestArchive:
    @pytest.mark.parametrize(("part", "at"), [(0, 0.0), (0, 0.999), (1, 0.5), (2, 0.5), (3, 0.5)])
    def test_with_a_flipped_byte_is_refused_before_anything_is_touched(
        self, part: int, at: float, backup: Taken, elsewhere: str, other_keys: KeysetFile
    ) -> None:
        fill()
        file = backup()
        with tarfile.open(file) as tar:
            info = tar.getmembers()[part]
        raw = bytearray(file.read_bytes())
        raw[info.offset_data + int(at * info.size)] ^= 1
        file.write_bytes(raw)
        use(elsewhere)

        with pytest.raises(BadBackup):
            put_back(file, other_keys)

        assert is_untouched()
        assert not other_keys.path.exists()

    def test_with_a_manifest_of_somebody_without_the_keys_is_refused(
        self, backup: Taken, elsewhere: str, other_keys: KeysetFile, tmp_path: Path
    ) -> None:
        parts = members(backup(), tmp_path / "parts")
        text = parts[2].read_text()
        parts[2].write_text(text.replace("2026-11-26", "2026-11-27"))
        use(elsewhere)

        with pytest.raises(BadBackup, match="manifest was changed"):
            put_back(packed(parts, tmp_path / "other.tar"), other_keys)

        assert text != parts[2].read_text()
        assert is_untouched()

    @pytest.mark.parametrize("by", ["other", "renamed"])
    def test_that_another_key_should_open_is_refused(
        self, by: str, backup: Taken, elsewhere: str, tmp_path: Path, other_keys: KeysetFile
    ) -> None:
        other = LocalKey(Key.new(Suite.INTERNATIONAL))
        if by == "renamed":
            other.name = other_keys.by.name
        file = backup()
        use(elsewhere)

        with pytest.raises(BadBackup, match="HUBAO_KEY"):
            put_back(file, KeysetFile(tmp_path / "elsewhere" / "k.json", other))

        assert is_untouched()

    @pytest.mark.parametrize(
        ("changed", "why"),
        [
            ({"migrations": ("core.9999_later",)}, "1 migrations that this version doesn't know"),
            ({"database": "other"}, "same kind"),
        ],
        ids=["of a newer version", "of another kind"],
    )
    def test_that_does_not_fit_is_refused(
        self, changed: dict[str, Any], why: str, backup: Taken, elsewhere: str,
        other_keys: KeysetFile, tmp_path: Path,
    ) -> None:  # fmt: skip
        other = {"sqlite": "postgresql", "postgresql": "sqlite"}[ours().name]
        told = {name: other if value == "other" else value for name, value in changed.items()}
        file = forged(backup(), tmp_path / "parts", FIELDS, **told)
        use(elsewhere)

        with pytest.raises(OtherKind, match=why):
            put_back(file, other_keys)

        assert is_untouched()


@ONLY_SQLITE
class TestArchiveOfOtherParts:
    @pytest.mark.parametrize(
        ("how", "part"),
        [*(("dropped", part) for part in range(4)), ("twice", 1), ("twice", 2), ("more", 0)],
    )
    def test_with_other_parts_is_refused(
        self, part: int, how: str, backup: Taken, elsewhere: str, other_keys: KeysetFile,
        tmp_path: Path,
    ) -> None:  # fmt: skip
        parts = members(backup(), tmp_path / "parts")
        if how == "dropped":
            del parts[part]
        elif how == "twice":
            parts.append(parts[part])
        else:
            parts.append(tmp_path / "more.txt")
            parts[-1].write_text("more")
        use(elsewhere)

        with pytest.raises(BadBackup):
            put_back(packed(parts, tmp_path / "other.tar"), other_keys)

        assert is_untouched()

    def test_with_a_link_in_place_of_a_part_is_refused(
        self, backup: Taken, elsewhere: str, other_keys: KeysetFile, tmp_path: Path
    ) -> None:
        parts = members(backup(), tmp_path / "parts")
        parts[1].unlink()
        parts[1].symlink_to("/etc/hostname")
        use(elsewhere)

        with pytest.raises(BadBackup, match="no file"):
            put_back(packed(parts, tmp_path / "other.tar"), other_keys)

    @pytest.mark.parametrize("left", [0.0, 0.3, 0.9])
    def test_that_was_cut_off_is_refused(
        self, left: float, backup: Taken, elsewhere: str, other_keys: KeysetFile
    ) -> None:
        file = backup()
        file.write_bytes(file.read_bytes()[: int(left * file.stat().st_size)])
        use(elsewhere)

        with pytest.raises(BadBackup):
            put_back(file, other_keys)


@pytest.mark.usefixtures("database")
class TestLedger:
    @pytest.mark.parametrize(
        "orders",
        [[CHANGED], [RENAMED], [CUT_OFF, LAST_GONE]],
        ids=["changed", "found by another", "cut off"],
    )
    def test_that_was_tampered_with_is_not_put_into_use(
        self,
        orders: list[str],
        backup: Taken,
        elsewhere: str,
        other_keys: KeysetFile,
        tmp_path: Path,
    ) -> None:
        fill(8)
        fill(2)
        sign(tmp_path)
        as_owner(*orders)
        file = backup()
        use(elsewhere)

        with pytest.raises(NotVerified, match="isn't put into use"):
            put_back(file, other_keys, Outside(key=PUBLIC))

        assert is_untouched()
        assert not other_keys.path.exists()

    def test_with_a_hole_is_not_even_backed_up(self, backup: Taken, tmp_path: Path) -> None:
        fill()
        as_owner(HOLE)

        with pytest.raises(Torn, match="Place 4"):
            backup()

        assert not (tmp_path / "desk.tar").exists()

    @pytest.mark.parametrize("changed", [{"entries": 10}, {"root": "x"}, {"head": "x"}])
    def test_is_held_to_the_manifest(
        self, changed: dict[str, Any], backup: Taken, elsewhere: str, other_keys: KeysetFile,
        tmp_path: Path,
    ) -> None:  # fmt: skip
        fill()
        file = forged(backup(), tmp_path / "parts", FIELDS, **changed)
        use(elsewhere)

        with pytest.raises(NotVerified, match="manifest describes"):
            put_back(file, other_keys)

        assert is_untouched()

    def test_is_held_to_heads_of_its_own_and_from_outside(
        self, backup: Taken, elsewhere: str, other_keys: KeysetFile, tmp_path: Path
    ) -> None:
        fill()
        head = sign(tmp_path)
        fill(3)
        file = backup()
        use(elsewhere)

        done = put_back(file, other_keys, Outside([head], PUBLIC))

        assert (done.checked.entries, done.checked.heads, done.missing) == (14, 2, 0)
        assert check(outside=[head], key=PUBLIC).faults == []

    def test_of_another_log_than_the_heads_outside_is_refused(
        self, backup: Taken, elsewhere: str, other_keys: KeysetFile, tmp_path: Path
    ) -> None:
        fill()
        head = sign(tmp_path)
        as_owner(*ALL_GONE)
        fill(12)
        file = backup()
        use(elsewhere)

        with pytest.raises(NotVerified, match="aren't those of a signed head"):
            put_back(file, other_keys, Outside([head], PUBLIC))

        assert is_untouched()

    def test_takes_only_heads_that_the_logs_key_signed(
        self, backup: Taken, elsewhere: str, other_keys: KeysetFile, tmp_path: Path
    ) -> None:
        head = sign(tmp_path)
        file = backup()
        use(elsewhere)

        with pytest.raises(WrongSignature):
            put_back(file, other_keys, Outside([head], Ed25519PrivateKey.generate().public_key()))

        assert is_untouched()

    def test_older_than_a_head_outside_says_how_much_is_missing(
        self, backup: Taken, elsewhere: str, other_keys: KeysetFile, tmp_path: Path
    ) -> None:
        fill()
        file = backup()
        fill(7)
        outside = Outside([sign(tmp_path)], PUBLIC)
        use(elsewhere)

        with pytest.raises(EntriesMissing, match="the 7 entries after the backup are missing"):
            put_back(file, other_keys, outside)
        untouched = is_untouched()
        done = put_back(file, other_keys, outside, accept_missing=True)

        assert untouched
        assert (done.missing, size()) == (7, 12)
        assert '"fact.missing":7' in Entry.objects.latest("id").body
