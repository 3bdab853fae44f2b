"""Each detector's hint is a promise: no rule may find what its hint does not match, or the scan would lose it."""

import re
import string
from random import Random

import polars as pl
import pytest
from detect_secrets.plugins.ip_public import IPPublicDetector
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.planted import PLANTS
from curation.privacy import DETECTORS
from curation.privacy.credentials import PLUGINS
from curation.privacy.personal import _CARD, _IBAN, _PHONE, _SSN

ASCII = st.characters(codec="ascii", exclude_categories=["Cc"])
RULES = [
    *(
        pytest.param(kind, pattern, id=f"{kind}-{index}")
        for kind, plugin, *_ in PLUGINS
        for index, pattern in enumerate(plugin().denylist)
    ),
    *(
        pytest.param(kind, pattern, id=kind)
        for kind, pattern in (
            ("public_ipv4", IPPublicDetector().denylist[0]),
            ("phone", _PHONE),
            ("payment_card", _CARD),
            ("iban", _IBAN),
            ("us_ssn", _SSN),
        )
    ),
]


def is_hinted(kind: str, text: str) -> bool:
    return bool(pl.Series([text]).str.contains(DETECTORS[kind].hint).item())


@pytest.mark.parametrize(("kind", "rule"), RULES)
def test_a_hint_matches_whatever_its_rule_matches(kind: str, rule: re.Pattern[str]) -> None:
    @settings(max_examples=40, deadline=None)
    @given(st.from_regex(rule, alphabet=ASCII))
    def holds(text: str) -> None:
        assert is_hinted(kind, text)

    holds()


@pytest.mark.parametrize("kind", DETECTORS)
def test_a_detector_says_what_it_is(kind: str) -> None:
    detector = DETECTORS[kind]
    assert detector.kind == kind
    assert re.fullmatch(r"[a-z0-9_]+", kind)
    assert "." in detector.rule
    assert re.fullmatch(r"[0-9.]+\+\d+", detector.version)
    assert list(detector.find("")) == []


@pytest.mark.parametrize("kind", PLANTS)
def test_a_plant_is_found_alone_and_between_words(kind: str) -> None:
    random = Random(1)
    for _ in range(20):
        plant = PLANTS[kind](random)
        for text in (plant.text, f"see {plant.text} there"):
            places = list(DETECTORS[kind].find(text))
            assert any(plant.secret in text[start:end] for start, end in places), text


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        ("openai_key", f"sk-proj-{'aB3' * 8}T3BlbkFJ{'xY7' * 20}, then", [f"sk-proj-{'aB3' * 8}T3BlbkFJ{'xY7' * 20}"]),
        ("stripe_key", f"(sk_live_{'51aB' * 20})", [f"sk_live_{'51aB' * 20}"]),
        ("npm_token", f"//r.org/:_authToken=npm_{'aB3' * 12}", [f"npm_{'aB3' * 12}"]),
        ("url_password", "at redis://app:hunter2x@cache:6379", ["hunter2x"]),
        ("url_password", "at redis://app:${PASSWORD}@cache:6379", []),
        ("aws_key", f'aws_secret_access_key = "{"aB3+" * 10}"', ["aB3+" * 10]),
        ("email", "mail <bob.o'neil+x@mañana.es>.", ["neil+x@mañana.es"]),
        ("email", "a@b.test, x@localhost, pkg@1.0.0, @decorator.use", []),
        ("phone", "order 4155552671 of 2024-01-02 10:11:12", []),
        ("phone", "+44 20 7946 0958 or (415) 555-2671", ["+44 20 7946 0958", "(415) 555-2671"]),
        ("iban", "to DE89 3704 0044 0532 0130 00 BY NOON", ["DE89 3704 0044 0532 0130 00"]),
        ("iban", "DE89 3704 0044 0532 0130 01", []),
        ("payment_card", "4111 1111 1111 1111, 4111111111111112, 6000000000000007", ["4111 1111 1111 1111"]),
        ("us_ssn", "219-09-9999, 000-12-3456, 978-3-16-148410-0", []),
        ("us_ssn", "536-90-4399", ["536-90-4399"]),
        ("public_ipv4", "8.8.8.8 10.0.0.1 127.0.0.1 192.168.1.1 1.2.3", ["8.8.8.8"]),
        ("private_key", "-----BEGIN EC PRIVATE KEY-----\nMIIabcdefghijklmnop\n", ["BEGIN EC PRIVATE KEY-----\nMIIabcdefghijklmnop\n"]),
        ("private_key", "grep 'BEGIN RSA PRIVATE KEY' *.pem", ["BEGIN RSA PRIVATE KEY"]),
    ],
)  # fmt: skip
def test_what_is_found_and_how_far_it_goes(kind: str, text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in DETECTORS[kind].find(text)] == found


def test_a_web_token_is_found_with_its_signature() -> None:
    plant = PLANTS["json_web_token"](Random(2))
    assert [(0, len(plant.text))] == list(DETECTORS["json_web_token"].find(plant.text))
    assert list(DETECTORS["json_web_token"].find("eyJub3QgSlNPTg.eyJub3Q.x")) == []


@settings(deadline=None)
@given(st.text(string.printable + "é٣", max_size=200))
def test_places_lie_within_the_text(text: str) -> None:
    for detector in DETECTORS.values():
        assert all(0 <= start < end <= len(text) for start, end in detector.find(text))
