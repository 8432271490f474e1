"""What of the ledger's entries is an access to a policy, as the lake names it."""

from typing import Final

ACTIONS: Final = {
    "policy.search": ("search", ("C1",)),
    "policy.list": ("search", ("C1",)),
    "policy.open": ("view", ("C1",)),
    "policy.reveal": ("view", None),
}
