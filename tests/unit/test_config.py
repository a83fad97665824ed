import json
import re
import subprocess
import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redigest.config import BUILT_IN_FORGES, Config
from redigest.config_file import load, schema
from redigest.errors import UsageError
from redigest.model import EvidenceKind

EVERY_KEY = """\
mapping: [schema1.csv.gz, https://files.example/schema1.csv]
forges:
  - name: corp
    kind: gitlab
    url: https://gitlab.corp.example/
    git-url: https://git.corp.example
    ssh-key-file: id_ed25519
    known-hosts: hosts
    token-env: CORP_TOKEN
    ca-bundle: corp-ca.pem
    write-pause: 0.5
  - name: ghe
    kind: github
    url: https://ghe.example/api/v3
    app: {id: 12345, key-file: app.pem}
repositories:
  - {forge: github, name: acme/deploy, branches: [main, "release-*"]}
  - {forge: github, owner: acme, topic: gitops, include: ["acme/*"], exclude: ["acme/sandbox-*"], archived: false, forks: false}
  - {forge: corp, group: platform, subgroups: true}
  - {path: ../monorepo}
registries:
  - {host: "registry.corp.example:5000", plain-http: false, ca-bundle: corp-ca.pem, token-realms: [auth.corp.example]}
mirrors:
  - {prefix: mirror.corp.example/redhat, upstream: registry.redhat.io}
  - {file: cluster/idms.yaml}
catalog: https://catalog.redhat.com/api/containers/v1
manifests: [saved]
registry-config: pull-secret.json
accept: [tag]
unpin: true
rules: [rules/]
paths: {include: ["**"], exclude: ["vendor/**"], generated: true, workflows: true}
mentions: true
proposals:
  branch: redigest/schema-2
  group-by: image
  folder-depth: 2
  title: null
  labels: [redigest, größer]
  reviewers: [ann]
  assignees: [ben]
  milestone: "4.12"
  draft: true
  auto-merge: true
  limit-per-run: 5
  limit-open: 20
  rebuild: behind
  recreate-label: again
commit:
  {name: redigest, email: redigest@users.noreply.example, sign-off: true, sign: ssh, signing-key: key, prefix: "fix:", conventional: false, through-api: true}
cache: ~/.cache/redigest
jobs: 4
"""

TOP_LEVEL_KEYS = [
    *("mapping", "forges", "repositories", "registries", "mirrors", "catalog", "manifests", "registry-config", "accept", "unpin", "rules", "paths", "mentions"),
    *("proposals", "commit", "cache", "jobs"),
]


