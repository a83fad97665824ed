"""Whatever single byte is changed besides the swaps, the check sees it."""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redigest.find import find
from redigest.model import Decision, Edit, Sighting, Standing
from redigest.plan import make_plan, question_of
from redigest.resolve import resolve
from redigest.verification.lines import compare
from tests.run.bot import deployment
from tests.samples import ETCD, IMAGES, RULES, STRANGER, TOOLS, WEB, Known
from tests.verify.checking import NOTE, Case, replaced

FILES = {
    "web.yaml": deployment(ETCD, TOOLS, STRANGER) + NOTE,
    "crlf.yaml": b"\xef\xbb\xbf" + deployment(ETCD).replace(b"\n", b"\r\n"),
    "one-line.json": f'{{"image": "{ETCD.before}", "images": ["{TOOLS.before}", "{WEB.after}"], "é": "é"}}'.encode(),
    "Dockerfile": f"FROM {ETCD.before}\nRUN echo {TOOLS.before}".encode(),
}


def decisions(path: str) -> tuple[Decision, ...]:
    sightings = find(path, FILES[path], RULES).sightings
    questions = [question for sighting in sightings if (question := question_of(sighting)) is not None]
    return make_plan(sightings, resolve(questions, [Known(*IMAGES)])).decisions


PLANS = {path: decisions(path) for path in FILES}


@pytest.mark.parametrize("path", FILES)
def test_sees_every_byte_that_is_changed_added_or_taken_away(path: str) -> None:
    new = replaced(FILES[path], IMAGES)
    assert compare(path, FILES[path], new, PLANS[path]).violations == ()
    for index in range(len(new) + 1):
        spoilt = [new[:index] + b"\0" + new[index:], new[:index] + b"\n" + new[index:]]
        if index < len(new):
            spoilt += [new[:index] + bytes([new[index] ^ bit]) + new[index + 1 :] for bit in (1, 32, 128)]
            spoilt.append(new[:index] + new[index + 1 :])
        for content in spoilt:
            found = compare(path, FILES[path], content, PLANS[path])
            assert found.violations, (index, content[max(0, index - 20) : index + 20])
            assert all(violation.line >= 1 and violation.column >= 1 for violation in found.violations)


SPOILT: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "every digest is another": (lambda line: line.replace(ETCD.old.hex.encode(), STRANGER.new.hex.encode()), "and 19,900 more violations in this file"),
    "the last digest is gone": (lambda line: line.removesuffix(f"@{ETCD.old} ".encode()) + b" ", f"{ETCD.old} was taken away"),
    "the last byte is gone": (lambda line: line[:-1], "the line has another length"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_takes_no_longer_than_in_proportion_for_one_line(name: str) -> None:
    spoil, words = SPOILT[name]
    reference = f"{ETCD.before} "
    line = reference.encode() * 20_000
    offset = len(ETCD.before) - 64
    found = [
        Sighting("a", start + offset, 1, start + offset + 1, str(ETCD.old), ETCD.old, None, "", ETCD.name, None, Standing.LIVE)
        for start in range(0, len(line), len(reference))
    ]
    plan = [Decision(sighting, ETCD.swap, Edit(sighting.offset, ETCD.old, ETCD.new), None) for sighting in found]
    before = time.process_time()
    violations = compare("a", line, spoil(line), plan).violations
    assert time.process_time() - before < 3
    assert violations[-1].message.startswith(words)


edits = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 3), st.binary(max_size=3)), min_size=1, max_size=4)


@given(st.sampled_from(sorted(FILES)), edits, st.sets(st.sampled_from(IMAGES)))
def test_passes_exactly_what_is_made_of_swaps(path: str, changes: list[tuple[int, int, bytes]], images: set[object]) -> None:
    """A file passes if and only if taking the swaps back gives the old file."""
    old = FILES[path]
    content = replaced(old, tuple(image for image in IMAGES if image in images))
    for at, length, inserted in changes:
        content = content[:at] + inserted + content[at + length :]
    found = compare(path, old, content, PLANS[path])
    back = content
    for decision in found.made:
        assert decision.edit is not None
        start = decision.edit.offset
        back = back[:start] + decision.edit.before + back[start + len(decision.edit.after) :]
    assert (back == old) == (found.violations == ())


@pytest.mark.needs("git")
@settings(max_examples=15)
@given(st.data())
def test_sees_it_in_a_commit_too(data: st.DataObject) -> None:
    good = {path: replaced(content, (ETCD, TOOLS, WEB)) for path, content in FILES.items()}
    path = data.draw(st.sampled_from(sorted(good)))
    index = data.draw(st.integers(0, len(good[path]) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != good[path][index]))
    with TemporaryDirectory() as folder:
        case = Case.of(Path(folder), FILES)
        case.commit({**good, path: good[path][:index] + bytes([byte]) + good[path][index + 1 :]})
        checked = case.verify()
    assert checked.code == 1
    assert [line for line in checked.lines if line.startswith(f"{path}:")], checked.text
