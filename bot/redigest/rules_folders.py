"""All rules of a run, from the folders that hold them."""

from collections.abc import Mapping, Sequence
from importlib.resources.abc import Traversable

from redigest import rules_compiled
from redigest.errors import UsageError
from redigest.rules import Rule, Rules


def load(folders: Sequence[tuple[str, Traversable]]) -> Rules:
    """Load every `*.yaml` of the folders, each given with the name that errors and listings show; a later rule of the same id replaces the earlier one.

    The first folder is the one that is shipped. The rules of a later folder are tried before those of an earlier one, so that users override what is
    shipped. Raises `UsageError`.
    """
    rules: dict[str, Rule] = {}
    for rank, (shown, folder) in enumerate(folders):
        compiled = rules_compiled.read(folder) if rank == 0 else {}
        added: dict[str, Rule] = {}
        files = sorted((file for file in folder.iterdir() if file.name.endswith((".yaml", ".yml"))), key=lambda file: file.name)
        for file in files:
            for rule in _read(file, shown, compiled, rank=-rank):
                if rule.id in added:
                    raise UsageError(f"{rule.source}: the rule {rule.id} stands twice, first at {added[rule.id].source}; give one of them another id")
                added[rule.id] = rule
        rules = added | {key: rule for key, rule in rules.items() if key not in added}
    return Rules(tuple(rules.values()))


def _read(file: Traversable, shown: str, compiled: Mapping[str, object], *, rank: int) -> list[Rule]:
    data = file.read_bytes()
    known = rules_compiled.rules_of(file.name, data, compiled)
    if known is not None:
        return known
    from redigest.rules_files import read  # imported here: what is compiled needs no parser

    return read(f"{shown}/{file.name}", data, ecosystem=file.name.rpartition(".")[0], rank=rank)
