"""What stands where in Dockerfiles, held against BuildKit's own parser as well."""

import hashlib
import re
import time
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from redigest.document import Role, Spot
from redigest.readers import dockerfile
from redigest.readers.dockerfile_lines import Instruction, parts
from redigest.screen import hits
from redigest.text import Text

DIGEST = "sha256:" + "0123456789abcdef" * 4
OTHER = "sha256:" + "fedcba9876543210" * 4
VALUE, CODE, COMMENT, TEXT = Role.VALUE, Role.CODE, Role.COMMENT, Role.TEXT


def spots(source: str) -> list[Spot]:
    text = Text.of_file(source.encode())
    return list(dockerfile.read(text, hits(text.chars)))


def said(source: str) -> list[tuple[Role, str, str, str | None]]:
    """Role, path, value and repository of every digest."""
    found = spots(source.replace("DIGEST", DIGEST).replace("OTHER", OTHER))
    return [(spot.role, ".".join(map(str, spot.path)), hidden(spot.value.chars), spot.repository) for spot in found]


def hidden(chars: str) -> str:
    return chars.replace(DIGEST, "DIGEST").replace(OTHER, "OTHER")


IMAGES = {
    "from": ("FROM r/a@DIGEST", "FROM", "r/a@DIGEST"),
    "from in lower case behind blanks": (" \tfrom\t r/a:1@DIGEST  AS b", "FROM", "r/a:1@DIGEST"),
    "from with flags": ("FROM --platform=$BUILDPLATFORM --x r/a@DIGEST", "FROM", "r/a@DIGEST"),
    "from in quotes": ('FROM "r/a@DIGEST" AS b', "FROM", "r/a@DIGEST"),
    "from over lines": ("FROM \\\n  # why\n\n  r/a\\ \t\n@DIGEST \\\n AS b", "FROM", "r/a@DIGEST"),
    "a continuation before the keyword": ("\\\n  \\\nFROM r/a@DIGEST", "FROM", "r/a@DIGEST"),
    "a continuation that never ends": ("FROM r/a@DIGEST \\", "FROM", "r/a@DIGEST"),
    "copy with flags in any order": ("COPY --chown=1 --from=r/a@DIGEST --link a b", "COPY.--from", "r/a@DIGEST"),
    "copy with the value in quotes": ("COPY --from='r/a@DIGEST' a b", "COPY.--from", "r/a@DIGEST"),
    "copy with the flag in quotes over lines": ('copy --"from=r/a\\\n@DIGEST" a b', "COPY.--from", "r/a@DIGEST"),
    "copy in JSON form": ('COPY --from=r/a@DIGEST ["a", "b"]', "COPY.--from", "r/a@DIGEST"),
    "add": ("ADD --from=r/a@DIGEST a b", "ADD.--from", "r/a@DIGEST"),
    "mount": ("RUN --mount=type=bind,from=r/a@DIGEST,target=/x true", "RUN.--mount.from", "r/a@DIGEST"),
    "mount with the image first": ("RUN --network=none --mount=FROM=r/a@DIGEST,type=bind true", "RUN.--mount.from", "r/a@DIGEST"),
    "mount in CSV quotes": ("""RUN --mount='type=bind,"from=r/a@DIGEST"' true""", "RUN.--mount.from", "r/a@DIGEST"),
    "trigger": ("ONBUILD copy --from=r/a@DIGEST a b", "ONBUILD.COPY.--from", "r/a@DIGEST"),
    "trigger with a mount": ("onbuild RUN --mount=from=r/a@DIGEST true", "ONBUILD.RUN.--mount.from", "r/a@DIGEST"),
    "trigger with from": ("ONBUILD FROM r/a@DIGEST", "ONBUILD.FROM", "r/a@DIGEST"),
    "syntax": ("# syntax=r/a@DIGEST\nFROM b", "syntax", "r/a@DIGEST"),
    "syntax after other directives": ("#check=skip=all\n# Escape = `\n#\tSYNTAX = r/a@DIGEST # old \nFROM b", "syntax", "r/a@DIGEST"),
    "syntax after a shebang": ("#!/usr/bin/env docker\n# syntax=r/a@DIGEST\nFROM b", "syntax", "r/a@DIGEST"),
    "argument": ("ARG A=r/a@DIGEST\nFROM $A", "ARG.A", "r/a@DIGEST"),
    "argument that nothing uses": ("ARG A=r/a@DIGEST", "ARG.A", "r/a@DIGEST"),
    "second argument of a line": ("ARG A=1 B=\"r/a@DIGEST\" C='x y'", "ARG.B", "r/a@DIGEST"),
    "argument over lines": ("ARG A=1 \\\n  # why\n  B=r/a@DIGEST", "ARG.B", "r/a@DIGEST"),
    "argument of a trigger": ("ONBUILD ARG A=r/a@DIGEST", "ONBUILD.ARG.A", "r/a@DIGEST"),
    "variable": ("ENV A=1 B='r/a@DIGEST'", "ENV.B", "r/a@DIGEST"),
    "variable in the old form": ("ENV A r/a@DIGEST", "ENV.A", "r/a@DIGEST"),
    "label": ('LABEL a=b "c.d"="r/a@DIGEST"', "LABEL.c.d", "r/a@DIGEST"),
    "label in the old form": ('LABEL c.d "r/a@DIGEST"', "LABEL.c.d", "r/a@DIGEST"),
    "label with an escape before it": ("LABEL a=b\\ c d=\\r/a@DIGEST", "LABEL.d", "r/a@DIGEST"),
}


