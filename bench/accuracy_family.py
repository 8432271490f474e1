"""The kinds of insurer that the scoreboard draws its worlds from: one tuned on, one never.

`HELD_OUT` was written on 2026-11-22, before the tracer was tuned on any simulated world, and is
never looked at while tuning: no seed of it is public, and the board refuses to run it on tuning
seeds. It differs from the default in what matters to a tracer: who sees how much of the book.
Banks and the telephone sell; a few large call-centre teams and partner feeds see most; what few
agents there are have portfolios of like size; branches are few and large; a few policies take
most of the work; people stay.
"""

from hubao.world.model import Family

HELD_OUT = Family(
    name="bancassurance",
    regions=4,
    branches=2,
    team_size=25,
    roles=(
        0.18, 0.02, 0.01, 0.16, 0.36, 0.03, 0.09, 0.01, 0.08, 0.02, 0.02, 0.01, 0.005, 0.005,
    ),
    channels=(0.10, 0.62, 0.08, 0.20),
    products=(0.10, 0.30, 0.15, 0.05, 0.40),
    portfolio_sigma=0.4,
    frailty_shape=0.45,
    rates=(1.3, 0.9, 0.12, 0.4, 1.2, 0.03, 0.10, 0.8, 1.5, 0.0),
    unexplained=0.015,
    agents_leave=0.25,
    office_leave=0.10,
)  # fmt: skip

TUNED_ON = Family()
FAMILIES = {family.name: family for family in (TUNED_ON, HELD_OUT)}
