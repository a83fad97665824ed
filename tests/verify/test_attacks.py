"""Whoever controls the branch cannot get anything else through: each attack fails, with a line that says where and what."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.clones.remotes import Content
from tests.run.bot import deployment
from tests.samples import ETCD, STRANGER, TOOLS, WEB, digest
from tests.verify.checking import BASE, NOTE, Case, replaced, swapped

pytestmark = pytest.mark.needs("git")

GOOD = swapped(BASE, ETCD, TOOLS, WEB)
WEB_PATH = "k8s/web.yaml"
GOOD_WEB = replaced(deployment(ETCD, TOOLS) + NOTE, (ETCD, TOOLS))
FORGED = digest("forged")


def without(path: str, files: Mapping[str, Content] = GOOD) -> dict[str, Content]:
    return {name: content for name, content in files.items() if name != path}


def web(old: bytes | str, new: bytes | str) -> dict[str, Content]:
    """The honest range with one more change in one file."""
    before, after = (part.encode() if isinstance(part, str) else part for part in (old, new))
    assert before in GOOD_WEB
    return {**GOOD, WEB_PATH: GOOD_WEB.replace(before, after)}


def text(path: str, files: Mapping[str, Content] = GOOD) -> bytes:
    content = files[path]
    held = content[1] if isinstance(content, tuple) else content
    return held.encode() if isinstance(held, str) else held


def at(path: str, needle: str, files: Mapping[str, Content] = BASE) -> str:
    """Where something stands first, as the lines of violations begin; all of it is ASCII."""
    data = text(path, files)
    index = data.index(needle.encode())
    return f"{path}:{data.count(NEWLINE, 0, index) + 1}:{index - data.rfind(NEWLINE, 0, index)}"


NEWLINE = b"\n"
OTHER = "something other than a digest that may be swapped was changed"

ATTACKS: Mapping[str, tuple[Mapping[str, Content], str]] = {
    # other digests
    "a digest that the mapping does not give": (
        web(ETCD.new.hex, FORGED.hex),
        f"{at(WEB_PATH, ETCD.old.hex)}: {ETCD.old} became {FORGED}, and the evidence gives {ETCD.new}",
    ),
    "the digest of another image": (
        web(ETCD.new.hex, TOOLS.new.hex),
        f"{at(WEB_PATH, ETCD.old.hex)}: {ETCD.old} became {TOOLS.new}, and the evidence gives {ETCD.new}",
    ),
    "upper-case digits": (web(ETCD.new.hex, ETCD.new.hex.upper()), f"{at(WEB_PATH, ETCD.old.hex)}: {ETCD.old} became sha256:{ETCD.new.hex.upper()}, and"),
    "an image that nothing is known of": (
        {**GOOD, "k8s/stranger.yaml": deployment(STRANGER).replace(STRANGER.old.hex.encode(), STRANGER.new.hex.encode())},
        f"{at('k8s/stranger.yaml', STRANGER.old.hex)}: {STRANGER.old} became {STRANGER.new} without evidence: no source of evidence knows this digest",
    ),
    "back to schema 1": (
        {**GOOD, "k8s/done.yaml": deployment(WEB)},
        f"{at('k8s/done.yaml', WEB.new.hex)}: {WEB.new} became {WEB.old}, and the old digest needs no swap",
    ),
    "a schema 2 digest for another one": (
        {**GOOD, "k8s/done.yaml": deployment(WEB).replace(WEB.old.hex.encode(), FORGED.hex.encode())},
        f"{at('k8s/done.yaml', WEB.new.hex)}: {WEB.new} became {FORGED}, and the old digest needs no swap",
    ),
    # places
    "a comment": (web(TOOLS.old.hex, TOOLS.new.hex), f"k8s/web.yaml:13:45: {TOOLS.old} became {TOOLS.new} in a place that is to be left alone: a comment"),
    "prose": (
        {**GOOD, "README.md": text("README.md").replace(ETCD.old.hex.encode(), ETCD.new.hex.encode())},
        f"{at('README.md', ETCD.old.hex)}: {ETCD.old} became {ETCD.new} in a place that is to be left alone: prose",
    ),
    "a generated file": (
        {**GOOD, "made/web.yaml": text("made/web.yaml").replace(WEB.old.hex.encode(), WEB.new.hex.encode())},
        f"{at('made/web.yaml', WEB.old.hex)}: {WEB.old} became {WEB.new} in a place that is to be left alone: the file is marked as generated",
    ),
    "a generated file whose mark was taken away": (
        {**GOOD, "made/web.yaml": text("made/web.yaml").replace(WEB.old.hex.encode(), WEB.new.hex.encode()), ".gitattributes": ""},
        f"{at('made/web.yaml', WEB.old.hex)}: {WEB.old} became {WEB.new} in a place that is to be left alone: the file is marked as generated",
    ),
    "a workflow": (
        {**GOOD, ".github/workflows/test.yaml": text(".github/workflows/test.yaml").replace(WEB.old.hex.encode(), WEB.new.hex.encode())},
        f"{at('.github/workflows/test.yaml', WEB.old.hex)}: {WEB.old} became {WEB.new} in a place that is to be left alone: a workflow file of GitHub Actions",
    ),
    # what must move together
    "one place of two": (
        {**GOOD, "k8s/again.yaml": BASE["k8s/again.yaml"]},
        f"{at('k8s/again.yaml', ETCD.old.hex)}: {ETCD.old} stayed here and was changed at k8s/web.yaml:10",
    ),
    "a place in another file with CRLF": (
        {**GOOD, "k8s/crlf.yaml": BASE["k8s/crlf.yaml"]},
        f"{at('k8s/crlf.yaml', TOOLS.old.hex)}: {TOOLS.old} stayed here and was changed at a\\xff\\x0ab.yaml:10",
    ),
    # other bytes
    "a tag": (web("name: c0", "name: c9"), f"k8s/web.yaml:9:18: {OTHER}"),
    "the name of the image": (web("rhel7/etcd", "rhel7/evil"), f"{at(WEB_PATH, 'tcd')}: {OTHER}"),
    "a registry of the same length": (web("registry.redhat.io/rhel7/etcd", "registry.redhat.co/rhel7/etcd"), f"k8s/web.yaml:10:34: {OTHER}"),
    "the algorithm": (web(str(ETCD.new), f"sha512:{ETCD.new.hex}"), f"{at(WEB_PATH, '256:')}: {OTHER}"),
    "a byte behind the digest": (web(ETCD.new.hex, f"{ETCD.new.hex} "), "k8s/web.yaml:10:119: the line has another length"),
    "a digest that was taken away": (web(f"@{ETCD.new}", ""), f"{at(WEB_PATH, '@')}: {ETCD.old} was taken away, which is allowed with --unpin only"),
    "a line at the end": (web(NOTE, NOTE + b"evil: true\n"), "k8s/web.yaml:14:1: the file has other lines from here on, 1 line added in all"),
    "a line in the middle": (
        web("spec:\n  template", "spec:\n  replicas: 9\n  template"),
        "k8s/web.yaml:6:3: the file has other lines from here on, 1 line added",
    ),
    "a line that is gone": (web(NOTE, b""), "k8s/web.yaml:13:1: the file has other lines from here on, 1 line taken away in all"),
    "no line end at the end": (web(NOTE, NOTE.rstrip()), "k8s/web.yaml:13:1: the file has other lines from here on, 1 line taken away in all"),
    "two lines in the place of two": (web("metadata:\n  name: web", "metadata: {}\nname: web"), "k8s/web.yaml:3:10: the line has another length"),
    "other line ends": ({**GOOD, "k8s/crlf.yaml": text("k8s/crlf.yaml").replace(b"\r\n", b"\n")}, "k8s/crlf.yaml:1:20: the line has another length"),
    "a lone carriage return": (web("metadata:\n", "metadata\r\n"), f"k8s/web.yaml:3:9: {OTHER}"),
    "a byte order mark": (web("apiVersion", b"\xef\xbb\xbfapiVersion"), "k8s/web.yaml:1:1: the line has another length"),
    "a zero byte": (web("kind: D", "kind: \0"), f"k8s/web.yaml:2:7: {OTHER}"),
    "an empty file": ({**GOOD, WEB_PATH: b""}, "k8s/web.yaml:1:1: the file has other lines from here on, 13 lines taken away in all"),
    "a huge file": ({**GOOD, WEB_PATH: GOOD_WEB + b"#" * (2 << 20)}, "k8s/web.yaml:1:1: the file has 2,09"),
    # files
    "a file that is new": ({**GOOD, "evil.sh": "evil\n"}, "evil.sh:1:1: a file was added"),
    "a folder that is new": ({**GOOD, "evil/deep/er.sh": "evil\n"}, "evil:1:1: a folder was added"),
    "a file that is gone": (without("k8s/done.yaml"), "k8s/done.yaml:1:1: a file was deleted"),
    "a file with another name": ({**without(WEB_PATH), "k8s/web.yml": GOOD_WEB}, "k8s/web.yml:1:1: a file was added"),
    "a name in another case": ({**without(WEB_PATH), "k8s/Web.yaml": GOOD_WEB}, "k8s/Web.yaml:1:1: a file was added"),
    "a file that can be executed": ({**GOOD, WEB_PATH: ("100755", GOOD_WEB)}, "k8s/web.yaml:1:1: the mode was changed from 100644 to 100755"),
    "a file that cannot be executed any more": ({**GOOD, "run.sh": text("run.sh")}, "run.sh:1:1: the mode was changed from 100755 to 100644"),
    "a link in the place of a file": ({**GOOD, WEB_PATH: ("120000", "/etc/passwd")}, "k8s/web.yaml:1:1: a file became a symbolic link"),
    "a file in the place of a link": ({**GOOD, "link": "README.md"}, "link:1:1: a symbolic link became a file"),
    "a link that leads elsewhere": ({**GOOD, "link": ("120000", "run.sh")}, "link:1:1: a symbolic link leads elsewhere"),
    "a link whose target holds a digest": ({**GOOD, "link": ("120000", ETCD.after)}, "link:1:1: a symbolic link leads elsewhere"),
    "another commit of a submodule": ({**GOOD, "modules/one": ("160000", "2" * 40)}, "modules/one:1:1: a submodule leads elsewhere"),
    "a submodule in the place of a file": ({**GOOD, WEB_PATH: ("160000", "2" * 40)}, "k8s/web.yaml:1:1: a file became a submodule"),
    "a file in the place of a folder": ({**{n: c for n, c in GOOD.items() if not n.startswith("k8s/")}, "k8s": "evil\n"}, "k8s:1:1: a folder became a file"),
    "a submodule that git is told to leave out": (
        {**GOOD, "modules/one": ("160000", "2" * 40), ".gitmodules": '[submodule "one"]\npath = modules/one\nurl = x\nignore = all\n'},
        "modules/one:1:1: a submodule leads elsewhere",
    ),
    # what the check goes by
    "its own attributes": ({**GOOD, ".gitattributes": "made/* linguist-generated\n* -diff\n"}, ".gitattributes:2:1: the file has other lines from here on"),
    "its own exceptions": ({**GOOD, ".redigest.yaml": "paths:\n  exclude: ['**']\n"}, ".redigest.yaml:1:1: a file was added"),
    "its own configuration": ({**GOOD, "redigest.yaml": "mentions: true\n"}, "redigest.yaml:1:1: a file was added"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_fails(name: str, tmp_path: Path) -> None:
    files, line = ATTACKS[name]
    case = Case.of(tmp_path)
    case.commit(files)
    checked = case.verify()
    assert checked.code == 1
    assert [said for said in checked.lines if said.startswith(line)], checked.text
    assert checked.text.splitlines()[-1].endswith(f"does not pass: {len(checked.lines)} violation{'s' if len(checked.lines) > 1 else ''}")
