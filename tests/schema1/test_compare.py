"""When two images are the same, when they are not, and when nothing follows."""

import json

import pytest

from redigest.model import Digest
from redigest.schema1.body import Schema1, read_schema_1
from redigest.schema1.compare import Likeness, compare
from redigest.schema1.forward import config_of, converts_to
from redigest.schema1.images import EMPTY_LAYER, Image
from redigest.schema1.refusals import Malformed, Unconvertible
from tests.schema1.invented import LAYERS, image_of, sha256

IDS = [f"{number:064x}" for number in range(4)]
SETTINGS: dict[str, object] = {"architecture": "amd64", "os": "linux", "created": "2020-01-02T00:00:00Z", "config": {"Cmd": ["a"]}}
LOWER: dict[str, object] = {"created": "2020-01-01T00:00:00Z", "container_config": {"Cmd": ["/bin/sh", "-c", "RUN 1"]}}
DIFF_IDS = ["sha256:a", "sha256:b"]
HISTORY: list[dict[str, object]] = [{"created": "2020-01-01T00:00:00Z", "created_by": "/bin/sh -c RUN 1"}, {"created": "2020-01-02T00:00:00Z"}]

Members = dict[str, object]


def entries() -> list[Members]:
    """The newest first, as in the manifest."""
    return [{**SETTINGS, "id": IDS[1], "parent": IDS[0]}, {**LOWER, "id": IDS[0]}]


def body(history: list[Members], layers: list[Digest]) -> bytes:
    listed = {"fsLayers": [{"blobSum": str(layer)} for layer in layers], "history": [{"v1Compatibility": json.dumps(entry)} for entry in history]}
    return json.dumps({"schemaVersion": 1, "name": "a", "tag": "b", "architecture": "amd64", **listed}).encode()


def old(history: list[Members] | None = None, layers: list[Digest] | None = None) -> Schema1:
    return read_schema_1(body(entries() if history is None else history, [LAYERS[1], LAYERS[0]] if layers is None else layers))


def new(layers: list[Digest] | None = None, **more: object) -> Image:
    config = {**SETTINGS, "history": HISTORY, "rootfs": {"type": "layers", "diff_ids": DIFF_IDS}, **more}
    return image_of(json.dumps(config).encode(), list(LAYERS[:2]) if layers is None else layers)


def test_layers_settings_and_commands_are_equal() -> None:
    assert compare(old(), new()).likeness is Likeness.SAME


def test_members_of_schema_1_are_no_settings() -> None:
    history = entries()
    history[0] |= {"Size": 1, "parent_id": "x", "layer_id": "x", "throwaway": False}
    assert compare(old(history), new(id="other", parent="other")).likeness is Likeness.SAME


def test_consecutive_entries_of_one_id_are_one() -> None:
    history = entries()
    repeated = old([history[0], history[1], history[1]], [LAYERS[1], LAYERS[0], LAYERS[0]])
    assert repeated.entries == old().entries
    assert compare(repeated, new()).likeness is Likeness.SAME


def with_empty_layer(*, is_marked: bool) -> Schema1:
    history = [{**SETTINGS, "id": IDS[2], "parent": IDS[1], "throwaway": is_marked}, {**LOWER, "id": IDS[1], "parent": IDS[0]}, {**LOWER, "id": IDS[0]}]
    return old(history, [EMPTY_LAYER, LAYERS[1], LAYERS[0]])


@pytest.mark.parametrize("is_marked", [True, False])
def test_empty_layers_do_not_count_whether_they_are_marked_or_not(is_marked: bool) -> None:  # noqa: FBT001 -- pytest gives it
    history = [HISTORY[0], HISTORY[0], {**HISTORY[1], "empty_layer": True}]
    assert compare(with_empty_layer(is_marked=is_marked), new(history=history)).likeness is Likeness.SAME


def test_a_real_layer_can_be_the_empty_one() -> None:
    history = [HISTORY[0], HISTORY[0], HISTORY[1]]
    image = new([*LAYERS[:2], EMPTY_LAYER], history=history)
    assert compare(with_empty_layer(is_marked=False), image).likeness is Likeness.SAME


def test_layers_in_another_order_are_not_equal() -> None:
    assert compare(old(layers=list(LAYERS[:2])), new()).likeness is Likeness.UNSURE


@pytest.mark.parametrize(
    ("image", "likeness", "reason"),
    [
        (new([LAYERS[0], LAYERS[2]]), Likeness.UNSURE, "compressed anew"),
        (new([LAYERS[0], LAYERS[2]], created="2021-01-01T00:00:00Z"), Likeness.DIFFER, "nor is the setting `created`"),
        (new(list(LAYERS[:3])), Likeness.DIFFER, "numbers of layers"),
        (new([LAYERS[0]]), Likeness.DIFFER, "numbers of layers"),
        (new(config={"Cmd": ["b"]}), Likeness.UNSURE, "the setting `config` is not"),
        (new(os=None), Likeness.UNSURE, "the setting `os` is not"),
        (new(architecture="arm64"), Likeness.UNSURE, "the architecture is not"),
        (new(architecture=1), Likeness.UNSURE, "the architecture is not"),
        (new(variant="v8"), Likeness.UNSURE, "another setting is not"),
        (new(history=[{**HISTORY[0], "created_by": "RUN 2"}, HISTORY[1]]), Likeness.UNSURE, "commands of the history are not"),
        (new(history=[*HISTORY, HISTORY[1]]), Likeness.UNSURE, "commands of the history are not"),
        (new(history=[{"created_by": 1}, HISTORY[1]]), Likeness.UNSURE, "cannot be compared"),
    ],
)
def test_says_what_is_not_equal(image: Image, likeness: Likeness, reason: str) -> None:
    comparison = compare(old(), image)
    assert (comparison.likeness, reason in comparison.reason) == (likeness, True), comparison


