"""What got out, who took it and when: one leak of a given scenario, drawn from a seed."""

from hubao.world.leaks.plans import plan_leak
from hubao.world.leaks.seen import Seen

__all__ = ["Seen", "plan_leak"]
