"""Made-up secrets and personal data of each kind, in the shapes that issuers give out, and what only looks like them.

Nothing here was ever issued: all is drawn from a seeded source. Each maker gives the text to plant and the part of it
that a detector must find.
"""

import base64
import string
import uuid
from collections.abc import Callable, Mapping
from random import Random
from typing import NamedTuple

import msgspec

ALNUM = string.ascii_letters + string.digits
LOWER = string.ascii_lowercase + string.digits
HEX = "0123456789abcdef"


class Plant(NamedTuple):
    """What is put into a text, and the part that is the secret."""

    text: str
    secret: str


Maker = Callable[[Random], Plant]


def chars(random: Random, alphabet: str, count: int) -> str:
    """Draw so many characters."""
    return "".join(random.choices(alphabet, k=count))


def _bare(shape: Callable[[Random], str]) -> Maker:
    def make(random: Random) -> Plant:
        text = shape(random)
        return Plant(text, text)

    return make


def _inside(before: str, shape: Callable[[Random], str], after: str = "") -> Maker:
    def make(random: Random) -> Plant:
        secret = shape(random)
        return Plant(f"{before}{secret}{after}", secret)

    return make


def _web_token(random: Random) -> str:
    parts = (
        {"alg": "HS256", "typ": "JWT"},
        {"sub": chars(random, string.digits, 10), "iat": random.randrange(10**9)},
    )
    encoded = [base64.urlsafe_b64encode(msgspec.json.encode(part)).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, chars(random, ALNUM + "_-", 43)])


