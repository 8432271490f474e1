import csv
import gzip
import io
import json
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hubao.world.small import SmallLeak, write_small_leak


@pytest.fixture(scope="module")
def leak(tmp_path_factory: pytest.TempPathFactory) -> SmallLeak:
    return write_small_leak(tmp_path_factory.mktemp("leak"), seed=7)


def rows_of(path: Path) -> list[dict[str, str]]:
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"))))


def source_of(leak: SmallLeak) -> str:
    return str(json.loads(leak.truth.read_text(encoding="utf-8"))["source"])


def test_same_seed_gives_the_same_bytes_and_another_seed_others(
    leak: SmallLeak, tmp_path: Path
) -> None:
    again = write_small_leak(tmp_path / "again", seed=7)
    other = write_small_leak(tmp_path / "other", seed=8)

    for name, path in vars(leak).items():
        assert path.read_bytes() == getattr(again, name).read_bytes()
    assert leak.access.read_bytes() != other.access.read_bytes()


def test_access_log_has_the_columns_of_an_access_event(leak: SmallLeak) -> None:
    rows = rows_of(leak.access)

    assert ",".join(rows[0]) == "event,at,actor,action,policy,fields,purpose,ticket,source,batch"
    assert 100_000 < len(rows) < 200_000
    assert len({row["event"] for row in rows}) == len(rows)
    assert all(row["at"].endswith("+08:00") for row in rows)
    assert {row["action"] for row in rows} == {"view", "search", "edit", "print", "export", "api"}


def test_people_work_in_office_hours_mostly(leak: SmallLeak) -> None:
    served = [row for row in rows_of(leak.access) if row["purpose"] in ("service", "call")]

    moments = [datetime.fromisoformat(row["at"]) for row in served]
    in_hours = sum(8 <= m.hour < 19 and m.weekday() < 5 for m in moments)

    assert in_hours > 0.9 * len(moments)


def test_tables_agree_on_policies_and_actors(leak: SmallLeak) -> None:
    access = rows_of(leak.access)
    policies = {row["policy"] for row in rows_of(leak.policies)}
    actors = {row["actor"] for row in rows_of(leak.actors)}

    assert len(policies) == 12_000
    assert len(actors) == 150
    assert {row["policy"] for row in access} <= policies
    assert {row["actor"] for row in access} <= actors
    assert {row["policy"] for row in rows_of(leak.victims)} <= policies


def test_source_copies_in_its_notice_period_and_is_gone_afterwards(leak: SmallLeak) -> None:
    source = source_of(leak)
    about = next(row for row in rows_of(leak.actors) if row["actor"] == source)
    theirs = [row for row in rows_of(leak.access) if row["actor"] == source]

    copied = [row["at"][:10] for row in theirs if row["action"] == "print"]

    assert about["role"] == "agent"
    assert len(copied) == 420
    assert about["notice"] < min(copied)
    assert max(copied) < about["left"]
    assert max(row["at"][:10] for row in theirs) < about["left"]


def test_half_of_the_contacts_come_from_records_the_source_had_copied(leak: SmallLeak) -> None:
    source = source_of(leak)
    copied = {
        row["policy"]: row["at"]
        for row in rows_of(leak.access)
        if row["actor"] == source and row["action"] == "print"
    }

    victims = rows_of(leak.victims)
    after = [v for v in victims if copied.get(v["policy"], "9") < v["contacted_at"]]

    assert len(victims) == 45
    assert 23 <= len(after) <= 26
    assert [v["reported_at"] for v in victims] == sorted(v["reported_at"] for v in victims)
    for victim in victims:
        contacted, reported = (datetime.fromisoformat(victim[c]) for c in list(victim)[1:])
        assert timedelta(0) < reported - contacted < timedelta(days=9)


def test_cold_calls_come_as_a_wave_in_a_branch_that_is_not_the_source_s(leak: SmallLeak) -> None:
    branch = {row["policy"]: row["branch"] for row in rows_of(leak.policies)}
    unit = {row["actor"]: row["unit"] for row in rows_of(leak.actors)}

    by_branch = Counter(branch[row["policy"]] for row in rows_of(leak.victims))
    (first, most), (second, many) = by_branch.most_common(2)

    assert first == unit[source_of(leak)]
    assert second != first
    assert most >= 23
    assert many >= 8


def test_portfolios_have_a_heavy_tail_and_systems_see_nearly_everything(leak: SmallLeak) -> None:
    kind = {row["actor"]: row["role"] for row in rows_of(leak.actors)}
    seen = Counter(actor for actor, _ in {(r["actor"], r["policy"]) for r in rows_of(leak.access)})

    agents = sorted((n for actor, n in seen.items() if kind[actor] == "agent"), reverse=True)
    systems = [n for actor, n in seen.items() if kind[actor] == "system"]

    assert agents[0] > 5 * agents[len(agents) // 2]
    assert min(systems) > 0.95 * 12_000
