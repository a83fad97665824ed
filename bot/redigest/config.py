"""The configuration as a model: every key of `redigest.yaml`, what it means, what it may be, and its default."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    Tag,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from redigest.cache import default_folder
from redigest.config_values import (
    Accepted,
    AnyPath,
    Branch,
    Disk,
    FileOrUrl,
    FilePath,
    FolderPath,
    GitUrl,
    GroupName,
    Host,
    Identity,
    ImagePrefix,
    Limit,
    OwnerName,
    RepositoryName,
    RootUrl,
    Text,
    Texts,
    Variable,
    by_key,
    wrong,
    wrong_inside,
)


def _distinct(key: str) -> AfterValidator:
    """No two entries of a list have the same value under `key`."""

    def check(entries: tuple[Section, ...]) -> tuple[Section, ...]:
        values = [getattr(entry, key) for entry in entries]
        first = {value: position for position, value in reversed(tuple(enumerate(values)))}
        repeated = [position for position, value in enumerate(values) if first[value] != position]
        if repeated:
            raise wrong_inside(((position, key), "stands twice in the list") for position in repeated)
        return entries

    return AfterValidator(check)


class Section(BaseModel):
    """A mapping of the file with known keys; in the file they are written with hyphens."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, alias_generator=lambda key: key.replace("_", "-"))


class App(Section):
    """A GitHub App."""

    id: Limit = Field(description="The number that GitHub gave the App.")
    key_file: FilePath = Field(description="Its private key, a PEM file.")


class Forge(Section):
    """A place that hosts repositories."""

    name: Text = Field(description="How repositories refer to the forge. One named github or gitlab takes the place of the one that exists anyway.")
    kind: Literal["github", "gitlab"] = Field(description="The API that the forge has.")
    url: RootUrl = Field(description="For GitHub the root of the API, such as https://ghe.example/api/v3; for GitLab its web address.")
    git_url: GitUrl | None = Field(
        default=None, description="Where clones come from, when it is another host than that of the web address; ssh://git@host works with keys of SSH."
    )
    ssh_key_file: FilePath | None = Field(default=None, description="The private key for a git-url with ssh://; without one the SSH agent is asked.")
    known_hosts: FilePath | None = Field(default=None, description="The keys of SSH hosts that are trusted, in place of the known_hosts of the user.")
    token_env: Variable | None = Field(default=None, description="The name of the environment variable that holds the token; never a token.")
    app: App | None = Field(default=None, description="A GitHub App, in place of a token.")
    ca_bundle: FilePath | None = Field(default=None, description="Certificates, a PEM file, that sign those of the forge.")
    write_pause: Annotated[float, Field(ge=0, le=60)] = Field(
        default=1.0, description="Seconds between two requests that write; GitHub asks for one second, a server of your own may ask for none."
    )

    @field_validator("app")
    @classmethod
    def _app_alone(cls, app: App | None, info: ValidationInfo) -> App | None:
        if app is not None and info.data.get("token_env") is not None:
            raise wrong("cannot stand beside token-env: a forge has one or the other")
        if app is not None and info.data.get("kind") == "gitlab":
            raise wrong("is for forges of kind github; GitLab takes a token")
        return app


BUILT_IN_FORGES = (
    Forge.model_validate({"name": "github", "kind": "github", "url": "https://api.github.com", "token-env": "GITHUB_TOKEN"}),
    Forge.model_validate({"name": "gitlab", "kind": "gitlab", "url": "https://gitlab.com", "token-env": "GITLAB_TOKEN"}),
)
"""The forges that exist without being named."""


class OnForge(Section):
    """Repositories on a forge."""

    forge: Text = Field(description="The name of the forge.")
    branches: Texts = Field(default=(), description="Names or globs of the branches to rewrite; none means the default branch.")


class NamedRepository(OnForge):
    """One repository on a forge."""

    name: RepositoryName = Field(description="Owner and name, such as acme/deploy; on GitLab the whole path.")


class Selection(OnForge):
    """Those repositories of many that are wanted."""

    topic: Text | None = Field(default=None, description="Take only repositories with this topic.")
    include: Texts = Field(default=(), description="Globs of names, with the owner; none means all.")
    exclude: Texts = Field(default=(), description="Globs of names, with the owner, that are left out.")
    archived: bool = Field(default=False, description="Look at archived repositories too, which can be read only.")
    forks: bool = Field(default=False, description="Take forks too.")


class OwnerRepositories(Selection):
    """The repositories of an organisation or a user on GitHub."""

    owner: OwnerName = Field(description="The organisation or the user.")


