"""Personal data that has a shape: addresses, numbers of phones, cards, accounts and people.

A small regex cuts out what could be one, a kept library decides. Names of people and places have no shape and are not
found. Bare runs of digits are no phone number here: order numbers and ids look the same.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial

import email_validator
import phonenumbers
import pydantic_extra_types
import stdnum
from detect_secrets.__version__ import VERSION as DETECT_SECRETS_VERSION
from detect_secrets.plugins.ip_public import IPPublicDetector
from pydantic_core import PydanticCustomError
from pydantic_extra_types.payment import PaymentCardBrand, PaymentCardNumber
from stdnum import iban
from stdnum.us import ssn

from curation.privacy.detector import Detector, Place

HOME_REGION = "US"
"""Where a phone number without a country code is looked up."""
LOCAL_CHARS = 64

_DOMAIN = re.compile(r"@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24}(?![\w-])")
_LOCAL = re.compile(r"[^\W_][\w.+-]*\Z")
_PHONE = re.compile(
    r"(?<![\w.+/-])(?:\+\d[\d ().-]{6,18}\d|(?:1[ .-])?(?:\(\d{3}\)[ .-]?|\d{3}[ .-])\d{3}[ .-]\d{4})(?![\w-])(?!\.\d)"
)
_CARD = re.compile(r"(?<![\w.-])(?:\d{12,19}|\d{4}(?:[ -]\d{4}){3}|\d{4}[ -]\d{6}[ -]\d{5})(?![\w-])(?!\.\d)")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])")
_SSN = re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])")


def _emails(text: str) -> Iterator[Place]:
    for domain in _DOMAIN.finditer(text):
        before = text[max(0, domain.start() - LOCAL_CHARS) : domain.start()]
        local = _LOCAL.search(before)
        if local is not None and _is_email(local[0] + domain[0]):
            yield domain.start() - len(local[0]), domain.end()


def _is_email(text: str) -> bool:
    try:
        email_validator.validate_email(text, check_deliverability=False)
    except email_validator.EmailNotValidError:
        return False
    return True


def _phones(text: str) -> Iterator[Place]:
    """Look at each candidate with the character before and behind it, which the library judges too."""
    for candidate in _PHONE.finditer(text):
        start = max(0, candidate.start() - 1)
        matcher = phonenumbers.PhoneNumberMatcher(
            text[start : candidate.end() + 1], HOME_REGION, leniency=phonenumbers.Leniency.STRICT_GROUPING
        )
        yield from ((start + match.start, start + match.end) for match in matcher)


def _candidates(text: str, *, shape: re.Pattern[str], is_valid: Callable[[str], bool]) -> Iterator[Place]:
    yield from (match.span() for match in shape.finditer(text) if is_valid(match[0]))


def _is_card(text: str) -> bool:
    """Check length, issuer and check digit; a number of no known issuer is none."""
    try:
        number = PaymentCardNumber(re.sub(r"[ -]", "", text))
    except PydanticCustomError:
        return False
    return number.brand is not PaymentCardBrand.other


def _ibans(text: str) -> Iterator[Place]:
    """Look at each candidate, and at shorter ones as long as a word behind the number may have been taken for a group."""
    for candidate in _IBAN.finditer(text):
        groups = candidate[0].split(" ")
        cuts = (" ".join(groups[:count]) for count in range(len(groups), 0, -1))
        number = next((cut for cut in cuts if iban.is_valid(cut)), None)
        if number is not None:
            yield candidate.start(), candidate.start() + len(number)


def _public_addresses(text: str) -> Iterator[Place]:
    for pattern in IPPublicDetector().denylist:
        yield from (match.span(1) for match in pattern.finditer(text))


PERSONAL: dict[str, Detector] = {
    detector.kind: detector
    for detector in (
        Detector(
            kind="email",
            family="personal",
            confidence="high",
            rule="email_validator.validate_email",
            library_version=email_validator.__version__,
            hint=r"[^ @]@[^ @]+\.",
            find=_emails,
        ),
        Detector(
            kind="iban",
            family="personal",
            confidence="high",
            rule="stdnum.iban",
            library_version=stdnum.__version__,
            hint=r"[A-Z]{2}[0-9]{2} ?[A-Z0-9]{4} ?[A-Z0-9]{4}",
            find=_ibans,
        ),
        Detector(
            kind="payment_card",
            family="personal",
            confidence="medium",
            rule="pydantic_extra_types.PaymentCardNumber",
            library_version=pydantic_extra_types.__version__,
            hint=r"[0-9]{12}|[0-9]{4}[ -][0-9]{4}[ -][0-9]{4}[ -][0-9]{4}|[0-9]{4}[ -][0-9]{6}[ -][0-9]{5}",
            find=partial(_candidates, shape=_CARD, is_valid=_is_card),
        ),
        Detector(
            kind="us_ssn",
            family="personal",
            confidence="medium",
            rule="stdnum.us.ssn",
            library_version=stdnum.__version__,
            hint=r"[0-9]{3}-[0-9]{2}-[0-9]{4}",
            find=partial(_candidates, shape=_SSN, is_valid=ssn.is_valid),
        ),
        Detector(
            kind="public_ipv4",
            family="personal",
            confidence="medium",
            rule="detect_secrets.IPPublicDetector",
            library_version=DETECT_SECRETS_VERSION,
            hint=r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]",
            find=_public_addresses,
        ),
        Detector(
            kind="phone",
            family="personal",
            confidence="medium",
            rule="phonenumbers.PhoneNumberMatcher",
            library_version=phonenumbers.__version__,
            hint=r"\+[0-9][0-9 ().-]{6}|[0-9]{3}\)?[ .-]?[0-9]{3}[ .-][0-9]{4}",
            find=_phones,
        ),
    )
}
"""Detectors of personal data by kind; the first of two that overlap names the span."""
