"""The readers of program sources, scripts and sectioned settings."""

import pytest

from redigest.document import Role, Scalar, Spot
from redigest.screen import hits
from redigest.text import Text
from tests.sources import READERS

DIGEST = "sha256:73e7c1f379c72bd57d32343e09790a52eec4b7190ea9af4f66916abf05676139"
Expected = tuple[Role, str, tuple[str | int, ...]]
COMMENT, VALUE, CODE, TEXT, PROSE = Role.COMMENT, Role.VALUE, Role.CODE, Role.TEXT, Role.PROSE


def spots_in(language: str, source: str) -> list[Spot]:
    """Read a source in which `DIGEST` stands for a digest; every spot must lead back to where its digest stands."""
    text = Text.of_file(source.replace("DIGEST", DIGEST).encode())
    digests = hits(text.chars)
    spots = list(READERS[language](text, digests))
    assert [spot.value.offset(spot.at, len(DIGEST)) for spot in spots] == digests
    assert all(spot.value.chars.startswith(DIGEST, spot.at) for spot in spots)
    return spots


def shown(spot: Spot) -> Expected:
    """The role, the value with `DIGEST` for the digest, and the path of a spot."""
    return spot.role, spot.value.chars.replace(DIGEST, "DIGEST"), spot.path


def siblings(spot: Spot) -> dict[str, str] | None:
    """The values beside a spot, by name."""
    if spot.parent is None:
        return None
    return {key.value: value.value.replace(DIGEST, "DIGEST") for key, value in spot.parent.entries if isinstance(key, Scalar) and isinstance(value, Scalar)}


SHELL: dict[str, tuple[str, list[Expected]]] = {
    "command": ("docker pull r/x@DIGEST", [(CODE, "docker pull r/x@DIGEST", ())]),
    "assignment without quotes": ("export IMG=r/x@DIGEST", [(CODE, "export IMG=r/x@DIGEST", ("IMG",))]),
    "assignment that appends": ("IMGS+=,r/x@DIGEST", [(CODE, "IMGS+=,r/x@DIGEST", ("IMGS",))]),
    "flag": ("run --image=r/x@DIGEST", [(CODE, "run --image=r/x@DIGEST", ("--image",))]),
    "word behind an assignment": ("A=b run r/x@DIGEST", [(CODE, "A=b run r/x@DIGEST", ())]),
    "default of a variable": ("IMG=${IMG:-r/x@DIGEST}", [(CODE, "IMG=${IMG:-r/x@DIGEST}", ("IMG",))]),
    "double quotes": ('IMG="r/x@DIGEST"', [(VALUE, "r/x@DIGEST", ("IMG",))]),
    "single quotes": ("IMG='r/x@DIGEST'", [(VALUE, "r/x@DIGEST", ("IMG",))]),
    "quotes behind the beginning of a word": ('IMG=$REG/"x@DIGEST"', [(VALUE, "x@DIGEST", ("IMG",))]),
    "quotes before the end of a word": ('IMG="$REG"/x@DIGEST', [(CODE, 'IMG="$REG"/x@DIGEST', ("IMG",))]),
    "argument in quotes": ('docker pull "r/x@DIGEST"', [(VALUE, "r/x@DIGEST", ())]),
    "escapes in double quotes": (r'A="{\"b\": \"r/x@DIGEST\"}"', [(VALUE, '{"b": "r/x@DIGEST"}', ("A",))]),
    "no escapes in single quotes": (r"A='\'r/x@DIGEST", [(CODE, r"A='\'r/x@DIGEST", ("A",))]),
    "escapes in ANSI quotes": (r"A=$'\'r/x@DIGEST'", [(VALUE, "'r/x@DIGEST", ("A",))]),
    "escaped quote outside of quotes": (r'echo \" # r/x@DIGEST "', [(COMMENT, '# r/x@DIGEST "', ())]),
    "quotes in a command in quotes": (
        '"$(f "it\'s r/x@DIGEST")/r/y@DIGEST"',
        [(VALUE, "it's r/x@DIGEST", ()), (VALUE, '$(f "it\'s r/x@DIGEST")/r/y@DIGEST', ())],
    ),
    "brackets in a command in quotes": ('A="$( (f) )r/x@DIGEST"', [(VALUE, "$( (f) )r/x@DIGEST", ("A",))]),
    "comment": ("# r/x@DIGEST", [(COMMENT, "# r/x@DIGEST", ())]),
    "comment behind a command": ("true # it's r/x@DIGEST\nr/y@DIGEST", [(COMMENT, "# it's r/x@DIGEST", ()), (CODE, "r/y@DIGEST", ())]),
    "comment behind a semicolon": ("true;#r/x@DIGEST", [(COMMENT, "#r/x@DIGEST", ())]),
    "hash sign inside a word": ("a#r/x@DIGEST $# ${#r/x@DIGEST}", [(CODE, "a#r/x@DIGEST $# ${#r/x@DIGEST}", ())] * 2),
    "hash sign inside quotes": ('echo " # r/x@DIGEST"', [(VALUE, " # r/x@DIGEST", ())]),
    "quotes over several lines": ("sh -c '\n  # it\n  r/x@DIGEST\n'; # r/y@DIGEST", [(CODE, "  r/x@DIGEST", ()), (COMMENT, "# r/y@DIGEST", ())]),
    "first and last line of quotes": ("A='r/x@DIGEST\nr/y@DIGEST'", [(CODE, "r/x@DIGEST", ("A",)), (CODE, "r/y@DIGEST", ("A",))]),
    "quotes that are never closed": ("echo it's # r/x@DIGEST", [(COMMENT, "# r/x@DIGEST", ())]),
    "double quotes that only seem to be closed": ('A="r/x@DIGEST \\"', [(CODE, 'A="r/x@DIGEST \\"', ("A",))]),
    "heredoc": (
        "cat <<EOF\nit's r/x@DIGEST\n# r/y@DIGEST\nEOF\n# r/z@DIGEST",
        [(CODE, "it's r/x@DIGEST", ()), (CODE, "# r/y@DIGEST", ()), (COMMENT, "# r/z@DIGEST", ())],
    ),
    "heredoc with quotes": ("cat <<'EOF'\nit's r/x@DIGEST\nEOF\n# r/y@DIGEST", [(CODE, "it's r/x@DIGEST", ()), (COMMENT, "# r/y@DIGEST", ())]),
    "quotes behind a heredoc with quotes": (
        "cat <<'EOF'\nr/x@DIGEST\nEOF\n# r/y@DIGEST\necho 'b'\ncat <<\"EOF\"\nEOF\n# r/z@DIGEST\necho \"b\"",
        [(CODE, "r/x@DIGEST", ()), (COMMENT, "# r/y@DIGEST", ()), (COMMENT, "# r/z@DIGEST", ())],
    ),
    "heredoc with an indented end": ("cat <<-EOF\n\tit's\n\tEOF\n# r/x@DIGEST", [(COMMENT, "# r/x@DIGEST", ())]),
    "indented line that does not end a heredoc": ("cat <<EOF\n EOF\n# r/x@DIGEST\nEOF", [(CODE, "# r/x@DIGEST", ())]),
    "line of a heredoc": ("cat <<EOF | f 'r/x@DIGEST'\n'\nEOF\n# r/y@DIGEST", [(VALUE, "r/x@DIGEST", ()), (COMMENT, "# r/y@DIGEST", ())]),
    "two heredocs": ("f <<A 3<<B\n'\nA\n'\nB\n# r/x@DIGEST", [(COMMENT, "# r/x@DIGEST", ())]),
    "heredoc in a command in quotes": (
        'A="$(cat <<EOF\n"r/x@DIGEST\nEOF\n)" # r/y@DIGEST',
        [(CODE, '"r/x@DIGEST', ()), (COMMENT, "# r/y@DIGEST", ())],
    ),
    "quote in a heredoc": ("cat <<EOF\nit's\nEOF\n# it's r/x@DIGEST", [(COMMENT, "# it's r/x@DIGEST", ())]),
    "line that would end a heredoc again": ("cat <<EOF\nEOF\n# r/x@DIGEST\nEOF", [(COMMENT, "# r/x@DIGEST", ())]),
    "heredoc that never ends": ("cat <<EOF\n# r/x@DIGEST", [(COMMENT, "# r/x@DIGEST", ())]),
    "string in place of a heredoc": ("cat <<<EOF\n# r/x@DIGEST\nEOF", [(COMMENT, "# r/x@DIGEST", ())]),
    "shift": ("a=$((1 << b))\n# r/x@DIGEST", [(COMMENT, "# r/x@DIGEST", ())]),
}

