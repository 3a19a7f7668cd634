"""How stored notebooks are compared; here at the top because a hook in tests/ does not reach chapters/."""


def pytest_collectstart(collector):
    """Compare what a chapter says in text; pictures, players and warnings are not stored."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += ("text/html", "text/markdown", "text/latex", "image/svg+xml", "stderr")