CA = Path("corp-ca.pem")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def mistakes(content: str | bytes) -> list[str]:
    Path("redigest.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UsageError) as caught:
        load(None)
    lines = str(caught.value).split("\n")
    assert all(line.startswith("redigest.yaml:") for line in lines)
    return [line.removeprefix("redigest.yaml:") for line in lines]


def loaded(text: str) -> Config:
    Path("redigest.yaml").write_text(text)
    return load(None)


def test_reads_every_key(folder: Path) -> None:
    assert loaded(EVERY_KEY).model_dump() == {
        "mapping": (Path("schema1.csv.gz"), "https://files.example/schema1.csv"),
        "forges": (
            {
                "name": "corp",
                "kind": "gitlab",
                "url": "https://gitlab.corp.example",
                "git_url": "https://git.corp.example",
                "ssh_key_file": Path("id_ed25519"),
                "known_hosts": Path("hosts"),
                "token_env": "CORP_TOKEN",
                "app": None,
                "ca_bundle": CA,
                "write_pause": 0.5,
            },
            {
                "name": "ghe",
                "kind": "github",
                "url": "https://ghe.example/api/v3",
                "git_url": None,
                "ssh_key_file": None,
                "known_hosts": None,
                "token_env": None,
                "app": {"id": 12345, "key_file": Path("app.pem")},
                "ca_bundle": None,
                "write_pause": 1.0,
            },
        ),
        "repositories": (
            {"forge": "github", "name": "acme/deploy", "branches": ("main", "release-*")},
            {
                "forge": "github",
                "owner": "acme",
                "branches": (),
                "topic": "gitops",
                "include": ("acme/*",),
                "exclude": ("acme/sandbox-*",),
                "archived": False,
                "forks": False,
            },
            {
                "forge": "corp",
                "group": "platform",
                "subgroups": True,
                "branches": (),
                "topic": None,
                "include": (),
                "exclude": (),
                "archived": False,
                "forks": False,
            },
            {"path": Path("../monorepo"), "branches": ()},
        ),
        "registries": ({"host": "registry.corp.example:5000", "plain_http": False, "ca_bundle": CA, "token_realms": ("auth.corp.example",)},),
        "mirrors": ({"prefix": "mirror.corp.example/redhat", "upstream": "registry.redhat.io"}, {"file": Path("cluster/idms.yaml")}),
        "catalog": "https://catalog.redhat.com/api/containers/v1",
        "manifests": (Path("saved"),),
        "registry_config": Path("pull-secret.json"),
        "accept": (EvidenceKind.TAG,),
        "unpin": True,
        "rules": (Path("rules"),),
        "paths": {"include": ("**",), "exclude": ("vendor/**",), "generated": True, "workflows": True},
        "mentions": True,
        "proposals": {
            "branch": "redigest/schema-2",
            "group_by": "image",
            "folder_depth": 2,
            "title": None,
            "labels": ("redigest", "größer"),
            "reviewers": ("ann",),
            "assignees": ("ben",),
            "milestone": "4.12",
            "draft": True,
            "auto_merge": True,
            "limit_per_run": 5,
            "limit_open": 20,
            "rebuild": "behind",
            "recreate_label": "again",
        },
        "commit": {
            "name": "redigest",
            "email": "redigest@users.noreply.example",
            "sign_off": True,
            "sign": "ssh",
            "signing_key": "key",
            "prefix": "fix:",
            "conventional": False,
            "through_api": True,
        },
        "cache": Path.home() / ".cache/redigest",
        "jobs": 4,
    }


def test_has_defaults_where_there_is_no_file(folder: Path) -> None:
    config = load(None)
    assert config == Config()
    assert config.base == Path()
    assert config.cache == Path.home() / ".cache/redigest"
    assert (config.jobs, config.proposals.labels, config.commit.name, config.paths.include) == (8, ("redigest",), "redigest", ("**",))


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "{}", "---\n{}\n...\n", "\ufeffjobs: 8"])
def test_has_defaults_for_what_the_file_leaves_out(folder: Path, text: str) -> None:
    assert loaded(text) == Config()


def test_resolves_paths_against_the_folder_of_the_file(folder: Path) -> None:
    Path("conf").mkdir()
    file = Path("conf/some.yaml")
    file.write_text(
        "mapping: [a.csv, /abs/b.csv, ~/c.csv, https://files.example/d.csv]\nrules: [own]\ncache: cache\nregistry-config: ../pull.json\n"
        "forges: [{name: g, kind: github, url: https://g.example, ca-bundle: ca.pem, app: {id: 1, key-file: key.pem}}]\n"
        "registries: [{host: r.example, ca-bundle: ca.pem}]\nmirrors: [{file: idms.yaml}]\nrepositories: [{path: .}]\n"
    )
    config = load(file)
    assert config.base == Path("conf")
    assert config.mapping == (Path("conf/a.csv"), Path("/abs/b.csv"), Path.home() / "c.csv", "https://files.example/d.csv")
    assert config.rules == (Path("conf/own"),)
    assert (config.cache, config.registry_config) == (Path("conf/cache"), Path("conf/../pull.json"))
    [forge] = config.forges
    assert forge.app is not None
    assert (forge.ca_bundle, forge.app.key_file) == (Path("conf/ca.pem"), Path("conf/key.pem"))
    assert [entry.ca_bundle for entry in config.registries] == [Path("conf/ca.pem")]
    assert [entry.model_dump() for entry in config.mirrors] == [{"file": Path("conf/idms.yaml")}]
    assert [entry.model_dump() for entry in config.repositories] == [{"path": Path("conf"), "branches": ()}]


def test_follows_aliases(folder: Path) -> None:
    config = loaded("rules: &own [a, b]\nmapping: *own\njobs: &own 3\n")
    assert config.rules == config.mapping == (Path("a"), Path("b"))
    assert config.jobs == 3


