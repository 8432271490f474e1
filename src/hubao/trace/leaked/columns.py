"""Which columns of a leaked file and of the policies table mean the same, and cells made alike."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from hubao.kit.errors import BadInput
from hubao.lake.steps import expression

POLICY = "policy"
_SAME = {
    POLICY: ("policyid", "recordid", "保单"),
    "policy_number": ("policynumber", "policyno", "保单号", "保单号码", "保单编号"),
    "name": ("holder", "holdername", "customername", "姓名", "客户姓名", "投保人", "投保人姓名"),
    "identity_number": (
        "identitynumber", "idnumber", "idno", "idcard", "身份证", "身份证号", "身份证号码",
        "证件号", "证件号码",
    ),
    "phone": (
        "phonenumber", "mobile", "mobilephone", "tel", "telephone", "手机", "手机号", "手机号码",
        "电话", "电话号码", "联系电话",
    ),
    "address": ("addr", "地址", "住址", "联系地址", "通讯地址"),
    "birth_date": ("birthdate", "birthday", "dateofbirth", "dob", "出生日期", "生日"),
    "bank_account": ("bankaccount", "accountnumber", "银行卡号", "银行账号"),
    "product": ("productname", "险种", "产品", "产品名称", "险种名称"),
    "premium": ("保费", "年缴保费"),
    "issue_date": ("issuedate", "issued", "承保日期", "生效日期"),
    "email": ("mail", "emailaddress", "邮箱", "电子邮箱"),
    "gender": ("sex", "性别"),
}  # fmt: skip
_CANONICAL = {word: name for name, words in _SAME.items() for word in (*words, name)}

FULL = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "\u3000"
HALF = "".join(chr(code) for code in range(0x21, 0x7F)) + " "
# Each fold uses its text once, so that a chain of them costs a pass and not a power of two.
# A day has one spelling, so have 12.50 and 12.5, and a phone with and without its country; then
# only letters, digits and Chinese characters stay.
_FOLDS = (
    (r"^([12][0-9]{3})[-/.年]([0-9])[-/.月]", r"\1-0\2-"),
    (r"^([12][0-9]{3}[-/.年][0-9]{2}[-/.月])([0-9])(日|[ t]|$)", r"\10\2\3"),
    (r"^([12][0-9]{3}[-/.年][0-9]{2}[-/.月][0-9]{2}日?)[ t]00:00(:00(\.0+)?)?$", r"\1"),
    (r"^([+-]?[0-9,]+)\.0+$", r"\1"),
    (r"^([+-]?[0-9,]+\.[0-9]*[1-9])0+$", r"\1"),
    (r"[\s\pP\pZ\pC\pS年月日]+", ""),
    (r"^(0086|86)(1[0-9]{10})$", r"\2"),
    (r"^(null|none|nan|na|nil|n|unknown|无|未知|不详)$", ""),
)
# Folding a set of characters is slow, so only what holds one of them is folded.
_WIDTH = """CASE WHEN regexp_matches(text_, '[！-～　]')
    THEN translate(text_, full_, half_) ELSE text_ END"""
_PLAIN = "regexp_full_match(text_, '[0-9]{1,12}')"


@dataclass(frozen=True)
class Column:
    """One column of the leaked file; `cell` is its name in our own relations.

    Attributes:
        name: what it means (a header of ours, or its own header).
        cell: "c0", "c1", …, so that no header ever stands in a step.
        leaked: its header in the leaked file.
        policies: its header in the policies table; None where that has no such column.
    """

    name: str
    cell: str
    leaked: str
    policies: str | None


def meaning(header: str) -> str:
    """What a header stands for: one of our names, or its own letters."""
    loose = re.sub(r"[\W_]+", "", header).casefold()
    return _CANONICAL.get(loose) or _CANONICAL.get(header.strip().casefold()) or loose


def columns_of(
    leaked: Sequence[str], policies: Sequence[str], asked: Mapping[str, str] | None = None
) -> list[Column]:
    """Pair the leaked file's columns with those of the policies table.

    Args:
        leaked: headers of the leaked file, in order.
        policies: headers of the policies table, `policy` among them.
        asked: policies header -> leaked header, where the user said so.

    Raises:
        BadInput: a header that was asked for is not there.
    """
    said = _said(leaked, policies, asked or {})
    by_meaning = {meaning(header): header for header in reversed(policies)}
    columns: list[Column] = []
    taken: list[str] = []
    for place, header in enumerate(leaked):
        partner = said.get(header) or by_meaning.get(meaning(header))
        if partner in taken or (header not in said and partner in said.values()):
            partner = None
        taken += [partner] if partner else []
        name = meaning(partner or header)
        columns.append(Column(name, f"c{place}", header, partner))
    return columns


def _said(
    leaked: Sequence[str], policies: Sequence[str], asked: Mapping[str, str]
) -> dict[str, str]:
    for name, header in asked.items():
        for what, found, where in (
            (name, policies, "the policies table"),
            (header, leaked, "the leaked file"),
        ):
            if what not in found:
                raise BadInput(f"--leaked-columns names '{what}', which {where} does not have.")
    return {header: name for name, header in asked.items()}


def alike(cell: exp.Expression) -> exp.Expression:
    """Syntax for a cell's letters and digits alone: width, case, spacing and signs folded away."""
    narrow = expression(
        _WIDTH, columns={"text_": cell, "full_": _literal(FULL), "half_": _literal(HALF)}
    )
    folded: exp.Expression = exp.Lower(this=exp.Trim(this=narrow))
    for pattern, instead in _FOLDS:
        names = {"text_": folded, "pattern_": _literal(pattern), "instead_": _literal(instead)}
        folded = expression("regexp_replace(text_, pattern_, instead_, 'g')", columns=names)
    folded = expression("nullif(text_, '')", columns={"text_": folded})
    return exp.Case().when(expression(_PLAIN, columns={"text_": cell}), cell.copy()).else_(folded)


def _literal(text: str) -> exp.Literal:
    return exp.Literal.string(text)
