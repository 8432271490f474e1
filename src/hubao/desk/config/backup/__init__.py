"""A desk in one file, taken while it runs; and a desk from such a file, put into use once verified.

| module | what it holds |
|---|---|
| `manifest` | what a backup says of itself |
| `archive`, `streams` | the file: members, their digests, the manifest and its hash |
| `kind`, `kinds` | what each kind of database must be able to do, and which this desk has |
| `sqlite` | a file is copied, and swapped by a rename |
| `postgres`, `programs` | a dump is written by PostgreSQL's own programs |
| `postgres_restoring`, `replay` | a dump is run in one transaction |
| `taking` | take a backup |
| `accepting`, `verifying` | what a backup and its ledger are held to |
| `restoring` | put one into use |
"""
