"""Legal numbers: what is in force on a day, and a file that can't be read wrongly."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubao.kit import parameters
from hubao.kit.errors import BadInput
from hubao.kit.parameter_file import BadParameters, Evidence, Parameter, Unit, read
from hubao.kit.parameters import NotInForce, UnknownParameter, all_parameters, in_force, parameter

TODAY = date(2026, 11, 27)
ENTRY = {
    "name": "surrender.refund_days",
    "value": "30",
    "unit": "days",
    "source": "Insurance Law art. 47",
    "evidence": "V",
    "from": "2015-04-24",
}


def written(*entries: dict[str, str]) -> str:
    return "".join(
        "- " + "\n  ".join(f"{key}: {value}" for key, value in entry.items()) + "\n"
        for entry in entries
    )


def changed(**keys: str) -> dict[str, str]:
    return ENTRY | {key.rstrip("_"): value for key, value in keys.items()}


def use(monkeypatch: pytest.MonkeyPatch, *entries: dict[str, str]) -> None:
    monkeypatch.setattr(parameters, "all_parameters", lambda: read(written(*entries)))


class TestParameter:
    @pytest.mark.parametrize(
        ("name", "value", "unit"),
        [
            ("crime.staff.property_records", 25, Unit.RECORDS),
            ("crime.staff.transaction_records", 250, Unit.RECORDS),
            ("crime.staff.other_records", 2500, Unit.RECORDS),
            ("crime.property_records", 50, Unit.RECORDS),
            ("crime.transaction_records", 500, Unit.RECORDS),
            ("crime.other_records", 5000, Unit.RECORDS),
            ("incident.nfra_report_hours", 2, Unit.HOURS),
            ("incident.nfra_written_report_hours", 24, Unit.HOURS),
            ("incident.nfra_closing_working_days", 5, Unit.WORKING_DAYS),
            ("incident.cac_report_hours", 4, Unit.HOURS),
            ("retention.impact_assessment_years", 3, Unit.YEARS),
            ("retention.network_log_months", 6, Unit.MONTHS),
            ("surrender.refund_days", 30, Unit.DAYS),
        ],
    )
    def test_is_what_the_law_says_today(self, name: str, value: int, unit: Unit) -> None:
        found = in_force(name, on=TODAY)

        assert (parameter(name, on=TODAY), found.value, found.unit) == (value, value, unit)

    def test_says_by_which_law_and_how_that_is_known(self) -> None:
        found = in_force("surrender.refund_days", on=TODAY)

        assert found.source == "Insurance Law (保险法) art. 47"
        assert found.evidence is Evidence.TEXT

    def test_of_an_amended_law_is_the_version_of_the_day(self) -> None:
        before = in_force("retention.network_log_months", on=date(2025, 12, 31))
        after = in_force("retention.network_log_months", on=date(2026, 1, 1))

        assert (before.evidence, after.evidence) == (Evidence.TEXT, Evidence.RECALLED)

    def test_takes_a_moment_as_its_own_day(self) -> None:
        last = datetime(2025, 12, 31, 23, 59, tzinfo=UTC)

        found = in_force("retention.network_log_months", on=last)

        assert found.last == last.date()

    def test_of_an_unknown_name_is_refused(self) -> None:
        with pytest.raises(UnknownParameter, match=r"no legal number surrender\.days"):
            parameter("surrender.days", on=TODAY)

    @pytest.mark.parametrize("day", [date(2019, 12, 31), date(2021, 6, 1), date(2024, 1, 1)])
    def test_before_between_and_after_its_laws_is_refused_saying_what_is_known(
        self, day: date, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        use(
            monkeypatch,
            changed(from_="2020-01-01", to="2021-05-31"),
            changed(from_="2022-01-01", to="2023-12-31", value="20"),
        )

        with pytest.raises(NotInForce) as refused:
            parameter("surrender.refund_days", on=day)

        assert refused.value.message == (
            f"surrender.refund_days has no value on {day}: "
            "it is known from 2020-01-01 to 2021-05-31, from 2022-01-01 to 2023-12-31."
        )

    @given(
        lengths=st.lists(st.integers(1, 400), min_size=1, max_size=5),
        gap=st.integers(0, 30),
        ask=st.integers(-50, 2_500),
    )
    def test_is_the_one_version_that_covers_the_day_or_none(
        self, lengths: list[int], gap: int, ask: int
    ) -> None:
        """The second way: write every day down with its value."""
        start = day = date(2010, 1, 1)
        by_day, entries = dict[date, int](), list[dict[str, str]]()
        for value, length in enumerate(lengths, start=1):
            last = day + timedelta(days=length - 1)
            entries.append(changed(value=str(value), from_=str(day), to=str(last)))
            by_day |= {day + timedelta(days=n): value for n in range(length)}
            day = last + timedelta(days=1 + gap)
        with pytest.MonkeyPatch.context() as patch:
            use(patch, *reversed(entries))
            on = start + timedelta(days=ask)

            if on in by_day:
                assert parameter("surrender.refund_days", on=on) == by_day[on]
            else:
                with pytest.raises(NotInForce):
                    parameter("surrender.refund_days", on=on)


class TestFile:
    def test_that_comes_with_hubao_is_read_once(self) -> None:
        assert all_parameters() is all_parameters()
        assert len(all_parameters()) > 30

    def test_gives_each_entry_as_it_is_written(self) -> None:
        found = read(written(changed(to="2030-01-01")))

        assert found == {
            "surrender.refund_days": (
                Parameter(
                    name="surrender.refund_days",
                    value=30,
                    unit=Unit.DAYS,
                    source="Insurance Law art. 47",
                    evidence=Evidence.TEXT,
                    first=date(2015, 4, 24),
                    last=date(2030, 1, 1),
                ),
            )
        }

    def test_puts_versions_in_order(self) -> None:
        later, earlier = changed(from_="2020-01-01"), changed(to="2019-12-31", value="20")

        (versions,) = read(written(later, earlier)).values()

        assert [one.value for one in versions] == [20, 30]

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            (changed(), changed(from_="2020-01-01")),  # the first never ended
            (changed(to="2020-01-01"), changed(from_="2020-01-01")),  # both on that day
            (changed(to="2029-12-31"), changed(from_="2020-01-01", to="2021-01-01")),  # within
            (changed(from_="2020-01-01"), changed(from_="2020-01-01")),  # twice the same
        ],
    )
    def test_with_two_values_on_a_day_is_refused(
        self, first: dict[str, str], second: dict[str, str]
    ) -> None:
        for entries in ((first, second), (second, first)):
            with pytest.raises(BadParameters, match="has two values on 2020-01-01"):
                read(written(*entries))

    def test_whose_versions_follow_each_other_day_by_day_is_fine(self) -> None:
        (versions,) = read(written(changed(to="2019-12-31"), changed(from_="2020-01-01"))).values()

        assert len(versions) == 2

    @pytest.mark.parametrize(
        ("entry", "said"),
        [
            (changed(value="'30'"), r"entry 1: value must be a whole number"),
            (changed(value="30.0"), r"value must be a whole number"),
            (changed(value="true"), r"value must be a whole number"),
            (changed(value="0"), r"value must be at least 1"),
            (changed(unit="fortnights"), r"unit must be one of records, yuan"),
            (changed(evidence="P"), r"\(surrender.refund_days\): evidence must be one of V, N"),
            (changed(source="''"), r"source must name the law"),
            (changed(source="47"), r"source must be a text"),
            (changed(from_="'2015-04-24'"), r"from must be a day such as"),
            (changed(from_="2015-04-24 10:00:00"), r"from must be a day such as"),
            (changed(from_="2015-02-30"), r"holds a day that isn't one"),
            (changed(to="2015-04-23"), r"ends on 2015-04-23, before it begins on 2015-04-24"),
            (changed(until="2020-01-01"), r"until is no key; they are name, value"),
            (changed(name="Refund"), r"a name is small words"),
            (changed(name="surrender.refund"), r"ends in _days"),
            (changed(name="surrender.refund_working_days"), r"ends in _days"),  # another unit
            (changed(name="surrender.refund_hours"), r"ends in _days"),
        ],
    )
    def test_with_a_fault_is_refused_in_one_sentence(
        self, entry: dict[str, str], said: str
    ) -> None:
        with pytest.raises(BadParameters, match=said) as refused:
            read(written(entry))

        assert isinstance(refused.value, BadInput)
        assert refused.value.message.startswith("parameters.yaml")
        assert "\n" not in refused.value.message

    @pytest.mark.parametrize("key", sorted(ENTRY))
    def test_without_a_key_is_refused_naming_it(self, key: str) -> None:
        entry = {own: value for own, value in ENTRY.items() if own != key}

        with pytest.raises(BadParameters, match=f"entry 2: {key} is missing"):
            read(written(changed(name="other.refund_days"), entry))

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "must be a list"),
            ("name: x", "must be a list"),
            ("- text", "entry 1: write it as keys and values"),
            ("- [a", "no YAML at line"),
            ("- !!python/object/apply:os.getcwd []", "no YAML at line 1"),
            ("- \x00", "no YAML"),
            (written(ENTRY) + "  value: 31\n", "entry at line 1 has value twice"),
        ],
    )
    def test_of_another_form_is_refused(self, text: str, said: str) -> None:
        with pytest.raises(BadParameters, match=said):
            read(text)