def test_a_marked_layer_with_files_is_never_the_same() -> None:
    history = [{**SETTINGS, "id": IDS[1], "parent": IDS[0], "throwaway": True}, {**LOWER, "id": IDS[0]}]
    image = new([LAYERS[0]], rootfs={"type": "layers", "diff_ids": DIFF_IDS[:1]}, history=[HISTORY[0], {**HISTORY[1], "empty_layer": True}])
    assert compare(old(history, [EMPTY_LAYER, LAYERS[0]]), image).likeness is Likeness.SAME
    assert compare(old(history), image).likeness is not Likeness.SAME


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ({"id": None}, "no proper id"),
        ({"id": "A" * 64}, "no proper id"),
        ({"parent": None}, "parent of the next"),
        ({"parent": IDS[3]}, "parent of the next"),
        ({"container_config": {"Cmd": "sh"}}, "`Cmd` is not an array"),
        ({"container_config": {"cmd": ["sh"]}}, "`Cmd` but for case"),
        ({"Throwaway": True}, "`throwaway` but for case"),
        ({"throwaway": 1}, "`throwaway` is not true or false"),
    ],
    ids=str,
)
def test_reads_no_schema_1_with_a_damaged_entry(damage: Members, reason: str) -> None:
    newest, oldest = entries()
    with pytest.raises(Malformed, match=reason):
        old([newest | damage, oldest])


@pytest.mark.parametrize("history", [entries()[:1], [*entries(), {"id": IDS[3]}]], ids=len)
def test_reads_no_schema_1_with_another_number_of_layers_than_of_entries(history: list[Members]) -> None:
    with pytest.raises(Malformed, match="one entry of history for each layer"):
        old(history)


def test_reads_no_schema_1_with_an_id_twice_in_different_places() -> None:
    history: list[Members] = [{"id": IDS[0], "parent": IDS[1]}, {"id": IDS[1], "parent": IDS[0]}, {"id": IDS[0]}]
    with pytest.raises(Malformed, match="have one id"):
        old(history, list(LAYERS[:3]))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"fsLayers": [], "history": []}, "no layers"),
        ({"fsLayers": [{"blobSum": "sha256:0"}] * 2}, "no proper digest"),
        ({"fsLayers": [{"BlobSum": str(LAYERS[0])}] * 2}, "`blobSum` but for case"),
        ({"history": [{"v1Compatibility": "[]"}] * 2}, "not a JSON object"),
        ({"history": [{"v1Compatibility": {}}] * 2}, "`v1Compatibility` is not a string"),
        ({"name": 1}, "`name` is not a string"),
    ],
)
def test_reads_no_schema_1_of_another_form(change: Members, reason: str) -> None:
    members = json.loads(body(entries(), list(LAYERS[:2]))) | change
    with pytest.raises(Malformed, match=reason):
        read_schema_1(json.dumps(members).encode())


def converted(manifest: Schema1, layers: list[Digest] | None = None) -> Image:
    """The image that the conversion of a schema 1 manifest makes."""
    return image_of(config_of(manifest, DIFF_IDS), list(LAYERS[:2]) if layers is None else layers)


def test_converts_to_the_config_that_the_references_write() -> None:
    history = entries()
    history[0] |= {"comment": "<top>", "author": "me", "num": 1, "Size": 5, "throwaway": True}
    settings = '"architecture":"amd64","author":"me","comment":"\\u003ctop\\u003e","config":{"Cmd":["a"]},"created":"2020-01-02T00:00:00Z",'
    lower = '{"created":"2020-01-01T00:00:00Z","created_by":"/bin/sh -c RUN 1"}'
    top = '{"created":"2020-01-02T00:00:00Z","author":"me","comment":"\\u003ctop\\u003e","empty_layer":true}'
    expected = f'{{{settings}"history":[{lower},{top}],"num":1,"os":"linux","rootfs":{{"type":"layers","diff_ids":["sha256:a","sha256:b"]}}}}'
    assert config_of(old(history), DIFF_IDS).decode() == expected


def test_an_image_that_the_conversion_makes_is_the_same() -> None:
    assert converts_to(old(), converted(old()))
    assert not converts_to(old(), new())


def test_another_config_is_not_what_the_conversion_makes() -> None:
    other = entries()
    other[0]["os"] = "windows"
    assert not converts_to(old(other), converted(old()))


def test_an_equal_config_says_nothing_of_other_layers() -> None:
    """Builds with fixed times have the same history whatever is in their layers, and the digests of those are taken from the candidate."""
    rebuilt = converted(old(), [LAYERS[0], sha256(b"other files")])
    assert rebuilt.config_digest == converted(old()).config_digest
    assert not converts_to(old(), rebuilt)


def built_by(version: str) -> Schema1:
    newest, oldest = entries()
    return old([newest | {"docker_version": version}, oldest])


@pytest.mark.parametrize("version", ["", "1.13.1", "1.8.3", "1.10", "17.03.0-ce"])
def test_keeps_configs_of_docker_from_1_8_3_on(version: str) -> None:
    assert converts_to(built_by(version), converted(built_by(version)))


@pytest.mark.parametrize("version", ["1.8.2-el7", "1.8.2", "1.7", "dev"])
def test_refuses_configs_that_conversions_write_anew(version: str) -> None:
    with pytest.raises(Unconvertible, match=r"1\.8\.3"):
        config_of(built_by(version), DIFF_IDS)
