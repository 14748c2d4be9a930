"""Pages judged by axe-core: what WCAG 2.2 asks at levels A and AA."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def complaints(page: Page) -> list[str]:
    """Return what axe finds on a page as it stands: the rule and where it is broken."""
    found = Axe().run(page, options=_RULES).response["violations"]
    return [f"{one['id']}: {node['target']}" for one in found for node in one["nodes"]]