MAKE: dict[str, tuple[str, list[Expected]]] = {
    **{f"assignment with {sign}": (f"IMG {sign} r/x@DIGEST", [(CODE, f"IMG {sign} r/x@DIGEST", ("IMG",))]) for sign in ("=", ":=", "::=", "?=", "+=", "!=")},
    "assignment without blanks": ("IMG=r/x@DIGEST", [(CODE, "IMG=r/x@DIGEST", ("IMG",))]),
    "assignment that is exported": ("export IMG = r/x@DIGEST", [(CODE, "export IMG = r/x@DIGEST", ("IMG",))]),
    "assignment for a target": ("web: IMG := r/x@DIGEST", [(CODE, "web: IMG := r/x@DIGEST", ("IMG",))]),
    "quotes, which mean nothing": ('IMG = "r/x@DIGEST"', [(CODE, 'IMG = "r/x@DIGEST"', ("IMG",))]),
    "apostrophe": ("A = it's\n# r/x@DIGEST", [(COMMENT, "# r/x@DIGEST", ())]),
    "several lines": ("IMGS = a \\\n  r/x@DIGEST \\\n  b\nr/y@DIGEST", [(CODE, "  r/x@DIGEST \\", ("IMGS",)), (CODE, "r/y@DIGEST", ())]),
    "backslash that is itself escaped": ("A = b\\\\\nr/x@DIGEST", [(CODE, "r/x@DIGEST", ())]),
    "rule": ("web: r/x@DIGEST", [(CODE, "web: r/x@DIGEST", ())]),
    "recipe": ("web:\n\tdocker pull r/x@DIGEST", [(CODE, "\tdocker pull r/x@DIGEST", ())]),
    "assignment in a recipe": ("web:\n\tIMG=r/x@DIGEST run", [(CODE, "\tIMG=r/x@DIGEST run", ("IMG",))]),
    "comment": ("# r/x@DIGEST", [(COMMENT, "# r/x@DIGEST", ())]),
    "comment behind a value": ("A = b# r/x@DIGEST", [(COMMENT, "# r/x@DIGEST", ())]),
    "comment that goes on": ("# a \\\nr/x@DIGEST\nr/y@DIGEST", [(COMMENT, "r/x@DIGEST", ()), (CODE, "r/y@DIGEST", ())]),
    "comment in a recipe": ("\tf # r/x@DIGEST \\\n\tr/y@DIGEST", [(COMMENT, "# r/x@DIGEST \\", ()), (CODE, "\tr/y@DIGEST", ())]),
    "escaped hash sign": ("A = \\# r/x@DIGEST", [(CODE, "A = \\# r/x@DIGEST", ("A",))]),
    "hash sign in quotes in a recipe": ("\tf '# r/x@DIGEST'", [(CODE, "\tf '# r/x@DIGEST'", ())]),
    "hash sign in a word of a recipe": ("\tf#r/x@DIGEST", [(CODE, "\tf#r/x@DIGEST", ())]),
    "definition": (
        "define F\nrun r/x@DIGEST\n# r/y@DIGEST\nendef\nr/z@DIGEST",
        [(CODE, "run r/x@DIGEST", ("F",)), (COMMENT, "# r/y@DIGEST", ()), (CODE, "r/z@DIGEST", ())],
    ),
}