@pytest.mark.parametrize(("text", "title"), [("yes", "yes"), ("2020-01-01", "2020-01-01"), ("<<", "<<"), ('"1"', "1"), ("!!str 1", "1"), ("~", None)])
def test_reads_scalars_as_yaml_1_2_does(folder: Path, text: str, title: str | None) -> None:
    assert loaded(f"proposals: {{title: {text}}}").proposals.title == title


def test_knows_two_forges_that_nobody_names(folder: Path) -> None:
    config = load(None)
    github, gitlab = config.forge("github"), config.forge("gitlab")
    assert (github, gitlab) == BUILT_IN_FORGES
    assert (github.kind, github.url, github.token_env) == ("github", "https://api.github.com", "GITHUB_TOKEN")
    assert (gitlab.kind, gitlab.url, gitlab.token_env) == ("gitlab", "https://gitlab.com", "GITLAB_TOKEN")


def test_a_named_forge_takes_the_place_of_one_that_nobody_names(folder: Path) -> None:
    config = loaded("forges: [{name: github, kind: github, url: https://api.github.com, token-env: BOT}]\nrepositories: [{forge: github, owner: a}]")
    assert config.forge("github").token_env == "BOT"


@pytest.mark.parametrize("url", ["http://localhost:8080", "http://127.0.0.1/gl", "http://[::1]:80", "HTTPS://GL.example"])
def test_takes_plain_http_from_loopback_addresses_only(folder: Path, url: str) -> None:
    config = loaded(f'forges: [{{name: here, kind: gitlab, url: "{url}"}}]\nmapping: ["{url}/a.csv?key=1"]')
    assert config.forge("here").url == url
    assert config.mapping == (f"{url}/a.csv?key=1",)


TOP = ", ".join(TOP_LEVEL_KEYS)
FORGE = "name, kind, url, git-url, ssh-key-file, known-hosts, token-env, app, ca-bundle, write-pause"
NOT_HTTPS = "must begin with https://; only a loopback address may do without TLS"
NO_URL = "must be a URL that begins with https://"
TOKEN = "must be the name of an environment variable; what stands here looks like a token, so revoke it if others can read this file"
ONE_OF = "must be a mapping with exactly one of the keys name, owner, group, path"
NO_BRANCH = "must be a valid name of a Git branch and not begin with a hyphen"


def forge(rest: str) -> str:
    return f"forges:\n  - name: corp\n    kind: github\n    {rest}\n"


