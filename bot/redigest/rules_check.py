"""The examples of the rules, run as their tests."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from redigest.find import find
from redigest.model import Sighting, Standing
from redigest.rules import Example, Rule, Rules, Shape
from redigest.screen import PREFIX

_PLACEHOLDER = re.compile(r"(?<!\$)(?<!\$\{)\b(DIGEST|OTHER|HEX)\b(?!=)")
"""The words, but not where they are the name of a variable: `DIGEST=`, `$DIGEST`, `${DIGEST}`."""
_WANTED = {"DIGEST", "HEX"}


@dataclass(frozen=True, slots=True)
class Failure:
    """An example that does not show what it should."""

    rule: Rule
    message: str


def check(rules: Rules) -> list[Failure]:
    """Run the examples of every rule, with all rules in force; no failures means that each rule takes what it says and leaves what it says."""
    failures = []
    for rule in rules.rules:
        for kind, examples in (("found", rule.found), ("left", rule.left)):
            if not examples:
                failures.append(Failure(rule, f"there is no example of what is {kind}"))
            for number, example in enumerate(examples, 1):
                failures += [Failure(rule, f"{kind} example {number}: {problem}") for problem in _problems(rule, example, rules, wanted=kind == "found")]
    return failures


def _problems(rule: Rule, example: Example, rules: Rules, *, wanted: bool) -> Iterator[str]:
    text, digests = expand(example.text)
    if not any(name in _WANTED for name in digests.values()):
        yield "it holds neither DIGEST nor HEX"
    sightings = {sighting.text: sighting for sighting in find(example.path, text.encode(), rules).sightings}
    for digest, name in digests.items():
        taken = _is_taken(rule, sightings.get(digest))
        if name in _WANTED and taken != wanted:
            sighting = sightings.get(digest)
            by = sighting.rule or sighting.reason if sighting else "nothing"
            yield f"{name} in {example.path} is {'not taken by the rule, but by' if wanted else 'taken by the rule, not left to'} {by if wanted else 'others'}"
        elif name == "OTHER" and taken:
            yield f"OTHER in {example.path} is taken by the rule"


def _is_taken(rule: Rule, sighting: Sighting | None) -> bool:
    """An embedded file is taken if a rule of its own format finds the digest alive in it."""
    if sighting is None:
        return False
    if rule.shape is Shape.EMBEDDED:
        return sighting.standing is Standing.LIVE and " > " in sighting.place
    return sighting.rule == rule.id


def expand(text: str) -> tuple[str, dict[str, str]]:
    """Put digests of their own in the place of `DIGEST`, `OTHER` and `HEX`; give the text, and the placeholder of each digest."""
    digests: dict[str, str] = {}

    def digest(match: re.Match[str]) -> str:
        name = match.group()
        digits = hashlib.sha256(f"{name} {len(digests)}".encode()).hexdigest()
        digests[PREFIX + digits] = name
        return digits if name == "HEX" else PREFIX + digits

    return _PLACEHOLDER.sub(digest, text), digests