TOML: dict[str, tuple[str, list[Expected]]] = {
    "basic string": ('image = "r/x@DIGEST"', [(VALUE, "r/x@DIGEST", ("image",))]),
    "literal string": ("image = 'r/x@DIGEST'", [(VALUE, "r/x@DIGEST", ("image",))]),
    "escapes": (r'a = "\"r/x@DIGEST\""', [(VALUE, '"r/x@DIGEST"', ("a",))]),
    "no escapes in a literal string": (r"a = '\r/x@DIGEST'", [(VALUE, r"\r/x@DIGEST", ("a",))]),
    "dotted key": ('a . "b c".d = "r/x@DIGEST"', [(VALUE, "r/x@DIGEST", ("a", "b c", "d"))]),
    "table": ('[a.b]\nc = "r/x@DIGEST"', [(VALUE, "r/x@DIGEST", ("a", "b", "c"))]),
    "table with a key in quotes": ("[a.'b.c'] # d\ne = 'r/x@DIGEST'", [(VALUE, "r/x@DIGEST", ("a", "b.c", "e"))]),
    "array of tables": ('[[a]]\nb = "c"\n[[a]]\nb = "r/x@DIGEST"', [(VALUE, "r/x@DIGEST", ("a", 1, "b"))]),
    "table below an array of tables": ('[[a]]\n[[a]]\n[a.b]\nc = "r/x@DIGEST"', [(VALUE, "r/x@DIGEST", ("a", 1, "b", "c"))]),
    "arrays below an array of tables": ('[[a]]\n[[a.b]]\n[[a]]\n[[a.b]]\nc = "r/x@DIGEST"', [(VALUE, "r/x@DIGEST", ("a", 1, "b", 0, "c"))]),
    "array": ('a = [\n  "b", # c, d\n  "r/x@DIGEST",\n]', [(VALUE, "r/x@DIGEST", ("a", 1))]),
    "array in an array": ('a = [\n  ["b"],\n  ["c", "r/x@DIGEST"]\n]', [(VALUE, "r/x@DIGEST", ("a", 1, 1))]),
    "inline table": ('a = {b = "c", d.e = "r/x@DIGEST"}', [(VALUE, "r/x@DIGEST", ("a", "d", "e"))]),
    "several lines": ('a = """\nr/x@DIGEST\n  "r/y@DIGEST"\n"""', [(CODE, "r/x@DIGEST", ("a",)), (CODE, '  "r/y@DIGEST"', ("a",))]),
    "several literal lines": ("a = '''\nit's # r/x@DIGEST'''", [(CODE, "it's # r/x@DIGEST", ("a",))]),
    "three quotes on one line": ('a = """r/x@DIGEST"""', [(VALUE, "r/x@DIGEST", ("a",))]),
    "comment": ("# r/x@DIGEST", [(COMMENT, "# r/x@DIGEST", ())]),
    "comment behind a value": ("a = 'b' # it's r/x@DIGEST", [(COMMENT, "# it's r/x@DIGEST", ())]),
    "value without quotes": ("image = r/x@DIGEST", [(TEXT, "image = r/x@DIGEST", ())]),
    "string that is never closed": ('a = "r/x@DIGEST\nb = "r/y@DIGEST"', [(TEXT, 'a = "r/x@DIGEST', ()), (VALUE, "r/y@DIGEST", ("b",))]),
    "array that is never closed": ('a = [\n"b"\n[c]\nd = "r/x@DIGEST"', [(VALUE, "r/x@DIGEST", ("a", 0, "d"))]),
}

INI: dict[str, tuple[str, list[Expected]]] = {
    "value": ("[Container]\nImage=r/x:1@DIGEST", [(VALUE, "r/x:1@DIGEST", ("Container", "Image"))]),
    "blanks": ("[a b]\n c d = r/x@DIGEST ", [(VALUE, "r/x@DIGEST", ("a b", "c d"))]),
    "colon": ("a: r/x@DIGEST", [(VALUE, "r/x@DIGEST", ("a",))]),
    "no section": ("a=r/x@DIGEST", [(VALUE, "r/x@DIGEST", ("a",))]),
    "quotes": ('[a]\nb="r/x@DIGEST"', [(VALUE, "r/x@DIGEST", ("a", "b"))]),
    "quotes inside a value": ('[a]\nb=c "r/x@DIGEST"', [(VALUE, 'c "r/x@DIGEST"', ("a", "b"))]),
    "hash sign in a value": ("[a]\nb=c # r/x@DIGEST", [(VALUE, "c # r/x@DIGEST", ("a", "b"))]),
    "comment": ("[a]\n# b=r/x@DIGEST", [(COMMENT, "# b=r/x@DIGEST", ())]),
    "comment with a semicolon": ("[a]\n  ;r/x@DIGEST", [(COMMENT, ";r/x@DIGEST", ())]),
    "line that goes on after a backslash": (
        "[Service]\nExecStart=podman run \\\n# c\nr/x@DIGEST \\\na=r/y@DIGEST\nb=r/z@DIGEST",
        [
            (CODE, "r/x@DIGEST \\", ("Service", "ExecStart")),
            (CODE, "a=r/y@DIGEST", ("Service", "ExecStart")),
            (VALUE, "r/z@DIGEST", ("Service", "b")),
        ],
    ),
    "empty line after a backslash": ("[a]\nb=c \\\n\nd=r/x@DIGEST", [(VALUE, "r/x@DIGEST", ("a", "d"))]),
    "line that is indented further": (
        "[a]\nb =\n  r/x@DIGEST\nc = r/y@DIGEST",
        [(CODE, "  r/x@DIGEST", ("a", "b")), (VALUE, "r/y@DIGEST", ("a", "c"))],
    ),
    "keys that are indented": ("[a]\n\tb = c\n\td = r/x@DIGEST", [(VALUE, "r/x@DIGEST", ("a", "d"))]),
    "indented line behind one that is no entry": ("[a]\nb=c\nd\n  r/x@DIGEST", [(TEXT, "r/x@DIGEST", ())]),
    "reference alone": ("[images]\nr/x@DIGEST", [(TEXT, "r/x@DIGEST", ())]),
    "digest in a key": ("[a]\nr/x@DIGEST = b", [(TEXT, "r/x@DIGEST = b", ())]),
    "digest in a header": ("[r/x@DIGEST]", [(TEXT, "[r/x@DIGEST]", ())]),
}

