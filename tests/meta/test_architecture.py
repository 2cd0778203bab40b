"""The order of the rooms is written three times; it must be one order."""

import importlib.util

import pytest


@pytest.fixture(scope="module")
def rooms_script(root):
    spec = importlib.util.spec_from_file_location("rooms", root / "docs" / "rooms.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def expected(layers):
    return [layer.replace("(", "").replace(")", "").replace(" | ", ", ") for layer in layers]


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md"])
def test_the_page_shows_the_rooms_of_the_contract(root, layers, table_of_rooms, page):
    shown = [name for name in table_of_rooms(root / page) if name not in ("Room", "---")]
    assert shown == expected(layers)


def test_the_picture_is_drawn_from_the_contract(root, rooms_script):
    drawn = (root / "docs" / "_static" / "rooms.svg").read_text(encoding="utf-8")
    assert drawn == rooms_script.draw(rooms_script.read_rooms()), "run: python docs/rooms.py"


def test_the_tables_are_written_from_the_contract(root, rooms_script):
    table = rooms_script.table(rooms_script.read_rooms())
    for page in rooms_script.PAGES:
        assert table in page.read_text(encoding="utf-8"), "run: python docs/rooms.py"


def test_a_room_is_in_brackets_until_it_exists(root, layers):
    for layer in layers:
        for room in layer.split(" | "):
            entrance = root / "src" / "spikedim" / room.strip("()") / "__init__.py"
            assert entrance.is_file() is not room.startswith("(")


def test_the_picture_has_one_box_per_room(root, layers):
    drawn = (root / "docs" / "_static" / "rooms.svg").read_text(encoding="utf-8")
    rooms = [room.strip("()") for layer in layers for room in layer.split(" | ")]
    assert drawn.count("<rect class=") == len(rooms)
    assert [room for room in rooms if f">{room}</text>" not in drawn] == []
