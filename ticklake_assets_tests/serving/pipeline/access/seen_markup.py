"""What a browser would make of a page: tags with their attributes, as they are parsed and not as they are written."""

from __future__ import annotations

from html.parser import HTMLParser


class Markup(HTMLParser):
    """`faults` has what no page of ours may hold."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "script" and "src" not in said and said.get("type") != "application/json":
            self.faults.append("a script in the page")
        if tag in ("iframe", "object", "embed", "base", "style"):
            self.faults.append(f"<{tag}>")
        for name, value in said.items():
            if name == "style" or name.startswith("on"):
                self.faults.append(f"{tag} {name}={value}")
            is_foreign = value.startswith("//") or value.lower().startswith(("javascript:", "data:", "http:"))
            if name in ("src", "href", "action", "formaction", "hx-get", "hx-post") and is_foreign:
                self.faults.append(f"{tag} {name}={value}")
