"""hubao 护保: guard policy data, trace a leak, hold a scam's money."""

__version__ = "0.1.0"
