"""A desk in one file, taken while it runs; and a desk from such a file, put into use once verified.

| module | what it holds |
|---|---|
| `manifest` | what a backup says of itself |
| `archive` | the file: members, their digests, the manifest and its hash |
| `kind`, `sqlite`, `postgres` | how each kind of database is copied and put back |
| `taking` | take a backup |
| `restoring` | verify one and put it into use |
"""
