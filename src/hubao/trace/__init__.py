"""Who leaked it: tables in, verdict out.

>>> from hubao.trace import trace
>>> report = trace(["access.csv"], victims="victims.csv")  # doctest: +SKIP
"""

from hubao.trace.report import Evidence, Proof, Report, Suspect, Verdict, VictimCounts
from hubao.trace.tracing import trace

__all__ = ["Evidence", "Proof", "Report", "Suspect", "Verdict", "VictimCounts", "trace"]
