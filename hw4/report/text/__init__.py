"""Reports in text: terminal, Markdown, badge, listing, comparison."""
