"""Compose the report from the decision: figures per suspect, pictures' data, cautions."""

from collections.abc import Sequence

import numpy as np

from hubao import __version__
from hubao.lake.inputs import Input
from hubao.trace.aftermath import Aftermath
from hubao.trace.analyse import Traced
from hubao.trace.copied import CopiedBetween
from hubao.trace.decide import Decision
from hubao.trace.evidence import evidence_curve
from hubao.trace.reduced import Reduced
from hubao.trace.report import (
    Evidence,
    Proof,
    Report,
    Stratum,
    Suspect,
    Verdict,
    VictimCounts,
)

DRAWN = 12  # suspects whose evidence is drawn
FEW_VICTIMS = 10
MANY_VICTIMS = 100  # with so many, what was not there to be opened yet begins to tell
WIDE = 0.4
LIKELY_TARGETING = 2.0


def compose(
    traced: Traced,
    after: Aftermath,
    *,
    inputs: Sequence[Input],
    alpha: float,
    policies_given: bool,
    begins: int,
) -> Report:
    """Put the decision into words' reach: one `Suspect` per actor, best first."""
    reduced, decision, found = traced.reduced, traced.decision, traced.found
    suspects = [_suspect(reduced, decision, after, int(column)) for column in decision.order]
    return Report(
        verdict=decision.verdict,
        named=[[reduced.actors[column] for column in group] for group in decision.named],
        suspects=suspects,
        background_share=decision.background_share,
        victims_needed=decision.victims_needed,
        victims_needed_targeted=decision.victims_needed_targeted,
        largest_share=decision.largest_share,
        too_wide=[reduced.actors[column] for column in decision.too_wide],
        ask_next=after.ask_next,
        answers_needed=after.answers_needed,
        alpha=alpha,
        family=reduced.family,
        strata=traced.places.strata.names,
        strata_used=_strata_used(reduced),
        records=reduced.records,
        victims=VictimCounts(
            rows=found.rows,
            merged=found.merged,
            unknown=traced.unknown,
            used=reduced.victims,
            ordered_by=found.ordered_by,
            chosen=found.chosen,
            doubted=found.doubted,
        ),
        inputs=list(inputs),
        evidence=_evidence(reduced, decision, alpha),
        cautions=_cautions(suspects, traced, inputs, policies_given, begins),
        version=__version__,
    )


def _suspect(reduced: Reduced, decision: Decision, after: Aftermath, column: int) -> Suspect:
    followed = after.named.get(column)
    strong = decision.log_strong.get(column)
    given = None if decision.log_given is None else float(decision.log_given[column])
    group = decision.groups.get(column, [column])
    return Suspect(
        actor=reduced.actors[column],
        posterior=float(decision.posterior[column]),
        share=float(decision.share[column]),
        log10_e_value=_log10(float(decision.log_e[column])),
        log10_given_named=None if given is None or not np.isfinite(given) else _log10(given),
        log10_strong_e_value=None if strong is None else _log10(strong),
        proof=_proof(decision, column),
        victims_touched=int(reduced.touches[column]),
        victims_expected=float(reduced.expected[column]),
        exposure=float(reduced.seen[column] / reduced.records),
        g_star=decision.g_star.get(column),
        same_records_as=[reduced.actors[twin] for twin in group if twin != column],
        copied_between=None if followed is None else _days(followed.source.copied),
        expected_victims_left=None if followed is None else followed.left.expected,
        expected_victims_left_between=(
            None if followed is None else (followed.left.low, followed.left.high)
        ),
        accesses_after_leaving=None if followed is None else followed.after_leaving,
    )


def _proof(decision: Decision, column: int) -> Proof:
    if column in decision.proven:
        return Proof.CERTIFIED
    return Proof.SEARCHED if column in decision.log_strong else Proof.NONE


def _days(copied: CopiedBetween | None) -> tuple[str, str] | None:
    return None if copied is None else (copied.first.isoformat(), copied.last.isoformat())


def _log10(natural: float) -> float:
    return float(natural / np.log(10.0))


def _strata_used(reduced: Reduced) -> list[Stratum]:
    victims = np.bincount(reduced.stratum, minlength=len(reduced.stratum_records))
    return [
        Stratum(
            label=reduced.stratum_labels[stratum],
            records=int(reduced.stratum_records[stratum]),
            victims=int(victims[stratum]),
        )
        for stratum in np.flatnonzero(victims).tolist()
    ]


def _evidence(reduced: Reduced, decision: Decision, alpha: float) -> Evidence:
    drawn = decision.order[:DRAWN]
    touched, share = reduced.touched_by(drawn), reduced.share_of(drawn)
    curve = evidence_curve(touched, share) / np.log(10.0)
    return Evidence(
        policies=list(reduced.policies),
        actors=[reduced.actors[column] for column in drawn],
        bound=float(np.log10(max(reduced.family, 1) / alpha)),
        log10_e_values=curve.T.tolist(),
        touched=(touched.T > 0).tolist(),
        expected=share.T.tolist(),
    )


def _cautions(
    suspects: Sequence[Suspect],
    traced: Traced,
    inputs: Sequence[Input],
    policies_given: bool,
    begins: int,
) -> list[str]:
    """Codes of what the reader must know; `phrases.py` has the sentences."""
    decision, found = traced.decision, traced.found
    lead = suspects[0] if suspects else None
    stars = [decision.g_star.get(group[0]) or 1.0 for group in decision.named]
    said = {
        "few_victims": traced.reduced.victims < FEW_VICTIMS,
        "hidden_targeting": decision.verdict is Verdict.SOURCE_NAMED
        and min(stars) < LIKELY_TARGETING,
        "wide_access": lead is not None and lead.exposure > WIDE,
        "unknown_victims": bool(traced.unknown),
        "chosen_victims": found.chosen > 0,
        "doubted_victims": found.doubted > 0,
        "quoted_unknown": found.quoted_unknown > 0,
        "quoted_ignored": found.quoted_ignored > 0,
        "contact_time_missing": found.cut_missing > 0,
        "log_starts_late": bool((found.cut <= begins).any()),
        "report_time_missing": found.order_missing > 0,
        "no_policies_table": not policies_given,
        "no_issue_dates": policies_given
        and not traced.reduced.dated
        and traced.reduced.victims >= MANY_VICTIMS,
        "rejected_rows": any(one.rejected for one in inputs),
    }
    return [code for code, applies in said.items() if applies]