@pytest.mark.parametrize(("source", "path", "value"), IMAGES.values(), ids=IMAGES)
def test_an_operand_that_is_a_reference_is_a_value(source: str, path: str, value: str) -> None:
    assert said(source) == [(VALUE, path, value, None)]


OTHERS = {
    "command": ("RUN --network=none podman pull r/a@DIGEST # why", CODE, "RUN", "podman pull r/a@DIGEST # why"),
    "command over lines": ("RUN a \\\n  b r/a\\\n@DIGEST \\\n  # why\n  c", CODE, "RUN", "a   b r/a@DIGEST   c"),
    "command in JSON form": ('RUN ["pull", "r/a@DIGEST"]', CODE, "RUN", '["pull", "r/a@DIGEST"]'),
    "default command": ("CMD pull r/a@DIGEST", CODE, "CMD", "pull r/a@DIGEST"),
    "entry point": ('ENTRYPOINT ["pull", "r/a@DIGEST"]', CODE, "ENTRYPOINT", '["pull", "r/a@DIGEST"]'),
    "health check": ("HEALTHCHECK --retries=3 CMD pull r/a@DIGEST", CODE, "HEALTHCHECK", "CMD pull r/a@DIGEST"),
    "shell": ('SHELL ["run", "r/a@DIGEST"]', CODE, "SHELL", '["run", "r/a@DIGEST"]'),
    "trigger": ("ONBUILD RUN pull r/a@DIGEST", CODE, "ONBUILD.RUN", "pull r/a@DIGEST"),
    "reference in a longer variable": ("ENV A='pull r/a@DIGEST now'", CODE, "ENV.A", "pull r/a@DIGEST now"),
    "reference and more": ("ENV A='r/a@DIGEST now'", CODE, "ENV.A", "r/a@DIGEST now"),
    "reference among escapes": (r'LABEL a="pull \x \"r/a@DIGEST\""', CODE, "LABEL.a", r'pull \x "r/a@DIGEST"'),
    "reference in a longer label": ("LABEL a pull r/a@DIGEST now", CODE, "LABEL.a", "pull r/a@DIGEST now"),
    "reference with a scheme": ("ARG A=docker://r/a@DIGEST", CODE, "ARG.A", "docker://r/a@DIGEST"),
    "comment": ("  # FROM r/a@DIGEST", COMMENT, "", "  # FROM r/a@DIGEST"),
    "comment inside a continuation": ("FROM \\\n # r/a@DIGEST \\\n r/b", COMMENT, "", " # r/a@DIGEST \\"),
    "directive after a comment": ("# why\n# syntax=r/a@DIGEST", COMMENT, "", "# syntax=r/a@DIGEST"),
    "directive after an empty line": ("\n# syntax=r/a@DIGEST", COMMENT, "", "# syntax=r/a@DIGEST"),
    "shebang": ("#!/bin/run r/a@DIGEST\nFROM b", COMMENT, "", "#!/bin/run r/a@DIGEST"),
    "digest alone in an argument": ("ARG A=DIGEST\nFROM r/a:$A", TEXT, "ARG.A", "DIGEST"),
    "digest alone in a variable": ("ENV A=DIGEST\nFROM r/a@$A", TEXT, "ENV.A", "DIGEST"),
    "digest alone in a label": ("LABEL a.digest=DIGEST", TEXT, "LABEL.a.digest", "DIGEST"),
    "checksum": ("ADD --checksum=DIGEST https://a.example/b /b", TEXT, "ADD.--checksum", "DIGEST"),
    "field of a mount": ("RUN --mount=type=cache,id=r/a@DIGEST true", TEXT, "RUN.--mount.id", "r/a@DIGEST"),
    "file to copy": ("COPY r/a@DIGEST /b", TEXT, "COPY", "COPY r/a@DIGEST /b"),
    "platform": ("FROM --platform=r/a@DIGEST b", TEXT, "FROM.--platform", "r/a@DIGEST"),
    "flag behind the end of flags": ("COPY -- --from=r/a@DIGEST b", TEXT, "COPY", "COPY -- --from=r/a@DIGEST b"),
    "more than an image in from": ("FROM a AS r/a@DIGEST", TEXT, "FROM", "FROM a AS r/a@DIGEST"),
    "command of an Earthfile": ("    BUILD +a --b=r/a@DIGEST --c", CODE, "BUILD", "    BUILD +a --b=r/a@DIGEST --c"),
    "command of an Earthfile over lines": ("WITH DOCKER \\\n  --pull r/a@DIGEST", CODE, "WITH", "WITH DOCKER   --pull r/a@DIGEST"),
    "instruction that is not known": ("INCLUDE r/a@DIGEST", TEXT, "", "INCLUDE r/a@DIGEST"),
    "trigger of a trigger": ("ONBUILD ONBUILD FROM r/a@DIGEST", TEXT, "", "ONBUILD ONBUILD FROM r/a@DIGEST"),
    "known instruction without images": ("MAINTAINER r/a@DIGEST", TEXT, "MAINTAINER", "MAINTAINER r/a@DIGEST"),
    "word without a value": ("ENV A=1 r/a@DIGEST", TEXT, "ENV", "ENV A=1 r/a@DIGEST"),
    "argument without a value": ("ARG A r/a@DIGEST", TEXT, "ARG", "ARG A r/a@DIGEST"),
    "rest of the syntax directive": ("# syntax=a r/a@DIGEST\nFROM b", TEXT, "", "# syntax=a r/a@DIGEST"),
}