WRONG_FILES = {
    "not a mapping": ("- mapping", ["1:1: the configuration must be a mapping"]),
    "unknown key": ("jobs: 1\nmappings: []\n", [f"2:1: the key 'mappings' is not known here (did you mean 'mapping'?); known are {TOP}"]),
    "unknown key without a near one": ("x: 1", [f"1:1: the key 'x' is not known here; known are {TOP}"]),
    "merge key, which YAML 1.2 does not have": ("<<: {}", [f"1:1: the key '<<' is not known here; known are {TOP}"]),
    "underscore": (
        forge("url: https://g.example\n    token_env: T"),
        [f"5:5: the key 'token_env' is not known here (did you mean 'token-env'?); known are {FORGE}"],
    ),
    "unknown key below a union": (
        "repositories:\n  - {forge: github, name: a/b, branch: [x]}",
        ["2:32: the key 'branch' is not known here (did you mean 'branches'?); known are forge, branches, name"],
    ),
    "missing keys": ("forges:\n  - token-env: T", [f"2:5: the key '{key}' is missing" for key in ("name", "kind", "url")]),
    "missing key below a union": ("repositories:\n- name: a/b", ["2:3: the key 'forge' is missing"]),
    "key twice": ("jobs: 1\nunpin: true\njobs: 2", ["3:1: the key 'jobs' stands twice, first in line 1"]),
    "every mistake": (
        "jobs: 0\nunpin: 1\nmentions: yes\naccept: tag\npaths: [x]\ncommit: {prefix: 5}\nrules:\nforges: [a]\ncache: []\njobs: 3\nmapping: [1]\n",
        [
            "1:7: jobs must be at least 1",
            "2:8: unpin must be true or false",
            "3:11: mentions must be true or false",
            "4:9: accept must be a list",
            "5:8: paths must be a mapping",
            "6:18: prefix must be a text",
            "7:1: rules must be a list",
            "8:10: an entry of forges must be a mapping",
            "9:8: cache must be a text",
            "10:1: the key 'jobs' stands twice, first in line 1",
            "11:11: an entry of mapping must be a text",
        ],
    ),
    "column in characters": ("{accept: [tag], mapping: [größer.csv, 5]}", ["1:39: an entry of mapping must be a text"]),
    "column after a byte order mark": ("\ufeffjobs: x", ["1:7: jobs must be a whole number"]),
    "place of an alias": ("rules: &a [x, 1]\nmapping: *a", ["1:15: an entry of mapping must be a text", "1:15: an entry of rules must be a text"]),
    "too many jobs": ("jobs: 257", ["1:7: jobs must be at most 256"]),
    "no whole number": ("jobs: 1.5", ["1:7: jobs must be a whole number"]),
    "number in quotes": ("jobs: '3'", ["1:7: jobs must be a whole number"]),
    "number too long to read": (f"jobs: {'9' * 5000}", ["1:7: this is no number in decimal digits"]),
    "hexadecimal number": ("jobs: 0x10", ["1:7: this is no number in decimal digits"]),
    "boolean of YAML 1.1": ("%YAML 1.1\n---\nunpin: yes", ["3:8: this is neither true nor false"]),
    "empty branch": ("proposals: {branch: ''}", [f"1:21: branch {NO_BRANCH}"]),
    "limits": (
        "proposals:\n  limit-per-run: 0\n  limit-open: -1",
        ["2:18: limit-per-run must be at least 1", "3:15: limit-open must be at least 1"],
    ),
    "empty texts": (
        'proposals: {labels: [""], reviewers: [" "], title: ""}\npaths: {include: [""]}',
        [
            "1:22: an entry of labels must not be empty",
            "1:39: an entry of reviewers must not be empty",
            "1:52: title must not be empty",
            "2:19: an entry of include must not be empty",
        ],
    ),
    "two lines": (
        'commit: {prefix: "a\\nb", name: a <b>}',
        ["1:18: prefix must be one line of printable characters", "1:32: name must not hold < or >"],
    ),
    "words": (
        "proposals: {group-by: repo, rebuild: conflict}\ncommit: {sign: pgp}",
        [
            "1:23: group-by cannot be 'repo'; it is one of repository, image, folder",
            "1:38: rebuild cannot be 'conflict' (did you mean 'conflicted'?); it is one of conflicted, behind, never",
            "2:16: sign cannot be 'pgp' (did you mean 'gpg'?); it is one of none, gpg, ssh",
        ],
    ),
    "no word at all": ("commit: {sign: [gpg]}", ["1:16: sign must be one of none, gpg, ssh"]),
    "accept": (
        "accept: [mapping, tags, tag, 3]",
        [
            "1:10: an entry of accept cannot be 'mapping': evidence of this kind is accepted already",
            "1:19: an entry of accept cannot be 'tags' (did you mean 'tag'?); it is one of tag",
            "1:30: an entry of accept must be one of tag",
        ],
    ),
    "mapping": (
        "mapping: [http://files.example/a, ftp://files.example, 'https://', 'https://[x', https://u:p@files.example, '', \"a\\0\", 'https://a b']",
        [
            f"1:11: an entry of mapping {NOT_HTTPS}",
            f"1:35: an entry of mapping {NO_URL}",
            f"1:56: an entry of mapping {NO_URL}",
            f"1:68: an entry of mapping {NO_URL}",
            "1:82: an entry of mapping must not hold a user name or a password",
            "1:109: an entry of mapping must not be empty",
            "1:113: an entry of mapping must be one line of printable characters",
            f"1:120: an entry of mapping {NO_URL}",
        ],
    ),
    "unknown home": ("cache: ~nobody-has-this-name/x", ["1:8: cache begins with ~, and the home folder of that user is not known"]),
    "url of a forge: plain": (forge("url: http://g.example"), [f"4:10: url {NOT_HTTPS}"]),
    "url of a forge: host that begins like loopback": (forge("url: http://127.0.0.1.g.example"), [f"4:10: url {NOT_HTTPS}"]),
    "url of a forge: credentials": (forge("url: https://u@g.example"), ["4:10: url must not hold a user name or a password"]),
    "url of a forge: query": (forge("url: https://g.example?a=b"), ["4:10: url must not hold a query or a fragment"]),
    "url of a forge: fragment": (forge("url: https://g.example#b"), ["4:10: url must not hold a query or a fragment"]),
    "url of a forge: port": (forge("url: https://g.example:99999"), [f"4:10: url {NO_URL}"]),
    "url of clones": (forge("url: https://g.example\n    git-url: git@g.example:a/b"), [f"5:14: git-url {NO_URL}"]),
    "token in place of a variable": (forge("url: https://g.example\n    token-env: ghp_x"), [f"5:16: token-env {TOKEN}"]),
    "no variable": (
        forge("url: https://g.example\n    token-env: $TOKEN"),
        ["5:16: token-env must be the name of an environment variable, such as CORP_TOKEN"],
    ),
    "app and token": (
        forge("url: https://g.example\n    token-env: T\n    app: {id: 1, key-file: a.pem}"),
        ["6:10: app cannot stand beside token-env: a forge has one or the other"],
    ),
    "app of GitLab": (
        "forges: [{name: a, kind: gitlab, url: https://g.example, app: {id: 1, key-file: a.pem}}]",
        ["1:63: app is for forges of kind github; GitLab takes a token"],
    ),
    "names twice": (
        "forges:\n" + "- {name: a, kind: github, url: https://a.example}\n" * 3 + "registries: [{host: a}, {host: a}]\n",
        ["3:10: name stands twice in the list", "4:10: name stands twice in the list", "5:32: host stands twice in the list"],
    ),
    "forge that is not there": (
        "repositories:\n  - {forge: gihub, name: a/b}\n  - {forge: corp, group: a}\nforges: [{name: c, kind: gitlab, url: https://c.example}]",
        [
            "2:13: forge cannot be 'gihub' (did you mean 'github'?); it is one of github, gitlab, c",
            "3:13: forge cannot be 'corp'; it is one of github, gitlab, c",
        ],
    ),
    "forge of the other kind": (
        "repositories:\n  - {forge: github, group: a}\n  - {forge: gitlab, owner: a}",
        ["2:28: group is for forges of kind gitlab; on GitHub name an owner", "3:28: owner is for forges of kind github; on GitLab name a group"],
    ),
    "repositories by no key, two keys, no mapping": (
        "repositories:\n  - {forge: github}\n  - {forge: github, ownr: a}\n  - {forge: github, name: a/b, owner: a}\n  - a/b\n",
        [
            f"2:5: an entry of repositories {ONE_OF}",
            f"3:5: an entry of repositories {ONE_OF} (did you mean 'owner'?)",
            f"4:5: an entry of repositories {ONE_OF}",
            f"5:5: an entry of repositories {ONE_OF}",
        ],
    ),
    "names of repositories": (
        """repositories:
  - {forge: github, name: https://github.com/a/b}
  - {forge: github, name: a/../b}
  - {forge: github, name: -a/b}
  - {forge: github, name: deploy}
  - {forge: github, owner: a/b}
  - {forge: gitlab, group: a//b}
""",
        [
            "2:27: name must be owner and name, such as acme/deploy",
            "3:27: name must be owner and name, such as acme/deploy",
            "4:27: name must be owner and name, such as acme/deploy",
            "5:27: name must be owner and name, such as acme/deploy",
            "6:28: owner must be one name, such as acme",
            "7:28: group must be the path of a group, such as platform/apps",
        ],
    ),
    "hosts": (
        "registries: [{host: https://r.example}, {host: r.example/a}, {host: r.example, token-realms: ['*.example']}]",
        [
            "1:21: host must be a host, with its port if need be, such as registry.example:5000",
            "1:48: host must be a host, with its port if need be, such as registry.example:5000",
            "1:95: an entry of token-realms must be a host, with its port if need be, such as registry.example:5000",
        ],
    ),
    "mirrors": (
        "mirrors: [{upstream: a}, {prefix: a, file: b}, {prefix: a/, upstream: a:1/B}, {prefix: a}]",
        [
            "1:11: an entry of mirrors must be a mapping with exactly one of the keys prefix, file",
            "1:26: an entry of mirrors must be a mapping with exactly one of the keys prefix, file",
            "1:57: prefix must be a registry, with a path if need be, such as mirror.example/redhat",
            "1:71: upstream must be a registry, with a path if need be, such as mirror.example/redhat",
            "1:79: the key 'upstream' is missing",
        ],
    ),
    "not one document": ("jobs: 1\n---\njobs: 2", ["2:1: cannot be read: found another document"]),
    "not YAML": ("jobs: [1\nx: 2", ["2:2: cannot be read: expected ',' or ']', but got ':'"]),
    "alias of nothing": ("jobs: *x", ["1:7: cannot be read: found undefined alias 'x'"]),
    "alias of what is around it": ("rules: &a [*a]", ["1:8: this holds itself"]),
    "tag": ("jobs: !!binary abc", ["1:7: this tag has no meaning here"]),
    "key that is no scalar": ("jobs: 1\n? [a]\n: 1\n", ["2:3: a key must be a text"]),
    "control character": ("jobs: 1\n\nx: \x01", ["3:4: cannot be read: found a character that is not allowed"]),
    "escape of no character": ('jobs: 1\ncache: "a\\UFFFFFFFF"', ["2:10: cannot be read: found an escape that stands for no character"]),
    "half a character": ('cache: "\\ud800"', ["1:8: cache must be one line of printable characters"]),
    "half a character in a key": ('"\\ud800": 1', ["1:1: the configuration must hold nothing but Unicode characters"]),
    "deep brackets": ("[" * 300, ["1:201: values nest deeper than 200 levels"]),
    "deep blocks": ("- " * 300, ["1:401: values nest deeper than 200 levels"]),
}


