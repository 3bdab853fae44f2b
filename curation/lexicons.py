"""Words by which a tool says that a call failed, as data: Rust regexes, matched without regard to case.

The lists are our own; the families are those of Signals (arXiv 2604.00356), Execution.failure and
Environment.exhaustion, plus `OTHER_ERROR`. Two kinds of entries: *markers* decide whether a result reports a failure,
*kinds* only name the failure that a marker found.
"""

OTHER_ERROR = "other_error"
"""Ours: a result that reports a failure of no known family."""

_BEFORE_ERROR = (
    "tool|mcp|api|http|runtime|execution|validation|syntax|internal|server|fatal|unexpected|network"
)
_AFTER_ERROR = (
    r"(?:\s*[:>\]!]|\s+-?\d|\s*$|\s+(?:executing|calling|running|invoking|occurred|while|during)\b)"
)

START_MARKERS: tuple[str, ...] = (
    rf"(?:(?:{_BEFORE_ERROR}) )?(?:error|exception){_AFTER_ERROR}",
    r"(?-i:[\w.]*[a-z](?:Error|Exception))(?::|\()",
    r"traceback \(most recent call last\)",
    r"(?:tool[ _])?(?:call|use|execution)[ _](?:failed|failure|error)\b",
    r"(?:tool_use_error|tool_error)>",
    r"failed to \w",
    r"(?:unknown|invalid|unsupported) (?:tool|function|action|command|arguments?|parameters?|request|json)\b",
    r"(?:permission|access) denied\b",
    r"(?:unauthori[sz]ed|forbidden|too many requests|rate limit exceeded)\s*(?:[:.!]|$)",
    r"(?:request |connection |operation |command )?(?:timed out|time-?out)\s*(?:[:.!]|after\b|$)",
    r"connection (?:refused|reset|aborted)\b",
    r"(?:https?(?:/[\d.]+)?|status(?: code)?)\W{1,2}[45]\d\d\b",
    r"[45]\d\d (?:bad request|unauthorized|forbidden|not found|conflict|too many requests)\b",
    r"[45]\d\d (?:internal server error|bad gateway|service unavailable|gateway time-?out)\b",
    r"(?:command )?(?:failed with |exited with )?(?:exit|return) ?code\W{1,2}-?[1-9]",
    r"returncode>-?[1-9]",
    r"(?:/bin/)?(?:ba|z|da)?sh: [^\n]*(?:not found|no such file|permission denied)",
)
"""Openings of a result that reports a failure; brackets, markup and spaces before them are skipped."""

END_MARKERS: tuple[str, ...] = (
    r"\[(?:the )?command (?:completed|finished|exited) with exit code -?[1-9]\d*\.?\]",
)
"""Closings that a runner adds to the output of a failed command."""

_HTTP = r"(?:\bhttps?(?:/[\d.]+)?|\bstatus(?: code)?|\berror(?: code)?)\W{0,3}"

KINDS: dict[str, str] = {
    # The environment's failures come first: their words are the more specific ones.
    "rate_limit": rf"rate[ -]?limit|too many requests|{_HTTP}429\b|quota (?:is )?(?:exceeded|exhausted|reached)|throttl",
    "api_error": rf"{_HTTP}50[0-4]\b|internal server error|bad gateway|gateway time-?out|try again later"
    r"|(?:temporarily|currently) (?:unavailable|busy|down|overloaded)|under maintenance"
    r"|(?:service|server|system|backend|database|upstream) (?:is |was )?(?:unavailable|busy|down|overloaded)",
    "timeout": r"timed[ -]?out|time-?out (?:error|exceeded|expired|reached|after)|timeout(?:error|expired)"
    r"|worker_timeout|deadline exceeded|^\W*(?:\w*error\W+)?time-?out\b",
    "network": r"connection (?:was |is )?(?:refused|reset|aborted|closed|lost|failed)|connectionerror"
    r"|(?:could not|cannot|failed to|unable to) (?:connect|resolve host)|name or service not known|name resolution"
    r"|network (?:is )?(?:unreachable|error|down)|no route to host|(?:ssl|tls) (?:error|handshake)"
    r"|certificate verify failed",
    "invalid_args": r"(?:invalid|bad|wrong|incorrect|illegal)\b.{0,30}\b(?:arguments?|parameters?|args?|inputs?|values?"
    r"|types?|format|json|ids?|dates?|numbers?)\b"
    r"|(?:missing|unexpected|unknown|extra)(?: \d+)?(?: required| keyword| positional)*"
    r" (?:arguments?|parameters?|fields?|property|properties)\b"
    r"|\brequired (?:arguments?|parameters?|fields?|property|properties)\b|\bis (?:a )?required\b"
    r"|(?:must|should) (?:be|match|have) (?:an?|one|of|in|at|between|like|positive|the)\b|expected .{1,40} (?:but )?got"
    r"|validation (?:error|failed)|validationerror|failed validation|out of range|not a (?:valid|well-formed)"
    r"|malformed|ill-formed|could not (?:parse|decode)|jsondecodeerror",
    "tool_not_found": r"(?:unknown|no such|unrecogni[sz]ed|undefined|unsupported|invalid) (?:tool|function|action|command)"
    r"|\b(?:tool|function|action)\b.{0,60}\b(?:not found|does not exist|not (?:available|defined|registered|recogni[sz]ed))"
    r"|command not found|no tool (?:named|called)",
    "auth_misuse": rf"unauthori[sz]ed|not authori[sz]ed|authori[sz]ation|authentication|forbidden|{_HTTP}40[13]\b"
    r"|(?:permission|access) (?:was |is )?denied|(?:no|insufficient|lacks?|without) permissions?"
    r"|(?:invalid|expired|missing|bad) (?:access |auth |api |bearer )*(?:token|credentials?|key|password)|not logged in",
    "state_error": rf"already\b|{_HTTP}409\b|conflict|\bfirst\b|(?:invalid|illegal|wrong|bad) (?:state|status)"
    r"|(?:in|with|from|for) (?:this|its|the|that)(?: current| present)? (?:state|status)|\b(?:state|status) (?:is|of|does)\b"
    r"|(?:can ?not|can't|may not|must not) (?:be )?\w+|not (?:allowed|permitted|possible|eligible|enough|pending|open)"
    r"|insufficient|does not add up|no longer|expired|not available",
    "bad_query": rf"(?:bad|malformed|invalid) (?:query|filter|expression|pattern|search)|unknown (?:column|field|filter)"
    rf"|syntax ?error|not found|no such|does not exist|doesn't exist|unknown \w+|{_HTTP}40[04]\b",
}
"""Kinds of failure, the first that matches wins; `bad_query` covers what was asked for and is not there."""

ENVIRONMENT_KINDS = ("rate_limit", "api_error", "timeout", "network")
"""Failures that are the environment's, not the agent's."""

JSON_MARKERS: dict[str, tuple[str, ...]] = {
    "$.error": (),
    "$.is_error": ("true",),
    "$.isError": ("true",),
    "$.success": ("false",),
    "$.ok": ("false",),
    "$.status": ("error",),
    "$.exit_code": (),
    "$.exitCode": (),
    "$.returncode": (),
}
"""Top-level fields of a JSON result, with the values that mean failure; none listed: any but `JSON_BLANKS`."""

JSON_BLANKS = ("", "null", "none", "None", "false", "False", "0", "[]", "{}")
"""Values of an error field or exit code that mean that nothing failed."""
