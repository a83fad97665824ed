import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from redigest.model import Action, Outcome, Unknown
from redigest.pipeline import Search, diff, fix, scan
from redigest.tree import WorkTree
from tests.samples import ETCD, IMAGES, RULES, STRANGER, TOOLS, WEB, Known, git, harvest, open_folder, plant, repository, search, unprivileged

FILES = {
    "a.yaml": f"etcd: {ETCD.before}\ntools: {TOOLS.before}\n",
    "b/b.yaml": f"etcd: {ETCD.before}\nweb: {WEB.before}\n# as in {TOOLS.before}\n",
    "c/c.yaml": f"etcd: {ETCD.before}\nother: {STRANGER.before}\n",
    "notes.txt": "nothing\n",
}


def swapped(text: str, *images: object) -> bytes:
    """The text with these images swapped where they are live."""
    lines = text.splitlines(keepends=True)
    for image in IMAGES:
        if image in images:
            lines = [line if line.startswith("#") else line.replace(str(image.old), str(image.new)) for line in lines]
    return "".join(lines).encode()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return plant(tmp_path / "tree", FILES)


def actions(outcome: Outcome) -> list[tuple[str, int, Action]]:
    return [(result.sighting.path, result.sighting.line, result.action) for result in outcome.results]


def failures(outcome: Outcome) -> dict[str, str]:
    return {problem.path: problem.reason for problem in outcome.problems if problem.failed}


def places(action: Action) -> list[tuple[str, int, Action]]:
    live = [("a.yaml", 1, action), ("a.yaml", 2, action), ("b/b.yaml", 1, action), ("b/b.yaml", 2, action), ("c/c.yaml", 1, action)]
    return sorted([*live, ("b/b.yaml", 3, Action.KEPT), ("c/c.yaml", 2, Action.KEPT)])


def test_scan_says_what_would_be_swapped_and_writes_nothing(root: Path) -> None:
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in root.rglob("*")}
    outcome = scan(WorkTree.at([root]), search())
    assert actions(outcome) == places(Action.WOULD_SWAP)
    assert (outcome.files_screened, outcome.files_with_digests, outcome.problems) == (4, 3, ())
    assert {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in root.rglob("*")} == before


def test_fix_swaps_every_place(root: Path) -> None:
    outcome = fix(WorkTree.at([root]), search())
    assert actions(outcome) == places(Action.SWAPPED)
    assert harvest(root) == {path: swapped(text, *IMAGES) for path, text in FILES.items()}


def test_fix_leaves_files_alone_in_which_nothing_is_swapped(root: Path) -> None:
    plant(root, {"d.yaml": f"other: {STRANGER.before}\n"})
    before = {name: ((root / name).stat().st_ino, (root / name).stat().st_mtime_ns) for name in ("d.yaml", "notes.txt")}
    fix(WorkTree.at([root]), search())
    assert {name: ((root / name).stat().st_ino, (root / name).stat().st_mtime_ns) for name in before} == before


def test_a_second_fix_finds_nothing_to_do(root: Path) -> None:
    fix(WorkTree.at([root]), search())
    before = harvest(root)
    outcome = fix(WorkTree.at([root]), search())
    assert {result.action for result in outcome.results} == {Action.KEPT}
    assert harvest(root) == before
    assert not outcome.problems


def test_the_verdict_of_an_image_that_nobody_knows_says_so(root: Path) -> None:
    last = scan(WorkTree.at([root]), search()).results[-1]
    assert isinstance(last.verdict, Unknown)
    assert (last.is_unknown, last.is_left_over, last.reason) == (True, False, last.verdict.reason)


def test_mentions_are_swapped_where_they_are_asked_for(root: Path) -> None:
    fix(WorkTree.at([root]), search(mentions=True))
    assert TOOLS.after in (root / "b/b.yaml").read_text()
    assert TOOLS.before not in (root / "b/b.yaml").read_text()


@pytest.mark.needs("git")
@pytest.mark.parametrize("make", [plant, repository], ids=["folder", "repository"])
def test_files_marked_as_generated_or_vendored_are_listed_and_swapped_only_on_demand(make: Callable[..., Path], tmp_path: Path) -> None:
    marks = (
        "gen/** linguist-generated\n*.pb.yaml gitlab-generated=true\nthird/*.yaml linguist-vendored\nb.yaml -linguist-generated\n"
        "c.yaml linguist-generated=false\n"
    )
    paths = ["gen/x/a.yaml", "a.pb.yaml", 'third/\n"a.yaml', "b.yaml", "c.yaml"]
    root = make(tmp_path / "tree", {".gitattributes": marks, **dict.fromkeys(paths, f"image: {ETCD.before}\n# {WEB.before}\n")})
    kept = {result.sighting.path: result.reason for result in fix(WorkTree.at([root]), search()).results if result.sighting.line == 1 and result.reason}
    assert kept == {
        "gen/x/a.yaml": "the file is marked as generated in .gitattributes, so its source has to change",
        "a.pb.yaml": "the file is marked as generated in .gitattributes, so its source has to change",
        'third/\n"a.yaml': "the file is marked as vendored in .gitattributes, so its source has to change",
    }
    changed = {path for path, data in harvest(root).items() if ETCD.after.encode() in data}
    assert changed == {"b.yaml", "c.yaml"}
    fix(WorkTree.at([root]), search(generated=True))
    assert {path for path, data in harvest(root).items() if ETCD.after.encode() in data} == set(paths)


