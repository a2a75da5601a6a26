"""Settings of this repository's own tests; the claims themselves need only the plugin."""

pytest_plugins = ["pytester"]
