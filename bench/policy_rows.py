"""A file of made-up policies with all columns, as an insurer's core system would hand it out."""

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from hubao.world.ids import spell
from hubao.world.insurer import make_world
from hubao.world.model import Channel, Ints, Product, Scale, World
from hubao.world.persons import persons

UNITS: Final = ("north", "south", "north-1", "south-1")  # of tests.makers.desk.make_branches
_HOLDER: Final = {"holder_name": "name", "identity_number": "identity_number", "phone": "phone",
                  "address": "address", "bank_account": "bank_card"}  # fmt: skip
_SCATTER: Final = 61_803_419  # a prime: numbers aren't handed out in the file's order
_NUMBER_DIGITS: Final = 10


def write_rows(path: Path, *, rows: int, seed: int) -> None:
    """Write policies as CSV in UTF-8; the numbers of people are in ranges that nobody has."""
    world = make_world(Scale(policies=rows, years=1, seed=seed))
    people = persons(world.customers, world.units, seed)
    place = np.arange(rows) % len(world.book.customer)
    csv.write_csv(_table(world, people, place), path)


def _table(world: World, people: pa.Table, place: Ints) -> pa.Table:
    book = world.book
    holder, neighbour = book.customer[place], (book.customer[place] + 1) % people.num_rows
    of_holder = people.take(pa.array(holder))
    insured = np.where(place % 3 == 0, neighbour, holder)  # a third insure somebody else
    issued = np.datetime64(world.scale.start, "D") + book.issued[place]
    return pa.table(
        {
            "policy_number": spell("PN", np.arange(len(place)) * _SCATTER % 10**10, _NUMBER_DIGITS),
            "unit": pa.array(UNITS).take(pa.array(book.branch[place] % len(UNITS))),
            "product": _words([one.name.lower() for one in Product], book.product[place]),
            "channel": _words([one.name.lower() for one in Channel], book.channel[place]),
            "status": _words(["in_force", "lapsed"], (place % 10 == 0).astype(np.int64)),
            "issued_on": pa.array(issued),
            **{name: of_holder[column] for name, column in _HOLDER.items()},
            "insured_name": people["name"].take(pa.array(insured)),
            "beneficiary": people["name"].take(pa.array(neighbour)),
            "premium": _yuan(book.premium[place]),
            "cash_value": _yuan(book.cash_value[place]),
        }
    )


def _words(words: list[str], index: Ints) -> pa.Array:
    return pa.array(words).take(pa.array(index))


def _yuan(fen: Ints) -> pa.Array:
    cents = pc.utf8_lpad(pc.cast(pa.array(fen % 100), pa.string()), 2, padding="0")
    return pc.binary_join_element_wise(pc.cast(pa.array(fen // 100), pa.string()), cents, ".")