@pytest.mark.parametrize(("source", "role", "path", "value"), OTHERS.values(), ids=OTHERS)
def test_a_digest_elsewhere_has_the_role_of_what_it_stands_in(source: str, role: Role, path: str, value: str) -> None:
    assert said(source) == [(role, path, value, None)]


ARGUMENTS = {
    "digest": ("ARG D=DIGEST\nFROM r/a@${D}", [(VALUE, "ARG.D", "DIGEST", "r/a")]),
    "digest beside a tag": ("ARG T=1\nARG D=DIGEST\nFROM h.io/r/a:${T}@$D AS b", [(VALUE, "ARG.D", "DIGEST", "h.io/r/a")]),
    "digest in quotes": ("ARG D='DIGEST'\nFROM \"r/a@$D\"", [(VALUE, "ARG.D", "DIGEST", "r/a")]),
    "digest of a stage": ("FROM b\nARG D=DIGEST\nCOPY --from=r/a@$D a b", [(VALUE, "ARG.D", "DIGEST", "r/a")]),
    "digest for a mount": ("FROM b\nARG D=DIGEST\nRUN --mount=from=r/a@$D true", [(VALUE, "ARG.D", "DIGEST", "r/a")]),
    "digest for a trigger": ("ARG D=DIGEST\nFROM b\nONBUILD COPY --from=r/a@$D a b", [(VALUE, "ARG.D", "DIGEST", "r/a")]),
    "digest in the stage before": ("FROM b\nARG D=DIGEST\nFROM r/a@$D", [(VALUE, "ARG.D", "DIGEST", "r/a")]),
    "digest through another argument": ("ARG D=DIGEST\nARG A=r/a@$D\nFROM $A", [(VALUE, "ARG.D", "DIGEST", "r/a")]),
    "digest under a name that is not known": ("ARG H\nARG D=DIGEST\nFROM $H/a@$D", [(VALUE, "ARG.D", "DIGEST", None)]),
    "digest under a name known to another": ("ARG D=DIGEST\nFROM $H/a@$D\nFROM r/a@$D", [(VALUE, "ARG.D", "DIGEST", "r/a")]),
    "digest under a name known before": ("ARG D=DIGEST\nFROM r/a@$D\nFROM $H/a@$D", [(VALUE, "ARG.D", "DIGEST", "r/a")]),
    "digest with a default for the name": ("ARG D=DIGEST\nFROM ${H:-h.io}/a@$D", [(VALUE, "ARG.D", "DIGEST", "h.io/a")]),
    "digest with an empty name": ("ARG H=\nARG D=DIGEST\nFROM ${H:-h.io}/a@${D}", [(VALUE, "ARG.D", "DIGEST", "h.io/a")]),
    "digest used before it is there": ("FROM r/a@$D\nARG D=DIGEST", [(TEXT, "ARG.D", "DIGEST", None)]),
    "digest in one of two scopes": (
        "ARG D=DIGEST\nFROM b\nARG D=OTHER\nFROM r/a@$D",
        [(VALUE, "ARG.D", "DIGEST", "r/a"), (TEXT, "ARG.D", "OTHER", None)],
    ),
    "argument that is given anew": (
        "ARG D=DIGEST\nARG D=OTHER\nFROM r/a@$D",
        [(TEXT, "ARG.D", "DIGEST", None), (VALUE, "ARG.D", "OTHER", "r/a")],
    ),
    "digest that is a part of the name": (
        "ARG D=DIGEST\nARG E=OTHER\nFROM r/$D/a@$E",
        [(TEXT, "ARG.D", "DIGEST", None), (VALUE, "ARG.E", "OTHER", None)],
    ),
    "tag and digest": ("ARG T=8.6@DIGEST\nFROM r/a:$T", [(VALUE, "ARG.T", "DIGEST", "r/a")]),
    "name without its registry": ("ARG A=a:1@DIGEST\nFROM h.io/$A", [(VALUE, "ARG.A", "DIGEST", "h.io/a")]),
    "reference with a variable": ("ARG H=h.io\nARG A=$H/a@DIGEST\nFROM $A", [(VALUE, "ARG.A", "$H/a@DIGEST", "h.io/a")]),
    "name": ("ARG A=h.io/a\nFROM ${A}@DIGEST", [(VALUE, "FROM", "${A}@DIGEST", "h.io/a")]),
    "name that is not known": ("FROM ${A}@DIGEST", [(VALUE, "FROM", "${A}@DIGEST", None)]),
    "registry": ("ARG H=h.io\nFROM b\nCOPY --from=$H/a:1@DIGEST a b", [(VALUE, "COPY.--from", "$H/a:1@DIGEST", "h.io/a")]),
    "values that double one another": (
        "ARG A=a\n" + "ARG A=$A$A\n" * 40 + "FROM $A@DIGEST",
        [(VALUE, "FROM", "$A@DIGEST", None)],
    ),
    "more variables than a reference has": ("ARG A=\nFROM " + "${A}" * 200 + "r/a@DIGEST", [(VALUE, "FROM", "${A}" * 200 + "r/a@DIGEST", None)]),
}


