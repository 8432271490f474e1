"""What is counted of sign-ins."""

from typing import Final

from hubao.desk.core.metrics import counter

FAILED: Final = "failed"
LOCKED: Final = "locked"
SIGN_INS: Final = counter(
    "hubao_sign_ins_refused_total",
    "Wrong passwords and codes (failed), and tries after too many of those (locked).",
    "outcome",
    known=[(FAILED,), (LOCKED,)],
)
