"""The readers of program sources, scripts and sectioned settings, by language."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from redigest.document import Spot
from redigest.readers import ini, make
from redigest.readers.sources.languages import LANGUAGES
from redigest.readers.sources.reader import read
from redigest.text import Text

READERS: dict[str, Callable[[Text, Sequence[int]], Iterator[Spot]]] = {
    **{name: partial(read, name) for name in LANGUAGES},
    "ini": ini.read,
    "make": make.read,
}