@pytest.mark.parametrize(("text", "expected"), WRONG_FILES.values(), ids=WRONG_FILES)
def test_says_where_every_mistake_stands(folder: Path, text: str, expected: list[str]) -> None:
    assert mistakes(text) == expected


BAD_BRANCHES = ["-x", "a..b", "a b", "a~b", "a^b", "a:b", "a?b", "a*b", "a[b", "a\\b", "/a", "a/", "a//b", ".a", "a/.b", "a.lock/b", "a.", "@", "@{"]
GOOD_BRANCHES = ["redigest", "bots/redigest/schema-2", "a.b", "a@b", "a{b}", "a/-b", "größer", "a.locks"]


def is_taken_by_git(branch: str) -> bool:
    return subprocess.run(["git", "check-ref-format", f"refs/heads/{branch}"], check=False).returncode == 0 and not branch.startswith("-")


@pytest.mark.needs("git")
@pytest.mark.parametrize("branch", BAD_BRANCHES)
def test_refuses_a_branch_that_git_refuses(folder: Path, branch: str) -> None:
    assert not is_taken_by_git(branch) or branch == "@"  # a branch may have this name, but for Git it means HEAD
    assert mistakes(f"proposals: {{branch: '{branch}'}}") == [f"1:21: branch {NO_BRANCH}"]


