"""Reports for a browser to show: one tree, a fleet as it may well be, and one of any size."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

from redigest.model import (
    Action,
    Current,
    Digest,
    Evidence,
    EvidenceKind,
    Outcome,
    Problem,
    ProposalOutcome,
    RepositoryLine,
    Result,
    Sighting,
    Standing,
    Swap,
    Unknown,
    Verdict,
)
from redigest.report import Report, Searched

STARTED = datetime(2022, 9, 5, 4, 0, tzinfo=UTC)
FINISHED = datetime(2022, 9, 5, 4, 3, 21, tzinfo=UTC)

_NAMES = {
    "registry.redhat.io": ("rhel7/etcd", "openshift3/ose-node", "openshift3/ose-docker-registry", "rhscl/postgresql-96-rhel7", "jboss-eap-7/eap71-openshift"),
    "registry.access.redhat.com": ("rhel7", "rhscl/nodejs-8-rhel7", "openshift3/jenkins-2-rhel7", "ubi7/ubi-minimal"),
    "mirror.corp.example:5000": ("redhat/rhel7/etcd", "redhat/rhscl/httpd-24-rhel7", "platform/gateway"),
    "quay.io": ("coreos/etcd", "prometheus/node-exporter"),
}
_OWNERS = ("payments", "platform", "search", "data", "identity", "web")
_FILES = (
    "base/deployment.yaml",
    "overlays/prod/kustomization.yaml",
    "charts/app/values.yaml",
    "clusters/eu-1/etcd.yaml",
    "ci/Dockerfile",
    "operators/bundle/csv.yaml",
)
_PLACES = (
    "Deployment/app spec.template.spec.containers[0].image",
    "images[0].digest",
    "image.digest",
    "StatefulSet/etcd spec.template.spec.initContainers[1].image",
)

_NO_SOURCE = "no source of evidence knows this digest"
_GONE = "the registry has it no more: 404 MANIFEST_UNKNOWN"
_ONLY_TAG = "only the tag speaks for the suggestion; --accept tag takes it"


def digest(random: Random) -> Digest:
    return Digest(f"{random.getrandbits(256):064x}")


def fleet(images: int = 60, *, places: int = 4, repositories: int = 24, seed: int = 7) -> Report:
    """A run over repositories of several owners; each image stands in `places` places on the average."""
    random = Random(seed)
    found: dict[str, list[Result]] = {f"github.com/{random.choice(_OWNERS)}/{word}-{n}": [] for n, word in enumerate(_words(random, repositories))}
    for number in range(images):
        results = _image(random, number)
        for _ in range(random.randint(1, 2 * places - 1)):
            repository = random.choice(list(found))
            path, line = random.choice(_FILES), random.randint(1, 400)
            found[repository].append(results(path, line))
    for results_of in list(found.values())[::3]:
        results_of.extend(_checksum(random, line) for line in range(2, 2 + 2 * random.randint(5, 40), 2))
    trees = [Searched(name, replace(_outcome(results), branch="main"), link=_link(name)) for name, results in sorted(found.items())]
    problems = (Problem("schema1.csv.gz", 1204, "a row with three columns was left out"),)
    return Report(tuple(trees), STARTED, FINISHED, "1.0.0", tuple(_lines(trees, random)), problems)


def _words(random: Random, count: int) -> list[str]:
    return [random.choice(("deploy", "gitops", "cluster-config", "charts", "infra")) for _ in range(count)]


def _image(random: Random, number: int) -> Callable[[str, int], Result]:
    """How an image goes its way: all of its places alike."""
    old, new = digest(random), digest(random)
    registry = random.choices(list(_NAMES), (5, 3, 2, 1))[0]
    name, tag = f"{registry}/{random.choice(_NAMES[registry])}", f"{random.randint(1, 9)}.{random.randint(0, 20)}-{number}"
    way = random.choices(("mapping", "recomputed", "current", "tag", "unknown", "gone", "mention"), (50, 14, 16, 4, 6, 3, 7))[0]
    mapping = Evidence(EvidenceKind.MAPPING, f"row {number + 2} of schema1.csv.gz: {name.partition('/')[2]}, tag {tag}", f"zgrep {old.hex} schema1.csv.gz")
    proof = Evidence(EvidenceKind.RECOMPUTED, f"the schema 1 payload of {name}:{tag} hashes to exactly the old digest", f"redigest explain {name}:{tag}@{old}")
    only_tag = Evidence(EvidenceKind.TAG, f"the tag {tag} points to it today", f"skopeo inspect --raw docker://{name}:{tag}")
    verdict, action, reason, standing = _WAYS[way]
    made = verdict(old, new, {"mapping": (mapping,), "recomputed": (mapping, proof), "current": (proof,), "tag": (only_tag,)}.get(way, (mapping,)))

    def result(path: str, line: int) -> Result:
        place = "comment" if way == "mention" else random.choice(_PLACES)
        why = reason if standing is not Standing.LIVE else None
        return Result(Sighting(path, line * 40, line, 22, str(old), old, "kubernetes/containers", place, name, tag, standing, why), made, action, reason)

    return result


def _swap(old: Digest, new: Digest, evidence: tuple[Evidence, ...]) -> Verdict:
    return Swap(old, new, evidence)


_WAYS: dict[str, tuple[Callable[[Digest, Digest, tuple[Evidence, ...]], Verdict], Action, str | None, Standing]] = {
    "mapping": (_swap, Action.SWAPPED, None, Standing.LIVE),
    "recomputed": (_swap, Action.SWAPPED, None, Standing.LIVE),
    "current": (lambda _old, _new, evidence: Current(evidence, "schema 2 already"), Action.KEPT, "schema 2 already", Standing.LIVE),
    "tag": (_swap, Action.KEPT, _ONLY_TAG, Standing.LIVE),
    "unknown": (lambda _old, _new, _evidence: Unknown(_NO_SOURCE), Action.KEPT, _NO_SOURCE, Standing.LIVE),
    "gone": (lambda _old, _new, _evidence: Unknown(_GONE, is_schema_1=True), Action.KEPT, _GONE, Standing.LIVE),
    "mention": (_swap, Action.KEPT, "a comment; --mentions swaps it", Standing.MENTION),
}


def _checksum(random: Random, line: int) -> Result:
    of = digest(random)
    reason = "a checksum of a package in a lock file"
    sighting = Sighting("poetry.lock", line * 90, line, 30, str(of), of, None, "files", None, None, Standing.NOT_AN_IMAGE, reason)
    return Result(sighting, Unknown("not asked"), Action.KEPT, reason)


def _outcome(results: list[Result]) -> Outcome:
    files = len({result.sighting.path for result in results})
    broken = (Problem("charts/app/values.yaml", 12, "not YAML: a mapping does not end", failed=True),) if len(results) % 5 == 0 else ()
    return Outcome(tuple(results), broken, files_screened=files * 14 + 3, files_with_digests=files)


def _link(repository: str) -> Callable[[str, int], str]:
    return lambda path, line: f"https://{repository}/blob/{'c0ffee' * 6}c0ff/{path}#L{line}"


def _lines(trees: list[Searched], random: Random) -> Iterator[RepositoryLine]:
    for number, tree in enumerate(trees, 100):
        changed = any(result.action is Action.SWAPPED for result in tree.outcome.results)
        outcome = random.choice((ProposalOutcome.OPENED, ProposalOutcome.UPDATED, ProposalOutcome.UNCHANGED)) if changed else ProposalOutcome.NOTHING_TO_DO
        url = f"https://{tree.repository}/pull/{number}" if changed else None
        yield RepositoryLine(tree.repository or "", "main", "c0ffee" * 6 + "c0ff", outcome, url)
    yield RepositoryLine("github.com/search/legacy", "main", None, ProposalOutcome.HELD, message="the repository is archived, so it can only be read")
    yield RepositoryLine(
        "github.com/data/lake", "main", None, ProposalOutcome.FAILED, stage="tree", message="the forge answered 502 three times; run again later"
    )


def tree(report: Report) -> Report:
    """All of a fleet as if it stood in one tree, a folder for each repository."""
    results = [
        Result(_moved(each.sighting, (of.repository or "").split("/")[1]), each.verdict, each.action, each.reason)
        for of in report.trees
        for each in of.outcome.results
    ]
    return Report.of(_outcome(results), STARTED, FINISHED, "1.0.0")


def _moved(sighting: Sighting, folder: str) -> Sighting:
    from dataclasses import replace

    return replace(sighting, path=f"{folder}/{sighting.path}")