HCL: dict[str, tuple[str, list[Expected]]] = {
    "attribute of a block": (
        'resource "docker_image" "etcd" {\n  name = "r/x@DIGEST"\n}',
        [(VALUE, "r/x@DIGEST", ("resource", "docker_image", "etcd", "name"))],
    ),
    "block in a block": (
        'job "a" {\n  task {\n    config {\n      image = "r/x@DIGEST"',
        [(VALUE, "r/x@DIGEST", ("job", "a", "task", "config", "image"))],
    ),
    "blocks on a line": ('a "b" { c { d = "r/x@DIGEST" } }', [(VALUE, "r/x@DIGEST", ("a", "b", "c", "d"))]),
    "attribute of a file": ('image = "r/x@DIGEST"', [(VALUE, "r/x@DIGEST", ("image",))]),
    "attribute behind a block": ('a {\n b = "}"\n}\nimage = "r/x@DIGEST"', [(VALUE, "r/x@DIGEST", ("image",))]),
    "list": ('locals {\n  images = ["a", "b",\n    "r/x@DIGEST"]\n}', [(VALUE, "r/x@DIGEST", ("locals", "images", 2))]),
    "object": ('a = { b = "c", "d" = { e : "r/x@DIGEST" } }', [(VALUE, "r/x@DIGEST", ("a", "d", "e"))]),
    "call": ('a = jsonencode([{ image = "r/x@DIGEST" }])', [(VALUE, "r/x@DIGEST", ("a", 0, "image"))]),
    "argument of a call": ('b {\n  a = try(var.a, "r/x@DIGEST")', [(VALUE, "r/x@DIGEST", ("b", "a"))]),
    "call in an object": ('a = { b = try(c, "r/x@DIGEST") }', [(VALUE, "r/x@DIGEST", ("a", "b"))]),
    "conditional in an object": ('a = { b = c, d = e ? "r/x@DIGEST" : f }', [(VALUE, "r/x@DIGEST", ("a", "d"))]),
    "conditional": ('a = var.a != "" ? var.a : "r/x@DIGEST"', [(VALUE, "r/x@DIGEST", ("a",))]),
    "template": ('a = "${var.a["b"]}/x@DIGEST"', [(VALUE, '${var.a["b"]}/x@DIGEST', ("a",))]),
    "literal in a template": ('a = "${lookup(b, "r/x@DIGEST")}" # r/y@DIGEST', [(VALUE, "r/x@DIGEST", ("a",)), (COMMENT, "# r/y@DIGEST", ())]),
    "template over several lines": (
        'a = "${f({\n  b = "r/x@DIGEST"\n})}" # r/y@DIGEST',
        [(VALUE, "r/x@DIGEST", ("a", "b")), (COMMENT, "# r/y@DIGEST", ())],
    ),
    "bracket that does not fit in a template": ('a = { b = "${c ]}/x@DIGEST" }', [(VALUE, "${c ]}/x@DIGEST", ("a", "b"))]),
    "template that is escaped": ('a = "$${" # r/x@DIGEST', [(COMMENT, "# r/x@DIGEST", ())]),
    "heredoc": ('a {\n  b = <<EOT\nit"s # r/x@DIGEST\nEOT\n}', [(CODE, 'it"s # r/x@DIGEST', ("a", "b"))]),
    "heredoc with an indented end": (
        "a = <<-EOT\n  r/x@DIGEST\n  EOT\nb = <<EOT\n  c\n  EOT\n# r/y@DIGEST",
        [(CODE, "  r/x@DIGEST", ("a",)), (COMMENT, "# r/y@DIGEST", ())],
    ),
    "heredocs in a list": ("a = [<<A, <<B]\nr/x@DIGEST\nA\nr/y@DIGEST\nB", [(CODE, "r/x@DIGEST", ("a", 0)), (CODE, "r/y@DIGEST", ("a", 1))]),
    "comment": ("# r/x@DIGEST", [(COMMENT, "# r/x@DIGEST", ())]),
    "comment with slashes": ('a = "//" // r/x@DIGEST', [(COMMENT, "// r/x@DIGEST", ())]),
    "comment over several lines": ('/* "\nr/x@DIGEST */ a = "r/y@DIGEST"', [(COMMENT, "r/x@DIGEST */", ()), (VALUE, "r/y@DIGEST", ("a",))]),
    "comment that is never closed": ('/* a = "r/x@DIGEST"', [(VALUE, "r/x@DIGEST", ("a",))]),
    "text outside of literals": ("a = r/x@DIGEST", [(TEXT, "a = r/x@DIGEST", ())]),
}

PYTHON: dict[str, tuple[str, list[Expected]]] = {
    "assignment": ('IMAGE = "r/x@DIGEST"', [(VALUE, "r/x@DIGEST", ("IMAGE",))]),
    "assignment to an attribute": ("self.image = 'r/x@DIGEST'", [(VALUE, "r/x@DIGEST", ("image",))]),
    "assignment to an item": ('os.environ["IMAGE"] = "r/x@DIGEST"', [(VALUE, "r/x@DIGEST", ("IMAGE",))]),
    "assignment with a type": ('IMAGE: Optional[str] = "r/x@DIGEST"', [(VALUE, "r/x@DIGEST", ("IMAGE",))]),
    "assignment of a call": ('image = os.getenv("IMAGE", "r/x@DIGEST")', [(VALUE, "r/x@DIGEST", ("image",))]),
    "argument": ('f(a, image="r/x@DIGEST")', [(VALUE, "r/x@DIGEST", ("image",))]),
    "argument without a name": ('f(a=1, "r/x@DIGEST")', [(VALUE, "r/x@DIGEST", ())]),
    "default": ('def f(image: str = "r/x@DIGEST"):', [(VALUE, "r/x@DIGEST", ("image",))]),
    "item": ('a = {"image": "r/x@DIGEST"}', [(VALUE, "r/x@DIGEST", ("image",))]),
    "comparison": ('if image == "r/x@DIGEST":', [(VALUE, "r/x@DIGEST", ())]),
    "escapes": (r"""a = "\"r/x@DIGEST\"" """, [(VALUE, '"r/x@DIGEST"', ("a",))]),
    "raw string": (r"""a = r"\"r/x@DIGEST" """, [(VALUE, r"\"r/x@DIGEST", ("a",))]),
    "formatted raw string": (r"""a = rf"\"{b["c"]}/x@DIGEST" """, [(VALUE, r'\"{b["c"]}/x@DIGEST', ("a",))]),
    "formatted string": ('a = f"{b}/x@DIGEST"', [(VALUE, "{b}/x@DIGEST", ("a",))]),
    "quotes in a formatted string": ('a = f"{b["c"]}/x@DIGEST" # r/y@DIGEST', [(VALUE, '{b["c"]}/x@DIGEST', ("a",)), (COMMENT, "# r/y@DIGEST", ())]),
    "doubled brace in a formatted string": ('a = f"{{" # r/x@DIGEST', [(COMMENT, "# r/x@DIGEST", ())]),
    "brace in a string": ('a = "{" # r/x@DIGEST', [(COMMENT, "# r/x@DIGEST", ())]),
    "docstring": ('def f():\n    """R/x@DIGEST.\n\n    r/y@DIGEST\n    """\n', [(PROSE, "R/x@DIGEST.", ()), (PROSE, "    r/y@DIGEST", ())]),
    "docstring on a line": ("r'''r/x@DIGEST''' # a", [(PROSE, "r/x@DIGEST", ())]),
    "docstring in single quotes": ('def f():\n    "one line r/x@DIGEST"', [(PROSE, "one line r/x@DIGEST", ())]),
    "docstring in apostrophes": ("class A:\n    r'r/x@DIGEST'  # a\n    b = 'r/y@DIGEST'", [(PROSE, "r/x@DIGEST", ()), (VALUE, "r/y@DIGEST", ("b",))]),
    "string alone on a line in brackets": ('f(\n    "r/x@DIGEST"\n)', [(VALUE, "r/x@DIGEST", ())]),
    "string alone on a line of a list": ('a = [\n    "r/x@DIGEST"\n]', [(VALUE, "r/x@DIGEST", ())]),
    "string alone on a line that is continued": ('a = \\\n    "r/x@DIGEST"', [(VALUE, "r/x@DIGEST", ())]),
    "string that a line continues": ('"r/x@DIGEST" \\\n    .strip()', [(VALUE, "r/x@DIGEST", ())]),
    "string with a method": ('"r/x@DIGEST".strip()', [(VALUE, "r/x@DIGEST", ())]),
    "several lines": ('a = """\nr/x@DIGEST\n"""', [(CODE, "r/x@DIGEST", ("a",))]),
    "several lines that are continued": ('a = \\\n"""\nr/x@DIGEST\n"""', [(CODE, "r/x@DIGEST", ())]),
    "several lines in brackets": ('f(\n"""\nr/x@DIGEST\n"""\n)', [(CODE, "r/x@DIGEST", ())]),
    "method of several lines": ('"""\nr/x@DIGEST\n""".strip()', [(CODE, "r/x@DIGEST", ())]),
    "comment": ("# r/x@DIGEST", [(COMMENT, "# r/x@DIGEST", ())]),
    "hash sign in a string": ("a = '# r/x@DIGEST'", [(VALUE, "# r/x@DIGEST", ("a",))]),
    "string that is never closed": ('a = "r/x@DIGEST\nb = "r/y@DIGEST"', [(TEXT, 'a = "r/x@DIGEST', ()), (VALUE, "r/y@DIGEST", ("b",))]),
    "text outside of literals": ("r/x@DIGEST", [(TEXT, "r/x@DIGEST", ())]),
}

