"""Secrets, by the rules of detect-secrets (Yelp): only those that look for one issuer's shape.

Its entropy and keyword rules are left out: they flag any quoted hash or id, of which conversations with tools are
full. Its checks over the network are never called, and its `pragma: allowlist` comments are not obeyed: text that is
scanned must not switch the scan off. For where a secret ends, where its rule tells only the beginning (a private
key's header, a JSON web token without its signature), see `_EXTENTS`.
"""

import re
from collections.abc import Iterator
from functools import partial

from detect_secrets.__version__ import VERSION
from detect_secrets.filters import heuristic
from detect_secrets.plugins.artifactory import ArtifactoryDetector
from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.base import RegexBasedDetector
from detect_secrets.plugins.basic_auth import BasicAuthDetector
from detect_secrets.plugins.cloudant import CloudantDetector
from detect_secrets.plugins.discord import DiscordBotTokenDetector
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
from detect_secrets.plugins.ibm_cloud_iam import IbmCloudIamDetector
from detect_secrets.plugins.ibm_cos_hmac import IbmCosHmacDetector
from detect_secrets.plugins.jwt import JwtTokenDetector
from detect_secrets.plugins.mailchimp import MailchimpDetector
from detect_secrets.plugins.npm import NpmDetector
from detect_secrets.plugins.openai import OpenAIDetector
from detect_secrets.plugins.private_key import PrivateKeyDetector
from detect_secrets.plugins.pypi_token import PypiTokenDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.softlayer import SoftlayerDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector
from detect_secrets.plugins.stripe import StripeDetector
from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector
from detect_secrets.plugins.twilio import TwilioKeyDetector

from curation.privacy.detector import Detector, Place

VALUE = 1
WHOLE = 0
"""Which group of a rule's match is the secret: the whole match, or the first group where the rule has one."""

_BEFORE = ' \t\r\n"=:'
_BEHIND = ' \t\r\n"'
"""What a rule may match around a secret."""

_KEYWORD = r"(?i:key|pwd|pw|pass|password|token)"
_ASSIGNS = r"[\\\"'\]:=> ]+"

PLUGINS: tuple[tuple[str, type[RegexBasedDetector], int, str], ...] = (
    ("private_key", PrivateKeyDetector, WHOLE, r"PRIVATE KEY|PuTTY-User-Key-File-2"),
    ("json_web_token", JwtTokenDetector, WHOLE, r"eyJ[A-Za-z0-9_=-]+\.[A-Za-z0-9_=-]"),
    ("aws_key", AWSKeyDetector, VALUE, rf"(?:A3T|ABIA|ACCA|AKIA|ASIA)[0-9A-Z]{{16}}|(?i:aws).{{0,20}}{_KEYWORD}"),
    ("github_token", GitHubTokenDetector, WHOLE, r"gh[pousr]_[A-Za-z0-9_]{36}"),
    ("gitlab_token", GitLabTokenDetector, WHOLE, r"gl[a-z]{2,5}-[A-Za-z0-9_-]{20}|GR1348941"),
    ("openai_key", OpenAIDetector, WHOLE, r"T3BlbkFJ"),
    ("slack_token", SlackDetector, WHOLE, r"(?i:xox[abpors]-[0-9]|hooks\.slack\.com/services/t)"),
    ("stripe_key", StripeDetector, WHOLE, r"[rs]k_live_[A-Za-z0-9_]{24}"),
    ("sendgrid_key", SendGridDetector, WHOLE, r"SG\.[A-Za-z0-9_-]{22}\."),
    ("pypi_token", PypiTokenDetector, WHOLE, r"pypi-AgE"),
    ("npm_token", NpmDetector, VALUE, r":_authToken="),
    ("square_secret", SquareOAuthDetector, WHOLE, r"sq0csp-"),
    ("azure_storage_key", AzureStorageKeyDetector, WHOLE, r"AccountKey="),
    ("discord_token", DiscordBotTokenDetector, WHOLE, r"[MNO][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27}"),
    ("mailchimp_key", MailchimpDetector, WHOLE, r"[0-9a-z]{32}-us[0-9]"),
    ("telegram_token", TelegramBotTokenDetector, WHOLE, r"[0-9]{8}:[A-Za-z0-9_-]{35}"),
    ("twilio_key", TwilioKeyDetector, WHOLE, r"(?:AC|SK)[a-z0-9]{32}"),
    ("artifactory_token", ArtifactoryDetector, WHOLE, r"AKC[a-zA-Z0-9]{10}|AP[0-9A-F][a-zA-Z0-9]{8}"),
    ("cloudant_key", CloudantDetector, VALUE, rf"(?i:cl(?:ou|oudant)?[_-]?(?:api)?){_KEYWORD}|(?i:\.cloudant\.com)"),
    ("softlayer_key", SoftlayerDetector, VALUE, rf"(?i:(?:softlayer|sl)[_-]?(?:api)?[_-]?){_KEYWORD}|(?i:api.softlayer.com/)"),
    ("ibm_cos_key", IbmCosHmacDetector, VALUE, rf"(?i:secret[_-]?(?:access)?[_-]?key){_ASSIGNS}[a-fA-F0-9]{{48}}"),
    ("ibm_cloud_key", IbmCloudIamDetector, VALUE, rf"{_KEYWORD}{_ASSIGNS}[A-Za-z0-9_-]{{44}}"),
    ("url_password", BasicAuthDetector, VALUE, r"://[^:/ ]+:[^@ ]+@"),
)  # fmt: skip
"""Kind, rule, group that is the secret, and hint; the first of two that overlap names the secret."""
SHAPES_OF_MUCH_ELSE = {"artifactory_token", "ibm_cloud_key", "telegram_token", "twilio_key", "url_password"}

