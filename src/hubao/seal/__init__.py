"""Proofs and secrets: a transparency log's tree and signed heads, field encryption, blind index."""