@pytest.mark.parametrize(("source", "expected"), ARGUMENTS.values(), ids=ARGUMENTS)
def test_build_arguments_lend_each_other_repository_and_digest(source: str, expected: list[tuple[Role, str, str, str | None]]) -> None:
    assert said(source) == expected


HEREDOCS = {
    "script": ("RUN <<EOF\npull r/a@DIGEST\nEOF\nFROM r/b@OTHER", [(CODE, "RUN", "pull r/a@DIGEST"), (VALUE, "FROM", "r/b@OTHER")]),
    "comment in a script": ("RUN <<EOF\n  # r/a@DIGEST\nEOF", [(COMMENT, "RUN", "  # r/a@DIGEST")]),
    "instruction in a script": ("RUN <<EOF\nFROM r/a@DIGEST\nEOF", [(CODE, "RUN", "FROM r/a@DIGEST")]),
    "script of a trigger": ("ONBUILD RUN <<EOF\nFROM r/a@DIGEST\nEOF", [(CODE, "ONBUILD.RUN", "FROM r/a@DIGEST")]),
    "file": ("COPY <<EOF /a\nFROM r/a@DIGEST\n# r/b@OTHER\nEOF", [(TEXT, "COPY", "FROM r/a@DIGEST"), (TEXT, "COPY", "# r/b@OTHER")]),
    "added file": ("ADD <<EOF /a\nFROM r/a@DIGEST\nEOF", [(TEXT, "ADD", "FROM r/a@DIGEST")]),
    "two files": ("COPY <<A <<B /a\nA\nr/a@DIGEST\nB\nFROM r/b@OTHER", [(TEXT, "COPY", "r/a@DIGEST"), (VALUE, "FROM", "r/b@OTHER")]),
    "name in quotes": ('RUN <<"E F"\nFROM r/a@DIGEST\nE F\nFROM r/b@OTHER', [(CODE, "RUN", "FROM r/a@DIGEST"), (VALUE, "FROM", "r/b@OTHER")]),
    "name after a blank": ("RUN cat << 'EOF'\nFROM r/a@DIGEST\nEOF", [(CODE, "RUN", "FROM r/a@DIGEST")]),
    "name with an escape": ("RUN <<\\EOF\nFROM r/a@DIGEST\nEOF", [(CODE, "RUN", "FROM r/a@DIGEST")]),
    "descriptor": ("RUN a 3<<EOF\nFROM r/a@DIGEST\nEOF", [(CODE, "RUN", "FROM r/a@DIGEST")]),
    "tabs before the end": ("RUN <<-EOF\nFROM r/a@DIGEST\n\t\tEOF\nFROM r/b@OTHER", [(CODE, "RUN", "FROM r/a@DIGEST"), (VALUE, "FROM", "r/b@OTHER")]),
    "tabs before no end": ("RUN <<EOF\n\tEOF\nFROM r/a@DIGEST\nEOF", [(CODE, "RUN", "FROM r/a@DIGEST")]),
    "blanks after no end": ("RUN <<EOF\nEOF \nFROM r/a@DIGEST\nEOF", [(CODE, "RUN", "FROM r/a@DIGEST")]),
    "continuation in a file": ("COPY <<EOF /a\na \\\nEOF\nFROM r/a@DIGEST", [(VALUE, "FROM", "r/a@DIGEST")]),
    "over lines": ("RUN a \\\n  <<EOF\nFROM r/a@DIGEST\nEOF", [(CODE, "RUN", "FROM r/a@DIGEST")]),
    "here string": ("RUN cat <<<EOF\nFROM r/a@DIGEST\nEOF", [(VALUE, "FROM", "r/a@DIGEST")]),
    "in quotes": ("RUN echo '<<EOF'\nFROM r/a@DIGEST\nEOF", [(VALUE, "FROM", "r/a@DIGEST")]),
    "beside a quote that stays open": ("RUN echo ' <<EOF\nFROM r/a@DIGEST\nEOF", [(VALUE, "FROM", "r/a@DIGEST")]),
    "in JSON form": ('RUN ["cat", "a", "<<EOF"]\nFROM r/a@DIGEST\nEOF', [(VALUE, "FROM", "r/a@DIGEST")]),
    "in what only looks like JSON": ("RUN [ -f a ] || cat <<EOF\nFROM r/a@DIGEST\nEOF", [(CODE, "RUN", "FROM r/a@DIGEST")]),
    "in another instruction": ("CMD cat <<EOF\nFROM r/a@DIGEST\nEOF", [(VALUE, "FROM", "r/a@DIGEST")]),
    "shift": ("RUN echo $((1 << 2))\nFROM r/a@DIGEST", [(VALUE, "FROM", "r/a@DIGEST")]),
    "without an end": ("RUN <<EOF\nFROM r/a@DIGEST", [(VALUE, "FROM", "r/a@DIGEST")]),
}


