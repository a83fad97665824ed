"""What every process of git is given: settings and variables by which no repository, and no shell around us, has it run a program or reach another one."""

import os
from collections.abc import Mapping

_KEPT = frozenset({"PATH", "TMPDIR"})
"""What of our own environment reaches git; a variable that changes what git does, or holds a token, is not among it."""

VARIABLES: Mapping[str, str] = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_ASKPASS": "",
    "GIT_GRAFT_FILE": "/dev/null/none",  # other parents than commits have; git complains of any file that is there
    "GIT_LFS_SKIP_SMUDGE": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LANGUAGE": "C",
    "LC_ALL": "C",
    "SSH_ASKPASS": "",
}

SETTINGS: Mapping[str, str] = {
    "core.alternateRefsCommand": "true",
    "core.fsmonitor": "false",
    "core.hooksPath": "/dev/null",
    "core.sshCommand": "false",
    "credential.helper": "",
    "fetch.recurseSubmodules": "false",
    "gc.auto": "0",
    "log.showSignature": "false",
    "maintenance.auto": "false",
    "protocol.allow": "never",
    "protocol.ext.allow": "never",
    "submodule.recurse": "false",
}


def inherited(further: frozenset[str]) -> Mapping[str, str]:
    """What of our own environment a process of git gets, with the `further` variables that one of its kind needs."""
    return {name: value for name, value in os.environ.items() if name in _KEPT | further}
