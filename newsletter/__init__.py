"""From the news on a web site to a newsletter in every inbox."""

__version__ = "0.1.0"
