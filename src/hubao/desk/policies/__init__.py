"""Policyholder records: encrypted, masked, shown for a reason and never without an entry."""