@pytest.mark.needs("git")
def test_mentions_in_files_marked_as_generated_do_not_hold_back_an_image(tmp_path: Path) -> None:
    files = {".gitattributes": "gen.yaml linguist-generated\n", "gen.yaml": f"image: {ETCD.before}\n# {ETCD.before}\n", "web.yaml": f"image: {ETCD.before}\n"}
    root = plant(tmp_path / "tree", files)
    assert not failures(fix(WorkTree.at([root]), search(mentions=True)))
    assert {path for path, data in harvest(root).items() if ETCD.after.encode() in data} == {"web.yaml"}


def test_asks_about_each_image_once_for_the_whole_tree(root: Path) -> None:
    source = Known(*IMAGES)
    scan(WorkTree.at([root]), Search(RULES, [source], jobs=1))
    assert [sorted(str(question.name) for question in asked) for asked in source.asked] == [sorted(image.name for image in (*IMAGES, STRANGER))]


def test_the_files_of_the_run_itself_are_listed_and_never_changed(root: Path) -> None:
    outcome = fix(WorkTree.at([root]), search(own_files=["b/b.yaml"]))
    assert (root / "b/b.yaml").read_text() == FILES["b/b.yaml"]
    assert {result.reason for result in outcome.results if result.sighting.path == "b/b.yaml"} == {"a mapping file or a report of this run"}


def test_the_problems_of_a_source_come_first(root: Path) -> None:
    source = Known()
    (root / "a.yaml").write_text("a: [\n" + FILES["a.yaml"])
    problems = scan(WorkTree.at([root]), Search(RULES, [source], jobs=1)).problems
    assert [problem.path for problem in problems] == ["a.yaml"]
    source.problems = (problem := problems[0],)
    assert scan(WorkTree.at([root]), Search(RULES, [source], jobs=1)).problems == (problem, *problems)


@dataclass(frozen=True, slots=True)
class Meddled(WorkTree):
    """A tree of files in which something else is at work too: `meddle` is told what is read, and for which time."""

    meddle: Callable[[str, int], object] = lambda path, time: None
    times: Counter[str] = field(default_factory=Counter)

    def read(self, path: str) -> bytes:
        self.times[path] += 1
        self.meddle(path, self.times[path])
        return WorkTree.read(self, path)


def _edit(file: Path) -> None:
    file.write_text("# a new line\n" + file.read_text())


def _make_link(file: Path) -> None:
    file.rename(file.with_name("real"))
    file.symlink_to("real")


def _make_folder_link(file: Path) -> None:
    file.parent.rename(file.parents[1] / "real")
    file.parent.symlink_to("real")


def _make_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


MEDDLING = [
    pytest.param(_edit, "the digest is no longer at byte", id="edited"),
    pytest.param(Path.unlink, "No such file or directory", id="removed"),
    pytest.param(_make_folder, "Is a directory", id="became a folder"),
    pytest.param(_make_link, "c/c.yaml is no regular file any more", id="became a link"),
    pytest.param(_make_folder_link, "a folder of c/c.yaml is a symbolic link", id="a folder became a link"),
]


@pytest.mark.parametrize(("change", "reason"), MEDDLING)
def test_an_image_that_cannot_be_swapped_somewhere_is_swapped_nowhere(change: Callable[[Path], object], reason: str, root: Path) -> None:
    def meddle(path: str, time: int) -> None:
        if (path, time) == ("c/c.yaml", 2):
            change(root / path)

    outcome = fix(Meddled(root, meddle=meddle), search())
    assert list(failures(outcome)) == ["c/c.yaml"]
    assert failures(outcome)["c/c.yaml"].startswith(f"left as it was: {reason}")
    assert (root / "a.yaml").read_bytes() == swapped(FILES["a.yaml"], TOOLS)
    assert (root / "b/b.yaml").read_bytes() == swapped(FILES["b/b.yaml"], WEB)
    assert str(ETCD.new).encode() not in b"".join(harvest(root).values())
    assert not [name for name in harvest(root) if Path(name).name not in ("a.yaml", "b.yaml", "c.yaml", "notes.txt", "real")]
    etcd = [result for result in outcome.results if result.sighting.digest == ETCD.old]
    assert {result.reason for result in etcd} == {"c/c.yaml cannot be changed, and an image moves in all its places or in none"}
    assert all(result.is_left_over for result in etcd)