_TOKEN_REST = re.compile(r"[A-Za-z0-9_-]*")
_EXTENTS = {
    "private_key": re.compile(
        r"BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?"
        r"(?:(?:(?!-----BEGIN).){0,20000}?-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?"
        r"|-----\s*(?:[A-Za-z0-9+/=]{16,}\s*)*)"
        r"|PuTTY-User-Key-File-2(?:.{0,20000}?Private-MAC:[^\n]*)?",
        re.DOTALL,
    ),
    "json_web_token": re.compile(r"[\w=-]+\.[\w=-]+(?:\.[\w.+/=-]+)?"),
}
"""How far a secret goes of which the rule matches only the beginning, from where the rule matches.

Of any other the rest of the same word belongs to it: newer tokens are longer than the rules know.
"""


def _find(
    text: str, *, plugin: RegexBasedDetector, group: int, extent: re.Pattern[str] | None
) -> Iterator[Place]:
    for pattern in plugin.denylist:
        for match in pattern.finditer(text):
            start, end = match.span(min(group, pattern.groups))
            found = text[start:end].lstrip(_BEFORE).rstrip(_BEHIND)
            start = text.index(found, start)
            if not _is_secret(found, plugin):
                continue
            end = start + len(found)
            rest = _TOKEN_REST.match(text, end) if extent is None else extent.match(text, start)
            yield start, end if rest is None else max(end, rest.end())


def _is_secret(found: str, plugin: RegexBasedDetector) -> bool:
    """Apply the library's own filters of what is found; those of files and lines do not fit conversations."""
    if isinstance(plugin, JwtTokenDetector) and not plugin.is_formally_valid(found):
        return False
    return bool(found) and not (
        heuristic.is_sequential_string(found)
        or heuristic.is_potential_uuid(found)
        or heuristic.is_templated_secret(found)
        or heuristic.is_prefixed_with_dollar_sign(found)
        or heuristic.is_not_alphanumeric_string(found)
    )


CREDENTIALS: dict[str, Detector] = {
    kind: Detector(
        kind=kind,
        family="credential",
        confidence="medium" if kind in SHAPES_OF_MUCH_ELSE else "high",
        rule=f"detect_secrets.{plugin.__name__}",
        library_version=VERSION,
        hint=hint,
        find=partial(_find, plugin=plugin(), group=group, extent=_EXTENTS.get(kind)),
        reads_lines=kind != "private_key",
    )
    for kind, plugin, group, hint in PLUGINS
}
"""Detectors of credentials by kind."""