@pytest.mark.parametrize(("source", "expected"), HEREDOCS.values(), ids=HEREDOCS)
def test_a_heredoc_is_no_instruction(source: str, expected: list[tuple[Role, str, str]]) -> None:
    assert [spot[:3] for spot in said(source)] == expected


ESCAPES = {
    "backtick": ("# escape=`\nFROM `\n  r/a@DIGEST", [(VALUE, "FROM", "r/a@DIGEST")]),
    "a path that ends in a backslash": ("# escape=`\nCOPY a C:\\\nFROM r/a@DIGEST", [(VALUE, "FROM", "r/a@DIGEST")]),
    "backtick in a flag": ('# escape=`\nCOPY --from="r/a`@DIGEST" a b', [(VALUE, "COPY.--from", "r/a@DIGEST")]),
    "two backslashes": ("RUN a \\\\\nFROM r/a@DIGEST", [(VALUE, "FROM", "r/a@DIGEST")]),
    "directive too late": ("FROM b\n# escape=`\nRUN a `\nFROM r/a@DIGEST", [(VALUE, "FROM", "r/a@DIGEST")]),
    "directive after a shebang": ("#!a\n# escape=`\nRUN a `\nFROM r/a@DIGEST", [(VALUE, "FROM", "r/a@DIGEST")]),
    "another character": ("# escape=x\nRUN x\nFROM r/a@DIGEST", [(VALUE, "FROM", "r/a@DIGEST")]),
}