def test_a_file_that_fails_keeps_all_its_images(root: Path) -> None:
    def meddle(path: str, time: int) -> None:
        if (path, time) == ("a.yaml", 2):
            _edit(root / path)

    outcome = fix(Meddled(root, meddle=meddle), search())
    assert harvest(root) == FILES_AS_BYTES | {"a.yaml": b"# a new line\n" + FILES_AS_BYTES["a.yaml"], "b/b.yaml": swapped(FILES["b/b.yaml"], WEB)}
    assert {result.sighting.digest for result in outcome.results if result.action is Action.SWAPPED} == {WEB.old}


FILES_AS_BYTES = {path: text.encode() for path, text in FILES.items()}


def test_a_file_that_fails_when_it_is_staged_anew_fails_too(root: Path) -> None:
    def meddle(path: str, time: int) -> None:
        if (path, time) in (("c/c.yaml", 2), ("a.yaml", 3)):
            _edit(root / path)

    outcome = fix(Meddled(root, meddle=meddle), search())
    assert list(failures(outcome)) == ["c/c.yaml", "a.yaml"]
    assert {result.sighting.digest for result in outcome.results if result.action is Action.SWAPPED} == {WEB.old}
    assert harvest(root).keys() == FILES.keys()


def test_nothing_is_changed_if_a_staged_file_changes_before_all_are_put_in_place(root: Path) -> None:
    def meddle(path: str, time: int) -> None:
        if (path, time) == ("c/c.yaml", 2):
            _edit(root / "b/b.yaml")

    outcome = fix(Meddled(root, meddle=meddle), search())
    assert failures(outcome) == {"b/b.yaml": "no file was changed, since this one cannot be: b/b.yaml has changed meanwhile"}
    assert {result.action for result in outcome.results} == {Action.KEPT}
    assert harvest(root) == FILES_AS_BYTES | {"b/b.yaml": b"# a new line\n" + FILES_AS_BYTES["b/b.yaml"]}


@pytest.fixture
def open_root() -> Iterator[Path]:
    with open_folder() as folder:
        root = plant(folder / "tree", FILES)
        scan(WorkTree.at([root]), search())  # imports what nobody could not
        yield root


@pytest.mark.parametrize(("path", "mode", "reason"), [("c", 0o555, "Permission denied"), ("c/c.yaml", 0o444, "c/c.yaml is not writable")])
def test_permissions_are_respected(path: str, mode: int, reason: str, open_root: Path) -> None:
    (open_root / path).chmod(mode)
    with unprivileged(open_root):
        outcome = fix(WorkTree.at([open_root]), search())
    assert failures(outcome) == {"c/c.yaml": f"left as it was: {reason}"}
    assert harvest(open_root) == FILES_AS_BYTES | {"a.yaml": swapped(FILES["a.yaml"], TOOLS), "b/b.yaml": swapped(FILES["b/b.yaml"], WEB)}


def test_a_file_that_cannot_be_read_is_a_failure_and_the_rest_is_done(open_root: Path) -> None:
    (open_root / "c/c.yaml").chmod(0)
    with unprivileged(open_root):
        outcome = fix(WorkTree.at([open_root]), search())
    assert failures(outcome) == {"c/c.yaml": "the file cannot be read: Permission denied"}
    assert (open_root / "a.yaml").read_bytes() == swapped(FILES["a.yaml"], *IMAGES)


@pytest.mark.needs("git")
@pytest.mark.parametrize("below", ["", "deploy/k 8s\n/"])
def test_the_patch_does_what_fix_does(below: str, tmp_path: Path) -> None:
    root = repository(tmp_path, {below + path: text for path, text in FILES.items()})
    tree = WorkTree.at([root / below])
    outcome, patch = diff(tree, search())
    assert actions(outcome) == places(Action.WOULD_SWAP)
    assert harvest(root) == {below + path: content for path, content in FILES_AS_BYTES.items()}
    assert re.findall(rb"^\+\+\+ .*([a-c])\.yaml", patch, re.MULTILINE) == [b"a", b"b", b"c"]
    git(root, "apply", "-", stdin=patch)
    patched = harvest(root)
    git(root, "checkout", "--quiet", ".")
    fix(tree, search())
    assert harvest(root) == patched


def test_there_is_no_patch_where_there_is_nothing_to_do(tmp_path: Path) -> None:
    outcome, patch = diff(WorkTree.at([plant(tmp_path, {"c.yaml": STRANGER.before})]), search())
    assert (patch, len(outcome.results)) == (b"", 1)


def test_a_patch_holds_an_image_in_all_its_places_or_in_none(root: Path) -> None:
    def meddle(path: str, time: int) -> None:
        if (path, time) == ("c/c.yaml", 2):
            _edit(root / path)

    outcome, patch = diff(Meddled(root, meddle=meddle), search())
    assert list(failures(outcome)) == ["c/c.yaml"]
    assert [image for image in IMAGES if str(image.new).encode() in patch] == [TOOLS, WEB]
    assert b"c/c.yaml" not in patch
