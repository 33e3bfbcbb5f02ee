"""Rules as sentences of data: a small language, and its two evaluators that are proven equal."""

from hub.rules.machine import Firing, Memory, advance, requests
from hub.rules.rule import Action, Rule, parse, plain
from hub.rules.runs import Run, World, runs
from hub.rules.tokens import RuleError

__all__ = [
    "Action", "Firing", "Memory", "Rule", "RuleError", "Run", "World", "advance", "parse", "plain", "requests", "runs",
]  # fmt: skip
