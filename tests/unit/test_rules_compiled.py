import json
import shutil
from pathlib import Path

import pytest

from redigest import rules_compiled
from redigest.globs import Globs, compile_globs
from redigest.places import compile_pattern, letters_of
from redigest.resources import locate_rules
from redigest.rules_folders import load

SHIPPED = Path(str(locate_rules()))
RULES = load([("rules", SHIPPED)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "rules"))


def test_the_shipped_rules_are_compiled() -> None:
    assert rules_compiled.compiled(SHIPPED) == (SHIPPED / rules_compiled.NAME).read_text(encoding="utf-8"), "`make rules` compiles them"


def test_compiled_rules_are_those_that_the_files_hold(folder: Path) -> None:
    (folder / rules_compiled.NAME).unlink()
    assert load([("rules", folder)]).rules == RULES.rules


def test_a_file_that_was_changed_counts_as_it_is(folder: Path) -> None:
    text = (folder / "compose.yaml").read_text(encoding="utf-8")
    (folder / "compose.yaml").write_text(text.replace("\n    title: ", "\n    title: A new "), encoding="utf-8")
    changed = {rule.id for old, rule in zip(RULES.rules, load([("rules", folder)]).rules, strict=True) if rule != old}
    assert changed == {rule.id for rule in RULES.rules if rule.id.startswith("compose/")}


@pytest.mark.parametrize("text", ["", "{", "[]", "\xff"])
def test_does_without_what_was_not_compiled(text: str, folder: Path) -> None:
    (folder / rules_compiled.NAME).write_text(text, encoding="latin-1")
    assert load([("rules", folder)]).rules == RULES.rules


def test_what_lies_in_a_folder_of_a_user_does_not_stand_for_its_files(folder: Path, tmp_path: Path) -> None:
    compiled = json.loads((folder / rules_compiled.NAME).read_text(encoding="utf-8"))
    compiled["compose.yaml"]["rules"] = []
    (folder / rules_compiled.NAME).write_text(json.dumps(compiled), encoding="utf-8")
    rules = load([("rules", SHIPPED), ("mine", folder)]).rules
    assert {rule.id for rule in rules} == {rule.id for rule in RULES.rules}
    assert {rule.source.partition("/")[0] for rule in rules} == {"mine"}


PATHS = [
    "pod.yaml",
    "deploy/docker-compose.yml",
    "a/tasks/b/main.yml",
    "tasks/main.yml",
    "hosts.x",
    "hosts",
    "Dockerfile",
    "Dockerfile.ubi",
    "x.schema.json",
    ".env.a",
    "",
]


@pytest.mark.parametrize("files", sorted({tuple(map(str.lower, rule.files)) for rule in RULES.rules}), ids=" ".join)
def test_globs_fit_what_their_expression_fits(files: tuple[str, ...]) -> None:
    expression = compile_globs(files, anchored=False)
    paths = dict.fromkeys([*PATHS, *(example.path.lower() for rule in RULES.rules for example in rule.found)])
    assert [path for path in paths if Globs(files).fit(path)] == [path for path in paths if expression.fullmatch(path)]


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ("**", ""),
        ("a.*b*.c", "a\0xbx\0c\0"),
        ("a.*b*.c", "a\0b\0c\0"),
        ("**.image", "image\0"),
        ("spec.**.containers[*].image", "spec\0template\0containers\0#\0image\0"),
        ('**["a.b/*"]', "x\0a.b/c\0"),
        ("**.*", "a\0"),
        ("*Image*igest", "relatedImageDigest\0"),
    ],
)
def test_a_path_that_fits_a_place_holds_its_letters(place: str, path: str) -> None:
    assert compile_pattern(place).fullmatch(path)
    assert all(letters in path for letters in letters_of(place))
