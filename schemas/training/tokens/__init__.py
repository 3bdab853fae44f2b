"""Token rendering: conversations with labels in, rows of token ids with their loss out, for any chat template."""

from schemas.training.tokens.findings import UNTRAINED, Finding, FindingKind
from schemas.training.tokens.lengths import TokenLengths, Truncation, measure_lengths
from schemas.training.tokens.packing import PackedRow, Packing, pack_lengths, pack_rows
from schemas.training.tokens.renderer import Conversation, TokenRenderer
from schemas.training.tokens.reports import TemplateReport, check_template
from schemas.training.tokens.rows import IGNORED, Rendered, TokenKind, TokenRow
from schemas.training.tokens.templates import ChatTokenizer
from schemas.training.tokens.windows import Windows, cut_windows

__all__ = [
    "IGNORED",
    "UNTRAINED",
    "ChatTokenizer",
    "Conversation",
    "Finding",
    "FindingKind",
    "PackedRow",
    "Packing",
    "Rendered",
    "TemplateReport",
    "TokenKind",
    "TokenLengths",
    "TokenRenderer",
    "TokenRow",
    "Truncation",
    "Windows",
    "check_template",
    "cut_windows",
    "measure_lengths",
    "pack_lengths",
    "pack_rows",
]
