"""The engine of the report's templates: it escapes every value that is no markup and refuses names it does not know.

template("page.html.j2").render(report=report, ...)
"""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template


def template(name: str) -> Template:
    """A file of `templates`, compiled when it is first asked for."""
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ticklake_assets.modeling.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["number"] = _number
    return environment


def _number(value: float | None, style: str) -> str:
    """A figure in a style of `format`; a dash where there is none."""
    return "–" if value is None else format(value, style)
