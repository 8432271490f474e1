"""Append-only: who saw or did what, and why; under a Merkle tree with signed heads."""
