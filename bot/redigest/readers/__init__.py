"""Which reader reads which file: the one table of formats."""

import importlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import translate
from typing import Protocol

from redigest.document import Note, Spot
from redigest.text import Text


class Reader(Protocol):
    """Says of each digest in a text what it stands in."""

    def __call__(self, text: Text, digests: Sequence[int], /) -> Iterator[Spot | Note]:
        """Yield spots for `digests`, which are ascending indexes in `text`, and notes. May raise `readers.nodes.Unreadable`."""
        ...


@dataclass(frozen=True, slots=True)
class Format:
    """How files of one format are read, and how they are told from others: by patterns for their names, in lower case, or by a program in a first line `#!`."""

    reader: Reader
    files: tuple[str, ...]
    programs: tuple[str, ...] = ()


def _reader(module: str, name: str = "read", *first: str) -> Reader:
    """The function `name` of a module, which is imported when it is called: few trees have files of many formats."""

    def read(text: Text, digests: Sequence[int], /) -> Iterator[Spot | Note]:
        found: Iterator[Spot | Note] = getattr(importlib.import_module(f"redigest.readers.{module}"), name)(*first, text, digests)
        return found

    return read


def _source(language: str, files: str, programs: str = "") -> Format:
    return Format(_reader("sources.reader", "read", language), tuple(files.split()), tuple(programs.split()))


FORMATS: dict[str, Format] = {
    "yaml": Format(_reader("yaml"), ("*.yaml", "*.yml", "*.bu", "kustomization", "image-references")),
    "json": Format(_reader("json"), ("*.json", "*.jsonc", "*.json5", "*.jsonl", "*.ndjson", "*.ign")),
    "dockerfile": Format(
        _reader("dockerfile"),
        (
            "dockerfile",
            "earthfile",
            "dockerfile.*",
            "dockerfile-*",
            "*.dockerfile",
            "*.dockerfile.*",
            "containerfile",
            "containerfile.*",
            "containerfile-*",
            "*.containerfile",
            "*.containerfile.*",
        ),
    ),
    "dotenv": Format(_reader("dotenv"), ("*.env", ".env.*", "*.conf")),
    "properties": Format(_reader("properties"), ("*.properties",)),
    "toml": _source("toml", "*.toml pipfile"),
    "hcl": _source("hcl", "*.hcl *.tf *.tfvars *.tofu *.nomad"),
    "shell": _source("shell", "*.sh *.bash *.zsh *.ksh *.bats .bashrc .profile .envrc justfile *.just pkgbuild apkbuild", "sh bash dash ash zsh ksh bats"),
    "powershell": _source("powershell", "*.ps1 *.psm1 *.psd1", "pwsh powershell"),
    "python": _source("python", "*.py *.pyi *.pyw sconstruct", "python"),
    "starlark": _source("starlark", "*.bzl *.bazel *.star *.sky build workspace tiltfile buck"),
    "go": _source("go", "*.go go.mod"),
    "javascript": _source("javascript", "*.js *.mjs *.cjs *.jsx *.ts *.mts *.cts *.tsx", "node deno bun"),
    "groovy": _source("groovy", "*.groovy *.gradle jenkinsfile jenkinsfile.* *.jenkinsfile", "groovy"),
    "java": _source("java", "*.java *.proto"),
    "scala": _source("scala", "*.scala"),
    "kotlin": _source("kotlin", "*.kt *.kts"),
    "c": _source("c", "*.c *.h *.cc *.cpp *.cxx *.hpp *.m"),
    "swift": _source("swift", "*.swift"),
    "jsonnet": _source("jsonnet", "*.jsonnet *.libsonnet"),
    "cue": _source("cue", "*.cue"),
    "dhall": _source("dhall", "*.dhall"),
    "php": _source("php", "*.php", "php"),
    "csharp": _source("csharp", "*.cs *.csx"),
    "rust": _source("rust", "*.rs"),
    "ruby": _source("ruby", "*.rb *.rake *.gemspec rakefile vagrantfile gemfile fastfile brewfile", "ruby"),
    "lua": _source("lua", "*.lua", "lua"),
    "sql": _source("sql", "*.sql"),
    "xml": _source("xml", "*.xml *.csproj *.fsproj *.vbproj *.props *.targets"),
    "template": Format(_reader("lines"), ("*.tpl", "*.gotmpl", "*.tmpl", "*.j2")),
    "prose": Format(
        _reader("plain", "read_prose"), ("*.md", "*.markdown", "*.mdx", "*.rst", "*.adoc", "*.asciidoc", "*.html", "*.htm", "readme*", "changelog*", "license*")
    ),
    "make": Format(_reader("make"), ("makefile", "makefile.*", "gnumakefile", "*.mk", "*.mak"), ("make",)),
    "ini": Format(
        _reader("ini"),
        (
            *("*.ini", "*.cfg", ".gitconfig", "hosts", "hosts[._-]*", "inventory", "inventory[._-]*", "*.inventory"),
            *("*.container", "*.pod", "*.kube", "*.image", "*.build", "*.volume", "*.network", "*.service", "*.timer", "*.socket"),
        ),
    ),
    "list": Format(_reader("plain", "read_list"), ("*images*", "*image-list*", "*image_list*", "image", "mapping.txt")),
    "plain": Format(_reader("plain"), ("*",)),
}
"""Formats by name. The first pattern that fits the last part of a path decides, whatever the case of its letters; those with an open end come last."""

_PATTERNS = re.compile("|".join(f"(?P<{name}>{'|'.join(map(translate, form.files))})" for name, form in FORMATS.items()))
_PROGRAM = re.compile(r"#![ \t]*+(?:\S*/|)?+(?:env[ \t]++(?:-\S*+[ \t]++|)*+)?(?P<program>[a-z]++)")
_MANIFEST = re.compile(r"#cloud-config\b|(?:#[^\r\n]*+[\r\n]++|---[ \t]*+[\r\n]++|)*+(?:apiVersion|kind):[ \t]")
_PROGRAMS = {program: name for name, form in FORMATS.items() for program in form.programs}
_COPY = re.compile(r"(?P<name>.+)\.(?:example|sample|dist|template|in)")
_TEMPLATE = re.compile(r"(?P<name>.+)\.(?:tpl|gotmpl|tmpl|j2|jinja2?|erb)")
_READ_AS_TEMPLATE = frozenset({"yaml", "json", "plain", "template"})
"""Formats whose templates have a shape that the reader of templates knows, or none; the templates of others are read like what they make."""


START = 100
"""Characters at the beginning of a text that may tell its format."""


def format_of(path: str, start: str = "") -> str:
    """The name of the format of a file, told by the first `START` characters where they name a program, else by the last part of its path."""
    name = path.rpartition("/")[2].lower()
    if copy := _COPY.fullmatch(name):
        name = copy["name"]
    if template := _TEMPLATE.fullmatch(name):
        made = _named(template["name"])
        return "template" if made in _READ_AS_TEMPLATE else made
    found = of_program(start) or _named(name)
    return "yaml" if found == "plain" and _MANIFEST.match(start) else found


def of_program(start: str) -> str | None:
    """The name of the format that a first line `#!` tells; `None` where there is none, or none for its program."""
    program = _PROGRAM.match(start)
    return _PROGRAMS.get(program["program"]) if program else None


def _named(name: str) -> str:
    match = _PATTERNS.match(name)
    return (match.lastgroup if match else None) or "plain"