@pytest.mark.parametrize(("source", "expected"), ESCAPES.values(), ids=ESCAPES)
def test_only_the_escape_character_continues_a_line(source: str, expected: list[tuple[Role, str, str]]) -> None:
    assert [spot[:3] for spot in said(source)] == expected


TABLES: Mapping[str, Mapping[str, tuple[object, ...]]] = {"image": IMAGES, "other": OTHERS, "argument": ARGUMENTS, "heredoc": HEREDOCS, "escape": ESCAPES}
SOURCES = {f"{kind}: {name}": str(row[0]) for kind, table in TABLES.items() for name, row in table.items()}


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_other_line_ends_mean_the_same(end: str) -> None:
    for source in SOURCES.values():
        assert said(source.replace("\n", end)) == said(source)


def test_a_lone_cr_is_a_blank_where_lines_end_in_lf() -> None:
    assert said("# a\rFROM r/a@DIGEST\nFROM\rr/b@OTHER\n") == [
        (COMMENT, "", "# a\rFROM r/a@DIGEST", None),
        (VALUE, "FROM", "r/b@OTHER", None),
    ]


def test_several_images_of_one_instruction_are_told_apart() -> None:
    assert said("RUN --mount=from=r/a@DIGEST,target=/a --mount=target=/b,from=r/b@OTHER pull r/c@DIGEST && pull r/d@OTHER") == [
        (VALUE, "RUN.--mount.from", "r/a@DIGEST", None),
        (VALUE, "RUN.--mount.from", "r/b@OTHER", None),
        (CODE, "RUN", "pull r/c@DIGEST && pull r/d@OTHER", None),
        (CODE, "RUN", "pull r/c@DIGEST && pull r/d@OTHER", None),
    ]


def test_a_byte_order_mark_counts_in_the_offset() -> None:
    (spot,) = spots(f"\ufeff# syntax=r/a@{DIGEST}\nFROM b")
    assert (spot.path, spot.value.offset(spot.at, len(DIGEST))) == (("syntax",), len("\ufeff# syntax=r/a@".encode()))


