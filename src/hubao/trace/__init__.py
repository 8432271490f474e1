"""Who leaked it: tables in, verdict out.

>>> from hubao.trace import trace
>>> report = trace(["access.csv"], victims="victims.csv")  # doctest: +SKIP
"""

from hubao.trace.report import Evidence, Proof, Report, Suspect, Verdict, VictimCounts
from hubao.trace.running import Trace
from hubao.trace.tracing import alpha_of_case, open_trace, trace

__all__ = [
    "Evidence",
    "Proof",
    "Report",
    "Suspect",
    "Trace",
    "Verdict",
    "VictimCounts",
    "alpha_of_case",
    "open_trace",
    "trace",
]
