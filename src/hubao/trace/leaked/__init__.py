"""Whose export a leaked file is: rows matched to records, origins, the moment of the copy."""

from hubao.trace.leaked.report import LeakedReport, Match
from hubao.trace.leaked.tracing import leaked

__all__ = ["LeakedReport", "Match", "leaked"]
