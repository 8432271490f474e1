"""Chinese mobile numbers: one way to write them, check one, or make a column nobody has."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from hubao.kit.digits import Ints, Strings, digits_of, refuse_outside, text_of
from hubao.kit.errors import BadInput

# A network code that no operator has. The Ministry of Industry and Information Technology's table
# of mobile network codes (state of the end of March 2023, published 5 June 2023) gives 150-153 and
# 155-159 to operators and 154 to none; libphonenumber knows no number under 154 either, and a test
# says so if that ever changes.
NEVER_ISSUED_PREFIX = "154"

# Numbers under the prefix.
SUBSCRIBERS = 10**8


def normalise(number: str) -> str:
    """Write a number as + country code and digits, whatever spaces, dashes or 0086 it came with.

    A number without a country code is taken for a Chinese one; landlines are understood too.

    Raises:
        BadInput: it is no phone number; the message does not repeat it.
    """
    parsed = _parsed(number)
    if parsed is None:
        message = "A phone number can't be read: give its 11 digits, or + and the country code."
        raise BadInput(message)
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)


def is_valid(number: str, *, world: bool = False) -> bool:
    """Tell whether it is a mobile number of the Chinese mainland, of a network code in use.

    Args:
        number: as written.
        world: accept the never-issued numbers of the simulated insurer too.

    Limits: network codes are as new as the installed phonenumbers.
    """
    parsed = _parsed(number)
    if parsed is None or parsed.country_code != 86:
        return False
    if str(parsed.national_number).startswith(NEVER_ISSUED_PREFIX):
        return world and len(str(parsed.national_number)) == 11
    return (
        phonenumbers.is_valid_number(parsed)
        and phonenumbers.number_type(parsed) == PhoneNumberType.MOBILE
    )


def make(subscriber: Ints) -> Strings:
    """Make mobile numbers that nobody has.

    Args:
        subscriber: int (n,), 0..99,999,999.

    Returns:
        str (n,), 11 digits each.

    Raises:
        BadInput: a subscriber is out of range.
    """
    refuse_outside(subscriber, range(SUBSCRIBERS), "subscriber part of a made-up phone number")
    return text_of(digits_of(int(NEVER_ISSUED_PREFIX) * SUBSCRIBERS + subscriber, 11))


def _parsed(number: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(number, "CN")
    except NumberParseException:
        return None
