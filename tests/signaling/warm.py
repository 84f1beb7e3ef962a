"""Imported only where servers are forked from: what takes a server seconds to load is there before it begins."""

from analysis import korean

korean.load()