GO: dict[str, tuple[str, list[Expected]]] = {
    "constant": ('const etcdImage = "r/x@DIGEST"', [(VALUE, "r/x@DIGEST", ("etcdImage",))]),
    "constant with a type": ('\tetcdImage string = "r/x@DIGEST"', [(VALUE, "r/x@DIGEST", ("etcdImage",))]),
    "variable": ('image := "r/x@DIGEST"', [(VALUE, "r/x@DIGEST", ("image",))]),
    "field": ('c := Container{Name: "a", Image: "r/x@DIGEST"}', [(VALUE, "r/x@DIGEST", ("Image",))]),
    "item": ('\t"etcd": "r/x@DIGEST",', [(VALUE, "r/x@DIGEST", ("etcd",))]),
    "call": ('image := flag.String("image", "r/x@DIGEST", "")', [(VALUE, "r/x@DIGEST", ("image",))]),
    "raw string": (r"a := `\r/x@DIGEST`", [(VALUE, r"\r/x@DIGEST", ("a",))]),
    "raw string of several lines": ("a := `\n  image: r/x@DIGEST // b\n`", [(CODE, "  image: r/x@DIGEST // b", ("a",))]),
    "quote as a rune": ("a('\"', '\\'') // r/x@DIGEST", [(COMMENT, "// r/x@DIGEST", ())]),
    "comment": ('// "r/x@DIGEST"', [(COMMENT, '// "r/x@DIGEST"', ())]),
    "comment with stars": ('/* r/x@DIGEST */ a = "r/y@DIGEST"', [(COMMENT, "/* r/x@DIGEST */", ()), (VALUE, "r/y@DIGEST", ("a",))]),
    "slashes in a string": ('a = "docker://r/x@DIGEST"', [(VALUE, "docker://r/x@DIGEST", ("a",))]),
}

JAVASCRIPT: dict[str, tuple[str, list[Expected]]] = {
    "constant": ("const image = 'r/x@DIGEST';", [(VALUE, "r/x@DIGEST", ("image",))]),
    "constant with a type": ('const image: string = "r/x@DIGEST";', [(VALUE, "r/x@DIGEST", ("image",))]),
    "property": ('f({ name: "a", image: "r/x@DIGEST" })', [(VALUE, "r/x@DIGEST", ("image",))]),
    "attribute": ('<Pod image="r/x@DIGEST" />', [(VALUE, "r/x@DIGEST", ("image",))]),
    "conditional": ('a ? "b" : "r/x@DIGEST"', [(VALUE, "r/x@DIGEST", ())]),
    "arrow": ('() => "r/x@DIGEST"', [(VALUE, "r/x@DIGEST", ())]),
    "template": ("a = `${b}/x@DIGEST`", [(VALUE, "${b}/x@DIGEST", ("a",))]),
    "literal in a template": (
        "a = `${b ? `r/x@DIGEST` : {c: '}'}}/x@DIGEST`",
        [(VALUE, "r/x@DIGEST", ("a",)), (VALUE, "${b ? `r/x@DIGEST` : {c: '}'}}/x@DIGEST", ("a",))],
    ),
    "template of several lines": ("a = `\n  r/x@DIGEST // b\n`", [(CODE, "  r/x@DIGEST // b", ("a",))]),
    "comment": ("f() // it's r/x@DIGEST", [(COMMENT, "// it's r/x@DIGEST", ())]),
    "regular expression": ("a.replace(/['\"`/*]/, 'r/x@DIGEST') // r/y@DIGEST", [(VALUE, "r/x@DIGEST", ()), (COMMENT, "// r/y@DIGEST", ())]),
    "regular expression behind a return": ("return /'/.test('r/x@DIGEST')", [(VALUE, "r/x@DIGEST", ())]),
    "comment over several lines": ("/* it's\nr/x@DIGEST */", [(COMMENT, "r/x@DIGEST */", ())]),
    "division": ("a = b / c; d = 'r/x@DIGEST' / e", [(VALUE, "r/x@DIGEST", ("d",))]),
    "apostrophe in a text": ("<p>It's r/x@DIGEST</p>\n'r/y@DIGEST'", [(TEXT, "<p>It's r/x@DIGEST</p>", ()), (VALUE, "r/y@DIGEST", ())]),
}

