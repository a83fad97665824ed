"""Outcomes by hand, for the tests of the reports."""

from datetime import UTC, datetime

from redigest.model import Action, Current, Digest, Evidence, EvidenceKind, Outcome, Problem, Result, Sighting, Standing, Swap, Unknown, Verdict
from redigest.report import Report

OLD = Digest("a1" * 32)
NEW = Digest("b2" * 32)
OTHER = Digest("c3" * 32)
FOURTH = Digest("d4" * 32)

ETCD = "registry.redhat.io/rhel7/etcd"
CONTAINER = "Deployment/web spec.template.spec.containers[0].image"

MAPPING = Evidence(EvidenceKind.MAPPING, "row 17 of schema1.csv, repository rhel7/etcd, tag 3.2.22", f"grep {OLD} schema1.csv")
RECOMPUTED = Evidence(EvidenceKind.RECOMPUTED, "the schema 1 payload hashes to the old digest", f"redigest explain {ETCD}@{OLD}")
TAG = Evidence(EvidenceKind.TAG, "the tag 3.2.22 exists and has a schema 2 manifest", f"skopeo inspect --raw docker://{ETCD}:3.2.22")

SWAP = Swap(OLD, NEW, (MAPPING, RECOMPUTED))


def result(
    *,
    path: str = "k8s/web.yaml",
    line: int = 12,
    digest: Digest = OLD,
    text: str | None = None,
    name: str | None = ETCD,
    tag: str | None = "3.2.22",
    rule: str | None = "kubernetes/containers",
    place: str = CONTAINER,
    standing: Standing = Standing.LIVE,
    verdict: Verdict = SWAP,
    action: Action = Action.SWAPPED,
    reason: str | None = None,
) -> Result:
    """Make a result; as it comes, a swapped one."""
    sighting = Sighting(
        path=path,
        offset=line * 100,
        line=line,
        column=20,
        text=text or str(digest),
        digest=None if text else digest,
        rule=rule,
        place=place,
        name=name,
        tag=tag,
        standing=standing,
        reason=None if standing is Standing.LIVE else reason,
    )
    return Result(sighting, verdict, action, reason)


def kept(reason: str, *, verdict: Verdict, standing: Standing = Standing.LIVE, path: str = "k8s/web.yaml", line: int = 12, place: str = CONTAINER) -> Result:
    """Make a result that stays as it is."""
    digest = verdict.old if isinstance(verdict, Swap) else OTHER
    return result(path=path, line=line, digest=digest, place=place, standing=standing, verdict=verdict, action=Action.KEPT, reason=reason)


def outcome(*results: Result, problems: tuple[Problem, ...] = ()) -> Outcome:
    """Make the outcome of a tree with one file more than hold digests."""
    files = len({each.sighting.path for each in results})
    return Outcome(results, problems, files_screened=files + 1, files_with_digests=files)


def report(of: Outcome) -> Report:
    """Make a report with times that do not change."""
    return Report.of(of, datetime(2022, 7, 11, 8, 30, tzinfo=UTC), datetime(2022, 7, 11, 8, 30, 1, 500_000, tzinfo=UTC), "1.2.3")


def everything(*, is_done: bool = True) -> Outcome:
    """Make an outcome with every fate and every form in which a report shows one."""
    swapped, unpinned = (Action.SWAPPED, Action.UNPINNED) if is_done else (Action.WOULD_SWAP, Action.WOULD_UNPIN)
    only_tag = Swap(FOURTH, NEW, (TAG,))
    return outcome(
        *(result(path=f"clusters/{n % 3}.yaml", line=n + 1, action=swapped) for n in range(14)),
        result(
            path="k8s/mirrored.yaml",
            digest=OTHER,
            name="mirror.corp.example:5000/etcd",
            tag=None,
            verdict=Swap(OTHER, NEW, (MAPPING,)),
            action=swapped,
        ),
        result(path="k8s/tagged.yaml", digest=FOURTH, verdict=only_tag, action=unpinned),
        kept("only the tag speaks for the suggestion; --accept tag takes it", verdict=only_tag, path="k8s/web.yaml"),
        kept("schema 2 already", verdict=Current((RECOMPUTED,)), path="k8s/web.yaml", line=30),
        kept("no source of evidence knows this digest", verdict=Unknown("no source of evidence knows this digest"), path="k8s/web.yaml", line=40),
        kept("a comment", verdict=SWAP, standing=Standing.MENTION, path="k8s/web.yaml", line=50, place="comment"),
        *(
            kept(
                "a checksum in a lock file",
                verdict=Unknown("not asked"),
                standing=Standing.NOT_AN_IMAGE,
                path="poetry.lock",
                line=n + 1,
                place="files",
            )
            for n in range(13)
        ),
        problems=(Problem("k8s/broken.yaml", 3, "not YAML: a mapping does not end", failed=True), Problem("k8s/web.yaml", None, "read as text")),
    )


def everywhere(text: str) -> Outcome:
    """Make an outcome that has `text` in every field that comes from a repository or a registry."""
    evidence = (MAPPING, Evidence(EvidenceKind.CATALOG, f"found {text} there", "echo " + text.replace("\n", " ")))
    reason = f"because {text}"
    return outcome(
        result(path=text, place=text, name=text, tag=text, rule=text, verdict=Swap(OLD, NEW, evidence)),
        kept(reason, path=text, place=text, verdict=Swap(OLD, NEW, evidence), line=11),
        kept(reason, path=text, place=text, verdict=Unknown(reason, evidence)),
        kept(reason, path=text, place=text, verdict=SWAP, standing=Standing.MENTION, line=13),
        problems=(Problem(text, 3, reason),),
    )