class GroupRepositories(Selection):
    """The projects of a group on GitLab."""

    group: GroupName = Field(description="The path of the group.")
    subgroups: bool = Field(default=False, description="Take the projects of its subgroups too.")


class LocalRepository(Section):
    """A repository on this disk; the proposal is a branch and a Markdown file."""

    path: FolderPath = Field(description="The folder of the repository.")
    branches: Texts = Field(default=(), description="Names or globs of the branches to rewrite; none means the one that is checked out.")


def _on_known_forge(entry: OnForge, info: ValidationInfo) -> OnForge:
    if "forges" not in info.data:  # they have mistakes of their own
        return entry
    kinds = {forge.name: forge.kind for forge in (*BUILT_IN_FORGES, *info.data["forges"])}
    kind = kinds.get(entry.forge)
    if kind is None:
        expected = {"expected": ", ".join(kinds)}
        raise ValidationError.from_exception_data("", [{"type": "literal_error", "loc": ("forge",), "input": entry.forge, "ctx": expected}])
    if isinstance(entry, OwnerRepositories) and kind != "github":
        raise wrong_inside([(("owner",), "is for forges of kind github; on GitLab name a group")])
    if isinstance(entry, GroupRepositories) and kind != "gitlab":
        raise wrong_inside([(("group",), "is for forges of kind gitlab; on GitHub name an owner")])
    return entry


Repository = Annotated[
    Annotated[NamedRepository, AfterValidator(_on_known_forge), Tag("name")]
    | Annotated[OwnerRepositories, AfterValidator(_on_known_forge), Tag("owner")]
    | Annotated[GroupRepositories, AfterValidator(_on_known_forge), Tag("group")]
    | Annotated[LocalRepository, Tag("path")],
    by_key("name", "owner", "group", "path"),
]


class Registry(Section):
    """A registry that may be asked."""

    host: Host = Field(description="Its host, with the port if it has one.")
    plain_http: bool = Field(default=False, description="Speak HTTP without TLS.")
    ca_bundle: FilePath | None = Field(default=None, description="Certificates, a PEM file, that sign those of the registry.")
    token_realms: tuple[Host, ...] = Field(default=(), description="Other hosts that may be sent its credentials, because it takes tokens from them.")


class PrefixMirror(Section):
    """What is written with one prefix is known upstream under another."""

    prefix: ImagePrefix = Field(description="How the names of images begin in Git.")
    upstream: ImagePrefix = Field(description="How the names of the same images begin upstream.")


class MirrorFile(Section):
    """A file that names mirrors."""

    file: FilePath = Field(description="An ImageContentSourcePolicy, ImageDigestMirrorSet, ImageTagMirrorSet or registries.conf.")


Mirror = Annotated[Annotated[PrefixMirror, Tag("prefix")] | Annotated[MirrorFile, Tag("file")], by_key("prefix", "file")]


class Paths(Section):
    """Which files of a repository are looked at.

    Globs fit whole paths, upper and lower case apart; `*` stays within a folder, `**` does not, and a name without stars may be a folder with all in it.
    They begin at the top of the repository; for `scan` and `fix` at the folder of this file, for files below that, where it is in the same repository or in one
    around it.
    """

    include: Texts = Field(default=("**",), description="Globs of the files to look at.")
    exclude: Texts = Field(default=(), description="Globs of the files to leave alone.")
    generated: bool = Field(default=False, description="Swap in files that .gitattributes marks as generated or vendored too.")
    workflows: bool = Field(
        default=False,
        description="Rewrite the workflow files of GitHub Actions too, which takes a token with more rights. "
        "`scan` and `fix` need no token, and leave them alone only where `false` is written here.",
    )


class Proposals(Section):
    """How pull and merge requests are opened."""

    branch: Branch = Field(default="redigest/schema-2", description="The prefix of the branches.")
    group_by: Literal["repository", "image", "folder"] = Field(default="repository", description="What gets a proposal of its own.")
    folder_depth: Limit = Field(default=1, description="With `group-by: folder`, how many folders from the top make one group.")
    title: Text | None = Field(default=None, description="The title in place of the one that redigest writes.")
    labels: Texts = Field(default=("redigest",), description="Labels to put on a proposal.")
    reviewers: Texts = Field(default=(), description="Whom to ask for a review.")
    assignees: Texts = Field(default=(), description="Whom to assign a proposal to.")
    milestone: Text | None = Field(default=None, description="The title of the milestone of a proposal.")
    draft: bool = Field(default=False, description="Open proposals as drafts.")
    auto_merge: bool = Field(default=False, description="Let the forge merge a proposal once its checks have passed.")
    limit_per_run: Limit = Field(default=50, description="How many proposals one run may open.")
    limit_open: Limit = Field(default=200, description="How many proposals may be open at the same time.")
    rebuild: Literal["conflicted", "behind", "never"] = Field(
        default="conflicted", description="When an open proposal is made anew on its base: when they conflict, whenever the base has moved, or never."
    )
    recreate_label: Text = Field(default="redigest-recreate", description="A label that a person puts on a closed proposal to have its swaps proposed again.")