GROOVY: dict[str, tuple[str, list[Expected]]] = {
    "command": ("docker { image 'r/x@DIGEST' }", [(VALUE, "r/x@DIGEST", ("image",))]),
    "step": ('  sh "docker pull r/x@DIGEST"', [(VALUE, "docker pull r/x@DIGEST", ("sh",))]),
    "call": ("docker.image('r/x@DIGEST').inside {", [(VALUE, "r/x@DIGEST", ())]),
    "argument": ("containerTemplate(name: 'a', image: 'r/x@DIGEST')", [(VALUE, "r/x@DIGEST", ("image",))]),
    "variable": ("def image = 'r/x@DIGEST'", [(VALUE, "r/x@DIGEST", ("image",))]),
    "keyword": ("return 'r/x@DIGEST'", [(VALUE, "r/x@DIGEST", ())]),
    "template": ('a = "${b["c"]}/x@DIGEST" // r/y@DIGEST', [(VALUE, '${b["c"]}/x@DIGEST', ("a",)), (COMMENT, "// r/y@DIGEST", ())]),
    "step of several lines": ("sh '''\n  # it's\n  docker pull r/x@DIGEST\n'''", [(CODE, "  docker pull r/x@DIGEST", ("sh",))]),
    "template of several lines": (
        'yaml """\n  image: r/x@DIGEST "${a["b"]}"\n""" // r/y@DIGEST',
        [(CODE, '  image: r/x@DIGEST "${a["b"]}"', ("yaml",)), (COMMENT, "// r/y@DIGEST", ())],
    ),
    "regular expression": ('a =~ /"/ // r/x@DIGEST', [(COMMENT, "// r/x@DIGEST", ())]),
    "comment": ("/* it's\n * r/x@DIGEST */", [(COMMENT, " * r/x@DIGEST */", ())]),
}