def test_a_digest_over_two_lines_is_seen_and_has_no_offset() -> None:
    (spot,) = spots(f"FROM r/a@{DIGEST[:20]}\\\n{DIGEST[20:]}")
    assert (spot.path, spot.value.chars, spot.at) == (("FROM",), f"r/a@{DIGEST}", 4)
    assert spot.value.offset(spot.at, len(DIGEST)) is None
    assert spot.value.offset(spot.at, 1) == len("FROM r/a@")


def test_an_escape_before_a_digest_leaves_it_in_one_piece() -> None:
    (spot,) = spots(f"ENV A=r/a@\\{DIGEST}")
    assert spot.value.chars == f"r/a@{DIGEST}"
    assert spot.value.offset(spot.at, len(DIGEST)) == len("ENV A=r/a@\\")


def test_no_digest_is_reported_that_was_not_asked_for() -> None:
    assert list(dockerfile.read(Text.of_file(f"FROM \\\nr/a@{DIGEST}".encode()), [])) == []


TOKENS = (
    *("FROM ", "from --platform=a ", "COPY ", "ADD ", "RUN ", "ONBUILD ", "ARG A=", "ENV ", "LABEL ", "CMD ", "XX "),
    *("--from=", "--mount=", "from=", "--", ",", "=", "$A", "${A:-", "}", "[", "]", "r/a@", "a", " ", "\t"),
    *(DIGEST, OTHER, DIGEST[:60], "0" * 64, "\\", "`", "'", '"', '\\"', "\\\n", "`\n", "\n", "\r\n", "\r"),
    *("#", "# escape=`\n", "# syntax=", "#!", "<<", "<<A", "<<-'A'", "<<<A", "A\n", "\n\tA\n", "\ufeff", "é", "\0"),
)


@given(st.lists(st.sampled_from(TOKENS)).map("".join))
def test_every_digest_of_any_text_has_one_spot_that_leads_back_to_it(source: str) -> None:
    text = Text.of_file(source.encode())
    digests = hits(text.chars)
    found = list(dockerfile.read(text, digests))
    starts = [spot.value.in_parent(spot.at, 1) for spot in found]
    assert starts == sorted({start for start in starts if start is not None})
    assert set(digests) <= set(starts)
    for spot, start in zip(found, starts, strict=True):
        length = 71 if text.chars.startswith((DIGEST, OTHER), start) else 1
        assert start in digests or spot.value.in_parent(spot.at, 71) is None
        assert spot.value.parent is text
        assert spot.value.in_parent(spot.at, length) == start


