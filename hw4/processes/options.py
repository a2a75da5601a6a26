"""Options of every pytest that hw4 starts; loaded beside another tree's hw4, as `channel.py`."""

from __future__ import annotations

IMPORTED = ["-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"]
"""Arguments of pytest in a process that has imported hw4 before pytest could rewrite its (few)
assertions, whatever the project makes of warnings."""

WITHOUT_CACHE = dict.fromkeys(("lf", "failedfirst", "newfirst", "stepwise", "stepwise_skip"), False)
"""Options that choose by what another run has found, switched off."""