@pytest.mark.needs("git")
@pytest.mark.parametrize("branch", GOOD_BRANCHES)
def test_takes_a_branch_that_git_takes(folder: Path, branch: str) -> None:
    assert is_taken_by_git(branch)
    assert loaded(f"proposals: {{branch: '{branch}'}}").proposals.branch == branch


def test_says_where_the_file_is_not_utf_8(folder: Path) -> None:
    assert mistakes(b"jobs: 1\ntitle: gr\xfc\n") == ["2:10: cannot be read: found bytes that are not UTF-8"]


SECRETS = ["ghp_" + "a1B2" * 9, "github_pat_" + "A1b2_" * 8, "glpat-" + "x7y8" * 5, "ghs_" + "0" * 36, "k9" * 15, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx"]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "text",
    [
        "forges: [{{name: a, kind: github, url: https://a.example, token-env: {}}}]",
        "forges: [{{name: a, kind: {}, url: https://a.example}}]",
        "forges: [{{name: a, kind: github, url: 'https://u:{}@a.example'}}]",
        "mapping: ['https://{}@a.example/a.csv']",
        "repositories: [{{forge: {}, name: a/b}}]",
        "forges: [{{name: {}, kind: github, url: https://a.example}}]\nrepositories: [{{forge: hub, name: a/b}}]",
        "accept: [{}]",
        "registries: [{{host: 'x@{}'}}]",
        "proposals: {{branch: '-{}'}}",
        "jobs: {}",
        "{}: 1",
        "{0}: 1\n{0}: 2",
        "jobs: *{}",
        "jobs: !{} 1",
        "jobs: !{}!x 1",
        "'{}",
    ],
)
def test_repeats_no_secret(folder: Path, text: str, secret: str) -> None:
    Path("redigest.yaml").write_text(text.format(secret))
    with pytest.raises(UsageError) as caught:
        load(None)
    assert secret not in "".join(traceback.format_exception(caught.value))


