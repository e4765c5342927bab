"""A definition that contradicts itself gets an error that says what to mend."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careflow.continuum import Continuum, Edge, Hours, Level
from careflow.continuum.outcomes import OUTCOMES
from careflow.errors import DefinitionError

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "taxonomies.md"
TWO = '[[levels]]\nname = "a"\n[[levels]]\nname = "b"\n'


def load(tmp_path: Path, text: str | bytes) -> Continuum:
    path = tmp_path / "mine.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Continuum.from_toml(path)


BAD = {
    "an empty file": ("", "the definition has no 'name'; add it."),
    "no levels": ('name = "x"\n', "the definition has no 'levels'; add it."),
    "an empty list of levels": ('name = "x"\nlevels = []', "needs a level or more, but none are given"),
    "more than 100 levels": (
        'name = "x"\n' + "".join(f'[[levels]]\nname = "l{i}"\nrank = {i}\n' for i in range(101)),
        "101 levels are given; careflow takes up to 100, so group some of them.",
    ),
    "levels that are no list": ('name = "x"\nlevels = "a"', "'levels' must be a list, not str."),
    "a level that is no table": (
        'name = "x"\nlevels = ["a", "b"]',
        "level 1 must be a table of keys and values, not str.",
    ),
    "a level without a name": ('name = "x"\n[[levels]]\nshort = "A"\n', "level 1 has no 'name'; add it."),
    "a name that is a number": (
        'name = "x"\n[[levels]]\nname = 2.10\n',
        "level 1: 'name' must be text, not float; put it in quotes, so that '2.10' stays '2.10'.",
    ),
    "an empty name": ('name = "x"\n[[levels]]\nname = " "\n', "level 1: 'name' is empty; give it at least one visible"),
    "a name with a space around it": (
        'name = "x"\n[[levels]]\nname = "a "\n',
        "level 1: 'name' has a space before or after",
    ),
    "a name of 201 characters": (
        f'name = "x"\n[[levels]]\nname = "{"n" * 201}"\n',
        "level 1: 'name' has 201 characters; shorten it to 200 or fewer.",
    ),
    "a control character": (
        'name = "x"\n[[levels]]\nname = "a\\u0007"\n',
        "level 1: 'name' holds a control character (U+0007); write it in visible characters on one line.",
    ),
    "a line break in a name": ('name = "x"\n[[levels]]\nname = "a\\nb"\n', "a control character (U+000A)"),
    "a character that turns text round": ('name = "x"\n[[levels]]\nname = "a\\u202Eb"\n', "control character (U+202E)"),
    "an invisible character": ('name = "x"\n[[levels]]\nname = "a\\u200Bb"\n', "control character (U+200B)"),
    "a control character in the continuum's name": (f'name = "x\\u0000y"\n{TWO}', "(U+0000)"),
    "a control character in a label": (
        f'name = "x"\n{TWO}label = "a\\u001B[31m"\n',
        "level 'b': 'label' holds a control",
    ),
    "a control character in a note": (f'name = "x"\n{TWO}note = "a\\u001B[31m"\n', "level 'b': 'note' holds a control"),
    "a name given twice": (
        'name = "x"\n[[levels]]\nname = "a"\n[[levels]]\nname = "a"\n',
        "two levels are named 'a'; give each level its own name.",
    ),
    "names that differ in case only": (
        'name = "x"\n[[levels]]\nname = "php"\n[[levels]]\nname = "PHP"\n',
        "the names 'php' and 'PHP' look the same; give each level a name of its own.",
    ),
    "names that differ in their bytes only": (
        'name = "x"\n[[levels]]\nname = "caf\\u00E9"\n[[levels]]\nname = "cafe\\u0301"\n',
        "look the same; give each level a name of its own.",
    ),
    "a short name given twice": (
        'name = "x"\n[[levels]]\nname = "a"\nshort = "S"\n[[levels]]\nname = "b"\nshort = "S"\n',
        "two levels are printed as 'S'; give each level its own short name.",
    ),
    "a label given twice": (
        'name = "x"\n[[levels]]\nname = "a"\nlabel = "S"\n[[levels]]\nname = "b"\nlabel = "S"\n',
        "two levels are labelled 'S'; give each level its own label.",
    ),
    "a short name that is another level": (
        'name = "x"\n[[levels]]\nname = "a"\nshort = "b"\n[[levels]]\nname = "b"\nshort = "B2"\n',
        "level 'a': 'short' is the name of another level ('b'); change one of them.",
    ),
    "an alias of two levels": (
        'name = "x"\n[[levels]]\nname = "a"\naliases = ["Z"]\n[[levels]]\nname = "b"\naliases = ["Z"]\n',
        "the alias 'Z' also stands for another level",
    ),
    "an alias that is a level": (f'name = "x"\n{TWO}aliases = ["a"]\n', "the alias 'a' also stands for another level"),
    "an alias given twice": (
        f'name = "x"\n{TWO}aliases = ["z", "z"]\n',
        "'aliases' has 'z' more than once; keep one of",
    ),
    "an unknown key": (
        f'name = "x"\n{TWO}hour = 3\n',
        "level 2 ('b') has the unknown key 'hour' (did you mean 'hours'?); the keys are 'name', 'short',",
    ),
    "an unknown key at the top": (
        f'name = "x"\nlevel = 3\n{TWO}',
        "the definition has the unknown key 'level' (did you",
    ),
    "an unknown key in hours": (
        f'name = "x"\n{TWO}hours = {{ min = 3 }}\n',
        "level 'b': 'hours' has the unknown key 'min'",
    ),
    "hours upside down": (
        f'name = "x"\n{TWO}hours = {{ least = 19, most = 9 }}\n',
        "level 'b': hours: 'least' (19) is more than 'most' (9); swap them.",
    ),
    "more hours than a week has": (
        f'name = "x"\n{TWO}hours = {{ most = 200 }}\n',
        "'most' is 200; a week has 0 to 168",
    ),
    "hours that are no number": (
        f'name = "x"\n{TWO}hours = {{ most = "9" }}\n',
        "'most' must be a number of hours a week.",
    ),
    "hours that are not finite": (
        f'name = "x"\n{TWO}hours = {{ most = nan }}\n',
        "'most' must be a number of hours a week.",
    ),
    "a wrong word for living in": (
        f'name = "x"\n{TWO}live_in = "yes"\n',
        "level 'b': 'live_in' is 'yes'; write 'always', 'sometimes', 'no' or 'unknown'.",
    ),
    "services that are no list": (
        f'name = "x"\n{TWO}services = "therapy"\n',
        "level 'b': 'services' must be a list of texts",
    ),
    "a service that is no text": (f'name = "x"\n{TWO}services = [1]\n', "'services', entry 1, must be text, not int"),
    "a needed service that is not offered": (
        f'name = "x"\n{TWO}services = ["groups"]\nwhere_needed = ["group"]\n',
        "level 'b': 'where_needed' has 'group', which is not one of its services; it has 'groups'.",
    ),
    "a rank for some only": (
        f'name = "x"\n{TWO}rank = 1\n',
        "level 'a' has no 'rank', but 1 of 2 levels have one; give every level a rank, or none.",
    ),
    "a rank that is text": (
        'name = "x"\n[[levels]]\nname = "a"\nrank = "1"\n[[levels]]\nname = "b"\nrank = 2\n',
        "level 'a': 'rank' must be a number, 1 for the most intensive; it is '1'.",
    ),
    "a rank that is not finite": (
        'name = "x"\n[[levels]]\nname = "a"\nrank = 1\n[[levels]]\nname = "b"\nrank = nan\n',
        "level 'b': 'rank' must be a number, 1 for the most intensive;",
    ),
    "a rank that is a truth": (
        'name = "x"\n[[levels]]\nname = "a"\nrank = true\n[[levels]]\nname = "b"\nrank = 2\n',
        "level 'a': 'rank' must be a number",
    ),
    "ranks of different dimensions": (
        'name = "x"\n[[levels]]\nname = "a"\nrank = { s = 1, m = 1 }\n[[levels]]\nname = "b"\nrank = { s = 2 }\n',
        "level 'b': its 'rank' has other dimensions than that of 'a'; rank every level by the same ones.",
    ),
    "a rank of no dimension": (
        'name = "x"\n[[levels]]\nname = "a"\nrank = {}\n[[levels]]\nname = "b"\nrank = {}\n',
        "level 'a': 'rank' is empty",
    ),
    "a cycle of ranks": (
        'name = "x"\n[[levels]]\nname = "a"\nabove = ["b"]\n[[levels]]\nname = "b"\nabove = ["a"]\n',
        "the ranks form a cycle: 'a' above 'b' above 'a'; remove one of these.",
    ),
    "a level above itself": (
        f'name = "x"\n{TWO}above = ["b"]\n',
        "level 'b' is above itself; remove that.",
    ),
    "above an unknown level": (
        f'name = "x"\n{TWO}above = ["c"]\n',
        "level 'b': 'above' names 'c', which is not a level; the levels are 'a' or 'b'.",
    ),
    "above that is no list": (f'name = "x"\n{TWO}above = "a"\n', "level 'b': 'above' must be a list, not str."),
    "above that is no name": (
        f'name = "x"\n{TWO}above = [["a"]]\n',
        "level 'b': an entry of 'above' must be text, not list",
    ),
    "an edge to an unknown level": (
        f'name = "x"\n{TWO}[[edges]]\nfrom = "a"\nto = "d"\n',
        "the edge from 'a' to 'd' names 'd', which is not a level; the levels are 'a' or 'b'.",
    ),
    "an edge without an end": (f'name = "x"\n{TWO}[[edges]]\nfrom = "a"\n', "edge 1 has no 'to'; add it."),
    "an edge that is no text": (
        f'name = "x"\n{TWO}[[edges]]\nfrom = "a"\nto = 1\n',
        "edge 1: 'to' must be text, not int",
    ),
    "an edge to where it is from": (
        f'name = "x"\n{TWO}[[edges]]\nfrom = "a"\nto = "a"\n',
        "goes nowhere; remove it",
    ),
    "an edge given twice": (
        f'name = "x"\n{TWO}' + '[[edges]]\nfrom = "a"\nto = "b"\n' * 2,
        "the edge from 'a' to 'b' is given twice; remove one.",
    ),
    "an added edge without a reason": (
        f'name = "x"\n{TWO}[[edges]]\nfrom = "a"\nto = "b"\nbasis = "added"\n',
        "the edge from 'a' to 'b' is added, but has no reason; give one in 'reason'.",
    ),
    "an edge of another basis": (
        f'name = "x"\n{TWO}[[edges]]\nfrom = "a"\nto = "b"\nbasis = "guess"\n',
        "the edge from 'a' to 'b': 'basis' is 'guess'; write 'named' or 'added'.",
    ),
    "two crosswalks to one continuum": (
        f'name = "x"\n{TWO}' + '[[crosswalks]]\nto = "standard"\nlines = []\n' * 2,
        "there are two crosswalks to 'standard'; merge their lines.",
    ),
    "a code that is a number": (
        f'name = "x"\n{TWO}[[crosswalks]]\nto = "standard"\nlines = [{{ code = 1 }}]\n',
        "a crosswalk's code must be text, not int; put it in quotes",
    ),
    "a key given twice": ('name = "x"\nname = "y"\n', "mine.toml is not TOML: Cannot overwrite a value (at line 2"),
    "no TOML": ("name: x\n", "mine.toml is not TOML: "),
    "nesting without end": ("a = " + "[" * 5000, "mine.toml is not TOML: "),
    "no UTF-8": (b'name = "\xff"\n', "mine.toml is not text in UTF-8 (byte 8); save it as UTF-8."),
    "a huge file": (b"#" * 1_000_001, "mine.toml has 1,000,001 bytes; a continuum takes at most 1,000,000."),
    "sources that are no texts": (f'name = "x"\nsources = [1]\n{TWO}', "'sources', entry 1, must be text"),
    "a note that is no text": (f'name = "x"\nnote = 1\n{TWO}', "'note' must be text, not int."),
    "a note without end": (
        f'name = "x"\nnote = "{"n" * 4001}"\n{TWO}',
        "'note' has 4,001 characters; shorten it to 4,000",
    ),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD.keys())
def test_an_error_of_a_file_says_what_to_change(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        load(tmp_path, text)
    assert message in str(caught.value)
    assert str(caught.value).startswith(("mine.toml: ", "mine.toml is not", "mine.toml has"))
    assert str(caught.value).isprintable()
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("word", OUTCOMES)
@pytest.mark.parametrize("spelling", [str, str.upper, str.title])
def test_a_level_cannot_have_the_name_of_an_outcome(word: str, spelling: Any) -> None:
    with pytest.raises(DefinitionError, match=r"is careflow's word for an outcome; choose another, such as"):
        Continuum.of(["residential", spelling(word)])
    with pytest.raises(DefinitionError, match=r"level 'x': 'short' is careflow's word for an outcome"):
        Level("x", short=spelling(word))


def test_a_missing_file_is_a_definition_error(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"there is no file nowhere\.toml at the path given"):
        Continuum.from_toml(tmp_path / "nowhere.toml")


def test_a_folder_is_a_definition_error(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="cannot be read"):
        Continuum.from_toml(tmp_path)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert load(tmp_path, b"\xef\xbb\xbf" + f'name = "x"\n{TWO}'.encode()).names == ("a", "b")


def test_names_in_any_script_are_fine(tmp_path: Path) -> None:
    names = ("入院", "عيادة خارجية", "Tagesklinik – ambulant", "нарко", "می‌خواهم")
    text = 'name = "x"\n' + "".join(f'[[levels]]\nname = "{name}"\n' for name in names)
    assert load(tmp_path, text).names == names


@pytest.mark.slow
def test_a_name_of_200_characters_and_100_levels_are_fine() -> None:
    care = Continuum.of([f"{i:03d}" + "n" * 197 for i in range(100)])
    assert len(care) == 100
    assert Continuum.from_dict(json.loads(json.dumps(care.to_dict()))) == care


@pytest.mark.parametrize("value", ["residential", {"a", "b"}, {"a": 1, "b": 2}, None, 3])
def test_levels_must_be_a_list_with_an_order(value: Any) -> None:
    with pytest.raises(DefinitionError, match="give the levels as a list, the most intensive first"):
        Continuum.of(value)


@pytest.mark.parametrize("value", [["a", 2.1], ["a", None], ["a", b"b"]])
def test_a_level_must_be_text_or_a_level(value: Any) -> None:
    with pytest.raises(DefinitionError, match="a level's name must be text, not"):
        Continuum.of(value)


def test_levels_may_be_given_as_levels_and_by_a_generator() -> None:
    care = Continuum.of((level for level in (Level("a", short="A1"), "b")), name="mine")  # type: ignore[arg-type]
    assert (care.name, care.short("a"), care.short("b")) == ("mine", "A1", "b")


def test_without_declared_edges_every_pair_is_one() -> None:
    care = Continuum.of(["a", "b", "c"])
    assert not care.declared
    assert len(care.edges) == 6
    assert all(edge.basis == "added" and edge.reason for edge in care.edges)
    assert "edges" not in care.to_dict()


def test_an_empty_list_of_edges_is_no_edge(tmp_path: Path) -> None:
    care = load(tmp_path, f'name = "x"\nedges = []\n{TWO}')
    assert care.edges == ()
    assert not care.has_edge("a", "b")
    assert Continuum.from_dict(care.to_dict()) == care


def test_the_whole_file_of_the_guide_works(tmp_path: Path) -> None:
    block = GUIDE.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    care = load(tmp_path, block)
    assert care.names == ("res", "detox", "day", "evening")
    assert care.direction("day", "evening") == "lateral"
    assert care["res"].hours == Hours(25, note="handbook")
    assert [(edge.frm, edge.to, edge.basis) for edge in care.edges] == [
        ("res", "day", "named"),
        ("day", "evening", "added"),
    ]
    assert care.aliases == {"RES": "res", "R1": "res"}
    assert care.crosswalk("standard", on="2023-05-01").mapping == {
        "res": "residential",
        "R1": "residential",
        "day": "php",
    }
    assert Continuum.from_dict(json.loads(json.dumps(care.to_dict()))) == care


def test_the_guide_lists_every_key() -> None:
    from careflow.continuum import definition

    text = GUIDE.read_text(encoding="utf-8")
    keys = {*definition._TOP, *definition._LEVEL, *definition._HOURS, *definition._EDGE, *definition._LINE}
    assert sorted(key for key in keys if key not in text) == []


@pytest.mark.parametrize("value", [None, [], "x", 3])
def test_plain_values_must_be_a_table(value: Any) -> None:
    with pytest.raises(DefinitionError, match="the definition must be a table of keys and values"):
        Continuum.from_dict(value)


def test_an_edge_and_hours_check_themselves() -> None:
    with pytest.raises(DefinitionError, match="goes nowhere"):
        Edge("a", "a")
    with pytest.raises(DefinitionError, match="must be of type Hours, not int"):
        Level("a", hours=9)  # type: ignore[arg-type]


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 300),
    st.floats(),
    st.text(max_size=6),
    st.sampled_from(["php", "iop", "1"]),
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place inside plain values."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from places(item, (*path, key))


@pytest.mark.slow
@given(st.data())
def test_any_definition_is_a_continuum_or_a_definition_error(data: st.DataObject) -> None:
    """Whatever stands at any place of a definition."""
    values = json.loads(json.dumps(data.draw(st.sampled_from([Continuum.standard(), Continuum.asam(3)])).to_dict()))
    path = data.draw(st.sampled_from(list(places(values))[1:]))
    spot = values
    for key in path[:-1]:
        spot = spot[key]
    spot[path[-1]] = data.draw(ANYTHING)
    message = ""
    try:
        care = Continuum.from_dict(values)
    except DefinitionError as error:
        message = str(error)
    else:
        assert Continuum.from_dict(care.to_dict()) == care
    assert message.isprintable()
    assert len(message) < 1000


def test_the_order_in_which_edges_are_written_does_not_matter() -> None:
    values = Continuum.standard().to_dict()
    values["edges"].reverse()
    assert Continuum.from_dict(values) == Continuum.standard()
