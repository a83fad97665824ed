"""What a check found wrong, as findings for the reports of checkers."""

from collections.abc import Mapping

from redigest.report.findings import Finding, Kind, Level, Region
from redigest.verification.violations import Fault, Violation

_UNDO = "Take the change out of the branch, or have it made and reviewed as a change of its own."


def _kind(fault: Fault, name: str, title: str, meaning: str, advice: str = _UNDO) -> Kind:
    return Kind(f"verify-{fault}", name, Level.ERROR, title, meaning, advice)


KINDS: Mapping[Fault, Kind] = {
    Fault.OTHER_BYTES: _kind(
        Fault.OTHER_BYTES,
        "OtherBytes",
        "Something other than a digest was changed",
        "Bytes were changed that are no part of a digest which may be swapped there.",
    ),
    Fault.OTHER_DIGEST: _kind(
        Fault.OTHER_DIGEST,
        "OtherDigest",
        "A digest was replaced by another one than the evidence gives",
        "The old digest has an equivalent by the evidence of the check, and another one was put in its place.",
        "Find out where the digest comes from. If it is right, the mapping of the check is wrong or old.",
    ),
    Fault.NO_EVIDENCE: _kind(
        Fault.NO_EVIDENCE,
        "NoEvidence",
        "A digest was changed without evidence",
        "Neither the mapping of the check nor a registry that it may ask gives anything for the old digest, or it is no schema 1 digest at all.",
        "Give the check the mapping that the change was made with, from a place that the branch cannot change, or review the change by hand.",
    ),
    Fault.NOT_LIVE: _kind(
        Fault.NOT_LIVE,
        "NotLive",
        "A digest was changed in a place that is to be left alone",
        "Nothing is deployed from the place, such as a comment, or the settings of the check protect it.",
        "Take the change out of the branch, or give the check the setting that the bot has, such as `--mentions`.",
    ),
    Fault.LEFT_BEHIND: _kind(
        Fault.LEFT_BEHIND,
        "LeftBehind",
        "An image was swapped in one place and left in another",
        "The digest was swapped elsewhere and still stands here, and an image moves in all its places or in none.",
        "Swap it here too: `redigest fix` does.",
    ),
    Fault.FILE: _kind(
        Fault.FILE,
        "FileChanged",
        "A file was added or deleted, or its mode or kind was changed",
        "A swap of digests changes the contents of files and nothing else.",
    ),
    Fault.UNDECIDED: _kind(
        Fault.UNDECIDED,
        "Undecided",
        "A registry could not be asked about a digest that was changed",
        "There is no evidence because somebody could not be asked, so the check does not pass.",
        "Run the check again later, and see that it reaches the registry and has credentials for it.",
    ),
}


def finding_of(violation: Violation) -> Finding:
    """A violation as a finding at the place where the changed file has it; what concerns a whole file has no place in it."""
    region = Region(violation.line, violation.column) if violation.fault is not Fault.FILE else None
    return Finding(KINDS[violation.fault], violation.path, f"{violation.message}.", region, identity=(violation.path, violation.message))
