"""The trace report as dataclasses; `docs/reference/trace-report.schema.json` is its shape."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from hubao.lake.inputs import Input


class Verdict(StrEnum):
    """What may be said about the source of the records."""

    SOURCE_NAMED = "source_named"
    SHORTLIST = "shortlist"
    OUTSIDE_LOG = "outside_log"
    NOT_ENOUGH_EVIDENCE = "not_enough_evidence"


class Proof(StrEnum):
    """How the strong e-value's denominator was found (methods: strong rule)."""

    CERTIFIED = "certified"
    SEARCHED = "searched"
    NONE = "none"


@dataclass(frozen=True)
class Suspect:
    """One actor that saw at least one victim's record before the contact.

    Attributes:
        actor: its name in the log.
        posterior: chance, in [0, 1], that it is a source, under the stated priors.
        share: estimated share, in [0, 1], of the reported contacts that come from it.
        log10_e_value: evidence against it within strata, had nobody in the log leaked; it may be
            named only at log10(family / alpha) or more.
        log10_given_named: the same once the named sources are known; None where none is named.
        log10_strong_e_value: evidence that no explanation leaves it out; None if not computed.
        proof: how that was found.
        victims_touched: victims whose record it saw before they were contacted.
        victims_expected: how many of those its work alone would explain, within strata.
        exposure: share, in [0, 1], of all records that it had seen.
        g_star: largest strength of hidden targeting at which the accusation stands; None where
            it does not stand at all.
        same_records_as: actors it can't be told apart from.
        copied_between: first and last day of the copy, with 90 % coverage; None for who is not
            named, and where the log is an index.
        expected_victims_left: contacts still to be reported from it; None for who is not named.
        expected_victims_left_between: the 90 % interval of that.
        accesses_after_leaving: accesses on its account after it had left, which nothing rests on.
    """

    actor: str
    posterior: float
    share: float
    log10_e_value: float
    log10_given_named: float | None
    log10_strong_e_value: float | None
    proof: Proof
    victims_touched: int
    victims_expected: float
    exposure: float
    g_star: float | None
    same_records_as: Sequence[str]
    copied_between: tuple[str, str] | None = None
    expected_victims_left: float | None = None
    expected_victims_left_between: tuple[int, int] | None = None
    accesses_after_leaving: int | None = None


@dataclass(frozen=True)
class Ask:
    """A policyholder whose answer would tell leading suspects apart.

    Attributes:
        policy: internal id.
        stratum: label of its stratum.
        seen_by: the one of them that had seen the record: what to put into `asked_because`.
        apart_from: those it is told apart from.
    """

    policy: str
    stratum: str
    seen_by: str
    apart_from: Sequence[str]


@dataclass(frozen=True)
class VictimCounts:
    """What became of the rows of the victims table.

    Attributes:
        rows: readable rows.
        merged: rows that repeat a policy already reported (the first report counts).
        unknown: policies that neither the log nor the policies table holds, in order of arrival.
        used: victims that the evidence rests on.
        ordered_by: "reported_at" or "file".
        chosen: rows left out because the victim was asked on account of an actor in the log.
        doubted: rows left out because their confidence is 0.
    """

    rows: int
    merged: int
    unknown: Sequence[str]
    used: int
    ordered_by: str
    chosen: int = 0
    doubted: int = 0


@dataclass(frozen=True)
class Stratum:
    """One stratum that holds victims: its label, its records, its victims."""

    label: str
    records: int
    victims: int


@dataclass(frozen=True)
class Evidence:
    """What the pictures are drawn from: victims in order of arrival x leading suspects.

    Attributes:
        policies: the victims' policies (internal ids), in order of arrival; length n.
        actors: leading suspects, best first; length k.
        bound: log10 of the e-value at which an actor may be named.
        log10_e_values: k rows of n; evidence after each victim.
        touched: k rows of n; whether the suspect had seen that victim's record before the contact.
        expected: k rows of n; the chance that its work alone would have put it there.
    """

    policies: Sequence[str]
    actors: Sequence[str]
    bound: float
    log10_e_values: Sequence[Sequence[float]]
    touched: Sequence[Sequence[bool]]
    expected: Sequence[Sequence[float]]


@dataclass(frozen=True)
class Report:
    """Who leaked the records, how sure that is, and when it can't be said.

    Attributes:
        verdict: one of four words.
        named: groups of actors that can't be told apart, each named as a group.
        suspects: best first.
        background_share: estimated share, in [0, 1], of contacts from no actor in the log.
        victims_needed: further victims needed to name the leading suspect with 95 % power;
            0 when it is named, None when there is no lead or no number would do.
        victims_needed_targeted: the same to reach the bound for naming if hidden targeting is as
            strong as G = 2; 0 where it is reached at that strength too.
        largest_share: largest share, in [0, 1], of the contacts that any one actor of the log can
            still account for (with 95 % confidence), those of `too_wide` left out.
        too_wide: actors that had seen over half of the strata they work in: the victims can
            neither name them nor rule them out.
        ask_next: policyholders whose answers would best tell the two leading suspects apart, where
            nobody is named.
        answers_needed: such answers after which they are expected to be apart, at 95 %.
        alpha: bound on the chance that any innocent is named.
        family: actors in the log, all of which the bound covers.
        strata: names of what records were compared within.
        strata_used: the strata that hold victims.
        records: records at risk (all policies known).
        victims, inputs, evidence: see their classes.
        cautions: stable codes of what the reader must know (words.py has the sentences).
        version: hubao's version.
    """

    verdict: Verdict
    named: Sequence[Sequence[str]]
    suspects: Sequence[Suspect]
    background_share: float
    victims_needed: int | None
    victims_needed_targeted: int | None
    largest_share: float
    too_wide: Sequence[str]
    ask_next: Sequence[Ask]
    answers_needed: int | None
    alpha: float
    family: int
    strata: Sequence[str]
    strata_used: Sequence[Stratum]
    records: int
    victims: VictimCounts
    inputs: Sequence[Input]
    evidence: Evidence
    cautions: Sequence[str]
    version: str
