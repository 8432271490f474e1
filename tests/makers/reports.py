"""Makers of trace reports: small simulated leaks, so that curves and counts look like real ones."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hubao.lake.inputs import Input, Role
from hubao.trace.report import (
    Evidence,
    Proof,
    Report,
    Stratum,
    Suspect,
    Verdict,
    VictimCounts,
)

FAMILY = 5000
ALPHA = 0.01
BOUND = float(np.log10(FAMILY / ALPHA))
HOSTILE_NAMES = (
    "<script>alert(1)</script>",
    "=HYPERLINK(0)&'\"><img src=x onerror=alert(1)>",
    "[bold red]x[/] {0} {names}",
    "\x1b[31mred\x1b[0m\x07",
    "\u202egpj.exe\u2066",
)

Change: TypeAlias = Any  # any field's new value, as replace() takes it
Bools = NDArray[np.bool_]


def inputs(*, rejected: int = 0) -> list[Input]:
    return [
        Input("access-2026.csv.gz", Role.ACCESS, 1_204_331, rejected, "3f" * 32),
        Input("victims.csv", Role.VICTIMS, 66, 0, "a1" * 32),
        Input("<policies>", Role.POLICIES, 48_000, 0, None),
    ]


def suspect(actor: str = "agent-0001", **changes: Change) -> Suspect:
    plain = Suspect(
        actor=actor,
        posterior=0.01,
        share=0.0,
        log10_e_value=-0.4,
        log10_given_named=None,
        log10_strong_e_value=None,
        proof=Proof.NONE,
        victims_touched=3,
        victims_expected=3.2,
        exposure=0.05,
        g_star=None,
        same_records_as=(),
    )
    return replace(plain, **changes)


def actor_names(count: int) -> list[str]:
    return [f"agent-{number:04d}" for number in range(1, count + 1)]


def seen_by(
    *, victims: int, actors: int, shares: Mapping[int, float], exposure: float, seed: int = 7
) -> Bools:
    """actors x victims: who saw whom; actor k is the source of `shares[k]` of the victims."""
    rng = np.random.default_rng(seed)
    seen = rng.random((actors, victims)) < exposure
    source = rng.random(victims)
    edge = 0.0
    for actor, share in shares.items():
        seen[actor] |= (edge <= source) & (source < edge + share)
        edge += share
    return seen


def evidence(actors: Sequence[str], seen: Bools, *, exposure: float) -> Evidence:
    steps = np.where(seen, np.log10(1 + 9), 0.0) - np.log10(1 + 9 * exposure)
    return Evidence(
        policies=[f"P{number:06d}" for number in range(1, seen.shape[1] + 1)],
        actors=list(actors),
        bound=BOUND,
        log10_e_values=np.cumsum(steps, axis=1).tolist(),
        touched=seen.tolist(),
        expected=np.full(seen.shape, exposure).tolist(),
    )


def suspects_of(shown: Evidence, *, exposure: float, **changes: Change) -> list[Suspect]:
    victims = len(shown.policies)
    rows = zip(shown.actors, shown.log10_e_values, shown.touched, strict=True)
    return [
        suspect(
            actor,
            log10_e_value=curve[-1],
            victims_touched=sum(seen),
            victims_expected=exposure * victims,
            exposure=exposure,
            **changes,
        )
        for actor, curve, seen in rows
    ]


def report(**changes: Change) -> Report:
    """A report with 60 victims, 8 suspects and no verdict but `not_enough_evidence`."""
    names = actor_names(8)
    shown = evidence(names, seen_by(victims=60, actors=8, shares={}, exposure=0.06), exposure=0.06)
    plain = Report(
        verdict=Verdict.NOT_ENOUGH_EVIDENCE,
        named=[],
        suspects=suspects_of(shown, exposure=0.06),
        background_share=0.84,
        victims_needed=34,
        victims_needed_targeted=61,
        largest_share=0.44,
        too_wide=[],
        ask_next=[],
        answers_needed=None,
        alpha=ALPHA,
        family=FAMILY,
        strata=["branch", "product"],
        strata_used=[Stratum("Hangzhou · life", 3204, 41), Stratum("Ningbo · annuity", 870, 19)],
        records=48_000,
        victims=VictimCounts(rows=66, merged=4, unknown=["P900001", "P900002"], used=60,
                             ordered_by="reported_at"),
        inputs=inputs(),
        evidence=shown,
        cautions=["unknown_victims"],
        version="0.1.0",
    )  # fmt: skip
    return replace(plain, **changes)


def leak(
    *,
    names: Sequence[str],
    shares: Mapping[int, float],
    victims: int = 60,
    exposure: float = 0.06,
    twins: Sequence[int] = (),
    **changes: Change,
) -> Report:
    """A report whose sources are the actors in `shares`; `twins` saw what actor 0 saw."""
    seen = seen_by(victims=victims, actors=len(names), shares=shares, exposure=exposure)
    for twin in twins:
        seen[twin] = seen[0]
    shown = evidence(names, seen, exposure=exposure)
    counts = VictimCounts(rows=victims, merged=0, unknown=[], used=victims, ordered_by="file")
    plain = report(evidence=shown, suspects=suspects_of(shown, exposure=exposure), victims=counts)
    return replace(replace(plain, cautions=[]), **changes)


def _with(base: Report, actor: str, **changes: Change) -> Report:
    changed = [replace(s, **changes) if s.actor == actor else s for s in base.suspects]
    return replace(base, suspects=changed)


def named_source(*, names: Sequence[str] = (), **changes: Change) -> Report:
    """One source with half of the victims; a colleague passes the bound but is explained."""
    actors = list(names) or actor_names(8)
    named: dict[str, Any] = {"named": [[actors[0]]], "victims_needed": 0}
    base = leak(names=actors, shares={0: 0.45}, verdict=Verdict.SOURCE_NAMED,
                background_share=0.55, **(named | changes))  # fmt: skip
    return _with(
        base, actors[0], posterior=0.9998, share=0.45, g_star=3.27,
        log10_strong_e_value=4.1, proof=Proof.SEARCHED,
    )  # fmt: skip


def explained_colleague() -> Report:
    base = named_source()
    return _with(base, "agent-0002", log10_e_value=BOUND + 1, log10_given_named=0.3)


def group_named() -> Report:
    """Three accounts saw the same records: named as a group."""
    names = actor_names(8)
    base = named_source(named=[names[:3]], twins=(1, 2))
    for name in names[:3]:
        others = [other for other in names[:3] if other != name]
        base = _with(base, name, same_records_as=others, posterior=0.33, g_star=2.6)
    return base


def ring() -> Report:
    """Two sources that share the work."""
    names = actor_names(12)
    base = leak(names=names, shares={0: 0.4, 1: 0.3}, victims=90, verdict=Verdict.SOURCE_NAMED,
                named=[[names[0]], [names[1]]], victims_needed=0, background_share=0.3)  # fmt: skip
    base = _with(base, names[0], posterior=0.9999, share=0.4, g_star=4.1)
    return _with(base, names[1], posterior=0.998, share=0.3, g_star=1.96)


def shortlist() -> Report:
    """Two colleagues past the bound, neither of which can be told from the other."""
    names = actor_names(8)
    base = leak(names=names, shares={0: 0.45}, twins=(1,), verdict=Verdict.SHORTLIST,
                victims_needed=1240)  # fmt: skip
    for name in names[:2]:
        base = _with(base, name, posterior=0.5, share=0.22)
    return base


def outside_log() -> Report:
    return replace(
        report(),
        verdict=Verdict.OUTSIDE_LOG,
        background_share=0.97,
        victims_needed=None,
        largest_share=0.17,
        too_wide=["system-core"],
    )


def no_suspects() -> Report:
    nothing = Evidence([], [], BOUND, [], [], [])
    counts = VictimCounts(rows=1, merged=0, unknown=["P900001"], used=0, ordered_by="file")
    return report(
        suspects=[], evidence=nothing, victims=counts, victims_needed=None, background_share=1.0,
        strata=[], strata_used=[], cautions=["unknown_victims", "few_victims"],
    )  # fmt: skip


def one_victim() -> Report:
    return leak(names=["agent-0001"], shares={0: 1.0}, victims=1, victims_needed=None)


def large(*, suspects: int = 60, victims: int = 300) -> Report:
    names = actor_names(suspects)
    return named_source(names=names, victims=victims, cautions=["rejected_rows"],
                        inputs=inputs(rejected=1204))  # fmt: skip


def long_names() -> Report:
    names = [
        "华东区域运营中心-杭州分公司-续期保全岗-外包座席-王小明（2026年3月离职，账号未停用）",
        "partner-feed/third-party-premium-collection-gateway.example.internal/v2/batch-export-job",
        "杭州-保全-0231",
        "x" * 120,
        *actor_names(4),
    ]
    base = named_source(names=names)
    return _with(base, names[1], log10_e_value=BOUND + 2, log10_given_named=-0.2)


def hostile_names() -> Report:
    return named_source(names=[*HOSTILE_NAMES, *actor_names(3)])


def every_report() -> dict[str, Report]:
    """One of each kind, by name."""
    makers = (
        report, named_source, explained_colleague, group_named, ring, shortlist, outside_log,
        no_suspects, one_victim, large, long_names, hostile_names,
    )  # fmt: skip
    return {maker.__name__: maker() for maker in makers}