class Commit(Section):
    """How commits are written."""

    name: Identity = Field(default="redigest", description="The name of the author.")
    email: Identity = Field(default="redigest@users.noreply.example", description="The address of the author.")
    sign_off: bool = Field(default=False, description="Add the line Signed-off-by.")
    sign: Literal["none", "gpg", "ssh"] = Field(default="none", description="How Git signs commits, if at all.")
    signing_key: Text | None = Field(default=None, description="The id of the GPG key, or the path of the private SSH key, that signs.")
    prefix: Text | None = Field(default=None, description="What the subject begins with, such as `fix:`.")
    conventional: bool = Field(default=True, description="Without a prefix, begin with `fix:` where most of the last commits are Conventional Commits.")
    through_api: bool = Field(default=False, description="Let GitHub make the commits through its API, so that it signs them; name and email are then its own.")


class Config(Section):
    """The configuration of redigest. Paths in the file are relative to its folder; flags of the command line win over it."""

    model_config = ConfigDict(title="redigest.yaml")

    mapping: tuple[FileOrUrl, ...] = Field(default=(), description="Mapping files, as paths or https URLs.")
    forges: Annotated[tuple[Forge, ...], _distinct("name")] = Field(
        default=(), description="Forges besides github and gitlab, which exist with the tokens in GITHUB_TOKEN and GITLAB_TOKEN."
    )
    repositories: tuple[Repository, ...] = Field(
        default=(), description="The repositories that `redigest run` works on: one by its name, those of an owner or a group, or one on this disk."
    )
    registries: Annotated[tuple[Registry, ...], _distinct("host")] = Field(
        default=(), description="Registries that may be asked besides registry.redhat.io and registry.access.redhat.com."
    )
    mirrors: tuple[Mirror, ...] = Field(default=(), description="What stands in Git under one prefix is known upstream under another.")
    catalog: RootUrl | None = Field(
        default=None, description="The root of Red Hat's catalogue API, such as https://catalog.redhat.com/api/containers/v1; it is not asked without one."
    )
    manifests: tuple[FolderPath, ...] = Field(default=(), description="Folders with saved bodies of manifests, schema 1 ones among them.")
    registry_config: FilePath | None = Field(default=None, description="A file with credentials of registries, such as a pull secret.")
    accept: tuple[Accepted, ...] = Field(default=(), description="Kinds of evidence to swap on that are not enough by default.")
    unpin: bool = Field(default=False, description="Take away a schema 1 digest that stands beside a tag and has no known equivalent.")
    rules: tuple[FolderPath, ...] = Field(default=(), description="Folders with rule files of your own.")
    paths: Paths = Field(default=Paths(), description="Which files of a repository are looked at.")
    mentions: bool = Field(default=False, description="Swap in comments and prose too.")
    proposals: Proposals = Field(default=Proposals(), description="How pull and merge requests are opened.")
    commit: Commit = Field(default=Commit(), description="How commits are written.")
    cache: AnyPath = Field(
        default_factory=default_folder, description="The folder for clones and known facts; without one it is redigest in $XDG_CACHE_HOME or in ~/.cache."
    )
    jobs: int = Field(default=8, ge=1, le=256, description="How many repositories are worked on at the same time.")

    _base: Path = PrivateAttr(default=Path())

    @property
    def base(self) -> Path:
        """The folder that relative paths were resolved against; itself relative to the current directory if the path of the file was."""
        return self._base

    def forge(self, name: str) -> Forge:
        """The forge of this name, one that exists without being named included. Raises `KeyError` for a name that no repository here may have."""
        return {forge.name: forge for forge in (*BUILT_IN_FORGES, *self.forges)}[name]

    def model_post_init(self, context: object, /) -> None:
        """Keep the folder that the paths were resolved against."""
        if isinstance(context, Disk):
            self._base = context.folder
