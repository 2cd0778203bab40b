import pytest
from tests.browser.chromium import chromium, look

SIZES = [(360, False), (360, True), (1280, False), (1280, True)]


def pytest_generate_tests(metafunc):
    """Show each page of a module, `PAGES`, to a test that asks for `page`."""
    if "page" in metafunc.fixturenames:
        metafunc.parametrize("page", list(metafunc.module.PAGES), indirect=True)


@pytest.fixture(scope="module")
def browser():
    with chromium() as driver:
        yield driver


@pytest.fixture(scope="module")
def folder(request, tmp_path_factory):
    """Write the pages of a module, `PAGES`."""
    folder = tmp_path_factory.mktemp("pages")
    for name, make in request.module.PAGES.items():
        (folder / f"{name}.html").write_text(make(), encoding="utf-8")
    return folder


@pytest.fixture(params=SIZES, ids=lambda p: f"{p[0]}-{'dark' if p[1] else 'light'}")
def size(request):
    """Return width and whether the reader prefers dark pages."""
    return request.param


@pytest.fixture
def page(request, browser, folder, size):
    """Open one page at one size in one colour scheme; return its name."""
    browser.get("about:blank")
    browser.get_log("browser"), browser.get_log("performance")
    look(browser, width=size[0], dark=size[1])
    browser.get((folder / f"{request.param}.html").as_uri())
    return request.param
