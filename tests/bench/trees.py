"""Trees of files to measure on, like real ones in names, sizes and text; the same seed gives the same tree."""

import os
import random
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

Place = tuple[int, str, str]
"""How many of a hundred files stand in such folders, the pattern of the folders' names, and the suffix of the files."""

_SOURCES: tuple[Place, ...] = (
    (80, "vendor/github.com/{a}/{b}", ".go"),
    (9, "pkg/{a}/{b}", ".go"),
    (4, "config/{a}/{b}", ".yaml"),
    (3, "docs/{a}", ".md"),
    (1, "assets/{a}", ".json"),
    (1, "hack/{a}", ".sh"),
    (1, ".github/{a}", ".yaml"),
    (1, "images/{a}", ".png"),
)
_MANIFESTS: tuple[Place, ...] = (
    (75, "clusters/{a}/{b}", ".yaml"),
    (10, "catalog/{a}/{b}", ".json"),
    (8, "docs/{a}", ".md"),
    (4, "scripts/{a}", ".sh"),
    (3, "controllers/{a}", ".go"),
)
_FILES_OF_A_FOLDER = 6


@dataclass(frozen=True, slots=True)
class Kind:
    """What a tree is made of: all its files, the files among them that hold digests, and how many digests these hold together.

    `size` is the number of bytes in the files without a digest, and `places` say where they stand. `distinct` of them have a content of their own, the
    others repeat one of these. Of the files with digests, manifests of operators have `manifest` bytes.
    """

    files: int
    distinct: int
    size: int
    places: tuple[Place, ...]
    holding: int
    digests: int
    manifest: int = 40_000

    def scaled(self, *, files: int | None, digests: int | None) -> "Kind":
        """The same kind of tree with another number of files or of digests; `None` leaves the number as it is.

        Without a number of digests it goes along with that of the files.
        """
        files = self.files if files is None else files
        digests = max(1, self.digests * files // self.files) if digests is None else digests
        holding = min(files, -(-self.holding * digests // self.digests))
        return replace(
            self, files=files, distinct=-(-self.distinct * files // self.files), size=self.size * files // self.files, holding=holding, digests=digests
        )


KINDS = {
    "clean": Kind(files=30_000, distinct=30_000, size=300_000_000, places=_SOURCES, holding=15, digests=60),
    "monorepo": Kind(files=80_000, distinct=21_500, size=2_070_000_000, places=_MANIFESTS, holding=1_800, digests=60_000, manifest=800_000),
    "operators": Kind(files=400, distinct=300, size=8_000_000, places=_MANIFESTS, holding=60, digests=2_400, manifest=1_000_000),
}
"""Numbers and bytes are those of real trees: `clean` of openshift/hive, `monorepo` of redhat-openshift-ecosystem/community-operators-prod.

The manifests of `operators` are as large as they get.
"""


def write(root: Path, kind: Kind, *, seed: int) -> None:
    """Write a tree into a folder that is new or empty. Raises `OSError`."""
    chance = random.Random(seed)
    made: set[Path] = set()
    for path, content in chain(_with_digests(chance, kind), _without_digests(chance, kind)):
        file = root / path
        if file.parent not in made:
            file.parent.mkdir(parents=True, exist_ok=True)
            made.add(file.parent)
        file.write_bytes(content)


def commit(root: Path) -> None:
    """Make a repository of the tree, with all files in one commit and all objects in one pack. Raises `subprocess.CalledProcessError`."""
    settings = ("user.name=bench", "user.email=bench@example.com", "gc.auto=0", "core.looseCompression=1", "pack.compression=1")
    flags = [part for setting in settings for part in ("-c", setting)]
    environment = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "Begin"], ["repack", "-adq", "--window=0"]):
        subprocess.run(["git", *flags, *command], cwd=root, env=environment, check=True)


_VOCABULARY = """
    access admin agent api bundle cache catalog channel client cluster config console controller core data deploy digest event export feature
    fetch file filter gateway group handler image index ingress job key label layer lease list log manager map metric mirror mode monitor name
    network node object operator option patch path plan policy pool port profile proxy queue registry release replica resource role route rule
    scope secret server service source stage state status storage store stream sync tag task team test token trace tree type user value version
    volume watch worker zone
"""
_WORDS = tuple(_VOCABULARY.split())
_LINES = {
    ".go": (
        "// {A}{B} gives the {c} of the {d}, and waits for {e} where there is none.",
        "func (r *{A}) {B}{C}(ctx context.Context, {d} *{B}) ({C}, error) {{",
        "\tif err := r.{b}.{C}(ctx, {d}, {n}); err != nil {{",
        '\t\treturn fmt.Errorf("{a} {b} of %s: %w", {d}.{C}, err)',
        "\t}}",
        '\t{a}{B} := map[string]string{{"{c}": "{d}-{n}", "{e}": {A}}}',
        "",
    ),
    ".yaml": (
        "  {a}: {b}",
        "    {a}{B}: {n}",
        "  - name: {a}-{b}",
        "    image: registry.example/{a}/{b}:v{n}",
        "    description: The {a} of the {b} {c}, with a {d} for each {e}",
        "# {a} {b} {c} {d}",
        "---",
    ),
    ".md": ("## {A} {b}", "", "The {a} of a {b} is a `{c}`, unless its {d} has a [{e}](https://example.com/{a}/{b}).", "* `{a}.{b}`: {c} {d} {e}"),
    ".json": ('    "{a}{B}": "{c} {d} {e}",', '    "{a}": {{"{b}": {n}, "{c}": [{n}, "{d}"]}},', "    }},"),
    ".sh": ('if [[ -n "${{{a}:-}}" ]]; then', "  {a}_{b}=$({c} --{d} {e} | sort -u)", "fi", "# {a} the {b}"),
}
"""The lines of files without a digest. They stand there in no order, for nothing parses such files."""

_RARE = "# the sha256 sums of {a} and {b} at commit {n:040x}"
"""Once in each text: of the files of openshift/hive without a digest, one in two hundred names the algorithm."""

_TEXT_LENGTH = 1 << 19


def _without_digests(chance: random.Random, kind: Kind) -> Iterator[tuple[str, bytes]]:
    count = kind.files - kind.holding
    weights = [chance.lognormvariate(0, 1.2) for _ in range(min(count, kind.distinct))]
    repeated = chance.choices(range(len(weights)), k=count - len(weights)) if weights else []
    contents = [*range(len(weights)), *repeated]
    unit = kind.size / sum((weights[content] for content in contents), start=1e-9)
    begins = [chance.randrange(_TEXT_LENGTH) for _ in weights]
    texts = {suffix: _text(chance, suffix) for _, _, suffix in kind.places}
    places = chance.choices(kind.places, [share for share, _, _ in kind.places], k=len(weights))
    for number, content in enumerate(contents):
        share, folder, suffix = places[content]
        index = chance.randrange(1 + count * share // 100 // _FILES_OF_A_FOLDER)
        path = folder.format(a=_WORDS[index % len(_WORDS)], b=_WORDS[index // len(_WORDS) % len(_WORDS)])
        yield f"{path}/{_WORDS[number % len(_WORDS)]}_{number}{suffix}", _slice(texts[suffix], begins[content], int(weights[content] * unit))


def _text(chance: random.Random, suffix: str) -> bytes:
    """Some more characters than a text has at least; noise for a suffix that has no lines."""
    if suffix not in _LINES:
        return chance.randbytes(_TEXT_LENGTH)
    lines = [_filled(chance, _RARE)]
    length = 0
    while length < _TEXT_LENGTH:
        lines.append(_filled(chance, chance.choice(_LINES[suffix])))
        length += len(lines[-1]) + 1
    return "\n".join(lines).encode()


def _slice(text: bytes, begin: int, size: int) -> bytes:
    """The text from an offset on, begun anew as often as it takes."""
    return (text * (1 + (begin + size) // len(text)))[begin : begin + size] if begin + size > len(text) else text[begin : begin + size]


def _filled(chance: random.Random, line: str) -> str:
    a, b, c, d, e = chance.choices(_WORDS, k=5)
    return line.format(a=a, b=b, c=c, d=d, e=e, A=a.title(), B=b.title(), C=c.title(), n=chance.randrange(10_000))


@dataclass(frozen=True, slots=True)
class _Form:
    """A document that holds digests: sections, each with its beginning and what it has for each of its images, and a line to fill it up with."""

    path: str
    sections: tuple[tuple[str, str], ...]
    filler: str = ""
    share: int = 1
    """How many times as many digests stand in it as in others."""


_BUNDLE = _Form(
    "operators/acme-{}/manifests/acme.clusterserviceversion.yaml",
    (
        (
            """\
apiVersion: operators.coreos.com/v1alpha1
kind: ClusterServiceVersion
metadata:
  name: acme
spec:
  install:
    strategy: deployment
    spec:
      deployments:
      - name: acme
        spec:
          template:
            spec:
              containers:
              - name: manager
                env:
""",
            "                - name: RELATED_IMAGE_{number}\n                  value: {name}@{digest}\n",
        ),
        ("  relatedImages:\n", "  - name: {short}-{number}\n    image: {name}@{digest}\n"),
        ("  customresourcedefinitions:\n    owned:\n    - kind: Acme\n      name: acmes.example.com\n      specDescriptors:\n", ""),
    ),
    "      - displayName: {A} {b}\n        path: {a}.{b}\n        description: |\n" + 6 * "          The {a} of the {b} {c}, with a {d} for each {e}.\n",
    share=10,
)
_DEPLOYMENT = """\
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {short}-{number}
spec:
  replicas: 2
  template:
    metadata:
      labels: {{app: {short}}}
    spec:
      containers:
      - name: {short}
        image: {name}@{digest}
        ports:
        - containerPort: 8080
"""
_TASK = "apiVersion: tekton.dev/v1\nkind: Task\nmetadata:\n  name: acme\nspec:\n  steps:\n"
_VALUES = "{short}{number}:\n  image:\n    registry: {registry}\n    repository: {repository}\n    digest: {digest}\n"
_FORMS = (
    _BUNDLE,
    _Form("deploy/acme-{}.yaml", (("", _DEPLOYMENT),)),
    _Form("tekton/task-{}.yaml", ((_TASK, "  - name: {short}-{number}\n    image: {name}@{digest}\n    script: make {short}\n"),)),
    _Form("charts/acme-{}/values.yaml", (("replicas: 2\n", _VALUES),)),
    _Form("build/{}/Dockerfile", (("", "FROM {name}@{digest} AS stage-{number}\nRUN make {short}\n"),)),
    _Form("docs/release-{}.md", (("# Images\n\n", "* `{name}@{digest}`\n"),)),
)
_PLACES_OF_AN_IMAGE = 7
"""How often an image stands in a tree, on average."""


def _with_digests(chance: random.Random, kind: Kind) -> Iterator[tuple[str, bytes]]:
    images = [_image(chance) for _ in range(1 + kind.digests // _PLACES_OF_AN_IMAGE)]
    forms = [_FORMS[number % len(_FORMS)] for number in range(kind.holding)]
    rest = chance.choices(range(kind.holding), [form.share for form in forms], k=kind.digests - kind.holding) if forms else []
    held = Counter(chain(range(kind.holding), rest))
    for number, form in enumerate(forms):
        yield form.path.format(number), _document(chance, form, chance.choices(images, k=held[number]), kind.manifest).encode()


def _image(chance: random.Random) -> dict[str, str]:
    team, name, part = chance.choices(_WORDS, k=3)
    registry = chance.choice(("registry.redhat.io", "registry.access.redhat.com", "quay.io", "mirror.example:5000"))
    short = f"{name}-{part}"
    digest = f"sha256:{chance.randbytes(32).hex()}"
    return {"registry": registry, "repository": f"{team}/{short}", "name": f"{registry}/{team}/{short}", "short": short, "digest": digest}


def _document(chance: random.Random, form: _Form, images: Sequence[dict[str, str]], size: int) -> str:
    """The text of a form with its images, dealt out to those sections that take them, filled up to `size` characters where it has a filler."""
    taking = sum(bool(item) for _, item in form.sections)
    parts: list[str] = []
    for index, (begin, item) in enumerate(form.sections):
        parts.append(begin)
        if item:
            parts += (item.format(number=number, **image) for number, image in enumerate(images[index::taking]))
    length = sum(map(len, parts))
    while form.filler and length < size:
        parts.append(_filled(chance, form.filler))
        length += len(parts[-1])
    return "".join(parts)