HOSTILE = {
    "continuations": "RUN " + "\\\na" * 16_000,
    "comments in a continuation": "FROM \\\n" + "#a\n" * 16_000,
    "pairs": "LABEL " + "a=b " * 12_000,
    "escapes": "LABEL a=" + "\\" * 48_000,
    "quotes": "ENV " + "'a\" " * 12_000,
    "quotes in a flag": "COPY --from=" + "'\"" * 24_000,
    "flags": "COPY " + "--a " * 12_000,
    "fields": "RUN --mount=" + '\\"\\"a,' * 8_000,
    "heredocs that never end": "".join(f"RUN <<A{number}\n" for number in range(4_000)),
    "heredocs on one line": "RUN " + "<<A " * 8_000 + "\n" + "A\n" * 8_000,
    "open quotes beside a heredoc": "RUN <<A " + '"a\\" ' * 9_000,
    "brackets": "RUN <<A " + "[" * 48_000,
    "triggers": "ONBUILD " * 6_000,
    "arguments in a chain": "".join(f"ARG A{number + 1}=$A{number}\n" for number in range(3_000)),
    "variables": "FROM " + "${A" * 16_000,
    "one word": "FROM " + "a" * 48_000,
    "digests": "RUN " + f"r/a@{DIGEST} " * 600,
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_the_cost_of_hostile_text_is_linear(source: str) -> None:
    before = time.process_time()
    assert spots(f"{source}\nFROM r/a@{DIGEST}")
    assert time.process_time() - before < 4  # seconds; with a step that is quadratic these take minutes


def read_by_us(source: str) -> tuple[list[str], list[str]]:
    """The instructions, joined over their lines, and the operands of `FROM` and `COPY --from` that hold digests."""
    lines = [part.line.chars.strip() for part in parts(Text.of_file(source.encode())) if isinstance(part, Instruction)]
    values = [spot.value for spot in spots(source) if spot.path in (("FROM",), ("COPY", "--from")) and spot.role is VALUE]
    operands = [value.chars for number, value in enumerate(values) if not number or value is not values[number - 1]]
    return lines, operands


def read_by_buildkit(source: str) -> tuple[list[str], list[str]] | None:
    """The same as BuildKit's parser has them; `None` where it refuses the file.

    The package holds BuildKit 0.12.5, which knows no `check` directive, no blank between `<<` and a name, and no escape but the backslash in a flag.
    """
    oracle = pytest.importorskip("dockerfile", reason="the package `dockerfile`, which is BuildKit's parser, has a wheel for Linux on x86-64 only")
    try:
        commands = oracle.parse_string(source)
    except oracle.GoParseError:
        return None
    lines = [(command.original or "").partition("\n")[0].strip() for command in commands]
    operands: list[str] = []
    for command in commands:
        if command.cmd.upper() == "FROM":
            operands += command.value[:1]
        elif command.cmd.upper() == "COPY":
            operands += [flag.removeprefix("--from=") for flag in command.flags if flag.startswith("--from=")]
    return [line for line in lines if line], [operand for operand in operands if re.search("sha256:[0-9a-f]{64}", operand)]


KNOWN_TO_BUILDKIT = {name: source for name, source in SOURCES.items() if not re.search(r"check=|<< |`@|FROM \"", source)}


@pytest.mark.parametrize("source", KNOWN_TO_BUILDKIT.values(), ids=KNOWN_TO_BUILDKIT)
def test_buildkit_reads_the_same(source: str) -> None:
    source = source.replace("DIGEST", DIGEST).replace("OTHER", OTHER)
    expected = read_by_buildkit(source)
    assert expected is None or read_by_us(source) == expected


LINES: Sequence[str] = (
    *("FROM r/a@{}", "from --platform=linux/amd64 \t r/a:1@{} AS b", "FROM \\", "  r/a@{}", "  r/a@{} \\", "r/a@{}\\", "FROM `", "r/a@{}`"),
    *("FROM r/a@sha256:\\", "# FROM r/a@{}", " # r/a@{} \\", "", "  ", "\\", "`", "  \\", " \\ \t", "RUN a \\\\", "USER a", "FROM\t\\"),
    *("COPY --chown=1 --from=r/a@{} a b", 'copy --from="r/a@{}" a \\', "COPY \\", "\t--from=r/a@{} \\", "COPY --\\", "from=r/a@{} a b"),
    *("RUN a <<A", "RUN a \\", "<<A <<'B'", 'COPY <<-"A" \\', "A", "\tA", "B", "RUN a '<<A'", "RUN a <<<A", 'RUN ["a", "<<A"]', "RUN '<<A"),
    *("# escape=`", "# escape=\\", "# syntax=r/a@{}", "#", "ONBUILD RUN <<A", "CMD <<A", "ENV a=b \\", "LABEL c=r/a@{}"),
)


@st.composite
def files(draw: st.DrawFn) -> str:
    """Files of such lines, each digest another one; what may be open at the end is closed, since BuildKit refuses a heredoc without an end."""
    lines = [*draw(st.lists(st.sampled_from(LINES), min_size=1, max_size=12)), "", "A", "B", "FROM r/a@{}"]
    end = draw(st.sampled_from(("\n", "\r\n")))
    return end.join(line.format(f"sha256:{hashlib.sha256(bytes([number])).hexdigest()}") for number, line in enumerate(lines))


@given(files())
def test_buildkit_reads_the_same_in_any_file(source: str) -> None:
    expected = read_by_buildkit(source)
    assume(expected is not None)
    assert read_by_us(source) == expected