def test_repeats_no_long_value(folder: Path) -> None:
    assert mistakes(f"commit: {{sign: {'x' * 81}}}\n{'y' * 81}: 1") == [
        "1:16: sign must be one of none, gpg, ssh",
        f"2:1: this key is not known here; known are {TOP}",
    ]
    text = f"repositories: [{{forge: a, name: a/b}}]\nforges: [{{name: {'z' * 81}, kind: gitlab, url: https://z.example}}]"
    assert mistakes(text) == ["1:24: forge cannot be 'a'; it is one of github, gitlab"]
    assert mistakes(f"commit: {{sign: {'x' * 80}}}") == [f"1:16: sign cannot be '{'x' * 80}'; it is one of none, gpg, ssh"]


def test_says_that_a_file_is_not_there(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"^conf/a\.yaml: there is no such file"):
        load(Path("conf/a.yaml"))


def test_says_that_a_folder_cannot_be_read(folder: Path) -> None:
    Path("redigest.yaml").mkdir()
    with pytest.raises(UsageError, match=r"^redigest\.yaml: cannot be read: "):
        load(None)


def test_refuses_a_file_above_1_mib(folder: Path) -> None:
    Path("redigest.yaml").write_text("#" * (1 << 20) + "#")
    with pytest.raises(UsageError, match=r"^redigest\.yaml: is larger than 1 MiB"):
        load(None)


def test_aliases_of_aliases_cost_no_more_than_they_are_long(folder: Path) -> None:
    doubling = "".join(f"- &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 100))
    assert mistakes(f"- &a0 x\n{doubling}") == ["1:1: the configuration must be a mapping"]


def test_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Config().jobs = 3


def test_schema_has_every_key_with_a_description() -> None:
    published = json.loads(json.dumps(schema()))
    assert published["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert published["title"] == "redigest.yaml"
    assert "$id" not in published
    assert list(published["properties"]) == TOP_LEVEL_KEYS
    sections = {"the configuration": published, **published["$defs"]}
    for title, section in sections.items():
        assert section["additionalProperties"] is False, title
        for key, field in section["properties"].items():
            assert field.get("description") or published["$defs"][field["$ref"].rpartition("/")[2]]["description"], f"{title}: {key}"
            assert "_" not in key
    assert str(Path.home()) not in json.dumps(published)


KEYS = sorted({*re.findall(r"([a-z-]+): ", EVERY_KEY)})
WORDS = st.sampled_from(["github", "gitlab", "corp", "tag", "mapping", "https://a.example", "a/b", "~x", "", "a.csv", "\ud800"]) | st.text(max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), values, max_size=5),
    max_leaves=12,
)


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("config") / "redigest.yaml"


def assert_loads_or_says_where(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    try:
        load(file)
    except UsageError as error:
        lines = content.decode("utf-8", "replace").count("\n") + 1
        for message in str(error).split("\n"):
            match = re.fullmatch(rf"{re.escape(str(file))}:(\d+):(\d+): .+", message)
            assert match, message
            assert 1 <= int(match[1]) <= lines
            assert 1 <= int(match[2]) <= len(content) + 1


@given(st.dictionaries(st.sampled_from(TOP_LEVEL_KEYS), VALUES, max_size=4), st.sampled_from([None, 1]))
def test_any_value_under_a_known_key_loads_or_is_refused_with_its_place(file: Path, values: dict[str, object], indent: int | None) -> None:
    assert_loads_or_says_where(file, json.dumps(values, indent=indent).encode())


@given(st.binary(max_size=60) | st.text("jobs:[]{}&*a!%\"'\\U01-?|>#, \t\r\n\x85\u2028", max_size=60).map(str.encode))
def test_any_bytes_load_or_are_refused_with_their_place(file: Path, content: bytes) -> None:
    assert_loads_or_says_where(file, content)
