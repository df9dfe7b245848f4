"""The items of a "latest news" page that has no feed: selectors, structured data, blocks."""

from __future__ import annotations

from newsletter.sources.listing.detection import read_listing

__all__ = ["read_listing"]