def _private_key(random: Random) -> Plant:
    kind = random.choice(("RSA ", "EC ", "OPENSSH ", ""))
    body = "\n".join(chars(random, ALNUM + "+/", 64) for _ in range(random.randint(3, 8)))
    return Plant(f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----", body)


def _iban(random: Random) -> str:
    account = chars(random, string.digits, 18)
    check = 98 - int(f"{account}131400") % 97
    number = f"DE{check:02}{account}"
    is_grouped = random.random() < 1 / 2
    return " ".join(number[start : start + 4] for start in range(0, 22, 4)) if is_grouped else number


def _card(random: Random) -> str:
    digits = random.choice(("4", "51", "55")) + chars(random, string.digits, 15)
    digits = digits[:15]
    doubled = (int(digit) * (2 - index % 2) for index, digit in enumerate(digits))
    total = sum(number - 9 * (number > 9) for number in doubled)  # noqa: PLR2004 - digits of the Luhn sum
    digits += str(-total % 10)
    joint = random.choice(("", " ", "-"))
    return joint.join(digits[start : start + 4] for start in range(0, 16, 4))


def _ssn(random: Random) -> str:
    return f"{random.randint(100, 665)}-{random.randint(1, 99):02}-{random.randint(1, 9999):04}"


def _phone(random: Random) -> str:
    area, line = random.choice(("212", "415", "617", "312")), chars(random, string.digits, 4)
    exchange = str(random.randint(220, 989))
    shapes = (
        f"({area}) {exchange}-{line}", f"{area}-{exchange}-{line}", f"{area}.{exchange}.{line}",
        f"+1 {area} {exchange} {line}", f"+1{area}{exchange}{line}", f"+44 20 7{exchange} {line}", f"+49 151 {exchange}{line}0",
    )  # fmt: skip
    return random.choice(shapes)


def _address(random: Random) -> str:
    return ".".join(
        str(number) for number in (random.choice((34, 52, 81, 203)), *random.choices(range(1, 255), k=3))
    )


def _email(random: Random) -> str:
    name = f"{chars(random, string.ascii_lowercase, 6)}{random.choice(('.', '_', '+', ''))}{chars(random, LOWER, 5)}"
    return f"{name}@{chars(random, string.ascii_lowercase, 8)}.{random.choice(('com', 'org', 'co.uk', 'de', 'io'))}"


PLANTS: Mapping[str, Maker] = {
    "private_key": _private_key,
    "json_web_token": _bare(_web_token),
    "aws_key": _bare(lambda random: "AKIA" + chars(random, string.ascii_uppercase + "234567", 16)),
    "github_token": _bare(lambda random: random.choice(("ghp_", "gho_", "ghs_")) + chars(random, ALNUM, 36)),
    "gitlab_token": _bare(lambda random: "glpat-" + chars(random, ALNUM + "-_", 19) + "x"),
    "openai_key": _bare(
        lambda random: f"sk-proj-{chars(random, ALNUM, 60)}T3BlbkFJ{chars(random, ALNUM, 60)}"
    ),
    "slack_token": _bare(
        lambda random: (
            f"xoxb-{chars(random, string.digits, 12)}-{chars(random, string.digits, 12)}-{chars(random, ALNUM, 24)}"
        )
    ),
    "stripe_key": _bare(lambda random: "sk_live_" + chars(random, ALNUM, 24)),
    "sendgrid_key": _bare(lambda random: f"SG.{chars(random, ALNUM, 22)}.{chars(random, ALNUM, 43)}"),
    "pypi_token": _bare(lambda random: "pypi-AgEIcHlwaS5vcmc" + chars(random, ALNUM + "_-", 150)),
    "npm_token": _inside(
        "//registry.example.com/:_authToken=", lambda random: "npm_" + chars(random, ALNUM, 36)
    ),
    "square_secret": _bare(lambda random: "sq0csp-" + chars(random, ALNUM, 43)),
    "azure_storage_key": _inside("AccountKey=", lambda random: chars(random, ALNUM + "+/", 86) + "=="),
    "discord_token": _bare(
        lambda random: f"M{chars(random, ALNUM, 23)}.{chars(random, ALNUM, 6)}.{chars(random, ALNUM, 27)}"
    ),
    "mailchimp_key": _bare(lambda random: f"{chars(random, HEX, 32)}-us{random.randint(1, 21)}"),
    "telegram_token": _bare(
        lambda random: f"{random.randint(10**9, 10**10 - 1)}:AA{chars(random, ALNUM + '_-', 33)}"
    ),
    "twilio_key": _bare(lambda random: "SK" + chars(random, HEX, 32)),
    "artifactory_token": _bare(lambda random: "AKCp" + chars(random, ALNUM, 69)),
    "url_password": _inside("postgres://app:", lambda random: chars(random, ALNUM, 14), "@db.internal/app"),
    "email": _bare(_email),
    "iban": _bare(_iban),
    "payment_card": _bare(_card),
    "us_ssn": _bare(_ssn),
    "public_ipv4": _bare(_address),
    "phone": _bare(_phone),
}
"""What detectors are for, by kind."""

UNCOVERED: Mapping[str, Maker] = {
    "huggingface_token": _bare(lambda random: "hf_" + chars(random, string.ascii_letters, 34)),
    "anthropic_key": _bare(lambda random: f"sk-ant-api03-{chars(random, ALNUM + '_-', 93)}AA"),
    "google_api_key": _bare(lambda random: "AIza" + chars(random, ALNUM + "_-", 35)),
    "github_fine_grained": _bare(
        lambda random: f"github_pat_{chars(random, ALNUM, 22)}_{chars(random, ALNUM, 59)}"
    ),
    "assigned_password": _inside('password = "', lambda random: chars(random, ALNUM, 12), '"'),
    "bare_phone": _bare(lambda random: f"415{random.randint(220, 989)}{chars(random, string.digits, 4)}"),
    "person_name": _bare(
        lambda random: random.choice(("Mia Li", "Lucas Brown", "Aarav Santos", "Ivan Muller"))
    ),
}
"""What no rule of the libraries looks for: planted to say so in figures."""

DECOYS: Mapping[str, Callable[[Random], str]] = {
    "git_hash": lambda random: f"commit {chars(random, HEX, 40)}",
    "sha256": lambda random: f"sha256:{chars(random, HEX, 64)}",
    "uuid": lambda random: str(uuid.UUID(int=random.getrandbits(128), version=4)),
    "base64_image": lambda random: "data:image/png;base64,iVBORw0KGgo" + base64.b64encode(random.randbytes(3000)).decode(),
    "example_key": lambda random: random.choice(
        ("AKIAIOSFODNN7EXAMPLE", "sk-your-key-here", "ghp_xxxxxxxxxxxx", "xoxb-your-token", "<API_KEY>")
    ),
    "order_number": lambda random: random.choice(("#W", "ORD-", "order ")) + chars(random, string.digits, 10),
    "bare_id": lambda random: chars(random, string.digits, random.randint(8, 19)),
    "timestamp": lambda random: f"2024-0{random.randint(1, 9)}-1{random.randint(0, 9)}T10:{random.randint(10, 59)}:00.123456",
    "epoch": lambda random: str(random.randint(16 * 10**11, 18 * 10**11)),
    "decorator": lambda random: f"@pytest.mark.{chars(random, string.ascii_lowercase, 6)}(x@y)",
    "package": lambda random: f"lodash@4.{random.randint(1, 17)}.{random.randint(0, 30)}",
    "version": lambda random: f"v{random.randint(0, 20)}.{random.randint(0, 20)}.{random.randint(0, 99)}",
    "four_part_version": lambda random: f"Chrome/{random.randint(80, 120)}.0.{random.randint(1000, 7000)}.{random.randint(0, 99)}",
    "local_address": lambda random: random.choice(("10.0.", "192.168.", "127.0.")) + f"{random.randint(0, 255)}.{random.randint(1, 254)}",
    "templated_url": lambda random: random.choice(
        ("postgres://app:${PASSWORD}@db/x", "https://user:{password}@host/", "redis://:<secret>@cache:6379")
    ),
    "isbn": lambda random: f"978-3-16-{random.randint(100000, 999999)}-{random.randint(0, 9)}",
    "part_number": lambda random: f"{chars(random, string.digits, 3)}-{chars(random, string.digits, 5)}-{chars(random, string.digits, 2)}",
    "float": lambda random: f"{random.random():.17f}",
    "hex_dump": lambda random: " ".join(chars(random, HEX, 4) for _ in range(8)),
    "reservation": lambda random: chars(random, string.ascii_uppercase + string.digits, 6),
}  # fmt: skip
"""What is neither a secret nor personal, but looks a little like one."""
