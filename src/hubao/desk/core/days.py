"""Days as people here have them: quotas, figures and dates from files go by one calendar."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Asia/Shanghai")


def day_of(at: datetime) -> date:
    """Give the day on which a time lies."""
    return at.astimezone(ZONE).date()