OTHERS: dict[str, tuple[str, list[Expected]]] = {
    "java: constant": (
        'static final String IMAGE = "r/x@DIGEST"; // r/y@DIGEST',
        [(VALUE, "r/x@DIGEST", ("IMAGE",)), (COMMENT, "// r/y@DIGEST", ())],
    ),
    "java: text block": ('String a = """\n  "r/x@DIGEST"\n  """;', [(CODE, '  "r/x@DIGEST"', ("a",))]),
    "java: characters": ("f('\"', '\\'', '\\u0022'); // r/x@DIGEST", [(COMMENT, "// r/x@DIGEST", ())]),
    "c: no expansion": ('a = "${"; /* r/x@DIGEST */', [(COMMENT, "/* r/x@DIGEST */", ())]),
    "kotlin: template": ('val a: String = "${b("c")}/x@DIGEST"', [(VALUE, '${b("c")}/x@DIGEST', ("a",))]),
    "csharp: verbatim": ('var a = @"\\"; var b = "r/x@DIGEST";', [(VALUE, "r/x@DIGEST", ("b",))]),
    "csharp: raw string": ('var a = """b "r/x@DIGEST" c""";', [(VALUE, 'b "r/x@DIGEST" c', ("a",))]),
    "csharp: interpolation": ('a = $"{b["c"]}/x@DIGEST"; // d', [(VALUE, '{b["c"]}/x@DIGEST', ("a",))]),
    "csharp: label of a region": (
        '#region "r/x@DIGEST\n  #endregion it\'s "r/y@DIGEST"\na = "r/z@DIGEST";',
        [(COMMENT, '#region "r/x@DIGEST', ()), (COMMENT, '#endregion it\'s "r/y@DIGEST"', ()), (VALUE, "r/z@DIGEST", ("a",))],
    ),
    "csharp: hash sign in a string": ('a = "#region r/x@DIGEST";', [(VALUE, "#region r/x@DIGEST", ("a",))]),
    "rust: lifetime": ('const A: &\'static str = "r/x@DIGEST";', [(VALUE, "r/x@DIGEST", ("A",))]),
    "rust: raw string": ('let a = r#"{"b": "r/x@DIGEST"}"#; // r/y@DIGEST', [(VALUE, '{"b": "r/x@DIGEST"}', ("a",)), (COMMENT, "// r/y@DIGEST", ())]),
    "rust: raw string without hash signs": (r'let a = r"\"; // "r/x@DIGEST"', [(COMMENT, '// "r/x@DIGEST"', ())]),
    "rust: raw string of bytes": (r'let a = br"\"; // "r/x@DIGEST"', [(COMMENT, '// "r/x@DIGEST"', ())]),
    "rust: raw string of bytes with hash signs": ('let a = br#"b" r/x@DIGEST"#;', [(VALUE, 'b" r/x@DIGEST', ("a",))]),
    "ruby: pattern with an interpolation": ("%r{#{a}} 'r/x@DIGEST'", [(VALUE, "r/x@DIGEST", ())]),
    "ruby: quote as a character": ("a == ?' # r/x@DIGEST", [(COMMENT, "# r/x@DIGEST", ())]),
    "ruby: interpolation": ('image "#{a["b"]}/x@DIGEST" # r/y@DIGEST', [(VALUE, '#{a["b"]}/x@DIGEST', ("image",)), (COMMENT, "# r/y@DIGEST", ())]),
    "ruby: heredoc": (
        "a = <<~EOS\n  it's r/x@DIGEST\nEOS\nb = c << d\n# r/y@DIGEST\nd",
        [(CODE, "  it's r/x@DIGEST", ("a",)), (COMMENT, "# r/y@DIGEST", ())],
    ),
    "ruby: heredoc with quotes": ("a = <<~'EOS'\n  b\nEOS\n# r/x@DIGEST\nputs 'a'", [(COMMENT, "# r/x@DIGEST", ())]),
    "ruby: block comment": ("=begin\nr/x@DIGEST\n=end", [(COMMENT, "r/x@DIGEST", ())]),
    "ruby: end of the code": ('a = "r/x@DIGEST"\n__END__\nb = "r/y@DIGEST"', [(VALUE, "r/x@DIGEST", ("a",)), (COMMENT, 'b = "r/y@DIGEST"', ())]),
    "ruby: no end of the code": (
        'a = "\n__END__"\n __END__\n__END__ = 1\nb = "r/x@DIGEST"\nc__END__\nd = "r/y@DIGEST"',
        [(VALUE, "r/x@DIGEST", ("b",)), (VALUE, "r/y@DIGEST", ("d",))],
    ),
    "ruby: symbol as a key": ("f(:image => 'r/x@DIGEST')", [(VALUE, "r/x@DIGEST", ("image",))]),
    "powershell: command": (
        "docker pull r/x@DIGEST # it's r/y@DIGEST",
        [(CODE, "docker pull r/x@DIGEST # it's r/y@DIGEST", ()), (COMMENT, "# it's r/y@DIGEST", ())],
    ),
    "powershell: variable": ('$env:IMAGE = "r/x@DIGEST`""', [(VALUE, 'r/x@DIGEST`"', ("IMAGE",))]),
    "powershell: single quotes": ("f 'r/x@DIGEST`' # r/y@DIGEST", [(VALUE, "r/x@DIGEST`", ()), (COMMENT, "# r/y@DIGEST", ())]),
    "powershell: hash sign inside a word": ("f a#r/x@DIGEST", [(CODE, "f a#r/x@DIGEST", ())]),
    "powershell: escaped quote": ('f `" # r/x@DIGEST"', [(COMMENT, '# r/x@DIGEST"', ())]),
    "powershell: here-string with expansions": (
        '$a = @"\n"r/x@DIGEST" $(f "b")\n"@\n# r/y@DIGEST',
        [(CODE, '"r/x@DIGEST" $(f "b")', ("a",)), (COMMENT, "# r/y@DIGEST", ())],
    ),
    "powershell: here-string": ("$a = @'\nit's r/x@DIGEST\n'@\n# r/y@DIGEST", [(CODE, "it's r/x@DIGEST", ("a",)), (COMMENT, "# r/y@DIGEST", ())]),
    "powershell: block comment": ("<# it's\nr/x@DIGEST #> f", [(COMMENT, "r/x@DIGEST #>", ())]),
    "lua: long string and comment": ("a = [[\nr/x@DIGEST]] --[[ it's\nr/y@DIGEST]]", [(CODE, "r/x@DIGEST", ("a",)), (COMMENT, "r/y@DIGEST]]", ())]),
    "lua: long string and comment with signs": (
        'a = [==[\n]] r/x@DIGEST]==] --[=[ ]]\n"r/y@DIGEST" ]=] b = "r/z@DIGEST"',
        [(CODE, "]] r/x@DIGEST", ("a",)), (COMMENT, '"r/y@DIGEST" ]=]', ()), (VALUE, "r/z@DIGEST", ("b",))],
    ),
    "lua: comment on a line": ('--[=a "r/x@DIGEST"\nb = "r/y@DIGEST"', [(COMMENT, '--[=a "r/x@DIGEST"', ()), (VALUE, "r/y@DIGEST", ("b",))]),
    "starlark: name of a dictionary": ('PINS = {\n    "latest": "DIGEST",\n}', [(VALUE, "DIGEST", ("PINS", "latest"))]),
    "xml: text and attribute": ('<a b = "r/x@DIGEST">r/y@DIGEST</a>', [(VALUE, "r/x@DIGEST", ("b",)), (VALUE, "r/y@DIGEST", ())]),
    "xml: text of several lines": ("<image>\n  r/x@DIGEST\n</image>", [(CODE, "  r/x@DIGEST", ("image",))]),
    "xml: quotes and brackets in a text": ("<b>it's \"</b><image>r/x@DIGEST</image>", [(VALUE, "r/x@DIGEST", ("image",))]),
    "xml: comment": ("<a><!-- it's\n<image>r/x@DIGEST</image> --></a>", [(COMMENT, "<image>r/x@DIGEST</image> -->", ())]),
    "sql: string and comment": ("VALUES ('r/x@DIGEST') -- it's r/y@DIGEST", [(VALUE, "r/x@DIGEST", ()), (COMMENT, "-- it's r/y@DIGEST", ())]),
}

NESTING = {"rust": ("/*", "*/"), "kotlin": ("/*", "*/"), "scala": ("/*", "*/"), "swift": ("/*", "*/"), "dhall": ("{-", "-}")}
"""The languages in which comments of several lines stand in one another."""

LANGUAGES = {
    "shell": SHELL,
    "make": MAKE,
    "toml": TOML,
    "ini": INI,
    "hcl": HCL,
    "python": PYTHON,
    "go": GO,
    "javascript": JAVASCRIPT,
    "groovy": GROOVY,
}
CASES = [(language, name, *case) for language, cases in LANGUAGES.items() for name, case in cases.items()]
CASES += [(name.partition(":")[0], name.partition(": ")[2], *case) for name, case in OTHERS.items()]


@pytest.mark.parametrize(("language", "source", "expected"), [pytest.param(case[0], *case[2:], id=f"{case[0]}: {case[1]}") for case in CASES])
def test_says_what_a_digest_stands_in(language: str, source: str, expected: list[Expected]) -> None:
    assert [shown(spot) for spot in spots_in(language, source)] == expected


@pytest.mark.parametrize(("language", "marks"), NESTING.items(), ids=NESTING)
def test_reads_comments_in_comments(language: str, marks: tuple[str, str]) -> None:
    begin, end = marks
    inner = f'{begin} a {begin} b {end} "r/x@DIGEST" {end}'
    assert [shown(spot) for spot in spots_in(language, f'{inner} c = "r/y@DIGEST"')] == [(COMMENT, inner, ()), (VALUE, "r/y@DIGEST", ("c",))]
    unclosed = f'{begin} {begin} "r/x@DIGEST" {end}'
    assert [shown(spot) for spot in spots_in(language, f'{unclosed}\nc = "r/y@DIGEST"')] == [(COMMENT, unclosed, ()), (VALUE, "r/y@DIGEST", ("c",))]


@pytest.mark.parametrize("language", ["go", "java", "c", "javascript", "csharp"])
def test_a_comment_of_other_languages_ends_at_the_first_mark(language: str) -> None:
    assert [shown(spot) for spot in spots_in(language, '/* /* */ c = "r/x@DIGEST"; /* */')] == [(VALUE, "r/x@DIGEST", ("c",))]


