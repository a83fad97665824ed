import pytest

from redigest.globs import compile_globs, is_simple, takes


@pytest.mark.parametrize(
    ("pattern", "fitting", "other"),
    [
        ("**", ["a", "a/b", "a\nb", "/"], []),
        ("*", ["a", "a\nb", ""], ["a/b"]),
        ("vendor/**", ["vendor/a", "vendor/a/b"], ["vendor", "a/vendor/b", "vendors/a"]),
        ("**/vendor/**", ["vendor/a", "a/b/vendor/c"], ["avendor/b", "vendor"]),
        ("**/*.yaml", ["a.yaml", "a/b.yaml"], ["a.yml", "a.yaml/b"]),
        ("a/**/b", ["a/b", "a/c/b", "a/c/d/b"], ["ab", "a/cb"]),
        ("a**b", ["ab", "a/c/b", "acb"], ["a"]),
        ("?.yaml", ["a.yaml", "\n.yaml"], ["/.yaml", "ab.yaml", ".yaml"]),
        ("a.(b|c)+", ["a.(b|c)+"], ["a.b", "aXb"]),
        ("[a-c]", ["a", "b", "c"], ["d", "-", "[a-c]"]),
        ("[a-]", ["a", "-"], ["b"]),
        ("[!a-c]", ["d", "-"], ["a", "c", "/"]),
        ("[^a]", ["b"], ["a", "/"]),
        ("[+-9]", ["+", "0", "9"], ["/"]),
        ("[!]", ["!"], ["a"]),
        ("[^]", ["^"], ["a"]),
        ("[z-a]", [], ["a", "z", "-", "m"]),
        ("[!z-a]", ["a", "z"], ["/", ""]),
        ("[\\]x", ["\\x"], ["x", "[\\]x"]),
        ("[a&&b||c~~d--e]", ["a", "b", "&", "|", "~"], ["f"]),
        ("[[:alpha:]]", [":]", "[]", "p]"], ["a", "b]"]),
        ("[", ["["], [""]),
        ("a[b", ["a[b"], ["ab"]),
        ("[]", ["[]"], [""]),
    ],
)
def test_a_pattern_fits_these_paths_and_not_those(pattern: str, fitting: list[str], other: list[str]) -> None:
    compiled = compile_globs([pattern], anchored=True)
    assert [path for path in fitting if not compiled.fullmatch(path)] == []
    assert [path for path in other if compiled.fullmatch(path)] == []


@pytest.mark.parametrize("pattern", ["k8s", "k8s/", "/k8s", "/k8s/**", "k8s/**"])
def test_a_folder_is_chosen_by_its_name(pattern: str) -> None:
    inside, outside = ("k8s/a.yaml", "k8s/deep/a.yaml", "other"), ("k8s.yaml", "apps/k8s/a.yaml", "K8s/a.yaml")
    is_included, is_left = takes([pattern, "other"], []), takes(["**"], [pattern, "other"])
    assert [(is_included(path), is_left(path)) for path in (*inside, *outside)] == [(True, False)] * 3 + [(False, True)] * 3


def test_a_pattern_with_stars_chooses_what_it_fits_alone() -> None:
    assert takes(["/"], [])("a/b")
    assert not takes(["*.d"], [])("a.d/b")


@pytest.mark.parametrize(
    ("path", "fits"), [("Chart.lock", True), ("a/Chart.lock", True), ("a/b/Chart.lock", True), ("myChart.lock", False), ("a/Chart.lock/b", False)]
)
def test_a_pattern_that_is_not_anchored_begins_at_any_part(path: str, fits: bool) -> None:  # noqa: FBT001 -- a column of the table
    assert bool(compile_globs(["Chart.lock"], anchored=False).fullmatch(path)) is fits


def test_any_of_several_patterns_fits_as_a_whole() -> None:
    compiled = compile_globs(["a/*", "b"], anchored=True)
    assert [path for path in ("a/c", "b", "a/c/d", "a/b", "ab", "xb") if compiled.fullmatch(path)] == ["a/c", "b", "a/b"]


def test_no_patterns_fit_nothing() -> None:
    assert not compile_globs([], anchored=True).fullmatch("")
    assert not compile_globs([], anchored=False).fullmatch("a")


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("a*b*c", "axxbxxbyyc", True),
        ("a*b*c", "axc", False),
        ("*a*a*", "aa", True),
        ("*ab*b", "abab", True),
        ("*[ab]?*c", "xaabc", True),
        ("*a*/b", "xa/b", True),
    ],
)
def test_several_stars_in_one_part(pattern: str, path: str, *, fits: bool) -> None:
    assert bool(compile_globs([pattern], anchored=True).fullmatch(path)) is fits


def test_a_simple_pattern_is_matched_fast_against_a_path_made_for_harm() -> None:
    for pattern in ("**/" + "*a" * 60 + "x", "a/" * 90 + "x/**", "*a*b" * 40 + "x"):
        assert is_simple(pattern)
        assert not compile_globs([pattern], anchored=True).fullmatch("a/" * 2000 + "ab" * 100)


@pytest.mark.parametrize(
    ("pattern", "expected"), [("**", True), ("**/*.yaml", True), ("k8s/**", True), ("a/**/b", False), ("a**", False), ("**/a/**/b", False)]
)
def test_knows_simple_patterns(pattern: str, *, expected: bool) -> None:
    assert is_simple(pattern) is expected
