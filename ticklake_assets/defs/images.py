"""Images in Dagster's metadata."""

import base64

import dagster as dg


def image(png: bytes) -> dg.MetadataValue:
    """A PNG inside Markdown: Dagster's metadata has no image of its own, its UI shows this one."""
    return dg.MetadataValue.md(f"![plot](data:image/png;base64,{base64.b64encode(png).decode()})")