LINE_ENDS: dict[str, tuple[tuple[str, ...], list[tuple[Role, str]]]] = {
    "ini": (("[a]", "# r/x@DIGEST", "b=r/y@DIGEST"), [(COMMENT, "# r/x@DIGEST"), (VALUE, "r/y@DIGEST")]),
    "shell": (("cat <<EOF", "it's r/x@DIGEST", "EOF", "# it's", "r/y@DIGEST"), [(CODE, "it's r/x@DIGEST"), (CODE, "r/y@DIGEST")]),
    "make": (("# a \\", "# r/x@DIGEST", "r/y@DIGEST"), [(COMMENT, "# r/x@DIGEST"), (CODE, "r/y@DIGEST")]),
    "toml": (('a = """', "r/x@DIGEST", '"""', "[b]", "c = 'r/y@DIGEST'"), [(CODE, "r/x@DIGEST"), (VALUE, "r/y@DIGEST")]),
    "python": (("f()", '"""', "r/x@DIGEST", '"""'), [(PROSE, "r/x@DIGEST")]),
    "go": (("// it's r/x@DIGEST", 'a = "b', 'c = "r/y@DIGEST"'), [(COMMENT, "// it's r/x@DIGEST"), (VALUE, "r/y@DIGEST")]),
}


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(("language", "lines", "expected"), [(language, *case) for language, case in LINE_ENDS.items()], ids=LINE_ENDS)
def test_reads_every_kind_of_line_end(language: str, lines: tuple[str, ...], expected: list[tuple[Role, str]], line_end: str) -> None:
    assert [shown(spot)[:2] for spot in spots_in(language, line_end.join(lines))] == expected


PARENTS: dict[str, tuple[str, str, dict[str, str] | None]] = {
    "call": (
        "starlark",
        'oci_pull(\n  name = "etcd",\n  image = "r/x", # "c"\n  digest = "DIGEST",\n)',
        {"name": "etcd", "image": "r/x", "digest": "DIGEST"},
    ),
    "call behind another": (
        "starlark",
        'pull(image = "r/x")\npull(digest = "DIGEST", repository = "r/y")',
        {"digest": "DIGEST", "repository": "r/y"},
    ),
    "call around a list": ("starlark", 'pull(image = "r/x", tags = ["a", f(b = "c")], digest = "DIGEST")', {"image": "r/x", "digest": "DIGEST"}),
    "statements": ("python", 'repository = "r/x"\ndigest = "DIGEST"', None),
    "dictionary": ("python", 'a = {"image": "r/x", "digest": "DIGEST"}', {"image": "r/x", "digest": "DIGEST"}),
    "block": ("hcl", 'a "b" {\n image = "${r}/x"\n c { image = "d" }\n digest = "DIGEST"\n}', {"image": "${r}/x", "digest": "DIGEST"}),
    "file": ("hcl", 'repository = "r/x"\ndigest = "DIGEST"', {"repository": "r/x", "digest": "DIGEST"}),
    "table": ("toml", 'image = "a"\n[b]\nimage = "r/x"\ndigest = "DIGEST"\n[c]\nimage = "d"', {"image": "r/x", "digest": "DIGEST"}),
    "dotted keys": ("toml", 'a.image = "r/x"\nb.image = "r/y"\na.digest = "DIGEST"', {"image": "r/x", "digest": "DIGEST"}),
    "section": ("ini", "[a]\nimage=b\n[c]\nimage=r/x\ndigest = DIGEST\n", {"image": "r/x", "digest": "DIGEST"}),
    "structure": ("go", 'x := Image{Repository: "r/x", Digest: "DIGEST"}', {"Repository": "r/x", "Digest": "DIGEST"}),
    "list": ("groovy", "f([image: 'r/x', digest: 'DIGEST'])", {"image": "r/x", "digest": "DIGEST"}),
    "named arguments": ("groovy", "f(image: 'r/x', digest: 'DIGEST')", {"image": "r/x", "digest": "DIGEST"}),
    "arguments of Kotlin": ("kotlin", 'f(image = "r/x", digest = "DIGEST")', {"image": "r/x", "digest": "DIGEST"}),
    "arguments of C#": ("csharp", 'f(image: "r/x", digest: "DIGEST")', {"image": "r/x", "digest": "DIGEST"}),
    "fields of Rust": ("rust", 'Image { name: "r/x", digest: "DIGEST" }', {"name": "r/x", "digest": "DIGEST"}),
    "hash of Ruby": ("ruby", "f(:image => 'r/x', digest: 'DIGEST')", {"image": "r/x", "digest": "DIGEST"}),
    "table of Lua": ("lua", 'f{image = "r/x", digest = "DIGEST"}', {"image": "r/x", "digest": "DIGEST"}),
    "function": ("go", 'func f() {\n repository := "r/x"\n digest := "DIGEST"\n}', None),
    "object": ("javascript", 'f({\n repository: "r/x",\n digest: "DIGEST",\n})', {"repository": "r/x", "digest": "DIGEST"}),
    "literal that is never closed": ("hcl", 'a {\n image = "r/x\n digest = "DIGEST"\n}', {"digest": "DIGEST"}),
}


@pytest.mark.parametrize(("language", "source", "expected"), PARENTS.values(), ids=PARENTS)
def test_gives_the_named_values_beside_a_digest(language: str, source: str, expected: dict[str, str] | None) -> None:
    (spot,) = spots_in(language, source)
    assert siblings(spot) == expected


def test_tells_at_which_step_of_the_path_the_parent_stands() -> None:
    (spot,) = spots_in("hcl", 'a "b" {\n c = { image = "r/x", digest = "DIGEST" }\n}')
    assert spot.path == ("a", "b", "c", "digest")
    assert spot.around == ((spot.parent, 3),)


def test_gives_only_the_values_near_a_digest_of_a_long_group() -> None:
    entries = [f'  k{number} = "r/x@DIGEST",\n' for number in range(100)]
    spots = spots_in("starlark", f"f(\n{''.join(entries)})")
    assert list(siblings(spots[50]) or ()) == [f"k{number}" for number in range(34, 66)]


def test_leaves_out_the_outer_brackets_of_a_path_that_nobody_writes() -> None:
    (spot,) = spots_in("hcl", "a = " + "[" * 1000 + '"r/x@DIGEST"')
    assert len(spot.path) == 50
